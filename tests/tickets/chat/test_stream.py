"""What a customer's page is streamed: everything once and in order, from where it left off, and never a whisper."""

import asyncio
import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from tests.clocks import clock_at
from tests.tickets.chat.browser import let
from tests.tickets.chat.conftest import NOON, Talks
from tests.world import World
from tickets.actions import chat as acts
from tickets.chat import stream
from tickets.chat.stream import Reader, is_nothing, seen
from tickets.live.streams import Event
from tickets.models import Chat, Visitor

BUILT = Path("tickets/static/widget/shouyue.js")
LARGEST = 30_000


def reader(chat: Chat, after: int = 0, state: str = "active") -> Reader:
    assert chat.visitor
    return Reader(chat.visitor.pk, chat.pk, chat.vendor, "zh-hans", "", after, state)


def numbers(events: list[Event] | None) -> list[int]:
    return [event.number for event in events or [] if event.number is not None]


def test_each_message_comes_once_in_order_and_a_gap_is_read_from_the_database__Y06(talks: Talks, monkeypatch: Any):
    monkeypatch.setattr(stream, "PAGE", 3)
    chat = talks.active()
    with clock_at(NOON):
        page = reader(chat)
        first = numbers(seen(page))
        assert first == list(range(1, first[-1] + 1))
        for n in range(8):
            talks.agent(chat, f"第 {n} 句")
        talks.agent(chat, "悄悄话", is_whisper=True)
        talks.customer(chat, "收到")
        told = seen(page)
        came = numbers(told)
        assert came == [*range(first[-1] + 1, first[-1] + 9), first[-1] + 10]
        assert "悄悄话" not in str(told)
        assert numbers(seen(page)) == []
        assert numbers(seen(reader(chat, after=came[3]))) == came[4:]


def test_news_that_change_nothing_ask_nothing_of_the_database__Y06(talks: Talks):
    page = reader(talks.active())
    assert is_nothing(page, {"kind": "message", "number": 9, "whisper": True})
    assert is_nothing(page, {"kind": "line", "chat": ""})
    assert not is_nothing(page, {"kind": "message", "number": 9, "whisper": False})
    assert not is_nothing(page, {})
    page.state = "waiting"
    page.looked_at = -10.0
    assert not is_nothing(page, {"kind": "line", "chat": ""})


def test_the_place_in_line_is_told_as_others_leave_it__Y06(talks: Talks, world: World):
    first = talks.waiting(contact=world.yonsuite.contact)
    second = talks.waiting(contact=world.stranger)
    with clock_at(NOON):
        page = reader(second, after=99, state="waiting")
        assert (seen(page) or [])[-1].fields["place"] == 2
        acts.accept(chat=first, agent=world.agent, at=talks_at())
        assert (seen(page) or [])[-1].fields["place"] == 1


def talks_at() -> Any:
    with clock_at(NOON) as at:
        return at


def test_a_stream_ends_with_its_readers_right__Y05(talks: Talks):
    chat = talks.active()
    with clock_at(NOON) as at:
        page = reader(chat)
        assert seen(page)
        Visitor.objects.filter(pk=page.visitor).update(expires_at=at - timedelta(seconds=1))
        assert seen(page) is None


async def test_a_preflight_of_the_stream_needs_no_token_and_asks_beside_the_event_loop__Y05(monkeypatch: Any):
    def preflight(_request: HttpRequest) -> HttpResponse:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return HttpResponse(status=204)

    monkeypatch.setattr(stream, "preflight", preflight)
    request = RequestFactory().options("/chat/v1/stream/")
    assert (await stream.live(request)).status_code == 204


def test_an_ended_conversation_is_told_as_ended_and_a_new_one_begins__Y06(talks: Talks, world: World):
    with clock_at(NOON) as at:
        browser = let(world.yonsuite.contact, at)
        browser.post("chat/")
        browser.post("end/")
        again = browser.post("chat/").json()
    assert again["chat"]["state"] == "bot"
    assert Chat.objects.count() == 2


def test_the_widget_is_one_small_file_at_an_address_that_stays__Y05():
    packed = gzip.compress(BUILT.read_bytes(), 9)
    assert len(packed) <= LARGEST
    answer = Client().get("/static/widget/shouyue.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.content) == BUILT.read_bytes()
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = Client().get("/static/widget/shouyue.js", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert b"eval(" not in BUILT.read_bytes()
    assert b"innerHTML" not in BUILT.read_bytes().replace(b"dangerouslySetInnerHTML", b"").replace(
        b".innerHTML", b"", 9
    )


def test_both_dictionaries_say_the_same_things__Y19():
    source = Path("tickets/widget/src/words.js").read_text()
    chinese, english = source.split("  zh: {")[1].split("  en: {")
    names = [set(part_names(part)) for part in (chinese, english)]
    assert names[0] == names[1]
    assert len(names[0]) > 60
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in english)


def part_names(part: str) -> list[str]:
    """Return the names that a dictionary has, its texts left out."""
    return re.findall(r"(\w+): ", re.sub(r'"[^"]*"|`[^`]*`', "", part))
