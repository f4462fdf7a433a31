"""The dispatch with real processes while they are killed. Figures are for two cores that others use too."""

import random
import time
from datetime import timedelta

import pytest

from sla.clock import database_now
from sla.models import CalendarVersion, Clock, Escalation, EscalationRule, Heartbeat, Milestone, Policy
from tests.clocks import clock_at, policy_row
from tests.faults import rows
from tests.faults.rig import Rig
from tests.faults.rows import BASE
from tickets.models import Delivery, TicketEvent
from tickets.rounds import dispatch

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

NONE_BROKEN = {"I1": 0, "I2": 0, "I3": 0, "I4": 0}


def ticking(*kinds: str) -> bool:
    """Tell whether each kind of process has lately done its work."""
    now = database_now()
    fresh = {row.kind for row in Heartbeat.objects.all() if (now - row.at).total_seconds() < 3}
    return fresh.issuperset(kinds)


def check_mail(running: Rig, doubles_at_most: int) -> None:
    """Every mail arrived, under its own id; doubled at most as often as a sender was killed. I5, I6"""
    own = Delivery.objects.filter(carried_by=None)
    arrived = running.sent()
    assert set(own.values_list("message_id", flat=True)) == set(arrived)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    doubled = sum(arrived.values()) - len(arrived)
    assert doubled <= doubles_at_most
    assert doubled <= sum(Delivery.objects.values_list("unknown_sends", flat=True))


def check_ledger(due: int) -> None:
    """Each escalation that was carried out stands once in the ledger of its ticket and told its owner once."""
    done = Escalation.objects.filter(state="done")
    assert done.count() == due
    assert TicketEvent.objects.filter(kind="escalated").count() == due
    assert Delivery.objects.count() == due


def test_each_deadline_is_told_once_while_workers_are_killed__F1_C34_C36(running: Rig):
    rows.seed(open_clocks=3000, due=600, within=14)
    names = ["clock-1", "clock-2", "out-1", "out-2"]
    for name in names:
        running.worker(name[:-2], name)
    running.beat()
    running.wait_for(lambda: ticking("clock", "out"))
    rows.begin()
    kills, chance, end = 0, random.Random(1), time.monotonic() + 14
    while time.monotonic() < end:
        time.sleep(3)
        # Not faster than a busy machine puts new ones in the place of the dead.
        running.wait_for(lambda: ticking("clock", "out"))
        _stop_in_time()
        name = chance.choice(names)
        running.kill(name)
        running.worker(name[:-2], name)
        kills += 1
    running.until_quiet()
    assert rows.violations() == NONE_BROKEN
    in_time = Milestone.objects.filter(stopped_at__isnull=False, pk__gt=BASE, escalations=None).count()
    check_ledger(600 - in_time)
    check_mail(running, doubles_at_most=kills)
    assert in_time >= 1
    assert rows.lag(0.99) < 10


def _stop_in_time() -> None:
    """Meet the six that are due next as the engine does: what stops a run takes its next step away with it."""
    now = database_now()
    ahead = Milestone.objects.filter(pk__gt=BASE, next_step_at__range=(now, now + timedelta(hours=1)))
    keys = list(ahead.order_by("next_step_at").values_list("pk", flat=True)[:6])
    running = Milestone.objects.filter(pk__in=keys, next_step_at__gt=now)
    running.update(stopped_at=now, completed_at=now, state="met", next_step_at=None)


def test_a_broker_that_dies_and_comes_back_empty_costs_seconds_and_nothing_else__F5(running: Rig):
    rows.seed(open_clocks=1000, due=300, within=18)
    running.worker("clock")
    running.worker("out")
    running.beat()
    running.watchdog()
    running.wait_for(lambda: ticking("clock", "out", "watchdog", "watchdog-mail"))
    rows.begin()
    time.sleep(3)
    running.kill("valkey")
    before = Escalation.objects.count()
    time.sleep(9)
    running.wait_for(lambda: not ticking("clock"))
    assert Escalation.objects.count() > before, "without a broker the watchdog fires"
    running.valkey()
    running.until_quiet()
    running.wait_for(lambda: ticking("clock", "out"))
    assert rows.violations() == NONE_BROKEN
    check_ledger(300)
    check_mail(running, doubles_at_most=0)
    assert rows.lag(1) < 12
    assert running.asked_to_end("watchdog", 25) == 0


