from datetime import timedelta

import pytest

from plans.models import Role
from sla.clock import database_now
from sla.models import Drift, Milestone, SelfCheck
from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.world import World, person
from tickets.models import Bulletin, Ticket
from tickets.rounds import jobs, nightly
from tickets.rounds.delivering import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def drifted(world: World) -> Ticket:
    """Return a ticket whose deadline is not what its facts say."""
    ticket = world.open_ticket("月结报错", at="2026-11-02 20:00")
    rows = Milestone.objects.filter(clock__ticket_clock__ticket=ticket)
    rows.update(due_at=rows.get().due_at + timedelta(hours=3))
    return ticket


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        ("2026-11-03 01:59", False),
        ("2026-11-03 02:00", True),
        # A night that was slept through is made up for in the morning.
        ("2026-11-03 09:00", True),
    ],
)
def test_a_check_begins_each_night_at_two(world: World, at: str, begins: bool) -> None:
    with clock_at("2026-11-02 02:30"):
        jobs.work()
    with clock_at(at):
        jobs.work()
        jobs.work()
    assert SelfCheck.objects.count() == (2 if begins else 1)


def test_managers_are_written_to_with_the_tickets_number_once_a_night(
    world: World, drifted: Ticket, mailbox: Mailbox
) -> None:
    reader = person("boss", "总监", Role.MANAGER, language="en")
    with clock_at("2026-11-03 02:00"):
        jobs.work()
        jobs.work()
        deliver()
    letters = {
        mail["To"].addresses[0].addr_spec: mail for mail in mailbox.messages if drifted.contact.email not in mail["To"]
    }
    assert letters.keys() == {world.manager.email, reader.email}
    text = letters[world.manager.email].get_body(("plain",)).get_content()
    assert drifted.number in text
    assert "自检发现 1 个时限有出入" in letters[world.manager.email]["Subject"]
    assert drifted.number in letters[reader.email].get_body(("plain",)).get_content()
    assert Bulletin.objects.get().is_alarm


def test_a_difference_that_stands_is_told_again_the_next_night_and_then_no_more(world: World, drifted: Ticket) -> None:
    for night in ("2026-11-03", "2026-11-04"):
        with clock_at(f"{night} 02:00"):
            jobs.work()
    assert Bulletin.objects.count() == 2
    row = Milestone.objects.get(clock__ticket_clock__ticket=drifted)
    Milestone.objects.filter(pk=row.pk).update(due_at=row.due_at - timedelta(hours=3))
    with clock_at("2026-11-05 02:00"):
        jobs.work()
        assert not Drift.objects.filter(settled_at=None).exists()
        assert not nightly.announce(at=database_now())
    assert Bulletin.objects.count() == 2
