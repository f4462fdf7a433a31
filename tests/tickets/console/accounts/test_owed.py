"""What contracts owe by when, in the console: who sees it, what settles it, and the calendar of the account team."""

import re
from datetime import date

import pytest
from django.test import Client

from plans.models import CalendarFeed, Contract, Obligation, User
from tests.clocks import clock_at
from tests.owing import entitled, owed, signed
from tests.world import World, person
from tickets.rounds import dispatch

State = Obligation.State
CALENDAR = "/console/accounts/-/calendar/"


@pytest.fixture
def contract(world: World) -> Contract:
    """Return a premier contract over 2026 whose first windows are followed since the new year."""
    made = signed(world, "yonsuite-premier", "C-W-1")
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    return made


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def csm(world: World) -> Client:
    """Return a client as whom the contract's success manager is signed in."""
    return signed_in(world.success_manager)


def test_the_tab_shows_each_window_with_its_state_and_clause__Y14(csm: Client, contract: Contract):
    page = csm.get("/console/accounts/C-W-1/owed/").content.decode()
    assert "应用健康度评估" in page
    assert "§4.4.2.1" in page
    assert page.count("已逾期") >= 2, "it is September: two quarters went by"
    assert "频次待约定" in page


def test_english_readers_see_no_chinese__Y14(csm: Client, contract: Contract, world: World):
    User.objects.filter(pk=world.success_manager.pk).update(language="en")
    for url in (
        "/console/accounts/C-W-1/owed/",
        CALENDAR,
        f"/console/accounts/C-W-1/owed/{owed(contract, 'Y14')[0].pk}/waive/",
    ):
        page = csm.get(url, headers={"accept-language": "en"}).content.decode()
        shown = page[page.index('class="panel') :]
        found = {words.strip() for words in re.findall(r">([^<>]*[\u4e00-\u9fff][^<>]*)<", shown)}
        found |= set(re.findall(r'(?:label|title|alt|placeholder)="([^"]*[\u4e00-\u9fff][^"]*)"', shown))
        found = {words for words in found if "§一" not in words}
        assert found <= {"何成功", "尊", "中文"}, found


