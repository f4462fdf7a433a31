"""What an endpoint subscribes to reaches it: from the ledger's own transaction, in order, once."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.db import transaction

from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.tickets.channels.test_webhook import Receiver, endpoint, receiver, say  # noqa: F401
from tests.world import World
from tickets.actions import resending, webhooks
from tickets.actions import ticket as acts
from tickets.actions.ticket import taking_back
from tickets.actions.webhooks import Wanted
from tickets.models import Delivery, DeliveryTry, TicketEvent, WebhookEndpoint
from tickets.models.endpoints import EVENTS
from tickets.rounds import dispatch
from tickets.rounds.calling import call_webhooks
from tickets.telling.notifications import keep_silent

State = Delivery.State
NOT_NEWS = {"escalated"}


def subscribed(receiver: Receiver, *events: str, name: str = "大屏", **more) -> WebhookEndpoint:  # noqa: F811
    return webhooks.add(name=name, url=receiver.url, wanted=Wanted(subscriptions=events, **more))


def news(one: WebhookEndpoint) -> list[str]:
    return list(one.deliveries.order_by("pk").values_list("subject", flat=True))


def test_every_line_of_a_ledger_has_a_name_that_can_be_subscribed_to(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, *EVENTS)
    ticket = world.open_ticket("月结报错")
    kinds = [kind for kind in TicketEvent.Kind.values if kind != "opened"]
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, number=100 + n, kind=kind, at=database_now(), actor_kind="system")
        for n, kind in enumerate(kinds)
    )
    heard = set(news(one))
    assert heard == {name for name in EVENTS if name.startswith("ticket.")}
    assert len(heard) == len(TicketEvent.Kind.values) - len(NOT_NEWS)


def test_news_are_told_in_order_with_what_was_said(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, "ticket.opened", "ticket.replied", "ticket.resolved")
    ticket = world.open_ticket("月结报错")
    at = database_now()
    acts.note(ticket=ticket, actor=world.agent, body="内部看法", at=at)
    acts.reply(ticket=ticket, actor=world.agent, body="请先看试算平衡表。", at=at)
    acts.resolve(ticket=ticket, actor=world.agent, body="", at=at)
    assert news(one) == ["ticket.opened", "ticket.replied", "ticket.resolved"]
    assert call_webhooks() == 3
    told = [json.loads(body) for _headers, body in receiver.calls]
    assert [one["type"] for one in told] == news(one)
    assert [one["data"]["event"]["number"] for one in told] == sorted(one["data"]["event"]["number"] for one in told)
    assert told[1]["data"]["message"]["body"] == "请先看试算平衡表。"
    assert told[1]["data"]["ticket"] == ticket.number
    assert all("内部看法" not in body.decode() for _headers, body in receiver.calls)


def test_only_what_is_wanted_is_heard(world: World, receiver: Receiver):  # noqa: F811
    kinds = ("ticket.opened",)
    theirs = subscribed(receiver, *kinds, name="客户", customer=world.yonsuite.customer)
    vendor = subscribed(receiver, *kinds, name="厂商", vendor="kingdee")
    team = subscribed(receiver, *kinds, name="团队", team=world.team)
    off = subscribed(receiver, *kinds, name="停用")
    webhooks.switch_off(endpoint=off, note="")
    ticket = world.open_ticket("月结报错")
    assert (len(news(theirs)), len(news(vendor)), len(news(off))) == (1, 0, 0)
    assert len(news(team)) == int(ticket.team == world.team)
    with pytest.raises(ActionRefusedError, match="没有这种事件"):
        subscribed(receiver, "ticket.exploded", name="错")


def test_history_that_is_brought_in_is_no_news(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, *EVENTS)
    with transaction.atomic():
        keep_silent()
        world.open_ticket("三年前的工单")
    assert news(one) == []


def test_what_is_undone_with_its_line_is_not_told(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, "ticket.opened")
    with transaction.atomic():
        world.open_ticket("没有保存")
        assert news(one) == ["ticket.opened"]
        transaction.set_rollback(True)
    assert news(one) == []


def test_what_was_taken_back_before_it_was_told_is_withheld(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, "ticket.noted")
    ticket, at = world.open_ticket("月结报错"), database_now()
    acts.note(ticket=ticket, actor=world.agent, body="写错单了", at=at)
    line = ticket.events.get(kind="note")
    taking_back.retract(ticket=ticket, event=line.number, actor=world.agent, at=at)
    assert one.deliveries.get().state == State.WITHHELD
    assert call_webhooks() == 0


def test_a_promise_is_told_once_whoever_asked_for_it(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, "milestone.breach")
    ticket = world.open_ticket("月结报错", at="2026-09-28 09:00")
    with clock_at("2026-09-28 11:00:01"):
        dispatch.sweep()
        dispatch.sweep()
    (row,) = one.deliveries.filter(escalation__mark="breach")
    assert (row.kind, row.ticket, row.channel) == ("breach", ticket, "webhook")


def test_what_comes_later_waits_for_what_failed_before_it(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, "ticket.opened", "ticket.replied")
    ticket = world.open_ticket("月结报错")
    receiver.answer = lambda handler: say(handler, 503)
    assert call_webhooks() == 1
    at = database_now()
    acts.reply(ticket=ticket, actor=world.agent, body="在看", at=at)
    receiver.answer = lambda handler: say(handler, 200)
    first = one.deliveries.order_by("pk")[0]
    Delivery.objects.filter(pk=first.pk).update(not_before=at + timedelta(minutes=3))
    with clock_at(at + timedelta(minutes=2)):
        assert call_webhooks() == 0
    with clock_at(at + timedelta(minutes=4)):
        assert call_webhooks() == 2
    assert [json.loads(body)["type"] for _h, body in receiver.calls][1:] == ["ticket.opened", "ticket.replied"]


def test_for_a_day_both_secrets_sign(world: World, endpoint: WebhookEndpoint, receiver: Receiver):  # noqa: F811
    old = endpoint.secret
    at = database_now()
    webhooks.renew_secret(endpoint=endpoint, at=at)
    endpoint.refresh_from_db()
    assert webhooks.try_out(endpoint=endpoint, at=at).outcome == "sent"
    headers, body = receiver.calls[-1]
    sent = {name.lower(): value for name, value in headers.items()}
    signed = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + body
    made = {
        base64.b64encode(
            hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        ).decode()
        for key in (old, endpoint.secret)
    }
    assert {one.removeprefix("v1,") for one in sent["webhook-signature"].split(" ")} == made
    assert endpoint.signing(at + timedelta(hours=25)) == [endpoint.secret]


def test_what_failed_is_sent_again_with_the_same_id_and_body(world: World, receiver: Receiver):  # noqa: F811
    one = subscribed(receiver, "ticket.opened")
    world.open_ticket("月结报错")
    receiver.answer = lambda handler: say(handler, 400)
    call_webhooks()
    row = one.deliveries.get()
    assert row.state == State.QUEUED
    one.deliveries.update(state=State.FAILED)
    webhooks.switch_on(endpoint=one)
    receiver.answer = lambda handler: say(handler, 200)
    assert resending.resend_failed(endpoint=one, at=database_now()) == 1
    call_webhooks()
    resending.resend(delivery=row, at=database_now())
    call_webhooks()
    ids = {headers["webhook-id"] for headers, _body in receiver.calls}
    assert (len(receiver.calls), len(ids), len({body for _h, body in receiver.calls})) == (3, 1, 1)
    assert list(DeliveryTry.objects.values_list("outcome", "status")) == [
        ("failed", 400),
        ("sent", 200),
        ("sent", 200),
    ]
    webhooks.switch_off(endpoint=one, note="")
    with pytest.raises(ActionRefusedError, match="已停用"):
        resending.resend(delivery=row, at=database_now())
