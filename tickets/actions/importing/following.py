"""What another system calls a ticket otherwise by now: subject, priority, category and product follow it."""

from datetime import datetime
from typing import Any

from plans.coverage import cover
from sla.actors import SYSTEM
from sla.models import Policy
from tickets.actions.deciding import keep
from tickets.actions.importing.understanding import Understood
from tickets.ledger import Entry, policy_over, record, replan
from tickets.models import ImportedTicket, ImportSource, Ticket, TicketEvent

FOLLOWED = ("subject", "priority", "category", "product")


def follow_names(ticket: Ticket, one: Understood, source: str, at: datetime) -> bool:
    """Call a ticket what its source calls it by now, and tell whether that was anything new. Call inside atomic.

    An open ticket's clock goes under the terms of what it is now; what is settled stays judged as it was.
    """
    wanted = _wanted(ticket, one)
    changes = {name: _told(getattr(ticket, name), new) for name, new in wanted.items() if getattr(ticket, name) != new}
    if not changes:
        return False
    for name, new in wanted.items():
        setattr(ticket, name, new)
    ticket.save(update_fields=FOLLOWED)
    why = f"{ImportSource(source).label} #{one.past.number or one.past.id}"
    entry = Entry(TicketEvent.Kind.RECLASSIFIED, SYSTEM, at, fields={"changed": changes, "reason": why})
    if ticket.is_ended:
        record(ticket, entry)
    else:
        replan(ticket, entry, _policy(ticket, one, at))
    return True


def stands_otherwise(row: ImportedTicket, one: Understood) -> bool:
    """Tell whether a ticket that nobody here has touched would stand otherwise: another mapping may say so."""
    ticket = row.ticket
    is_called = all(getattr(ticket, name) == new for name, new in _wanted(ticket, one).items())
    return ticket.event_count == row.line and not (is_called and ticket.status == one.status)


def _wanted(ticket: Ticket, one: Understood) -> dict[str, Any]:
    """Return what a ticket is called by its source and the mapping."""
    wanted: dict[str, Any] = {"subject": one.past.subject or ticket.subject}
    wanted |= {"priority": one.priority, "category": one.category}
    return wanted | ({"product": one.product} if one.product else {})


def _policy(ticket: Ticket, one: Understood, at: datetime) -> Policy | None:
    """Return what times a ticket as it is called now: nothing where nothing did, as before where the plan says no."""
    under = policy_over(ticket)
    if under is None:
        return None
    decision = cover(
        one.contact, ticket.contract, None, ticket.product, "", one.category, ticket.channel, at, priority=one.priority
    )
    if not decision.is_open or decision.contract is None:
        return under
    keep(ticket, decision, decision.contract)
    return decision.policy


def _told(old: Any, new: Any) -> dict[str, str]:
    """Return from what to what, as the ledger keeps it."""
    told = {"from": getattr(old, "code", old) or "", "to": getattr(new, "code", new) or ""}
    for side, one in (("from", old), ("to", new)):
        if hasattr(one, "name_en"):
            told |= {f"{side}_name": one.name, f"{side}_name_en": one.name_en}
    return told
