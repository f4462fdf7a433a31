"""Whose time a promise took, as programs read it."""

import pytest

from plans.models import Team
from sla.clock import database_now
from tests.hours import beijing
from tests.promised import open_under, policy, resolution
from tickets.actions import ticket as actions


def test_a_promise_tells_whose_time_it_took_and_customers_are_told_no_names__C31(client, world, agent, customer):
    ticket = open_under(world, policy("ten-hours", resolution(10)), "2026-03-02 08:30")
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 09:30"))
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=beijing("2026-03-02 10:00"))
    actions.resume(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 10:10"))
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-03-02 11:40"))
    path = f"/api/v1/tickets/{ticket.number}/milestones/"
    (ours,), (theirs,) = (client.get(path, **who).json() for who in (agent, customer))
    assert ours["shares"] == [
        {"holder": "", "name": "排队", "kind": "queue", "team": "experts", "seconds": 3600},
        {"holder": "agent", "name": "李坐席", "kind": "agent", "team": "experts", "seconds": 7200},
    ]
    assert theirs["shares"] == [
        {"holder": "", "name": "排队", "kind": "queue", "team": "", "seconds": 3600},
        {"holder": "", "name": "处理人", "kind": "agent", "team": "", "seconds": 7200},
    ]
    assert [(one["kind"], one["seconds"]) for one in theirs["paused_shares"]] == [("customer", 600)]


def test_what_a_team_owes_within_the_house_is_in_no_answer_to_a_customer__C32(client, world, agent, customer):
    code = policy("second-line", resolution(0.25)).code
    team = Team.objects.create(code="l2", name="二线", name_en="Second line", vendor="yonsuite", policy=code)
    ticket = open_under(world, policy("two-hours", resolution(2)), "2026-03-02 09:00")
    actions.hand_over(ticket=ticket, team=team, actor=world.agent, at=beijing("2026-03-02 09:30"))
    at = f"/api/v1/tickets/{ticket.number}/"
    for who, parts, due in ((agent, {"ticket", "team"}, "01:45"), (customer, {"ticket"}, "03:00")):
        detail = client.get(at, **who).json()
        listed = client.get("/api/v1/tickets/", **who).json()["results"][0]
        assert {one["part"] for one in detail["milestones"]} == parts
        assert {one["part"] for one in client.get(f"{at}milestones/", **who).json()} == parts
        assert detail["due_at"] == listed["due_at"] == f"2026-03-02T{due}:00Z"
        for asked in ("", "?part=team"):
            proof = client.get(f"{at}milestones/resolution/proof/{asked}", **who).json()
            expected = "01:45" if asked and "team" in parts else "03:00"
            assert proof["due_at"] == f"2026-03-02T{expected}:00Z"


@pytest.mark.parametrize(
    ("body", "status"),
    [({"team": "experts"}, 200), ({"team": "nobody"}, 422), ({}, 422), ({"team": "experts", "to": "agent"}, 422)],
)
def test_a_ticket_is_given_to_a_team_by_its_code(client, world, agent, body, status):
    ticket = actions.accept(ticket=world.open_ticket(), actor=world.agent, at=database_now())
    answer = client.post(f"/api/v1/tickets/{ticket.number}/assign/", body, content_type="application/json", **agent)
    assert answer.status_code == status
    ticket.refresh_from_db()
    assert (ticket.assignee is None) is (status == 200)
