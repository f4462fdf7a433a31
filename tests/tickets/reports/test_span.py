"""Local dates as instants, in zones with and without summer time, and the same length before."""

from datetime import UTC, date, datetime

import pytest

from tests.hours import local, utc
from tickets.reports.span import before, span_of

SHANGHAI, KUALA_LUMPUR, BERLIN = "Asia/Shanghai", "Asia/Kuala_Lumpur", "Europe/Berlin"


@pytest.mark.parametrize(("zone", "first", "last", "start", "until"), [
    (SHANGHAI, date(2026, 1, 1), date(2026, 3, 31), "2025-12-31 16:00", "2026-03-31 16:00"),
    (KUALA_LUMPUR, date(2026, 2, 28), date(2026, 2, 28), "2026-02-27 16:00", "2026-02-28 16:00"),
    # Summer time begins on 29 March and ends on 25 October.
    (BERLIN, date(2026, 3, 1), date(2026, 3, 31), "2026-02-28 23:00", "2026-03-31 22:00"),
    (BERLIN, date(2026, 3, 29), date(2026, 3, 29), "2026-03-28 23:00", "2026-03-29 22:00"),
    (BERLIN, date(2026, 10, 25), date(2026, 10, 25), "2026-10-24 22:00", "2026-10-25 23:00"),
])  # fmt: skip
def test_a_period_runs_from_local_midnight_to_local_midnight(zone, first, last, start, until):
    span = span_of([1], zone, first, last)
    assert (span.start, span.until) == (utc(start), utc(until))


def test_a_period_that_goes_on_ends_now_and_one_ahead_is_empty():
    at = local("2026-02-10 12:00", SHANGHAI)
    assert span_of([1], SHANGHAI, date(2026, 1, 1), date(2026, 3, 31), at).until == at
    ahead = span_of([1], SHANGHAI, date(2026, 3, 1), date(2026, 3, 31), at)
    assert ahead.start == ahead.until


def test_months_are_those_that_it_touches():
    span = span_of([1], SHANGHAI, date(2025, 11, 15), date(2026, 2, 1))
    assert span.months == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert span_of([1], BERLIN, date(2026, 3, 1), date(2026, 3, 31)).months == ["2026-03"]
    cut = span_of([1], SHANGHAI, date(2026, 1, 1), date(2026, 12, 31), datetime(2026, 3, 31, 16, tzinfo=UTC))
    assert cut.months == ["2026-01", "2026-02", "2026-03"], "the first instant of April is not in it"


@pytest.mark.parametrize(("first", "last", "former"), [
    (date(2026, 4, 1), date(2026, 6, 30), (date(2026, 1, 1), date(2026, 3, 31))),
    (date(2026, 1, 1), date(2026, 12, 31), (date(2025, 1, 1), date(2025, 12, 31))),
    (date(2024, 3, 1), date(2024, 3, 31), (date(2024, 2, 1), date(2024, 2, 29))),
    # Not whole months: as many days.
    (date(2026, 4, 1), date(2026, 6, 16), (date(2026, 1, 14), date(2026, 3, 31))),
    (date(2026, 4, 4), date(2026, 10, 3), (date(2025, 10, 3), date(2026, 4, 3))),
    (date(2026, 3, 5), date(2026, 3, 5), (date(2026, 3, 4), date(2026, 3, 4))),
])  # fmt: skip
def test_the_period_before_is_as_long_and_ends_the_day_before(first, last, former):
    assert before(first, last) == former
