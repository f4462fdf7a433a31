"""The clock of a team: its own promise within the house, beside the customer's, which runs on as it was. C32"""

from decimal import Decimal

import pytest

from plans.models import Team
from sla.actions import Level
from sla.models import Milestone
from tests.clocks import clock_at
from tests.hours import beijing, hours
from tests.promised import HOLDS, OWNER, open_under, policy, promise, resolution
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.console.ticket_page import nearest_of
from tickets.ledger import actor_of
from tickets.models import Ticket, TicketClock
from tickets.rounds import dispatch
from tickets.showing.holders import splits_of
from tickets.showing.promises import promises_of

OPENED, MOVED = "2026-03-02 09:00", beijing("2026-03-02 10:30")


@pytest.fixture
def second_line(world: World) -> Team:
    """Return a team with a policy of its own: answer within half an hour, done within an hour."""
    code = policy("second-line", promise("first_response", 0.5, "kingdee-5x8", met_on=("accept", "assign")),
                  promise("resolution", 1, "kingdee-5x8", met_on=("resolve",), pauses_on=HOLDS)).code  # fmt: skip
    return Team.objects.create(code="l2", name="二线", name_en="Second line", vendor="yonsuite", policy=code)


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket that is to be resolved within two hours."""
    return open_under(world, policy("two-hours", resolution(2)), OPENED)


def of_team(ticket: Ticket, metric: str = "resolution") -> list[Milestone]:
    return list(Milestone.objects.filter(clock__ticket_clock__ticket=ticket, clock__ticket_clock__part="team",
                                         metric=metric).order_by("pk"))  # fmt: skip


def of_customer(ticket: Ticket) -> Milestone:
    return Milestone.objects.get(clock__ticket_clock__ticket=ticket, clock__ticket_clock__part="ticket")


def test_a_team_with_an_hour_of_its_own_gets_it_when_half_an_hour_is_left__C32(world, ticket, second_line):
    ticket = actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    assert of_customer(ticket).due_at == beijing("2026-03-02 11:00")
    assert [row.due_at for row in of_team(ticket)] == [beijing("2026-03-02 11:30")]
    assert ticket.next_due_at == beijing("2026-03-02 11:00")
    shown = promises_of([ticket], MOVED, world.agent)[ticket.pk]
    assert {one.name for one in shown} == {"解决", "首次响应（团队内部）", "解决（团队内部）"}
    nearest = next(one for one in shown if one.id == nearest_of(shown))
    assert (nearest.name, nearest.due_at) in {
        ("首次响应（团队内部）", beijing("2026-03-02 11:00")),
        ("解决", beijing("2026-03-02 11:00")),
    }


def test_no_customer_sees_what_a_team_owes_within_the_house__C32(world, ticket, second_line):
    ticket = actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    (seen,) = promises_of([ticket], MOVED, ticket.contact.user)[ticket.pk]
    assert seen.milestone == of_customer(ticket)


def test_the_hand_over_itself_answers_nobody_in_the_team_but_taking_it_on_does__C32(world, ticket, second_line):
    ticket = actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    assert of_team(ticket, "first_response")[0].state == "running"
    actions.accept(ticket=ticket, actor=person("second", "吴二线", team=second_line), at=beijing("2026-03-02 10:40"))
    assert [row.state for row in of_team(ticket, "first_response")] == ["met"]


def test_whoever_takes_a_ticket_over_starts_and_answers_their_teams_clock__C32(world, ticket, second_line):
    other = person("second", "吴二线", team=second_line)
    actions.reply(ticket=ticket, body="在查", actor=world.agent, at=beijing("2026-03-02 09:10"))
    actions.accept(ticket=ticket, actor=other, at=MOVED)
    assert [row.state for row in of_team(ticket, "first_response")] == ["met"]
    assert [row.due_at for row in of_team(ticket)] == [beijing("2026-03-02 11:30")]


@pytest.mark.parametrize(("until", "state"), [("2026-03-02 11:20", "cancelled"), ("2026-03-02 14:00", "breached")])
def test_the_next_hand_over_ends_a_teams_clock_where_it_stands__C32(world, ticket, second_line, until, state):
    actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    ticket = actions.assign(ticket=ticket, to=world.agent, actor=world.agent, at=beijing(until))
    (row,) = of_team(ticket)
    assert (row.state, row.stopped_at) == (state, beijing(until))
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-03-02 15:00"))
    actions.reopen(ticket=ticket, body="", actor=world.agent, at=beijing("2026-03-02 16:00"))
    assert of_team(ticket) == [row]  # what happens later is none of its business
    assert of_team(ticket)[0].state == state


def test_a_ticket_that_comes_back_starts_the_team_anew__C32(world, ticket, second_line):
    actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    actions.hand_over(ticket=ticket, team=world.team, actor=world.agent, at=beijing("2026-03-02 10:45"))
    ticket = actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=beijing("2026-03-02 15:00"))
    assert [row.due_at for row in of_team(ticket) if row.stopped_at is None] == [beijing("2026-03-02 16:00")]
    assert TicketClock.objects.filter(ticket=ticket, part="team").count() == 2


def test_the_end_of_the_ticket_ends_the_teams_clock_and_meets_it__C32(world, ticket, second_line):
    actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    second = person("second", "吴二线", team=second_line)
    ticket = actions.resolve(ticket=ticket, body="", actor=second, at=beijing("2026-03-02 10:50"))
    assert [row.state for row in of_team(ticket)] == ["met"]
    assert ticket.next_due_at is None


def test_a_wait_under_way_holds_the_new_teams_clock_too__C32(world, ticket, second_line):
    until = beijing("2026-03-02 14:00")
    actions.wait(ticket=ticket, wait_for="customer", until=until, actor=world.agent, at=beijing("2026-03-02 10:00"))
    ticket = actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    assert [row.due_at for row in of_team(ticket)] == [beijing("2026-03-02 15:00")]


def test_a_colleague_of_the_same_team_starts_nothing_anew__C32(world, ticket, second_line):
    actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=MOVED)
    for name in ("one", "two"):
        colleague = person(name, name, team=second_line)
        actions.assign(ticket=ticket, to=colleague, actor=world.agent, at=beijing("2026-03-02 10:40"))
    assert TicketClock.objects.filter(ticket=ticket, part="team").count() == 1


def test_a_team_without_a_policy_owes_nothing_of_its_own__C32(world, ticket):
    plain = Team.objects.create(code="plain", name="三线", name_en="Third line", vendor="yonsuite")
    actions.hand_over(ticket=ticket, team=plain, actor=world.agent, at=MOVED)
    assert not TicketClock.objects.filter(ticket=ticket, part="team").exists()


def test_an_acceptance_taken_back_gives_the_ticket_and_its_time_back__C21_C32(world, ticket, second_line):
    other = person("second", "吴二线", team=second_line)
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 09:30"))
    ticket = actions.accept(ticket=ticket, actor=other, at=MOVED)
    line = ticket.events.get(kind="accepted", actor_ref=f"user:{other.pk}")
    ticket = actions.retract(ticket=ticket, event=line.number, actor=other, at=beijing("2026-03-02 10:40"))
    assert (ticket.assignee, ticket.team) == (world.agent, world.team)
    assert of_team(ticket) == []
    later = beijing("2026-03-02 11:00")
    found = splits_of(ticket, ticket.events.all(), [of_customer(ticket)], later)[of_customer(ticket).pk]
    assert [(one.name, one.length) for one in found.counted] == [
        ("排队", hours(0.5)), ("李坐席", hours(1 + 1 / 3)), ("吴二线", hours(1 / 6)),
    ]  # fmt: skip


def test_mail_about_a_teams_promise_says_that_it_is_owed_within_the_house__C32(world, ticket, second_line, mailbox):
    levels = (Level("resolution", 1, "breach", Decimal(0), (OWNER,)),)
    policy("second-line", resolution(1), levels=levels)
    second = person("second", "吴二线", team=second_line)
    actions.assign(ticket=ticket, to=second, actor=world.agent, at=MOVED)
    with clock_at("2026-03-02 11:31"):
        dispatch.sweep()
        dispatch.send_mail()
    (mail,) = [mail for mail in mailbox.messages if "超时" in mail["subject"]]
    text = mail.get_body(("plain",)).get_content()
    assert second.email in mail["to"]
    assert "解决（团队内部）" in mail["subject"]
    assert "团队应在 3月2日 星期一 11:30 前解决（团队内部），逾期没有做到。" in text


def test_a_team_that_took_a_ticket_on_by_mistake_owes_nothing_of_it_ever_after__C21_C32(world, ticket):
    under = policy("answers", promise("next_response", 1, "kingdee-5x8"), resolution(1))
    line = Team.objects.create(code="l3", name="三线", name_en="Third", vendor="yonsuite", policy=under.code)
    colleague = person("third", "赵三线", team=line)
    ticket = actions.accept(ticket=ticket, actor=colleague, at=MOVED)
    taken = ticket.events.get(kind="accepted").number
    actions.retract(ticket=ticket, event=taken, actor=colleague, at=MOVED + hours(0.1))
    contact = world.yonsuite.contact
    actions.raise_priority(ticket=ticket, actor=actor_of(world.agent), at=MOVED + hours(0.2))
    ticket = actions.customer_message(ticket=ticket, contact=contact, body="还在吗？", at=MOVED + hours(0.3))
    assert not Milestone.objects.open().filter(clock__ticket_clock__part="team").exists()
    assert ticket.next_due_at == of_customer(ticket).due_at
