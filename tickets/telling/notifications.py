"""Who is told what and when, in whose language and zone: one Delivery row for each message to each person."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from plans.models import AccountNotice, Contact, User
from plans.on_call import Roster, roster
from sla.models import Escalation
from sla.models.policies import EscalationRule
from tickets.models import Bulletin, Chat, Delivery, Mail, Priority, Ticket, TicketEvent, WebhookEndpoint
from tickets.telling import alert_hours
from tickets.telling.gathering import ALERTS, gather

# What a row says when it is new, with the type each column has in an array.
COLUMNS = {
    "kind": "text",
    "channel": "text",
    "ticket_id": "bigint",
    "escalation_id": "bigint",
    "event_id": "bigint",
    "bulletin_id": "bigint",
    "account_notice_id": "bigint",
    "endpoint_id": "bigint",
    "mail_id": "bigint",
    "chat_id": "bigint",
    "user_id": "bigint",
    "contact_id": "bigint",
    "address": "text",
    "language": "text",
    "timezone": "text",
    "message_id": "text",
    "subject": "text",
    "queued_at": "timestamptz",
    "not_before": "timestamptz",
    "attempts": "smallint",
    "unknown_sends": "smallint",
    "state": "text",
    "error": "text",
}
# bulk_create cannot say which rows it left out, and a look afterwards would cost the opening of every ticket a query.
INSERT = f"""
INSERT INTO tickets_delivery ({", ".join(COLUMNS)})
SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())})
ON CONFLICT DO NOTHING RETURNING id, message_id
"""


# What of a promise may be subscribed to.
STEP_NEWS = frozenset({"milestone.warning", "milestone.breach"})
Parent = TicketEvent | Escalation | Bulletin | AccountNotice
Mark = EscalationRule.Mark
# What the id of a mail names that is about no ticket.
SUBJECTS: dict[type, str] = {Bulletin: "bulletin", AccountNotice: "account", Escalation: "account"}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell one person, and the row that is the reason; who is told for being on call hears at once."""

    kind: Delivery.Kind
    parent: Parent
    ticket: Ticket | None
    recipient: User | Contact
    is_on_call: bool = False

    @property
    def is_urgent(self) -> bool:
        """Tell whether it is the breach of an urgent ticket, which nobody's digest holds back for long."""
        return self.kind == Delivery.Kind.BREACH and bool(self.ticket and self.ticket.priority == Priority.URGENT)


def queue(
    *,
    kind: Delivery.Kind,
    parent: Parent,
    ticket: Ticket | None,
    recipient: User | Contact,
    at: datetime,
) -> Delivery | None:
    """Queue one message and return its row; None when the person has no address or was told already."""
    queued = queue_many([Notice(kind, parent, ticket, recipient)], at=at)
    return queued[0] if queued else None


def queue_many(notices: Iterable[Notice], *, at: datetime) -> list[Delivery]:
    """Queue messages in one statement and return the new rows; who has no address or was told already has none.

    Alerts to members of staff wait for their hours; in a storm they wait for each other.
    """
    heard = [notice for notice in notices if notice.recipient.email and notice.recipient.is_active]
    if not heard:
        return []
    rows = [_delivery(notice, at, told) for notice, told in zip(heard, told_at(heard, at=at), strict=True)]
    gather(rows, at)
    return _insert(rows)


@dataclass(frozen=True, slots=True)
class Wishes:
    """When members of staff wish to be told, by key, and who is on duty whatever they wish; read once for many."""

    hours: Mapping[int, alert_hours.Hours]
    duties: Roster | None

    def told_at(self, notice: Notice, at: datetime) -> datetime:
        """Return when a notice may go if it arises at `at`."""
        reader = notice.recipient
        wish = self.hours.get(reader.pk) if isinstance(reader, User) and notice.kind in ALERTS else None
        if wish is None or notice.is_on_call or (self.duties and self.duties.has(reader.pk, at)):
            return at
        return wish.told_at(at, is_urgent=notice.is_urgent)


def wishes_of(people: Iterable[User | Contact], since: datetime) -> Wishes:
    """Return when people wish to be told, from an instant on."""
    hours = alert_hours.hours_of({one.pk: one for one in people if isinstance(one, User)}.values())
    return Wishes(hours, roster(since) if hours else None)


def told_at(notices: Sequence[Notice], *, at: datetime) -> list[datetime]:
    """Return when each of these notices may go if it arises at `at`, by the hours that its reader has set."""
    wishes = wishes_of((notice.recipient for notice in notices), at)
    return [wishes.told_at(notice, at) for notice in notices]


def queue_webhook(*, escalation: Escalation, ticket: Ticket, endpoint: str, at: datetime) -> Delivery | None:
    """Queue one call of an endpoint, named; None when there is none in use by that name, or it was queued already."""
    called = WebhookEndpoint.objects.active().filter(name=endpoint).first()
    return next(iter(_insert([_call(escalation, ticket, called, at)])), None) if called else None


def _call(escalation: Escalation, ticket: Ticket, endpoint: WebhookEndpoint, at: datetime) -> Delivery:
    return Delivery(
        kind=Delivery.Kind.WARNING if escalation.mark in (Mark.PERCENT, Mark.BEFORE) else Delivery.Kind.BREACH,
        channel=endpoint.kind,
        ticket=ticket,
        escalation=escalation,
        endpoint=endpoint,
        address=endpoint.name,
        language=endpoint.language,
        message_id=f"msg_{secrets.token_hex(12)}",
        queued_at=at,
        not_before=at,
    )


