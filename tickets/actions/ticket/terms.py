"""Under which terms a ticket is worked, as they change under way: its priority, what it is about, its contract."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plans.coverage import Decision
from plans.models import Amendment, Contract, Product, User
from sla.actors import SYSTEM, Actor
from sla.models import Policy
from sla.refusals import ActionRefusedError
from tickets.actions.deciding import Cause, Overruling, remember
from tickets.actions.ticket.standing import locked, to_work_on
from tickets.actions.ticket.weighing import (
    INDIFFERENT,
    Classification,
    asked,
    beyond,
    decided,
    overruled,
    put_under,
    refused,
    standing_override,
)
from tickets.ledger import Entry, actor_of, policy_over, replan
from tickets.models import Category, Priority, Ticket, TicketEvent
from tickets.models.decisions import Outcome
from tickets.showing.term_words import answers_code
from tickets.telling import changed_terms

Kind = TicketEvent.Kind


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change would come to: the ticket as it would be, the ledger's line of it, and the policy that times it."""

    ticket: Ticket
    event: TicketEvent
    policy: Policy | None


@transaction.atomic
def raise_priority(*, ticket: Ticket, actor: Actor, at: datetime) -> Ticket:
    """Make a ticket one step more urgent; an urgent one stays as it is."""
    ticket = locked(ticket)
    ladder = list(Priority)
    place = ladder.index(Priority(ticket.priority))
    if place + 1 < len(ladder) and not ticket.is_ended:
        before, ticket.priority = ticket.priority, ladder[place + 1]
        said = {"from": before, "to": ticket.priority}
        entry = Entry(Kind.PRIORITY_CHANGED, actor, at, fields=said, is_public=False)
        replan(ticket, entry, policy_over(ticket))
    return ticket


@transaction.atomic
def reclassify(
    *, ticket: Ticket, to: Classification, reason: str, actor: User, at: datetime, insists: bool = False
) -> Ticket:
    """Put a ticket under the terms of another priority, category, product, module or contract, and return it.

    The plan is asked anew. What it does not cover is refused with its clause and the ways on; if the agent insists, the
    work goes on beyond the plan: chargeable, and nothing is timed. Source: Y07, K02, C41
    """
    ticket = to_work_on(ticket, actor)
    if to.customisation is None:
        to = replace(to, customisation=ticket.customisation)
    changes = _changes(ticket, to)
    _check_change(ticket, to, changes, reason)
    decision = _weighed(ticket, to, changes, at, insists=insists)
    was_outcome = ticket.outcome
    put_under(ticket, to, decision)
    by = Overruling(actor, reason.strip(), was_outcome)
    remember(ticket=ticket, decision=decision, cause=Cause.RECLASSIFIED, at=at, by=by)
    said: dict[str, Any] = {"changed": changes, "reason": reason.strip()}
    if ticket.outcome != was_outcome:
        said["outcome"] = {"from": was_outcome, "to": ticket.outcome}
    event = replan(ticket, Entry(Kind.RECLASSIFIED, actor_of(actor), at, fields=said), decision.policy)
    changed_terms.tell(ticket=ticket, event=event, at=at)
    return ticket


@transaction.atomic
def follow(*, ticket: Ticket, amendment: Amendment, at: datetime) -> Ticket:
    """Put an open ticket under what its contract promises since an amendment, with who decided it and why.

    What the plan says no to keeps the terms it was accepted under, and nothing is written where nothing changes.
    """
    ticket = locked(ticket)
    decision = asked(ticket, Classification.of(ticket), ticket.opened_at)
    if ticket.is_ended or not decision.is_open or _is_as_before(ticket, decision) or _is_ruled_out(ticket):
        return ticket
    by = Overruling(amendment.actor, amendment.reason, ticket.outcome)
    put_under(ticket, Classification.of(ticket), decision)
    remember(ticket=ticket, decision=decision, cause=Cause.AMENDED, at=at, by=by)
    actor = actor_of(amendment.actor) if amendment.actor else SYSTEM
    said = {"changed": amendment.changed, "amendment": amendment.kind}
    said |= {"reason": amendment.reason} if amendment.reason else {}
    event = replan(ticket, Entry(Kind.RECLASSIFIED, actor, at, fields=said), decision.policy)
    changed_terms.tell(ticket=ticket, event=event, at=at)
    return ticket


def _weighed(ticket: Ticket, to: Classification, changes: dict[str, Any], at: datetime, *, insists: bool) -> Decision:
    """Return under what a ticket goes on: what one of us decided of the same matter, else what the plan says.

    Raises ActionRefusedError for the plan's no, unless the agent insists.
    """
    ruled = standing_override(ticket) if changes.keys() <= INDIFFERENT else None
    if ruled:
        return overruled(ticket, to, ruled.outcome, at)
    decision = decided(ticket, to, at)
    if decision.is_open:
        return decision
    if not insists:
        raise refused(decided(ticket, to, at, get_language() or ""))
    return beyond(decision)


def _is_ruled_out(ticket: Ticket) -> bool:
    """Tell whether one of us put a ticket beyond the plan: no change of the contract brings it back by itself."""
    return ticket.outcome != Outcome.COVERED and standing_override(ticket) is not None


def _is_as_before(ticket: Ticket, decision: Decision) -> bool:
    rank = ticket.contract.plan.rank
    told = (ticket.outcome, ticket.promise, ticket.plan_rank) == (decision.outcome, decision.promise, rank)
    return told and policy_over(ticket) == decision.policy


def foresee(
    *, ticket: Ticket, to: Classification, reason: str, actor: User, at: datetime, insists: bool = False
) -> Foreseen:
    """Return what `reclassify` would come to, and change nothing. Raises ActionRefusedError as that would."""
    with transaction.atomic():
        there = reclassify(ticket=ticket, to=to, reason=reason, actor=actor, at=at, insists=insists)
        event = there.events.get(number=there.event_count)
        policy = policy_over(there)
        transaction.set_rollback(True)
    return Foreseen(there, event, policy)


def _changes(ticket: Ticket, to: Classification) -> dict[str, dict[str, str]]:
    """Return what differs, by name, each as codes and, where it has a name of its own, in both languages."""
    before = Classification.of(ticket)
    names = [one.name for one in fields(to) if getattr(before, one.name) != getattr(to, one.name)]
    return {name: _told(getattr(before, name), getattr(to, name)) for name in names}


def _told(old: Any, new: Any) -> dict[str, str]:
    told = {"from": _code(old), "to": _code(new)}
    for side, one in (("from", old), ("to", new)):
        if isinstance(one, Product):
            told |= {f"{side}_name": one.name, f"{side}_name_en": one.name_en}
    return told


def _code(one: Any) -> str:
    if isinstance(one, Product):
        return one.code
    if isinstance(one, Mapping):
        return answers_code(one)
    return one.number if isinstance(one, Contract) else str(one or "")


def _check_change(ticket: Ticket, to: Classification, changes: dict[str, Any], reason: str) -> None:
    if not changes:
        raise ActionRefusedError("nothing_changed", _("没有任何改动。"))
    if not reason.strip():
        raise ActionRefusedError("reason_missing", _("请写明理由。"))
    if to.priority not in Priority.values or to.category not in Category.values:
        raise ActionRefusedError("unknown_class", _("不认识的优先级或问题类别。"))
    if to.contract.customer_id != ticket.customer_id:
        raise ActionRefusedError("other_customer", _("这份合同不是该客户的。"))
