"""Who a token belongs to and whether a conversation is theirs, by one query that is compiled once."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from plans.keys import hashed
from sla.clock import DatabaseNow
from sla.prepared import Prepared, prepare
from tickets.models import Chat, Visitor

PLAIN = Q(ticket=None, state__in=(Chat.State.WAITING, Chat.State.ACTIVE))


@dataclass(frozen=True, slots=True)
class Known:
    """A visitor whose token holds, with the name they go by, one of their conversations, and when they asked."""

    visitor: Visitor
    name: str
    chat: Chat
    origins: frozenset[str]
    at: datetime


def known(token: str, code: str) -> Known | None:
    """Return who presents a token, about a conversation of theirs by its code; None where either does not hold.

    None also where a word does more than stand there: with the bot, in a ticket's ledger, or after the end.
    """
    found: list[Any] = _by_token().rows(token=hashed(token), code=code)
    if not found:
        return None
    (row,) = found
    name = row.contact_name if row.contact_id else row.name
    origins = frozenset(json.loads(row.origins) if row.origins else ())
    return Known(row, name, Chat(pk=row.chat), origins, row.asked_at.astimezone(UTC))


def may_still(visitor: int, chat: int) -> bool:
    """Tell whether a visitor may read a conversation, by their id and its id."""
    return bool(_by_ids().rows(visitor=visitor, chat=chat))


@cache
def _by_token() -> Prepared[Visitor]:
    return prepare(
        lambda token, code: _valid(token_hash=token).annotate(
            chat=Subquery(_theirs().filter(PLAIN, code=code).values("pk")[:1]), contact_name=F("contact__name"),
            origins=F("site__origins"), asked_at=DatabaseNow(),
        ).filter(chat__isnull=False),
        token=str, code=str,
    )  # fmt: skip


@cache
def _by_ids() -> Prepared[Visitor]:
    return prepare(
        lambda visitor, chat: _valid(pk=visitor).filter(Exists(_theirs().filter(pk=chat))), visitor=int, chat=int
    )


def _valid(**who: Any) -> Any:
    return Visitor.objects.valid(DatabaseNow()).filter(**who).order_by()  # type: ignore[arg-type]


def _theirs() -> Any:
    """Return the conversations of the visitor around this query: on a site, those about its vendor."""
    whose = Q(contact=OuterRef("contact")) | Q(contact=None, visitor=OuterRef("pk"), visitor__contact=None)
    return Chat.objects.filter(whose, vendor=Coalesce(OuterRef("site__vendor"), F("vendor"))).order_by()
