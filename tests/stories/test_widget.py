"""The chat in a host product, from a signed name to the mail that says nobody answered. Source: Y05–Y07, Y22"""

from tests.clocks import clock_at
from tests.stories.conftest import Walk
from tests.tickets.chat.browser import HOST, Browser, signed, site
from tickets.actions import chat as acts
from tickets.models import Chat


def test_a_user_of_the_host_product_asks_in_it_and_those_who_answer_hear_of_silence__Y05_Y06_Y07_Y22(walk: Walk):
    world = walk.world
    site(channel="in_product", product=world.yonsuite.product)
    browser = Browser(origin=HOST)
    with clock_at("2026-09-28 20:10") as at:
        browser.enter(identity=signed(at, sub=world.yonsuite.contact.email))
        browser.post("chat/", {"module": "总账", "page": "/gl/close"})
        browser.post("messages/", {"client_id": "1", "body": "月末结账提示科目余额不平"})
        assert browser.post("hand-off/").json()["place"] == 1
    chat = Chat.objects.get()
    walk.sweep("2026-09-28 20:13:01")
    assert walk.letters_to(world.lead.email, "超时")  # nobody took it: who leads the team answers for it
    with clock_at("2026-09-28 20:31"):  # after hours it is not lost: it becomes a ticket, and they see where it stands
        told = browser.post("ticket/", {"subject": "科目余额不平", "category": "fault"}).json()
        assert told["ticket"]
        assert browser.get("chat/").json()["chat"]["ticket"]["number"] == told["ticket"]
    walk.sweep("2026-09-28 20:32")
    assert walk.letters_to(world.yonsuite.contact.email, told["ticket"])
    with clock_at("2026-09-29 09:00") as at:
        acts.accept(chat=chat, agent=world.agent, at=at)
        acts.say(chat=chat, speaker=world.agent, body="看到了，请重算试算平衡表。", at=at)
        said = browser.get("messages/?after=0").json()["messages"]
    assert said[-1]["body"] == "看到了，请重算试算平衡表。"
    promise = Chat.objects.get().ticket.ticket_clocks.get().clock.milestones.get(metric="first_response")
    assert promise.state == "met"  # words in the chat are the first handling of its ticket
