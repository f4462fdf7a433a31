"""Far dates, long spans, clocks that jump, and the reasons in a proof."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from threading import Thread
from time import process_time

import pytest

from sla.calendar import Calendar, CalendarError, Interval
from tests.hours import (
    FIVE_BY_EIGHT,
    KINGDEE,
    KINGDEE_MAKE_UP,
    ROUND_THE_CLOCK,
    SEVEN_BY_TWENTY_FOUR,
    WEEKDAYS,
    beijing,
    calendar,
    hours,
    local,
    published,
    utc,
)


def _dated(*days: str, **more: object) -> Calendar:
    """Return a calendar that opens on these dates alone, 09:00 to 10:00."""
    return calendar(days=(), overrides=[{"date": day, "intervals": [["09:00", "10:00"]]} for day in days], **more)


def test_a_table_grows_to_what_is_asked() -> None:
    grown = Calendar.from_spec(published("kingdee-5x8"))
    began = process_time()
    due = grown.due_at(beijing("1975-03-03 08:30"), hours(8 * 5 * 52 * 95))
    assert due is not None
    assert due.year == 2070
    assert grown.elapsed(beijing("1975-03-03 08:30"), due) == hours(8 * 5 * 52 * 95)
    assert grown.due_at(due, -hours(8 * 5 * 52 * 95)) == beijing("1975-03-03 08:30")
    assert grown.due_at(beijing("2026-03-02 10:00"), hours(2)) == beijing("2026-03-02 13:00") - hours(1)
    assert process_time() - began < 2


def test_spans_of_more_than_a_thousand_years_are_exact() -> None:
    weeks = 52 * 1_200
    always, workdays = calendar(ROUND_THE_CLOCK, WEEKDAYS), calendar()
    assert always.due_at(beijing("2026-03-02 10:00"), timedelta(weeks=weeks)) == beijing(
        "2026-03-02 10:00"
    ) + timedelta(weeks=weeks)
    due = workdays.due_at(beijing("2026-03-02 10:00"), hours(40 * weeks))
    assert due == beijing("2026-03-02 10:00") + timedelta(weeks=weeks)
    assert workdays.elapsed(beijing("2026-03-02 10:00"), due) == hours(40 * weeks)
    assert workdays.due_at(due, hours(-40 * weeks)) == beijing("2026-03-02 10:00")


def test_thousands_of_working_days_are_counted_one_by_one() -> None:
    start, weeks = beijing("2026-03-02 10:00"), 52 * 900
    due = calendar().due_after_working_days(start, 5 * weeks, "end_of_nth_day")
    assert due == beijing("2026-03-02 17:30") + timedelta(weeks=weeks)


@pytest.mark.parametrize(
    ("start", "budget"),
    [
        ("9999-12-01 10:00", hours(24 * 365)),
        ("0001-02-01 10:00", hours(-24 * 365)),
        ("9999-12-31 23:59", hours(0)),
        ("0001-01-01 00:00", hours(1)),
        ("2026-03-02 10:00", timedelta(days=999_999_999)),
    ],
)
def test_beyond_the_ends_of_time_is_refused(start: str, budget: timedelta) -> None:
    with pytest.raises(CalendarError, match="out_of_range"):
        SEVEN_BY_TWENTY_FOUR.due_at(utc(start), budget)


def test_a_datetime_that_utc_cannot_hold_is_refused() -> None:
    eastern = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    western = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))
    for at in (eastern, western):
        with pytest.raises(CalendarError, match="out_of_range"):
            FIVE_BY_EIGHT.next_open(at)
        with pytest.raises(CalendarError, match="out_of_range"):
            FIVE_BY_EIGHT.elapsed(at, beijing("2026-03-02 10:00"))


def test_a_datetime_without_offset_is_refused() -> None:
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001
    for ask in (FIVE_BY_EIGHT.is_open, FIVE_BY_EIGHT.next_open, lambda at: FIVE_BY_EIGHT.due_at(at, hours(1))):
        with pytest.raises(CalendarError, match="naive_instant"):
            ask(naive)


@pytest.mark.parametrize(("opening", "reached"), [(3_659, True), (3_660, False), (5_000, False)])
def test_3660_dates_without_an_opening_are_never(opening: int, reached: bool) -> None:
    start = beijing("2026-03-02 12:00")
    far = (start + timedelta(days=opening)).date().isoformat()
    before = (start - timedelta(days=opening)).date().isoformat()
    for sparse in (_dated(far), _dated("2010-01-01", far), _dated("2005-03-02", far, "2061-01-01")):
        expected = beijing(f"{far} 09:30") if reached else None
        assert sparse.due_at(start, hours(0.5)) == expected
        assert sparse.next_open(start) == (beijing(f"{far} 09:00") if reached else None)
        by_day = sparse.due_after_working_days(start - timedelta(days=1), 1, "end_of_nth_day")
        assert by_day == (beijing(f"{far} 10:00") if reached else None)
        assert sparse.elapsed(start, start + timedelta(days=6_000)) == hours(1)
    assert _dated(before).due_at(start, hours(-0.5)) == (beijing(f"{before} 09:30") if reached else None)


def test_a_desert_is_counted_from_the_start_asked_about() -> None:
    sparse = _dated("2010-03-01", "2026-03-02")
    assert sparse.due_at(beijing("2010-03-01 12:00"), hours(1)) is None
    assert sparse.due_at(beijing("2020-03-01 12:00"), hours(1)) == beijing("2026-03-02 10:00")
    assert sparse.due_at(beijing("2010-03-01 09:00"), hours(2)) is None
    assert sparse.due_at(beijing("2010-03-01 09:00"), hours(1)) == beijing("2010-03-01 10:00")
    assert sparse.due_at(beijing("2026-03-02 10:00"), hours(-2)) is None


def test_threads_share_a_calendar() -> None:
    shared, found = Calendar.from_spec(published("kingdee-5x8")), []

    def ask(year: int) -> None:
        start = beijing(f"{year}-06-01 00:00")
        found.append(shared.elapsed(start, shared.due_at(start, hours(400))) == hours(400))

    threads = [Thread(target=ask, args=(1900 + 7 * n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 24


@pytest.mark.parametrize(
    ("zone", "at", "opening"),
    [
        ("America/Sao_Paulo", "2018-11-03 23:30", "2018-11-04 03:00+00:00"),  # 00:00 is in a gap: its end
        ("Pacific/Apia", "2011-12-29 23:00", "2011-12-30 10:00+00:00"),  # the 30th is skipped
        ("America/St_Johns", "2011-11-05 23:00", "2011-11-06 02:30+00:00"),  # 00:00 twice: its first coming
    ],
)
def test_midnight_where_the_clock_jumps(zone: str, at: str, opening: str) -> None:
    nights = calendar((("00:00", "00:30"),), WEEKDAYS, zone)
    morning = calendar((("00:00", "12:00"),), WEEKDAYS, zone)
    assert morning.next_open(local(at, zone)) == datetime.fromisoformat(opening)
    swallowed = zone == "America/Sao_Paulo"
    assert (nights.next_open(local(at, zone)) == datetime.fromisoformat(opening)) != swallowed


def test_a_gap_may_reach_over_midnight() -> None:
    """On 30 March 1919 Toronto's clocks went from 23:30 to 00:30."""
    evenings = calendar((("23:00", "23:45"),), WEEKDAYS, "America/Toronto")
    (opening,) = evenings.openings(utc("1919-03-31 00:00"), utc("1919-04-01 00:00"))
    assert (opening.start, opening.end) == (utc("1919-03-31 04:00"), utc("1919-03-31 04:30"))


