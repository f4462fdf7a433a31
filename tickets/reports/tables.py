"""A report's sections as tables, for files that spreadsheets open: heads, then rows, in the language in use."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.wording import is_english
from tickets.reports.shape import Report, Words

Row = Sequence[object]
Heads = tuple[LazyText, ...]


def _said(words: Words) -> str:
    return words.en if is_english() else words.zh


def _systems(report: Report) -> Iterator[Row]:
    for one in report.systems:
        deployment, modules = _said(one.deployment), " / ".join(one.modules)
        yield (_said(one.product), deployment, one.tenant, one.version, one.quantity, modules, one.tickets,
               one.previous, one.last_ticket_on)  # fmt: skip


def _counts(field: str) -> Callable[[Report], Iterator[Row]]:
    return lambda report: ((_said(one.label), one.count, one.share, one.previous) for one in getattr(report, field))


def _tickets(report: Report) -> Iterator[Row]:
    return ((one.month, one.opened, one.resolved, one.reopened, one.open_at_end) for one in report.tickets.months)


def _promises(report: Report) -> Iterator[Row]:
    for one in report.promises:
        yield (_said(one.label), one.promise, _said(one.target), one.all, one.kept, one.missed, one.running, one.paused,
               one.cancelled_by_resolve, one.cancelled_otherwise, one.share, one.previous_share, one.median,
               one.p90, _said(one.clause))  # fmt: skip


def _kept(report: Report) -> Iterator[Row]:
    return (
        (_said(one.label), one.promise, month.month, month.kept, month.missed, month.share)
        for one in report.promises
        for month in one.months
    )


def _areas(report: Report) -> Iterator[Row]:
    for one in report.areas:
        yield _said(one.product), one.module, one.count, one.share, one.previous, one.trend


def _repeated(report: Report) -> Iterator[Row]:
    for one in report.repeated:
        yield one.subject, _said(one.product), one.module, one.count, one.last_on, " ".join(one.tickets)


def _rights(report: Report) -> Iterator[Row]:
    for one in report.rights:
        yield (_said(one.name), one.promise, _said(one.unit), one.starts_on, one.ends_on, one.granted,
               one.used_in_period, one.used, one.reserved, one.expired, one.left)  # fmt: skip


def _delivered(report: Report) -> Iterator[Row]:
    for one in report.delivered:
        yield one.on, one.code, _said(one.name), one.topic, one.person_days, one.attendees


def _owed(report: Report) -> Iterator[Row]:
    for one in report.owed:
        which = f"{one.number}/{one.of}"
        yield _said(one.what), which, one.due_on, _said(one.state_words), one.met_on, one.ref


def _advice(report: Report) -> Iterator[Row]:
    for one in report.advice:
        because = "; ".join(f"{_said(figure.label)} {_said(figure.said)}" for figure in one.because)
        yield _said(one.text), because, " / ".join(_said(offer) for offer in one.offers)


def _records(report: Report) -> Iterator[Row]:
    for one in report.records:
        yield (one.number, one.opened_on, _said(one.entrance), _said(one.category), _said(one.product), one.subject,
               _said(one.status), one.resolved_on)  # fmt: skip


COUNTED: Heads = (pgettext_lazy("report", "项目"), _("件数"), _("占比"), _("上期"))
OWNED: Heads = (
    _("产品"),
    _("部署方式"),
    _("租户"),
    _("版本"),
    _("数量"),
    _("涉及模块"),
    pgettext_lazy("report", "工单"),
    _("上期"),
    pgettext_lazy("report", "最近一次"),
)
JUDGED: Heads = (
    _("指标"),
    _("承诺编号"),
    _("承诺时限"),
    _("全部"),
    pgettext_lazy("report", "按时"),
    _("未按时"),
    _("计时中"),
    _("已暂停"),
    _("未答复即解决"),
    _("其他取消"),
    _("达成率"),
    _("上期达成率"),
    _("用时中位数（秒）"),
    _("用时九成以内（秒）"),
    _("条款"),
)
USED: Heads = (
    pgettext_lazy("report", "权益"),
    _("承诺编号"),
    _("单位"),
    _("自"),
    _("至"),
    pgettext_lazy("report", "授予"),
    _("本期使用"),
    _("已用"),
    _("预留"),
    _("作废"),
    _("剩余"),
)
TABLES: Mapping[str, tuple[Heads, Callable[[Report], Any]]] = {
    "systems": (OWNED, _systems),
    "channels": (COUNTED, _counts("channels")),
    "voices": (COUNTED, _counts("voices")),
    "tickets": (
        (_("月份"), _("新工单"), pgettext_lazy("report", "解决"), pgettext_lazy("report", "重新打开"), _("期末未结")),
        _tickets,
    ),
    "promises": (JUDGED, _promises),
    "kept": ((_("指标"), _("承诺编号"), _("月份"), pgettext_lazy("report", "按时"), _("未按时"), _("达成率")), _kept),
    "categories": (COUNTED, _counts("categories")),
    "areas": ((_("产品"), _("模块"), _("件数"), _("占比"), _("上期"), _("比上期（倍）")), _areas),
    "repeated": (
        (
            pgettext_lazy("report", "问题"),
            _("产品"),
            _("模块"),
            _("出现次数"),
            pgettext_lazy("report", "最近一次"),
            pgettext_lazy("report", "工单"),
        ),
        _repeated,
    ),
    "rights": (USED, _rights),
    "delivered": (
        (
            _("日期"),
            _("编号"),
            pgettext_lazy("report", "服务"),
            _("主题"),
            pgettext_lazy("report", "人天"),
            _("参加人数"),
        ),
        _delivered,
    ),
    "owed": (
        (
            pgettext_lazy("report", "应交服务"),
            pgettext_lazy("report", "第几次"),
            _("应不晚于"),
            _("状态"),
            pgettext_lazy("report", "交付于"),
            _("交付记录"),
        ),
        _owed,
    ),
    "records": (
        (
            _("工单号"),
            _("提交日期"),
            _("渠道"),
            _("问题类别"),
            _("产品"),
            _("主题"),
            _("工单状态"),
            _("解决日期"),
        ),
        _records,
    ),
    "advice": ((pgettext_lazy("report", "建议"), pgettext_lazy("report", "依据"), _("可用的服务")), _advice),
}


def table_of(report: Report, section: str) -> Iterator[Row]:
    """Yield a section's heads, then its rows. Raises KeyError for a section that has no table."""
    heads, rows = TABLES[section]
    yield [str(head) for head in heads]
    yield from rows(report)
