"""Lay windows out ahead by the rules of the plans that are sold; may be done as often as one likes. Source: K11"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from plans.accounts import zone_named
from plans.actions.updates.journal import Kind, line, times
from plans.models import Plan, UpdateStep, UpdateWindow
from plans.updates.policies import SERVICE, UpdatePolicy, policies_of
from plans.updates.reading import local_day

State = UpdateWindow.State
# So far ahead, so that whoever plans a year has all of it.
AHEAD = timedelta(days=400)
# Customers are told in the morning of the zone of the window.
TOLD_AT = time(9)
LOCK = "SELECT pg_advisory_xact_lock(hashtext('update_windows'))"
Slot = tuple[str, str, date]
# What a changed rule may change of what nobody was told of.
LAID = (
    "products", "deployments", "tenancy", "pace", "is_customised", "title", "title_en", "starts_at", "ends_at",
    "timezone", "country", "announce_at", "is_by_clock", "state",
)  # fmt: skip


@transaction.atomic
def lay_out(*, at: datetime) -> int:
    """Lay out all windows of the coming 400 days that plans' rules name, and return how many are new or changed.

    What customers were told of, what somebody moved, and what has begun stands; the rest follows what the plans that
    are sold now say, and what no rule names any more is cancelled.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    wanted = _wanted(at)
    rows = UpdateWindow.objects.filter(slot_on__isnull=False, starts_at__gt=at - timedelta(days=2))
    kept = {(row.vendor, row.policy, row.slot_on): row for row in rows.select_for_update(of=("self",)) if row.slot_on}
    changed = [row for key, row in kept.items() if _bring(row, wanted.get(key), at)]
    UpdateWindow.objects.bulk_update(changed, LAID, batch_size=500)
    added = [_row(key, fields) for key, fields in wanted.items() if key not in kept and fields["starts_at"] > at]
    UpdateWindow.objects.bulk_create(added, batch_size=500)
    _note(added, Kind.LAID_OUT, at)
    _note(changed, Kind.RULE_MOVED, at)
    return len(added) + len(changed)


def rules_in_force() -> dict[tuple[str, str], UpdatePolicy]:
    """Return the policies of the plans that are sold now, by vendor and code; where plans differ, the highest's."""
    plans = Plan.objects.current().order_by("rank", "pk").prefetch_related("items")
    return {
        (plan.vendor, policy.code): policy
        for plan in plans
        for item in plan.items.all()
        if item.service == SERVICE
        for policy in policies_of(item)
    }


def _wanted(at: datetime) -> dict[Slot, dict[str, Any]]:
    """Return each window that a rule names, as it should be."""
    found: dict[Slot, dict[str, Any]] = {}
    for (vendor, code), policy in rules_in_force().items():
        if policy.has_rule:
            first = local_day(at, policy.said["timezone"])
            for day in policy.days(first, first + AHEAD):
                found[vendor, code, day] = _fields(policy, day)
    return found


def _fields(policy: UpdatePolicy, day: date) -> dict[str, Any]:
    said, scope = policy.said, policy.scope
    starts_at, ends_at = policy.window(day)
    return {
        "products": list(scope.products), "deployments": list(scope.deployments), "tenancy": scope.tenancy,
        "pace": scope.pace, "is_customised": scope.is_customised, "title": said["name"], "title_en": said["name_en"],
        "starts_at": starts_at, "ends_at": ends_at, "timezone": said["timezone"], "country": said["country"],
        "announce_at": announce_at(starts_at, said["timezone"], policy.notice_days), "is_by_clock": True,
    }  # fmt: skip


def announce_at(starts_at: datetime, timezone: str, notice_days: int | None) -> datetime | None:
    """Return when customers are told of a window: in the morning so many local days before it; None for never."""
    if notice_days is None:
        return None
    day = local_day(starts_at, timezone) - timedelta(days=notice_days)
    return datetime.combine(day, TOLD_AT, zone_named(timezone))


def _row(key: Slot, fields: Mapping[str, Any]) -> UpdateWindow:
    vendor, policy, slot_on = key
    return UpdateWindow(vendor=vendor, policy=policy, slot_on=slot_on, **fields)


def _bring(row: UpdateWindow, wanted: Mapping[str, Any] | None, at: datetime) -> bool:
    """Let one window follow its rule; tell whether it is to be saved."""
    is_dropped = row.state == State.CANCELLED and row.announced_at is None and not row.is_moved
    if row.is_moved or row.starts_at <= at or not (row.state == State.PLANNED or is_dropped):
        return False
    if wanted is None:
        row.state = State.CANCELLED
        return not is_dropped
    fields = {**wanted, "state": State.PLANNED}
    if all(getattr(row, name) == value for name, value in fields.items()):
        return False
    for name, value in fields.items():
        setattr(row, name, value)
    return True


def _note(rows: Iterable[UpdateWindow], kind: Kind, at: datetime) -> None:
    steps = [
        UpdateStep(
            **line(row, Kind.CANCELLED if row.state == State.CANCELLED else kind, None, at), fields=times(row)
        )
        for row in rows
    ]  # fmt: skip
    UpdateStep.objects.bulk_create(steps, batch_size=500)
