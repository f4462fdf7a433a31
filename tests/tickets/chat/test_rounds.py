"""Chats that nobody looks after: gone colleagues, silence, and clocks that run out. Source: Y06"""

from dataclasses import replace

import pytest

from sla.actions import put_calendars
from sla.changing.recomputing import recompute_due
from sla.composing import hours_of
from sla.models import CalendarVersion, DueMove
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.chat.conftest import NOON, Talks, happened
from tickets.actions import chat as acts
from tickets.models import Chat, Presence
from tickets.rounds.chats import look_after_chats
from tickets.rounds.talk_escalations import forget_moves
from tickets.showing.chat import words_of


def look(when: str) -> int:
    return look_after_chats(at=beijing(when))


def test_who_is_gone_for_ninety_seconds_gives_back_chats_to_the_front_of_their_rank__Y06(talks: Talks):
    world = talks.world
    acts.set_presence(user=world.agent, is_available=True, at_most=4, at=beijing(NOON))
    chat = talks.active()
    other = talks.waiting(contact=world.stranger, when="2026-09-28 10:01")
    assert look("2026-09-28 10:01:30") == 0  # ninety seconds are not more than ninety
    acts.still_here(user=world.agent, at=beijing("2026-09-28 10:01:30"))
    assert look("2026-09-28 10:02:59") == 0
    assert look("2026-09-28 10:03:01") == 1
    chat.refresh_from_db()
    assert (chat.state, chat.assignee, chat.waiting_since) == ("waiting", None, beijing(NOON))
    assert list(Chat.objects.waiting_line("yonsuite")) == [chat, other]
    assert happened(chat)[-1] == "gone"
    assert Presence.objects.get().is_available is False
    assert look("2026-09-28 10:03:02") == 0  # done is done


def test_who_spoke_just_now_is_there_whatever_the_console_says__Y06(talks: Talks):
    agent = talks.world.agent
    acts.set_presence(user=agent, is_available=True, at_most=4, at=beijing(NOON))
    chat = talks.active()
    acts.say(chat=chat, speaker=agent, body="请稍等。", at=beijing("2026-09-28 10:01:40"))
    look("2026-09-28 10:03")
    assert Chat.objects.get(pk=chat.pk).assignee == agent
    look("2026-09-28 10:03:11")
    assert Chat.objects.get(pk=chat.pk).assignee is None


def test_who_stops_taking_chats_gives_back_theirs__Y06(talks: Talks):
    agent = talks.world.agent
    acts.set_presence(user=agent, is_available=True, at_most=99, at=beijing(NOON))
    chat = talks.active()
    row = acts.set_presence(user=agent, is_available=False, at_most=0, at=beijing(NOON))
    chat.refresh_from_db()
    assert (chat.state, row.at_most, row.is_available) == ("waiting", 1, False)
    taken = acts.accept(chat=chat, agent=agent, at=beijing("2026-09-28 10:05"))  # one chat, without being there for all
    acts.set_presence(user=agent, is_available=False, at_most=1, at=beijing("2026-09-28 10:06"))
    taken.refresh_from_db()
    assert taken.state == "active"
    acts.transfer(chat=taken, to=talks.world.expert, actor=agent, at=beijing("2026-09-28 10:07"))
    assert look("2026-09-28 10:08:01") == 0  # who is handed one has as long to open their console
    assert look("2026-09-28 10:08:31") == 1  # and is gone all the same where they do not
    taken.refresh_from_db()
    assert taken.state == "waiting"


@pytest.mark.parametrize(
    ("how", "still", "over"),
    [
        ("active", "2026-09-28 10:35:00", "2026-09-28 10:35:01"),
        ("bot", "2026-09-29 10:05:00", "2026-09-29 10:05:01"),
    ],
)
def test_a_silent_chat_ends_with_a_farewell__Y06(talks: Talks, how, still, over):
    chat = talks.active() if how == "active" else talks.open()
    talks.customer(chat, "谢谢！", "2026-09-28 10:05")
    for when, state in ((still, how), (over, "ended")):
        Presence.objects.update(seen_at=beijing(when))
        look(when)
        chat.refresh_from_db()
        assert chat.state == state
    assert chat.ended_by == "silence"
    assert happened(chat)[-1] == "ended"


