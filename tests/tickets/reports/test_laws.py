"""What must hold of figures whatever was lived through."""

import random
from datetime import date, datetime, timedelta

import pytest

from sla.models import Milestone
from tests.hours import beijing
from tests.tickets.reports.conftest import asked
from tests.world import World
from tickets.reports.figures.promises import kept_over
from tickets.reports.shape import Promise
from tickets.reports.span import Span, span_of

START = beijing("2026-01-01 00:00")
YEAR = timedelta(days=365)
MONTHS = [(date(2026, month, 1), date(2026, month + 1, 1) - timedelta(days=1)) for month in range(1, 12)]
MONTHS += [(date(2026, 12, 1), date(2026, 12, 31))]
PAUSED = [{"start": "2026-01-01T00:00:00+00:00", "end": None, "cause": "customer"}]

pytestmark = pytest.mark.django_db


def somehow(chance: random.Random) -> dict[str, object]:
    """Return how one run went: kept, late, still late, called off before or after its deadline, waiting or running."""
    begun = START + chance.random() * YEAR - timedelta(days=20)
    due: datetime | None = begun + timedelta(hours=chance.choice((1, 30, 400)))
    ended = begun + timedelta(hours=chance.choice((0.5, 1, 29, 30, 31, 500)))
    how = chance.choice(("done", "done", "done", "called off", "open", "paused"))
    if how == "paused":
        due = None
    stopped = None if how in ("open", "paused") else ended
    completed = ended if how == "done" else None
    pauses = PAUSED if how == "paused" else []
    return {"started_at": begun, "due_at": due, "stopped_at": stopped, "completed_at": completed, "pauses": pauses}


def lay(world: World, seed: int, count: int = 60) -> int:
    """Lay so many runs of one promise and return its contract."""
    chance = random.Random(seed)
    template = asked(world, "2026-01-05 09:00", "月结报错").ticket_clocks.get().clock.milestones.get()
    Milestone.objects.bulk_create(
        Milestone(
            clock=template.clock, metric=template.metric, number=number, target=template.target, state="running",
            calendar_version=template.calendar_version, **somehow(chance),
        )
        for number in range(2, count + 2)
    )  # fmt: skip
    template.delete()
    return world.kingdee.contract.pk


def over(contract: int, first: date, last: date) -> Promise | None:
    found = kept_over(span_of([contract], "Asia/Shanghai", first, last))
    return found[0] if found else None


@pytest.mark.parametrize("seed", range(4))
def test_sums_agree_and_each_run_is_judged_in_one_period_alone(world: World, seed: int):
    contract = lay(world, seed)
    parts = [one for first, last in MONTHS if (one := over(contract, first, last))]
    for one in parts:
        assert one.kept + one.missed + one.running + one.paused + one.apart == one.all
        assert 0 <= one.missed_open <= one.missed
        assert sum(month.kept for month in one.months) == one.kept
        assert sum(month.missed for month in one.months) == one.missed
        assert (one.share is None) == (one.judged == 0)
    whole = over(contract, date(2026, 1, 1), date(2026, 12, 31))
    assert whole is not None
    assert whole.kept == sum(one.kept for one in parts)
    assert whole.missed == sum(one.missed for one in parts)
    assert whole.apart == sum(one.apart for one in parts)
    assert (whole.running, whole.paused) == (parts[-1].running, parts[-1].paused)
    assert [month.kept for month in whole.months] == [one.kept for one in parts]


def test_an_empty_span_judges_nothing(world: World):
    contract = lay(world, 1)
    empty = Span((contract,), "Asia/Shanghai", START, START)
    assert all(one.judged == 0 and one.share is None for one in kept_over(empty))
