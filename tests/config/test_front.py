"""The short way in for a live chat: it answers as the usual way does, and leaves to that what is not plainly good."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from config import front
from plans.models import User
from sla.clock import database_now
from tests.tickets.chat.browser import HOST, Browser, let, site
from tests.tickets.chat.conftest import Talks, numbers
from tests.tickets.chat.conftest import talks as talks
from tests.world import World
from tickets.chat import quick
from tickets.console import live as desk
from tickets.live.hub import hub
from tickets.live.telling import topic
from tickets.live.threads import asked
from tickets.models import Chat, Site, Visitor

GONE = {"type": "http.disconnect"}
NOTHING = [{"type": "http.request", "body": b"", "more_body": False}]


class Framework(ASGIHandler):
    """The framework's own way, on the test's own thread: no other sees its transaction."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)


FRAMEWORK = Framework()


async def here(ask: Any, *args: Any) -> Any:
    """Have the test's own thread ask the database."""
    return await sync_to_async(ask)(*args)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (front, front.talk):
        monkeypatch.setattr(module, "asked", here)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def scope(browser: Browser, method: str, path: str, query: str, *also: tuple[str, str], **headers: str) -> Any:
    """Return a request's head as a server gives it."""
    said = {"host": "testserver", "authorization": f"Bearer {browser.token}", "content-type": "application/json"}
    said |= {"origin": browser.origin} if browser.origin else {}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in [*said.items(), *also] if value],
    }  # fmt: skip


@dataclass
class Odd:
    """A request that is odd in some way, and whether it is answered the short way all the same."""

    why: str
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b'{"body":"\xe5\xa5\xbd\xe7\x9a\x84","client_id":"a"}'
    query: str = "chat={code}"
    also: tuple[tuple[str, str], ...] = ()
    is_cut: bool = False
    is_short: bool = False


def pieces(raw: bytes, *, is_cut: bool = False) -> list[dict[str, Any]]:
    """Return a body in two pieces, or one and the end of the line."""
    last = GONE if is_cut else {"type": "http.request", "body": raw[7:], "more_body": False}
    return [{"type": "http.request", "body": raw[:7], "more_body": True}, last]


def answered(application: Any, head: Any, came: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
    """Send a request; return status, headers and body of the answer, 0 for none."""
    left, sent = list(came), []

    async def receive() -> Any:
        return left.pop(0) if left else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async_to_sync(application)(dict(head), receive, send)
    if not sent:
        return 0, {}, b""
    names = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], names, b"".join(one["body"] for one in sent[1:])


def post(browser: Browser, code: str, odd: Odd, usual: Any = FRAMEWORK) -> Any:
    """Say something by the front, undone at once; return its answer, None where it was left whole to the usual way."""
    came = pieces(odd.raw, is_cut=odd.is_cut)

    async def whole(scope: Any, receive: Any, _send: Any) -> None:
        assert (scope, [await receive() for _piece in came]) == (head_of(browser, code, odd), came)

    with transaction.atomic():
        answer = answered(front.fronted(usual or whole), head_of(browser, code, odd), came)
        transaction.set_rollback(True)
    return answer if answer[0] else None


def head_of(browser: Browser, code: str, odd: Odd) -> Any:
    said = {"content_length": str(len(odd.raw))} | odd.headers
    said = {name: value.replace("{token}", browser.token) for name, value in said.items()}
    return scope(browser, "POST", "/chat/v1/messages/", odd.query.format(code=code), *odd.also, **said)


def comparable(answer: tuple[int, dict[str, str], bytes]) -> Any:
    """Return an answer without what differs from one moment to the next, or is no part of an answer to a page."""
    status, headers, body = answer
    kept = {name: value for name, value in headers.items() if name not in ("allow", "content-length", "vary")}
    vary = sorted(part.strip() for part in headers.get("vary", "").split(","))
    is_json = "json" in headers.get("content-type", "")
    fields = {name: value for name, value in json.loads(body).items() if name != "at"} if is_json else body
    return status, kept, vary, fields


async def nobody(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("left to the usual way")


def said(body: str = "好的，谢谢", client_id: str = "a") -> bytes:
    return json.dumps({"body": body, "client_id": client_id}).encode()


def test_words_are_written_the_short_way_by_two_queries__Y06(world: World, talks: Talks):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now(), site())
    for name in ("warm", "a"):
        head = scope(browser, "POST", "/chat/v1/messages/", f"chat={chat.code}", content_length=str(len(said(name))))
        with CaptureQueriesContext(connection) as queries:
            assert answered(front.fronted(nobody), head, pieces(said(client_id=name)))[0] == 201
    # The rest is the savepoint that only a test needs.
    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 2
    chat.refresh_from_db()
    assert numbers(chat) == list(range(1, chat.message_count + 1))
    assert (chat.customer_read, chat.customer_at) == (chat.message_count, chat.messages.last().at)


