"""What people looked for, and whether they still had to ask us: how deflection is measured. Source: Y01"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from plans.models import Contact
from tickets.knowledge.finding import Found, asked
from tickets.models import Ticket
from tickets.models.knowledge import Article, Search

# What is typed on within this is one search, not one for each letter.
TYPING = timedelta(minutes=2)
# A ticket within this after a search is what the search could not answer.
ON_THE_WAY = timedelta(minutes=30)


@transaction.atomic
def note_search(
    *, contact: Contact | None, words: str, place: str, found: Sequence[Found], vendor: str, at: datetime
) -> Search:
    """Keep what somebody looked for; words that only go on are the same search."""
    words = asked(words)
    said = {"words": words, "found": len(found), "at": at, "vendor": vendor}
    before = _typed_on(contact, words, place, at)
    if before is None:
        return Search.objects.create(contact=contact, place=place, **said)
    Search.objects.filter(pk=before.pk).update(**said)
    return before


def _typed_on(contact: Contact | None, words: str, place: str, at: datetime) -> Search | None:
    if contact is None:
        return None
    last = contact.searches.select_for_update().filter(place=place, at__gte=at - TYPING).order_by("-pk").first()
    is_same = last and (words.startswith(last.words) or last.words.startswith(words))
    return last if is_same and last and not (last.opened_id or last.solved_at or last.ticket_id) else None


def note_opened(*, search: Search, article: Article) -> None:
    """Keep what was opened first from a search's list."""
    Search.objects.filter(pk=search.pk, opened=None).update(opened=article)


def note_solved(*, search: Search, article: Article | None, at: datetime) -> None:
    """Keep that a search answered somebody: a ticket less."""
    rows = Search.objects.filter(pk=search.pk)
    rows.filter(solved_at=None, ticket=None).update(solved_at=at)
    if article:
        rows.filter(opened=None).update(opened=article)


def note_asked(*, ticket: Ticket, at: datetime) -> int:
    """Keep that somebody who had looked for an answer asked us after all; return how many searches that were."""
    lately = ticket.contact.searches.filter(at__gte=at - ON_THE_WAY, ticket=None, solved_at=None)
    return lately.update(ticket=ticket)
