"""In whose hands a ticket was, and how much of its promise each of them used."""

from datetime import timedelta

import pytest

from plans.models import Team
from tests.hours import beijing, hours
from tests.promised import only, open_under, policy, resolution
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.models import Ticket
from tickets.showing.holders import shares_fields, splits_of


@pytest.fixture
def second_line(world: World) -> Team:
    return Team.objects.create(code="l2", name="二线", name_en="Second line", vendor="yonsuite")


def split(ticket: Ticket, at: str):
    return splits_of(ticket, ticket.events.all(), [only(ticket)], beijing(at))[only(ticket).pk]


def lengths(found) -> list[tuple[str, str, timedelta]]:
    return [(one.kind, one.name, one.length) for one in found]


def test_the_first_line_used_eight_hours_of_ten_and_the_second_two__C31(world, second_line):
    other = person("second", "吴二线", team=second_line)
    ticket = open_under(world, policy("ten-hours", resolution(10)), "2026-03-02 08:30")
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 08:30"))
    actions.assign(ticket=ticket, to=other, actor=world.agent, at=beijing("2026-03-03 08:30"))
    actions.resolve(ticket=ticket, body="", actor=other, at=beijing("2026-03-03 10:30"))
    found = split(ticket, "2026-04-01 08:30").counted
    assert [(one.name, one.team, one.length, one.percent) for one in found] == [
        ("李坐席", "experts", hours(8), 80),
        ("吴二线", "l2", hours(2), 20),
    ]


def test_each_kind_of_holder_has_its_own_share__C31(world, second_line):
    ticket = open_under(world, policy("forty-hours", resolution(40, pauses_on=("customer",))), "2026-03-02 08:30")
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 09:00"))
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=beijing("2026-03-02 10:00"))
    actions.resume(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 11:00"))
    actions.wait(ticket=ticket, wait_for="third_party", until=None, actor=world.agent, at=beijing("2026-03-02 11:30"))
    actions.resume(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 13:30"))
    actions.hand_over(ticket=ticket, team=second_line, actor=world.agent, at=beijing("2026-03-02 14:30"))
    found = split(ticket, "2026-03-02 15:00")
    assert lengths(found.counted) == [
        ("queue", "排队", hours(0.5)),
        ("agent", "李坐席", hours(2.5)),
        ("third_party", "第三方", hours(1)),  # this promise does not pause for them: their time counts, and is theirs
        ("team", "二线", hours(0.5)),
    ]
    assert lengths(found.paused) == [("customer", "客户", hours(1))]


def test_an_agreed_wait_gives_the_ticket_back_when_it_ends(world):
    ticket = open_under(world, policy("not-pausing", resolution(40, pauses_on=())), "2026-03-02 08:30")
    actions.wait(
        ticket=ticket, wait_for="third_party", until=beijing("2026-03-02 10:30"), actor=world.agent,
        at=beijing("2026-03-02 09:30"),
    )  # fmt: skip
    assert lengths(split(ticket, "2026-03-02 11:30").counted) == [
        ("queue", "排队", hours(1)),
        ("third_party", "第三方", hours(1)),
        ("agent", "李坐席", hours(1)),
    ]


def test_whole_seconds_add_up_and_customers_read_no_names(world):
    ticket = open_under(world, policy("ten-hours", resolution(10)), "2026-03-02 08:30")
    for second, agent in ((0.4, world.agent), (1.8, world.expert), (3.3, world.agent)):
        actions.assign(
            ticket=ticket, to=agent, actor=world.lead, at=ticket.opened_at + timedelta(minutes=1, seconds=second)
        )
    found = splits_of(ticket, ticket.events.all(), [only(ticket)], ticket.opened_at + timedelta(seconds=64.9))
    shares = found[only(ticket).pk].counted
    for is_internal, holders in ((True, ["", "agent", "expert"]), (False, ["", ""])):
        fields = shares_fields(shares, is_internal=is_internal)
        assert [one["holder"] for one in fields] == holders
        assert sum(one["seconds"] for one in fields) == 64
    assert {one["team"] for one in fields} == {""}
