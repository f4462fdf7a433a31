"""Rows of the work: tickets and their ledger, what came in and what goes out."""

from tickets.models.mailbox import Attachment, Bulletin, Delivery, IdempotencyKey, InboundEvent, WebhookEndpoint
from tickets.models.reports import ServiceReport
from tickets.models.side import SideTask
from tickets.models.ticket import Category, Channel, Message, Priority, Status, Ticket, TicketClock, TicketEvent

__all__ = [
    "Attachment",
    "Bulletin",
    "Category",
    "Channel",
    "Delivery",
    "IdempotencyKey",
    "InboundEvent",
    "Message",
    "Priority",
    "ServiceReport",
    "SideTask",
    "Status",
    "Ticket",
    "TicketClock",
    "TicketEvent",
    "WebhookEndpoint",
]
