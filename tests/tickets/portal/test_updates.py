"""How customers see the updates of their products, ask for one, and take what they may download. Source: K11"""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from plans.actions.updates.packages import Released, release
from plans.models import OwnedProduct, PackageTaking, UpdatePackage, UpdateRequest
from sla.clock import database_now
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.plans.updates.ops import laid_out, owned_of
from tests.tickets.portal.conftest import signed_in
from tests.world import World

AT = "2026-03-02 10:00"


@pytest.fixture
def ours(world: World) -> World:
    laid_out("2026-03-01 00:05")
    return world


def at(route: str, *about: object) -> str:
    return reverse(f"portal:service:{route}", args=about)


def private(world: World) -> UpdatePackage:
    """Let the customer run its product itself, and list a package for it."""
    OwnedProduct.objects.filter(contract=world.kingdee.contract).update(deployment="private_cloud")
    released = Released(
        product=world.kingdee.product, kind="package", name="安装包", name_en="Package", version="9.0",
        released_on=date(2026, 3, 1), link="https://updates.example/9.zip",
    )  # fmt: skip
    return release(released=released, actor=world.manager, at=database_now())


def test_customer_sees_what_comes_when_and_asks_for_an_update__K11(ours: World, mine: Client):
    with clock_at(AT):
        number, owned = ours.kingdee.contract.number, owned_of(ours.kingdee.contract)
        page = mine.get(at("updates", number)).content.decode()
        assert "2026年3月14日" in page
        assert "§3.4.1(1)①" in page
        ask = at("update_ask", number, owned.pk)
        assert mine.get(ask).status_code == 200
        too_soon = mine.post(ask, {"wanted_on": "2026-03-03", "wish": "修复打印"})
        assert too_soon.status_code == 409
        assert "修复打印" in too_soon.content.decode(), "what was typed stands"
        assert "最早" in too_soon.content.decode()
        assert mine.post(ask, {"wanted_on": "soon"}).status_code == 422
        assert mine.post(ask, {"wish": "修复打印"}).status_code == 302
        made = UpdateRequest.objects.get()
        assert mine.post(ask, {"wish": "又一次"}).status_code == 409
        shown = at("update_request", number, made.number)
        assert "已申请" in mine.get(shown).content.decode()
        assert mine.post(shown, {"reason": "改\0天"}).status_code == 302
        assert mine.post(shown).status_code == 409
        made.refresh_from_db()
        assert (made.state, made.reason) == ("withdrawn", "改天")


def test_strangers_see_nothing__K11(ours: World, mine: Client):
    with clock_at(AT):
        number, owned = ours.kingdee.contract.number, owned_of(ours.kingdee.contract)
        package = private(ours)
        stranger = signed_in(ours.stranger)
        pages = [at("updates", number), at("update_ask", number, owned.pk)]
        assert [stranger.get(page).status_code for page in pages] == [404, 404]
        assert stranger.post(at("update_take", number, package.pk)).status_code == 404
        theirs = ours.stranger.customer.contracts.get().number
        assert stranger.get(at("updates", theirs)).status_code == 200
        assert "没有升级更新服务" in stranger.get(at("updates", theirs)).content.decode()
        assert stranger.post(at("update_take", theirs, package.pk)).status_code == 404
        assert not PackageTaking.objects.exists()


def test_private_customer_downloads_and_it_is_on_record__K11(ours: World, mine: Client):
    with clock_at(AT):
        package, number = private(ours), ours.kingdee.contract.number
        page = mine.get(at("updates", number)).content.decode()
        assert "安装包" in page
        assert "系统管理员自行" in page
        taken = mine.post(at("update_take", number, package.pk))
        assert (taken.status_code, taken.url) == (302, "https://updates.example/9.zip")
        [row] = PackageTaking.objects.all()
        assert (row.contract.number, row.user) == (number, ours.kingdee.contact.user)
        no = mine.get(at("update_ask", number, owned_of(ours.kingdee.contract).pk)).content.decode()
        assert "系统管理员自行制定" in no


def test_customers_own_calendar_holds_their_windows_alone__K11(ours: World, mine: Client):
    with clock_at(AT):
        number = ours.kingdee.contract.number
        mine.post(at("updates_subscribe", number))
        shown = mine.get(at("updates", number)).content.decode()
        secret = shown.split("/updates.ics")[0].rpartition("/")[2]
        answer = Client().get(at("updates_feed", secret))
        titles = {str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content.decode()).walk("VEVENT")}
        assert titles == {"星空公有云 多租户标准补丁更新"}
        assert Client().get(reverse("console:accounts:updates_feed", args=[secret])).status_code == 404
        mine.post(at("updates_subscribe", number), {"stop": "1"})
        assert Client().get(at("updates_feed", secret)).status_code == 404


def test_programs_read_and_ask_the_same__K11(ours: World):
    with clock_at(AT):
        number = ours.kingdee.contract.number
        theirs = bearer(new_key("api", user=ours.kingdee.contact.user))
        team = bearer(new_key("api", user=ours.technical_manager))
        client = Client()
        listed = client.get("/api/v1/updates/", **theirs).json()
        assert {row["policy"] for row in listed} == {"galaxy-multi-tenant"}
        for odd, status in (("yesterday", 422), ("0001-01-01T00:00:00%2B14:00", 422), ("9999-12-31T00:00:00Z", 200)):
            for listing in ("/api/v1/updates/", f"/api/v1/contracts/{number}/updates/"):
                assert client.get(f"{listing}?from={odd}", **theirs).status_code == status, odd
        about = client.get(f"/api/v1/contracts/{number}/updates/", **theirs).json()
        assert about["products"][0]["policies"][0]["rules"]
        assert about["products"][0]["coming"] == about["windows"][0]["number"]
        new = f"/api/v1/contracts/{number}/updates/"
        wrong = client.post(new, {"product": "nothing"}, content_type="application/json", **theirs)
        assert wrong.status_code == 422
        soon = client.post(
            new, {"product": "galaxy", "wanted_on": "2026-03-03"}, content_type="application/json", **theirs
        )
        assert (soon.status_code, soon.json()["code"]) == (409, "short_notice")
        made = client.post(new, {"product": "galaxy"}, content_type="application/json", **theirs).json()
        acts = f"/api/v1/update-requests/{made['number']}"
        assert client.post(f"{acts}/begin/", {}, content_type="application/json", **theirs).status_code == 403
        audited = client.post(f"{acts}/audit/", {}, content_type="application/json", **team)
        assert audited.json()["state"] == "auditing", "nobody wrote down how it runs: the strictest way"
        runs = {"product": "galaxy", "tenancy": "multi", "reason": "客户确认"}
        running = f"/api/v1/contracts/{number}/updates/running/"
        assert client.post(running, runs, content_type="application/json", **theirs).status_code == 403
        described = client.post(running, runs, content_type="application/json", **team).json()
        assert [one["code"] for one in described["products"][0]["policies"]] == ["galaxy-multi-tenant"]
        stranger = bearer(new_key("api", user=ours.stranger.user))
        assert client.get(f"{acts}/", **stranger).status_code == 404
        declined = client.post(f"{acts}/decline/", {"reason": "月末"}, content_type="application/json", **team)
        assert (declined.status_code, declined.json()["reason"]) == (200, "月末")