ODD = [
    Odd("plain", is_short=True),
    Odd("no name of its own", raw=b'{"body":"a"}', is_short=True),
    Odd("null for a name", raw=b'{"body":"a","client_id":null}', is_short=True),
    Odd("type with a charset", {"content_type": "Application/JSON; charset=latin-1"}, is_short=True),
    Odd("English", {"accept_language": "en-GB,en;q=0.8"}, is_short=True),
    Odd("English by a cookie", {"cookie": "django_language=en"}, is_short=True),
    Odd("takes anything", {"accept": "text/html, */*;q=0.1"}, is_short=True),
    Odd("our own page", {"origin": "http://testserver"}, is_short=True),
    Odd("a page of the site", {"origin": HOST}, is_short=True),
    Odd("blanks around", raw=b'{"body":" a\\u2028"}', is_short=True),
    Odd("scheme in small letters", {"authorization": "bearer {token}"}, is_short=True),
    Odd("no token", {"authorization": ""}),
    Odd("wrong token", {"authorization": "Bearer syv_wrong"}),
    Odd("token in Latin", {"authorization": "Bearer \xff\xfe"}),
    Odd("two tokens", also=(("authorization", "Bearer x"),)),
    Odd("foreign page", {"origin": "https://evil.example"}),
    Odd("a page of no origin", {"origin": "null"}),
    Odd("foreign name", {"host": "evil.example"}),
    Odd("plain text", {"content_type": "text/plain"}),
    Odd("no type", {"content_type": ""}),
    Odd("wants HTML", {"accept": "text/html"}),
    Odd("wants something like it", {"accept": "application/jsonx"}),
    Odd("wants it laid out", {"accept": "application/json; indent=4"}),
    Odd("another form", query="chat={code}&format=xml"),
    Odd("longer than said", {"content_length": "99999999"}),
    Odd("length twice", also=(("content-length", "38"),)),
    Odd("negative length", {"content_length": "-1"}),
    Odd("too many fields", query="chat={code}&" + "a=1&" * 1001),
    Odd("broken off", raw=b'{"body":"a"}      ', is_cut=True),
    Odd("no JSON", raw=b"{"),
    Odd("a list", raw=b"[]"),
    Odd("a number", raw=b'{"body":7}'),
    Odd("no number that is one", raw=b'{"body":NaN}'),
    Odd("huge number", raw=b'{"body":' + b"9" * 5000 + b"}"),
    Odd("deep", raw=b'{"body":' + b"[" * 9000 + b"]" * 9000 + b"}"),
    Odd("half a pair", raw=b'{"body":"\\ud800"}'),
    Odd("no UTF-8", raw=b'{"body":"\xff"}'),
    Odd("a zero byte", raw=b'{"body":"a\\u0000b"}'),
    Odd("a mark before", raw=b'\xef\xbb\xbf{"body":"a"}'),
    Odd("twice the same key", raw=b'{"body":"a","body":"b"}'),
    Odd("empty", raw=b'{"body":" "}'),
    Odd("too long", raw=b'{"body":"' + b"a" * 4001 + b'"}'),
    Odd("too long a name", raw=b'{"body":"a","client_id":"' + b"x" * 65 + b'"}'),
    Odd("sent before", raw=b'{"body":"a","client_id":"sent"}'),
    Odd("a field that nobody reads", raw=b'{"body":"a","bodi":"b"}'),
    Odd("no such chat", query="chat=IM-404"),
    Odd("no chat", query=""),
    Odd("a zero byte for a chat", query="chat=%00"),
    Odd("two chats", query="chat=IM-404&chat={code}", is_short=True),
]


def test_each_odd_request_is_answered_the_same_both_ways_and_only_plain_words_the_short_way__Y05(
    world: World, talks: Talks
):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now(), site())
    talks.customer(chat, "早就说过", client_id="sent")
    for odd in ODD:
        short = post(browser, chat.code, odd, None)
        assert (odd.why, short is not None) == (odd.why, odd.is_short)
        if short:
            with transaction.atomic():
                usual = answered(FRAMEWORK, head_of(browser, chat.code, odd), pieces(odd.raw))
                transaction.set_rollback(True)
            assert (odd.why, usual[0], comparable(short)) == (odd.why, 201, comparable(usual))


def test_who_may_not_speak_any_more_is_told_so_both_ways_and_nothing_stands__Y05(world: World, talks: Talks):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now(), site())
    visitor, contact = Visitor.objects.filter(site__code="erp"), world.yonsuite.contact
    stranger, count = let(world.stranger, database_now()), chat.messages.count()
    now_on = [
        (browser, 401, lambda: visitor.update(expires_at=database_now() - timedelta(seconds=1))),
        (browser, 401, lambda: Site.objects.update(is_active=False)),
        (browser, 404, lambda: Site.objects.update(vendor="kingdee")),
        (browser, 401, lambda: type(contact).objects.filter(pk=contact.pk).update(is_active=False)),
        (browser, 401, lambda: type(contact.customer).objects.filter(pk=contact.customer_id).update(is_active=False)),
        (browser, 403, lambda: Site.objects.update(origins=[])),
        (browser, 409, lambda: Chat.objects.filter(pk=chat.pk).update(state="ended")),
        (stranger, 404, lambda: None),
    ]  # fmt: skip
    for who, status, happens in now_on:
        with transaction.atomic():
            happens()
            odd = Odd("", {"origin": HOST if who is browser else ""})
            assert (post(who, chat.code, odd, None), post(who, chat.code, odd)[0]) == (None, status)
            transaction.set_rollback(True)
    assert chat.messages.count() == count