def test_a_chat_says_before_that_silence_ends_it_and_a_word_keeps_it__Y06(talks: Talks):
    chat = talks.active()
    talks.agent(chat, "请试一下", "2026-09-28 10:05")
    for when in ("2026-09-28 10:30:00", "2026-09-28 10:30:01", "2026-09-28 10:31:00"):
        Presence.objects.update(seen_at=beijing(when))
        look(when)
    assert happened(chat)[-2:] == ["accepted", "ending"]  # said once
    assert "09-28 10:35" in words_of(chat.messages.latest("number"))
    talks.customer(chat, "还是不行", "2026-09-28 10:33")
    Presence.objects.update(seen_at=beijing("2026-09-28 12:00"))
    look("2026-09-28 12:00")  # now it is we who owe a word: nobody is sent away
    talks.agent(chat, "再看看日志", "2026-09-28 12:01")
    Presence.objects.update(seen_at=beijing("2026-09-28 12:27"))
    look("2026-09-28 12:27")
    chat.refresh_from_db()
    assert chat.state == "active"
    assert happened(chat).count("ending") == 2


def test_who_waits_in_the_line_is_never_sent_away__Y06(talks: Talks):
    chat = talks.waiting()
    look("2026-09-30 10:00")
    chat.refresh_from_db()
    assert chat.state == "waiting"


def test_looking_costs_four_questions_and_two_a_contract_that_waits(talks: Talks, django_assert_max_num_queries):
    talks.waiting()
    look(NOON)
    with django_assert_max_num_queries(6):
        look("2026-09-28 10:20")


def test_hours_that_change_move_a_chats_deadline_and_leave_nothing_to_tell__Y17_Y06(talks: Talks):
    chat = talks.waiting(when="2026-09-28 20:29")  # a minute today, two tomorrow
    promise = chat.clock.milestones.get()
    assert promise.due_at == beijing("2026-09-29 08:32")
    kept = hours_of(CalendarVersion.objects.current().get(code="yonsuite-7x12"))
    weekly = {day: [["09:00", "20:30"]] for day in kept.rules["weekly"]}
    with clock_at("2026-09-28 20:30") as at:
        put_calendars(calendars=[replace(kept, rules={**kept.rules, "weekly": weekly})], cause="调整", at=at)
        recompute_due()
        promise.refresh_from_db()
        assert promise.due_at == beijing("2026-09-29 09:02")
        assert forget_moves(at=beijing("2026-09-28 20:31")) == 1
        assert not DueMove.objects.filter(acted_at=None).exists()


def test_who_still_waits_at_closing_hears_once_when_people_return_and_keeps_the_place__Y06(talks: Talks):
    chat = talks.waiting(when="2026-09-28 20:20")
    assert look("2026-09-28 20:29:59") == 0
    assert look("2026-09-28 20:30") == 1
    assert look("2026-09-28 20:31") == 0
    last = chat.messages.latest("number")
    assert (last.fields["event"], last.fields["opens_at"]) == ("closed_hours", "2026-09-29T00:30:00Z")
    chat.refresh_from_db()
    assert (chat.state, chat.waiting_since) == ("waiting", beijing("2026-09-28 20:20"))
    assert look("2026-09-29 08:31") == 0
    assert look("2026-09-29 20:30") == 1  # and again the next evening


def test_the_bot_answers_who_still_waits_until_people_return__Y05_K07_K02(talks: Talks):
    chat = talks.waiting(when="2026-09-28 20:20")
    said = [
        ("2026-09-28 20:29:59", "还在吗", ["customer"]),
        ("2026-09-28 20:30", "", ["system"]),
        ("2026-09-28 21:00", "月末怎么结账", ["customer", "bot"]),
        ("2026-09-28 21:01", "转人工", ["customer", "system"]),
        ("2026-09-29 08:30", "早", ["customer"]),
    ]
    for when, words, authors in said:
        before = Chat.objects.get(pk=chat.pk).message_count
        if words:
            acts.say(chat=chat, speaker=chat.visitor, body=words, at=beijing(when))
        else:
            look(when)
        assert list(chat.messages.after(before).values_list("author_kind", flat=True)) == authors, when
    chat.refresh_from_db()
    assert (chat.state, chat.waiting_since) == ("waiting", beijing("2026-09-28 20:20"))
    assert chat.clock.milestones.get().state == "running"
    again = chat.messages.filter(author_kind="system").latest("number")
    assert "排队位置为您保留" in words_of(again)
