"""Robots of chat groups: signed, counted and answered by platforms that speak as the real ones do. Source: Y18, K02"""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from sla.clock import database_now
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.channels.platforms import Platform, reply
from tests.tickets.channels.test_webhook import Receiver, queued
from tests.world import World
from tickets.actions import webhooks
from tickets.channels import dingtalk, feishu, robot, webhook, wecom
from tickets.channels.base import BusyError, ChannelError, GoneError
from tickets.models import Bulletin, Delivery, DeliveryTry
from tickets.rounds.calling import call_webhooks
from tickets.telling.cards import Card, Item, plain

State = Delivery.State
BUSY = [("wecom", 45009, 60), ("dingtalk", 130101, 600), ("feishu", 11232, 60)]
KINDS = ["wecom", "dingtalk", "feishu"]
ROBOTS = {"wecom": wecom.ROBOT, "dingtalk": dingtalk.ROBOT, "feishu": feishu.ROBOT}
# Two minutes after the steps of `queued`, when all of them are told as they were.
DUE = beijing("2026-09-28 11:00:10")


@pytest.fixture(params=KINDS)
def platform(request, settings) -> Iterator[Platform]:
    settings.WEBHOOK_LOOPBACK = True
    found = Platform(request.param)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def wecom_platform(settings) -> Iterator[Platform]:
    settings.WEBHOOK_LOOPBACK = True
    found = Platform("wecom")
    yield found
    found.server.shutdown()
    found.server.server_close()


def call_at(at=DUE) -> int:
    with clock_at(at):
        return call_webhooks()


def states(rows: list[Delivery]) -> list[str]:
    return [Delivery.objects.get(pk=row.pk).state for row in rows]


def test_what_is_due_together_is_one_signed_message(world: World, platform: Platform):
    endpoint = platform.robot()
    rows = queued(world, endpoint, 3)
    assert call_at() == 1
    assert states(rows) == [State.SENT] * 3
    (text,) = platform.texts()
    assert "超时】 3" in text
    for row in rows:
        assert row.ticket.number in text
        assert f"/console/tickets/{row.ticket.number}/" in text
    assert "王会计的公司" in text
    kept = DeliveryTry.objects.get()
    assert (kept.outcome, kept.status, kept.delivery_id, "ok" in kept.answer) == ("sent", 200, rows[0].pk, True)
    assert {Delivery.objects.get(pk=row.pk).carried_by_id for row in rows} == {None, rows[0].pk}


def test_a_robot_writes_twenty_times_a_minute_at_most(world: World, wecom_platform: Platform):
    endpoint = wecom_platform.robot(per_minute=999)
    assert endpoint.per_minute == 20
    queued(world, endpoint)
    assert call_at() == 1
    queued(world, endpoint)
    assert call_at(DUE + timedelta(seconds=1)) == 0
    assert call_at(DUE + timedelta(seconds=4)) == 1


@pytest.mark.parametrize(("kind", "code", "rest"), BUSY)
def test_a_robot_that_has_had_too_much_is_left_alone_and_then_told_all_at_once(
    world: World, settings, kind, code, rest
):
    settings.WEBHOOK_LOOPBACK = True
    platform = Platform(kind)
    platform.code = code
    endpoint = platform.robot()
    rows = queued(world, endpoint)
    call_at()
    rows += queued(world, endpoint, 2)
    platform.code = None
    assert call_at(DUE + timedelta(seconds=rest - 2)) == 0
    assert DeliveryTry.objects.get().outcome == "busy"
    assert call_at(DUE + timedelta(seconds=rest + 60)) == 1
    assert states(rows) == [State.SENT] * 3
    assert all(row.ticket.number in platform.texts()[-1] for row in rows)
    platform.server.shutdown()


def test_a_robot_that_is_no_more_is_switched_off_and_those_who_run_it_are_told(world: World, wecom_platform: Platform):
    endpoint = wecom_platform.robot()
    rows = queued(world, endpoint, 2)
    wecom_platform.code = 93000
    call_at()
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.note, states(rows)) == (False, "errcode 93000", [State.FAILED] * 2)
    told = Delivery.objects.get(bulletin__kind=Bulletin.Kind.ENDPOINT_OFF)
    assert (told.user, told.bulletin.fields["name"]) == (world.manager, "值班群")