def test_words_that_are_left_to_the_usual_way_are_counted_once__Y05(world: World, talks: Talks):
    bots = talks.open(contact=world.stranger)
    with override_settings(REQUESTS_PER_MINUTE={"chat_visitor": 1}):
        browser, length = let(world.stranger, database_now()), str(len(said()))
        head = scope(browser, "POST", "/chat/v1/messages/", f"chat={bots.code}", content_length=length)
        assert [answered(front.fronted(FRAMEWORK), head, pieces(said()))[0] for _time in range(2)] == [201, 429]


def test_a_database_that_fails_doubles_nothing_and_is_told_in_words__Y06(
    world: World, talks: Talks, monkeypatch: pytest.MonkeyPatch
):
    chat, browser = talks.active(), let(world.yonsuite.contact, database_now())

    def failed(*_asked: Any, **_given: Any) -> None:
        raise OperationalError("the line broke after the commit")

    monkeypatch.setattr(quick, "say_plainly", failed)
    # Under its name it may be said again by the usual way; without one nobody knows whether it stands.
    assert post(browser, chat.code, Odd("named"))[0] == 201
    status, headers, _body = post(browser, chat.code, Odd("nameless", raw=b'{"body":"client_id"}'), None)
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    monkeypatch.setattr(quick, "known", failed)
    assert post(browser, chat.code, Odd("not begun", raw=b'{"body":"a"}'))[0] == 201


@pytest.mark.django_db
def test_a_thread_whose_connection_broke_takes_another_even_where_that_was_an_answer__Y06(
    monkeypatch: pytest.MonkeyPatch,
):
    def ask(words: str) -> Any:
        try:
            with connection.cursor() as cursor:
                return cursor.execute(words).fetchone()[0]
        except OperationalError:
            return "told in words"

    async def talk() -> list[Any]:
        with monkeypatch.context() as web:
            # As on a web server, where a thread's connection stays open.
            web.setitem(connection.settings_dict["OPTIONS"], "pool", {})
            came = [await asked(ask, "SELECT pg_terminate_backend(pg_backend_pid())"), await asked(ask, "SELECT 1")]
        return [*came, await asked(ask, "SELECT 2")]

    assert asyncio.run(talk()) == ["told in words", 1, 2]


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
        head = scope(browser, "GET", "/chat/v1/stream/", f"chat={chat.code}&after=0")
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
        await asyncio.wait_for(going, 20)
        assert not hub().streams
        return frames

    (told,) = async_to_sync(read)()
    assert 'event: message\ndata: {"body":"第一句"}\n\n'.encode() in told


async def frame(sent: asyncio.Queue[Any]) -> bytes:
    """Return the next message on a stream; how things stand may come once more when the store is there."""
    while b"event: message" not in (body := (await asyncio.wait_for(sent.get(), 20))["body"]):
        pass
    return body


def test_an_agents_stream_is_on_the_event_loop_and_ends_with_their_session__Y06(
    world: World, talks: Talks, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(desk, "HOLDS", -1.0)
    chat = talks.active()
    client.force_login(world.agent)
    cookie = f"shouyue_session={client.session.session_key}"
    head = scope(Browser(), "GET", "/console/live/", f"chat={chat.pk}", cookie=cookie)
    listener = desk._admitted(ASGIRequest(head, BytesIO()))
    with transaction.atomic():
        assert listener
        assert desk._may_still(listener)
        # Whoever is of another team, or of none, hears other desks.
        User.objects.filter(pk=world.agent.pk).update(team=None)
        assert not desk._may_still(listener)
        transaction.set_rollback(True)

    async def read() -> bytes:
        sent: asyncio.Queue[Any] = asyncio.Queue()
        gone: asyncio.Queue[Any] = asyncio.Queue()
        going = asyncio.create_task(front.fronted(nobody)(head, gone.get, sent.put))
        assert (await sent.get())["status"] == 200
        while b"event: look" not in (await sent.get())["body"]:
            pass
        hub()._hand_out(topic(f"chat:{chat.pk}"), '{"kind":"message","number":7,"said":{"body":"secret"}}')
        while b"event: news" not in (body := (await asyncio.wait_for(sent.get(), 20))["body"]):
            pass
        await sync_to_async(client.logout)()
        hub()._hand_out(topic(f"chat:{chat.pk}"), '{"kind":"message","number":8}')
        await asyncio.wait_for(going, 20)
        assert not hub().streams
        return bytes(body)

    body = async_to_sync(read)()
    assert b'"number":7' in body
    assert b"secret" not in body
    assert answered(front.fronted(nobody), head, [])[0] == answered(FRAMEWORK, head, NOTHING)[0] == 403
