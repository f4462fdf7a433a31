"""What letters say about a contract: one file a subject, each with the writers of its kinds of news."""

from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from tickets.showing.wording import name_of, one_line
from tickets.telling.account_letters import (
    board,
    deliverables,
    engagements,
    obligations,
    quotas,
    reports,
    terms,
    updates,
)
from tickets.telling.account_letters.news import Writer
from tickets.telling.account_roles import guest_at
from tickets.telling.letters import Letter
from tickets.telling.occasions import Occasion

# A new subject is a file beside this one with its WRITERS, and a line here.
WRITERS: dict[str, Writer] = {
    **board.WRITERS,
    **deliverables.WRITERS,
    **engagements.WRITERS,
    **obligations.WRITERS,
    **quotas.WRITERS,
    **reports.WRITERS,
    **terms.WRITERS,
    **updates.WRITERS,
}


def write(occasion: Occasion) -> Letter:
    """Return the letter that tells a piece of news about a contract; what all such letters have is put around it."""
    notice = occasion.delivery.account_notice
    reader = occasion.reader or (guest_at(notice, occasion.delivery.address) if notice else None)
    if notice is None or reader is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} has no news, or nobody to read it.")
    letter = WRITERS[notice.kind](notice, reader)
    is_customer = occasion.delivery.user_id is None
    name = {"name": name_of(reader)}
    return replace(
        letter,
        subject=one_line(letter.subject),
        greeting=letter.greeting or (_("%(name)s，您好：") if is_customer else _("%(name)s：")) % name,
        link=f"{settings.PUBLIC_URL}{letter.link}" if letter.link.startswith("/") else letter.link,
        closing=letter.closing or _("这封信由系统发出，直接回复没有人看到。"),
    )