def test_no_beat_many_beats_and_dying_beats_double_nothing__F9_C34_C35(running: Rig):
    rows.seed(open_clocks=1000, due=400, within=18)
    running.worker("clock")
    running.worker("out")
    running.watchdog()
    running.wait_for(lambda: ticking("watchdog", "watchdog-mail"))
    rows.begin()
    # Without a beat the watchdog fires.
    running.wait_for(Escalation.objects.exists)
    time.sleep(3)
    for n in range(2):
        running.beat(f"beat-{n}")
    time.sleep(5)
    for n in range(2, 5):
        running.beat(f"beat-{n}")
    for n in range(4):
        time.sleep(1.5)
        running.kill(f"beat-{n}")
    running.until_quiet()
    assert rows.violations() == NONE_BROKEN
    check_ledger(400)
    check_mail(running, doubles_at_most=0)
    assert rows.lag(1) < 12


def test_poisoned_rows_are_set_apart_and_all_others_fire__F17(running: Rig):
    rows.seed(open_clocks=1000, due=1000, within=1)
    _poison_calendar(BASE + 500)
    _poison_action(BASE + 501)
    running.worker("clock")
    running.worker("out")
    running.beat()
    rows.begin()
    running.until_quiet()
    assert rows.violations() == NONE_BROKEN
    check_ledger(998)
    check_mail(running, doubles_at_most=0)
    running.kill("beat")
    _let_hours_pass()
    calendar = Milestone.objects.get(pk=BASE + 500)
    assert (calendar.quarantined_at is not None, calendar.next_step_at, calendar.attempts) == (True, None, 5)
    action = Escalation.objects.get(milestone=BASE + 501)
    assert (action.state, action.attempts, action.error) == ("quarantined", 5, "KeyError: 'dance'")


def _poison_calendar(milestone: int) -> None:
    """Give a milestone a calendar version that cannot be compiled."""
    broken = CalendarVersion.objects.create(
        code="broken", version=1, name="-", name_en="-", rules={}, spec={"timezone": "Mars/Olympus"}, digest="-"
    )
    Milestone.objects.filter(pk=milestone).update(calendar_version=broken)


def _poison_action(milestone: int) -> None:
    """Give a clock a policy that asks for something nobody can do."""
    policy: Policy = policy_row("dancing", {"calendar": "yonsuite-7x12"}, ladder=(("breach", 0),))
    EscalationRule.objects.filter(policy=policy).update(actions=[{"do": "dance"}])
    Clock.objects.filter(milestones=milestone).update(policy=policy)
    Milestone.objects.filter(pk=milestone).update(target=policy.targets.get())


def _let_hours_pass() -> None:
    """Try the poisoned rows again until they are given up, on a clock moved on each time."""
    now = database_now()
    for minutes in (2, 9, 75, 140, 205):
        with clock_at(now + timedelta(minutes=minutes)):
            dispatch.sweep()


def test_the_watchdog_outlives_a_database_that_drops_everybody__F11(running: Rig):
    rows.seed(open_clocks=50, due=30, within=6)
    running.watchdog()
    running.wait_for(lambda: ticking("watchdog", "watchdog-mail"))
    rows.begin()
    for _ in range(3):
        time.sleep(2)
        rows.scalar(
            """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
    running.until_quiet()
    assert rows.violations() == NONE_BROKEN
    check_ledger(30)
    check_mail(running, doubles_at_most=3)
    assert running.asked_to_end("watchdog", 25) == 0
