"""A policy changes under open tickets: the sweep brings them over, writes it down, and tells whom it harms."""

from email import message_from_bytes
from email.policy import default as modern

import pytest

from sla.actions import put_policy, retire_policy
from sla.actors import Actor
from sla.models import DueMove, Recompute
from sla.timeline import ActorKind
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.terms import Target, promised, put_under, terms
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket
from tickets.rounds import dispatch
from tickets.showing.conversation import entries_of
from tickets.showing.happenings import words_of
from tickets.showing.names import Names
from tickets.telling import mail

MANAGER = Actor(ActorKind.AGENT, "user:9", "郑经理")
MOVED = "deadline_moved"
TWO, FOUR = Target("first_response", 2), Target("first_response", 4)


def sweep(at: str) -> None:
    with clock_at(at):
        assert dispatch.sweep()


def last(ticket: Ticket):
    return ticket.events.order_by("number").last()


def test_a_new_version_moves_open_tickets_with_who_and_why_and_tells_the_customer_of_the_worse__C16_C41(world: World):
    put_under(world.yonsuite.contract, "house", TWO)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    put_policy(terms=terms("house", FOUR), cause="人手不足", actor=MANAGER, at=beijing("2026-09-28 09:30"))
    sweep("2026-09-28 09:30:01")
    ticket.refresh_from_db()
    assert (ticket.next_due_at, promised(ticket)["first_response"].due_at) == (beijing("2026-09-28 13:00"),) * 2
    event = last(ticket)
    assert (event.kind, event.actor_display, event.fields["cause"], event.fields["policy"]) == (
        "deadline_moved", "郑经理", "人手不足", "house",
    )  # fmt: skip
    assert words_of(event, Names()) == "首次响应时限由 09-28 11:00 改为 09-28 13:00。原因：人手不足"
    assert Delivery.objects.get(kind="deadline_moved", user=None).contact == ticket.contact


@pytest.mark.parametrize(
    ("code", "words", "letter"),
    [
        ("house", "人手不足", "因为：人手不足。"),
        # Why one contract has terms of its own is for colleagues, as with any reason for a change of terms.
        ("house@C-Y-1", "服务响应标准有了新版本", "因为服务响应标准有了新版本。"),
    ],
)
def test_customers_read_why_rules_changed_but_not_why_their_contract_has_its_own(world, client, code, words, letter):
    put_under(world.yonsuite.contract, code, TWO)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    put_policy(terms=terms(code, FOUR), cause="人手不足", actor=MANAGER, at=beijing("2026-09-28 09:30"))
    sweep("2026-09-28 09:30:01")
    customer = ticket.contact.user
    told = entries_of(ticket, [], customer)[-1].words
    assert told == f"首次响应时限由 09-28 11:00 改为 09-28 13:00。原因：{words}"
    key = bearer(new_key("api", user=customer))
    lines = client.get(f"/api/v1/tickets/{ticket.number}/events/", **key).json()
    [line] = [one for one in lines if one["kind"] == MOVED]
    assert [move["new_due_at"] for move in line["fields"]["moves"]] == ["2026-09-28T05:00:00Z"]
    assert ("人手不足" in str(line)) == (words == "人手不足")
    sent = mail.render(Delivery.objects.get(kind=MOVED, user=None), at=beijing("2026-09-28 09:31"))
    text = message_from_bytes(sent, policy=modern).get_body(("plain",)).get_content()
    assert letter in text
    assert ("人手不足" in text) == (words == "人手不足")


def test_a_shorter_promise_disturbs_nobody(world: World):
    put_under(world.yonsuite.contract, "house", FOUR)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    put_policy(terms=terms("house", TWO), at=beijing("2026-09-28 09:30"))
    sweep("2026-09-28 09:30:01")
    ticket.refresh_from_db()
    assert ticket.next_due_at == beijing("2026-09-28 11:00")
    assert not Delivery.objects.filter(kind="deadline_moved").exists()
    assert "服务响应标准有了新版本" in words_of(last(ticket), Names())


def test_a_policy_switched_off_leaves_breached_tickets_without_clock_or_mail_but_with_their_history__C16(world: World):
    put_under(world.yonsuite.contract, "house", TWO, Target("resolution", 8))
    tickets = [world.open_ticket(at="2026-09-28 09:00") for _ in range(3)]
    sweep("2026-09-28 11:00:01")
    told = Delivery.objects.filter(kind="breach").count()
    lines = [ticket.events.filter(kind="escalated").count() for ticket in tickets]
    assert (told > 0, lines) == (True, [1, 1, 1])
    retire_policy(code="house", cause="停用", actor=MANAGER, at=beijing("2026-09-28 11:10"))
    for at in ("2026-09-28 11:10:01", "2026-09-28 17:30", "2026-09-29 17:30"):
        sweep(at)
    for ticket in tickets:
        ticket.refresh_from_db()
        rows = promised(ticket)
        assert (ticket.next_due_at, rows["first_response"].state, rows["resolution"].state) == (
            None, "breached", "cancelled",
        )  # fmt: skip
        assert ticket.events.filter(kind="escalated").count() == 1
    assert Delivery.objects.filter(kind="breach").count() == told
    assert Recompute.objects.get(kind="policy").finished_at is not None


def test_a_ticket_that_was_answered_is_promised_the_next_answer_by_the_version_in_force(world: World):
    put_under(world.yonsuite.contract, "house", TWO, Target("next_response", 4))
    ticket = world.open_ticket(at="2026-09-28 09:00")
    ticket = actions.reply(ticket=ticket, body="在查。", actor=world.agent, at=beijing("2026-09-28 09:10"))
    put_policy(terms=terms("house", TWO, Target("next_response", 1)), at=beijing("2026-09-28 09:30"))
    sweep("2026-09-28 09:30:01")
    at = beijing("2026-09-28 10:00")
    ticket = actions.customer_message(ticket=ticket, contact=ticket.contact, body="还是不行。", at=at)
    assert ticket.next_due_at == beijing("2026-09-28 11:00")
    assert not DueMove.objects.exists()
