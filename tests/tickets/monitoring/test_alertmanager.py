"""Alertmanager's webhook over HTTP: tickets of operations by group, alerts by fingerprint. Source: K04"""

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from plans.models import OwnedProduct
from sla.models import Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Alert, CoverageDecision, Delivery, InboundEvent, Ticket

SAMPLE = json.loads(Path("tests/payloads/monitoring/firing.json").read_text())
DB1, DB2 = "c1c1c1c1c1c1c1c1", "d2d2d2d2d2d2d2d2"


class Watcher:
    """An Alertmanager that watches the Kingdee customer."""

    def __init__(self, world: World, **more: Any) -> None:
        self.world = world
        self.key = new_key("intake:monitoring", **{"customer": world.kingdee.customer} | more)
        self.client = Client()

    def post(self, said: Any, wall: str = "2026-09-28 09:05", **headers: str) -> Any:
        raw = said if isinstance(said, bytes) else json.dumps(said).encode()
        with clock_at(wall):
            return self.client.post(
                f"/hooks/alertmanager/{self.key}/", raw, content_type="application/json", headers=headers
            )

    def tell(self, *states: tuple[str, str], wall: str = "2026-09-28 09:05", **more: Any) -> dict[str, Any]:
        said = message(*states, **more)
        answer = self.post(said, wall)
        assert answer.status_code == 200, answer.content
        return answer.json()


def message(*states: tuple[str, str], start: str = "", severity: str = "", end: str = "2026-09-28T02:00:00Z") -> Any:
    said = copy.deepcopy(SAMPLE)
    by = {alert["fingerprint"]: alert for alert in said["alerts"]}
    said["alerts"] = []
    for fingerprint, status in states:
        alert = copy.deepcopy(by[fingerprint])
        alert |= {"status": status} | ({"startsAt": start} if start else {})
        alert |= {"endsAt": end} if status == "resolved" else {}
        alert["labels"] |= {"severity": severity} if severity else {}
        said["alerts"].append(alert)
    return said


BOTH = ((DB1, "firing"), (DB2, "firing"))
OVER = ((DB1, "resolved"), (DB2, "resolved"))


@pytest.fixture
def watcher(world: World) -> Watcher:
    """Return an Alertmanager that nothing has happened to yet."""
    return Watcher(world)


def test_a_group_opens_one_ticket_of_operations_with_its_promise__K04(world: World, watcher: Watcher):
    answer = watcher.tell(*BOTH)
    ticket = Ticket.objects.get(number=answer["ticket"])
    assert (ticket.channel, ticket.category, ticket.promise, ticket.priority) == (
        "monitoring",
        "operations",
        "K04",
        "normal",
    )
    assert (ticket.contact, ticket.product) == (world.kingdee.contact, world.kingdee.product)
    assert "磁盘使用率 95%" in ticket.messages.get().body
    assert Milestone.objects.filter(clock__ticket_clock__ticket=ticket, metric="first_response").exists()
    assert (Alert.objects.firing().count(), answer["fired"]) == (2, 2)


def test_what_is_told_again_is_counted_and_written_nowhere__K04(watcher: Watcher):
    ticket = Ticket.objects.get(number=watcher.tell(*BOTH)["ticket"])
    for minute in range(6, 9):
        watcher.tell(*BOTH, wall=f"2026-09-28 09:0{minute}")
    assert (Ticket.objects.count(), ticket.events.count(), Delivery.objects.count()) == (1, 1, 1)
    assert list(Alert.objects.values_list("count", flat=True)) == [4, 4]


def test_a_new_alert_of_the_group_joins_its_ticket_and_makes_it_as_urgent__K04(watcher: Watcher):
    number = watcher.tell((DB1, "firing"))["ticket"]
    assert watcher.tell((DB2, "firing"), severity="critical", wall="2026-09-28 09:06")["ticket"] == number
    ticket = Ticket.objects.get()
    assert ticket.priority == "urgent"
    note = ticket.events.filter(kind="note").get()
    assert (note.actor_kind, note.is_public, "db-2" in note.message.body) == ("system", False, True)
    first = Milestone.objects.filter(clock__ticket_clock__ticket=ticket, metric="first_response").latest("pk")
    assert first.completed_at is None


def test_all_over_ends_what_nobody_took_on__K04(watcher: Watcher):
    watcher.tell(*BOTH)
    watcher.tell((DB1, "resolved"), wall="2026-09-28 10:00")
    assert Ticket.objects.get().status == "new"
    watcher.tell(*OVER, wall="2026-09-28 10:01")
    ticket = Ticket.objects.get()
    assert ticket.status == "resolved"
    assert Delivery.objects.filter(kind="resolution").count() == 1
    met = Milestone.objects.filter(
        clock__ticket_clock__ticket=ticket, metric="first_response", completed_at__isnull=False
    )
    assert not met.exists()


