"""What was asked: systems, entrances, tickets by month, categories, areas, what came again."""

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tickets.printing.charts import Bar, Series, Tone, bars, columns
from tickets.reports.shape import Area, Count, Month, Report, System
from tickets.showing.report.blocks import Block, Column, Picture, Prose, Table, figures, sparse
from tickets.showing.report.words import NONE, count_words, day, month_names, said, sentences, share_words, trend

MODULES = 12


def systems(report: Report) -> list[Block]:
    """Return what was bought and what was asked about. Source: K13"""
    if not report.systems:
        return [Prose(_("合同没有列明产品，期内也没有就某个产品提过问。"), is_quiet=True)]
    counts = (*figures(pgettext("report", "工单")), *sparse(pgettext("report", "上期")))
    heads = (Column(_("产品"), 4), Column(_("部署与规模"), 3), *counts, Column(_("最近一次提问")))
    blocks: list[Block] = [Table(_("购买与使用的系统"), heads, tuple(_system(one) for one in report.systems))]
    return [*blocks, *_modules(report.systems)]


def _system(one: System) -> tuple[str, ...]:
    users = _("%(n)s 用户") % {"n": count_words(one.quantity)} if one.quantity else ""
    place = " · ".join(filter(None, (said(one.deployment), one.version, users))) or NONE
    asked = (count_words(one.tickets), count_words(one.previous), day(one.last_ticket_on))
    return said(one.product), place if one.is_owned else _("未购买，期内有提问"), *asked


def _modules(found: Sequence[System]) -> list[Block]:
    """Return each product's modules as a paragraph: a long list has no place in a row."""
    return [
        Prose(
            _("%(product)s的模块（%(n)d 个）：%(modules)s")
            % {"product": said(one.product), "n": len(one.modules), "modules": _("、").join(one.modules)},
            is_quiet=True,
        )
        for one in found
        if one.modules
    ]


def channels(report: Report) -> list[Block]:
    """Return how people came, and what was said. Source: K13"""
    if not any(one.count or one.previous for one in (*report.channels, *report.voices)):
        return [Prose(_("期内没有人从任何入口来过。"), is_quiet=True)]
    blocks = _counted(_("各入口的工单"), pgettext("report", "入口"), report.channels)
    if report.voices:
        heads = _heads(_("方式"))
        voices = tuple(_voice(one) for one in report.voices)
        blocks.append(Table(_("电话与对话"), (*heads[:2], *heads[3:]), voices, is_named=True))
    return blocks


def _voice(one: Count) -> tuple[str, ...]:
    """Return how often something was said: no share, for calls and messages do not add up."""
    return said(one.label), count_words(one.count), count_words(one.previous), trend(one.count, one.previous)


def categories(report: Report) -> list[Block]:
    """Return what sort of thing was asked. Source: K13"""
    found = _counted(_("各类问题"), pgettext("report", "类型"), report.categories)
    return found or [Prose(_("期内没有工单可以分类。"), is_quiet=True)]


def _counted(title: str, head: str, found: Sequence[Count]) -> list[Block]:
    """Return counts as bars with the table behind them; what was never there is left out."""
    there = [one for one in found if one.count or one.previous]
    if not there:
        return []
    rows = [Bar(said(one.label), one.count, _with_share(one.count, one.share), one.previous) for one in there]
    lines = tuple((said(one.label), *_compared(one)) for one in there)
    return [Picture(title, _beside(there), partial(bars, rows)), Table(title, _heads(head), lines, is_behind=True)]


def _heads(first: str) -> tuple[Column, ...]:
    now, part = pgettext("report", "本期"), pgettext("report", "占比")
    return (Column(first, 4), *figures(now, part), *sparse(pgettext("report", "上期"), pgettext("report", "变化")))


def _compared(one: Count | Area) -> tuple[str, ...]:
    """Return a count, its share, the one before and how it moved."""
    before = one.previous
    return count_words(one.count), share_words(one.share), count_words(before), trend(one.count, before)


def _with_share(count: int, share: float | None) -> str:
    return f"{count_words(count)} · {share_words(share)}" if share is not None else count_words(count)


def _beside(found: Sequence[Count | Area]) -> str:
    return _("每条上面是本期，下面的细条是上期。") if any(one.previous is not None for one in found) else ""


