"""A promise nobody keeps, told in three chat groups, to a program and by mail. Source: Y18, Y22"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from sla.actions import Level
from tests.clocks import clock_at
from tests.promised import open_under, policy, promise
from tests.stories.conftest import Walk
from tests.tickets.channels.platforms import Platform
from tests.tickets.channels.test_webhook import Receiver
from tickets.actions import webhooks
from tickets.actions.webhooks import Wanted
from tickets.models import Delivery
from tickets.rounds import dispatch

NAMED = ("wecom", "dingtalk", "feishu")


@pytest.fixture
def platforms(settings) -> Iterator[dict[str, Platform]]:
    settings.WEBHOOK_LOOPBACK = True
    found = {kind: Platform(kind) for kind in NAMED}
    yield found
    for one in found.values():
        one.server.shutdown()


@pytest.fixture
def wallboard() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Check a call as the page for receivers says."""
    sent = {name.lower(): value for name, value in headers.items()}
    signed = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + body
    made = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}" in sent["webhook-signature"].split()


def test_a_breach_is_read_in_three_groups_on_the_wall_and_by_mail__Y18_Y22(
    walk: Walk, platforms: dict[str, Platform], wallboard: Receiver
):
    for kind, platform in platforms.items():
        platform.robot(name=kind, subscriptions=() if kind == "wecom" else ("milestone.breach",))
    heard = ("ticket.opened", "ticket.replied", "milestone.breach")
    wall = webhooks.add(name="wall", url=wallboard.url, wanted=Wanted(subscriptions=heard))
    # The rule names one group; the others and the wall have subscribed, and the lead is written to as ever.
    deeds = ({"do": "webhook", "endpoint": "wecom"}, {"do": "tell", "roles": ["duty_manager"]})
    under = policy(
        "told-outside",
        promise("first_response", 2, "yonsuite-7x12", met_on=("reply",)),
        levels=(Level("first_response", 1, "breach", Decimal(0), deeds),),
    )
    with clock_at("2026-09-28 09:00:01"):
        ticket = open_under(walk.world, under, "2026-09-28 09:00", subject="月结报错 <@all>")
        dispatch.call_programs()
    assert [json.loads(body)["type"] for _headers, body in wallboard.calls] == ["ticket.opened"]
    assert not any(platform.calls for platform in platforms.values())

    with clock_at("2026-09-28 11:00:01"):
        dispatch.sweep()
        dispatch.sweep()
        dispatch.send_mail()
        dispatch.call_programs()
        dispatch.call_programs()
    for platform in platforms.values():
        (text,) = platform.texts()
        assert ticket.number in text
        assert "超时" in text
        assert "<@all>" not in text
    _headers, body = wallboard.calls[-1]
    told = json.loads(body)
    assert (told["type"], told["data"]["due_at"]) == ("milestone.breach", "2026-09-28T03:00:00Z")
    assert all(is_signed(wall.secret, *call) for call in wallboard.calls)
    assert len(walk.letters_to(walk.world.lead.email, "超时")) == 1
    line = ticket.events.get(kind="escalated")
    assert line.fields["called"] == ["wecom"]

    walk.act("2026-09-28 11:10", ticket.number, "reply", body="正在处理，请稍候。")
    with clock_at("2026-09-28 11:10:01"):
        dispatch.call_programs()
    assert json.loads(wallboard.calls[-1][1])["data"]["message"]["body"] == "正在处理，请稍候。"
    assert not Delivery.objects.exclude(channel="email").exclude(state="sent").exists()
