"""Who has the chat open: let in with a token of their own, once for each signed identity."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from plans.keys import hashed
from plans.models import Contact
from plans.models.people import Language
from sla.refusals import ActionRefusedError
from tickets.models import Site, UsedIdentity, Visitor

PREFIX = "syv_"
# In a page of ours that is made anew each time, by a host's word, and for somebody whom only this token knows.
IN_PORTAL, KNOWN, UNKNOWN = timedelta(hours=12), timedelta(days=7), timedelta(days=30)
USED_ONCE = "identity_used_once"
USED = gettext_lazy("这个身份令牌已经用过，请让产品页面重新签发。")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who opens the chat: where, who they are if we know, and what they read."""

    site: Site | None
    contact: Contact | None = None
    language: str = Language.CHINESE
    name: str = ""


@dataclass(frozen=True, slots=True)
class Once:
    """A signed identity that is presented now: by its id, and until when it would hold."""

    token_id: str
    expires_at: datetime


@transaction.atomic
def let_in(*, arrival: Arrival, at: datetime, once: Once | None = None) -> tuple[Visitor, str]:
    """Return a new visitor and the token that their browser keeps: it is told this once.

    Raises ActionRefusedError for an identity that was presented before.
    """
    if once and arrival.site:
        _use_up(arrival.site, once, at)
    if arrival.contact:
        _clear(arrival, at)
    token = PREFIX + secrets.token_urlsafe(32)
    visitor = Visitor.objects.create(
        site=arrival.site, contact=arrival.contact, name=arrival.name[:80], language=arrival.language,
        token_hash=hashed(token), seen_at=at, expires_at=at + _lasts(arrival),
    )  # fmt: skip
    return visitor, token


def _lasts(arrival: Arrival) -> timedelta:
    if arrival.site is None:
        return IN_PORTAL
    return KNOWN if arrival.contact else UNKNOWN


def _use_up(site: Site, once: Once, at: datetime) -> None:
    UsedIdentity.objects.filter(site=site, expires_at__lte=at).delete()
    try:
        with transaction.atomic():
            UsedIdentity.objects.create(site=site, token_id=once.token_id, expires_at=once.expires_at)
    except IntegrityError as error:
        if USED_ONCE not in str(error):
            raise
        raise ActionRefusedError("identity_used", str(USED)) from error


def _clear(arrival: Arrival, at: datetime) -> None:
    """Forget this person's tokens that are over: what they said stays with the contact."""
    Visitor.objects.filter(contact=arrival.contact, site=arrival.site, expires_at__lte=at).delete()


def note_seen(*, visitor: Visitor, at: datetime) -> None:
    """Note that somebody has the chat open."""
    Visitor.objects.filter(pk=visitor.pk).update(seen_at=at)
