import asyncio
import json
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from tickets.live import streams
from tickets.live.hub import AGAIN, MOST_WAITING, hub
from tickets.live.streams import Event, stream
from tickets.live.telling import Teller, tell, teller, topic


def say(name: str, news: dict[str, Any]) -> None:
    teller(settings.REDIS_URL).tell(topic(name), json.dumps(news))


async def test_news_reaches_every_stream_of_its_topic_and_no_other() -> None:
    async with hub().listen("chat:1") as one, hub().listen("chat:1", "desk:a") as two, hub().listen("chat:2") as three:
        for queue in (one, two, three):
            while not queue.empty():
                assert queue.get_nowait() == AGAIN
        say("chat:1", {"number": 7})
        assert [await asyncio.wait_for(queue.get(), 20) for queue in (one, two)] == [{"number": 7}] * 2
        assert three.empty()


@pytest.mark.django_db
def test_nothing_is_told_of_what_was_rolled_back(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Teller, "tell", lambda self, name, news: said.append(news))

    def begun_and_given_up() -> None:
        with transaction.atomic():
            tell("chat:1", {"number": 1})
            raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(ZeroDivisionError):
            begun_and_given_up()
        tell("chat:1", {"number": 2})
        assert said == []
    assert said == ['{"topic":"chat:1","number":2}']


def test_a_store_that_is_away_holds_nobody_up_and_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Teller("unix:///nowhere/at/all.sock")
    gone.tell("chat:1", "{}")
    monkeypatch.setattr(gone.store, "publish", lambda *_: pytest.fail("asked again at once"))
    gone.tell("chat:1", "{}")


async def test_a_page_too_slow_for_its_news_looks_again_instead() -> None:
    async with hub().listen("chat:1") as queue:
        for number in range(MOST_WAITING + 10):
            hub()._hand_out(topic("chat:1"), json.dumps({"number": number}))
        assert queue.qsize() < MOST_WAITING
        assert queue.get_nowait() == AGAIN


async def test_a_stream_says_what_there_is_then_what_comes_and_pings_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PING_EVERY", 0.05)

    async def turn(news: object) -> list[Event] | None:
        return [Event("look", {"said": news}, 3)] if news != {"end": True} else None

    response = stream(("chat:9",), turn)
    assert response["Content-Type"] == "text/event-stream"
    told = response.__aiter__()
    first = await anext(told)
    assert first == b'id: 3\nevent: look\ndata: {"said":{}}\n\n'
    while (frame := await anext(told)) != b": ping\n\n":
        assert frame == first
    say("chat:9", {"end": True})
    assert [frame async for frame in told if not frame.startswith(b":")] == []


async def test_a_process_hears_its_own_news_without_the_store_and_those_of_others_by_it__Y06() -> None:
    there = Teller(settings.REDIS_URL)
    async with hub().listen("chat:3") as queue:
        teller(settings.REDIS_URL).tell(topic("chat:3"), '{"number":1}')
        there.store.publish(topic("chat:3"), f'{there.mark} {{"number":2}}')
        came: list[Any] = []
        while {"number": 2} not in came:
            came.append(await asyncio.wait_for(queue.get(), 20))
    assert [news for news in came if news != AGAIN] == [{"number": 1}, {"number": 2}]
