"""Rows of the work: tickets and their ledger, what came in and what goes out."""

from tickets.models.alerts import Alert
from tickets.models.board import BoardEvent, Comment, Flag, Follow, Post, Revision, Vote
from tickets.models.calls import Call, CallBack, CallBackAttempt, CallEvent
from tickets.models.chat import CannedAnswer, Chat, ChatFile, ChatMessage, ChatSeat, Presence
from tickets.models.decisions import CoverageDecision
from tickets.models.endpoints import DeliveryTry, WebhookEndpoint
from tickets.models.forums import PostBack
from tickets.models.imports import ImportedTicket, ImportRun, ImportSource
from tickets.models.keeping import Clearing, Forgetting
from tickets.models.knowledge import (
    Article,
    ArticleFile,
    ArticleReading,
    ArticleVersion,
    Directory,
    Gap,
    LearningPath,
    LearningStep,
    Search,
    Topic,
)
from tickets.models.mail import Mail, Mailbox
from tickets.models.mailbox import Attachment, Bulletin, Delivery, IdempotencyKey, InboundEvent
from tickets.models.reports import ServiceReport
from tickets.models.side import SideTask
from tickets.models.sites import Site, UsedIdentity, Visitor
from tickets.models.ticket import Category, Channel, Message, Priority, Status, Ticket, TicketClock, TicketEvent

__all__ = [
    "Alert",
    "Article",
    "ArticleFile",
    "ArticleReading",
    "ArticleVersion",
    "Attachment",
    "BoardEvent",
    "Bulletin",
    "Call",
    "CallBack",
    "CallBackAttempt",
    "CallEvent",
    "CannedAnswer",
    "Category",
    "Channel",
    "Chat",
    "ChatFile",
    "ChatMessage",
    "ChatSeat",
    "Clearing",
    "Comment",
    "CoverageDecision",
    "Delivery",
    "DeliveryTry",
    "Directory",
    "Flag",
    "Follow",
    "Forgetting",
    "Gap",
    "IdempotencyKey",
    "ImportRun",
    "ImportSource",
    "ImportedTicket",
    "InboundEvent",
    "LearningPath",
    "LearningStep",
    "Mail",
    "Mailbox",
    "Message",
    "Post",
    "PostBack",
    "Presence",
    "Priority",
    "Revision",
    "Search",
    "ServiceReport",
    "SideTask",
    "Site",
    "Status",
    "Ticket",
    "TicketClock",
    "TicketEvent",
    "Topic",
    "UsedIdentity",
    "Visitor",
    "Vote",
    "WebhookEndpoint",
]
