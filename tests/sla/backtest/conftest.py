"""A week of past clocks under one policy, and drafts that change it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from sla import engine
from sla.backtest.running import Trial, start_backtest, step
from sla.clock import database_now
from sla.models import Backtest, Clock, Policy
from sla.rules.drafts import read_draft
from tests.clocks import AGENT, calendar_row, clock_at, heard, policy_row
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing

SINCE, UNTIL = beijing("2026-03-01 00:00"), beijing("2026-04-01 00:00")
LATER = "2026-05-01 09:00"

TARGET = """
      - {{metric: {metric}, amount: {amount}, unit: seconds, calendar: {calendar}, met_on: [{met_on}],
         pauses_on: [{pauses_on}], promise: Y18, clause: 新的, clause_en: new}}"""


def target(metric: str = "first_response", amount: int = 7200, calendar: str = "a5", **more: str) -> str:
    """Return one target of a draft."""
    words = {"met_on": "reply, call", "pauses_on": ""} | more
    return TARGET.format(metric=metric, amount=amount, calendar=calendar, **words)


def draft(*targets: str, code: str = "plain") -> str:
    """Return a draft of one policy."""
    head = f"policies:\n  - code: {code}\n    name: 试\n    name_en: Try\n    targets:"
    return head + "".join(targets or [target()]) + "\n"


@pytest.fixture
def policy(db: None) -> Policy:
    """Return a policy that promises a first answer in two working hours, on calendars without holidays."""
    calendar_row("a5", working_day_seconds=28800)
    calendar_row("a12", intervals=TWELVE_HOURS, days=WEEKDAYS)
    return policy_row("plain", {"amount": Decimal(7200)})


@pytest.fixture
def lived(policy: Policy) -> Callable[..., Clock]:
    """Return a function that starts a clock and lets it hear facts such as ("reply", "2026-03-02 11:00")."""

    def live(opened: str, *facts: tuple[str, str], **more: Any) -> Clock:
        said = {"policy": policy, "priority": "normal"} | more
        clock, _milestones = engine.start(heard=heard("customer open", opened), **said)
        for what, at in facts:
            engine.observe(clock, [heard(what, at)])
        return clock

    return live


def tried(text: str, *, since: datetime = SINCE, until: datetime = UNTIL, policy: str = "") -> Backtest:
    """Return a backtest that was run to its end in May."""
    with clock_at(LATER):
        trial = Trial(text, read_draft(text), since, until, "试", policy=policy)
        backtest = start_backtest(trial=trial, actor=AGENT, at=database_now())
        while step():
            pass
    backtest.refresh_from_db()
    return backtest


def changes(backtest: Backtest) -> list[tuple[int, str, str, str]]:
    """Return each listed change as clock, metric, state before and after."""
    return [(row.clock_id, row.metric, row.before, row.after) for row in backtest.changes.all()]


def cells(backtest: Backtest) -> dict[tuple[str, ...], int]:
    """Return how many runs of a metric went from one verdict to another, whatever their policy and priority."""
    found: dict[tuple[str, ...], int] = {}
    for metric, _policy, _priority, before, after, count in backtest.result["cells"]:
        found[metric, before, after] = found.get((metric, before, after), 0) + count
    return found
