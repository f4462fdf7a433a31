"""Hand a conversation from the bot to a person, as the customer's plan and its hours allow. Source: Y06, K03"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.agreements import Agreement, agreements_of_customer
from plans.coverage import Decision, cover, hours_of
from plans.models import Contact, Contract, Entitlement, Item
from sla import engine
from sla.actors import Actor
from sla.compiled import calendar_named
from sla.engine import Heard
from sla.models import Policy
from sla.timeline import ActorKind, FactKind
from tickets.actions.chat.lines import State, check_open, event, locked
from tickets.actions.chat.strangers import unknown_person
from tickets.actions.deciding import Cause, Facts, row_of
from tickets.actions.opening import team_of
from tickets.answers import instant
from tickets.models import Category, Chat, ChatMessage, CoverageDecision, Priority
from tickets.routing import standing

WAITING, CLOSED_HOURS, REFUSED, REDIRECTED, ACTIVE = "waiting", "closed_hours", "refused", "redirected", "active"
QUEUED = ("state", "waiting_since", "plan_rank", "contract", "customer", "team", "clock")


@dataclass(frozen=True, slots=True)
class HandOff:
    """What came of asking for a person: `outcome` is waiting, closed_hours, refused or redirected; active if one is in.

    What is refused says why, by which clause, and what to do instead; `opens_at` is when people return.
    """

    outcome: str
    chat: Chat
    decision: Decision | None = None
    place: int | None = None
    estimate: timedelta | None = None
    opens_at: datetime | None = None
    agents: int = 0
    reason: str = ""
    clause: str = ""
    promise: str = ""
    ways_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seats:
    """Who would answer a conversation, on which hours, and what times it."""

    hours: str
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Back:
    """When people are there again, by the calendar of this code."""

    opens_at: datetime
    hours: str


@transaction.atomic
def hand_off(*, chat: Chat, at: datetime, category: str = Category.HOW_TO) -> HandOff:
    """Ask for a person, and return what came of it; who waits already, or is served, is told where they stand.

    Raises ActionRefusedError for a conversation that has ended.
    """
    chat = locked(chat)
    check_open(chat)
    if chat.state != State.BOT:
        return stood(chat, at)
    with override(chat.language):
        if chat.contact is None:
            return _unknown(chat, at)
        return _asked(chat, chat.contact, category, at)


def stood(chat: Chat, at: datetime) -> HandOff:
    """Return where a conversation that was handed off stands."""
    if chat.state != State.WAITING:
        return HandOff(ACTIVE, chat)
    found = standing(chat, at)
    return HandOff(WAITING, chat, place=found.place, estimate=found.estimate, agents=found.agents)


def _unknown(chat: Chat, at: datetime) -> HandOff:
    """Say no to somebody whom nobody knows, kept in both languages as a plan's no is."""
    said: dict[str, Any] = {"cause": "unknown_person"}
    for language, suffix in (("zh-hans", ""), ("en", "_en")):
        with override(language):
            no = unknown_person(chat.vendor)
        said |= {f"reason{suffix}": no.message, f"clause{suffix}": no.clause, f"ways_on{suffix}": no.ways_on}
    no = unknown_person(chat.vendor)
    _say(chat, REFUSED, at, promise=no.promise, **said)
    return HandOff(
        REFUSED, chat, reason=no.message, clause=no.clause, promise=no.promise, ways_on=tuple(no.ways_on)
    )  # fmt: skip


def _asked(chat: Chat, contact: Contact, category: str, at: datetime) -> HandOff:
    decision = cover(
        contact, None, "im", chat.product, "", category, chat.channel, at,
        priority=Priority.NORMAL, language=chat.language, vendor=chat.vendor,
    )  # fmt: skip
    _remember(chat, decision, Facts(contact, chat.product, category, chat.channel, Priority.NORMAL), at)
    told = HandOff(
        REFUSED, chat, decision, reason=decision.reason, clause=decision.clause, promise=decision.promise,
        ways_on=decision.ways_on,
    )  # fmt: skip
    if not decision.is_open or decision.outcome == "redirected":
        return _no(told, at)
    seats = _seats(chat.vendor, decision.contract)
    opens_at = _opens_at(seats.hours, at)
    if opens_at:
        return _shut(told, seats.hours, opens_at, at)
    return _queued(told, seats, at)


def _remember(chat: Chat, decision: Decision, facts: Facts, at: datetime) -> None:
    """Keep what the plan answered, once however often one asks."""
    row = row_of(decision, facts, Cause.HANDED_OFF, at)
    row.chat = chat
    last = CoverageDecision.objects.filter(chat=chat).first()
    if last is None or (last.outcome, last.rule, last.category) != (row.outcome, row.rule, row.category):
        row.save(force_insert=True)


def _no(told: HandOff, at: datetime) -> HandOff:
    outcome = REDIRECTED if told.decision and told.decision.outcome == "redirected" else REFUSED
    both = _both(told.decision) if told.decision else {}
    _say(told.chat, outcome, at, promise=told.promise, **both)
    return replace(told, outcome=outcome)


