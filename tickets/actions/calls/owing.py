"""Calls that we owe: who rang in vain is called back, within a time of its own. Source: Y08, K09"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.own_terms import moved_to
from plans.agreements import Agreement, agreements_of_customer
from plans.coverage import hours_of
from plans.models import Item, User
from plans.models.people import Role
from sla import engine
from sla.actions import put_policy, terms_of
from sla.actors import SYSTEM, Actor
from sla.changing.replanning import catch_up
from sla.compiled import policy_named
from sla.engine import Heard
from sla.models import Milestone, Policy
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind, FactKind
from tickets.actions.calls.placing import number_of
from tickets.ledger import actor_of
from tickets.live.telling import tell
from tickets.models import Call, CallBack, CallBackAttempt, Priority
from tickets.senders import plain_number

Result = CallBack.Result
DONE = ("done_at", "done_by", "result")
# After so many tries in vain it may be given up.
TRIES = 3
WORDS = 500
LEADING = (Role.LEAD, Role.MANAGER, Role.ADMIN)
# Stands in the code of a policy between what it is and the hours that it is put on.
ON = "@"


def catch_up_with(call: Call, at: datetime) -> None:
    """Bring what is owed into line with how a locked call stands now. Call inside atomic."""
    if call.state == Call.State.MISSED:
        _owe(call, at)
    elif call.call_back_id and call.call_back and not call.call_back.done_at:
        _no_longer_missed(call, at)
    # While nobody knows who answered, it may yet turn out to be a menu.
    if call.answered_at and (call.agent_id or call.ended_at):
        _made(call, at)


def _owe(call: Call, at: datetime) -> None:
    """Have a missed call owed; a number that rang in vain before is owed no second one, a hidden number none."""
    number = plain_number(number_of(call))
    if call.call_back_id or call.ticket_id or not number or call.noted_at:
        return
    # Two calls of one number that are missed at once wait for each other here.
    owed_at = min(call.ended_at or at, at)
    fresh = CallBack(
        vendor=call.vendor, number=number, contact=call.contact, contract=call.contract, owed_at=owed_at
    )  # fmt: skip
    CallBack.objects.bulk_create([fresh], ignore_conflicts=True)
    call.call_back = CallBack.objects.open().select_for_update(of=("self",)).get(vendor=call.vendor, number=number)
    call.save(update_fields=["call_back"])
    if call.call_back.clock_id is None:
        _start_clock(call.call_back, call)
    tell(f"desk:{call.vendor}", {"kind": "call_back", "call_back": call.call_back.pk})


def _start_clock(owed: CallBack, call: Call) -> None:
    policy = policy_for(call)
    if policy is None:
        return
    who = Actor(ActorKind.CUSTOMER, f"contact:{call.contact_id}" if call.contact_id else "", str(call.contact or ""))
    heard = Heard(FactKind.OPEN, owed.owed_at, who, call.code)
    owed.clock, _milestones = engine.start(policy=policy, priority=Priority.NORMAL, heard=heard)
    owed.save(update_fields=["clock"])


def policy_for(call: Call) -> Policy | None:
    """Return by what a call that we owe is timed, on the hours on which the contract has the hotline; never on others.

    Who has no contract is called back by the vendor's own. Source: K09, Y19
    """
    agreement = _agreement(call)
    right = agreement.find("hotline") if agreement else None
    if agreement is None or right is None:
        return _of_vendor(call.vendor)
    policy, hours = agreement.policy_of(right), hours_of(agreement, right)
    return _on_hours(policy, hours) if policy and hours else policy


def _agreement(call: Call) -> Agreement | None:
    contract = call.contract
    if contract is None:
        return None
    return next((one for one in agreements_of_customer(contract.customer_id) if one.contract.pk == contract.pk), None)


def _of_vendor(vendor: str) -> Policy | None:
    items = Item.objects.filter(service="hotline", plan__vendor=vendor, plan__is_current=True).exclude(policy="")
    code = items.order_by("-plan__rank", "pk").values_list("policy", flat=True).first()
    return Policy.objects.current().filter(code=code).first() if code else None


def _on_hours(policy: Policy, hours: str) -> Policy:
    """Return a policy with its targets on the hours of this contract, made the first time."""
    if {target.calendar for target in policy.targets.all()} == {hours}:
        return policy
    code = f"{policy.code}{ON}{hours}"
    found = Policy.objects.current().filter(code=code).first()
    if found is None:
        put_policy(terms=replace(moved_to(terms_of(policy), hours), code=code))
    return found or policy_named(code)


def _no_longer_missed(call: Call, at: datetime) -> None:
    """Forget what was owed for a call that was answered after all, as we hear late; others' calls stay owed."""
    owed, call.call_back = locked(call.call_back), None
    call.save(update_fields=["call_back"])
    if owed and not owed.calls.filter(state=Call.State.MISSED).exists():
        end(owed, Result.NOT_NEEDED, None, at)


def _made(call: Call, at: datetime) -> None:
    """Have an answered call settle what was owed to its number: we rang them, or they rang again."""
    number = plain_number(number_of(call))
    # Nothing is ever owed to a hidden number, which is blank.
    open_ones = CallBack.objects.open().filter(vendor=call.vendor, number=number, owed_at__lte=call.answered_at)
    owed = locked(open_ones.first())
    if owed is None:
        return
    call.call_back = owed
    call.save(update_fields=["call_back"])
    out = call.direction == Call.Direction.OUT
    end(owed, Result.REACHED if out else Result.RANG_AGAIN, call.agent, max(call.answered_at or at, owed.owed_at))


