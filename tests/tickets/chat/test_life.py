"""A chat from the bot to a person, who says what in it, and how it ends. Source: Y05–Y07, K02, K07"""

import pytest

from plans.models import User
from sla.models import Observation
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.tickets.chat.conftest import NOON, Talks, happened, numbers
from tickets.actions import chat as acts
from tickets.actions.chat.saying import LONGEST, asks_for_a_person
from tickets.channels.base import File
from tickets.models import Chat, ChatMessage
from tickets.showing.chat import message_fields, transcript

PICTURE = File("../屏幕.png", "image/png", b"\x89PNG")


def refused(act, *args, **named) -> ActionRefusedError:
    with pytest.raises(ActionRefusedError) as caught:
        act(*args, **named)
    return caught.value


def test_a_chat_begins_with_the_bot_at_any_hour_and_is_found_again__Y05_K07(talks: Talks):
    chat = talks.open(when="2026-09-28 03:00")
    assert (chat.state, chat.vendor) == ("bot", "yonsuite")
    first = chat.messages.get()
    assert (first.number, first.author_kind, first.fields) == (1, "bot", {"greeting": True})
    assert talks.open(when="2026-09-28 09:00").pk == chat.pk  # from another window
    acts.end(chat=chat, actor=chat.visitor, at=beijing("2026-09-28 09:01"))
    assert talks.open(when="2026-09-28 09:02").pk != chat.pk
    assert Chat.objects.of_visitor(talks.visitor(talks.world.yonsuite.contact)).count() == 2
    assert not Chat.objects.of_visitor(talks.visitor(talks.world.stranger)).exists()


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("人工", True), ("  转人工 ", True), ("【转人工客服】", True), ("人工客服!", True), ("HUMAN", True),
        ("ａｇｅｎｔ", True), ("Agent.", True), ("“人工”。", True),
        ("我要转人工，谢谢", True), ("有人工客服吗？", True), ("轉人工", True), ("人工人工！", True),
        ("Can I talk to a human, please?", True), ("I need a real person", True),
        ("人工智能怎么用", False), ("agent 报错", False), ("人工费用怎么记账", False), ("不要转人工", False),
        ("需要人工审核吗", False), ("human resources", False), ("", False), ("!!", False),
    ],
)  # fmt: skip
def test_words_that_only_ask_for_a_person_hand_off_and_no_question_does__Y06(said, asks):
    assert asks_for_a_person(said) is asks


def test_the_word_for_a_person_hands_off_and_the_bot_is_silent_then__Y06(talks: Talks):
    chat = talks.open()
    talks.customer(chat, "ＨＵＭＡＮ")
    chat.refresh_from_db()
    assert chat.state == "waiting"
    before = chat.message_count
    talks.customer(chat, "凭证号不连续怎么办")
    assert list(chat.messages.filter(number__gt=before).values_list("author_kind", flat=True)) == ["customer"]
    talks.customer(chat, "人工")  # once more, while waiting: it is words like any
    assert happened(chat) == ["waiting"]


def test_a_bots_words_and_taking_a_chat_meet_no_clock_and_a_persons_do__K02_Y06(talks: Talks):
    chat = talks.open()
    talks.customer(chat, "怎么结账")
    chat = talks.hand_off(chat, "2026-09-28 10:00").chat
    (promise,) = chat.clock.milestones.all()
    assert (promise.metric, promise.due_at) == ("first_response", beijing("2026-09-28 10:03"))
    acts.accept(chat=chat, agent=talks.world.agent, at=beijing("2026-09-28 10:01"))
    talks.agent(chat, "先看日志", "2026-09-28 10:01", is_whisper=True)
    promise.refresh_from_db()
    assert promise.stopped_at is None
    talks.agent(chat, "您好，请稍候", "2026-09-28 10:02")
    promise.refresh_from_db()
    assert (promise.state, promise.completed_at) == ("met", beijing("2026-09-28 10:02"))
    assert [fact.kind for fact in chat.clock.observations.order_by("pk")] == ["open", "reply"]


def test_the_wait_for_a_person_counts_from_the_hand_off_whatever_the_bot_said_before__C22_Y06(talks: Talks):
    chat = talks.open(when="2026-09-28 10:00")
    talks.customer(chat, "怎么结账", "2026-09-28 10:00")
    assert [one.author_kind for one in chat.messages.order_by("number")] == ["bot", "customer", "bot"]
    chat = talks.hand_off(chat, "2026-09-28 10:05").chat
    acts.accept(chat=chat, agent=talks.world.agent, at=beijing("2026-09-28 10:19"))
    talks.agent(chat, "您好，我来看", "2026-09-28 10:20")
    waited = chat.clock.milestones.get()
    assert (waited.state, waited.started_at) == ("met_late", beijing("2026-09-28 10:05"))
    assert waited.completed_at == beijing("2026-09-28 10:20")


