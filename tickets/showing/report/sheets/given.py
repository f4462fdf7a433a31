"""What was given: rights, services delivered, what was owed by a date, and advice."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from tickets.reports.shape import Advice, Because, Delivered, OwedLine, Report, RightLine
from tickets.showing.report.blocks import Block, Column, Counsel, Prose, Table, figures, sparse
from tickets.showing.report.words import NONE, amount, count_words, day, said, span

SORTS = {
    "engagement": pgettext_lazy("delivered", "服务"),
    "deliverable": pgettext_lazy("delivered", "交付物"),
    "update": pgettext_lazy("delivered", "更新"),
}
UNCOUNTED = gettext_lazy("不限量")


def rights(report: Report) -> list[Block]:
    """Return what rights there were and what was used of them. Source: K13, Y15"""
    if not report.rights:
        return [Prose(_("这份合同没有按量计的权益。"), is_quiet=True)]
    amounts = figures(_("共有"), _("本期用"), _("累计用"), _("已预留"), pgettext("report", "已作废"), _("还剩"))
    heads = (Column(_("权益"), 5), Column(_("使用期")), *amounts)
    return [Table(_("权益的使用"), heads, tuple(_right(one) for one in report.rights))]


def _right(one: RightLine) -> tuple[str, ...]:
    name = said(one.name)
    if one.granted is None:
        return (name, str(UNCOUNTED), NONE, amount(one.used_in_period), amount(one.used), *(NONE,) * 3)
    figures_of = (one.granted, one.used_in_period, one.used, one.reserved, one.expired, one.left)
    counted = _("%(name)s（%(unit)s）") % {"name": name, "unit": said(one.unit)} if said(one.unit) else name
    return counted, span(one.starts_on, one.ends_on), *map(amount, figures_of)


def delivered(report: Report) -> list[Block]:
    """Return what people did for the customer. Source: K13, Y15"""
    if not report.delivered:
        return [Prose(_("期内没有交付人工服务、交付物或更新。"), is_quiet=True)]
    heads = (
        Column(_("日期")), Column(_("编号")), Column(pgettext("report", "内容"), 5), Column(pgettext("report", "类别")),
        *sparse(pgettext("report", "人天"), _("参加人数")),
    )  # fmt: skip
    return [Table(_("已交付的服务"), heads, tuple(_delivered(one) for one in report.delivered))]


def _delivered(one: Delivered) -> tuple[str, ...]:
    name = _("：").join(filter(None, (said(one.name), one.topic)))
    sort = str(SORTS.get(one.sort, one.sort))
    return day(one.on), one.code, name, sort, amount(one.person_days), count_words(one.attendees)


def owed(report: Report) -> list[Block]:
    """Return what was owed by a date, and whether it was kept."""
    if not report.owed:
        return [Prose(_("期内没有到期应交的服务。"), is_quiet=True)]
    heads = (
        Column(_("应交服务"), 5), Column(_("应不晚于")), Column(pgettext("report", "状态")), Column(_("交付日期")),
        Column(_("交付记录"), 3),
    )  # fmt: skip
    return [Table(_("按期服务"), heads, tuple(_owed(one) for one in report.owed))]


def _owed(one: OwedLine) -> tuple[str, ...]:
    turn = f" {one.number}/{one.of}" if one.of > 1 else ""
    return said(one.what) + turn, day(one.due_on), said(one.state_words), day(one.met_on), one.ref or NONE


def advice(report: Report) -> list[Block]:
    """Return advice with the figures that it rests on. Source: K13"""
    if not report.advice:
        return [Prose(_("各项指标没有触发建议。"), is_quiet=True)]
    return [_counsel(one) for one in report.advice]


def _counsel(one: Advice) -> Counsel:
    because = tuple(dict.fromkeys(_figure(figure) for figure in one.because if said(figure.said) != NONE))
    return Counsel(said(one.text), because, tuple(said(offer) for offer in one.offers))


def _figure(one: Because) -> str:
    """Return a figure with its name."""
    return f"{said(one.label)} {said(one.said)}"
