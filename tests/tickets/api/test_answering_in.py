"""A customer's word in a ticket that stands, by whatever way it comes: it ends a wait for them. C20"""

from datetime import timedelta

import pytest

from sla.clock import database_now
from sla.models import Milestone
from tests.promised import open_under, policy, resolution
from tickets.actions import ticket as actions
from tickets.actions.asking import answer
from tickets.models import Message, Ticket

WAITED = timedelta(minutes=30)


@pytest.fixture
def waiting(world) -> Ticket:
    """Return a ticket that has waited for its customer for half an hour, on a clock that never shuts."""
    now = database_now()
    at = (now - timedelta(hours=2)).astimezone().isoformat()
    ticket = open_under(world, policy("always", resolution(8, "yonsuite-7x24")), at)
    return actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=now - WAITED)


def by_intake(channel):
    def send(ticket, post, **_others):
        said = {
            "external_id": "again-1",
            "contact": {"email": ticket.contact.email},
            "ticket": ticket.number,
            "body": "截图在此。",
        }
        reply = post(said, channel)
        assert (reply.status_code, reply.json()["ticket"]) == (201, ticket.number)

    return send


def by_hotline(ticket, post, **_others):
    said = {"external_id": "call-1", "caller": ticket.contact.phone, "ticket": ticket.number, "body": "客户来电补充。"}
    assert post(said, "hotline").status_code == 201


def by_portal(ticket, **_others):
    answer(
        ticket=ticket, contact=ticket.contact, body="截图在此。", files=(), token="once", at=database_now()
    )  # fmt: skip


def by_reply(ticket, client, customer, **_others):
    body = {"body": "截图在此。"}
    path = f"/api/v1/tickets/{ticket.number}/reply/"
    assert client.post(path, body, content_type="application/json", **customer).status_code == 200


WAYS = {
    "im": by_intake("im"),
    "in_product": by_intake("in_product"),
    "community": by_intake("community"),
    "portal form": by_intake("portal"),
    "hotline": by_hotline,
    "portal": by_portal,
    "api reply": by_reply,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_customers_word_ends_a_wait_for_them_by_every_way_alike__C20(way, waiting, post, client, customer):
    WAYS[way](waiting, post=post, client=client, customer=customer)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.waiting_until) == ("open", None)
    assert list(waiting.events.order_by("-number").values_list("kind", flat=True)[:2]) == [
        "resumed",
        "customer_message",
    ]
    milestone = Milestone.objects.get(clock__ticket_clock__ticket=waiting)
    assert abs(milestone.due_at - waiting.opened_at - timedelta(hours=8) - WAITED) < timedelta(seconds=30)


def test_what_is_added_twice_is_said_once(waiting, post):
    said = {"external_id": "a", "contact": {"email": waiting.contact.email}, "ticket": waiting.number, "body": "一次"}
    first, again = post(said, "im"), post(said | {"priority": "high"}, "im")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Message.objects.filter(ticket=waiting, body="一次").count() == 1
    assert post(said | {"external_id": "b"}, "im").status_code == 201
    assert Message.objects.filter(ticket=waiting, body="一次").count() == 2


def test_nobody_writes_into_another_customers_ticket(waiting, post, world):
    said = {"external_id": "a", "contact": {"email": world.stranger.email}, "ticket": waiting.number, "body": "借看"}
    for number in (waiting.number, "T-2020-000001"):
        refused = post(said | {"ticket": number, "external_id": number}, "im")
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_ticket")
    assert not Message.objects.filter(body="借看").exists()


def test_what_comes_to_a_merged_ticket_lands_in_the_one_it_became_part_of__C37(waiting, post, world):
    parent = world.open_ticket("主要的", at=database_now())
    actions.merge(ticket=waiting, into=parent, actor=world.agent, at=database_now())
    said = {"external_id": "a", "contact": {"email": waiting.contact.email}, "ticket": waiting.number, "body": "后来的"}
    assert post(said, "im").json()["ticket"] == parent.number
    assert Message.objects.get(body="后来的").ticket == parent
