"""Write a line into a conversation in one statement, where nobody but who has it open must hear of it."""

import json
from contextlib import nullcontext
from datetime import datetime
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction

from plans.models import User
from tickets.actions.chat.lines import Author, Kind, Line, Speaker, State, tell_said
from tickets.models import Chat, ChatMessage, Visitor

SENT_ONCE = "chat_message_sent_once"
# A customer who waits for or speaks with a person: no bot answers, and there is no ledger yet.
CUSTOMER = """
    SET message_count = message_count + 1, customer_at = %(at)s, customer_read = message_count + 1
    WHERE id = %(chat)s AND ticket_id IS NULL
    AND (state = %(active)s OR state = %(waiting)s AND (people_back_at IS NULL OR people_back_at <= %(at)s))
    AND (contact_id = %(contact)s OR contact_id IS NULL AND visitor_id = %(visitor)s)
"""
# Who leads it and has spoken before: their first words stop a clock.
AGENT = """
    SET message_count = message_count + 1, agent_at = %(at)s, agent_read = message_count + 1
    WHERE id = %(chat)s AND ticket_id IS NULL AND state = %(active)s
    AND assignee_id = %(user)s AND agent_at IS NOT NULL
"""
INSERT = """
    INSERT INTO {messages} (
        chat_id, number, kind, author_kind, author_id, author_display, body, is_whisper, client_id, fields, at
    )
    SELECT id, message_count, %(kind)s, %(author_kind)s, %(user)s, %(display)s, %(body)s, false, %(client_id)s,
        %(fields)s::jsonb, %(at)s
    FROM chat RETURNING id, number
"""


def say_plainly(*, chat: Chat, speaker: Speaker, line: Line, at: datetime) -> ChatMessage | None:
    """Say something by one statement and return the message; None, and nothing is written, where more is to be done.

    The conversation's number and the line are written or refused together: no number is left out.
    """
    if line.is_whisper or line.kind != Kind.TEXT or not _may(speaker):
        return None
    try:
        # A transaction of its own is needed only inside another, which must outlive a refusal.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            written = _written(chat, speaker, line, at)
    except IntegrityError as error:
        if SENT_ONCE not in str(error):
            raise
        return None
    if written is None:
        return None
    message = ChatMessage(
        pk=written[0], chat=chat, number=written[1], kind=line.kind, author_kind=line.author_kind, author=line.author,
        author_display=line.display[:120], body=line.body, client_id=line.client_id, fields=dict(line.fields), at=at,
    )  # fmt: skip
    message._state.adding = False
    tell_said(message)
    return message


def _may(speaker: Speaker) -> bool:
    return isinstance(speaker, Visitor) or (speaker.is_agent and speaker.is_active)


def _written(chat: Chat, speaker: Speaker, line: Line, at: datetime) -> tuple[int, int] | None:
    is_customer = line.author_kind == Author.CUSTOMER
    given: dict[str, Any] = {
        "at": at, "chat": chat.pk, "waiting": State.WAITING.value, "active": State.ACTIVE.value,
        "kind": line.kind.value, "author_kind": line.author_kind.value, "display": line.display[:120],
        "body": line.body, "client_id": line.client_id, "fields": json.dumps(dict(line.fields)),
        "user": speaker.pk if isinstance(speaker, User) else None,
        "contact": speaker.contact_id if isinstance(speaker, Visitor) else None,
        "visitor": speaker.pk if isinstance(speaker, Visitor) else None,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_statement(CUSTOMER if is_customer else AGENT), given)
        row: tuple[int, int] | None = cursor.fetchone()
        return row


@cache
def _statement(change: str) -> str:
    chats, messages = Chat._meta.db_table, ChatMessage._meta.db_table
    return f"WITH chat AS (UPDATE {chats} {change} RETURNING id, message_count) {INSERT.format(messages=messages)}"
