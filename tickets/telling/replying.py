"""How an answer finds its ticket: a mark that only we can make, in what our letters are called and are answered to."""

import re
from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from tickets.models import Mailbox, Ticket
from tickets.telling.notifications import mail_domain

SALT, LONG = "tickets.telling.replying", 24
NUMBER = re.compile(r"T-\d{4}-\d{6,9}", re.IGNORECASE)
# In an address after the plus, and before the @ of a message id: "t-2026-000012.<mark>".
MARKED = re.compile(rf"(t-\d{{4}}-\d{{6,9}})\.(?:thread\.)?([0-9a-f]{{{LONG}}})(?![0-9a-f])", re.IGNORECASE)


def mark_of(number: str) -> str:
    """Return the mark of a ticket: who has it has had a letter about the ticket."""
    return salted_hmac(SALT, number.upper(), algorithm="sha256").hexdigest()[:LONG]


def thread_id(number: str) -> str:
    """Return the message id under which all letters about a ticket hang together."""
    return f"<{number}.thread.{mark_of(number)}@{mail_domain()}>"


def marked_number(texts: Iterable[str]) -> str:
    """Return the number of the first ticket that one of these ids or addresses bears the right mark of, or nothing."""
    for text in texts:
        for found in MARKED.finditer(text[:400]):
            if constant_time_compare(mark_of(found[1]), found[2].lower()):
                return found[1].upper()
    return ""


def number_in(subject: str) -> str:
    """Return the number of the ticket that a subject names; nothing where it names none, or several."""
    found = {number.upper() for number in NUMBER.findall(subject)}
    return found.pop() if len(found) == 1 else ""


def mailbox_for(ticket: Ticket) -> Mailbox | None:
    """Return the mailbox that answers about a ticket come by: its product's, else its vendor's; None where none is."""
    boxes = Mailbox.objects.filter(is_active=True, vendor=ticket.contract.plan.vendor).order_by("pk")
    found = list(boxes)
    named = (box for box in found if box.product_id and box.product_id == ticket.product_id)
    return next(named, None) or next((box for box in found if box.product_id is None), None)


def reply_address(ticket: Ticket, mailbox: Mailbox) -> str:
    """Return the address to answer to; with the mark in it where the mailbox takes what stands after a plus."""
    if not mailbox.takes_plus:
        return mailbox.address
    local, _at, domain = mailbox.address.rpartition("@")
    return f"{local}+{ticket.number.lower()}.{mark_of(ticket.number)}@{domain}"


def own_name() -> str:
    """Return how this installation names itself in what it sends, to know it again when it comes back."""
    return salted_hmac(SALT, settings.PUBLIC_URL, algorithm="sha256").hexdigest()[:LONG]
