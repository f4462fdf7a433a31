"""Whose time it was: shares of a promise's open time, without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sla.calendar import Interval
from sla.holding import Holder, HolderKind, Holding, shares, spent
from sla.timeline import Pause
from tests.hours import FIVE_BY_EIGHT, beijing, hours
from tests.sla.test_calendar_laws import calendars

L1, L2 = Holder(HolderKind.AGENT, "user:1", "l1"), Holder(HolderKind.AGENT, "user:2", "l2")
QUEUE, CUSTOMER = Holder(HolderKind.QUEUE), Holder(HolderKind.CUSTOMER)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


def test_ten_hours_of_which_the_first_line_had_eight_are_80_to_20__C31():
    openings = FIVE_BY_EIGHT.openings(beijing("2026-03-02 08:30"), beijing("2026-03-03 10:30"))
    holdings = [Holding(beijing("2026-03-02 08:30"), L1), Holding(beijing("2026-03-03 08:30"), L2)]
    assert shares(openings, holdings) == {L1: hours(8), L2: hours(2)}


def test_the_same_hands_twice_are_one_share():
    held = [(8, L1), (10, CUSTOMER), (11, L1)]
    holdings = [Holding(beijing(f"2026-03-02 {hour:02}:30"), holder) for hour, holder in held]
    openings = FIVE_BY_EIGHT.openings(beijing("2026-03-02 08:30"), beijing("2026-03-02 17:30"))
    assert shares(openings, holdings) == {L1: hours(7), CUSTOMER: hours(1)}


def test_a_pause_is_kept_apart_and_time_past_an_end_that_was_undone_is_nobodys__C38():
    pauses = [
        Pause(beijing("2026-03-02 10:00"), beijing("2026-03-02 11:00"), "customer"),
        Pause(beijing("2026-03-02 14:00"), beijing("2026-03-02 15:00"), "resolved"),
    ]
    used = spent(FIVE_BY_EIGHT, beijing("2026-03-02 09:00"), beijing("2026-03-02 16:00"), pauses)
    holdings = [Holding(beijing("2026-03-02 09:00"), QUEUE), Holding(beijing("2026-03-02 09:30"), L1)]
    assert shares(used.counted, holdings) == {QUEUE: hours(0.5), L1: hours(3.5)}
    assert shares(used.paused, [*holdings, Holding(beijing("2026-03-02 10:00"), CUSTOMER)]) == {CUSTOMER: hours(1)}


@settings(max_examples=60, deadline=None)
@given(
    calendars(),
    moments,
    moments,
    st.lists(st.tuples(moments, moments), max_size=4),
    st.lists(st.tuples(moments, st.sampled_from([QUEUE, L1, L2, CUSTOMER])), min_size=1, max_size=8),
)
def test_shares_add_up_to_the_whole__C31(calendar, one, other, held, passed):
    start, end = sorted((one, other))
    pauses = [Pause(*sorted(pair), "customer") for pair in held]
    used = spent(calendar, start, end, pauses)
    holdings = [Holding(at, holder) for at, holder in sorted(passed, key=lambda pair: pair[0])]
    counted, paused = shares(used.counted, holdings), shares(used.paused, holdings)
    whole = sum([*counted.values(), *paused.values()], timedelta())
    assert whole == calendar.elapsed(start, end)
    assert sum(paused.values(), timedelta()) == length([gap for gap in used.paused])
    for gap in (Interval(*sorted(pair)) for pair in held):
        assert not any(piece.start < gap.end and gap.start < piece.end for piece in used.counted)


def length(intervals: list[Interval]) -> timedelta:
    return sum((one.end - one.start for one in intervals), timedelta())