def test_a_delivery_is_noted_for_a_day_that_has_come__Y14(csm: Client, contract: Contract):
    row = owed(contract, "Y14")[0]
    url = f"/console/accounts/C-W-1/owed/{row.pk}/deliver/"
    refused = csm.post(url, {"on": "2026-10-05", "ref": "HC-01"})
    assert (refused.status_code, "HC-01" in refused.content.decode()) == (409, True), "what was typed is kept"
    assert csm.post(url, {"on": "2026-03-31", "ref": "HC-01"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.met_by_ref, row.actor_display) == (State.MET, "HC-01", "何成功")


def test_waiving_and_taking_back_need_a_reason__Y14(csm: Client, contract: Contract):
    row = owed(contract, "Y14")[0]
    assert csm.post(f"/console/accounts/C-W-1/owed/{row.pk}/waive/", {"reason": ""}).status_code == 422
    assert csm.post(f"/console/accounts/C-W-1/owed/{row.pk}/waive/", {"reason": "客户停产"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.WAIVED, "客户停产")
    assert csm.post(f"/console/accounts/C-W-1/owed/{row.pk}/take-back/", {"reason": "恢复生产"}).status_code == 302
    row.refresh_from_db()
    assert row.state == State.OWED


def test_managers_agree_how_often_and_others_do_not__Y22(csm: Client, contract: Contract, world: World):
    right = entitled(contract, "Y22")
    url = f"/console/accounts/C-W-1/owed/rights/{right.pk}/agree/strategy/"
    said = {"times": "1", "period": "half_year", "reason": "合同附件二"}
    assert csm.post(url, said).status_code == 403
    manager = signed_in(world.manager)
    assert manager.post(url, {**said, "times": "0"}).status_code == 422
    assert manager.post(url, said).status_code == 302
    assert [row.due_on for row in owed(contract, "Y22")] == [date(2026, 12, 31)]
    assert manager.get(f"/console/accounts/C-W-1/owed/rights/{right.pk}/agree/golf/").status_code == 404


def test_who_does_not_serve_the_account_finds_nothing(contract: Contract, world: World):
    other = signed_in(person("other", "别组坐席"))
    row = owed(contract, "Y14")[0]
    assert other.get("/console/accounts/C-W-1/owed/").status_code == 404
    assert other.post(f"/console/accounts/C-W-1/owed/{row.pk}/waive/", {"reason": "x"}).status_code == 404
    assert "应用健康度评估" not in other.get(CALENDAR).content.decode()


def test_what_another_contract_owes_is_not_settled_through_this_one(csm: Client, contract: Contract, world: World):
    theirs = signed(world, "yonsuite-premier", "C-W-2")
    row = owed(theirs, "Y14")[0]
    assert csm.post(f"/console/accounts/C-W-1/owed/{row.pk}/waive/", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("month", ["2026-09", "2026-13", "x", "0000-00", "0001-01", "9999-12", "2026-12&view=all"])
def test_the_calendar_shows_a_month_and_what_is_late__Y14(csm: Client, contract: Contract, month: str):
    page = csm.get(f"{CALENDAR}?month={month}").content.decode()
    assert "应用健康度评估 1/4" in page, "late since March"
    if month == "2026-09":
        assert "应用健康度评估 3/4" in page


def test_a_calendar_is_read_by_its_secret_until_it_is_revoked(csm: Client, contract: Contract, world: World):
    shown = csm.post(f"{CALENDAR}subscribe/", follow=True).content.decode()
    [address] = re.findall(r'value="http://testserver(/console/accounts/-/calendar/[^"]+\.ics)"', shown)
    assert address not in csm.get(CALENDAR).content.decode(), "shown once"
    feed = Client().get(address)
    assert feed["Content-Type"] == "text/calendar; charset=utf-8"
    body = feed.content.decode().replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20261231" in body
    assert "SUMMARY:华光精密制造：应用健康度评估 4/4" in body
    assert "/console/accounts/C-W-1/owed/" in body
    again = csm.post(f"{CALENDAR}subscribe/", follow=True).content.decode()
    [newer] = re.findall(r'value="http://testserver(/console/accounts/-/calendar/[^"]+\.ics)"', again)
    assert Client().get(address).status_code == 404, "a new address revokes the old one"
    csm.post(f"{CALENDAR}unsubscribe/")
    assert Client().get(newer).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_a_calendar_ends_with_who_subscribed(csm: Client, contract: Contract, world: World):
    shown = csm.post(f"{CALENDAR}subscribe/", follow=True).content.decode()
    [address] = re.findall(r'value="http://testserver(/console/accounts/-/calendar/[^"]+\.ics)"', shown)
    User.objects.filter(pk=world.success_manager.pk).update(is_active=False)
    assert Client().get(address).status_code == 404
    assert Client().get("/console/accounts/-/calendar/guess/owed.ics").status_code == 404


def test_a_page_of_much_takes_no_more_questions(csm: Client, contract: Contract, django_assert_max_num_queries):
    csm.get("/console/accounts/C-W-1/owed/")
    with django_assert_max_num_queries(24):
        csm.get("/console/accounts/C-W-1/owed/")
    with django_assert_max_num_queries(20):
        csm.get(f"{CALENDAR}?view=all")


def test_a_customer_sees_what_we_owe_and_why_something_is_let_go__Y14(contract: Contract, world: World):
    contract.customer = world.yonsuite.customer
    Contract.objects.filter(pk=contract.pk).update(customer=world.yonsuite.customer)
    row = owed(contract, "Y14")[0]
    signed_in(world.success_manager).post(f"/console/accounts/C-W-1/owed/{row.pk}/waive/", {"reason": "应贵方要求取消"})
    user = world.yonsuite.contact.user
    assert user is not None
    page = signed_in(user).get("/portal/service/C-W-1/owed/").content.decode()
    assert "应贵方要求取消" in page
    assert "对不起，我们晚了" in page
    stranger = world.stranger.user
    assert stranger is not None
    assert signed_in(stranger).get("/portal/service/C-W-1/owed/").status_code == 404
