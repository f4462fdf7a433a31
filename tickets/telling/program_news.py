"""What a program is told: JSON in UTF-8, one form for all that happens."""

import json
from typing import Any

from tickets.answers import instant
from tickets.models import Delivery, TicketEvent
from tickets.telling.occasions import Occasion

# Characters of what was said in a ticket.
LONGEST = 20_000


def type_of(row: Delivery) -> str:
    """Return what a program knows the news by."""
    return row.subject if row.kind == Delivery.Kind.NEWS else f"milestone.{row.kind}"


def written(occasion: Occasion) -> bytes:
    """Return what a program is told of a step that has come true, or of a line of a ledger."""
    event = occasion.delivery.event
    said = _ticket(occasion) | (_line(event) if event else _step(occasion))
    at = event.at if event else occasion.at
    return enveloped(type_of(occasion.delivery), instant(at), said)


def enveloped(kind: str, at: str | None, said: dict[str, Any]) -> bytes:
    """Return news as they travel."""
    told = {"type": kind, "timestamp": at, "data": said}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _ticket(occasion: Occasion) -> dict[str, Any]:
    ticket = occasion.ticket
    return {
        "ticket": ticket.number,
        "url": occasion.link,
        "subject": ticket.subject,
        "customer": ticket.customer.code,
        "status": ticket.status,
        "priority": ticket.priority,
        "assignee": ticket.assignee.username if ticket.assignee else None,
    }


def _step(occasion: Occasion) -> dict[str, Any]:
    step = occasion.escalation
    milestone = step.milestone
    return {
        "metric": milestone.metric,
        "run": milestone.number,
        "promise": milestone.target.promise,
        "clause": milestone.target.clause,
        "mark": step.mark,
        "level": step.level,
        "due_at": instant(step.due_at),
        "fired_at": instant(step.fired_at),
    }


def _line(event: TicketEvent) -> dict[str, Any]:
    line = {
        "number": event.number,
        "kind": event.kind,
        "at": instant(event.at),
        "actor_kind": event.actor_kind,
        "actor": event.actor_display,
        "public": event.is_public,
        "fields": event.fields,
    }
    message = event.message
    said = message and {
        "author_kind": message.author_kind,
        "author": message.author_display,
        "body": "" if message.retracted_at else message.body[:LONGEST],
        "public": message.is_public,
    }
    return {"event": line, "message": said}
