"""What a contract gave within a span: rights used and left, services delivered, things owed by a date."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from plans.models import Attendee, Contract, Deliverable, Engagement, Obligation, UpdateRequest, UpdateWindow
from plans.obligations.reads import Owed, standing
from plans.quotas.statements import Account, statement_of
from plans.quotas.words import unit_name
from plans.updates.reading import windows_of
from tickets.reports.shape import Delivered, OwedLine, RightLine, Words
from tickets.reports.span import Span
from tickets.reports.wording import both, clause_words, paired
from tickets.showing.owed import STATES

TOOK_PLACE = (Engagement.State.DELIVERED, Engagement.State.RECORDED, Engagement.State.CLOSED)
CAME = Count("attendees", filter=Q(attendees__state=Attendee.State.ATTENDED))


def rights(contract: Contract, first: date, last: date) -> tuple[RightLine, ...]:
    """Return each amount that a contract has within some local dates, as it stood at the end of the last one."""
    return tuple(_right(account) for account in statement_of(contract, first, last, limit=0).accounts)


def _right(account: Account) -> RightLine:
    quota, was, now = account.quota, account.opening, account.closing
    # A contract that was entered after the span had its right within it all the same.
    granted, left = (now.granted, now.left) if now.granted else (quota.amount, quota.amount + now.left)
    return RightLine(
        promise=quota.item.promise, name=paired(quota.item, "name"), clause=clause_words(quota.item),
        unit=both(partial(unit_name, quota.unit)), starts_on=quota.starts_on, ends_on=quota.ends_on,
        granted=float(granted), reserved=float(now.reserved), used=float(now.used),
        used_in_period=float(now.used - was.used), expired=float(now.expired), left=float(left),
    )  # fmt: skip


def delivered(contract: Contract, span: Span) -> tuple[Delivered, ...]:
    """Return what people did for a contract within a span, in the order in which it was done."""
    found = (
        *_engagements(contract, span), *_deliverables(contract, span), *_updates(contract, span),
        *_windows(contract, span),
    )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.on, one.code)))


def _engagements(contract: Contract, span: Span) -> Iterator[Delivered]:
    done = contract.engagements.filter(state__in=TOOK_PLACE, delivered_at__gte=span.start, delivered_at__lt=span.until)
    for row in done.select_related("item").annotate(came=CAME):
        person_days = None if row.person_days is None else float(row.person_days)
        name, on, came = paired(row.item, "name"), _on(row.delivered_at, span), row.came or None
        yield Delivered(row.number, "engagement", name, row.topic, on, person_days, came)


def _deliverables(contract: Contract, span: Span) -> Iterator[Delivered]:
    handed = Deliverable.objects.filter(contract=contract, handed_over_at__gte=span.start)
    for row in handed.filter(handed_over_at__lt=span.until).select_related("item"):
        title = paired(row, "title")
        yield Delivered(row.number, "deliverable", title, "", _on(row.handed_over_at, span), None, None)


def _updates(contract: Contract, span: Span) -> Iterator[Delivered]:
    done = UpdateRequest.objects.filter(contract=contract, state=UpdateRequest.State.DONE, ended_at__gte=span.start)
    for row in done.filter(ended_at__lt=span.until).select_related("product"):
        on = _on(row.ended_at, span)
        yield Delivered(row.number, "update", paired(row.product, "name"), row.done_version, on, None, None)


def _windows(contract: Contract, span: Span) -> Iterator[Delivered]:
    """Yield the updates that came by themselves: many of one title are one line, by the last of them. Source: K11"""
    done: dict[Words, list[UpdateWindow]] = defaultdict(list)
    for window in windows_of(contract, span.start, span.until):
        if window.state == UpdateWindow.State.DONE and span.start <= window.ends_at < span.until:
            done[paired(window, "title")].append(window)
    for title, rows in done.items():
        last = max(rows, key=lambda row: row.ends_at)
        times = Words(f"{title.zh}（{len(rows)} 次）", f"{title.en} ({len(rows)} times)")
        name = times if len(rows) > 1 else title
        yield Delivered(last.number, "update", name, last.version, _on(last.ends_at, span), None, None)


def _on(at: datetime | None, span: Span) -> date:
    """Return the local date of an instant that the question has made sure of."""
    return (at or span.start).astimezone(ZoneInfo(span.zone)).date()


def owed(contract: Contract, first: date, last: date, at: datetime, but: int | None = None) -> tuple[OwedLine, ...]:
    """Return what was owed by local dates, as it stands at an instant; `but` is what the report itself will meet."""
    due = Obligation.objects.filter(contract=contract, due_on__gte=first, due_on__lte=last)
    rows = due.exclude(state=Obligation.State.CANCELLED).order_by("due_on", "pk")
    return tuple(_owed(standing(rows.exclude(pk=but) if but else rows, at), contract.timezone))


def _owed(found: Iterable[Owed], zone: str) -> Iterator[OwedLine]:
    for one in found:
        row = one.row
        yield OwedLine(
            what=paired(row, "what"), number=row.number, of=row.of, due_on=row.due_on, state=one.state,
            state_words=both(partial(str, STATES[one.state])),
            met_on=row.met_at.astimezone(ZoneInfo(zone)).date() if row.met_at else None, ref=row.met_by_ref,
        )  # fmt: skip
