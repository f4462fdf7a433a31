"""The chat desk's pages: the line, one conversation with all that may be done in it, and who sees which."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from plans.models import Role
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.chat.conftest import Talks
from tests.world import person
from tickets.actions import chat as actions
from tickets.models import CannedAnswer, Chat, ChatMessage, Presence
from tickets.telling.talk_matters import TALKS

pytestmark = pytest.mark.django_db
CANARY = "金丝雀：别让客户看到"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32


@pytest.fixture
def talks(world):
    return Talks(world)


@pytest.fixture
def active(talks):
    """Return a conversation that the agent has, with a question in it."""
    chat = talks.active()
    talks.customer(chat, "月结报错怎么办")
    chat.refresh_from_db()
    return chat


def url(chat, part=""):
    return f"/console/chat/{chat.code}/{part}"


def text(response):
    return response.content.decode()


def test_the_line_is_shown_by_plan_rank_then_wait_with_what_was_asked__Y06(desk, talks, world):
    first = talks.open(world.yonsuite, "2026-09-28 09:50")
    talks.customer(first, "凭证怎么冲销", "2026-09-28 09:50")
    talks.customer(first, "人工", "2026-09-28 09:51")
    page = text(desk.get("/console/chat/"))
    for words in ("王会计", "王会计的公司", "凭证怎么冲销", "第 1 位", "尊"):
        assert words in page
    assert text(desk.get("/console/chat/?part=line")).lstrip().startswith('<div class="line" data-waiting="1"')
    assert "轮到您接" not in page
    actions.set_presence(user=world.agent, is_available=True, at_most=1, at=beijing("2026-09-28 09:52"))
    assert "轮到您接" in text(desk.get("/console/chat/"))
    talks.active(world.kingdee)
    assert "您已接满 1 个会话" in text(desk.get("/console/chat/"))


def test_the_next_in_line_is_taken_by_one_post_and_nobody_twice__Y06(client, desk, talks, world):
    chat = talks.waiting()
    answer = desk.post("/console/chat/next/")
    assert answer["Location"] == url(chat)
    chat.refresh_from_db()
    assert (chat.state, chat.assignee) == ("active", world.agent)
    assert desk.post("/console/chat/next/")["Location"] == "/console/chat/"
    client.force_login(world.expert)
    refused = client.post(url(chat, "act/"), {"act": "accept"})
    assert refused.status_code == 409
    assert "已接入这个会话" in text(refused)


def test_what_is_typed_is_said_once_by_form_and_by_script__Y06(desk, active):
    for _again in range(2):
        assert desk.post(url(active, "say/"), {"body": "请看试算平衡", "client_id": "c1"}).status_code == 302
    said = {"body": "好的吗", "client_id": "c2", "after": str(active.message_count)}
    answer = desk.post(url(active, "say/"), said, headers={"X-Requested-With": "fetch"})
    part = text(answer)
    assert 'data-client="c2"' in part
    assert 'data-client="c1"' in part
    assert active.messages.filter(author_kind="agent").count() == 2


def test_messages_come_after_a_number_and_before_one(desk, active, talks):
    for number in range(3):
        talks.agent(active, f"第{number}句")
    last = ChatMessage.objects.filter(chat=active).order_by("-number").first().number
    part = text(desk.get(url(active, f"messages/?after={last - 2}")))
    assert "第1句" in part
    assert "第0句" not in part
    assert "第0句" in text(desk.get(url(active, f"messages/?before={last - 1}")))
    for odd in ("x", "-1", "99999999999999", ""):
        assert desk.get(url(active, f"messages/?after={odd}")).status_code == 200


def test_a_whisper_has_a_form_of_its_own_and_no_customer_reads_it__Y06(client, desk, active, world):
    desk.post(url(active, "say/"), {"body": CANARY, "mode": "whisper", "client_id": "w1"})
    message = active.messages.get(body=CANARY)
    assert message.is_whisper
    assert "悄悄话 · 客户看不到" in text(desk.get(url(active)))
    assert CANARY not in text(desk.get(url(active, "transcript/")))
    assert CANARY not in text(desk.get(url(active, "transcript/?as=text")))
    desk.post(url(active, "ticket/"), {"subject": "月结报错", "category": "how_to", "priority": "normal"})
    active.refresh_from_db()
    client.force_login(world.yonsuite.contact.user)
    for path in ("/portal/", "/portal/tickets/", f"/portal/tickets/{active.ticket.number}/", url(active)):
        assert CANARY not in text(client.get(path, follow=True))


def test_a_whisper_never_brings_files_to_the_customer(desk, active):
    file = SimpleUploadedFile("内部.png", PNG, "image/png")
    desk.post(url(active, "say/"), {"body": CANARY, "mode": "whisper", "client_id": "w2", "file": file})
    assert not active.messages.filter(kind="file").exists()


def test_pictures_are_shown_by_their_bytes_and_other_files_saved(desk, active):
    files = [
        SimpleUploadedFile("截图.png", PNG, "image/png"),
        SimpleUploadedFile("x.png", b"<svg onload=1>", "image/png"),
    ]
    desk.post(url(active, "say/"), {"body": "见附件", "client_id": "f1", "file": files})
    picture, other = (message.files.get() for message in active.messages.filter(kind="file").order_by("number"))
    shown = desk.get(url(active, f"files/{picture.pk}/?as=picture"))
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/png", "nosniff")
    saved = desk.get(url(active, f"files/{other.pk}/?as=picture"))
    assert saved["Content-Type"] == "application/octet-stream"
    assert "attachment" in saved["Content-Disposition"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"body": ""}, "写"),
        ({"body": "长" * 4001}, "4000"),
        ({"body": "\x00"}, "写"),
        ({"file": SimpleUploadedFile("big.bin", b"0" * (5 * 1024 * 1024 + 1))}, "5 MB"),
        ({"file": SimpleUploadedFile("empty.txt", b"")}, "空"),
        ({"file": SimpleUploadedFile("补丁.exe", b"MZ"), "body": "补丁在此"}, "不能发送这种文件"),
    ],
)
def test_what_cannot_be_said_is_refused_and_kept_in_the_form(desk, active, said, words):
    before = active.messages.count()
    answer = desk.post(url(active, "say/"), {"client_id": "x", **said})
    assert answer.status_code == 422
    assert words in text(answer)
    script = desk.post(url(active, "say/"), {"client_id": "x", "body": ""}, headers={"X-Requested-With": "fetch"})
    assert json.loads(script.content)["detail"]
    assert active.messages.count() == before


def test_a_chat_goes_from_hand_to_hand_and_ends__Y06(client, desk, active, world):
    desk.post(url(active, "act/"), {"act": "invite", "to": str(world.expert.pk)})
    desk.post(url(active, "act/"), {"act": "transfer", "to": str(world.expert.pk), "words": "老客户，急"})
    active.refresh_from_db()
    assert active.assignee == world.expert
    assert active.messages.get(body="老客户，急").is_whisper
    client.force_login(world.expert)
    client.post(url(active, "act/"), {"act": "transfer", "to": f"team:{world.team.pk}"})
    active.refresh_from_db()
    assert (active.state, active.team) == ("waiting", world.team)
    client.post("/console/chat/next/")
    client.post(url(active, "act/"), {"act": "end"})
    active.refresh_from_db()
    assert (active.state, active.ended_by) == ("ended", "agent")
    assert "会话已结束" in text(client.get(url(active)))
    assert client.post(url(active, "say/"), {"body": "还在吗"}).status_code == 422


@pytest.mark.parametrize("to", ["", "0", "team:0", "x", "team:", "99999999999999999999"])
def test_a_transfer_to_nobody_is_refused(desk, active, to, world):
    assert desk.post(url(active, "act/"), {"act": "transfer", "to": to}).status_code == 409
    active.refresh_from_db()
    assert active.assignee == world.agent


def test_who_sees_and_does_what(client, talks, active, world):
    partner = person("partner", "伙伴", Role.PARTNER)
    customer = world.yonsuite.contact.user
    # who: sees it, may take over, may say to the customer, may whisper
    table = {
        world.expert: (200, 409, 422, 302),
        world.lead: (200, 302, 302, 302),
        partner: (404, 404, 404, 404),
        customer: (302, 302, 302, 302),
    }
    for user, (sees, takes, says, whispers) in table.items():
        client.force_login(user)
        assert client.get(url(active)).status_code == sees, user
        assert client.get(url(active, "messages/")).status_code == sees, user
        assert client.post(url(active, "say/"), {"body": f"话{user.pk}"}).status_code == says, user
        secret = client.post(url(active, "say/"), {"body": f"悄{user.pk}", "mode": "whisper"})
        assert secret.status_code == whispers, user
        assert client.post(url(active, "act/"), {"act": "take_over"}).status_code == takes, user
    assert not active.messages.filter(body__in=[f"话{customer.pk}", f"悄{customer.pk}"]).exists()
    active.refresh_from_db()
    assert active.assignee == world.lead
    actions.invite(chat=active, user=partner, actor=world.lead, at=beijing("2026-09-28 10:00"))
    client.force_login(partner)
    assert client.get(url(active)).status_code == 200
    assert client.post(url(active, "say/"), {"body": "我来看看"}).status_code == 302
    # Once out of it, it is gone for them.
    assert client.post(url(active, "act/"), {"act": "leave"})["Location"] == "/console/chat/"
    assert client.get(url(active)).status_code == 404


def test_a_look_from_outside_is_not_reading__Y06(client, desk, active, world):
    client.force_login(world.lead)
    client.post(url(active, "read/"), {"number": str(active.message_count)})
    active.refresh_from_db()
    assert active.agent_read < active.message_count
    client.force_login(world.agent)
    client.post(url(active, "read/"), {"number": str(active.message_count)})
    client.post(url(active, "read/"), {"number": "-5"})
    active.refresh_from_db()
    assert active.agent_read == active.message_count


def test_typing_is_told_to_the_other_side_and_kept_nowhere(desk, active, django_capture_on_commit_callbacks):
    before = active.messages.count()
    with django_capture_on_commit_callbacks() as told:
        assert desk.post(url(active, "typing/")).status_code == 204
    assert len(told) == 1
    assert active.messages.count() == before


def test_presence_is_switched_and_going_gives_back_what_one_has__Y06(desk, active, world):
    desk.post("/console/chat/presence/", {"is_available": "yes", "at_most": "2"})
    row = Presence.objects.get(user=world.agent)
    assert (row.is_available, row.at_most) == (True, 2)
    assert desk.post("/console/chat/here/").json() == {"is_needed": True}
    assert "您手上有 1 个会话" in text(desk.get("/console/chat/"))
    desk.post("/console/chat/presence/", {"is_available": "no_more"})
    active.refresh_from_db()
    assert (active.state, active.assignee) == ("active", world.agent)
    # Who has one to finish is missed if they go.
    assert desk.post("/console/chat/here/").json() == {"is_needed": True}
    desk.post("/console/chat/presence/", {"is_available": "yes"})
    desk.post("/console/chat/presence/", {"is_available": "no"})
    active.refresh_from_db()
    assert (active.state, active.assignee) == ("waiting", None)
    assert desk.post("/console/chat/here/").json() == {"is_needed": False}
    for back in ("https://evil.example/", "//evil.example", "/console/chat//evil.example", "/console/chat/\\evil"):
        answer = desk.post("/console/chat/presence/", {"is_available": "no", "back": back})
        assert answer["Location"] == "/console/chat/"


def test_a_ticket_is_submitted_with_the_plans_answer_seen_before__Y07_K02(desk, talks, active):
    page = text(desk.get(url(active, "ticket/")))
    assert 'value="月结报错怎么办"' in page
    assert "在范围内" in page
    no = {"subject": "改接口", "category": "third_party", "priority": "normal"}
    look = text(desk.post(url(active, "ticket/"), no, headers={"HX-Request": "true"}))
    assert "不在范围内" in look
    assert desk.post(url(active, "ticket/"), no).status_code == 422
    assert not Chat.objects.get(pk=active.pk).ticket
    assert desk.post(url(active, "ticket/"), {**no, "category": "how_to", "subject": ""}).status_code == 422
    assert desk.post(url(active, "ticket/"), {**no, "category": "fault"}).status_code == 302
    active.refresh_from_db()
    assert "月结报错怎么办" in active.ticket.messages.first().body
    assert active.ticket.number in text(desk.get(url(active)))


def test_ended_chats_are_found_by_agent_plan_rating_bot_and_ticket__Y06(desk, talks, active, world):
    talks.ticket(active)
    actions.end(chat=active, actor=world.agent, at=beijing("2026-09-28 10:10"))
    actions.rate(chat=active, rating=5, words="很快", at=beijing("2026-09-28 10:11"))
    bot = talks.open(world.kingdee)
    actions.end(chat=bot, actor=bot.visitor, at=beijing("2026-09-28 10:12"))

    def found(query):
        page = text(desk.get(f"/console/chat/all/?{query}"))
        return {chat.code for chat in (active, bot) if chat.code in page}

    both = {active.code, bot.code}
    table = {
        "": both, "kind=person": {active.code}, "kind=bot": {bot.code}, "kind=ticket": {active.code},
        "rating=good": {active.code}, "rating=poor": set(), f"agent={world.agent.pk}": {active.code},
        "plan=yonsuite-premier": {active.code}, "state=open": set(), "kind=nonsense": both, "agent=x%00": both,
        f"q={bot.code}": {bot.code}, "q=%E7%8E%8B%E4%BC%9A%E8%AE%A1": {active.code}, "page=99": both,
    }  # fmt: skip
    assert {query: found(query) for query in table} == table
    waits = talks.waiting(world.kingdee)
    actions.set_presence(user=world.expert, is_available=True, at_most=2, at=beijing("2026-09-28 10:00"))
    with clock_at("2026-09-28 10:00:30"):
        now = text(desk.get("/console/chat/all/?state=open&part=rows"))
    for words in (waits.code, "已等", "进行中", "陈专家", "0 / 2"):
        assert words in now
    figures = text(desk.get("/console/chat/ratings/"))
    assert "5.0" in figures
    assert "很快" in figures


def test_canned_answers_are_ones_own_or_everybodys_by_the_lead__Y06(client, desk, active, world):
    own = {"vendor": "yonsuite", "shortcut": "hi", "title": "问好", "body": "您好 {customer}，我是 {agent}。"}
    assert desk.post("/console/chat/canned/new/", own).status_code == 302
    row = CannedAnswer.objects.get(shortcut="hi")
    assert row.owner == world.agent
    assert desk.post("/console/chat/canned/new/", own).status_code == 422
    assert desk.post("/console/chat/canned/new/", {**own, "shortcut": "a b"}).status_code == 422
    found = desk.get(f"/console/chat/canned/found/?chat={active.code}").json()["answers"]
    assert found == [{"shortcut": "hi", "title": "问好", "body": "您好 王会计，我是 李坐席。"}]
    client.force_login(world.lead)
    assert client.get(f"/console/chat/canned/{row.pk}/").status_code == 404
    assert client.post("/console/chat/canned/new/", {**own, "is_shared": "on"}).status_code == 302
    shared = CannedAnswer.objects.get(owner=None, shortcut="hi")
    client.force_login(world.agent)
    assert client.post(f"/console/chat/canned/{shared.pk}/drop/").status_code == 404
    assert client.post(f"/console/chat/canned/{row.pk}/drop/").status_code == 302
    assert not CannedAnswer.objects.filter(pk=row.pk).exists()


def test_a_letter_about_a_wait_leads_to_the_conversation__Y06_Y22(desk, active):
    matter = TALKS["chat"].matter(active)
    assert desk.get(matter.path).context["chat"] == active


def test_every_page_asks_for_a_sign_in_and_no_look_changes_a_row(client, active, world):
    paths = [
        "/console/chat/", url(active), url(active, "messages/"), url(active, "ticket/"), url(active, "transcript/"),
        url(active, "articles/?q=x"), "/console/chat/all/", "/console/chat/ratings/", "/console/chat/canned/",
    ]  # fmt: skip
    for path in paths:
        assert "/sign-in/" in client.get(path)["Location"]
    before = Chat.objects.values().get(pk=active.pk)
    client.force_login(world.agent)
    with clock_at("2026-09-28 10:30"):
        assert [client.get(path).status_code for path in paths] == [200] * len(paths)
    assert Chat.objects.values().get(pk=active.pk) == before
    assert not Presence.objects.filter(is_available=True).exists()