def test_a_skipped_date_is_no_working_day() -> None:
    apia = calendar((("09:00", "17:00"),), WEEKDAYS, "Pacific/Apia")
    due = apia.due_after_working_days(local("2011-12-29 10:00", "Pacific/Apia"), 1, "end_of_nth_day")
    assert due == local("2011-12-31 17:00", "Pacific/Apia")


def test_the_same_wall_time_may_fall_into_a_gap() -> None:
    always = calendar(ROUND_THE_CLOCK, WEEKDAYS, "America/New_York")
    start = local("2026-03-07 02:30", "America/New_York")
    assert always.due_after_working_days(start, 1, "same_local_time") == utc("2026-03-08 07:00")


def _reasons(asked: Calendar, start: str, budget: timedelta, *pauses: tuple[str, str]) -> list[tuple[str, str, bool]]:
    held = [Interval(beijing(since), beijing(until)) for since, until in pauses]
    pieces = asked.proof(beijing(start), budget, held)
    zone = asked.zone
    return [(f"{piece.start.astimezone(zone):%m-%d %H:%M}", piece.reason, piece.counted) for piece in pieces]


def test_a_proof_names_lunch_night_weekend_and_holiday() -> None:
    assert _reasons(KINGDEE, "2026-09-30 11:00", hours(7)) == [
        ("09-30 11:00", "open", True),
        ("09-30 12:00", "break", False),
        ("09-30 13:00", "open", True),
        ("09-30 17:30", "closed", False),
        ("10-01 00:00", "holiday", False),
        ("10-08 00:00", "closed", False),
        ("10-08 08:30", "open", True),
    ]
    assert _reasons(KINGDEE, "2026-10-09 17:00", hours(1)) == [
        ("10-09 17:00", "open", True),
        ("10-09 17:30", "closed", False),
        ("10-12 08:30", "open", True),
    ]


