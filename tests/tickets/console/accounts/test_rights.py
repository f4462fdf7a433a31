"""The rights of a contract in the console: who may book what, and what the statement says."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import QuotaEntry
from plans.quotas import balance_of
from sla.clock import database_now
from tests.world import World, person

RIGHTS = "/console/accounts/C-Y-1/rights/"
ON = date(2026, 9, 1)


@pytest.fixture
def check(world: World):
    """Return the YonSuite customer's health checks."""
    return world.yonsuite.contract.entitlements.get(item__promise="Y14")


@pytest.fixture
def manager(client: Client, world: World) -> Client:
    client.force_login(world.manager)
    return client


def use(check, key: str = "a", cause: str = "第一次健康度评估"):
    posting = Posting(database_now(), key, cause, "First health check", None)
    return quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting)


def typed(page: str, **said: str) -> dict[str, str]:
    """Return what a form sends: its hidden key, and what was typed."""
    key = re.search(r'name="key" value="([^"]+)"', page)
    return {"key": key[1] if key else "", "amount": "1", "on": "2026-09-01", "reason": "约定", **said}


def test_the_page_says_what_is_left_and_why__Y14(manager, check):
    use(check)
    page = manager.get(f"{RIGHTS}?from=2026-01-01&to=2027-12-31").content.decode()
    assert "共 4：已用 1，预留 0，作废 0，剩 3" in page
    assert "第一次健康度评估" in page
    english = manager.get(f"{RIGHTS}?from=2026-01-01&to=2027-12-31", headers={"accept-language": "en"})
    assert english.status_code == 200


def test_use_is_booked_once_however_often_the_form_is_sent(client, world, check):
    client.force_login(world.success_manager)
    url = f"{RIGHTS}{check.pk}/use/"
    said = typed(client.get(url).content.decode(), unit="times")
    for _again in range(2):
        assert client.post(url, said)["Location"] == RIGHTS
    assert balance_of(check, ON).used == 1


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"amount": "5"}, 409, "只剩 4 次"),
        ({"amount": "0.5"}, 409, "倍数"),
        ({"amount": "-1"}, 409, "大于 0"),
        ({"amount": "viele"}, 422, "请看这几处"),
        ({"on": "2025-01-01"}, 409, "不在服务期"),
        ({"reason": ""}, 422, "缘由"),
        ({"unit": "moons"}, 422, "单位"),
    ],
)
def test_a_bad_booking_is_answered_and_nothing_typed_is_lost(manager, check, change, status, words):
    url = f"{RIGHTS}{check.pk}/use/"
    said = typed(manager.get(url).content.decode(), unit="times", reason_en="As agreed") | change
    answer = manager.post(url, said)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "As agreed" in answer.content.decode()
    assert balance_of(check, ON).used == 0


def test_a_time_balance_is_granted_to_what_the_plan_does_not_count__K06(manager, world):
    support = world.kingdee.contract.entitlements.get(item__promise="K06")
    url = f"/console/accounts/C-K-1/rights/{support.pk}/grant/"
    page = manager.get(url).content.decode()
    assert manager.post(url, typed(page, amount="5", unit="person_days", reason="补充条款")).status_code == 302
    balance = balance_of(support, ON)
    assert (balance.left, balance.unit) == (5, "person_days")
    assert QuotaEntry.objects.get(quota__entitlement=support).actor == world.manager


def test_a_use_booked_by_mistake_is_given_back_by_a_further_line(manager, check):
    entry = use(check)
    url = f"{RIGHTS}lines/{entry.pk}/give-back/"
    page = manager.get(url).content.decode()
    assert "第一次健康度评估" in page
    assert manager.post(url, typed(page, amount="2")).status_code == 409
    assert manager.post(url, typed(page, amount="1", reason="记错了")).status_code == 302
    assert balance_of(check, ON).used == 0
    assert [row.kind for row in check.quotas.get(number=1).entries.all()] == ["grant", "consume", "correct"]