def test_all_over_is_only_offered_to_whoever_took_it_on__K04(world: World, watcher: Watcher):
    watcher.tell(*BOTH)
    actions.accept(ticket=Ticket.objects.get(), actor=world.agent, at=beijing("2026-09-28 09:30"))
    watcher.tell(*OVER, wall="2026-09-28 10:01")
    ticket = Ticket.objects.get()
    assert ticket.status == "open"
    assert ticket.events.filter(kind="note", fields__recovered=2).exists()


@pytest.mark.parametrize(("wall", "is_same"), [("2026-09-28 12:00", True), ("2026-10-09 09:00", False)])
def test_what_fires_again_soon_reopens_later_is_new__K04(wall: str, is_same: bool, watcher: Watcher):
    number = watcher.tell(*BOTH)["ticket"]
    watcher.tell(*OVER, wall="2026-09-28 10:01")
    again = watcher.tell((DB1, "firing"), start="2026-09-28T03:00:00Z", wall=wall)["ticket"]
    assert (again == number) is is_same
    assert Ticket.objects.get(number=again).status == "new"


def test_an_end_that_overtakes_its_beginning_opens_nothing__K04(watcher: Watcher):
    assert watcher.tell(*OVER)["late"] == 2
    answer = watcher.tell(*BOTH, wall="2026-09-28 10:05")
    assert (answer["late"], Ticket.objects.count()) == (2, 0)
    assert watcher.tell((DB1, "firing"), start="2026-09-28T02:30:00Z", wall="2026-09-28 10:31")["fired"] == 1


def test_what_a_private_installation_tells_is_refused_by_the_clause_and_kept__K04_K05(world: World, watcher: Watcher):
    OwnedProduct.objects.filter(contract=world.kingdee.contract).update(deployment="private_cloud")
    answer = watcher.post(message(*BOTH))
    said = answer.json()
    assert (answer.status_code, said["ok"], said["code"], said["promise"]) == (200, False, "not_covered", "K04")
    assert "公有云" in said["clause"]
    assert any("§3.2.2" in way for way in said["ways_on"])
    assert (Ticket.objects.count(), CoverageDecision.objects.get().rule) == (0, "deployment")
    assert InboundEvent.objects.get().state == InboundEvent.State.REFUSED


def test_a_plan_without_operations_answers_by_its_own_clause__Y07(world: World):
    watcher = Watcher(world, customer=world.yonsuite.customer)
    said = watcher.post(message(*BOTH)).json()
    assert (said["code"], Ticket.objects.count()) == ("not_covered", 0)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b'{"alerts": 1}', 400), (b'{"alerts": [1]}', 400),
        (b'{"version": "3", "alerts": []}', 400),
        (b"\xff\xfe{}", 400), (b'{"alerts": [{"status": "firing"}]}', 400),
        (b'{"alerts": [{"status": "burning", "startsAt": "2026-01-01T00:00:00Z"}]}', 400),
        (b'{"alerts": [{"status": "firing", "startsAt": "9999-12-31T23:59:59Z"}]}', 400),
        (b'{"alerts": [{"status": "firing", "startsAt": "0001-01-01T00:00:00Z"}]}', 400),
        (b'{"alerts": [], "unknown": {}}', 200), (b"x" * (10 * 1024 * 1024 + 1), 413),
    ],
)  # fmt: skip
def test_bad_input_is_answered_and_kept_and_opens_nothing(said: bytes, status: int, watcher: Watcher):
    answer = watcher.post(said)
    assert answer.status_code == status
    assert Ticket.objects.count() == 0
    assert InboundEvent.objects.count() == (0 if status == 413 else 1)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 403), ("Bearer wrong", 403), ("Bearer s3cret", 200), ("Basic !!", 403),
        ("Basic " + base64.b64encode(b"any:s3cret").decode(), 200),
    ],
)  # fmt: skip
def test_a_key_with_a_secret_wants_it_presented(header: str, status: int, world: World):
    watcher = Watcher(world, signing_secret="s3cret")
    answer = watcher.post(message(*BOTH), **({"Authorization": header} if header else {}))
    assert answer.status_code == status
    assert Ticket.objects.count() == (status == 200)


def test_a_key_that_is_not_bound_watches_for_the_contact_that_it_names_or_its_operator_is_told(world: World):
    answer = Watcher(world, customer=None).post(message(*BOTH))
    assert (answer.status_code, "contact" in answer.json()["message"]) == (400, True)
    named = {"contact": world.kingdee.contact.email, "product": world.kingdee.product.code}
    answer = Watcher(world, customer=None, options=named).post(message(*BOTH))
    assert answer.status_code == 200, answer.content
    assert (Ticket.objects.get().contact, Ticket.objects.get().product) == (
        world.kingdee.contact,
        world.kingdee.product,
    )


