"""A chat from the first word to the mail that says nobody answered, and to the answer. Source: Y05–Y07, K03, K07"""

from tests.clocks import clock_at
from tests.stories.conftest import Walk
from tests.stories.test_message_to_mail import body_of
from tests.tickets.chat.conftest import Talks, happened
from tickets.actions import chat as acts


def test_a_customer_asks_the_bot_then_a_person_and_those_who_answer_for_it_hear_of_silence__Y05_Y06_Y22(walk: Walk):
    world, talks = walk.world, Talks(walk.world)
    with clock_at("2026-09-28 20:10") as at:
        chat = talks.open(when=at)
        talks.customer(chat, "月末结账提示科目余额不平", at)
        talks.customer(chat, "人工", at)
    chat.refresh_from_db()
    assert (chat.state, chat.plan_rank) == ("waiting", 40)
    assert not walk.mailbox.messages  # a bot's answer is no news to anybody

    walk.sweep("2026-09-28 20:12:01")
    (warned,) = walk.letters_to(world.lead.email, "即将超时")  # nobody is at it: who answers for the team
    assert chat.code in str(warned["Subject"])
    assert "4.2.1.1" in body_of(warned)
    assert "产品默认" in body_of(warned)

    with clock_at("2026-09-28 20:12:30") as at:
        acts.accept(chat=chat, agent=world.agent, at=at)  # to take it is not to answer it
    walk.sweep("2026-09-28 20:12:59")
    assert not walk.letters_to(world.agent.email)
    walk.sweep("2026-09-28 20:13:01")
    walk.sweep("2026-09-28 20:13:02")
    (late,) = walk.letters_to(world.agent.email, "超时")
    assert chat.code in str(late["Subject"])
    assert f"/console/chat/{chat.code}/" in body_of(late)
    assert len(walk.letters_to(world.lead.email, "】")) == 2

    with clock_at("2026-09-28 20:14") as at:
        talks.agent(chat, "您好，先看试算平衡表。", at)
    walk.sweep("2026-09-28 20:24")
    assert not walk.letters_to(world.success_manager.email)  # the next step no longer holds
    promise = chat.clock.milestones.get()
    assert promise.state == "met_late"


def test_what_a_chat_could_not_solve_becomes_a_ticket_whose_promise_the_chat_keeps__Y07_Y18_K02(walk: Walk):
    world, talks = walk.world, Talks(walk.world)
    with clock_at("2026-09-28 17:40") as at:  # after hours at Kingdee
        chat = talks.open(world.kingdee, at)
        talks.customer(chat, "人工", at)
        assert happened(chat) == ["closed_hours"]
        ticket = talks.ticket(chat, at)
    walk.sweep("2026-09-28 17:41")
    (receipt,) = walk.letters_to(world.kingdee.contact.email)
    assert ticket.number in str(receipt["Subject"])

    with clock_at("2026-09-29 09:00") as at:  # they return, and find the conversation
        assert talks.open(world.kingdee, at) == chat
        talks.customer(chat, "转人工", at)
        acts.accept(chat=chat, agent=world.agent, at=at)
        talks.agent(chat, "看到您的工单了，请重算存货。", at)
    promise = ticket.ticket_clocks.get().clock.milestones.get(metric="first_response")
    assert promise.state == "met"
    walk.sweep("2026-09-29 18:00")
    assert not [letter for letter in walk.mailbox.messages if "超时" in str(letter["Subject"])]