def test_a_proof_names_make_up_days_and_special_hours() -> None:
    assert _reasons(KINGDEE_MAKE_UP, "2026-10-09 17:00", hours(5)) == [
        ("10-09 17:00", "open", True),
        ("10-09 17:30", "closed", False),
        ("10-10 08:30", "make_up", True),
        ("10-10 12:00", "break", False),
        ("10-10 13:00", "make_up", True),
    ]
    notice = Calendar.from_spec(published("yonsuite-7x12-notice"))
    assert _reasons(notice, "2026-09-30 20:00", hours(10)) == [
        ("09-30 20:00", "open", True),
        ("09-30 20:30", "closed", False),
        ("10-01 00:00", "special", False),
        ("10-04 09:00", "special", True),
        ("10-04 18:00", "special", False),
        ("10-05 09:00", "special", True),
    ]


def test_a_proof_shows_pauses() -> None:
    pauses = [("2026-03-06 16:00", "2026-03-09 10:00"), ("2026-03-01 00:00", "2026-03-02 00:00")]
    assert _reasons(FIVE_BY_EIGHT, "2026-03-06 15:00", hours(2), *pauses) == [
        ("03-06 15:00", "open", True),
        ("03-06 16:00", "pause", False),
        ("03-09 10:00", "open", True),
    ]
    with pytest.raises(CalendarError, match="bad_budget"):
        _reasons(FIVE_BY_EIGHT, "2026-03-06 15:00", hours(-2), *pauses)


def test_a_budget_spent_when_a_pause_begins_is_due_then() -> None:
    pause = ("2026-03-06 16:00", "2026-03-09 10:00")
    assert _reasons(FIVE_BY_EIGHT, "2026-03-06 15:00", hours(1), pause) == [("03-06 15:00", "open", True)]


def test_a_proof_of_less_than_nothing_runs_up_to_the_start() -> None:
    pieces = FIVE_BY_EIGHT.proof(beijing("2026-03-09 09:00"), hours(-1))
    assert [piece.reason for piece in pieces] == ["open", "closed", "open"]
    assert (pieces[0].start, pieces[-1].end) == (beijing("2026-03-06 17:00"), beijing("2026-03-09 09:00"))
    assert FIVE_BY_EIGHT.proof(beijing("2026-03-09 09:00"), hours(0)) == []


def test_a_proof_of_centuries_is_refused() -> None:
    with pytest.raises(CalendarError, match="proof_too_long"):
        SEVEN_BY_TWENTY_FOUR.proof(beijing("2026-03-02 09:00"), timedelta(days=40_000))


@pytest.mark.parametrize(
    ("days", "rule", "code"),
    [
        (0, "end_of_nth_day", "bad_working_days"),
        (-1, "same_local_time", "bad_working_days"),
        (Decimal("0.5"), "end_of_nth_day", "bad_working_days"),
        (Decimal("NaN"), "duration", "bad_working_days"),
        (1.5, "duration", "bad_working_days"),
        (True, "duration", "bad_working_days"),
        (Decimal("0.33333333333333333333333333333333333"), "duration", "finer_than_microsecond"),
        (Decimal("1e11"), "duration", "out_of_range"),
        (10**11, "end_of_nth_day", "out_of_range"),
        (1, "calendar_days", "unknown_rule"),
    ],
)
def test_working_days_that_cannot_be_counted_are_refused(days: object, rule: str, code: str) -> None:
    with pytest.raises(CalendarError) as refusal:
        FIVE_BY_EIGHT.due_after_working_days(beijing("2026-03-02 10:00"), days, rule)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_a_calendar_that_does_not_say_what_a_day_is_worth_cannot_count_in_days() -> None:
    unsaid = calendar()
    with pytest.raises(CalendarError, match="working_day_seconds"):
        unsaid.due_after_working_days(beijing("2026-03-02 10:00"), 1, "duration")
    due = unsaid.due_after_working_days(beijing("2026-03-02 10:00"), 1, "end_of_nth_day")
    assert due == beijing("2026-03-03 17:30")


def test_answers_are_utc() -> None:
    start = beijing("2026-03-02 10:00")
    for answer in (FIVE_BY_EIGHT.due_at(start, hours(0)), FIVE_BY_EIGHT.next_open(start)):
        assert answer.tzinfo is UTC
