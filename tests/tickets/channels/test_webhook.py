"""Calls of other programs: signed as Standard Webhooks 1.0 has it, to the open network alone, held up by none."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sla.clock import database_now
from sla.models import Escalation
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.world import World
from tickets import tasks
from tickets.actions import webhooks
from tickets.channels import webhook
from tickets.channels.base import ChannelError
from tickets.models import Delivery, WebhookEndpoint
from tickets.rounds import dispatch
from tickets.rounds.calling import EACH, call_webhooks
from tickets.telling.notifications import queue_webhook

State = Delivery.State


class Receiver:
    """A program on this machine that is called; `answer` says what it does with a call."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: say(handler, 200)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers), body))
                receiver.answer(self)

            def log_message(self, *said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def say(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOK_LOOPBACK = True
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def endpoint(world: World, receiver: Receiver) -> WebhookEndpoint:
    return webhooks.add(name="值班大屏", url=receiver.url)


def queued(world: World, endpoint: WebhookEndpoint, count: int = 1) -> list[Delivery]:
    """Let tickets breach, and queue a call for each."""
    tickets = [world.open_ticket(f"第{n}张", at="2026-09-28 09:00") for n in range(count)]
    with clock_at("2026-09-28 11:00:01"):
        dispatch.sweep()
    rows = []
    for ticket in tickets:
        step = Escalation.objects.filter(milestone__clock__ticket_clock__ticket=ticket, mark="breach").get()
        row = queue_webhook(escalation=step, ticket=ticket, endpoint=endpoint.name, at=step.fired_at)
        assert row
        rows.append(row)
    return rows


def state(row: Delivery) -> tuple[str, int]:
    row.refresh_from_db()
    return row.state, row.attempts


def test_a_call_is_signed_and_says_what_came_true(world: World, endpoint: WebhookEndpoint, receiver: Receiver):
    [row] = queued(world, endpoint)
    assert call_webhooks() == 1
    assert state(row) == (State.SENT, 1)
    [(headers, body)] = receiver.calls
    sent = {name.lower(): value for name, value in headers.items()}
    assert sent["webhook-id"] == row.message_id
    assert abs(int(sent["webhook-timestamp"]) - database_now().timestamp()) < 60
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    signed = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert told["type"] == "milestone.breach"
    assert (told["data"]["ticket"], told["data"]["due_at"]) == (row.ticket.number, "2026-09-28T03:00:00Z")
    assert call_webhooks() == 0


def test_the_signature_is_that_of_the_published_scheme():
    """The example that the scheme's own libraries are tested with."""
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    made = webhook.signature(secret, message_id, 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_failed_call_is_made_again_with_the_same_id_and_body(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver
):
    [row] = queued(world, endpoint)
    receiver.answer = lambda handler: say(handler, 503)
    assert call_webhooks() == 1
    assert state(row) == (State.QUEUED, 1)
    assert call_webhooks() == 0, "not before its time"
    receiver.answer = lambda handler: say(handler, 204)
    with clock_at(database_now() + timedelta(minutes=1)):
        call_webhooks()
    assert state(row) == (State.SENT, 2)
    (first, body), (second, again) = receiver.calls
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"], "the second try has a time of its own"


@pytest.mark.parametrize("status", [301, 400, 404])
def test_only_2xx_is_success_and_the_rest_comes_again(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver, status: int
):
    [row] = queued(world, endpoint)
    receiver.answer = lambda handler: say(handler, status, Location=receiver.url)
    call_webhooks()
    assert state(row)[0] == "queued"
    assert len(receiver.calls) == 1, "no redirect is followed"


def test_gone_switches_the_endpoint_off(world: World, endpoint: WebhookEndpoint, receiver: Receiver):
    first, second = queued(world, endpoint, 2)
    receiver.answer = lambda handler: say(handler, 410)
    call_webhooks()
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.note) == (False, "410 Gone")
    call_webhooks()
    assert {state(first)[0], state(second)[0]} == {State.FAILED}
    assert (
        queue_webhook(escalation=second.escalation, ticket=second.ticket, endpoint="值班大屏", at=database_now())
        is None
    )


def test_a_slow_drip_is_cut_off_and_a_long_answer_not_read(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch
):
    monkeypatch.setattr(webhook, "TIMEOUT", 0.4)
    [row] = queued(world, endpoint)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(300):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return
            time.sleep(0.1)

    receiver.answer = drip
    began = time.monotonic()
    call_webhooks()
    assert time.monotonic() - began < 20
    assert state(row) == (State.QUEUED, 1)

    written: list[int] = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(2000):
                handler.wfile.write(b"x" * 65536)
                written.append(65536)

    receiver.answer = flood
    monkeypatch.setattr(webhook, "TIMEOUT", 5.0)
    with clock_at(database_now() + timedelta(minutes=2)):
        call_webhooks()
    assert state(row)[0] == State.SENT
    assert sum(written) < 20_000_000, "what the network had room for, not all of it"


def test_one_endpoint_that_hangs_holds_up_no_other_and_rests(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch
):
    monkeypatch.setattr(webhook, "TIMEOUT", 1.0)
    hung, over = Receiver(), threading.Event()
    hung.answer = lambda handler: over.wait(30)
    stuck = queued(world, webhooks.add(name="慢", url=hung.url), 4)
    swift = queued(world, endpoint, 4)
    began = time.monotonic()
    call_webhooks()
    over.set()
    assert time.monotonic() - began < 20
    assert {state(row)[0] for row in swift} == {State.SENT}
    assert sorted(state(row) for row in stuck) == [(State.QUEUED, 0)] * 3 + [(State.QUEUED, 1)]
    assert len(hung.calls) == 1
    hung.server.shutdown()


def test_each_endpoint_gets_its_turn(world: World, endpoint: WebhookEndpoint, receiver: Receiver):
    other = Receiver()
    queued(world, endpoint, EACH + 2)
    queued(world, webhooks.add(name="另一个", url=other.url), 1)
    assert call_webhooks() == EACH + 1
    assert (len(receiver.calls), len(other.calls)) == (EACH, 1)
    other.server.shutdown()


def test_mail_takes_no_call_and_a_call_no_mail(world: World, endpoint: WebhookEndpoint, receiver: Receiver, mailbox):
    [row] = queued(world, endpoint)
    dispatch.send_mail()
    assert state(row) == (State.QUEUED, 0)
    dispatch.call_programs()
    assert state(row)[0] == State.SENT
    assert all("@" in str(mail["To"]) for mail in mailbox.messages)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.7", "198.18.0.1", "198.51.100.2", "203.0.113.9", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_inside_a_network_is_called(address: str):
    assert webhook.is_open(address) is False


@pytest.mark.parametrize("address", ["1.1.1.1", "114.114.114.114", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_network_are(address: str):
    assert webhook.is_open(address) is True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://user@1.1.1.1/", "http://user:pw@1.1.1.1/",
        "http://1.1.1.1@127.0.0.1/", "file:///etc/passwd", "gopher://1.1.1.1/", "ftp://1.1.1.1/", "unix:/run/x.sock",
        "http:///x", "//1.1.1.1/", "http://1.1.1.1:99999/", "https://169.254.169.254/latest/meta-data/", "",
    ],
)  # fmt: skip
def test_no_url_leads_inside(url: str):
    with pytest.raises(ChannelError) as refused:
        webhook.placed(url)
    assert refused.value.permanent


def test_a_name_with_one_address_inside_is_not_called(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(webhook.socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(ChannelError, match="not on the open network"):
        webhook.placed("https://rebound.example/")


def test_the_checked_address_itself_is_called_and_the_name_is_not_asked_again(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch
):
    """What a name leads to the second time is of no matter."""
    port = receiver.server.server_port
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]]
    monkeypatch.setattr(webhook.socket, "getaddrinfo", lambda host, *_args, **_more: answers.pop())
    place = webhook.placed(f"http://hooks.example:{port}/hook")
    assert (place.host, place.address) == ("hooks.example", "127.0.0.1")
    monkeypatch.undo()
    assert webhook._exchanged("POST", place, b"{}", {"Host": "hooks.example"})[0] == 200
    assert receiver.calls[0][0]["Host"] == "hooks.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://127.0.0.1/", "https://a:b@1.1.1.1/", "https://intranet/", "https://localhost/",
        "https://a.localhost/", "https://2130706433/", "https://0177.0.0.1/", "https://[::1]/", "https://10.0.0.1/",
        "https://1.1.1.1:99999/", "https:///x",
    ],
)  # fmt: skip
def test_an_address_that_can_never_be_called_is_not_saved(world: World, url: str):
    with pytest.raises(ActionRefusedError):
        webhooks.add(name="x", url=url)


