"""A ticket that was taken from a team by mistake: once that is taken back, the team's clock missed nothing. C21, C32"""

from collections.abc import Callable
from datetime import datetime

import pytest

from plans.models import Team, User
from sla.actions import Terms, put_policy
from sla.models import Milestone
from tests.hours import beijing
from tests.promised import HOLDS, open_under, policy, promise, resolution
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.actions.ticket import Classification
from tickets.ledger import actor_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

MOVED, TAKEN, BACK = (beijing(f"2026-03-02 {time}") for time in ("10:00", "10:10", "13:30"))
CODE = "second-line"


def own_policy(hours: float = 4, time: str = "09:00") -> None:
    promises = (
        promise("next_response", 2, "kingdee-5x8", pauses_on=HOLDS), resolution(hours),
        resolution(2, priority="urgent"),
    )  # fmt: skip
    put_policy(terms=Terms(CODE, CODE, CODE, promises, ()), at=at(time))


@pytest.fixture
def second_line(world: World) -> User:
    """Return an agent of a team with a policy of its own."""
    own_policy()
    team = Team.objects.create(code="l2", name="二线", name_en="Second line", vendor="yonsuite", policy=CODE)
    return person("second", "吴二线", team=team)


def at(time: str) -> datetime:
    return beijing(f"2026-03-02 {time}")


def waits(ticket: Ticket, world: World) -> None:
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=at("10:30"))


def waits_and_goes_on(ticket: Ticket, world: World) -> None:
    waits(ticket, world)
    actions.customer_message(ticket=ticket, contact=ticket.contact, body="日志在此", at=at("11:00"))


def is_urgent(ticket: Ticket, world: World) -> None:
    actions.raise_priority(ticket=ticket, actor=actor_of(world.agent), at=at("10:30"))
    actions.raise_priority(ticket=ticket, actor=actor_of(world.agent), at=at("10:40"))


def is_reclassified(ticket: Ticket, world: World) -> None:
    to = Classification("urgent", ticket.category, ticket.product, "", ticket.contract)
    actions.reclassify(ticket=ticket, to=to, reason="停产", actor=world.agent, at=at("10:30"))


def is_solved(ticket: Ticket, world: World) -> None:
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=at("11:30"))


def is_answered(ticket: Ticket, world: World) -> None:
    actions.customer_message(ticket=ticket, contact=ticket.contact, body="？", at=at("10:20"))
    actions.reply(ticket=ticket, body="在查", actor=world.agent, at=at("10:50"))


def of_team(ticket: Ticket) -> list[tuple[str, int, str, datetime | None, datetime | None]]:
    rows = Milestone.objects.filter(clock__ticket_clock__ticket=ticket, clock__ticket_clock__part="team")
    order = rows.order_by("metric", "number")
    return [(row.metric, row.number, row.state, row.due_at, row.stopped_at) for row in order]


def with_second_line(world: World, owner: User) -> Ticket:
    ticket = open_under(world, policy("two-days", resolution(16)), "2026-03-02 09:00")
    return actions.assign(ticket=ticket, to=owner, actor=owner, at=MOVED)


@pytest.mark.parametrize("meanwhile", [waits, waits_and_goes_on, is_urgent, is_reclassified, is_solved, is_answered])
def test_a_team_that_gets_a_ticket_back_missed_nothing_meanwhile__C21_C32(
    world: World, second_line: User, meanwhile: Callable[[Ticket, World], None]
):
    never_left, given_back = (with_second_line(world, second_line) for _ in range(2))
    meanwhile(never_left, world)
    actions.accept(ticket=given_back, actor=world.agent, at=TAKEN)
    line = given_back.events.get(kind="accepted").number
    meanwhile(given_back, world)
    actions.retract(ticket=given_back, event=line, actor=world.lead, at=BACK)
    assert of_team(given_back) == of_team(never_left)


def test_a_team_that_gets_a_ticket_back_goes_by_the_policy_in_force__C16_C21(world: World, second_line: User):
    ticket = with_second_line(world, second_line)
    actions.accept(ticket=ticket, actor=world.agent, at=TAKEN)
    own_policy(3, "10:30")
    line = ticket.events.get(kind="accepted").number
    actions.retract(ticket=ticket, event=line, actor=world.lead, at=BACK)
    assert of_team(ticket) == [("resolution", 1, "running", at("14:00"), None)]


def test_a_ticket_that_went_on_to_a_third_team_is_not_given_back__C32(world: World, second_line: User):
    third = person(
        "third", "赵三线", team=Team.objects.create(code="l3", name="三线", name_en="Third", vendor="yonsuite")
    )
    ticket = with_second_line(world, second_line)
    actions.accept(ticket=ticket, actor=world.agent, at=TAKEN)
    taken = ticket.events.get(kind="accepted").number
    actions.accept(ticket=ticket, actor=third, at=at("11:00"))
    ticket = actions.retract(ticket=ticket, event=taken, actor=world.lead, at=BACK)
    assert ticket.assignee == third
    assert of_team(ticket) == [("resolution", 1, "cancelled", at("15:00"), at("11:00"))]
