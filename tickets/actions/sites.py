"""Writes of the sites that embed the chat: added, changed, given a new secret while the old one still counts."""

import re
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models.sealed import opened
from sla.refusals import ActionRefusedError
from tickets.models import Site

ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[1-9]\d{0,4})?", re.ASCII)
KEPT = ("name", "name_en", "vendor", "product", "channel", "origins", "allows_anonymous", "is_active")


def new_secret() -> str:
    """Return 256 random bits, as a host keeps them."""
    return secrets.token_urlsafe(32)


@transaction.atomic
def add_site(*, row: Site) -> Site:
    """Add a site with a secret of its own, to be shown once. Raises ActionRefusedError for an origin that is none."""
    _check(row)
    row.secret = new_secret()
    row.save(force_insert=True)
    return row


@transaction.atomic
def change_site(*, row: Site) -> Site:
    """Keep what a site is; its code stands in other people's pages and stays, its secret is renewed on its own."""
    _check(row)
    row.save(update_fields=KEPT)
    return row


@transaction.atomic
def renew_secret(*, site: Site) -> Site:
    """Give a site a new secret, to be shown once; what the old one signed is taken until that is ended."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    site.previous_secret, site.secret = opened(site, "secret") or "", new_secret()
    site.save(update_fields=["secret", "previous_secret"])
    return site


@transaction.atomic
def end_previous_secret(*, site: Site) -> None:
    """Take nothing any more that the secret before signed: the host has changed over."""
    Site.objects.filter(pk=site.pk).update(previous_secret="")


def _check(row: Site) -> None:
    """Refuse an origin that no browser would ever name: it must be scheme, host and port, in small letters."""
    for origin in row.origins:
        if not isinstance(origin, str) or not ORIGIN.fullmatch(origin):
            raise ActionRefusedError(
                "bad_origin",
                _("“%(origin)s”不是来源，写成 https://erp.example 这样：没有路径和末尾的斜杠，都用小写。")
                % {"origin": str(origin)[:80]},
            )
