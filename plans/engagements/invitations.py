"""Engagements as iCalendar: invitations that mail programs can answer, their changes, and calendars to subscribe to.

Source: RFC 5545, RFC 5546.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from plans.accounts import zone_named

if TYPE_CHECKING:
    from icalendar import Event, vCalAddress

# Loaded by the first invitation: every worker would carry its megabytes, and hardly any writes one.
icalendar: Any = SimpleLazyObject(lambda: import_module("icalendar"))

PRODUCT = "-//Shouyue//Engagements//EN"
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is invited."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """One time that people meet, as a calendar has it; `sequence` rises with each change."""

    number: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    timezone: str
    title: str
    text: str = ""
    place: str = ""
    url: str = ""
    guests: Sequence[Guest] = ()


def invitation(meeting: Meeting, *, method: str, at: datetime) -> str:
    """Return an invitation, its change (the same with a higher sequence) or its cancellation as iCalendar text.

    Times stand in the meeting's own zone, with that zone's rules, so that a change of the clocks keeps the wall time.
    """
    return calendar_of([meeting], method=method, at=at)


def calendar_of(meetings: Iterable[Meeting], *, method: str, at: datetime, name: str = "") -> str:
    """Return meetings as one iCalendar; `at` is when it was made."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
    for meeting in meetings:
        calendar.add_component(_event(meeting, method, at))
    calendar.add_missing_timezones()
    return calendar.to_ical().decode()


def _event(meeting: Meeting, method: str, at: datetime) -> "Event":
    event, zone = icalendar.Event(), zone_named(meeting.timezone)
    event.add("uid", uid_of(meeting.number))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", at)
    event.add("dtstart", _wall(meeting.starts_at, zone))
    event.add("dtend", _wall(meeting.ends_at, zone))
    event.add("summary", meeting.title)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    for name, said in (("description", meeting.text), ("location", meeting.place), ("url", meeting.url)):
        if said:
            event.add(name, said)
    event["organizer"] = _organiser()
    for guest in meeting.guests:
        event.add("attendee", _guest(guest), encode=False)
    return event


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant on a zone's wall clock; in UTC where the clock shows that time a second time.

    iCalendar means the first of the two, and cannot say the other.
    """
    local = at.astimezone(zone)
    return at.astimezone(UTC) if local.fold else local


def uid_of(number: str) -> str:
    """Return the id by which every calendar knows a meeting again."""
    return f"{number}@{_sender().rpartition('@')[2] or 'localhost'}"


def _sender() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _organiser() -> "vCalAddress":
    name, _address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organiser = icalendar.vCalAddress(f"mailto:{parseaddr(settings.REPLY_TO)[1] or _sender()}")
    organiser.params["CN"] = icalendar.vText(gettext(name) if name else "Shouyue")
    return organiser


def _guest(guest: Guest) -> "vCalAddress":
    attendee = icalendar.vCalAddress(f"mailto:{guest.email}")
    attendee.params["CN"] = icalendar.vText(guest.name)
    attendee.params["ROLE"] = icalendar.vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = icalendar.vText("ACCEPTED")
    return attendee
