"""A question in the community, from its first word to the ticket that it becomes and the mail that escalates it."""

import re
from email.message import EmailMessage

from django.test import Client

from tests.clocks import clock_at
from tests.stories.conftest import Walk
from tickets.models import Post, Ticket

QUESTION = {
    "vendor": "yonsuite", "kind": "question", "title": "期初余额导错了科目，能清空重来吗", "seen": "1",
    "body": "还没有录凭证，**可以**直接清空吗？", "allows_post_back": "on",
}  # fmt: skip


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def words(letter: EmailMessage) -> str:
    """Return the plain text of a letter."""
    part = letter.get_body(("plain",))
    assert part is not None
    return part.get_content()


def asked(walk: Walk, wall: str) -> str:
    """Ask in the community as a customer does, and return where the question stands."""
    with clock_at(wall):
        answer = signed_in(walk.world.yonsuite.contact.user).post("/portal/board/ask/", QUESTION)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def test_nobody_answers_a_question_so_it_becomes_a_ticket_and_its_breach_is_mailed__Y04_Y18_Y22(walk: Walk):
    world, asker = walk.world, walk.world.yonsuite.contact
    place = asked(walk, "2026-09-28 10:00")
    with clock_at("2026-09-28 10:05"):
        neighbour = signed_in(world.stranger.user)
        neighbour.post(f"{place}comment/", {"body": "我也想知道"})
    with clock_at("2026-09-28 10:07"):
        neighbour.post(f"{place}comment/", {"body": "升级以后才有"})
    walk.sweep("2026-09-28 10:08")
    assert walk.letters_to(asker.email) == []
    walk.sweep("2026-09-28 10:11")
    [heard] = walk.letters_to(asker.email)
    assert "有 2 条新评论" in words(heard)
    assert words(heard).index("我也想知道") < words(heard).index("升级以后才有")
    assert "直接回复本邮件，内容不会出现在社区" in words(heard)
    # Three quarters of the working day are over: who answers for the contract is warned.
    walk.sweep("2026-09-28 19:01")
    [warned] = walk.letters_to(world.lead.email, "即将超时")
    assert "官方答复" in words(warned)
    assert f"/console/board/{Post.objects.get().code}/" in words(warned)
    # The working day is over: a ticket stands, its asker hears of it, and its own promise runs.
    walk.sweep("2026-09-29 10:01")
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.contact) == ("community", asker)
    assert walk.letters_to(world.lead.email, "超时")
    assert any(ticket.number in words(letter) for letter in walk.letters_to(asker.email, "提问已转工单"))
    with clock_at("2026-09-29 10:02"):
        page = signed_in(asker.user).get(place).content.decode()
        assert ticket.number in page
        assert ticket.number not in signed_in(world.stranger.user).get(place).content.decode()
    # Nobody handles the ticket within two working hours either: those who answer for it are told by mail.
    walk.sweep("2026-09-29 12:02")
    assert walk.letters_to(world.success_manager.email, ticket.number)
    # The answer is given on the board, once, and reaches both.
    desk = signed_in(world.agent)
    code = Post.objects.get().code
    with clock_at("2026-09-29 13:00"):
        said = {"act": "answer", "body": "可以，在期初余额里点**清空**。"}
        assert desk.post(f"/console/board/{code}/act/", said).status_code == 302
    walk.sweep("2026-09-29 13:01")
    [answered] = walk.letters_to(asker.email, "官方答复")
    assert "在期初余额里点清空。" in words(answered)
    assert walk.letters_to(world.stranger.email, "官方答复")
    assert walk.ticket(ticket.number).events.filter(kind="reply", fields__via="board").count() == 1


def test_a_ticket_s_answer_comes_back_without_names_and_becomes_an_article__Y04_K01(walk: Walk):
    world = walk.world
    place = asked(walk, "2026-09-28 10:00")
    walk.sweep("2026-09-29 10:01")
    ticket, desk = Ticket.objects.get(), signed_in(world.agent)
    code = Post.objects.get().code
    walk.act(
        "2026-09-29 10:20", ticket.number, "reply", body=f"{world.yonsuite.contact.name}您好，在期初余额里点清空。"
    )
    with clock_at("2026-09-29 10:30"):
        page = desk.get(f"/console/board/{code}/").content.decode()
        offered = re.search(r'<textarea id="back-body"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
        assert offered
        assert offered[1] == "……您好，在期初余额里点清空。"
        desk.post(f"/console/board/{code}/act/", {"act": "post_back", "body": "在期初余额里点清空。"})
        assert desk.post(f"/console/board/{code}/act/", {"act": "draft"}).status_code == 302
        read = signed_in(world.stranger.user).get(place).content.decode()
    assert "在期初余额里点清空。" in read
    assert world.yonsuite.customer.name not in read


def test_an_english_reader_s_letters_are_in_english__Y04(walk: Walk):
    world = walk.world
    world.yonsuite.contact.language = "en"
    world.yonsuite.contact.save()
    asked(walk, "2026-09-28 10:00")
    code = Post.objects.get().code
    with clock_at("2026-09-28 11:00"):
        signed_in(world.agent).post(f"/console/board/{code}/act/", {"act": "answer", "body": "可以。"})
    walk.sweep("2026-09-28 11:01")
    [letter] = walk.letters_to(world.yonsuite.contact.email)
    text = words(letter)
    for said in (QUESTION["title"], "可以。", world.yonsuite.contact.name):
        text = text.replace(said, "")
    assert "official answer" in text.lower()
    assert not re.search(r"[\u4e00-\u9fff]", text.replace("守约", "")), text
