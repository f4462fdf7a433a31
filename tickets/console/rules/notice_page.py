"""One notice as its page shows it: its dates, what it would change or has changed, and the deadlines it moved."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Q

from plans.wording import name_of, worded
from sla.changing import notices
from sla.changing.proposals import Proposal, things_of
from sla.comparing import DayChange
from sla.composing import Day, Year
from sla.holidays.importing import difference
from sla.holidays.places import place_words
from sla.models import CalendarVersion, DueMove, HolidayNotice, Recompute
from sla.refusals import ActionRefusedError
from tickets.console.rules.effects import MOST_DAYS, MOST_MOVES, Group, effects
from tickets.console.rules.holiday_words import kind_words, row_words
from tickets.console.rules.people import people
from tickets.console.rules.year_grid import hours_words

State = HolidayNotice.State


def about_words(notices_shown: Iterable[HolidayNotice]) -> dict[int, str]:
    """Return what each notice is about, by its key: a place's year, or a calendar."""
    shown = list(notices_shown)
    rows = CalendarVersion.objects.filter(code__in={notice.calendar for notice in shown if notice.calendar})
    names = {row.code: name_of(row) for row in rows.only("code", "name", "name_en").order_by("is_current", "version")}
    return {notice.pk: _about(notice, names) for notice in shown}


def _about(notice: HolidayNotice, names: Mapping[str, str]) -> str:
    if notice.calendar:
        return names.get(notice.calendar, notice.calendar)
    return f"{place_words(notice.country, notice.subdivision)} {notice.year}"


def shown_notice(notice: HolidayNotice, at: datetime, *, after: int = 0) -> dict[str, Any]:
    """Return what a notice's page needs; `after` is the last deadline on the page before."""
    named = people([notice.posted_by, notice.applied_by])
    context: dict[str, Any] = {
        "notice": notice,
        "posted_by": named[notice.posted_by],
        "applied_by": named[notice.applied_by],
        "about": about_words([notice])[notice.pk],
        "dates": [_date_words(row, is_special=bool(notice.calendar)) for row in notice.dates],
        "is_draft": notice.state == State.DRAFT,
        "is_applied": notice.state == State.APPLIED,
    }
    if notice.state == State.DRAFT:
        return {**context, **_proposed(notice, at, after)}
    return {**context, **_done(notice, after)} if notice.state == State.APPLIED else context


def _date_words(row: dict[str, Any], *, is_special: bool) -> dict[str, Any]:
    on = date.fromisoformat(row["date"])
    if is_special:
        openings = [(opens, closes) for opens, closes in row.get("hours") or []]
        return {"date": on, "words": hours_words(openings), "name": worded({"name_en": "", **row}, "name")}
    day = Day(on, row["kind"], row["name"], row.get("name_en", ""), row.get("stands_for", ""))
    return {"date": on, "words": kind_words(day), "name": name_of(day)}


def _proposed(notice: HolidayNotice, at: datetime, after: int) -> dict[str, Any]:
    """Return what a draft would change; one that cannot be laid in any more says why."""
    try:
        proposal: Proposal = notices.preview(notice)
    except ActionRefusedError as refusal:
        return {"stale": refusal}
    found = difference(_year(notice)) if notice.year else None
    rows = [row_words(row) for row in found.rows] if found else []
    return {**effects(proposal, at, after=after), "found": found, "rows": rows}


def _year(notice: HolidayNotice) -> Year:
    dates = tuple(Day(**{**row, "date": date.fromisoformat(row["date"])}) for row in notice.dates)
    return Year(
        country=notice.country, subdivision=notice.subdivision, year=notice.year or 0, status="published",
        source=notice.source, source_en=notice.source_en, dates=dates,
    )  # fmt: skip


def _done(notice: HolidayNotice, after: int) -> dict[str, Any]:
    """Return what an applied notice changed, and how far the recomputing of open deadlines has come."""
    recomputes = list(Recompute.objects.filter(notice=notice).order_by("code"))
    moved = DueMove.objects.filter(recompute__in=recomputes)
    rows = moved.select_related("milestone__target", "milestone__clock__ticket_clock").order_by("pk")
    page = list(rows.filter(pk__gt=after)[:MOST_MOVES])
    things = things_of({move.milestone.clock_id for move in page})
    return {
        "groups": _groups(notice),
        "recomputes": recomputes,
        "is_running": any(one.finished_at is None for one in recomputes),
        "counts": moved.aggregate(
            **{verdict.value: Count("pk", filter=Q(verdict=verdict)) for verdict in DueMove.Verdict},
            undone=Count("pk", filter=Q(undid_breach=True)),
            total=Count("pk"),
        ),
        "touched": sum(one.touched for one in recomputes),
        "moved": [{"move": move, "thing": things.get(move.milestone.clock_id, "")} for move in page],
        "next_after": page[-1].pk if len(page) == MOST_MOVES else None,
        "is_later_page": after > 0,
    }


def _groups(notice: HolidayNotice) -> list[Group]:
    """Return the changed dates as they were kept, calendars that changed alike together."""
    alike: dict[str, list[str]] = {}
    kept: dict[str, list[DayChange]] = {}
    reasons = {row["date"]: {"name": row["name"], "name_en": row.get("name_en", "")} for row in notice.dates}
    ordered = sorted(notice.changes, key=lambda row: (row["calendar"], row["date"]))
    for code, rows in groupby(ordered, key=lambda row: row["calendar"]):
        own = [(row["date"], row["before"], row["after"]) for row in rows]
        alike.setdefault(repr(own), []).append(code)
        kept[code] = [_change(code, row, reasons.get(row[0], {})) for row in own]
    names = {row.code: name_of(row) for row in CalendarVersion.objects.current().filter(code__in=kept)}
    versions = {row["calendar"]: row["to"] for row in notice.changes}
    return [
        Group(
            [f"{names.get(code, code)} v{versions[code]}" for code in codes],
            kept[codes[0]][:MOST_DAYS],
            len(kept[codes[0]]),
        )
        for codes in alike.values()
    ]


def _change(code: str, row: tuple[str, list[list[str]], list[list[str]]], reason: dict[str, str]) -> DayChange:
    day, before, after = row
    old, new = ([(opens, closes) for opens, closes in hours] for hours in (before, after))
    return DayChange(code, date.fromisoformat(day), old, new, "", "", reason)
