"""How fast deadlines and elapsed time are, beside two libraries that answer the same questions.

A peer is compared only where all its answers are right; where some are not, its row says how many are.
"""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

from sla.calendar import Calendar
from sla.compiled import CompiledCalendar
from sla.models import CalendarVersion, Milestone, Policy, Target
from sla.proof.proofs import proved
from sla.table import compile_table
from tests.hours import EIGHT_HOURS, published

try:
    import pytz
    from businesstimedelta import BusinessTimeDelta, HolidayRule, Rules, WorkDayRule
    from pandas import Timestamp
    from pandas.tseries.offsets import CustomBusinessHour
except ImportError as error:
    raise ImportError("This benchmark needs config/requirements/bench.txt, which `make bench` installs.") from error

Row = dict[str, Any]
Ask = Callable[[datetime], object]

SPEC = published("kingdee-5x8")
CLOSED = {date.fromisoformat(day) for day in SPEC["closed_dates"]}
BUDGETS = (2, 4, 40, 400)  # hours
SPANS = {"a day": 1, "a month": 30, "a year": 365}
TARGETS = {("pandas", 2): 40, ("businesstimedelta", 400): 5_000}
STARTS = 20
ROUNDS = 5
SECONDS = 0.05  # at least so long a round


def run() -> list[Row]:
    """Return the rows of the table: operations a second, beside a peer's, on the Kingdee calendar."""
    ours, starts = Calendar.from_spec(SPEC), _starts()
    rows = [row for budget in BUDGETS for row in _deadline_rows(ours, starts, budget)]
    rows += [row for name, days in SPANS.items() for row in _elapsed_rows(ours, starts, name, days)]
    return [*rows, *_flat_rows(rows), _compile_row(ours), _proof_row(ours)]


def _starts() -> list[datetime]:
    """Return random seconds of 15 months, in and out of hours; the peers know no holiday beyond the next 20."""
    rng = random.Random(2026)
    first = datetime(2024, 1, 2, tzinfo=UTC)
    return [first + timedelta(seconds=rng.randrange(450 * 86_400)) for _ in range(STARTS)]


def _deadline_rows(ours: Calendar, starts: list[datetime], budget: int) -> list[Row]:
    peers: dict[str, Ask] = {
        "pandas": partial(_pandas_due, _custom_business_hours(budget)),
        "businesstimedelta": partial(_add, BusinessTimeDelta(_rules(), hours=budget)),
    }
    return _rows(f"due_at, {budget} h", partial(_due, ours, timedelta(hours=budget)), peers, starts, budget)


def _elapsed_rows(ours: Calendar, starts: list[datetime], name: str, days: int) -> list[Row]:
    span = timedelta(days=days)
    peers: dict[str, Ask] = {"businesstimedelta": partial(_difference, _rules(), span)}
    return _rows(f"elapsed, {name}", partial(_elapsed, ours, span), peers, starts, 0)


def _rows(name: str, ours: Ask, peers: dict[str, Ask], starts: list[datetime], budget: int) -> list[Row]:
    expected, speed = [ours(start) for start in starts], _speed(ours, starts)
    rows = []
    for peer, ask in peers.items():
        right = sum(ask(start) == answer for start, answer in zip(starts, expected, strict=True)) / len(starts)
        beside = _speed(ask, starts)
        target = TARGETS.get((peer, budget))
        rows.append(
            {
                "name": name,
                "value": speed,
                "unit": "1/s",
                "beside": peer if right == 1 else f"{peer} ({right:.0%} right)",
                "beside_value": beside,
                "ratio": speed / beside if right == 1 else None,
                "target": f">= {target:,}x" if target else None,
            }
        )
    return rows


def _due(calendar: Calendar, budget: timedelta, start: datetime) -> object:
    return calendar.due_at(start, budget)


def _elapsed(calendar: Calendar, span: timedelta, start: datetime) -> object:
    return calendar.elapsed(start, start + span)


def _custom_business_hours(budget: int) -> CustomBusinessHour:
    opens, closes = ([pair[end] for pair in EIGHT_HOURS] for end in (0, 1))
    return CustomBusinessHour(n=budget, start=opens, end=closes, holidays=sorted(CLOSED))


def _pandas_due(offset: CustomBusinessHour, start: datetime) -> object:
    return (Timestamp(start).tz_convert("Asia/Shanghai") + offset).to_pydatetime()


