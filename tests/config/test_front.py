"""The short way in for a live chat: it answers as the usual way does, and leaves to that what is not plainly good."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from config import front
from sla.api.problems import ProblemError
from sla.clock import database_now
from tests.tickets.chat.browser import HOST, Browser, let, site
from tests.tickets.chat.conftest import Talks, numbers
from tests.tickets.chat.conftest import talks as talks
from tests.world import World
from tickets.chat import stream
from tickets.live.hub import hub
from tickets.live.telling import topic
from tickets.models import Chat

GONE = {"type": "http.disconnect"}


CALLS: Queue[Callable[[], None]] = Queue()


async def here(ask: Any, *args: Any) -> Any:
    """Have the test's own thread ask the database: no other sees its transaction."""
    future: Future[Any] = Future()

    def answer() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(ask(*args))
        except ProblemError as refusal:
            future.set_exception(refusal)

    CALLS.put(answer)
    return await asyncio.wrap_future(future)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread, and here what it asks of the database; return its result."""
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(asyncio.run, work)
        going.add_done_callback(lambda _done: CALLS.put(lambda: None))
        while not going.done() or not CALLS.empty():
            CALLS.get(timeout=20)()
        return going.result()


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (front, stream):
        monkeypatch.setattr(module, "asked", here)


def scope(browser: Browser, method: str, path: str, chat: str, **headers: str) -> dict[str, Any]:
    """Return a request's head as a server gives it."""
    said = {"host": "testserver", "authorization": f"Bearer {browser.token}", "content-type": "application/json"}
    said |= {"origin": browser.origin} if browser.origin else {}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http", "method": method, "path": f"/chat/v1/{path}", "query_string": f"chat={chat}&after=0".encode(),
        "headers": [(name.encode(), value.encode()) for name, value in said.items()],
    }  # fmt: skip


