"""Invitations say the same instants in every zone, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from icalendar import Calendar

from plans.engagements.invitations import CANCEL, REQUEST, Guest, Meeting, calendar_of, invitation

ZONES = ("Asia/Shanghai", "Asia/Kuala_Lumpur", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
AT = datetime(2026, 3, 2, tzinfo=UTC)


def meeting(start: datetime, minutes: int = 60, zone: str = "Asia/Shanghai", **more) -> Meeting:
    return Meeting("E-2026-000001", 3, start, start + timedelta(minutes=minutes), zone, "培训：月结", **more)


@settings(max_examples=60, deadline=None)
@given(
    minute=some.integers(0, 60 * 24 * 365 * 3), minutes=some.integers(1, 60 * 24 * 31), zone=some.sampled_from(ZONES)
)
def test_an_invitation_means_the_instants_it_was_made_of(minute: int, minutes: int, zone: str):
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    [event] = Calendar.from_ical(invitation(meeting(start, minutes, zone), method=REQUEST, at=AT)).walk("VEVENT")
    assert event.decoded("DTSTART").astimezone(UTC) == start
    assert event.decoded("DTEND").astimezone(UTC) == start + timedelta(minutes=minutes)


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_is_told_apart(hour: int):
    start = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)  # 02:30 in Berlin, both times
    text = invitation(meeting(start, 60, "Europe/Berlin"), method=REQUEST, at=AT)
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert event.decoded("DTSTART").astimezone(UTC) == start


def test_a_cancellation_says_so_with_the_same_id():
    asked = Calendar.from_ical(invitation(meeting(AT), method=REQUEST, at=AT))
    gone = Calendar.from_ical(invitation(meeting(AT), method=CANCEL, at=AT))
    first, last = (next(iter(one.walk("VEVENT"))) for one in (asked, gone))
    assert (asked["METHOD"], gone["METHOD"]) == ("REQUEST", "CANCEL")
    assert first["UID"] == last["UID"]
    assert (first["STATUS"], last["STATUS"], last["SEQUENCE"]) == ("CONFIRMED", "CANCELLED", 3)


def test_names_with_marks_of_the_format_stay_whole():
    guest = Guest('Ann "Lee"; née, Wang:\r\nX', "ann@partner.example")
    made = meeting(AT, place="3 楼; A, B\nC", text="一，二；三\n四", guests=(guest,))
    [event] = Calendar.from_ical(invitation(made, method=REQUEST, at=AT)).walk("VEVENT")
    assert event["LOCATION"] == "3 楼; A, B\nC"
    assert event["DESCRIPTION"] == "一，二；三\n四"
    assert event["ATTENDEE"] == "mailto:ann@partner.example"
    assert not [name for name in event if name.startswith("X")]


def test_many_meetings_are_one_calendar_with_each_zone_once():
    made = [meeting(AT + timedelta(days=n), zone=zone) for n, zone in enumerate(("Europe/Berlin", "Asia/Shanghai") * 3)]
    found = Calendar.from_ical(calendar_of(made, method="PUBLISH", at=AT, name="我交付的服务"))
    assert len(list(found.walk("VEVENT"))) == 6
    assert sorted(zone["TZID"] for zone in found.walk("VTIMEZONE")) == ["Asia/Shanghai", "Europe/Berlin"]


def test_no_meetings_are_a_calendar_all_the_same():
    assert list(Calendar.from_ical(calendar_of([], method="PUBLISH", at=AT)).walk("VEVENT")) == []
