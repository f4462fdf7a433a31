"""From the first word of a customer to the mail that says nobody answered, by every channel and on both plans."""

import pytest

from tests.stories.conftest import Walk

CHANNELS = ["im", "hotline", "portal", "community", "in_product"]


def body_of(letter) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


@pytest.mark.parametrize("channel", CHANNELS)
def test_nobody_acts_within_two_working_hours_and_those_who_answer_for_it_are_told__Y18_Y22(walk: Walk, channel):
    answer = walk.write_in("2026-09-28 19:30", channel, walk.world.yonsuite)
    (promise,) = answer["milestones"]
    assert (promise["promise"], promise["due_at"]) == ("Y18", "2026-09-29T01:30:00Z")  # an hour today, one tomorrow

    walk.sweep("2026-09-28 19:30:05")
    (receipt,) = walk.letters_to(walk.world.yonsuite.contact.email)
    assert answer["ticket"] in str(receipt["Subject"])
    assert "09:30" in body_of(receipt)

    walk.sweep("2026-09-29 09:29:55")
    assert not walk.letters_to(walk.world.success_manager.email)  # still in time

    walk.sweep("2026-09-29 09:30:01")
    walk.sweep("2026-09-29 09:30:02")
    for person in (walk.world.success_manager, walk.world.technical_manager, walk.world.lead):
        (letter,) = walk.letters_to(person.email, "超时")
        assert answer["ticket"] in str(letter["Subject"])
        assert "3.1.1" in body_of(letter)
        assert f"/console/tickets/{answer['ticket']}/" in body_of(letter)
    assert walk.ticket(answer["ticket"]).priority == "high"


@pytest.mark.parametrize("channel", CHANNELS)
def test_nobody_rings_or_writes_within_half_a_working_day__K02_K10(walk: Walk, channel):
    answer = walk.write_in("2026-09-30 16:00", channel, walk.world.kingdee)
    (promise,) = answer["milestones"]
    # An hour and a half on Wednesday, seven days of holiday, two and a half hours on Thursday week.
    assert (promise["promise"], promise["due_at"]) == ("K02", "2026-10-08T03:00:00Z")

    walk.act("2026-10-08 08:40", answer["ticket"], "accept")  # meets nothing here: only contact counts
    walk.sweep("2026-10-08 10:59:55")
    assert not walk.letters_to(walk.world.technical_manager.email, "超时")
    walk.sweep("2026-10-08 11:00:01")
    (letter,) = walk.letters_to(walk.world.technical_manager.email, "超时")
    assert "3.1.2" in body_of(letter)
    (mine,) = walk.letters_to(walk.world.agent.email, "超时")
    assert mine["Message-ID"] != letter["Message-ID"]


@pytest.mark.parametrize(
    ("action", "said"), [("reply", {"body": "请先重算存货"}), ("call", {"body": "已电话说明", "answered": True})]
)
def test_a_human_word_in_time_keeps_the_promise_and_nobody_is_told__K02(walk: Walk, action, said):
    number = walk.write_in("2026-09-28 13:30", "in_product", walk.world.kingdee)["ticket"]
    walk.act("2026-09-28 17:29", number, action, **said)
    walk.sweep("2026-09-29 12:00")
    assert not [letter for letter in walk.mailbox.messages if "超时" in str(letter["Subject"])]


@pytest.mark.parametrize("action", ["accept", "progress"])
def test_taking_it_on_keeps_the_premier_promise__Y18(walk: Walk, action):
    number = walk.write_in("2026-09-28 13:30", "im", walk.world.yonsuite)["ticket"]
    walk.act("2026-09-28 15:29", number, action, **({"body": "正在核对"} if action == "progress" else {}))
    walk.sweep("2026-09-29 12:00")
    assert not [letter for letter in walk.mailbox.messages if "超时" in str(letter["Subject"])]


def test_the_customer_hears_of_the_answer_and_of_the_solution__Y07(walk: Walk):
    number = walk.write_in("2026-09-28 09:00", "portal", walk.world.yonsuite)["ticket"]
    walk.act("2026-09-28 09:20", number, "reply", body="请在存货核算里重新记账,再试结账。")
    walk.act("2026-09-28 10:00", number, "resolve", body="确认结账通过。")
    walk.sweep("2026-09-28 10:00:05")
    letters = walk.letters_to(walk.world.yonsuite.contact.email)
    assert len(letters) == 3
    assert any("重新记账" in body_of(letter) for letter in letters)
    assert all(number in str(letter["Subject"]) and letter["Reply-To"] for letter in letters)
    assert all(letter["Auto-Submitted"] == "auto-generated" for letter in letters)


def test_a_deadline_missed_while_everything_was_down_is_told_once_with_how_late__C35(walk: Walk):
    number = walk.write_in("2026-09-28 09:00", "hotline", walk.world.yonsuite)["ticket"]
    for wall in ("2026-09-28 15:30", "2026-09-28 15:30:02", "2026-09-28 15:31"):
        walk.sweep(wall)
    (letter,) = walk.letters_to(walk.world.success_manager.email)
    assert number in str(letter["Subject"])
    assert "4 小时 30 分" in body_of(letter)
    assert len(walk.letters_to(walk.world.lead.email)) == 1


def test_a_stranger_hears_nothing(walk: Walk):
    walk.write_in("2026-09-28 09:00", "portal", walk.world.yonsuite)
    walk.sweep("2026-09-29 12:00")
    assert not walk.letters_to(walk.world.stranger.email)