def test_a_host_that_cannot_be_found_today_is_saved_and_tried_again(world: World, monkeypatch):
    def lost(*_args: object, **_more: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(webhook.socket, "getaddrinfo", lost)
    row = queued(world, webhooks.add(name="x", url="https://hooks.example/"))[0]
    assert call_webhooks() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)
    assert "hooks.example cannot be found" in row.error


def test_an_endpoint_is_added_with_a_secret_of_its_own(world: World):
    endpoint = webhooks.add(name="x", url="https://1.1.1.1/hook")
    assert endpoint.secret.startswith("whsec_")
    assert len(base64.b64decode(endpoint.secret[6:])) == 32
    with pytest.raises(ActionRefusedError, match="同名"):
        webhooks.add(name="x", url="https://1.1.1.1/hook")
    old = endpoint.secret
    assert webhooks.renew_secret(endpoint=endpoint, at=database_now()).secret != old


def test_a_call_that_was_cut_off_is_made_again_under_its_id__C34(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch
):
    [row] = queued(world, endpoint)
    Delivery.objects.filter(pk=row.pk).update(attempts=1, lease_until=database_now() + timedelta(seconds=30))
    assert call_webhooks() == 0, "another process may still be at it"
    with clock_at(database_now() + timedelta(seconds=31)):
        call_webhooks()
    row.refresh_from_db()
    assert (row.state, row.unknown_sends) == (State.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_the_worker_goes_on_with_mail_while_a_program_is_slow(
    world: World, endpoint: WebhookEndpoint, receiver: Receiver
):
    [row] = queued(world, endpoint)
    over = threading.Event()
    receiver.answer = lambda handler: (over.wait(20), say(handler, 200))[1]
    tasks.call_webhooks()
    tasks.call_webhooks()
    assert state(row)[0] == State.QUEUED, "the program has not answered yet"
    over.set()
    while threads := [thread for thread in threading.enumerate() if thread.name == tasks.CALLS]:
        threads[0].join()
    assert state(row) == (State.SENT, 1)
    assert len(receiver.calls) == 1