def test_who_leaves_before_a_person_answers_is_owed_nothing__Y06(talks: Talks):
    chat = talks.waiting()
    acts.end(chat=chat, actor=chat.visitor, at=beijing("2026-09-28 10:02"))
    assert chat.clock.milestones.get().state == "cancelled"


def test_what_is_sent_again_is_the_same_message(talks: Talks):
    chat = talks.waiting()
    first = talks.customer(chat, "第一句", client_id="a-1")
    again = talks.customer(chat, "第一句", "2026-09-28 10:05", client_id="a-1")
    assert (again.pk, again.at) == (first.pk, first.at)
    acts.accept(chat=chat, agent=talks.world.agent, at=beijing(NOON))
    acts.invite(chat=chat, user=talks.world.expert, actor=talks.world.agent, at=beijing(NOON))
    mine = talks.agent(chat, "我来", client_id="a-1")
    theirs = talks.agent(chat, "我也来", who=talks.world.expert, client_id="a-1")
    assert mine.pk != theirs.pk  # two colleagues count alike and lose nothing
    assert talks.agent(chat, "我来", client_id="a-1").pk == mine.pk
    assert numbers(chat) == list(range(1, chat.messages.count() + 1))
    assert message_fields(mine, for_agent=True)["client_id"] == "a-1"
    long = [talks.customer(chat, f"长编号 {end}", client_id="x" * 200 + end) for end in ("a", "b", "a")]
    assert [one.body for one in long] == ["长编号 a", "长编号 b", "长编号 a"]
    chat.refresh_from_db()
    acts.end(chat=chat, actor=talks.world.agent, at=beijing(NOON))
    assert talks.agent(chat, "我来", client_id="a-1").pk == mine.pk  # also after the end


def test_words_that_cannot_be_are_refused_with_what_to_do(talks: Talks):
    chat = talks.open()
    assert refused(talks.customer, chat, " \x00 ").code == "empty_body"
    too_long = refused(talks.customer, chat, "长" * (LONGEST + 1))
    assert too_long.code == "too_long"
    assert too_long.ways_on
    huge = File("x.log", "text/plain", b"x" * (5 * 1024 * 1024 + 1))
    assert (
        refused(acts.send_file, chat=chat, speaker=chat.visitor, file=huge, at=beijing(NOON)).code == "file_too_large"
    )
    assert numbers(chat) == [1]


def test_nobody_speaks_in_a_chat_that_is_not_theirs(talks: Talks):
    chat, world = talks.active(), talks.world
    stranger = talks.visitor(world.stranger)
    for speaker, code in (
        (stranger, "unknown_chat"),
        (world.expert, "not_in_chat"),
        (world.yonsuite.contact.user, "not_allowed"),
    ):
        assert refused(acts.say, chat=chat, speaker=speaker, body="x", at=beijing(NOON)).code == code
    assert refused(acts.mark_read, chat=chat, reader=stranger, number=1, at=beijing(NOON)).code == "unknown_chat"
    assert refused(acts.end, chat=chat, actor=stranger, at=beijing(NOON)).code == "unknown_chat"
    waits = talks.waiting(world.kingdee)
    assert refused(talks.agent, waits, "x").code == "not_accepted"
    acts.end(chat=chat, actor=chat.visitor, at=beijing(NOON))
    assert refused(talks.customer, chat, "还有").code == "chat_ended"


def test_a_whisper_never_travels_to_the_customer(talks: Talks):
    chat = talks.active()
    whisper = talks.agent(chat, "客户很急，悄悄话金丝雀", is_whisper=True)
    talks.agent(chat, "您好")
    chat.refresh_from_db()
    assert chat.agent_at is not None
    with pytest.raises(PermissionError):
        message_fields(whisper, for_agent=False)
    ticket = talks.ticket(chat)
    shown = [message_fields(one, for_agent=False) for one in chat.messages.for_customer()]
    assert "金丝雀" not in str(shown) + transcript(chat) + ticket.messages.get().body
    assert message_fields(whisper, for_agent=True)["whisper"] is True


def test_colleagues_hand_a_chat_on_and_each_side_sees_who_is_there__Y06(talks: Talks):
    chat, world = talks.active(), talks.world
    act = {"chat": chat, "actor": world.agent, "at": beijing(NOON)}
    acts.invite(user=world.expert, **act)
    acts.transfer(to=world.expert, words="结账问题，麻烦你", **act)
    chat.refresh_from_db()
    assert (chat.assignee, chat.state) == (world.expert, "active")
    assert chat.messages.get(body="结账问题，麻烦你").is_whisper
    assert not chat.seats.filter(left_at=None).exists()
    assert refused(acts.transfer, chat=chat, to=world.team, actor=world.agent, at=beijing(NOON)).code == "not_in_chat"
    acts.transfer(chat=chat, to=world.team, actor=world.expert, at=beijing("2026-09-28 10:10"))
    chat.refresh_from_db()
    assert (chat.assignee, chat.state, chat.waiting_since) == (None, "waiting", beijing(NOON))
    assert happened(chat) == ["waiting", "accepted", "joined", "transferred", "transferred"]
    said = [
        message_fields(one, for_agent=False)["body"] for one in chat.messages.filter(kind="event").order_by("number")
    ]
    assert said[1:] == [
        "李坐席 为您服务。",
        "陈专家 加入了会话。",
        "陈专家 接着为您服务。",
        "会话已转给专家组，请稍候。",
    ]


