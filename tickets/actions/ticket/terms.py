"""Under which terms a ticket is worked, as they change under way: its priority, what it is about, its contract."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plans.coverage import Decision, Told, cover
from plans.models import Amendment, Contract, Product, User
from sla.actors import SYSTEM, Actor
from sla.models import Policy
from sla.refusals import ActionRefusedError
from tickets.actions.deciding import keep
from tickets.actions.ticket.standing import locked, to_work_on
from tickets.ledger import Entry, actor_of, policy_over, replan
from tickets.models import Category, Priority, Ticket, TicketEvent
from tickets.telling import changed_terms

Kind = TicketEvent.Kind


@dataclass(frozen=True, slots=True)
class Classification:
    """What decides under which terms a ticket is worked."""

    priority: str
    category: str
    product: Product | None
    module: str
    contract: Contract

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """Return how a ticket is classified now."""
        return cls(ticket.priority, ticket.category, ticket.product, ticket.module, ticket.contract)


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
    changes = _changes(ticket, to)
    _check_change(ticket, to, changes, reason)
    decision = _decided(ticket, to, at)
    if not decision.is_open:
        if not insists:
            raise _refused(_decided(ticket, to, at, get_language() or ""))
        decision = _beyond(decision)
    was_outcome = ticket.outcome
    _put_under(ticket, to, decision)
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
    decision = _asked(ticket, Classification.of(ticket), ticket.opened_at)
    if ticket.is_ended or not decision.is_open or _is_as_before(ticket, decision):
        return ticket
    _put_under(ticket, Classification.of(ticket), decision)
    actor = actor_of(amendment.actor) if amendment.actor else SYSTEM
    said = {"changed": amendment.changed, "amendment": amendment.kind}
    said |= {"reason": amendment.reason} if amendment.reason else {}
    event = replan(ticket, Entry(Kind.RECLASSIFIED, actor, at, fields=said), decision.policy)
    changed_terms.tell(ticket=ticket, event=event, at=at)
    return ticket


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


def _decided(ticket: Ticket, to: Classification, at: datetime, language: str = "") -> Decision:
    """Ask the plan anew, as of the ticket's opening: who asked within the term is served, whenever that is corrected.

    A contract that began later is asked as of now.
    """
    asked_at = ticket.opened_at
    decision = _asked(ticket, to, asked_at, language)
    if decision.is_open or to.contract == ticket.contract:
        return decision
    return _asked(ticket, to, at, language)


def _asked(ticket: Ticket, to: Classification, at: datetime, language: str = "") -> Decision:
    return cover(
        ticket.contact, to.contract, None, to.product, "", to.category, ticket.channel, at,
        priority=to.priority, language=language,
    )  # fmt: skip


def _refused(decision: Decision) -> ActionRefusedError:
    """Return the plan's no to an agent, who may insist."""
    return ActionRefusedError(
        "not_covered",
        decision.reason,
        promise=decision.promise,
        clause=decision.clause,
        ways_on=[*decision.ways_on, _("或坚持继续处理：按计划外服务，可能另行计费，不再计时。")],
    )


def _beyond(decision: Decision) -> Decision:
    """Return a no as work beyond the plan, which the agent insists on."""
    told = {language: _insisted(language, said) for language, said in decision.told.items()}
    return replace(decision, outcome="chargeable", policy=None, told=told)


def _insisted(language: str, said: Told) -> Told:
    with translation.override(language):
        added = _("经服务人员确认，按计划外服务继续处理，可能另行计费。")
    return replace(said, reason=f"{said.reason} {added}".strip())


def _put_under(ticket: Ticket, to: Classification, decision: Decision) -> None:
    for one in fields(to):
        setattr(ticket, one.name, getattr(to, one.name))
    keep(ticket, decision, to.contract)
