"""A report laid out for reading: its cover, the figures that matter first, and its sheets in the kind's order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.quotas.words import unit_name
from tickets.reports.shape import Headline, Report
from tickets.showing.report.blocks import Block, Figure, Prose, Sheet
from tickets.showing.report.sheets.asked import areas, categories, channels, records, repeated, systems, tickets
from tickets.showing.report.sheets.given import advice, delivered, owed, rights
from tickets.showing.report.sheets.kept import promises
from tickets.showing.report.words import amount, count_words, instant, length, period, said, share_words, span

SHEETS: Mapping[str, Callable[[Report], list[Block]]] = {
    "systems": systems,
    "channels": channels,
    "tickets": tickets,
    "promises": promises,
    "categories": categories,
    "areas": areas,
    "repeated": repeated,
    "rights": rights,
    "delivered": delivered,
    "owed": owed,
    "advice": advice,
    "records": records,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A report in one language: what pages and print show."""

    title: str
    customer: str
    period: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[str, ...]
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]


def read(report: Report) -> Reading:
    """Return a report laid out in the language that is active."""
    sheets = [Sheet(one.code, said(one.title), SHEETS[one.code](report)) for one in report.sections]
    if report.notes:
        sheets.append(Sheet("notes", _("口径说明"), [Prose(said(note.text)) for note in report.notes]))
    return Reading(
        title=said(report.kind.title),
        customer=said(report.head.customer),
        period=period(report),
        facts=_facts(report),
        summary=tuple(said(words) for words in report.summary),
        figures=tuple(_figure(one) for one in report.headlines),
        sheets=tuple(sheets),
    )


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    """Return what a cover says: for whom, of what, from when to when, by whom."""
    head = report.head
    before = span(report.period.previous_starts_on, report.period.previous_ends_on)
    team = [(said(one.seat), said(one.name)) for one in head.team]
    facts = (
        (_("合同"), f"{head.contract} · {said(head.plan)}"),
        (_("服务期"), span(head.starts_on, head.ends_on)),
        (_("对比期间"), before if report.period.previous_starts_on else _("没有可比的上期")),
        *team,
        (pgettext("report", "依据"), said(report.kind.clause)),
        (_("数据时间"), instant(report.period.made_at, head.timezone)),
    )
    return tuple((label, words) for label, words in facts if words)


def _figure(one: Headline) -> Figure:
    before = "" if one.previous is None else _("上期 %(value)s") % {"value": _value(one.previous, one.unit)}
    return Figure(said(one.label), _value(one.value, one.unit), before)


def _value(value: float | None, unit: str) -> str:
    """Return a figure in its unit."""
    if unit == "share":
        return share_words(value)
    if unit == "seconds":
        return length(value)
    return count_words(value) if unit == "count" else amount(value, unit_name(unit))