def test_what_was_granted_too_much_is_taken_back(manager, check):
    quota = check.quotas.get(number=1)
    url = f"{RIGHTS}quotas/{quota.pk}/adjust/"
    page = manager.get(url).content.decode()
    assert manager.post(url, typed(page, amount="5")).status_code == 409
    assert manager.post(url, typed(page, amount="1")).status_code == 302
    assert balance_of(check, ON).granted == 3


def test_a_number_is_published_for_every_contract_that_has_the_item__K15(manager, world):
    places = world.kingdee.contract.entitlements.get(item__promise="K15")
    url = f"/console/accounts/C-K-1/rights/{places.pk}/publish/"
    assert "全部 1 份合同" in manager.get(url).content.decode()
    assert manager.post(url, {"amount": "2.5", "notice": "官网"}).status_code == 409
    assert manager.post(url, {"amount": "20", "notice": "官网 2026-09"}).status_code == 302
    assert balance_of(places, ON).left == 20


@pytest.mark.parametrize("act", ["use", "grant", "publish"])
def test_who_may_not_may_not(client, world, check, act):
    client.force_login(person("outsider", "外人"))
    assert client.get(f"{RIGHTS}{check.pk}/{act}/").status_code == 404
    client.force_login(world.success_manager)
    expected = {"use": 200, "grant": 403, "publish": 403}
    assert client.get(f"{RIGHTS}{check.pk}/{act}/").status_code == expected[act]


def test_another_contract_s_rows_are_not_found(manager, check):
    entry = use(check)
    other = "/console/accounts/C-K-1/rights/"
    for url in (f"{check.pk}/use/", f"lines/{entry.pk}/give-back/", f"quotas/{entry.quota.pk}/adjust/"):
        assert manager.get(other + url).status_code == 404


@pytest.mark.parametrize(
    "asked", ["from=2026-13-01", "from=x&to=y", "to=2020-01-01&from=2026-01-01", "to=10000-01-01", "from=%00"]
)
def test_a_span_that_is_none_is_answered_with_the_year(manager, asked):
    answer = manager.get(f"{RIGHTS}?{asked}")
    assert answer.status_code == 422
    assert "下面是本合同年度的" in answer.content.decode()


def test_a_span_without_bounds_has_every_line_ever_booked(manager, check):
    use(check)
    span = "from=0001-01-01&to=9999-12-31"
    answer = manager.get(f"{RIGHTS}?{span}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "下面是本合同年度的" not in page
    assert 'name="from" value="0001-01-01"' in page
    assert 'name="to" value="9999-12-31"' in page
    booked = QuotaEntry.objects.filter(quota__contract=check.contract)
    assert page.count('class="ledger-when"') == booked.count()
    file = manager.get(f"{RIGHTS}statement.csv?{span}")
    assert len(file.content.decode("utf-8-sig").splitlines()) == 1 + booked.count()


def test_a_long_statement_comes_in_pages_and_whole_as_a_file(manager, check, monkeypatch):
    monkeypatch.setattr("tickets.showing.quotas.PAGE", 20)
    quota = check.quotas.get(number=1)
    for number in range(12):
        posting = Posting(database_now(), f"n{number}", f"=第 {number} 次")
        quotas.grant(entitlement=check, amount=Decimal(1), on=ON, posting=posting)
        quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting.part("use"))
    span = "from=2026-01-01&to=2027-12-31"
    assert "第 2 页，共 2 页" in manager.get(f"{RIGHTS}?{span}&page=2").content.decode()
    assert manager.get(f"{RIGHTS}?{span}&page=99").status_code == 200
    file = manager.get(f"{RIGHTS}statement.csv?{span}")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + QuotaEntry.objects.filter(quota__contract=quota.contract).count()
    assert "'=第 0 次" in lines[-1] or any("'=第 0 次" in line for line in lines)


def test_the_page_asks_the_same_questions_however_many_lines(manager, check, django_assert_max_num_queries):
    for number in range(3):
        use(check, f"k{number}")
    manager.get(RIGHTS)
    with django_assert_max_num_queries(22):
        manager.get(f"{RIGHTS}?from=2026-01-01&to=2027-12-31")
