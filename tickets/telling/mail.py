"""Letters as bytes: text and HTML, with headers that thread and that no robot answers. Made once, sent unchanged."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from plans.keeping import path_of
from tickets.models import Delivery
from tickets.showing.strip import Segment, Strip
from tickets.showing.wording import in_english, name_of, one_line
from tickets.telling.digests import is_of_one, write_digest
from tickets.telling.letters import Enclosure, Letter
from tickets.telling.notifications import mail_domain
from tickets.telling.occasions import Occasion
from tickets.telling.replying import mailbox_for, own_name, reply_address, thread_id
from tickets.telling.writers import write

# Our own name on all that we send: what comes back with it is not answered. Source: RFC 3834
OWN_HEADER = "X-Shouyue-Loop"
# An id that may go into a header as it is.
ID = re.compile(r"[!-;=?-~]{3,250}")
TEXT_WIDTH = 40
GLYPHS = {"used": "█", "left": "░", "gap": "·", "pause": "╱", "over": "▓"}
# Ink, paper, seal: the light theme's colours, spelt out because mail knows no variables.
INK, LINE, SLATE, SEAL = "#1f1d19", "#e3ddd0", "#77848f", "#b02a1a"
TONES = {"kept": "#2f8766", "running": INK, "at_risk": "#c58412", "breached": "#c4351f"}


@dataclass(frozen=True)
class Cell:
    """One table cell of a strip."""

    width: float
    colour: str
    height: int
    name: str


def render(delivery: Delivery, *, at: datetime) -> bytes:
    """Return the whole mail of one delivery as RFC 5322 bytes, with its subject kept on the row."""
    occasion = Occasion(delivery, at)
    with translation.override(delivery.language), timezone.override(occasion.zone):
        return _laid_out(occasion, write(occasion))


def render_digest(deliveries: Sequence[Delivery], *, at: datetime) -> bytes:
    """Return one mail that tells all of `deliveries`, under the id of the first."""
    occasions = [Occasion(delivery, at) for delivery in deliveries]
    with translation.override(deliveries[0].language), timezone.override(occasions[0].zone):
        return _laid_out(occasions[0], write_digest(occasions), is_of_many=not is_of_one(deliveries))


def _laid_out(occasion: Occasion, letter: Letter, *, is_of_many: bool = False) -> bytes:
    delivery = occasion.delivery
    delivery.subject = letter.subject[:400]
    message = EmailMessage(policy=SMTP)
    _address(message, occasion, is_of_many)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(occasion.at)
    message["Message-ID"] = delivery.message_id
    if not is_of_many:
        _hang_on(message, delivery)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message[OWN_HEADER] = own_name()
    message["List-Id"] = f"<tickets.{mail_domain()}>"
    language = "en" if in_english() else "zh-CN"
    context = {"letter": letter, "language": language, **_drawn(letter.strip)}
    # Base64 keeps every line short and 7 bit, so no server on the way has a reason to touch it.
    message.set_content(render_to_string("email/letter.txt", context), cte="base64")
    message.add_alternative(render_to_string("email/letter.html", context), subtype="html", cte="base64")
    if letter.calendar:
        _invite(message, letter.calendar)
    for enclosure in letter.enclosures:
        _enclose(message, enclosure)
    # Only now: new content takes away whatever was said about the old.
    message["Content-Language"] = language
    return message.as_bytes()


def _hang_on(message: EmailMessage, delivery: Delivery) -> None:
    """Say which mails this one goes back to, so that programs show them together."""
    earlier = [thread_id(delivery.ticket.number)] if delivery.ticket else []
    if delivery.contact_id or delivery.mail_id:
        earlier += _heard(delivery)
    if earlier:
        message["In-Reply-To"] = earlier[-1]
        message["References"] = " ".join(earlier)


def _heard(delivery: Delivery) -> list[str]:
    """Return the id of the last mail that the reader wrote about the matter, if they did."""
    heard = delivery.mail or (delivery.ticket and delivery.ticket.mails.order_by("-pk").first())
    return [f"<{heard.message_id}>"] if heard and ID.fullmatch(heard.message_id) else []


def _invite(message: EmailMessage, calendar: str) -> None:
    """Put an iCalendar into a mail: as a form of the letter that mail programs offer to answer, and as a file."""
    named = re.search(r"^METHOD:(\w+)", calendar, re.MULTILINE)
    method = named[1] if named else "PUBLISH"
    message.add_alternative(calendar, subtype="calendar", cte="base64", params={"method": method})
    message.add_attachment(calendar.encode(), maintype="application", subtype="ics", filename="invite.ics")


def _enclose(message: EmailMessage, enclosure: Enclosure) -> None:
    """Put a kept file into a mail."""
    kind, _slash, subtype = enclosure.content_type.partition("/")
    content = path_of(enclosure.digest).read_bytes()
    message.add_attachment(content, maintype=kind, subtype=subtype, filename=enclosure.name)


def _address(message: EmailMessage, occasion: Occasion, is_of_many: bool) -> None:
    message["From"] = _mailbox(settings.DEFAULT_FROM_EMAIL)
    message["Reply-To"] = _mailbox(settings.REPLY_TO) if is_of_many else _reply_to(occasion.delivery)
    name = one_line(name_of(occasion.reader))
    message["To"] = Address(name, addr_spec=ascii_address(occasion.delivery.address))


def _reply_to(delivery: Delivery) -> Address:
    """Return where an answer goes: a customer's to the mailbox that makes it part of the ticket."""
    box = mailbox_for(delivery.ticket) if delivery.ticket and delivery.contact_id else None
    if box is None or delivery.ticket is None:
        return _mailbox(settings.REPLY_TO)
    return Address(one_line(box.name), addr_spec=ascii_address(reply_address(delivery.ticket, box)))


def _mailbox(configured: str) -> Address:
    name, address = parseaddr(configured)
    return Address(one_line(name), addr_spec=ascii_address(address))


def ascii_address(address: str) -> str:
    """Return an address that any server takes: an international domain in its ASCII form."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else address


def _drawn(strip: Strip | None) -> dict[str, object]:
    if strip is None:
        return {"cells": (), "picture": "", "label": ""}
    cells = tuple(_cell(segment, strip) for segment in strip.segments)
    return {"cells": cells, "picture": picture(strip), "label": strip.label, "hours": strip.hours}


def _cell(segment: Segment, strip: Strip) -> Cell:
    width = max(round(segment.width, 1), 0.5)
    colours = {"used": TONES.get(strip.tone, INK), "left": "#c9c2b3", "gap": LINE, "pause": SLATE, "over": SEAL}
    return Cell(width, colours[segment.kind], 2 if segment.kind == "gap" else 14, segment.name)


def picture(strip: Strip) -> str:
    """Return a strip drawn with characters; every interval has at least one."""
    glyphs = (GLYPHS[part.kind] * max(1, round(part.width / 100 * TEXT_WIDTH)) for part in strip.segments)
    return "".join(glyphs)
