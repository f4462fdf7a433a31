"""What a confirmation takes from the time that a contract grants: all of it, or what is left. Source: K06, K12"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from plans.actions.deliverables.journal import Kind, note
from plans.actions.quotas.booking import Posting, consume, left_of, release, window_of
from plans.deliverables.uses import booked_with, held_for, right_of, used_on
from plans.engagements.amounts import units_of
from plans.models import Deliverable, Engagement, Entitlement, Quota, QuotaEntry, SignOffRound, User
from plans.models.quotas import ZERO
from plans.refusals import RefusedError

# Why time is deducted, by what confirmed it.
CAUSES = {"signed": ("签字确认", "signed"), "deemed": ("视同确认", "counts as confirmed")}


@dataclass(frozen=True, slots=True)
class Draw:
    """What is to be taken of one unit, in place of what was held for it."""

    right: Entitlement
    on: date
    unit: str
    needed: Decimal
    held: QuotaEntry | None

    def said(self, taken: Decimal, refused: str = "") -> dict[str, Any]:
        """Return what a round keeps of what was taken, and why the ledger took none if it did not."""
        amounts = {"needed": self.needed, "taken": taken, "beyond": self.needed - taken}
        return {"unit": self.unit, "refused": refused} | {
            name: f"{amount.normalize():f}" for name, amount in amounts.items()
        }


def book(row: SignOffRound, how: str, actor: User | None, at: datetime) -> list[dict[str, Any]]:
    """Deduct what a round used, once, and return what was taken of each unit and what went beyond what was left.

    What the engagement held is used first. Where the contract grants no time nothing is deducted. Call inside atomic
    with the deliverable locked.
    """
    deliverable = row.deliverable
    _hold_engagement(deliverable)
    right, on = right_of(deliverable), used_on(deliverable)
    if right is None or booked_with(deliverable):
        return []
    held = held_for(deliverable.engagement)
    posting = _posting(row, how, actor, at)
    draws = [
        Draw(right, on, unit, Decimal(row.uses.get(unit, 0)), held.pop(unit, None)) for unit in units_of(right, on)
    ]
    booked = [_booked(draw, posting.part(draw.unit)) for draw in draws]
    for left_over in held.values():
        release(reserved=left_over, posting=posting.part(f"release:{left_over.pk}"))
    _let_go(row)
    taken = [one for one in booked if one]
    if taken:
        note(row, Kind.BOOKED, actor, at, booked=taken)
    return taken


def _hold_engagement(deliverable: Deliverable) -> None:
    """Have two reports of one engagement that are confirmed at once come one after the other: its time goes once."""
    if deliverable.engagement_id:
        rows = Engagement.objects.select_for_update(of=("self",), no_key=True).select_related("requested_by")
        deliverable.engagement = rows.get(pk=deliverable.engagement_id)


def _let_go(row: SignOffRound) -> None:
    engagement = row.deliverable.engagement
    if engagement and engagement.reserved_key:
        engagement.reserved_key = ""
        engagement.save(update_fields=["reserved_key"])


def _booked(draw: Draw, posting: Posting) -> dict[str, Any]:
    """Return what was taken of one unit; what the ledger refuses never keeps a confirmation from standing."""
    if not draw.needed:
        return draw.said(ZERO, "no_amount")
    try:
        with transaction.atomic():
            return _take(draw, posting)
    except RefusedError as refusal:
        return draw.said(ZERO, refusal.code)


def _take(draw: Draw, posting: Posting) -> dict[str, Any]:
    quota = window_of(draw.right, draw.on, draw.unit)
    if quota is None:
        return {}
    taken = min(draw.needed, _available(quota, draw.held))
    if taken:
        consume(
            entitlement=draw.right, amount=taken, on=draw.on, posting=posting, reserved=draw.held, unit=draw.unit
        )  # fmt: skip
    elif draw.held:
        release(reserved=draw.held, posting=posting.part("release"))
    return draw.said(taken)


def _available(quota: Quota, held: QuotaEntry | None) -> Decimal:
    """Return what may be taken of a locked quota: what is left, what is held for it, and what lapsed unused."""
    own = held.reserved if held and held.quota_id == quota.pk else ZERO
    lapsed = sum(quota.entries.values_list("expired", flat=True), ZERO) if quota.lapsed_at else ZERO
    return left_of(quota) + own + lapsed


def _posting(row: SignOffRound, how: str, actor: User | None, at: datetime) -> Posting:
    chinese, english = CAUSES[how]
    deliverable = row.deliverable
    about = f"{deliverable.number} {deliverable.title}"
    about_en = f"{deliverable.number} {deliverable.title_en or deliverable.title}"
    return Posting(
        at=at, key=f"sign-off:{deliverable.pk}:{row.number}", cause=f"{about}：{chinese}"[:400],
        cause_en=f"{about_en}: {english}"[:400], actor=actor,
    )  # fmt: skip
