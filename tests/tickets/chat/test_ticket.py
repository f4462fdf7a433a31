"""提交问题: a chat becomes a ticket, and both are one timeline from then on. Source: Y07, Y18, K02"""

import pytest

from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.tickets.chat.conftest import NOON, Talks, happened
from tickets.actions import chat as acts
from tickets.actions import ticket as ticket_acts
from tickets.models import Delivery
from tickets.showing.chat import words_of


def lines(ticket) -> list[tuple[str, str]]:
    """Return the ledger of a ticket: what, and by which kind of actor."""
    return list(ticket.events.order_by("number").values_list("kind", "actor_kind"))


def test_a_chat_becomes_a_ticket_with_its_record_and_goes_on__Y07(talks: Talks):
    chat = talks.open()
    talks.customer(chat, "月结提示科目余额不平")
    ticket = talks.ticket(chat, body="附上了截图", category="fault")
    chat.refresh_from_db()
    assert (ticket.channel, ticket.category, ticket.plan_rank, ticket.contact) == ("im", "fault", 40, chat.contact)
    assert ticket.decisions.get().cause == "opened"
    body = ticket.messages.get().body
    assert body.startswith("附上了截图")
    assert "王会计: 月结提示科目余额不平" in body
    assert chat.code in body
    assert (chat.ticket, chat.state) == (ticket, "bot")
    told = words_of(chat.messages.get(fields__event="ticket"))
    assert ticket.number in told
    assert "09-28 12:00（北京时间）" in told  # the premier plan's two hours
    assert Delivery.objects.filter(kind="receipt", ticket=ticket).count() == 1


def test_the_same_question_twice_is_one_ticket_and_another_is_another__Y07(talks: Talks):
    chat = talks.open()
    first = talks.ticket(chat)
    assert talks.ticket(chat, "2026-09-28 10:01") == first
    second = talks.ticket(chat, "2026-09-28 10:02", subject="另一个问题")
    chat.refresh_from_db()
    assert second != first
    assert chat.ticket == second
    assert happened(chat) == ["ticket", "ticket"]


def test_an_agent_opens_it_for_the_customer_whose_ticket_it_is__Y07(talks: Talks):
    chat = talks.active()
    ticket = talks.ticket(chat, actor=talks.world.agent)
    assert ticket.events.get().actor_kind == "customer"
    with pytest.raises(ActionRefusedError) as refusal:
        talks.ticket(chat, actor=talks.world.expert, subject="旁人")
    assert refusal.value.code == "not_in_chat"


@pytest.mark.parametrize(("category", "promise"), [("third_party", "Y07"), ("customisation", "Y07")])
def test_what_tickets_do_not_cover_is_refused_with_its_clause__Y07(talks: Talks, category, promise):
    chat = talks.open()
    foretold = acts.foretold(chat=chat, asked=acts.Asked("x", category), at=beijing(NOON))
    with pytest.raises(ActionRefusedError) as refusal:
        talks.ticket(chat, category=category)
    assert (refusal.value.code, refusal.value.promise, foretold.promise) == ("not_covered", promise, promise)
    assert refusal.value.clause == foretold.clause
    assert refusal.value.ways_on
    chat.refresh_from_db()
    assert chat.ticket is None


def test_somebody_unknown_opens_no_ticket_and_is_told_how(talks: Talks):
    visitor = talks.visitor(name="路人")
    chat = acts.open_chat(visitor=visitor, place=acts.Place("yonsuite"), at=beijing(NOON))
    with pytest.raises(ActionRefusedError) as refusal:
        talks.ticket(chat, actor=visitor)
    assert refusal.value.code == "unknown_person"
    assert refusal.value.ways_on


def test_words_in_the_chat_are_lines_of_the_ticket_and_human_ones_meet_its_promise__Y18_K02(talks: Talks):
    side = talks.world.kingdee
    chat = talks.active(side)
    ticket = talks.ticket(chat)
    promise = ticket.ticket_clocks.get().clock.milestones.get(metric="first_response")
    talks.customer(chat, "还在吗", "2026-09-28 10:01")
    talks.agent(chat, "悄悄话", "2026-09-28 10:02", is_whisper=True)
    promise.refresh_from_db()
    assert promise.state == "running"
    talks.agent(chat, "在的，请看附件", "2026-09-28 10:03")
    promise.refresh_from_db()
    assert (promise.state, promise.completed_at) == ("met", beijing("2026-09-28 10:03"))
    assert lines(ticket) == [
        ("opened", "customer"), ("customer_message", "customer"), ("accepted", "agent"), ("reply", "agent"),
    ]  # fmt: skip
    said = ticket.events.get(kind="reply")
    assert said.fields == {"via": "chat", "chat": chat.code}
    ticket.refresh_from_db()
    assert ticket.assignee == talks.world.agent
    kinds = set(Delivery.objects.filter(ticket=ticket).values_list("kind", flat=True))
    assert kinds == {"receipt"}  # who sits in the chat needs no letter for each line


def test_words_to_the_bot_reach_the_ticket_and_its_owner_and_the_bots_meet_nothing__K02(talks: Talks):
    chat = talks.open(talks.world.kingdee)
    ticket = talks.ticket(chat)
    ticket_acts.accept(ticket=ticket, actor=talks.world.agent, at=beijing(NOON))
    talks.customer(chat, "存货核算后成本为零怎么办", "2026-09-28 10:01")
    assert lines(ticket)[2:] == [("customer_message", "customer"), ("bot_reply", "bot")]
    assert ticket.ticket_clocks.get().clock.milestones.get().state == "running"
    assert Delivery.objects.filter(kind="customer_message", ticket=ticket).count() == 1


def test_words_follow_a_merged_ticket_and_leave_an_ended_one_alone__C37(talks: Talks):
    world, at = talks.world, beijing("2026-09-28 10:10")
    chat = talks.active()
    ticket, parent = talks.ticket(chat), world.open_ticket(at=NOON)
    ticket_acts.merge(ticket=ticket, into=parent, actor=world.agent, at=at)
    talks.agent(chat, "合并后的话", "2026-09-28 10:11")
    assert ("reply", "agent") in lines(parent)
    ticket_acts.resolve(ticket=parent, body="", actor=world.agent, at=beijing("2026-09-28 10:12"))
    talks.customer(chat, "谢谢", "2026-09-28 10:13")
    parent.refresh_from_db()
    assert parent.status == "resolved"  # thanks in a chat reopen nothing


def test_a_customers_word_ends_the_wait_for_them(talks: Talks):
    chat = talks.active()
    ticket = talks.ticket(chat)
    ticket_acts.wait(
        ticket=ticket, wait_for="customer", until=None, actor=talks.world.agent, at=beijing("2026-09-28 10:05")
    )
    talks.customer(chat, "好了", "2026-09-28 10:06")
    ticket.refresh_from_db()
    assert ticket.status == "open"