def _both(decision: Decision) -> dict[str, Any]:
    """Return a plan's words in both languages, as a line keeps them."""
    chinese, english = decision.told["zh-hans"], decision.told["en"]
    return {
        "reason": chinese.reason, "reason_en": english.reason, "clause": chinese.clause, "clause_en": english.clause,
        "ways_on": list(chinese.ways_on), "ways_on_en": list(english.ways_on),
    }  # fmt: skip


def _seats(vendor: str, contract: Contract | None) -> Seats:
    """Return who would answer: by the contract's own service, else, where a plan has none, the vendor's seats."""
    agreement = _agreement(contract)
    right = agreement.find("im") if agreement else None
    if agreement is None or right is None:
        item = Item.objects.filter(service="im", plan__vendor=vendor, plan__is_current=True).first()
        return Seats(item.calendar if item else "", None)
    return Seats(hours_of(agreement, right), _timed(agreement, right))


def _agreement(contract: Contract | None) -> Agreement | None:
    if contract is None:
        return None
    return next(one for one in agreements_of_customer(contract.customer_id) if one.contract.pk == contract.pk)


def _timed(agreement: Agreement, right: Entitlement) -> Policy | None:
    """Return what times the wait; the house's standard is not promised to what a branch serves. Source: Y18, Y19"""
    if agreement.is_served_by_branch and right.policy == right.item.policy:
        return None
    return agreement.policy_of(right)


def _opens_at(hours: str, at: datetime) -> datetime | None:
    """Return when people are there again, None where they are there now, or nobody knows their hours."""
    calendar = calendar_named(hours).calendar if hours else None
    return None if calendar is None or calendar.is_open(at) else calendar.next_open(at)


def back_at(*, vendor: str, contract: Contract | None, at: datetime) -> Back | None:
    """Return when the people who would answer are there again, and by which hours; None while they are there."""
    hours = _seats(vendor, contract).hours
    opens_at = _opens_at(hours, at)
    return Back(opens_at, hours) if opens_at else None


@transaction.atomic
def say_closed(*, chat: Chat, back: Back, at: datetime) -> bool:
    """Tell who still waits at closing when people return, who keeps the place; tell whether it is news."""
    chat = locked(chat)
    if chat.state != State.WAITING or chat.people_back_at == back.opens_at:
        return False
    chat.people_back_at = back.opens_at
    said = {"opens_at": instant(back.opens_at), "hours": back.hours, "keeps_place": True}
    _say(chat, CLOSED_HOURS, at, "people_back_at", **said)
    return True


@transaction.atomic
def say_closed_again(*, chat: Chat, at: datetime) -> ChatMessage | None:
    """Tell once more when people return to somebody who asks for one, and return the line; None if changed."""
    chat = locked(chat)
    if chat.state != State.WAITING or not chat.people_back_at or at >= chat.people_back_at:
        return None
    return _say(chat, CLOSED_HOURS, at, opens_at=instant(chat.people_back_at), keeps_place=True)


def _shut(told: HandOff, hours: str, opens_at: datetime, at: datetime) -> HandOff:
    ways_on = (_("点【提交问题】，服务人员上班后按工单答复。"), _("也可以继续问智能客服。"))
    _say(told.chat, CLOSED_HOURS, at, opens_at=instant(opens_at), hours=hours)
    reason = _("现在不在人工服务时间内。")
    return replace(told, outcome=CLOSED_HOURS, opens_at=opens_at, reason=reason, ways_on=ways_on)


def _queued(told: HandOff, seats: Seats, at: datetime) -> HandOff:
    chat, decision = told.chat, told.decision
    contract = decision.contract if decision else None
    chat.state, chat.waiting_since = State.WAITING, at
    if contract:
        chat.contract, chat.plan_rank, chat.customer_id = contract, contract.plan.rank, contract.customer_id
        chat.team_id = team_of(contract)
    if seats.policy and chat.clock is None:
        _start_clock(chat, seats.policy, at)
    _say(chat, WAITING, at, *QUEUED)
    found = standing(chat, at)
    return replace(told, outcome=WAITING, place=found.place, estimate=found.estimate, agents=found.agents)


def _start_clock(chat: Chat, policy: Policy, at: datetime) -> None:
    contact = chat.contact
    who = Actor(ActorKind.CUSTOMER, f"contact:{contact.pk}", contact.name) if contact else Actor(ActorKind.CUSTOMER)
    heard = Heard(FactKind.OPEN, at, who, f"{chat.code}#{chat.message_count + 1}")
    chat.clock, _milestones = engine.start(policy=policy, priority=Priority.NORMAL, heard=heard)


def _say(chat: Chat, name: str, at: datetime, *also: str, **fields: Any) -> ChatMessage:
    return event(chat, name, at, *also, **fields)