def _rules() -> Rules:
    zone = pytz.timezone("Asia/Shanghai")
    shifts = [
        WorkDayRule(start_time=time.fromisoformat(opens), end_time=time.fromisoformat(closes), tz=zone)
        for opens, closes in EIGHT_HOURS
    ]
    return Rules([*shifts, HolidayRule(CLOSED, tz=zone)])


def _add(delta: BusinessTimeDelta, start: datetime) -> object:
    return start + delta


def _difference(rules: Rules, span: timedelta, start: datetime) -> object:
    return rules.difference(start, start + span).timedelta


def _speed(ask: Ask, starts: list[datetime]) -> float:
    """Return operations a second: the median of a few rounds, each long enough to be measured."""
    return len(starts) / median(_round(partial(_each, ask, starts)) for _ in range(ROUNDS))


def _each(ask: Ask, starts: Iterable[datetime]) -> None:
    for start in starts:
        ask(start)


def _round(work: Callable[[], object]) -> float:
    """Return the seconds that one call takes, over as many calls as fill a round."""
    calls, began = 0, perf_counter()
    while (spent := perf_counter() - began) < SECONDS:
        work()
        calls += 1
    return spent / calls


def _flat_rows(rows: list[Row]) -> list[Row]:
    """Return how much slower the longest question is than the shortest."""
    speed = {row["name"]: row["value"] for row in rows}
    pairs = [("due_at, 400 h", "due_at, 2 h"), ("elapsed, a year", "elapsed, a day")]
    return [
        {
            "name": f"{long}: time",
            "value": 1e6 / speed[long],
            "unit": "us",
            "beside": short,
            "beside_value": 1e6 / speed[short],
            "ratio": speed[short] / speed[long],
            "target": "<= 1.5x",
        }
        for long, short in pairs
    ]


def _compile_row(ours: Calendar) -> Row:
    first, last = (date(year, 1, 1).toordinal() for year in (2020, 2030))
    spent = median(_round(partial(compile_table, ours.hours, first, last)) for _ in range(ROUNDS))
    return {
        "name": "compile ten years",
        "value": spent * 1e3,
        "unit": "ms",
        "beside": None,
        "beside_value": None,
        "ratio": None,
        "target": "<= 50 ms",
    }


def _proof_row(ours: Calendar) -> Row:
    """Return the time of a proof of a year: every interval explained, and the digest over all of it.

    Beside it a peer is asked for nothing but the working time of each day of the same year.
    """
    milestone = _a_year_of(ours)
    known = CompiledCalendar(milestone.calendar_version)
    with (
        patch("sla.proof.explained.calendar_of", lambda pk: known),
        patch("sla.proof.proofs.calendar_of", lambda pk: known),
    ):
        proof = proved(milestone, [])
        spent = median(_round(partial(proved, milestone, [])) for _ in range(ROUNDS))
    if proof.counted != milestone.budget:
        raise ValueError("The counted intervals do not add up to the budget.")
    days = [milestone.started_at + timedelta(days=day) for day in range(SPANS["a year"])]
    walk = median(_round(partial(_each, partial(_difference, _rules(), timedelta(days=1)), days)) for _ in range(1))
    return {
        "name": f"proof of a year, {len(proof.pieces)} intervals",
        "value": spent * 1e3,
        "unit": "ms",
        "beside": "businesstimedelta, working time of each day",
        "beside_value": walk * 1e3,
        "ratio": walk / spent,
        "target": "<= 5 ms",
    }


def _a_year_of(ours: Calendar) -> Milestone:
    """Return a milestone over a year of a calendar, in memory: nothing of it is read from a database."""
    version = CalendarVersion(
        pk=-1, code="year", version=1, name="year", name_en="year", spec=SPEC, digest=ours.digest,
        reasons={day: {"name": "放假", "name_en": "Holiday", "source": "通知"} for day in SPEC["closed_dates"]},
    )  # fmt: skip
    policy = Policy(pk=-1, code="year", version=1, digest="0" * 64)
    start = datetime(2025, 1, 6, 1, tzinfo=UTC)
    due_at = start + timedelta(days=365)
    target = Target(pk=-1, policy=policy, promise="Y18", clause="clause", amount=Decimal(1), met_on=[], pauses_on=[])
    return Milestone(
        metric="resolution", number=1, state="running", started_at=start, due_at=due_at, target=target,
        calendar_version=version, budget=ours.elapsed(start, due_at), pauses=[],
    )  # fmt: skip