def post(browser: Browser, chat: str, raw: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Send words the short way, in two pieces; return status, headers and body, status 0 where they were left whole."""
    pieces = [
        {"type": "http.request", "body": raw[:7], "more_body": True},
        {"type": "http.request", "body": raw[7:], "more_body": False},
    ]
    left, sent = list(pieces), []

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def usual(_scope: Any, receive: Any, _send: Any) -> None:
        assert [await receive() for _piece in pieces] == pieces

    head = scope(browser, "POST", "messages/", chat, **{"content_length": str(len(raw))} | headers)
    run(front.fronted(usual)(head, receive, send))
    if not sent:
        return 0, {}, b""
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], names, sent[1]["body"]


async def nobody(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("left to the usual way")


def said(body: str = "好的，谢谢", client_id: str = "a") -> bytes:
    return json.dumps({"body": body, "client_id": client_id}).encode()


def test_words_are_answered_as_the_usual_way_does_by_two_queries__Y06(world: World, talks: Talks):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now(), site())
    browser.origin = HOST
    usual = browser.ask("POST", f"messages/?chat={chat.code}", said(client_id="u"), content_type="application/json")
    assert post(browser, chat.code, said(client_id="warm"))[0] == 201
    with CaptureQueriesContext(connection) as queries:
        status, headers, body = post(browser, chat.code, said(" 好的，谢谢\u2028"))
    # The rest is the savepoint that only a test needs.
    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 2
    assert status == usual.status_code == 201
    same = ("kind", "author", "name", "body", "fields", "files", "whisper")
    short, long = json.loads(body), usual.json()
    assert [short[name] for name in same] == [long[name] for name in same]
    assert (short["number"], short["client_id"], set(short)) == (long["number"] + 2, "a", set(long))
    kept = ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin", "X-Content-Type-Options", "X-Frame-Options")
    kept = (*kept, "Referrer-Policy", "Content-Security-Policy", "Cross-Origin-Opener-Policy")
    assert {name: headers.get(name.lower()) for name in kept} == {name: usual.get(name) for name in kept}
    assert "Origin" in headers["vary"]
    chat.refresh_from_db()
    assert numbers(chat) == list(range(1, chat.message_count + 1))
    assert (chat.customer_read, chat.customer_at) == (chat.message_count, chat.messages.last().at)


LEFT: list[tuple[dict[str, Any], bytes]] = [
    ({"authorization": ""}, said()),
    ({"authorization": "Bearer syv_wrong"}, said()),
    ({"origin": "https://evil.example"}, said()),
    ({"content_type": "text/plain"}, said()),
    ({"accept": "text/html"}, said()),
    ({"content_length": "99999999"}, said()),
    ({"host": "evil.example"}, said()),
    ({}, b"{"),
    ({}, b"[]"),
    ({}, b'{"body":7}'),
    ({}, b'{"body":"\\ud800"}'),
    ({}, b'{"body":"a","body":"b"}'),
    ({}, said(" ")),
    ({}, said("长" * 4001)),
    ({}, said(client_id="x" * 65)),
    ({}, said(client_id="sent")),
    ({}, b'{"body":"a","bodi":"b"}'),
]


def test_what_is_not_plainly_good_is_left_to_the_usual_way_whole_and_nothing_is_written__Y05(
    world: World, talks: Talks
):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now())
    talks.customer(chat, "早就说过", client_id="sent")
    stranger, bots = let(world.stranger, database_now()), talks.open(contact=world.stranger)
    before = Chat.objects.get(pk=chat.pk).message_count
    for headers, raw in LEFT:
        assert (headers, raw, post(browser, chat.code, raw, **headers)[0]) == (headers, raw, 0)
    for who, code in (
        (stranger, chat.code),
        (stranger, bots.code),
        (browser, "IM-404"),
        (browser, ""),
        (browser, "%00"),
    ):
        assert (code, post(who, code, said())[0]) == (code, 0)
    with override_settings(REQUESTS_PER_MINUTE={"chat_visitor": 0}):
        assert post(browser, chat.code, said())[0] == 0
    Chat.objects.filter(pk=chat.pk).update(state="ended")
    assert post(browser, chat.code, said())[0] == 0
    assert (Chat.objects.get(pk=chat.pk).message_count, chat.messages.count()) == (before, before)


def test_an_agent_who_leads_writes_by_one_statement_once_they_have_spoken__Y06(talks: Talks):
    chat = talks.active()
    talks.agent(chat, "您好")
    with CaptureQueriesContext(connection) as queries:
        message = talks.agent(chat, "请看试算平衡表。", client_id="1")
    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 1
    assert talks.agent(chat, "请看试算平衡表。", client_id="1").pk == message.pk
    chat.refresh_from_db()
    assert (chat.agent_read, numbers(chat)) == (message.number, list(range(1, message.number + 1)))


def test_a_stream_hears_what_news_carry_without_asking_and_ends_with_its_reader__Y06(world: World, talks: Talks):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now())

    last = Chat.objects.get(pk=chat.pk).message_count

    async def read() -> list[bytes]:
        sent: asyncio.Queue[Any] = asyncio.Queue()
        gone: asyncio.Queue[Any] = asyncio.Queue()
        head = scope(browser, "GET", "stream/", chat.code)
        going = asyncio.create_task(front.fronted(nobody)(head, gone.get, sent.put))
        start = await sent.get()
        assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/event-stream")
        while b"event: state" not in (await sent.get())["body"]:
            pass
        for body in ("第一句", "又一次"):
            # Neither stands in the database: it is the news themselves that are read, and each number once.
            news = {"kind": "message", "whisper": False, "number": last + 1, "said": {"body": body}}
            hub()._hand_out(topic(f"chat:{chat.pk}"), json.dumps(news))
        frames = [await frame(sent)]
        await gone.put(GONE)
        await asyncio.wait_for(going, 2)
        assert not hub().streams
        return frames

    (told,) = run(read())
    assert 'event: message\ndata: {"body":"第一句"}\n\n'.encode() in told


async def frame(sent: asyncio.Queue[Any]) -> bytes:
    """Return the next message on a stream; how things stand may come once more when the store is there."""
    while b"event: message" not in (body := (await asyncio.wait_for(sent.get(), 2))["body"]):
        pass
    return body
