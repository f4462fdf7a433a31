"""Agreeing on a time: one side proposes, the other accepts or proposes another, until both want the same."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.engagements.gates import (
    Slot,
    experts_free,
    hold_calendars,
    in_state,
    lies_ahead,
    notice_taken,
    reason_given,
    takes_time,
    within_term,
)
from plans.actions.engagements.holding import figures_said, hold
from plans.actions.engagements.journal import ARRANGERS, Kind, customers_of, inform, lock, note, ours_of, tell_everyone
from plans.models import Engagement, EngagementStep, TimeProposal, User
from plans.refusals import RefusedError
from plans.terms import local_date

State, Side, Answer = Engagement.State, TimeProposal.Side, TimeProposal.Answer
OPEN = (State.REQUESTED, State.PROPOSED, State.AGREED)


@dataclass(frozen=True, slots=True)
class Insisting:
    """What one of us goes on in spite of: less notice than the clause asks for, and why; an expert who is busy."""

    short_notice: str = ""
    despite_conflict: bool = False


@transaction.atomic
def propose(
    *, engagement: Engagement, slot: Slot, actor: User, at: datetime, remark: str = "",
    insisting: Insisting | None = None,
) -> TimeProposal:  # fmt: skip
    """Put a time on the table and return it; what the other side had proposed is answered by it.

    An agreed time stands until the new one is accepted. Raises RefusedError for a time outside the term, one that
    comes too soon (unless one of us writes why it may), and one at which an expert has something on; for our own also
    while it is not said how much it takes of what is counted. Source: Y16, K05
    """
    engagement, insisting = lock(engagement), insisting or Insisting()
    in_state(engagement, OPEN, _("约时间"))
    if engagement.gathering_id:
        raise RefusedError("fixed_time", _("这是统一安排的活动，时间不能另约。"))
    takes_time(slot)
    lies_ahead(slot, at)
    within_term(engagement.item, engagement.contract, slot)
    _enough_notice(engagement, slot, insisting, actor, at)
    _free(engagement, slot, insisting, actor, at)
    if not actor.is_customer:
        figures_said(engagement, local_date(engagement.contract, slot.starts_at))
    engagement.proposals.filter(answer=Answer.OPEN).update(answer=Answer.COUNTERED)
    proposal = TimeProposal.objects.create(
        engagement=engagement, side=side_of(actor), starts_at=slot.starts_at, ends_at=slot.ends_at,
        note=remark.strip()[:400], by=actor, at=at,
    )  # fmt: skip
    if engagement.state != State.AGREED:
        engagement.state = State.PROPOSED
        engagement.starts_at, engagement.ends_at = slot.starts_at, slot.ends_at
    engagement.save()
    _tell_other_side(engagement, proposal, actor, at)
    return proposal


def side_of(actor: User) -> TimeProposal.Side:
    """Return on which side somebody stands."""
    return Side.THEIRS if actor.is_customer else Side.OURS


def _enough_notice(engagement: Engagement, slot: Slot, insisting: Insisting, actor: User, at: datetime) -> None:
    """Want the notice that the clause asks for, or the word of one of us why less will do, kept with their name."""
    try:
        notice_taken(engagement, slot, at)
    except RefusedError:
        if actor.is_customer or not insisting.short_notice.strip():
            raise
        engagement.short_notice_reason = reason_given(insisting.short_notice)
        engagement.short_notice_by = actor
        note(engagement, Kind.SHORT_NOTICE, actor, at, reason=engagement.short_notice_reason)


def _free(engagement: Engagement, slot: Slot, insisting: Insisting, actor: User, at: datetime) -> None:
    """Want the experts free; one of us may go on all the same, which is kept. Customers need not know who is busy."""
    experts = [row.user for row in engagement.experts.select_related("user")]
    try:
        experts_free(engagement, experts, slot, firm=actor.is_customer)
    except RefusedError as refusal:
        if actor.is_customer:
            raise RefusedError(
                refusal.code, _("专家这段时间已有安排。"), ways_on=[_("请换一个时间，或写下您方便的几个时段。")]
            ) from refusal
        if not insisting.despite_conflict:
            raise
        note(engagement, Kind.DESPITE_CONFLICT, actor, at, busy=refusal.message, **slot.said())


def _tell_other_side(engagement: Engagement, proposal: TimeProposal, actor: User, at: datetime) -> None:
    said = Slot(proposal.starts_at, proposal.ends_at).said()
    step = note(engagement, Kind.PROPOSED, actor, at, side=proposal.side, note=proposal.note, **said)
    to = customers_of(engagement) if proposal.side == Side.OURS else ours_of(engagement)
    inform(engagement, "proposed", to, step, proposed=said, note=proposal.note)


@transaction.atomic
def accept(*, engagement: Engagement, actor: User, at: datetime, heard: str = "") -> Engagement:
    """Agree on the time that the other side proposed, and hold what it will use.

    With `heard`, one of us says how the customer agreed to our own proposal (on the phone, say). Raises RefusedError
    where there is nothing to accept, the time has passed or left the term, an expert was taken meanwhile, or nothing
    is left of the quota.
    """
    engagement = lock(engagement)
    in_state(engagement, OPEN, _("接受时间"))
    proposal = engagement.proposals.filter(answer=Answer.OPEN).first()
    if proposal is None:
        raise RefusedError("nothing_proposed", _("现在没有待答复的时间。"), ways_on=[_("请先提议一个时间。")])
    if proposal.side == side_of(actor) and not (proposal.side == Side.OURS and heard.strip()):
        raise RefusedError("own_proposal", _("这是您这一方提议的时间，要由对方接受。"), ways_on=[_("等对方答复。")])
    slot = Slot(proposal.starts_at, proposal.ends_at)
    lies_ahead(slot, at)
    within_term(engagement.item, engagement.contract, slot)
    _still_free(engagement, slot)
    proposal.answer = Answer.ACCEPTED
    proposal.save(update_fields=["answer"])
    return _agree(engagement, slot, actor, at, heard.strip()[:200])


def _still_free(engagement: Engagement, slot: Slot) -> None:
    """Want the experts free still, and keep others from booking them; what was known when it was proposed counts not.

    Two customers may accept at once: whoever comes second is told.
    """
    experts = [row.user for row in engagement.experts.select_related("user")]
    hold_calendars(user.pk for user in experts)
    known = engagement.steps.filter(kind=Kind.DESPITE_CONFLICT, fields__contains=slot.said())
    if not known.exists():
        experts_free(engagement, experts, slot, firm=True)


def _agree(engagement: Engagement, slot: Slot, actor: User, at: datetime, heard: str) -> Engagement:
    was_agreed = engagement.state == State.AGREED
    engagement.state, engagement.agreed_at = State.AGREED, at
    engagement.starts_at, engagement.ends_at = slot.starts_at, slot.ends_at
    engagement.sequence += was_agreed
    hold(engagement, actor, at)
    engagement.save()
    step = note(engagement, Kind.AGREED, actor, at, heard=heard, **slot.said())
    tell_everyone(engagement, "changed" if was_agreed else "agreed", step)
    return engagement


@transaction.atomic
def withdraw(*, engagement: Engagement, actor: User, at: datetime) -> Engagement:
    """Take back the time that one's own side proposed, or decline the other's; an agreed one stands."""
    engagement = lock(engagement)
    proposal = engagement.proposals.filter(answer=Answer.OPEN).first()
    if proposal is None:
        raise RefusedError("nothing_proposed", _("现在没有待答复的时间。"))
    proposal.answer = Answer.WITHDRAWN
    proposal.save(update_fields=["answer"])
    if engagement.state == State.PROPOSED:
        engagement.state, engagement.starts_at, engagement.ends_at = State.REQUESTED, None, None
        engagement.save()
    step: EngagementStep = note(engagement, Kind.WITHDRAWN, actor, at, side=side_of(actor))
    inform(engagement, "withdrawn", ARRANGERS if actor.is_customer else customers_of(engagement), step)
    return engagement
