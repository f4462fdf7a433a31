"""Addresses outside that are removed: the log stays, the secrets do not, and no alert is lost unseen by it."""

import json

import pytest
from django.test import Client

from sla.clock import database_now
from sla.models import EscalationRule
from sla.refusals import ActionRefusedError
from tests.keys import bearer, new_key
from tests.world import World
from tickets.actions import resending, webhooks
from tickets.models import Delivery, WebhookEndpoint

LIST, LOG = "/console/rules/endpoints/", "/console/rules/deliveries/"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/3f2a-hidden-77b1"


def test_what_is_removed_keeps_its_log_and_loses_its_secrets(world: World):
    client = Client()
    client.force_login(world.manager)
    group = webhooks.add(name="群", url=FEISHU, kind="feishu", secret="s3cr3t-of-ours")
    webhooks.change(endpoint=group, wanted=webhooks.Wanted(subscriptions=("ticket.opened",)))
    ticket = world.open_ticket("月结报错")
    page = f"{LIST}{group.pk}/"
    assert "去掉密钥" in client.get(page).content.decode()
    client.post(f"{page}unsign/")
    assert WebhookEndpoint.objects.get().secret == ""
    removed = client.post(f"{page}remove/", follow=True).content.decode()
    kept = WebhookEndpoint.objects.get()
    assert ("已删除“群”" in removed, f"{page}" in removed) == (True, False)
    assert (kept.is_active, "hidden" in kept.url, kept.secret, kept.retired_at is None) == (False, False, "", False)
    row = Delivery.objects.get(endpoint=kept)
    assert (row.ticket, row.state, row.error) == (ticket, "withheld", Delivery.REMOVED)
    shown = client.get(page).content.decode()
    assert ("密钥已清除" in shown, '<form class="panel form"' in shown) == (True, False)
    assert client.get(LOG).status_code == 200
    for act in ("on", "remove", "unsign"):
        assert "已删除，只留下投递记录" in client.post(f"{page}{act}/", follow=True).content.decode(), act
    assert not WebhookEndpoint.objects.get().is_active
    with pytest.raises(ActionRefusedError, match="已删除"):
        resending.resend(delivery=row, at=database_now())
    assert webhooks.add(name="群", url=FEISHU, kind="feishu").pk != kept.pk


def test_what_rules_in_force_call_by_name_is_not_removed(world: World):
    endpoint = webhooks.add(name="大屏", url="https://1.1.1.1/in")
    rule = EscalationRule.objects.first()
    rule.actions = [*rule.actions, {"do": "webhook", "endpoint": "大屏"}]
    rule.save()
    with pytest.raises(ActionRefusedError) as refused:
        webhooks.retire(endpoint=endpoint, note="", at=database_now())
    assert (refused.value.code, rule.policy.name in refused.value.message) == ("endpoint_in_rules", True)
    assert refused.value.ways_on


def test_programs_change_and_remove_addresses(world: World):
    client, key = Client(), new_key("api", user=world.manager)

    def asked(method: str, path: str, said: dict | None = None, auth: str = key):
        body = {"data": json.dumps(said), "content_type": "application/json"} if method in ("post", "patch") else {}
        return getattr(client, method)(f"/api/v1/endpoints/{path}", **body, **bearer(auth))

    asked("post", "", {"name": "大屏", "url": "https://1.1.1.1/in", "vendor": "yonyou", "subscriptions": []})
    asked("post", "", {"name": "群", "url": FEISHU, "kind": "feishu", "secret": "s3cr3t-of-ours"})
    agent = new_key("api", user=world.agent)
    assert [asked(one, "群/", {}, agent).status_code for one in ("get", "patch", "delete")] == [403] * 3
    changed = asked("patch", "大屏/", {"subscriptions": ["ticket.opened"], "nmae": "x"}).json()
    assert (changed["subscriptions"], changed["vendor"], changed["unread"]) == (["ticket.opened"], "yonyou", ["nmae"])
    renewed = asked("post", "大屏/secret/")
    assert (renewed.status_code, renewed.json()["secret"][:6], renewed["Cache-Control"]) == (200, "whsec_", "no-store")
    assert (asked("post", "群/secret/").json()["code"], asked("patch", "大屏/", {"secret": ""}).json()["code"]) == (
        "not_ours", "always_signed",
    )  # fmt: skip
    assert WebhookEndpoint.objects.get(name="群").secret == "s3cr3t-of-ours"
    answers = [
        asked("patch", "群/", {"secret": "another-one"}),
        asked("patch", "群/", {"secret": ""}),
        asked("get", "群/"),
    ]
    assert not any("another-one" in one.content.decode() or "hidden" in one.content.decode() for one in answers)
    assert (WebhookEndpoint.objects.get(name="群").secret, answers[2].json()["url"][-5:]) == ("", "…77b1")
    assert asked("delete", "群/").status_code == 204
    assert [asked(one, "群/", {}).status_code for one in ("get", "patch", "delete")] == [404] * 3
    assert [one["name"] for one in asked("get", "").json()] == ["大屏"]