def queue_for_subscribers(steps: Sequence[tuple[Escalation, Ticket]], *, at: datetime) -> None:
    """Queue steps that have come true for the endpoints that subscribed to such; who was called by a rule is not twice.

    What the ledger writes is queued by the database itself. Call inside atomic.
    """
    endpoints = [one for one in WebhookEndpoint.objects.active() if set(one.subscriptions) & STEP_NEWS]
    rows = [_call(step, ticket, one, at) for step, ticket in steps for one in endpoints if _is_meant(one, ticket)]
    heard = [row for row in rows if row.endpoint and f"milestone.{row.kind}" in row.endpoint.subscriptions]
    if heard:
        _insert(heard)


def keep_silent() -> None:
    """Have the database queue nothing for subscribers until this transaction ends: history that comes in is no news."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL shouyue.silent = 'on'")


def _is_meant(endpoint: WebhookEndpoint, ticket: Ticket) -> bool:
    """Tell whether a ticket is among those that an endpoint wants to hear of."""
    return (
        endpoint.vendor in ("", ticket.contract.plan.vendor)
        and endpoint.team_id in (None, ticket.team_id)
        and endpoint.customer_id in (None, ticket.customer_id)
    )


# Letters that nobody wrote by hand: one address gets so many in an hour at most, so that no two robots keep talking.
AUTOMATIC, MOST_AUTOMATIC, HOUR = (Delivery.Kind.RECEIPT, Delivery.Kind.MAIL_REFUSED), 5, timedelta(hours=1)


def is_stormed(address: str, *, at: datetime) -> bool:
    """Tell whether an address has had as many automatic letters within the hour as it may."""
    rows = Delivery.objects.filter(address__iexact=address, kind__in=AUTOMATIC, queued_at__gt=at - HOUR)
    return rows.exclude(state=Delivery.State.WITHHELD).count() >= MOST_AUTOMATIC


def queue_answer(*, mail: Mail, contact: Contact | None, language: str, at: datetime) -> Delivery | None:
    """Queue the letter that says why a mail became no ticket; None where one is queued already."""
    row = Delivery(
        kind=Delivery.Kind.MAIL_REFUSED,
        mail=mail,
        contact=contact,
        address=mail.from_address,
        language=language,
        timezone=contact.zone if contact else settings.TIME_ZONE,
        message_id=new_message_id("mail"),
        queued_at=at,
        not_before=at,
    )
    return next(iter(_insert([row])), None)


def queue_transcript(*, chat: Chat, contact: Contact, at: datetime) -> Delivery | None:
    """Queue the letter that brings a conversation's record to its customer; None where one is queued already."""
    row = Delivery(
        kind=Delivery.Kind.TRANSCRIPT,
        chat=chat,
        contact=contact,
        address=contact.email,
        language=contact.reads,
        timezone=contact.zone,
        message_id=new_message_id(chat.code),
        queued_at=at,
        not_before=at,
    )
    return next(iter(_insert([row])), None)


def _insert(rows: Sequence[Delivery]) -> list[Delivery]:
    arrays = [[_stored(row, column) for row in rows] for column in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, arrays)
        keys = {message_id: pk for pk, message_id in cursor.fetchall()}
    new = [row for row in rows if row.message_id in keys]
    for row in new:
        row.pk, row._state.adding = keys[row.message_id], False
    return new


def _stored(row: Delivery, column: str) -> Any:
    value = getattr(row, column)
    return str(value) if COLUMNS[column] == "text" else value


def _delivery(notice: Notice, at: datetime, told: datetime) -> Delivery:
    recipient, parent = notice.recipient, notice.parent
    return Delivery(
        kind=notice.kind,
        ticket=notice.ticket,
        escalation=parent if isinstance(parent, Escalation) else None,
        event=parent if isinstance(parent, TicketEvent) else None,
        bulletin=parent if isinstance(parent, Bulletin) else None,
        account_notice=parent if isinstance(parent, AccountNotice) else None,
        contact=recipient if isinstance(recipient, Contact) else None,
        user=recipient if isinstance(recipient, User) else None,
        address=recipient.email,
        language=recipient.reads if isinstance(recipient, Contact) else recipient.language,
        timezone=recipient.zone if isinstance(recipient, Contact) else recipient.timezone,
        message_id=new_message_id(notice.ticket.number if notice.ticket else SUBJECTS[type(parent)]),
        queued_at=at,
        not_before=told,
    )


def withhold(*, before: datetime, reason: str) -> int:
    """Keep back for good what was queued before an instant and not sent; return how many."""
    rows = Delivery.objects.filter(state=Delivery.State.QUEUED, queued_at__lt=before)
    return rows.update(state=Delivery.State.WITHHELD, lease_until=None, error=reason)


def take_back(*, event: TicketEvent, at: datetime) -> bool:
    """Keep back what is queued about a ledger's line; tell whether some of it has gone out already, or is going."""
    told = Delivery.objects.filter(event=event)
    queued = told.filter(Q(lease_until=None) | Q(lease_until__lt=at), state=Delivery.State.QUEUED, carried_by=None)
    queued.update(state=Delivery.State.WITHHELD, error="retracted")
    return told.filter(channel=Delivery.EMAIL).exclude(state=Delivery.State.WITHHELD).exists()


def new_message_id(number: str) -> str:
    """Return an id for a mail about the ticket `number`, or another matter, kept for every try to send it."""
    return f"<{secrets.token_hex(12)}.{number}@{mail_domain()}>"


def mail_domain() -> str:
    """Return the domain that our mail comes from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
