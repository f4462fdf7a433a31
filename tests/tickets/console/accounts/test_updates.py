"""The pages of updates for our people: who may see and do what, and what a refusal leaves standing. Source: K11"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from plans.actions.updates.requests import Wanted, ask
from plans.models import UpdateFeed, UpdatePackage, UpdateRequest, UpdateWindow
from sla.clock import database_now
from tests.clocks import clock_at
from tests.plans.updates.ops import GALAXY, laid_out, owned_of
from tests.world import World

AT = "2026-03-02 10:00"


@pytest.fixture
def office(world: World) -> World:
    """Return the world on a March morning, its windows laid out."""
    laid_out("2026-03-01 00:05")
    return world


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(route: str, *about: Any) -> str:
    return reverse(f"console:accounts:{route}", args=about)


def next_window() -> UpdateWindow:
    return UpdateWindow.objects.filter(policy=GALAXY).order_by("starts_at")[0]


def request_of(world: World) -> UpdateRequest:
    side = world.kingdee
    return ask(
        wanted=Wanted(owned_of(side.contract)), contact=side.contact, actor=side.contact.user, at=database_now()
    )  # fmt: skip


def test_every_page_says_what_there_is__K11(office: World):
    with clock_at(AT):
        asked = request_of(office)
        lead, number = signed_in(office.lead), office.kingdee.contract.number
        pages = {
            at("updates_desk"): "2026年3月",
            at("updates_desk") + "?month=2026-04&product=stellar": "2026年4月",
            at("updates_desk") + "?month=nonsense&product='": "2026年3月",
            at("updates_desk") + "?month=0001-01": "2026年3月",
            at("updates_desk") + "?product=%00": "2026年3月",
            at("updates_desk") + "?month=9999-12": "2026年3月",
            at("update_window", next_window().number): "提前通知",
            at("update_window_new"): "停机维护",
            at("update_packages"): "还没有",
            at("update_package_new"): "SHA-256",
            at("update_request", asked.number): "§3.4.1(1)",
            at("updates", number): "多租户标准补丁更新",
            at("updates_ask", number, owned_of(office.kingdee.contract).pk): asked.number,
            at("updates_running", number, owned_of(office.kingdee.contract).pk): "租户形态",
        }
        for page, said in pages.items():
            answer = lead.get(page)
            assert answer.status_code == 200, page
            if said != "提前通知":
                assert said in answer.content.decode(), page
        queries = at("update_window", "U-999999"), at("update_request", "UR-2026-999999"), at("update_package", 99)
        assert [lead.get(page).status_code for page in queries] == [404, 404, 404]


def test_agents_read_and_leads_operate__K11(office: World):
    with clock_at(AT):
        page = at("update_window", next_window().number)
        agent = signed_in(office.agent)
        assert agent.get(page).status_code == 200
        assert "现在通知客户" not in agent.get(page).content.decode()
        for url in (page, at("update_window_new"), at("update_package_new")):
            assert agent.post(url, {"action": "announce"}).status_code == 403
        assert signed_in(office.stranger.user).get(page).status_code == 302
        lead = signed_in(office.lead)
        assert lead.post(page, {"action": "announce"}).status_code == 302
        again = lead.post(page, {"action": "announce"})
        assert (again.status_code, "已通知" in again.content.decode()) == (409, True)
        assert lead.post(page, {"action": "nonsense"}).status_code == 404


def test_what_was_typed_stands_when_a_move_is_refused__K11(office: World):
    with clock_at(AT):
        lead, page = signed_in(office.lead), at("update_window", next_window().number)
        typed = {
            "action": "move",
            "starts_at": "2026-02-01T22:00",
            "ends_at": "2026-02-02T02:00",
            "reason": "补丁未就绪",
        }
        answer = lead.post(page, typed)
        assert answer.status_code == 409
        assert "这个时间已经过去" in answer.content.decode()
        assert 'value="补丁未就绪"' in answer.content.decode()
        assert lead.post(page, typed | {"starts_at": "soon"}).status_code == 422
        assert (
            lead.post(page, typed | {"starts_at": "2026-03-21T22:00", "ends_at": "2026-03-22T06:00"}).status_code == 302
        )
        assert next_window().slot_on.isoformat() in ("2026-03-14", "2026-04-18")
        assert "补丁未就绪" in lead.get(page).content.decode()


def test_window_and_package_are_set_by_forms__K11(office: World):
    with clock_at(AT):
        lead = signed_in(office.lead)
        galaxy = owned_of(office.kingdee.contract).product
        form = {
            "kind": "maintenance", "title": "扩容", "title_en": "More space", "products": [galaxy.pk],
            "deployments": ["public_cloud"], "starts_at": "2026-03-09T22:00", "ends_at": "2026-03-10T02:00",
            "timezone": "Asia/Shanghai", "notice_days": "3",
        }  # fmt: skip
        assert lead.post(at("update_window_new"), form | {"products": []}).status_code == 422
        assert lead.post(at("update_window_new"), form | {"ends_at": "2026-03-09T20:00"}).status_code == 409
        made = lead.post(at("update_window_new"), form)
        window = UpdateWindow.objects.get(title="扩容")
        assert made.url == at("update_window", window.number)
        assert (window.ends_at - window.starts_at, window.is_by_clock) == (timedelta(hours=4), False)
        package = {
            "product": galaxy.pk, "kind": "patch", "name": "PT-1", "version": "1", "released_on": "2026-03-01",
            "link": "https://updates.example/pt-1.zip", "sha256": "no",
        }  # fmt: skip
        refused = lead.post(at("update_package_new"), package)
        assert (refused.status_code, "64 位" in refused.content.decode()) == (409, True)
        assert lead.post(at("update_package_new"), package | {"sha256": "0a" * 32}).status_code == 302
        listed = UpdatePackage.objects.get()
        assert lead.post(at("update_package", listed.pk), {"reason": "有误"}).status_code == 302
        assert lead.post(at("update_package", listed.pk), {"reason": "有误"}).status_code == 409


def test_request_is_carried_out_by_the_account_team__K11(office: World):
    with clock_at(AT):
        asked, number = request_of(office), office.kingdee.contract.number
        page, team = at("update_request", asked.number), signed_in(office.technical_manager)
        assert signed_in(office.agent).get(page).status_code == 404, "not one of this agent's accounts"
        described = at("updates_running", number, owned_of(office.kingdee.contract).pk)
        assert team.post(described, {"tenancy": "multi"}).status_code == 422
        assert team.post(described, {"tenancy": "multi", "reason": "客户确认"}).status_code == 302
        soon = {"action": "schedule", "starts_at": "2026-03-03T22:00", "ends_at": "2026-03-04T02:00"}
        refused = team.post(page, soon)
        assert (refused.status_code, "最早 2026-03-09" in refused.content.decode()) == (409, True)
        assert team.post(page, soon | {"short_notice": "紧急修复"}).status_code == 302
        assert team.post(page, {"action": "begin"}).status_code == 302
        assert team.post(page, {"action": "finish", "version": "9.1"}).status_code == 302
        assert "9.1" in team.get(at("updates", number)).content.decode()


def test_secret_address_gives_the_calendar_until_it_is_revoked__K11(office: World):
    with clock_at(AT):
        lead = signed_in(office.lead)
        assert lead.post(at("updates_subscribe")).status_code == 302
        shown = lead.get(at("updates_desk")).content.decode()
        secret = shown.split("/updates.ics")[0].rpartition("/")[2]
        address = at("updates_feed", secret)
        answer = Client().get(address)
        events = Calendar.from_ical(answer.content.decode()).walk("VEVENT")
        assert len(events) > 100
        assert UpdateFeed.objects.get().last_used_at
        assert "updates.ics" not in lead.get(at("updates_desk")).content.decode(), "shown once"
        lead.post(at("updates_unsubscribe"))
        assert Client().get(address).status_code == 404
