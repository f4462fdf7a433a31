"""Keep what comes in before it is understood, then make a ticket of it, once."""

from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from plans.coverage import Decision, cover
from plans.models import ApiKey, Contact
from sla.api.problems import problem
from sla.api.unread import UNREAD
from sla.refusals import ActionRefusedError
from tickets.actions.attachments import attach
from tickets.actions.deciding import Facts, remember_refusal
from tickets.actions.idempotency import Answer, Asked, fingerprint_of, once
from tickets.actions.monitoring.gate import cover_monitoring
from tickets.actions.opening import Opening, stand_up
from tickets.actions.ticket import customer_message
from tickets.actions.ticket.standing import heir
from tickets.answers import intake_fields, known, milestones_of
from tickets.channels.base import FieldError, Incoming, MalformedError
from tickets.channels.payload import read_payload
from tickets.channels.registry import ADAPTERS
from tickets.models import Channel, InboundEvent, Ticket
from tickets.senders import Sender, find_sender

State = InboundEvent.State
AHEAD, BACK = timedelta(minutes=5), timedelta(days=90)
# Written out because every message comes by here.
RECEIVE = """
INSERT INTO tickets_inboundevent
  (channel, api_key_id, raw, content_type, idempotency_key, received_at, state, external_id, attempts, error, adapter,
   headers)
VALUES (%s, %s, %s, %s, %s, %s, 'received', '', 0, '', '', '{}') RETURNING id
"""
SETTLE = """
UPDATE tickets_inboundevent SET state = %s, taken_at = %s, external_id = %s, ticket_id = %s, error = %s WHERE id = %s
"""
ONE_TICKET = "ticket_external_id_once"


def receive(
    *, channel: str, api_key: ApiKey, raw: bytes, content_type: str, idempotency_key: str, at: datetime
) -> InboundEvent:
    """Keep the bytes that came in, whatever they are, and return their row: from here on nothing can lose them."""
    event = InboundEvent(
        channel=channel,
        api_key=api_key,
        raw=raw,
        content_type=content_type,
        idempotency_key=idempotency_key,
        received_at=at,
    )
    kept: list[Any] = [channel, api_key.pk, raw, content_type, idempotency_key, at]
    with connection.cursor() as cursor:
        cursor.execute(RECEIVE, kept)
        event.pk = cursor.fetchone()[0]
    event._state.adding = False
    return event


def take_in(*, event: InboundEvent, at: datetime) -> Answer:
    """Make a ticket of what was kept, in one transaction, and return the answer for its sender.

    The same key or the same external id gives the same ticket. Raises MalformedError or ActionRefusedError when
    nothing can be opened; the event then says why.
    """
    try:
        try:
            return _taken_in(event, at)
        except IntegrityError as error:
            if ONE_TICKET not in str(error):
                raise
            # A twin with the same external id was faster: now its ticket is there to be found.
            return _taken_in(event, at)
    except (MalformedError, ActionRefusedError) as refusal:
        settle(event, State.REFUSED, at, error=str(refusal))
        raise


@transaction.atomic
def _taken_in(event: InboundEvent, at: datetime) -> Answer:
    asked = Asked(
        scope=scope_of(event),
        route=f"intake:{event.channel}",
        key=event.idempotency_key,
        fingerprint=fingerprint_of(bytes(event.raw), event.content_type),
        at=at,
    )
    answer = once(asked, lambda: _understood(event, at))
    if event.state == State.RECEIVED:
        _settle_as_before(event, answer, at)
    return answer


def scope_of(event: InboundEvent) -> str:
    """Return whose external ids and keys these are: the same for a key and those it was rotated to."""
    return str(key_of(event).series)


def key_of(event: InboundEvent) -> ApiKey:
    """Return the key by which an event came. Raises ActionRefusedError when it has been deleted since."""
    if event.api_key is None:
        raise ActionRefusedError("bad_key", _("密钥无效、已停用或已过期。"))
    return event.api_key


def _understood(event: InboundEvent, at: datetime) -> Answer:
    """Read what came in and do what it asks for; the answer names what of it nobody read."""
    payload = read_payload(bytes(event.raw))
    try:
        incoming = ADAPTERS[event.channel].parse(payload)
    except MalformedError as error:
        error.unread = payload.unread
        raise
    answer = _done(event, incoming, at)
    return replace(answer, body=answer.body | {UNREAD: payload.unread}) if payload.unread else answer


def _done(event: InboundEvent, incoming: Incoming, at: datetime) -> Answer:
    """Ask the plan, and open the ticket."""
    event.external_id = incoming.external_id
    opened_at = _opened_at(incoming, event.received_at)
    sender = find_sender(incoming, channel=event.channel, api_key=key_of(event))
    if sender.ticket_id:
        return _repeated(event, sender.ticket_id, at)
    if incoming.ticket:
        return _added(event, incoming, sender.contact, at)
    decision = _decided(event, incoming, sender, opened_at)
    if not decision.is_open:
        facts = Facts(
            sender.contact, sender.product, incoming.category, event.channel, incoming.priority,
            answers=incoming.customisation,
        )  # fmt: skip
        remember_refusal(intake=event, decision=decision, facts=facts, at=at)
        return _not_covered(event, decision, at)
    standing = stand_up(opening=_opening(event, incoming, sender, decision), at=opened_at, told_at=at)
    if incoming.attachments:
        attach(message=standing.message, files=incoming.attachments)
    settle(event, State.ACCEPTED, at, ticket=standing.ticket)
    return Answer(HTTPStatus.CREATED, intake_fields(standing.ticket, known(standing.milestones), at))


