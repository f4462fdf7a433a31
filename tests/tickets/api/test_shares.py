"""Whose time a promise took, as programs read it."""

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
