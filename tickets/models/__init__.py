"""Rows of the work: tickets and their ledger, what came in and what goes out."""

from tickets.models.decisions import CoverageDecision
from tickets.models.knowledge import (
    Article,
    ArticleFile,
    ArticleReading,
    ArticleVersion,
    Directory,
    LearningPath,
    LearningStep,
    Search,
    Topic,
)
from tickets.models.mailbox import Attachment, Bulletin, Delivery, IdempotencyKey, InboundEvent, WebhookEndpoint
from tickets.models.reports import ServiceReport
from tickets.models.side import SideTask
from tickets.models.ticket import Category, Channel, Message, Priority, Status, Ticket, TicketClock, TicketEvent

__all__ = [
    "Article",
    "ArticleFile",
    "ArticleReading",
    "ArticleVersion",
    "Attachment",
    "Bulletin",
    "Category",
    "Channel",
    "CoverageDecision",
    "Delivery",
    "Directory",
    "IdempotencyKey",
    "InboundEvent",
    "LearningPath",
    "LearningStep",
    "Message",
    "Priority",
    "Search",
    "ServiceReport",
    "SideTask",
    "Status",
    "Ticket",
    "TicketClock",
    "TicketEvent",
    "Topic",
    "WebhookEndpoint",
]