def locked(owed: CallBack | None) -> CallBack | None:
    """Lock what is owed and return it as it is now: its milestones first, like everybody."""
    if owed is None:
        return None
    if owed.clock_id:
        rows = Milestone.objects.filter(clock=owed.clock_id).order_by("pk")
        list(rows.select_for_update(of=("self",)).values_list("pk"))
    related = CallBack.objects.select_related("clock__policy", "claimed_by", "contact")
    return related.select_for_update(of=("self",)).get(pk=owed.pk)


def end(owed: CallBack, result: CallBack.Result, actor: User | None, at: datetime) -> None:
    """End what is owed; only a talk meets its clock, and what nobody needs any more ends it."""
    if owed.done_at:
        return
    owed.done_at, owed.done_by, owed.result = at, actor, result
    owed.save(update_fields=DONE)
    is_talk = result in (Result.REACHED, Result.RANG_AGAIN)
    _hear(owed, FactKind.CALL if is_talk else FactKind.CLOSE, actor, at)
    tell(f"desk:{owed.vendor}", {"kind": "call_back", "call_back": owed.pk})


def _hear(owed: CallBack, kind: FactKind, actor: User | None, at: datetime) -> None:
    if owed.clock is None:
        return
    # Somebody of ours talked, known here or not: a switchboard tells of people who answer, never of a bot.
    who = actor_of(actor) if actor else Actor(ActorKind.AGENT) if kind == FactKind.CALL else SYSTEM
    catch_up(owed.clock, at)
    engine.observe(owed.clock, [Heard(kind, max(at, owed.clock.started_at), who, f"call-back:{owed.pk}")])


def _open(owed: CallBack, actor: User) -> CallBack:
    """Lock what one of us is about to do something about. Raises ActionRefusedError when it is done."""
    found = locked(owed)
    if not actor.is_agent or found is None:
        raise ActionRefusedError("not_allowed", _("只有服务人员可以这样做。"))
    if found.done_at:
        raise ActionRefusedError("call_back_done", _("这个回呼已经办结。"))
    return found


@transaction.atomic
def claim(*, owed: CallBack, actor: User, at: datetime) -> CallBack:
    """Take a call that is owed upon oneself. Raises ActionRefusedError when a colleague has."""
    owed = _open(owed, actor)
    if owed.claimed_by_id and owed.claimed_by_id != actor.pk:
        raise ActionRefusedError(
            "claimed",
            _("%(name)s 已经认领。") % {"name": owed.claimed_by},
            ways_on=[_("请对方放弃认领，或认领下一个。")],
        )
    owed.claimed_by, owed.claimed_at = actor, at
    owed.save(update_fields=["claimed_by", "claimed_at"])
    return owed


@transaction.atomic
def release(*, owed: CallBack, actor: User, at: datetime) -> CallBack:
    """Give a claimed call back to everybody; who leads may do it for another, nobody else."""
    owed = _open(owed, actor)
    if owed.claimed_by_id not in (None, actor.pk) and actor.role not in LEADING:
        raise ActionRefusedError(
            "claimed",
            _("%(name)s 已经认领。") % {"name": owed.claimed_by},
            ways_on=[_("请对方放弃认领，或请组长放回。")],
        )
    owed.claimed_by = owed.claimed_at = None
    owed.save(update_fields=["claimed_by", "claimed_at"])
    return owed


@transaction.atomic
def attempt(*, owed: CallBack, was_reached: bool, words: str, actor: User, at: datetime) -> CallBack:
    """Note a try to call somebody back; one that reached them is what was owed. Source: Y18"""
    owed = _open(owed, actor)
    CallBackAttempt.objects.create(call_back=owed, by=actor, was_reached=was_reached, words=_said(words), at=at)
    if was_reached:
        end(owed, Result.REACHED, actor, at)
    elif owed.claimed_by_id is None:
        owed.claimed_by, owed.claimed_at = actor, at
        owed.save(update_fields=["claimed_by", "claimed_at"])
    return owed


def _said(words: str) -> str:
    return words.replace("\x00", "").strip()[:WORDS]


@transaction.atomic
def give_up(*, owed: CallBack, result: str, words: str, actor: User, at: datetime) -> CallBack:
    """End what is owed without a talk. Raises ActionRefusedError without a reason, or before enough tries in vain."""
    owed = _open(owed, actor)
    if not _said(words):
        raise ActionRefusedError("reason_missing", _("请写明理由。"))
    if result not in (Result.UNREACHABLE, Result.NOT_NEEDED):
        raise ActionRefusedError("unknown_outcome", _("没有这样的结果。"))
    if result == Result.UNREACHABLE and owed.attempts.count() < TRIES:
        raise ActionRefusedError(
            "too_few_tries",
            _("至少尝试 %(count)d 次仍未接通，才能作为联系不上办结。") % {"count": TRIES},
            ways_on=[_("记下这次尝试，过一会再打。")],
        )
    CallBackAttempt.objects.create(call_back=owed, by=actor, was_reached=False, words=_said(words), at=at)
    end(owed, Result(result), actor, at)
    return owed
