"""Side tasks over the API: for our people alone. Source: K10"""

import json

import pytest

from tests.keys import bearer, new_key
from tickets.models import Delivery, SideTask


@pytest.fixture
def ticket(world):
    return world.open_ticket()


@pytest.fixture
def call(client, world):
    """Return a function that calls a path under a ticket as somebody."""

    def send(ticket, method="get", part="", who=None, **said):
        key = bearer(new_key("api", user=who or world.agent))
        address = f"/api/v1/tickets/{ticket.number}/tasks/{part}"
        if method == "get":
            return client.get(address, **key)
        return getattr(client, method)(address, json.dumps(said), content_type="application/json", **key)

    return send


def test_a_task_is_asked_for_passed_on_and_ticked_off(call, world, ticket):
    made = call(ticket, "post", title="核对日志", assignee="expert")
    assert made.status_code == 201
    task = made.json()
    assert (task["assignee"], task["created_by"], task["done_at"]) == ("expert", "李坐席", None)
    passed = call(ticket, "patch", f"{task['id']}/", assignee="lead").json()
    assert passed["assignee"] == "lead"
    done = call(ticket, "patch", f"{task['id']}/", done=True).json()
    assert done["done_by"] == "李坐席"
    assert [one["id"] for one in call(ticket).json()] == [task["id"]]
    assert list(Delivery.objects.filter(kind="side_task").values_list("address", flat=True)) == [
        world.expert.email,
        world.lead.email,
    ]
    again = call(ticket, "patch", f"{task['id']}/", done=True)
    assert (again.status_code, again.json()["code"]) == (409, "task_done")


@pytest.mark.parametrize(
    "said",
    [{}, {"title": ""}, {"title": 7}, {"title": "x" * 201}, {"title": "x", "assignee": "nobody"},
     {"title": "x", "assignee": "contact1"}],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused_by_field(call, ticket, said):
    answer = call(ticket, "post", **said)
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]
    assert not SideTask.objects.exists()


@pytest.mark.parametrize("said", [{}, {"done": False}, {"done": "yes"}, {"assignee": "nobody"}])
def test_a_change_says_what_it_changes(call, ticket, said):
    made = call(ticket, "post", title="核对日志").json()
    assert call(ticket, "patch", f"{made['id']}/", **said).status_code in (400, 422)
    assert SideTask.objects.get().done_at is None


def test_a_customer_is_refused_and_a_stranger_finds_nothing(call, world, ticket):
    call(ticket, "post", title="核对日志")
    for method, said in (("get", {}), ("post", {"title": "x"})):
        assert call(ticket, method, who=world.yonsuite.contact.user, **said).status_code == 403
        assert call(ticket, method, who=world.stranger.user, **said).status_code == 404
    task = SideTask.objects.get()
    assert call(ticket, "patch", f"{task.pk}/", who=world.yonsuite.contact.user, done=True).status_code == 403
    assert call(ticket, "patch", f"{task.pk}/", who=world.stranger.user, done=True).status_code == 404


def test_a_task_is_found_under_its_own_ticket_alone(call, world, ticket):
    made = call(ticket, "post", title="核对日志").json()
    other = world.open_ticket("另一张")
    assert call(other, "patch", f"{made['id']}/", done=True).status_code == 404
