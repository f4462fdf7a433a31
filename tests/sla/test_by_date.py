"""What is owed by a date: due at the close of the last working day by then, and followed like any other promise."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla import engine
from sla.actions import Hours, Level, PolicyError, Promise, Terms, check_terms, put_calendars, put_policy
from sla.compiled import calendar_named, policy_named
from sla.firing import fire_due
from sla.models import Escalation, Milestone
from sla.targets import Target, due_of
from sla.timeline import Fact, FactKind, Metric, State, cycles
from sla.timeline import Terms as PureTerms
from tests.clocks import calendar_row, clock_at, heard
from tests.hours import FIVE_BY_EIGHT, KINGDEE, KINGDEE_MAKE_UP, SEVEN_BY_TWELVE, beijing, calendar
from tickets.rounds import dispatch

OWED = Target(Metric.DELIVERY, "A5", frozenset({"deliver"}), days=Decimal(1), rule="by_date")


@pytest.mark.parametrize(("hours", "due_on", "due"), [
    (FIVE_BY_EIGHT, "2026-09-30", "2026-09-30 17:30"),  # a Wednesday: at its close
    (FIVE_BY_EIGHT, "2026-10-31", "2026-10-30 17:30"),  # a Saturday: at Friday's close
    (FIVE_BY_EIGHT, "2026-11-01", "2026-10-30 17:30"),  # a Sunday
    (SEVEN_BY_TWELVE, "2026-10-31", "2026-10-31 20:30"),  # open on every date
    (KINGDEE, "2026-10-05", "2026-09-30 17:30"),  # within the National Day break
    (KINGDEE, "2026-10-10", "2026-10-09 17:30"),  # a make-up Saturday that 5x8 does not work
    (KINGDEE_MAKE_UP, "2026-10-10", "2026-10-10 17:30"),  # and one that it does
])  # fmt: skip
def test_a_date_is_kept_until_the_close_of_the_last_working_day_by_then__Y13_K13(hours, due_on, due):
    assert hours.close_by(date.fromisoformat(due_on)) == beijing(due)


def test_a_date_may_be_counted_back_from():
    assert FIVE_BY_EIGHT.close_by(date(2026, 10, 31), 3) == beijing("2026-10-28 17:30")


def test_hours_that_never_open_keep_no_date():
    assert calendar((), ()).close_by(date(2026, 10, 31)) is None


def test_a_promise_laid_after_the_last_close_is_due_at_once():
    due_at, _left = due_of(OWED.by(date(2026, 10, 31)), FIVE_BY_EIGHT, beijing("2026-10-30 18:00"), [])
    assert due_at == beijing("2026-10-30 18:00")


@given(day=st.dates(date(2020, 1, 1), date(2040, 12, 31)), days=st.integers(1, 40))
def test_the_last_close_by_a_date_is_one_after_which_nothing_opens_until_the_date_is_over(day, days):
    closing = KINGDEE.close_by(day, days)
    over = KINGDEE.hours.first_reading(day.toordinal() + 1, 0)
    openings = KINGDEE.openings(closing, closing + timedelta(days=1 + days * 20))
    left = {piece.start.astimezone(KINGDEE.zone).date() for piece in openings if piece.end.timestamp() * 1e6 <= over}
    assert closing.astimezone(KINGDEE.zone).date() <= day
    assert len(left) == days - 1


@given(first=st.dates(date(2024, 1, 1), date(2030, 1, 1)), later=st.integers(0, 900))
def test_a_later_date_is_never_due_earlier(first, later):
    assert KINGDEE.close_by(first) <= KINGDEE.close_by(first + timedelta(days=later))


def fold(*facts: Fact, target: Target = OWED):
    first = replace(facts[0], terms=PureTerms({Metric.DELIVERY: target}))
    numbered = [replace(fact, ref=number) for number, fact in enumerate([first, *facts[1:]])]
    return cycles(numbered, lambda code, metric, number: FIVE_BY_EIGHT)


def owe(at: str = "2026-07-01 00:00", due_on: date = date(2026, 9, 30)) -> Fact:
    return Fact(FactKind.OWE, beijing(at), due_on=due_on)


@pytest.mark.parametrize(("delivered", "state"), [
    ("2026-09-30 17:30", State.MET),
    ("2026-09-30 17:31", State.MET_LATE),
    ("2026-07-01 00:00", State.MET),
])  # fmt: skip
def test_delivery_meets_what_is_owed_by_a_date__Y14(delivered, state):
    (cycle,) = fold(owe(), Fact(FactKind.DELIVER, beijing(delivered)))
    assert (cycle.state, cycle.due_at, cycle.target.due_on) == (state, beijing("2026-09-30 17:30"), date(2026, 9, 30))


def test_a_new_target_keeps_the_date_that_is_owed__C41():
    again = replace(OWED, days=Decimal(3))
    terms = PureTerms({Metric.DELIVERY: again})
    (cycle,) = fold(owe(), Fact(FactKind.REPLAN, beijing("2026-08-01 09:00"), terms=terms))
    assert cycle.due_at == beijing("2026-09-28 17:30")


def test_what_is_not_owed_any_more_is_cancelled_and_never_missed():
    (cycle,) = fold(owe(), Fact(FactKind.LEAVE, beijing("2026-08-01 09:00")))
    assert cycle.state == State.CANCELLED


PROMISE = Promise(
    metric="delivery", amount=Decimal(1), unit="working_days", rule="by_date", calendar="a5", met_on=("deliver",),
    promise="Y14", clause="4次/年", clause_en="Four times a year",
)  # fmt: skip
TELL = ({"do": "tell", "roles": ["account_team"]},)
LADDER = (
    Level("delivery", 1, "before", Decimal(10 * 28800), TELL),
    Level("delivery", 2, "breach", Decimal(), TELL),
)


@pytest.mark.parametrize("wrong", [
    {"metric": "resolution"}, {"rule": "duration"}, {"unit": "seconds"}, {"amount": Decimal("0.5")},
])  # fmt: skip
def test_a_policy_owes_by_a_date_only_what_is_delivered(wrong):
    with pytest.raises(PolicyError):
        check_terms(Terms("owed", "交付", "Owed", (replace(PROMISE, **wrong),)))


@pytest.fixture
def owed(db: None) -> Milestone:
    """Return a milestone owed by Wednesday, 30 September 2026, warned of ten working days before."""
    calendar_row("a5", working_day_seconds=28800)
    put_policy(terms=Terms("owed", "交付", "Owed", (PROMISE,), LADDER))
    said = heard("system owe", "2026-07-01 00:00", "C-1/Y14/3", due_on="2026-09-30")
    _clock, (milestone,) = engine.start(policy=policy_named("owed"), priority="", heard=said)
    return milestone


def test_the_engine_warns_and_breaches_what_is_owed_by_a_date__Y14(owed: Milestone):
    owed.refresh_from_db()
    assert (owed.due_at, owed.due_on) == (beijing("2026-09-30 17:30"), date(2026, 9, 30))
    with clock_at("2026-09-16 17:29"):
        fire_due()
    assert not Escalation.objects.exists()
    with clock_at("2026-09-16 17:31"):
        fire_due()
    with clock_at("2026-09-30 17:31"):
        fire_due()
    assert list(owed.escalations.values_list("mark", flat=True)) == ["before", "breach"]


@pytest.mark.parametrize(("closed", "opened", "due"), [
    (("2026-09-29", "2026-09-30"), (), "2026-09-28 17:30"),
    ((), ("2026-10-03",), "2026-10-03 17:30"),
])  # fmt: skip
def test_a_holiday_notice_moves_what_is_owed_by_a_date_either_way__Y17(db: None, closed, opened, due):
    rules = {
        "timezone": "Asia/Shanghai", "working_day_seconds": 28800, "holidays": None, "special": [],
        "weekly": {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }  # fmt: skip
    put_calendars(calendars=[Hours("a5", "五八", "Five by eight", rules)])
    put_policy(terms=Terms("owed", "交付", "Owed", (PROMISE,), LADDER))
    due_on = "2026-10-04" if opened else "2026-09-30"
    said = heard("system owe", "2026-07-01 00:00", "C-1/Y14/3", due_on=due_on)
    _clock, (milestone,) = engine.start(policy=policy_named("owed"), priority="", heard=said)
    special = [{"date": day, "hours": [], "name": "停产", "name_en": "Shut", "source": ""} for day in closed]
    special += [
        {"date": day, "hours": [["08:30", "17:30"]], "name": "加班", "name_en": "Open", "source": ""} for day in opened
    ]
    with clock_at("2026-08-01 09:00") as at:
        put_calendars(calendars=[Hours("a5", "五八", "Five by eight", {**rules, "special": special})], at=at)
        dispatch.sweep()
    milestone.refresh_from_db()
    assert milestone.due_at == beijing(due)
    assert calendar_named("a5").version == 2
