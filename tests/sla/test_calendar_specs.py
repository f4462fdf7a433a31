"""How a calendar is written, and what is refused."""

from typing import Any

import pytest

from sla.calendar import Calendar, CalendarError
from tests.hours import EIGHT_HOURS, beijing, calendar, published, spec

MONDAY = "2026-03-02"


def _monday(*intervals: Any) -> dict[str, Any]:
    return {"timezone": "Asia/Shanghai", "weekly": {"mon": list(intervals)}}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ([], "wrong_type"),
        (None, "wrong_type"),
        ({}, "missing_key"),
        ({"timezone": "Asia/Shanghai"}, "missing_key"),
        (spec(zone="Asia/Peking"), "unknown_timezone"),
        (spec(zone="Asia"), "unknown_timezone"),
        (spec(zone="../../etc/passwd"), "unknown_timezone"),
        (spec(zone=""), "unknown_timezone"),
        (spec(zone="\x00"), "unknown_timezone"),
        (spec(zone="\ud800"), "unknown_timezone"),
        (spec(zone=8), "unknown_timezone"),
        ({"timezone": "UTC", "weekly": []}, "wrong_type"),
        (spec(days=("monday",)), "unknown_weekday"),
        (_monday(["12:00", "08:30"]), "end_before_start"),
        (_monday(["12:00", "12:00"]), "end_before_start"),
        (_monday(["22:00", "06:00"]), "end_before_start"),
        (_monday(["24:00", "24:00"]), "end_before_start"),
        (_monday(["08:30", "12:00"], ["11:59:59", "14:00"]), "overlap"),
        (_monday(["08:30", "12:00"], ["08:30", "12:00"]), "overlap"),
        (_monday(["08:30", "24:01"]), "past_midnight"),
        (_monday(["08:30", "25:00"]), "past_midnight"),
        (_monday(["8:30", "12:00"]), "bad_time"),
        (_monday(["08:30", "12:60"]), "bad_time"),
        (_monday(["08:30", "12:00:00.5"]), "bad_time"),
        (_monday(["08:30", 12]), "bad_time"),
        (_monday(["٠٨:٣٠", "12:00"]), "bad_time"),
        (_monday(["08:30"]), "wrong_type"),
        (_monday("08:30-12:00"), "wrong_type"),
        ({"timezone": "UTC", "weekly": {"mon": "08:30"}}, "wrong_type"),
        (spec(closed_dates=["2026-02-29"]), "bad_date"),
        (spec(closed_dates=["20260228"]), "bad_date"),
        (spec(closed_dates=[20260228]), "bad_date"),
        (spec(closed_dates="2026-02-28"), "wrong_type"),
        (spec(extra_open_dates=[{"date": MONDAY}]), "missing_key"),
        (spec(extra_open_dates=[{"date": MONDAY, "as": "monday"}]), "unknown_weekday"),
        (spec(extra_open_dates=[MONDAY]), "wrong_type"),
        (spec(extra_open_dates=[{"date": MONDAY, "as": day} for day in ("mon", "tue")]), "conflicting_dates"),
        (spec(overrides=[{"date": MONDAY}]), "missing_key"),
        (spec(overrides=[{"date": MONDAY, "intervals": [["09:00", "08:00"]]}]), "end_before_start"),
        (
            spec(overrides=[{"date": MONDAY, "intervals": hours} for hours in ([], [["09:00", "10:00"]])]),
            "conflicting_dates",
        ),
        (spec(working_day_seconds=0), "bad_working_day_seconds"),
        (spec(working_day_seconds=-28800), "bad_working_day_seconds"),
        (spec(working_day_seconds="28800"), "bad_working_day_seconds"),
        (spec(working_day_seconds=True), "bad_working_day_seconds"),
        (spec(working_day_seconds=float("nan")), "bad_working_day_seconds"),
        (spec(working_day_seconds=0.0000001), "bad_working_day_seconds"),
    ],
    ids=repr,
)
def test_what_cannot_be_understood_is_refused_by_code(written: Any, code: str) -> None:
    with pytest.raises(CalendarError) as refusal:
        Calendar.from_spec(written)
    assert refusal.value.code == code
    assert refusal.value.detail.endswith(".")


def test_openings_that_touch_are_one_and_order_does_not_matter() -> None:
    shuffled = calendar((("12:00", "13:00"), ("13:00", "17:30:30"), ("08:30", "12:00")))
    (opening,) = shuffled.openings(beijing("2026-03-02 00:00"), beijing("2026-03-03 00:00"))
    assert (opening.start, opening.end) == (beijing("2026-03-02 08:30"), beijing("2026-03-02 17:30:30"))


def test_midnight_is_no_seam() -> None:
    nights = calendar((("00:00", "06:00"), ("22:00", "24:00")), ("mon", "tue"))
    openings = nights.openings(beijing("2026-03-02 12:00"), beijing("2026-03-03 12:00"))
    assert [(opening.start, opening.end) for opening in openings] == [
        (beijing("2026-03-02 22:00"), beijing("2026-03-03 06:00"))
    ]


def test_special_hours_beat_make_up_days_beat_closed_dates_beat_the_week() -> None:
    """R2, one date at a time."""
    written = spec(
        closed_dates=["2026-03-02", "2026-03-03", "2026-03-07"],
        extra_open_dates=[{"date": "2026-03-03", "as": "mon"}, {"date": "2026-03-07", "as": "fri"}],
        overrides=[{"date": "2026-03-07", "intervals": [["10:00", "11:00"]]}, {"date": "2026-03-04", "intervals": []}],
    )
    dated = Calendar.from_spec(written)
    opens = {
        day: [f"{opening.start.astimezone(dated.zone):%H:%M}" for opening in openings]
        for day in range(1, 9)
        if (openings := dated.openings(beijing(f"2026-03-0{day} 00:00"), beijing(f"2026-03-0{day} 23:59")))
    }
    assert opens == {3: ["08:30", "13:00"], 5: ["08:30", "13:00"], 6: ["08:30", "13:00"], 7: ["10:00"]}


def test_a_digest_is_of_the_rules_not_of_the_spelling() -> None:
    kingdee = published("kingdee-5x8")
    respelled = {
        **kingdee,
        "weekly": {day: [["13:00:00", "17:30"], ["08:30", "12:00"]] for day in reversed(kingdee["weekly"])},
        "closed_dates": list(reversed(kingdee["closed_dates"])),
        "holidays": None,
        "overrides": None,
        "working_day_seconds": 28800.0,
    }
    digest = Calendar.from_spec(kingdee).digest
    assert len(digest) == 64
    assert Calendar.from_spec(respelled).digest == digest
    assert Calendar.from_spec({**kingdee, "closed_dates": []}).digest != digest
    assert Calendar.from_spec({**kingdee, "timezone": "Asia/Chongqing"}).digest != digest
    assert calendar(EIGHT_HOURS).digest == calendar((*EIGHT_HOURS[::-1],)).digest
