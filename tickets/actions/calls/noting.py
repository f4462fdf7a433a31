"""The call form: who took a call writes down whose it was and what came of it; a ticket, a line on one, or a note.

Source: Y08, Y18, K09
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.accounts import zone_named
from plans.coverage import Decision, cover
from plans.models import Contact, Product, User
from sla.refusals import ActionRefusedError
from tickets.actions.calls.hearing import announce, code_of, next_key
from tickets.actions.calls.owing import Result, end
from tickets.actions.calls.owing import locked as locked_call_back
from tickets.actions.calls.placing import agreement_of
from tickets.actions.deciding import Cause, Facts, row_of
from tickets.actions.opening import Opening, open_ticket
from tickets.actions.ticket import log_call
from tickets.actions.ticket.standing import check_agent
from tickets.models import Call, CallBack, Category, Channel, Priority, Ticket
from tickets.showing.calls import transcript_text

SUBJECT, BODY = 200, 100_000
NOTED = (
    "contact", "customer", "contract", "product", "vendor", "question", "result", "noted_by", "noted_at", "agent",
    "ticket",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Noted:
    """What the call form says. `ticket` is one that stands already; `opens` asks for a new one; neither is a note.

    `was_reached` says that they talked where no switchboard told of it; `seen` is when the call was last written down
    as the form knows it, blank for never, None where nobody asks.
    """

    question: str
    result: str = ""
    contact: Contact | None = None
    product: Product | None = None
    category: str = Category.HOW_TO
    priority: str = Priority.NORMAL
    answers: Mapping[str, bool] = field(default_factory=dict)
    opens: bool = False
    ticket: Ticket | None = None
    was_reached: bool = False
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class ByHand:
    """A call of which no switchboard told: its direction, the number on the other end, whose products it is about.

    `token` names the form that it was written in: sent twice, it is one call.
    """

    token: str
    number: str = ""
    direction: str = Call.Direction.IN
    vendor: str = ""


@transaction.atomic
def begin(*, said: ByHand, actor: User, at: datetime) -> Call:
    """Return the call that a form without an event is about, made the first time; it was answered by who writes."""
    check_agent(actor)
    known = {"adapter": "", "scope": f"user:{actor.pk}", "external_id": said.token[:128]}
    found = Call.objects.filter(**known).first() if said.token else None
    if found:
        return found
    pk = next_key()
    ends = {"called": said.number[:40]} if said.direction == Call.Direction.OUT else {"caller": said.number[:40]}
    fresh = Call(
        pk=pk, code=code_of(pk, at), direction=said.direction, vendor=said.vendor[:20], state=Call.State.ENDED,
        rang_at=at, answered_at=at, ended_at=at, agent=actor, extension=actor.extension, **ends, **known,
    )  # fmt: skip
    Call.objects.bulk_create([fresh], ignore_conflicts=True)
    return Call.objects.get(**known) if said.token else Call.objects.get(pk=pk)


def foretold(*, call: Call, noted: Noted, at: datetime, language: str = "") -> Decision | None:
    """Return what the plan answers to a question that is only being written; None while nobody is named.

    In the contact's language, or in the one that is given.
    """
    return _decided(call, noted.contact, noted, at, language) if noted.contact else None


@transaction.atomic
def note(*, call: Call, noted: Noted, actor: User, at: datetime) -> Call:
    """Write a call down, and return it: opened as a ticket, logged on one that stands, or noted alone.

    Sent twice it is one ticket and one line; later words change the note. Raises ActionRefusedError when a colleague
    has written it down meanwhile, and when the plan says no, with its clause: `note_refused` keeps the note then.
    """
    call = _locked(call)
    check_agent(actor)
    _check_seen(call, noted, actor)
    _write(call, noted, actor, at)
    if noted.opens and call.ticket is None:
        call.ticket = _opened(call, noted, actor, at)
    elif noted.ticket and call.ticket is None:
        call.ticket = _logged(call, noted.ticket, noted, actor, at)
    call.save(update_fields=NOTED)
    _settle_owed(call, noted, actor, at)
    announce(call)
    return call


@transaction.atomic
def note_refused(*, call: Call, noted: Noted, actor: User, at: datetime) -> Decision | None:
    """Keep the note of a call whose question the plan did not take, with what it answered."""
    call = note(call=call, noted=replace(noted, opens=False, ticket=None), actor=actor, at=at)
    decision = foretold(call=call, noted=noted, at=at)
    if decision is None or decision.is_open or noted.contact is None:
        return decision
    facts = Facts(
        noted.contact, noted.product, noted.category, Channel.HOTLINE, noted.priority, answers=noted.answers
    )  # fmt: skip
    row = row_of(decision, facts, Cause.REFUSED, at)
    row.call = call
    last = call.decisions.order_by("pk").last()
    if last is None or (last.rule, last.category) != (row.rule, row.category):
        row.save(force_insert=True)
    return decision


def _locked(call: Call) -> Call:
    related = Call.objects.select_related("contact__customer", "contract", "product", "ticket", "agent", "call_back")
    return related.select_for_update(of=("self",)).get(pk=call.pk)


def _check_seen(call: Call, noted: Noted, actor: User) -> None:
    """Raise ActionRefusedError when a colleague has written the call down since the form was opened."""
    if noted.seen is None or call.noted_at is None or call.noted_by_id == actor.pk:
        return
    if noted.seen != call.noted_at.isoformat():
        raise ActionRefusedError(
            "noted_meanwhile",
            _("%(name)s 刚刚登记了这通电话：%(question)s") % {"name": call.noted_by, "question": _noted_words(call)},
            ways_on=[_("看过对方写的再保存，会以您写的为准。")],
        )


def _noted_words(call: Call) -> str:
    return " / ".join(words for words in (call.question, call.result[:SUBJECT]) if words)


def _write(call: Call, noted: Noted, actor: User, at: datetime) -> None:
    """Fill in what the form says; whose call it was may be put right by a person, and stays so."""
    question = " ".join(noted.question.replace("\x00", "").split())[:SUBJECT]
    if not question:
        raise ActionRefusedError("empty_subject", _("请写下客户问的是什么。"))
    call.question, call.result = question, noted.result.replace("\x00", "").strip()[:BODY]
    if noted.contact:
        call.contact, call.customer = noted.contact, noted.contact.customer
    call.product = noted.product or call.product
    vendor = call.product.vendor if call.product else call.vendor
    agreement = agreement_of(call.customer, vendor, at)
    call.contract = agreement.contract if agreement else call.contract
    call.vendor = vendor or (call.contract.plan.vendor if call.contract else "")
    call.noted_by, call.noted_at, call.agent = actor, at, call.agent or actor


def _decided(call: Call, contact: Contact, noted: Noted, at: datetime, language: str = "") -> Decision:
    product = noted.product or call.product
    vendor = product.vendor if product else call.vendor
    return cover(
        contact, None, None, product, "", noted.category, Channel.HOTLINE, at,
        priority=noted.priority, answers=noted.answers, vendor=vendor, language=language,
    )  # fmt: skip


def _opened(call: Call, noted: Noted, actor: User, at: datetime) -> Ticket:
    """Open a ticket and log the call on it: talked to by a person, its first contact is made."""
    if call.contact is None:
        raise ActionRefusedError(
            "unknown_contact",
            _("工单要有联系人：请先选定来电的是谁。"),
            ways_on=[_("找不到此人的，请客户管理员登记；通话可以先记下来。")],
        )
    opening = Opening(
        contact=call.contact,
        decision=_decided(call, call.contact, noted, at),
        channel=Channel.HOTLINE,
        category=noted.category,
        subject=call.question,
        body=_body(call),
        product=call.product,
        priority=noted.priority,
        tenant=call.tenant,
        customisation=noted.answers,
    )
    ticket = open_ticket(opening=opening, at=at)
    return _line(call, ticket, noted, actor, at)


def _body(call: Call) -> str:
    """Return what the ticket says first: the question, what was said about it, and the talk with the voice bot."""
    reads = call.contact.reads if call.contact else "zh-hans"
    zone = call.contact.zone if call.contact else "Asia/Shanghai"
    with override(reads):
        has_bot = any(line["who"] == "bot" for line in call.transcript)
        head = _("语音机器人的对话记录：") if has_bot else _("客户的语音留言：")
        talk = transcript_text(call.transcript, zone_named(zone))
    parts = (call.question, call.result, f"{head}\n{talk}" if talk else "")
    return "\n\n".join(part for part in parts if part)[:BODY]


def _logged(call: Call, ticket: Ticket, noted: Noted, actor: User, at: datetime) -> Ticket:
    if call.customer_id and ticket.customer_id != call.customer_id:
        raise ActionRefusedError("unknown_ticket", _("这不是来电客户的工单。"))
    return _line(call, ticket, noted, actor, at)


def _line(call: Call, ticket: Ticket, noted: Noted, actor: User, at: datetime) -> Ticket:
    """Write a call into a ticket's ledger: contact if a person talked to them, whatever a bot said. Source: Y18, K02

    It counts from when they talked, as the switchboard tells, however late it is written down.
    """
    body = call.result or call.question
    begun = talked_at(call)
    answered = begun is not None or noted.was_reached
    held_at = min(max(begun or at, ticket.opened_at), at)
    return log_call(ticket=ticket, body=body, answered=answered, actor=actor, at=held_at, call=call.code)


def talked_at(call: Call) -> datetime | None:
    """Return when one of us and the customer talked, in this call or when we called back; None where nobody did."""
    owed = call.call_back
    return call.answered_at or (owed.done_at if owed and owed.result == Result.REACHED else None)


def _settle_owed(call: Call, noted: Noted, actor: User, at: datetime) -> None:
    """End what is owed for a call that was missed, once its customer was talked to."""
    owed: CallBack | None = locked_call_back(call.call_back) if call.call_back else None
    if owed and not owed.done_at and (noted.was_reached or (noted.ticket is not None and talked_at(call))):
        end(owed, Result.REACHED, actor, at)
