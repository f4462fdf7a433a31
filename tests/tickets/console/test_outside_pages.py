"""The pages of addresses outside and of what went out, and the same for programs: who may, and what is never shown."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from sla.clock import database_now
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.tickets.channels.test_webhook import Receiver, queued, receiver, say  # noqa: F401
from tests.world import World
from tickets.actions import webhooks
from tickets.models import Delivery, DeliveryTry, WebhookEndpoint
from tickets.rounds.calling import call_webhooks
from tickets.rounds.dispatch import send_mail
from tickets.showing.unreached import why

LIST, LOG = "/console/rules/endpoints/", "/console/rules/deliveries/"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-secret-7890"


@pytest.fixture
def page(world: World) -> Client:
    client = Client()
    client.force_login(world.manager)
    return client


def test_leads_look_managers_change_and_agents_do_neither(world: World):
    endpoint = webhooks.add(name="x", url="https://1.1.1.1/in")
    asked = {LIST: "get", LOG: "get", f"{LIST}{endpoint.pk}/": "get", f"{LIST}new/wecom/": "get"}
    asked |= {f"{LIST}{endpoint.pk}/{act}/": "post" for act in ("off", "secret", "test", "resend")}
    seen = {}
    for person in (world.agent, world.lead):
        client = Client()
        client.force_login(person)
        seen[person.username] = [getattr(client, method)(path).status_code for path, method in asked.items()]
    assert seen["agent"] == [403] * 8
    assert seen["lead"] == [200, 200, 200] + [403] * 5
    lead = Client()
    lead.force_login(world.lead)
    assert lead.post(f"{LIST}{endpoint.pk}/", {"url": "https://1.1.1.1/other"}).status_code == 403
    assert WebhookEndpoint.objects.get().is_active


def test_a_program_is_added_and_its_secret_shown_once(page: Client):
    added = page.post(
        f"{LIST}new/webhook/", {"name": "大屏", "url": "https://1.1.1.1/in", "subscriptions": ["ticket.opened"]}
    )
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in added.content.decode()
    assert added["Cache-Control"] == "no-store"
    shown = [page.get(path).content.decode() for path in (LIST, f"{LIST}{endpoint.pk}/", LOG)]
    assert not any(endpoint.secret in text for text in shown)
    assert "工单提交" in shown[0]
    again = page.post(f"{LIST}{endpoint.pk}/secret/").content.decode()
    old, endpoint.secret = endpoint.secret, WebhookEndpoint.objects.get().secret
    assert (endpoint.secret in again, old in again) == (True, False)


def test_a_robots_address_is_never_shown_whole_and_stays_when_left_blank(page: Client):
    page.post(f"{LIST}new/wecom/", {"name": "群", "url": WECOM, "language": "en", "per_minute": 10})
    endpoint = WebhookEndpoint.objects.get()
    changed = {"url": "", "language": "zh-hans", "per_minute": 5, "subscriptions": ["milestone.breach"]}
    assert page.post(f"{LIST}{endpoint.pk}/", changed).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.language, endpoint.per_minute) == (WECOM, "zh-hans", 5)
    admin = Client()
    for path in (LIST, f"{LIST}{endpoint.pk}/", LOG):
        assert "693a91f6" not in page.get(path).content.decode()
    assert admin.get(LIST).status_code == 302


@pytest.mark.parametrize(
    ("kind", "said", "wrong"),
    [
        ("webhook", {"name": "x", "url": "http://1.1.1.1/"}, "https://"),
        ("wecom", {"name": "x", "url": "https://10.0.0.1/send", "language": "en"}, "不在公网"),
        ("wecom", {"name": "x", "url": WECOM, "language": "en", "per_minute": 21}, "20"),
        ("webhook", {"name": "", "url": "https://1.1.1.1/"}, "名称"),
        ("webhook", {"name": "x", "url": "https://1.1.1.1/", "subscriptions": ["ticket.exploded"]}, "订阅"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_typed_is_lost(page: Client, kind: str, said: dict, wrong: str):
    answer = page.post(f"{LIST}new/{kind}/", said)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert wrong in text
    assert said["url"] in text or kind == "wecom"
    assert not WebhookEndpoint.objects.exists()


def test_the_log_shows_tries_first_what_was_given_up_and_sends_again(
    page: Client,
    world: World,
    receiver: Receiver,  # noqa: F811
    mailbox,
):
    endpoint = webhooks.add(name="大屏", url=receiver.url)
    receiver.answer = lambda handler: say(handler, 422)
    (row,) = queued(world, endpoint)
    with clock_at("2026-09-28 11:00:10"):
        call_webhooks()
        send_mail()
    Delivery.objects.filter(pk=row.pk).update(state="failed")
    WebhookEndpoint.objects.update(rests_until=None)
    log = page.get(LOG).content.decode()
    assert log.index("没有送达的 1 条") < log.index("最近的")
    assert "对方不收：核对地址和对方的设置。 HTTP 422" in log
    assert world.lead.email in log
    for query, there in {
        f"endpoint={endpoint.pk}&state=failed": True, "channel=email": False, f"q={row.ticket.number}": True,
        f"q={world.lead.email}": False, "kind=breach&channel=webhook": True, "state=x&before=z&q=%00&endpoint=-1": True,
        "before=1": False,
    }.items():  # fmt: skip
        assert ("HTTP 422" in page.get(f"{LOG}?{query}").content.decode()) is there, query
    receiver.answer = lambda handler: say(handler, 200)
    sent = page.post(f"{LOG}{row.pk}/resend/", {"back": "state=failed\r\nX: y"})
    assert sent["Location"].startswith(f"{LOG}?state=failed")
    call_webhooks()
    assert Delivery.objects.get(pk=row.pk).state == "sent"
    assert [one.status for one in row.tries.order_by("pk")] == [422, 200]
    refused = page.post(f"{LOG}{Delivery.objects.filter(channel='email', state='sent')[0].pk}/resend/", follow=True)
    assert "能重发的是没有送达的" in refused.content.decode()


@pytest.mark.parametrize(
    ("kind", "said", "status", "told"),
    [
        ("dingtalk", '{"errcode":310000,"errmsg":"sign not match"}', 200, "加签密钥不对"),
        ("feishu", '{"code":19021,"msg":"sign match fail"}', 200, "签名没有通过"),
        ("wecom", "errcode 93000", None, "已被移出群"),
        ("wecom", '{"errcode":12345}', 200, ""),
        ("webhook", "HTTP 404", None, "没有这个地址"),
        ("webhook", '{"code": 404}', 500, "对方的程序出错"),
        ("webhook", "ReadTimeoutError: no answer within 5 s", None, "5 秒内没有答复"),
        ("webhook", "x.example leads to 10.0.0.1, which is not on the open network.", None, "不在公网上"),
        ("webhook", "127.0.0.1 is not on the open network.", None, "不在公网上"),
        ("webhook", "410 Gone", None, "不要再发"),
        ("email", "Mailbox full", None, ""),
    ],
)
def test_why_nothing_arrived_is_told_in_words(kind: str, said: str, status: int | None, told: str):
    assert told in why(kind, said, status)
    assert bool(told) == bool(why(kind, said, status))


def test_what_waits_for_an_endpoint_that_rests_says_until_when(page: Client, world: World):
    endpoint = webhooks.add(name="大屏", url="https://1.1.1.1/in")
    queued(world, endpoint)
    with clock_at("2026-09-28 11:00:10"):
        shown = [page.get(f"{LOG}?channel=webhook").content.decode()]
        WebhookEndpoint.objects.update(rests_until=database_now() + timedelta(minutes=7))
        shown.append(page.get(f"{LOG}?channel=webhook").content.decode())
    assert ["不早于" in text for text in shown] == [False, True]
    assert "11:07" in shown[1]


def test_a_test_message_shows_what_was_answered(page: Client, receiver: Receiver):  # noqa: F811
    endpoint = webhooks.add(name="大屏", url=receiver.url)
    receiver.answer = lambda handler: say(handler, 503)
    text = page.post(f"{LIST}{endpoint.pk}/test/", follow=True).content.decode()
    assert "对方暂停服务；之后会自动再发。 HTTP 503" in text
    assert DeliveryTry.objects.get().delivery is None
    assert json.loads(receiver.calls[0][1])["type"] == "test"


def test_managers_programs_do_the_same(world: World, receiver: Receiver):  # noqa: F811
    client, key = Client(), new_key("api", user=world.manager)

    def asked(method: str, path: str, said: dict | None = None, auth: str = key):
        body = {"data": json.dumps(said), "content_type": "application/json"} if said is not None else {}
        return getattr(client, method)(f"/api/v1/endpoints/{path}", **body, **bearer(auth))

    assert asked("get", "", auth=new_key("api", user=world.agent)).status_code == 403
    added = asked("post", "", {"name": "大屏", "url": receiver.url, "subscriptions": ["ticket.opened"]})
    assert (added.status_code, added.json()["secret"][:6]) == (201, "whsec_")
    assert asked("post", "", {"name": "大屏", "url": receiver.url}).json()["code"] == "name_taken"
    assert asked("post", "", {"name": "y", "url": receiver.url, "team": "nobody"}).status_code == 422
    assert "secret" not in asked("get", "").json()[0]
    receiver.answer = lambda handler: say(handler, 400)
    ticket = world.open_ticket("月结报错", at=database_now().isoformat()[:16].replace("T", " "))
    call_webhooks()
    Delivery.objects.update(state="failed")
    WebhookEndpoint.objects.update(rests_until=None)
    (row,) = asked("get", "大屏/deliveries/?state=failed").json()["results"]
    assert (row["ticket"], row["type"], row["tries"][0]["status"]) == (ticket.number, "ticket.opened", 400)
    assert asked("post", "大屏/replay/", {"id": "msg_other"}).status_code == 404
    assert asked("post", "大屏/replay/", {"id": row["id"]}).json() == {"queued": 1}
    assert asked("post", "大屏/replay/", {}).json() == {"queued": 0}
    assert asked("get", "别的/deliveries/").status_code == 404
