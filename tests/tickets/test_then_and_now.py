"""The verdict stands under the rules of its time; what today's rules would say is told beside it, never instead."""

import pytest

from sla.actions import put_policy, retire_policy
from sla.models import Milestone
from sla.proof import verdicts
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.terms import Target, promised, put_under, terms
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket
from tickets.rounds import dispatch

FOUR, TWO = Target("first_response", 4), Target("first_response", 2)
NOW = beijing("2026-09-28 15:00")


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket that was answered after two and a half of four promised hours."""
    put_under(world.yonsuite.contract, "house", FOUR)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    return actions.reply(ticket=ticket, body="请看。", actor=world.agent, at=beijing("2026-09-28 11:30"))


def change(*targets: Target) -> None:
    put_policy(terms=terms("house", *targets), at=beijing("2026-09-28 14:00"))
    with clock_at("2026-09-28 14:00:01"):
        dispatch.sweep()


def only(ticket: Ticket) -> Milestone:
    return promised(ticket)["first_response"]


def test_what_was_met_stays_met_and_todays_rule_is_told_beside_it__C42(ticket: Ticket):
    before = only(ticket)
    assert verdicts.today(before, NOW) is None
    change(TWO)
    row = only(ticket)
    assert (row.state, row.due_at, row.target.policy.version) == ("met", beijing("2026-09-28 13:00"), 1)
    found = verdicts.today(row, NOW)
    assert found == verdicts.Verdict("met_late", beijing("2026-09-28 11:00"), 2, row.calendar_version.version)


def test_an_open_promise_that_was_missed_is_told_by_todays_rule_too__C42(world: World):
    put_under(world.yonsuite.contract, "house", TWO)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    change(Target("first_response", 8))
    assert only(ticket).state_at(NOW) == "breached"
    found = verdicts.today(only(ticket), NOW)
    assert found is not None
    assert (found.state, found.due_at) == ("running", beijing("2026-09-28 17:00"))


def test_a_policy_that_is_out_of_force_would_time_nothing(ticket: Ticket):
    retire_policy(code="house", cause="停用", at=beijing("2026-09-28 14:00"))
    assert verdicts.today(only(ticket), NOW) == verdicts.NOT_TIMED


def test_nothing_is_read_for_what_stands_under_the_rules_in_force(ticket: Ticket, django_assert_num_queries):
    rows = list(Milestone.objects.select_related("target__policy", "calendar_version"))
    with django_assert_num_queries(0):
        assert verdicts.todays(rows, NOW) == {}


def test_agents_read_it_on_the_card_the_proof_and_over_the_api__C42(client, world: World, ticket: Ticket):
    change(TWO)
    client.force_login(world.agent)
    page = client.get(f"/console/tickets/{ticket.number}/").content.decode()
    proof = client.get(f"/console/tickets/{ticket.number}/proof/{only(ticket).pk}/").content.decode()
    for html in (page, proof):
        assert "按现行规则（响应标准 v2）" in html
    url = f"/api/v1/tickets/{ticket.number}/milestones/"
    (told,) = client.get(url, **bearer(new_key("api", user=world.agent))).json()
    assert told["state"] == "met"
    assert told["under_todays_rules"] == {
        "state": "met_late", "due_at": "2026-09-28T03:00:00Z", "policy_version": 2,
        "calendar_version": told["calendar_version"],
    }  # fmt: skip
    (theirs,) = client.get(url, **bearer(new_key("api", user=world.yonsuite.contact.user))).json()
    assert theirs["under_todays_rules"] is None
    client.force_login(world.yonsuite.contact.user)
    assert "按现行规则" not in client.get(f"/portal/tickets/{ticket.number}/").content.decode()