def test_who_leads_and_leaves_hands_over_to_who_sits_there_or_to_the_front__Y06(talks: Talks):
    chat, world = talks.active(), talks.world
    acts.invite(chat=chat, user=world.expert, actor=world.agent, at=beijing(NOON))
    acts.leave(chat=chat, actor=world.agent, at=beijing(NOON))
    chat.refresh_from_db()
    assert (chat.assignee, chat.state) == (world.expert, "active")
    acts.leave(chat=chat, actor=world.expert, at=beijing(NOON))
    chat.refresh_from_db()
    assert (chat.assignee, chat.state, chat.waiting_since) == (None, "waiting", beijing(NOON))


def test_reading_goes_forward_only_and_no_further_than_what_was_said(talks: Talks):
    chat = talks.active()
    for number, read in ((2, 2), (1, 2), (99, 3), (-5, 3)):
        acts.mark_read(chat=chat, reader=chat.visitor, number=number, at=beijing(NOON))
        chat.refresh_from_db()
        assert chat.customer_read == read
    assert chat.message_count == 3
    acts.mark_read(chat=chat, reader=talks.world.agent, number=3, at=beijing(NOON))
    chat.refresh_from_db()
    assert chat.agent_read == 3


def test_a_picture_travels_with_its_name_made_safe_and_counts_as_an_answer(talks: Talks):
    chat = talks.active()
    acts.send_file(chat=chat, speaker=chat.visitor, file=PICTURE, at=beijing(NOON), client_id="f1")
    again = acts.send_file(chat=chat, speaker=chat.visitor, file=PICTURE, at=beijing(NOON), client_id="f1")
    (kept,) = again.files.all()
    assert "/" not in kept.name
    assert message_fields(again, for_agent=False)["files"] == [
        {"id": kept.pk, "name": kept.name, "size": 4, "content_type": "image/png"}
    ]
    ticket = talks.ticket(chat)
    assert [row.name for row in ticket.attachments.all()] == [kept.name]
    acts.send_file(chat=chat, speaker=talks.world.agent, file=PICTURE, at=beijing("2026-09-28 10:01"))
    assert chat.clock.milestones.get().state == "met"
    assert ticket.attachments.count() == 2


def test_a_chat_is_rated_when_it_is_over_by_one_to_five(talks: Talks):
    chat = talks.waiting()
    assert refused(acts.rate, chat=chat, rating=5, words="", at=beijing(NOON)).code == "not_ended"
    acts.end(chat=chat, actor=chat.visitor, at=beijing(NOON))
    assert refused(acts.rate, chat=chat, rating=6, words="", at=beijing(NOON)).code == "bad_rating"
    acts.rate(chat=chat, rating=2, words=" 等太久 ", at=beijing(NOON))
    chat = acts.rate(chat=chat, rating=4, words="后来好了", at=beijing("2026-09-28 10:09"))
    assert (chat.rating, chat.rating_words, chat.rated_at) == (4, "后来好了", beijing("2026-09-28 10:09"))
    assert acts.end(chat=chat, actor=None, at=beijing("2026-09-28 11:00")).ended_by == "customer"  # only once


def test_a_message_says_its_event_in_the_readers_language(talks: Talks):
    chat = talks.active()
    accepted = chat.messages.get(fields__event="accepted")
    assert message_fields(accepted, for_agent=True)["body"] == "李坐席 为您服务。"
    said = ChatMessage(
        kind="event",
        author_kind="system",
        fields={"event": "closed_hours", "opens_at": "2026-09-29T00:30:00Z"},
        chat=chat,
        number=9,
        at=beijing(NOON),
    )
    said.save()
    assert "09-29 08:30（北京时间）" in message_fields(said, for_agent=False)["body"]


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "李坐席"), ("en", "Li Zuoxi")])
def test_who_answers_is_named_in_the_customers_language__Y06(talks: Talks, language: str, name: str):
    User.objects.filter(pk=talks.world.agent.pk).update(name_en="Li Zuoxi")
    agent = User.objects.get(pk=talks.world.agent.pk)
    chat = talks.active()
    Chat.objects.update(language=language)
    chat.refresh_from_db()
    said = acts.say(chat=chat, speaker=agent, body="Hello.", at=beijing("2026-09-28 10:01"))
    assert message_fields(said, for_agent=False)["name"] == name
    chat.refresh_from_db()
    assert chat.clock
    assert Observation.objects.filter(clock=chat.clock).latest("pk").actor_display == "李坐席"
