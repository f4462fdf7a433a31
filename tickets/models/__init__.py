"""Rows of the work: tickets and their ledger, what came in and what goes out."""

from tickets.models.mailbox import Attachment, Delivery, IdempotencyKey, InboundEvent
from tickets.models.ticket import Category, Channel, Message, Priority, Status, Ticket, TicketClock, TicketEvent

__all__ = [
    "Attachment",
    "Category",
    "Channel",
    "Delivery",
    "IdempotencyKey",
    "InboundEvent",
    "Message",
    "Priority",
    "Status",
    "Ticket",
    "TicketClock",
    "TicketEvent",
]
