"""What a customer adds to a ticket: words, files, a confirmation."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Attachment, Status, Ticket

AT = beijing("2026-09-28 09:30")


def answer(client: Client, ticket: Ticket, body: str = "补充一点", **more: Any) -> Any:
    said = {"body": body, "sending": uuid4().hex} | more
    with clock_at("2026-09-28 11:00"):
        return client.post(f"/portal/tickets/{ticket.number}/answer/", said)


def confirm(client: Client, ticket: Ticket) -> Any:
    with clock_at("2026-09-28 11:00"):
        return client.post(f"/portal/tickets/{ticket.number}/confirm/", follow=True)


def test_words_reach_the_ticket_and_its_owner(world: World, mine: Client, ticket: Ticket) -> None:
    actions.accept(ticket=ticket, actor=world.agent, at=AT)
    assert answer(mine, ticket)["Location"] == f"/portal/tickets/{ticket.number}/#answer"
    assert ticket.messages.latest("pk").body == "补充一点"
    assert ticket.deliveries.latest("pk").user == world.agent


def test_an_answer_ends_the_wait__C20(world: World, mine: Client, ticket: Ticket) -> None:
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=AT)
    answer(mine, ticket)
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN


def test_words_on_a_solved_ticket_open_it_again__C20(world: World, mine: Client, ticket: Ticket) -> None:
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=AT)
    answer(mine, ticket, "还是不对")
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN


def test_a_solved_ticket_is_closed_by_its_customer(world: World, mine: Client, ticket: Ticket) -> None:
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=AT)
    assert "谢谢确认，工单已关闭。" in confirm(mine, ticket).content.decode()
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED


def test_what_is_not_solved_cannot_be_confirmed(world: World, mine: Client, ticket: Ticket) -> None:
    assert "工单解决之后才能确认关闭" in confirm(mine, ticket).content.decode()
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW


def test_a_closed_ticket_keeps_the_words_and_says_what_to_do(world: World, mine: Client, ticket: Ticket) -> None:
    actions.close(ticket=ticket, actor=world.agent, at=AT)
    response = answer(mine, ticket, "还有一点")
    assert response.status_code == 422
    assert "请提交一张新的，写上这张的工单号" in response.content.decode()
    assert ticket.messages.count() == 1


def test_words_to_a_joined_ticket_go_to_the_one_it_joined__C37(world: World, mine: Client, ticket: Ticket) -> None:
    other = world.open_ticket("同一件事", side=world.kingdee)
    actions.merge(ticket=ticket, into=other, actor=world.agent, at=AT)
    assert answer(mine, ticket)["Location"] == f"/portal/tickets/{other.number}/#answer"
    assert other.messages.latest("pk").body == "补充一点"


def test_an_answer_sent_twice_is_said_once(mine: Client, ticket: Ticket) -> None:
    token = uuid4().hex
    for _ in range(2):
        assert answer(mine, ticket, sending=token).status_code == 302
    assert ticket.messages.count() == 2
    answer(mine, ticket, "另一句", sending=token)
    assert ticket.messages.count() == 3


@pytest.mark.parametrize("body", ["", "   "])
def test_nothing_is_not_an_answer(mine: Client, ticket: Ticket, body: str) -> None:
    response = answer(mine, ticket, body)
    assert response.status_code == 422
    assert "请写一句话，或附上文件。" in response.content.decode()
    assert ticket.messages.count() == 1


def test_a_file_alone_is_an_answer(mine: Client, ticket: Ticket) -> None:
    answer(mine, ticket, "", attachments=[SimpleUploadedFile("台账.xlsx", b"1")])
    said = ticket.messages.latest("pk")
    assert (said.body, Attachment.objects.get().message) == ("见附件。", said)


def test_a_customer_meets_no_promise_of_ours__K02(mine: Client, ticket: Ticket) -> None:
    answer(mine, ticket)
    milestone = ticket.ticket_clocks.get().clock.milestones.get()
    assert milestone.completed_at is None
