"""A changed calendar beside everybody else who writes clocks at that moment. Real concurrent sessions. F27, I4"""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.db import connection, transaction

from sla import engine
from sla.actions import Hours, put_calendars
from sla.changing.recomputing import recompute_due
from sla.firing import fire_due
from sla.inserting import insert_all
from sla.models import Clock, DueMove, Escalation, Milestone, Policy, Recompute
from tests.clocks import AGENT, heard, policy_row, reset_clock, set_clock
from tests.hours import beijing

pytestmark = pytest.mark.django_db(transaction=True)

WEEK = {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OPENED, OLD, NEW = beijing("2026-03-02 16:30"), beijing("2026-03-03 09:30"), beijing("2026-03-04 09:30")
MANY = 60


def save(wall: str, *shut: str) -> None:
    rows = [{"date": day, "hours": [], "name": "停电", "name_en": "Power cut", "source": "公告"} for day in shut]
    rules = {"timezone": "Asia/Shanghai", "weekly": WEEK, "working_day_seconds": 28800, "special": rows}
    hours = Hours("raced", "竞", "Raced", rules)
    put_calendars(calendars=[hours], cause="停电", actor=AGENT, at=beijing(wall))


@pytest.fixture
def policy() -> Iterator[Policy]:
    set_clock(OPENED)
    save("2026-03-02 08:00")
    yield policy_row("raced", {"calendar": "raced", "amount": Decimal(7200)}, ladder=(("breach", 0),))
    reset_clock()


def start(policy: Policy) -> Clock:
    return engine.start(policy=policy, priority="", heard=heard("customer open", OPENED))[0]


def beside(wall: str, *works: Callable[[], object]) -> list[threading.Thread]:
    """Run each work in a session of its own, all from the same moment on, at a wall time of Beijing."""
    ready = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], object]) -> None:
        try:
            set_clock(beijing(wall))
            ready.wait(10)
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    ready.wait(10)
    return threads


def ended(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def recompute_all() -> None:
    while recompute_due(limit=7):
        pass


def test_two_workers_move_each_deadline_once(policy: Policy):
    for _ in range(MANY):
        start(policy)
    save("2026-03-02 17:00", "2026-03-03")
    ended(beside("2026-03-02 17:00", recompute_all, recompute_all, fire_due))
    set_clock(beijing("2026-03-02 17:01"))
    recompute_all()
    assert Milestone.objects.filter(due_at=NEW).count() == DueMove.objects.count() == MANY
    change = Recompute.objects.get()
    assert (change.moved, change.finished_at is None) == (MANY, False)


def test_nothing_stays_fired_by_the_old_deadline_when_a_notice_comes_at_that_moment__F27(policy: Policy):
    for _ in range(MANY):
        start(policy)

    def fire() -> None:
        for _ in range(20):
            fire_due(limit=5)

    def notice() -> None:
        save("2026-03-03 09:30", "2026-03-03")
        recompute_all()

    ended(beside("2026-03-03 09:31", fire, fire, notice))
    set_clock(beijing("2026-03-03 09:32"))
    recompute_all()
    while fire_due():
        pass
    assert Milestone.objects.filter(due_at=NEW).count() == DueMove.objects.count() == MANY
    assert not Escalation.objects.filter(due_at=OLD, undone_at=None).exists()
    assert not Escalation.objects.filter(due_at=NEW).exists()


def test_who_began_before_a_change_and_wrote_after_it_is_reached_too(policy: Policy):
    read, changed = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            planned = engine.plan(policy=policy, priority="", heard=heard("customer open", OPENED))
            read.set()
            changed.wait(10)
            insert_all(planned.rows)

    threads = beside("2026-03-02 16:30", slow)
    read.wait(10)
    save("2026-03-02 17:00", "2026-03-03")
    set_clock(beijing("2026-03-02 17:00"))
    recompute_all()
    assert Recompute.objects.get().finished_at is None  # somebody is still writing
    changed.set()
    ended(threads)
    set_clock(beijing("2026-03-02 17:00:05"))
    recompute_all()
    assert Recompute.objects.get().finished_at is not None
    assert Milestone.objects.get().due_at == NEW


def test_a_milestone_that_somebody_holds_is_reached_in_the_next_pass(policy: Policy):
    held, free = start(policy), start(policy)
    save("2026-03-02 17:00", "2026-03-03")
    with transaction.atomic():
        list(Milestone.objects.filter(clock=held).select_for_update())
        ended(beside("2026-03-02 17:00", recompute_all))
        assert Milestone.objects.get(clock=free).due_at == NEW
        assert Recompute.objects.get().finished_at is None
    for wall in ("2026-03-02 17:01", "2026-03-02 17:02"):
        set_clock(beijing(wall))
        recompute_all()
    assert Milestone.objects.get(clock=held).due_at == NEW
    assert Recompute.objects.get().finished_at is not None
