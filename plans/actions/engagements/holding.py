"""What an engagement uses of the contract's quotas: held when its time is agreed, used when it is delivered."""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from plans.actions.quotas.booking import Posting, consume, release, reserve
from plans.engagements.offered import cite
from plans.models import Attendee, Engagement, Entitlement, QuotaEntry, User
from plans.quotas.balances import balance_of
from plans.quotas.rules import rules_of
from plans.refusals import RefusedError
from plans.terms import local_date

ONE = Decimal(1)
# Units of which an engagement is one.
ONCE = ("times", "reports")


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
    needed = needed_by(engagement, right, on)
    if right is None or needed is None:
        return
    posting = _posting(engagement, f"hold:{engagement.sequence}:{at.timestamp()}", ("约定", "agreed"), actor, at)
    entry = reserve(entitlement=right, amount=needed, on=on, posting=posting)
    engagement.reserved_key = entry.key if entry else ""


def needed_by(engagement: Engagement, right: Entitlement | None, on: date) -> Decimal | None:
    """Return how much of its quota an engagement needs; None where nothing is counted, or by the person."""
    balance = balance_of(right, on) if right else None
    if balance is None or balance.unit == "people":
        return None
    if balance.unit in ONCE:
        return ONE
    said = engagement.planned_person_days if balance.unit == "person_days" else engagement.amount
    if said is None:
        raise RefusedError(
            "no_amount", _("请先写明要用多少：这项服务按量扣减。"), **cite(engagement.item),
            ways_on=[_("在安排里填写计划人天或数量。")],
        )  # fmt: skip
    return said


def day_of(engagement: Engagement) -> date:
    """Return the local date on which an engagement with a time begins."""
    if engagement.starts_at is None:
        raise RefusedError("no_time", _("还没有约定时间。"))
    return local_date(engagement.contract, engagement.starts_at)


def let_go(engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Give back what is held."""
    held = entry_of(engagement.reserved_key)
    engagement.reserved_key = ""
    if held:
        posting = _posting(engagement, f"release:{held.pk}", ("取消或改期", "called off or moved"), actor, at)
        release(reserved=held, posting=posting)


def use(engagement: Engagement, actor: User | None, at: datetime) -> None:
    """Book what was really used, in place of what was held; what waits for a signature is booked by it. Source: K06"""
    if is_booked_by_sign_off(engagement):
        return
    right, on = right_of(engagement), day_of(engagement)
    used = _used(engagement, right, on)
    if right is None or used is None:
        return
    posting = _posting(engagement, "use", ("交付", "delivered"), actor, at)
    held = entry_of(engagement.reserved_key)
    engagement.reserved_key = ""
    consume(entitlement=right, amount=used, on=on, posting=posting, reserved=held)
    _use_shared_days(engagement, right, actor, at)


def _use_shared_days(engagement: Engagement, right: Entitlement, actor: User | None, at: datetime) -> None:
    """Book the person-days that a right shares with others of its promise, as installing does. Source: K05"""
    shares = any(rule.draws_on and rule.unit == "person_days" for rule in rules_of(right.item))
    if shares and engagement.person_days:
        posting = _posting(engagement, "use:days", ("交付", "delivered"), actor, at)
        on = day_of(engagement)
        consume(entitlement=right, amount=engagement.person_days, on=on, posting=posting, unit="person_days")


def _used(engagement: Engagement, right: Entitlement | None, on: date) -> Decimal | None:
    balance = balance_of(right, on) if right else None
    if balance and balance.unit == "person_days" and engagement.person_days is not None:
        return engagement.person_days
    return needed_by(engagement, right, on)


def is_booked_by_sign_off(engagement: Engagement) -> bool:
    """Tell whether time is deducted by the report's signature, or by silence, not by delivery. Source: K06, K12"""
    return bool(engagement.item.policy and engagement.item.deliverable)


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