def _decided(event: InboundEvent, incoming: Incoming, sender: Sender, at: datetime) -> Decision:
    """Return what the plan answers; to monitoring, by the operations that it has. Source: K04, K05"""
    if event.channel == Channel.MONITORING:
        return cover_monitoring(
            contact=sender.contact, contract=sender.contract, product=sender.product, category=incoming.category,
            priority=incoming.priority, at=at,
        )  # fmt: skip
    return cover(
        sender.contact, sender.contract, None, sender.product, "", incoming.category, event.channel, at,
        priority=incoming.priority, answers=incoming.customisation,
    )  # fmt: skip


def _opened_at(incoming: Incoming, received_at: datetime) -> datetime:
    """Return the instant from which the promise counts: when it happened, never later than it was received."""
    occurred_at = incoming.occurred_at or received_at
    if occurred_at > received_at + AHEAD:
        raise MalformedError([FieldError("occurred_at", "in_the_future", _("时间最多可比现在晚 5 分钟。"))])
    if occurred_at < received_at - BACK:
        raise MalformedError([FieldError("occurred_at", "too_old", _("时间最多可比现在早 90 天。"))])
    return min(occurred_at, received_at)


def _opening(event: InboundEvent, incoming: Incoming, sender: Sender, decision: Decision) -> Opening:
    return Opening(
        contact=sender.contact,
        decision=decision,
        channel=event.channel,
        category=incoming.category,
        priority=incoming.priority,
        subject=incoming.subject,
        body=incoming.body,
        product=sender.product,
        module=incoming.module,
        tenant=incoming.tenant,
        version=incoming.version,
        environment=incoming.environment,
        error_code=incoming.error_code,
        customisation=incoming.customisation,
        external_id=incoming.external_id,
        external_scope=scope_of(event),
    )


def _not_covered(event: InboundEvent, decision: Decision, at: datetime) -> Answer:
    """Return the plan's no, which is kept like any answer; the same external id may come again under another key."""
    settle(event, State.REFUSED, at, error=f"not_covered: {decision.reason}")
    said = problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not_covered", decision.reason)
    clause = {"promise": decision.promise, "clause": decision.clause, "ways_on": list(decision.ways_on)}
    return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, said | clause | {"intake": event.pk})


def _added(event: InboundEvent, incoming: Incoming, contact: Contact, at: datetime) -> Answer:
    """Add what came in to a ticket that stands; the same external id is added once. Source: C20, C37

    Raises ActionRefusedError for a ticket of another customer as for one that never was.
    """
    named = Ticket.objects.filter(number=incoming.ticket, customer=contact.customer_id).first()
    if named is None:
        raise ActionRefusedError("unknown_ticket", _("没有工单 %(number)s。") % {"number": incoming.ticket})
    there = heir(named)
    twins = InboundEvent.objects.filter(ticket__in={named.pk, there.pk}, state=State.ACCEPTED, channel=event.channel)
    is_repeat = twins.filter(external_id=incoming.external_id).exists()
    if not is_repeat:
        said_at = _opened_at(incoming, event.received_at)
        there = customer_message(ticket=there, contact=contact, body=incoming.body, at=said_at, channel=event.channel)
        if incoming.attachments:
            attach(message=there.messages.filter(contact=contact).latest("pk"), files=incoming.attachments)
    settle(event, State.ACCEPTED, at, ticket=there)
    return Answer(HTTPStatus.CREATED, intake_fields(there, milestones_of(there), at), is_replayed=is_repeat)


def _repeated(event: InboundEvent, ticket_id: int, at: datetime) -> Answer:
    """Return the ticket that this external id opened before; what came now is kept with it."""
    ticket = Ticket.objects.select_related("contract__plan").get(pk=ticket_id)
    first = ticket.inbound_events.order_by("pk").first()
    settle(event, State.ACCEPTED, at, ticket=ticket)
    answer = intake_fields(ticket, milestones_of(ticket), at)
    differs = first is not None and bool(first.raw) and not is_same(bytes(first.raw), bytes(event.raw))
    return Answer(HTTPStatus.CREATED, answer | ({"body_differs": True} if differs else {}), is_replayed=True)


def is_same(one: bytes, other: bytes) -> bool:
    """Tell whether two bodies say the same, however they are spaced or ordered."""
    return one == other or read_payload(one) == read_payload(other)


def _settle_as_before(event: InboundEvent, answer: Answer, at: datetime) -> None:
    """Note on a repeat what the first one came to. Raises ActionRefusedError if its ticket is no longer the key's."""
    number = answer.body.get("ticket")
    ticket = Ticket.objects.filter(number=number).first() if number else None
    if ticket and key_of(event).customer_id not in (None, ticket.customer_id):
        raise ActionRefusedError("not_allowed", _("这个密钥无权再看这张工单。"))
    settle(event, State.ACCEPTED if ticket else State.REFUSED, at, ticket=ticket)


def settle(
    event: InboundEvent, state: InboundEvent.State, at: datetime, *, ticket: Ticket | None = None, error: str = ""
) -> None:
    """Write what became of an event."""
    event.state = state
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [state, at, event.external_id, ticket.pk if ticket else None, error[:400], event.pk])
