"""When the demo's tickets happened, whatever day it is set up on."""

from datetime import datetime, timedelta

import pytest

from sla.calendar import Calendar
from tests.hours import EIGHT_HOURS, TWELVE_HOURS, WEEKDAYS, beijing, calendar
from tickets.demo import script
from tickets.demo.script import Opened, span
from tickets.demo.timetable import OUTSIDERS, Scene, is_open_day, opening, scenes

WORKDAYS = calendar(EIGHT_HOURS, closed_dates=[f"2026-10-0{day}" for day in range(1, 9)])
EVERY_DAY = calendar(TWELVE_HOURS, WEEKDAYS)
# Working days, a weekend, a long holiday, the small hours, the end of a year.
STARTS = [
    "2026-11-25 15:00", "2026-11-22 11:10", "2026-10-03 03:00", "2026-10-12 08:31", "2027-01-01 00:05",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5m", timedelta(minutes=5)),
        ("1h40m", timedelta(hours=1, minutes=40)),
        ("2d45m", timedelta(days=2, minutes=45)),
        ("26h", timedelta(hours=26)),
    ],
)
def test_lengths_of_time_are_read(text: str, length: timedelta) -> None:
    assert span(text) == length


@pytest.mark.parametrize("text", ["", "5", "5 m", "m5", "1m2h"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="length"):
        span(text)


@pytest.mark.parametrize(
    ("days", "day"),
    [
        (10, "2026-11-13"),  # a working day stays
        (9, "2026-11-13"),  # Saturday, too fresh to move forward
        (22, "2026-11-02"),  # Sunday, to the Monday nearer than the Friday
        (23, "2026-10-30"),  # Saturday, to the Friday
        (52, "2026-09-30"),  # the second of October, two days back
        (47, "2026-10-09"),  # the seventh of October, two days on
    ],
)
def test_an_opening_on_a_closed_day_moves_to_the_nearest_open_one(days: int, day: str) -> None:
    at = opening(Opened(days=days, time="09:20"), calendar=WORKDAYS, now=beijing("2026-11-23 12:00"))
    assert at == beijing(f"{day} 09:20")


def laid_out(now: datetime) -> list[list[Scene]]:
    """Return the scenes of all stories; who serves the customer decides which days are worked."""
    return [scenes(story, calendar=working_days(story.contract), now=now) for story in script.stories()]


def working_days(contract: str) -> Calendar:
    return WORKDAYS if contract >= "C-2026-009" or contract == "C-2025-037" else EVERY_DAY


@pytest.mark.parametrize("start", STARTS)
def test_every_story_has_been_told_whenever_the_demo_is_set_up(start: str) -> None:
    now = beijing(start)
    for told in laid_out(now):
        story = told[0].story
        assert len(told) == len(story.turns) + 1, story.id
        assert [scene.at for scene in told] == sorted(scene.at for scene in told)
        assert now - timedelta(days=95) < told[0].at
        assert told[-1].at < now


@pytest.mark.parametrize("start", STARTS)
def test_every_ticket_is_opened_within_its_contract(start: str) -> None:
    now = beijing(start)
    terms = {one["number"]: one for customer in script.customers() for one in customer["contracts"]}
    for told in laid_out(now):
        term, days = terms[told[0].story.contract], (told[0].at.date() - now.date()).days
        assert term["starts_days"] <= days < term["starts_days"] + 365 * term["years"], told[0].story.id


@pytest.mark.parametrize("start", STARTS)
def test_our_people_act_on_working_days(start: str) -> None:
    for told in laid_out(beijing(start)):
        for scene in told:
            if scene.story.opened.days and (scene.turn is None or scene.turn.do not in OUTSIDERS):
                assert is_open_day(scene.at, working_days(scene.story.contract)), scene.story.id


@pytest.mark.parametrize("start", STARTS)
def test_a_ticket_is_merged_into_one_that_is_there_and_not_over(start: str) -> None:
    told = {one[0].story.id: one for one in laid_out(beijing(start))}
    merged = [scene for one in told.values() for scene in one if scene.turn and scene.turn.do == "merge"]
    assert len(merged) >= 5
    for scene in merged:
        assert scene.turn
        parent = told[scene.turn.fields["into"]]
        ends = [one.at for one in parent if one.turn and one.turn.do in ("resolve", "close")]
        assert parent[0].at < scene.at < min(ends, default=scene.at + timedelta(1))
