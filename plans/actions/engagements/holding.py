"""What an engagement uses of the contract's quotas: held when its time is agreed, used when it is delivered."""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from plans.actions.quotas.booking import Posting, consume, release, reserve
from plans.deliverables.asking import asks_signature
from plans.engagements.amounts import ONCE, figures_of, units_of
from plans.engagements.offered import cite
from plans.models import Attendee, Engagement, Entitlement, QuotaEntry, User
from plans.quotas.balances import balance_of
from plans.refusals import RefusedError
from plans.terms import local_date

ONE = Decimal(1)


def right_of(engagement: Engagement) -> Entitlement | None:
    """Return the right that an engagement draws on: the contract's own of the same service after a change of plan."""
    if engagement.entitlement:
        return engagement.entitlement
    same = {"item__promise": engagement.item.promise, "item__service": engagement.item.service}
    return engagement.contract.entitlements.filter(**same).select_related("item").first()


def hold(engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Hold what an engagement will use on the day that it begins, and give back what was held for another day.

    Raises RefusedError where nothing is left, and where it is not said how much is needed.
    """
    let_go(engagement, actor, at)
    right, on = right_of(engagement), day_of(engagement)
    if right is None:
        return
    keys = []
    for unit in units_of(right, on):
        part = f"hold:{engagement.sequence}:{at.timestamp():.0f}:{unit}"
        posting = _posting(engagement, part, ("约定", "agreed"), actor, at)
        amount = _needed(engagement, unit, engagement.planned_person_days)
        entry = reserve(entitlement=right, amount=amount, on=on, posting=posting, unit=unit)
        keys += [entry.key] if entry else []
    engagement.reserved_key = " ".join(keys)


def _needed(engagement: Engagement, unit: str, person_days: Decimal | None) -> Decimal:
    """Return how much of one unit an engagement needs. Raises RefusedError where nobody said it."""
    if unit in ONCE:
        return ONE
    said = person_days if unit == "person_days" else engagement.amount
    if said is None:
        raise RefusedError(
            "no_amount", _("请先写明要用多少：这项服务按量扣减。"), **cite(engagement.item),
            ways_on=[_("在安排里填写计划人天或数量。")],
        )  # fmt: skip
    return said


def figures_for(engagement: Engagement, at: datetime) -> list[str]:
    """Return the units of which it is to be said how many an engagement takes, on its day or on that of `at`."""
    right, on = right_of(engagement), local_date(engagement.contract, engagement.starts_at or at)
    return figures_of(right, on) if right else []


def figures_said(engagement: Engagement, on: date) -> None:
    """Raise RefusedError where nobody said yet how much an engagement takes on a local date.

    Wanted before we propose a time: the customer who accepts it cannot know. Source: K05
    """
    right = right_of(engagement)
    for unit in figures_of(right, on) if right else []:
        _needed(engagement, unit, engagement.planned_person_days)


def day_of(engagement: Engagement) -> date:
    """Return the local date on which an engagement with a time begins."""
    if engagement.starts_at is None:
        raise RefusedError("no_time", _("还没有约定时间。"))
    return local_date(engagement.contract, engagement.starts_at)


def let_go(engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Give back what is held."""
    for held in _held(engagement):
        posting = _posting(engagement, f"release:{held.pk}", ("取消或改期", "called off or moved"), actor, at)
        release(reserved=held, posting=posting)
    engagement.reserved_key = ""


def _held(engagement: Engagement) -> list[QuotaEntry]:
    """Return the lines of the ledger that hold something for an engagement."""
    rows = QuotaEntry.objects.select_related("quota")
    return list(rows.filter(key__in=engagement.reserved_key.split()).order_by("pk"))


def use(engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Book what was really used, in place of what was held; what waits for a signature is booked by it. Source: K06"""
    right, on = right_of(engagement), day_of(engagement)
    if right is None or is_booked_by_sign_off(engagement):
        return
    held = {entry.quota.unit: entry for entry in _held(engagement)}
    engagement.reserved_key = ""
    for unit in units_of(right, on):
        posting = _posting(engagement, f"use:{unit}", ("交付", "delivered"), actor, at)
        amount = _needed(engagement, unit, engagement.person_days)
        consume(entitlement=right, amount=amount, on=on, posting=posting, reserved=held.get(unit), unit=unit)


def is_booked_by_sign_off(engagement: Engagement) -> bool:
    """Tell whether time is deducted by the report's signature, or by silence, not by delivery. Source: K06, K12"""
    return asks_signature(engagement.item, engagement.entitlement)


def hold_place(attendee: Attendee, engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Hold a place for one person. Raises RefusedError where none is left. Source: K15, K16"""
    right, on = right_of(engagement), day_of(engagement)
    balance = balance_of(right, on) if right else None
    if right and balance and balance.unit == "people":
        posting = _posting(engagement, f"place:{attendee.pk}:{at.timestamp()}", ("报名", "enrolled"), actor, at)
        entry = reserve(entitlement=right, amount=ONE, on=on, posting=posting)
        attendee.reserved_key = entry.key if entry else ""


def let_place_go(attendee: Attendee, engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Give a person's place back."""
    held = entry_of(attendee.reserved_key)
    attendee.reserved_key = ""
    if held:
        posting = _posting(engagement, f"release:{held.pk}", ("不参加", "declined"), actor, at)
        release(reserved=held, posting=posting)


def use_place(attendee: Attendee, engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Book a person's place as used."""
    held, right = entry_of(attendee.reserved_key), right_of(engagement)
    attendee.reserved_key = ""
    if held and right:
        posting = _posting(engagement, f"use:{attendee.pk}", ("参加", "attended"), actor, at)
        consume(entitlement=right, amount=ONE, on=day_of(engagement), posting=posting, reserved=held)


def entry_of(key: str) -> QuotaEntry | None:
    """Return the line of the ledger that holds something; None where nothing is held."""
    return QuotaEntry.objects.filter(key=key).first() if key else None


def _posting(engagement: Engagement, part: str, why: tuple[str, str], actor: User | None, at: datetime) -> Posting:
    chinese, english = why
    return Posting(
        at=at,
        key=f"engagement:{engagement.pk}:{part}",
        cause=f"{engagement.number} {engagement.topic}：{chinese}"[:400],
        cause_en=f"{engagement.number} {engagement.topic}: {english}"[:400],
        actor=actor,
    )
