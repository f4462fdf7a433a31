"""Who is told what, in whose language and zone: one Delivery row for each message to each person."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import connection

from plans.models import Contact, User
from sla.models import Escalation
from tickets.models import Delivery, Ticket, TicketEvent

# What a row says when it is new, with the type each column has in an array.
COLUMNS = {
    "kind": "text",
    "channel": "text",
    "ticket_id": "bigint",
    "escalation_id": "bigint",
    "event_id": "bigint",
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


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell one person, and the row that is the reason."""

    kind: Delivery.Kind
    parent: TicketEvent | Escalation
    ticket: Ticket
    recipient: User | Contact


def queue(
    *,
    kind: Delivery.Kind,
    parent: TicketEvent | Escalation,
    ticket: Ticket,
    recipient: User | Contact,
    at: datetime,
) -> Delivery | None:
    """Queue one message and return its row; None when the person has no address or was told already."""
    queued = queue_many([Notice(kind, parent, ticket, recipient)], at=at)
    return queued[0] if queued else None


def queue_many(notices: Iterable[Notice], *, at: datetime) -> list[Delivery]:
    """Queue messages in one statement and return the new rows; who has no address or was told already has none."""
    rows = [_delivery(notice, at) for notice in notices if notice.recipient.email and notice.recipient.is_active]
    return _insert(rows) if rows else []


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


def _delivery(notice: Notice, at: datetime) -> Delivery:
    recipient, parent = notice.recipient, notice.parent
    return Delivery(
        kind=notice.kind,
        ticket=notice.ticket,
        escalation=parent if isinstance(parent, Escalation) else None,
        event=parent if isinstance(parent, TicketEvent) else None,
        contact=recipient if isinstance(recipient, Contact) else None,
        user=recipient if isinstance(recipient, User) else None,
        address=recipient.email,
        language=recipient.reads if isinstance(recipient, Contact) else recipient.language,
        timezone=recipient.zone if isinstance(recipient, Contact) else recipient.timezone,
        message_id=new_message_id(notice.ticket.number),
        queued_at=at,
        not_before=at,
    )


def withhold(*, before: datetime, reason: str) -> int:
    """Keep back for good what was queued before an instant and not sent; return how many."""
    rows = Delivery.objects.filter(state=Delivery.State.QUEUED, queued_at__lt=before)
    return rows.update(state=Delivery.State.WITHHELD, lease_until=None, error=reason)


def new_message_id(number: str) -> str:
    """Return an id for a mail about the ticket `number`, kept for every try to send it."""
    return f"<{secrets.token_hex(12)}.{number}@{mail_domain()}>"


def mail_domain() -> str:
    """Return the domain that our mail comes from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