def tickets(report: Report) -> list[Block]:
    """Return how many came, went and stayed, and by month. Source: K13"""
    all_of = report.tickets
    flow = (all_of.open_at_start, all_of.opened, all_of.reopened, all_of.resolved, all_of.open_at_end)
    heads = (
        _("期初未结"),
        pgettext("report", "新工单"),
        pgettext("report", "重新打开"),
        pgettext("report", "解决"),
        _("期末未结"),
    )
    blocks: list[Block] = [Table(_("工单往来"), figures(*heads, room=1), (tuple(map(count_words, flow)),))]
    blocks.append(Prose(sentences(_remarks(report)), is_quiet=True))
    return blocks + (_by_month(all_of.months) if all_of.opened or all_of.resolved else [])


def _remarks(report: Report) -> list[str]:
    """Return how the figures hang together, and what is not among them."""
    all_of = report.tickets
    said_of = [_("期初未结 + 新工单 + 重新打开 = 解决 + 期末未结。")]
    if all_of.merged:
        said_of.append(_("另有 %(n)s 件是重复提交，已并入其他工单，不再计数。") % {"n": count_words(all_of.merged)})
    if all_of.untimed:
        said_of.append(_("%(n)s 件不在计时承诺之内。") % {"n": count_words(all_of.untimed)})
    return said_of


def _by_month(months: Sequence[Month]) -> list[Block]:
    names = month_names([one.month for one in months])
    series = [
        Series(pgettext("report", "新工单"), Tone.INK, tuple(float(one.opened) for one in months)),
        Series(pgettext("report", "解决"), Tone.BEFORE, tuple(float(one.resolved) for one in months)),
    ]
    counts = (pgettext("report", "新工单"), pgettext("report", "解决"), pgettext("report", "重新打开"), _("月末未结"))
    heads = (Column(_("月份"), 2), *figures(*counts, room=1))
    rows = tuple(
        (one.month, *map(count_words, (one.opened, one.resolved, one.reopened, one.open_at_end))) for one in months
    )
    title = _("按月的工单")
    return [Picture(title, "", partial(columns, names, series)), Table(title, heads, rows, is_behind=True)]


def areas(report: Report) -> list[Block]:
    """Return which product and module it was about, and where it grows. Source: K13"""
    there = [one for one in report.areas if one.count or one.previous]
    if not there:
        return [Prose(_("期内没有工单可以归到产品和模块。"), is_quiet=True)]
    title = _("各模块的工单")
    rows = [Bar(_area(one), one.count, _with_share(one.count, one.share), one.previous) for one in there]
    lines = tuple((_area(one), *_compared(one)) for one in there)
    picture = Picture(title, _beside(there), partial(bars, rows[:MODULES]))
    return [picture, Table(title, _heads(_("产品与模块")), lines, is_behind=True)]


def _area(one: Area) -> str:
    return " / ".join(filter(None, (said(one.product), one.module)))


def repeated(report: Report) -> list[Block]:
    """Return what came again and again."""
    if not report.repeated:
        return [Prose(_("期内没有反复出现的问题。"), is_quiet=True)]
    heads = (
        Column(pgettext("report", "问题"), 4), Column(_("产品与模块"), 3), Column(pgettext("report", "次数"), 0, True),
        Column(pgettext("report", "工单编号"), 3), Column(pgettext("report", "最近一次")),
    )  # fmt: skip
    rows = tuple(
        (
            one.subject, " / ".join(filter(None, (said(one.product), one.module))), count_words(one.count),
            _("、").join(one.tickets), day(one.last_on),
        )
        for one in report.repeated
    )  # fmt: skip
    return [Table(_("反复出现的问题"), heads, rows)]


def records(report: Report) -> list[Block]:
    """Return the tickets one by one, and how many older ones are left out. Source: K13"""
    if not report.records:
        return [Prose(_("期内没有新工单。"), is_quiet=True)]
    heads = (
        Column(pgettext("report", "工单")), Column(_("提交日期")), Column(_("渠道")), Column(_("问题类别")),
        Column(_("主题"), 4), Column(_("工单状态")), Column(_("解决日期")),
    )  # fmt: skip
    rows = tuple(
        (
            one.number, day(one.opened_on), said(one.entrance), said(one.category), one.subject, said(one.status),
            day(one.resolved_on),
        )
        for one in report.records
    )  # fmt: skip
    table: Block = Table(_("工单记录"), heads, rows)
    left = report.tickets.opened + report.tickets.merged - len(report.records)
    if left <= 0:
        return [table]
    note = _("只列最近 %(n)s 张，更早的 %(left)s 张在工单列表中可查。")
    return [table, Prose(note % {"n": count_words(len(rows)), "left": count_words(left)}, is_quiet=True)]
