"""A promise as a strip: where each interval, now and due lie, and what is said about them."""

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from sla.pieces import Interval
from tests.hours import beijing, calendar
from tickets.showing.countdown import count_down
from tickets.showing.sheet import sheet
from tickets.showing.strip import Span, Story, draw

SHANGHAI = ZoneInfo("Asia/Shanghai")
KINGDEE = calendar(closed_dates=[f"2026-10-0{day}" for day in range(1, 8)])


def story(start: str, hours: float, *, tone: str = "running", stopped: str = "", pauses: tuple = ()) -> Story:
    spans = [Interval(beijing(since), beijing(until)) for since, until in pauses]
    pieces = KINGDEE.proof(beijing(start), timedelta(hours=hours), spans)
    ended = beijing(stopped) if stopped else None
    return Story.of(pieces, tone=tone, due_at=pieces[-1].end, stopped_at=ended)


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("start", "hours", "at"),
    [
        ("2026-09-28 09:00", 4, "2026-09-28 10:00"),
        ("2026-09-28 13:30", 4, "2026-09-29 09:00"),
        ("2026-09-26 10:00", 4, "2026-09-26 10:00"),
        ("2026-09-28 15:20", 20, "2026-09-29 09:00"),
        ("2026-09-24 11:00", 400, "2026-11-02 09:00"),
    ],
)
@pytest.mark.parametrize("size", ["row", "card"])
def test_segments_lie_side_by_side_and_fill_the_strip(start, hours, at, size):
    segments = draw(story(start, hours), size=size, at=beijing(at), zone=SHANGHAI).segments
    assert segments[0].x == 0
    assert all(after.x == pytest.approx(before.end, abs=0.01) for before, after in pairwise(segments))
    assert segments[-1].end == pytest.approx(100, abs=0.1)
    assert all(segment.width >= 0 for segment in segments)


def test_the_needle_stands_where_the_used_time_ends__Y18():
    strip = draw(story("2026-09-28 09:00", 4), size="row", at=beijing("2026-09-28 10:00"), zone=SHANGHAI)
    used = [segment for segment in strip.segments if segment.kind == "used"]
    assert strip.now_x == pytest.approx(used[-1].end, abs=0.01)
    assert strip.due_x == pytest.approx(100, abs=0.01)


def test_an_hour_of_work_is_equally_wide_on_both_sides_of_lunch():
    strip = draw(story("2026-09-28 11:00", 2), size="row", at=beijing("2026-09-28 11:00"), zone=SHANGHAI)
    morning, lunch, afternoon = strip.segments
    assert morning.width == pytest.approx(afternoon.width, abs=0.01)
    assert lunch.kind == "gap"
    assert lunch.width < 2
    assert lunch.name == "09-28 12:00 – 13:00 · 午休 · 不计时"


def test_what_is_late_runs_past_the_seal():
    late = draw(
        story("2026-09-28 09:00", 2, tone="breached"), size="card", at=beijing("2026-09-28 14:00"), zone=SHANGHAI
    )
    assert late.due_x == pytest.approx(87, abs=0.1)
    assert late.segments[-1].kind == "over"
    assert late.now_x == pytest.approx(100, abs=0.01)


def test_what_was_kept_has_no_needle_but_the_place_where_it_was_done():
    kept = story("2026-09-28 09:00", 4, tone="kept", stopped="2026-09-28 10:00")
    strip = draw(kept, size="card", at=beijing("2026-10-20 09:00"), zone=SHANGHAI)
    assert strip.now_x is None
    assert strip.done_x == pytest.approx(strip.segments[0].end, abs=0.01)


def test_a_pause_without_end_shows_what_is_left_after_it():
    spans = (
        Span(beijing("2026-09-28 09:00"), beijing("2026-09-28 10:00"), True, "open"),
        Span(beijing("2026-09-28 10:00"), beijing("2026-09-29 10:00"), False, "pause"),
    )
    paused = Story(spans, "paused", None, remaining=timedelta(hours=3))
    strip = draw(paused, size="card", at=beijing("2026-09-29 10:00"), zone=SHANGHAI)
    assert [segment.kind for segment in strip.segments] == ["used", "pause", "left"]
    assert strip.segments[2].width == pytest.approx(3 * strip.segments[0].width, abs=0.01)
    assert count_down(paused, at=beijing("2026-09-29 10:00")).text == "暂停，还剩 3 小时（工作时间）"


def test_hours_under_a_card_never_touch():
    hours = draw(story("2026-09-24 11:00", 400), size="card", at=beijing("2026-09-24 11:00"), zone=SHANGHAI).hours
    assert hours[0].text == "11:00"
    assert all(after.x - before.x >= 22 for before, after in pairwise(hours))


def test_the_table_adds_up_to_the_budget():
    strip = draw(story("2026-09-28 15:20", 20), size="card", at=beijing("2026-09-29 09:00"), zone=SHANGHAI)
    assert strip.rows[-1].total == timedelta(hours=20)
    assert [row.span.words for row in strip.rows if row.start.day == 1] == ["法定节假日"]


def test_the_sheet_has_a_line_a_day_and_one_for_a_run_of_shut_days__Y17():
    lines = sheet(story("2026-09-28 15:20", 20), at=beijing("2026-09-29 09:00"), zone=SHANGHAI).lines
    assert [(f"{line.first_on:%m-%d}", f"{line.last_on:%m-%d}", line.strip is None) for line in lines] == [
        ("09-28", "09-28", False),
        ("09-29", "09-29", False),
        ("09-30", "09-30", False),
        ("10-01", "10-07", True),
        ("10-08", "10-08", False),
    ]
    assert lines[-1].total == timedelta(hours=20)
    assert sum((line.counted for line in lines), timedelta()) == timedelta(hours=20)


def test_the_sheet_draws_due_only_on_its_day():
    lines = sheet(story("2026-09-28 15:20", 20), at=beijing("2026-09-29 09:00"), zone=SHANGHAI).lines
    strips = [line.strip for line in lines if line.strip]
    assert [strip.due_x is not None for strip in strips] == [False, False, False, True]
    assert [strip.now_x is not None for strip in strips] == [False, True, False, False]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-09-28 10:00", "还有 3 小时（工作时间）"),
        ("2026-09-28 12:30", "还有 1 小时（工作时间）"),
        ("2026-09-28 13:59", "还有 1 分钟（工作时间）"),
    ],
)
def test_a_countdown_is_in_working_time(at, said):
    assert count_down(story("2026-09-28 09:00", 4), at=beijing(at)).text == said


def test_being_late_is_counted_in_working_time():
    openings = KINGDEE.openings(beijing("2026-09-28 14:00"), beijing("2026-09-30 00:00"))
    after = [Span(opening.start, opening.end, True, "open") for opening in openings]
    late = count_down(story("2026-09-28 09:00", 4, tone="breached"), at=beijing("2026-09-29 09:30"), after=after)
    assert late.brief == "已超时 4 小时 30 分"
    assert late.over_seconds == 4.5 * 3600


def test_english_readers_get_english_words():
    with translation.override("en"):
        assert (
            count_down(story("2026-09-28 09:00", 4), at=beijing("2026-09-28 12:40")).text == "1 h of working time left"
        )


def test_the_drawing_carries_no_style_of_its_own():
    strip = draw(story("2026-09-28 09:00", 4), size="card", at=beijing("2026-09-28 10:00"), zone=SHANGHAI)
    drawing = render_to_string("console/_strip.svg", {"strip": strip})
    assert "style=" not in drawing
    assert f'aria-label="{strip.label}"' in drawing
    assert drawing.count("data-name=") == len(strip.segments)