def test_what_fires_on_after_its_ticket_was_ended_reopens_it_once_the_news_could_have_come__K04(
    world: World, watcher: Watcher
):
    watcher.tell(*BOTH)
    actions.resolve(ticket=Ticket.objects.get(), actor=world.agent, body="扩容了。", at=beijing("2026-09-28 09:30"))
    watcher.tell(*BOTH, wall="2026-09-28 09:40")
    assert Ticket.objects.get().status == "resolved"
    watcher.tell(*BOTH, wall="2026-09-28 09:50")
    watcher.tell(*BOTH, wall="2026-09-28 09:55")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.events.filter(kind="reopened", fields__fires=2).count()) == ("open", 1)


def test_what_comes_back_again_and_again_is_ended_by_somebody_who_looks__K04(watcher: Watcher):
    for hour in range(4):
        start, end = f"2026-09-28T{hour:02}:30:00Z", f"2026-09-28T{hour:02}:50:00Z"
        watcher.tell((DB1, "firing"), start=start, wall=f"2026-09-28 {8 + hour:02}:31")
        watcher.tell((DB1, "resolved"), start=start, end=end, wall=f"2026-09-28 {8 + hour:02}:51")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.events.filter(kind="note", fields__flaps=3).count()) == ("new", 1)
    assert Delivery.objects.filter(kind="resolution").count() == 3


def test_signs_of_life_are_nobodys_trouble(watcher: Watcher):
    said = message((DB1, "firing"))
    said["alerts"][0]["labels"]["alertname"] = "Watchdog"
    assert watcher.post(said).json()["outcome"] == "passed"
    assert (Ticket.objects.count(), Alert.objects.count()) == (0, 0)


def test_secrets_that_an_alert_lets_slip_stand_in_the_raw_request_alone(watcher: Watcher):
    said = message((DB1, "firing"))
    said["alerts"][0]["annotations"] = {
        "summary": "登录失败：password=hunter2，Authorization: Bearer hunter3；密码：hunter4"
    }
    said["alerts"][0]["labels"] |= {"db_password": "hunter5", "url": "https://root:hunter6@db/x", "job": "mysql"}
    said["alerts"][0]["generatorURL"] = "http://admin:hunter7@prom/graph"
    watcher.post(said)
    alert, body = Alert.objects.get(), Ticket.objects.get().messages.get().body
    shown = f"{alert.labels} {alert.summary} {alert.source_url} {body}"
    assert ("hunter" in shown, "登录失败" in body, alert.labels["job"]) == (False, True, "mysql")
    assert b"hunter2" in bytes(InboundEvent.objects.get().raw)


def test_ten_thousand_alerts_are_one_ticket(watcher: Watcher):
    said = message((DB1, "firing"))
    said["alerts"] = [said["alerts"][0] | {"fingerprint": f"{n:016x}"} for n in range(10_000)]
    assert watcher.post(said).json()["fired"] == 10_000
    assert (Ticket.objects.count(), Alert.objects.count()) == (1, 10_000)
    assert len(Ticket.objects.get().messages.get().body) < 5_000


def test_alerts_stand_beside_their_ticket_for_agents__K04(world: World, watcher: Watcher):
    number = watcher.tell(*BOTH)["ticket"]
    client = Client()
    client.force_login(world.agent)
    page = client.get(f"/console/tickets/{number}/").content.decode()
    assert "db-2:9100" in page
    assert "prometheus.example" in page


@pytest.mark.parametrize(
    ("channel", "category"), [("monitoring", "operations"), ("monitoring", "fault"), ("email", "how_to")]
)
def test_the_plain_form_is_served__K04(channel: str, category: str, world: World):
    said = {
        "external_id": "m-1", "contact": {"id": world.kingdee.contact.pk}, "product": world.kingdee.product.code,
        "category": category, "subject": "磁盘将满", "body": "92%",
    }  # fmt: skip
    key = new_key(f"intake:{channel}")
    address = f"/api/v1/intake/{channel}/"
    with clock_at("2026-09-28 09:05"):
        answer = Client().post(address, json.dumps(said), content_type="application/json", **bearer(key))
    assert answer.status_code == 201, answer.content
    assert answer.json()["decision"]["outcome"] == "covered"
    if channel == "monitoring":
        OwnedProduct.objects.filter(contract=world.kingdee.contract).update(deployment="private_cloud")
        said["external_id"] = "m-2"
        with clock_at("2026-09-28 09:05"):
            refused = Client().post(address, json.dumps(said), content_type="application/json", **bearer(key))
        assert (refused.status_code, refused.json()["promise"]) == (422, "K04")