ANSWERS = [
    (wecom, 200, b'{"errcode":0,"errmsg":"ok"}', None),
    (wecom, 200, b'{"errcode":45009,"errmsg":"api freq out of limit"}', BusyError),
    (wecom, 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', GoneError),
    (wecom, 500, b'{"errcode":0}', ChannelError),
    (wecom, 200, b'{"errcode":"0"}', ChannelError),
    (wecom, 200, b"[" * 100_000, ChannelError),
    (wecom, 200, b"<html>gateway</html>", ChannelError),
    (wecom, 429, b"", BusyError),
    (dingtalk, 200, b'{"errcode":130101,"errmsg":"send too fast"}', BusyError),
    (dingtalk, 302, b"", BusyError),
    (dingtalk, 200, b'{"errcode":310000,"errmsg":"sign not match"}', ChannelError),
    (dingtalk, 200, b'{"errcode":300001,"errmsg":"token is not exist"}', GoneError),
    (feishu, 200, b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}', None),
    (feishu, 400, b'{"code":9499,"msg":"too many request"}', BusyError),
    (feishu, 200, b'{"code":19021,"msg":"sign match fail"}', ChannelError),
    (feishu, 200, b'{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}', GoneError),
    (feishu, 200, b'{"code":true}', ChannelError),
]


@pytest.mark.parametrize(("adapter", "status", "said", "raises"), ANSWERS)
def test_the_code_in_the_answer_tells_not_the_status(
    adapter, status: int, said: bytes, raises: type[ChannelError] | None
):
    if raises is None:
        assert robot.judged(adapter.CODES, status, said).status == status
        return
    with pytest.raises(ChannelError) as refused:
        robot.judged(adapter.CODES, status, said)
    assert type(refused.value) is raises
    if raises is ChannelError:
        assert not refused.value.permanent, "a setting may be mended, so what is queued is kept"


def test_a_platform_that_says_how_long_to_wait_is_left_alone_for_as_long():
    for status, said in ((429, b""), (503, b""), (200, b'{"errcode":45009}')):
        with pytest.raises(BusyError) as busy:
            robot.judged(wecom.CODES, status, said, timedelta(hours=1))
        assert busy.value.wait == timedelta(hours=1)


@pytest.mark.parametrize(("kind", "most"), [("wecom", 4096), ("dingtalk", 20_000), ("feishu", 20_000)])
@pytest.mark.parametrize("length", [1, 40, 30_000])
def test_a_message_is_never_too_long_and_says_what_it_leaves_out(kind: str, most: int, length: int):
    items = tuple(Item(f"T-{n} " + "余" * length, ("某公司",), f"https://x.example/{n}/") for n in range(120))
    body = robot.render(
        ROBOTS[kind], Card("【超时】 120", items, "https://x.example/", "打开工作台", "另有 %d 条没有列出")
    )
    text = body.decode()
    assert len(body) <= most + 100
    assert "�" not in text
    assert "打开工作台" in text
    assert "T-0 " in text
    if kind == "wecom" or length > 40:
        assert "另有" in text


def test_what_a_customer_writes_is_no_markup():
    said = plain('[点我](http://evil.example) <@all> <font color="red">x</font> **b** `c`\n# d <at id=all></at>')
    assert not set(said) & set("[]<>*`#\n")
    assert "点我" in said


SILENT: dict[str, object] = {
    "500": lambda handler: reply(handler, 500, b"oops"),
    "redirect": lambda handler: reply(handler, 302, b"", Location="http://127.0.0.1:1/"),
    "closed": lambda handler: handler.connection.close(),
    "cut off": lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    "no json": lambda handler: reply(handler, 200, b"\xff\xfe\x00 not json"),
}


@pytest.mark.parametrize("way", SILENT)
def test_a_robot_that_does_not_answer_as_it_should_is_tried_again(world: World, wecom_platform: Platform, way: str):
    (row,) = queued(world, wecom_platform.robot())
    wecom_platform.answer = SILENT[way]  # type: ignore[assignment]
    call_at()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)
    assert len(wecom_platform.calls) == 1
    wecom_platform.answer = wecom_platform.judge
    call_at(DUE + timedelta(minutes=2))
    assert states([row]) == [State.SENT]


def test_one_that_floods_or_drips_holds_up_no_other(world: World, wecom_platform: Platform, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT", 1.0)
    sluggish, written = Receiver(), []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1600):
                handler.wfile.write(b"x" * 65536)
                written.append(65536)

    sluggish.answer = flood
    hung, over = Receiver(), threading.Event()
    hung.answer = lambda handler: over.wait(30)
    slow = [webhooks.add(name=one.url, url=one.url, kind="feishu") for one in (sluggish, hung)]
    stuck = [row for endpoint in slow for row in queued(world, endpoint)]
    swift = queued(world, wecom_platform.robot(), 2)
    began = time.monotonic()
    assert call_at() == 3
    over.set()
    assert time.monotonic() - began < 20
    assert (states(swift), states(stuck)) == ([State.SENT] * 2, [State.QUEUED] * 2)
    assert sum(written) < 30_000_000
    for one in (sluggish, hung):
        one.server.shutdown()


def test_what_was_settled_while_a_robot_was_away_is_not_told__C26(world: World, wecom_platform: Platform):
    first, second = queued(world, wecom_platform.robot(), 2)
    wecom_platform.code = -1
    call_at()
    first.ticket.__class__.objects.filter(pk=first.ticket_id).update(status="resolved")
    wecom_platform.code = None
    call_at(DUE + timedelta(minutes=30))
    call_at(DUE + timedelta(minutes=31))
    assert states([first, second]) == [State.WITHHELD, State.SENT]
    assert first.ticket.number not in wecom_platform.texts()[-1]


def test_a_test_message_tells_what_was_answered(world: World, platform: Platform):
    endpoint = platform.robot(secret="wrong")
    wrong = webhooks.try_out(endpoint=endpoint, at=database_now())
    assert wrong.outcome == ("sent" if platform.kind == "wecom" else "failed")
    right = webhooks.change(endpoint=endpoint, wanted=webhooks.Wanted(language="en"), secret="SECRET-of-a-robot")
    went = webhooks.try_out(endpoint=right, at=database_now())
    assert (went.outcome, went.status, went.delivery) == ("sent", 200, None)
    assert "守约" not in platform.texts()[-1]
