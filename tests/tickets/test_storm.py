"""Five hundred tickets within a minute, ten agents: at most ten mails a mark, each listing its tickets. Source: C30"""

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import connection

from sla.models import Clock, Escalation, Milestone, Policy
from tests.clocks import clock_at, policy_row, put_clock, stop_clock
from tests.conftest import Mailbox
from tests.faults.rows import BASE, copy
from tests.hours import beijing
from tests.world import World, person
from tickets.models import Delivery, Ticket, TicketClock
from tickets.rounds import dispatch

pytestmark = pytest.mark.long

TICKETS, AGENTS = 500, 10
STARTS = beijing("2026-09-28 09:00")
# Half of two hours and the whole of them.
WARNED, BREACHED = beijing("2026-09-28 10:00"), beijing("2026-09-28 11:00")


def lay(world: World, over: float, tickets: int = TICKETS) -> None:
    """Lay many tickets of ten agents, each told at half of its two hours and at the breach, `over` seconds apart."""
    template = world.open_ticket("月末结账报错", at=STARTS)
    policy: Policy = policy_row("both", {"calendar": "yonsuite-7x12"}, ladder=(("percent", 50), ("breach", 0)))
    clock: Clock = template.ticket_clocks.get().clock
    Clock.objects.filter(pk=clock.pk).update(policy=policy)
    ours = Milestone.objects.filter(clock=clock)
    ours.update(target=policy.targets.get(), next_level=0)
    owners = [person(f"owner{n}", f"坐席{n}").pk for n in range(AGENTS)]
    later = f"interval '1 second' * ({over} * (n - 1) / {tickets})"
    many = {"id": f"{BASE} + n"}
    owner = f"(ARRAY{owners})[1 + mod(n, {AGENTS})]"
    copy(Ticket, template.pk, tickets, {**many, "number": "'S-' || n", "assignee_id": owner, "event_count": "0"})
    copy(Clock, clock.pk, tickets, many)
    link = template.ticket_clocks.get().pk
    copy(TicketClock, link, tickets, {**many, "ticket_id": many["id"], "clock_id": many["id"]})
    dates = {
        "started_at": f"started_at + {later}", "due_at": f"due_at + {later}",
        "next_step_at": f"started_at + interval '1 hour' + {later}", "next_level": "0",
    }  # fmt: skip
    copy(Milestone, ours.get().pk, tickets, {**many, "clock_id": many["id"], **dates})
    ours.update(next_step_at=None)
    Delivery.objects.all().delete()
    with connection.cursor() as cursor:
        # What earlier tests left behind misleads the planner about rows that nobody has counted yet.
        cursor.execute("ANALYZE sla_milestone, sla_clock, sla_escalation, tickets_ticket, tickets_ticketclock")


def live_through(since: datetime, until: datetime, step: timedelta) -> None:
    """Let the workers look again and again from one instant to another."""
    at = since
    while at <= until:
        put_clock(at)
        dispatch.sweep()
        dispatch.send_mail()
        at += step


def listed(mailbox: Mailbox, word: str) -> tuple[int, Counter[str]]:
    """Return how many mails there were with a word in the subject, and how often each ticket stood in one."""
    mails = [mail for mail in mailbox.messages if word in str(mail["Subject"])]
    tickets: Counter[str] = Counter()
    for mail in mails:
        tickets.update(set(re.findall(r"/console/tickets/(S-\d+)/", mail.get_body(("plain",)).get_content())))
    return len(mails), tickets


@pytest.mark.parametrize(
    ("over", "tickets", "step"),
    [(0, 100, 15), (60, TICKETS, 5)],
    ids=["in the same instant", "evenly over a minute"],
)
def test_five_hundred_tickets_are_ten_mails_a_mark__C30(
    mailbox: Mailbox, world: World, over: float, tickets: int, step: int
):
    lay(world, over, tickets)
    stop_clock()
    for mark in (WARNED, BREACHED):
        live_through(mark, mark + timedelta(seconds=90), timedelta(seconds=step))
        live_through(mark + timedelta(seconds=105), mark + timedelta(minutes=3), timedelta(seconds=15))
    assert Escalation.objects.filter(state="done").count() == 2 * tickets
    for word in ("预警", "超时"):
        mails, told = listed(mailbox, word)
        assert mails == AGENTS
        assert len(told) == tickets
        assert set(told.values()) == {1}


def test_after_an_outage_nobody_gets_more_than_a_handful__C35(mailbox: Mailbox, world: World):
    lay(world, 60, 100)
    stop_clock()
    found = beijing("2026-09-28 12:30")
    live_through(found, found + timedelta(minutes=3), timedelta(seconds=20))
    mails, tickets = listed(mailbox, "超时")
    assert (mails, len(tickets)) == (AGENTS, 100)
    assert "系统晚了 1 小时 30 分才发现此事" in mailbox.messages[0].get_body(("plain",)).get_content()
    assert listed(mailbox, "预警")[0] == 0, "a warning found with its breach warns of nothing"


def test_outside_a_storm_nothing_waits(mailbox: Mailbox, world: World):
    world.open_ticket(at=STARTS)
    Delivery.objects.all().delete()
    with clock_at(BREACHED + timedelta(seconds=1)):
        dispatch.sweep()
        dispatch.send_mail()
    assert Delivery.objects.filter(state="sent", kind="breach").count() == 3
