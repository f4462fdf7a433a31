"""Contracts and customers for other programs: own targets, what is given and owed, and customers kept up to date."""

import json
from datetime import date
from decimal import Decimal

import pytest

from plans.actions.overrides import override_quota
from plans.models import Contact, Contract, Customer, Override
from plans.quotas.windows import anniversary, years_of
from tests.hours import beijing
from tests.keys import bearer, new_key


@pytest.fixture
def manager(world):
    return bearer(new_key("api", user=world.manager))


@pytest.fixture
def post(client):
    def send(url, said, header):
        return client.post(f"/api/v1/{url}", json.dumps(said), content_type="application/json", **header)

    return send


def test_an_own_target_holds_from_now_on_and_says_who_and_why__Y07(post, manager, world):
    before = world.open_ticket("之前", at="2026-09-28 09:00")
    said = {"metric": "first_response", "seconds": 1800, "calendar": "yonsuite-7x12", "reason": "大促约定"}
    answer = post("contracts/C-Y-1/overrides/", said, manager)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["reason"], shown["decided_by"], shown["contract"]) == ("大促约定", "郑经理", "C-Y-1")
    assert shown["policy"] == "yonsuite-premier-ticket@C-Y-1"
    after = world.open_ticket("之后", at="2026-09-28 09:00")
    assert after.next_due_at == beijing("2026-09-28 09:30")
    assert before.next_due_at == beijing("2026-09-28 11:00")


def test_an_own_target_may_be_in_working_days__Y20(post, manager, world):
    said = {"metric": "first_response", "working_days": 1, "rule": "end_of_nth_day", "reason": "约定"}
    assert post("contracts/C-K-1/overrides/", said | {"calendar": "kingdee-5x8"}, manager).status_code == 201
    assert world.open_ticket(side=world.kingdee, at="2026-09-28 09:00").next_due_at == beijing("2026-09-29 17:30")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"seconds": None}, 422, "seconds"),
        ({"working_days": 1}, 422, ""),
        ({"metric": "happiness"}, 422, "metric"),
        ({"reason": ""}, 422, "reason"),
        ({"rule": "someday"}, 422, "rule"),
    ],
)
def test_an_own_target_that_makes_no_sense_is_named(post, manager, world, change, status, field):
    said = {"metric": "first_response", "seconds": 1800, "reason": "约定"} | change
    answer = post("contracts/C-Y-1/overrides/", said, manager)
    assert answer.status_code == status
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert not Override.objects.exists()


def test_an_own_target_on_no_calendar_is_refused_by_the_clause(post, manager, world):
    said = {"metric": "first_response", "seconds": 1800, "calendar": "moon", "reason": "约定"}
    answer = post("contracts/C-Y-1/overrides/", said, manager)
    assert (answer.status_code, answer.json()["promise"]) == (422, "Y07")
    assert answer.json()["clause"]


def test_a_contract_says_what_it_gives_and_what_is_owed__Y13(client, manager, world):
    said = client.get("/api/v1/contracts/C-Y-1/entitlements/", **manager).json()
    rights = {right["promise"]: right for right in said["rights"]}
    plan = rights["Y13"]
    assert plan.keys() >= {"promise", "clause", "quota", "granted", "used", "reserved", "left", "period"}
    assert (plan["granted"], plan["used"], plan["left"], plan["period"]) == (2, 0, 2, "year")
    owed = [one["due_on"] for one in said["owed"] if one["promise"] == "Y13"]
    assert owed == ["2026-06-30", "2026-12-31", "2027-06-30", "2027-12-31"]
    assert [one["due_on"] for one in said["owed"]] == sorted(one["due_on"] for one in said["owed"])
    assert {one["state"] for one in said["owed"]} <= {"owed", "overdue"}


def test_an_amount_agreed_otherwise_is_what_is_given__Y20(client, manager, world):
    override_quota(
        contract=Contract.objects.get(number="C-Y-1"), promise="Y14", amount=Decimal(6), reason="约定",
        actor=world.manager, at=beijing("2026-09-01 09:00"),
    )  # fmt: skip
    said = client.get("/api/v1/contracts/C-Y-1/entitlements/", **manager).json()
    assert next(right for right in said["rights"] if right["promise"] == "Y14")["granted"] == 6


def test_rights_take_the_same_number_of_questions_however_many_there_are(
    client, manager, world, django_assert_max_num_queries
):
    client.get("/api/v1/contracts/C-Y-1/entitlements/", **manager)
    with django_assert_max_num_queries(6):
        client.get("/api/v1/contracts/C-Y-1/entitlements/", **manager)


def test_a_contract_year_begins_on_its_own_day():
    assert years_of(date(2024, 2, 29), date(2026, 3, 31)) == [
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2025, 3, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 31)),
    ]
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)


CUSTOMERS = [
    {"code": "neu", "name": "新客户", "contacts": [{"external_id": "n-1", "name": "甲", "email": "a@neu.example"}]}
]


def test_customers_are_taken_in_as_often_as_one_likes(post, world):
    key = bearer(new_key("upsert"))
    first = post("customers/upsert/", {"customers": CUSTOMERS}, key)
    assert first.status_code == 200, first.content
    assert first.json()["created"]["customers"] == 1
    again = post("customers/upsert/", {"customers": CUSTOMERS}, key).json()
    assert again["unchanged"]["customers"] == 1
    assert Contact.objects.get(external_id="n-1").customer == Customer.objects.get(code="neu")


def test_one_mistake_saves_nothing_unless_the_good_are_to_be_kept(post, world):
    key = bearer(new_key("upsert"))
    wrong = [*CUSTOMERS, {"code": "bad", "name": "坏", "timezone": "Mars/Base"}]
    answer = post("customers/upsert/", {"customers": wrong}, key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("customers.2.")
    assert not Customer.objects.filter(code="neu").exists()
    kept = post("customers/upsert/", {"customers": wrong, "keep_good": True}, key)
    assert kept.status_code == 200
    assert Customer.objects.filter(code="neu").exists()
    assert not Customer.objects.filter(code="bad").exists()


def test_only_a_key_for_it_keeps_customers(post, world, manager):
    assert post("customers/upsert/", {"customers": []}, manager).status_code == 403
    assert post("customers/upsert/", {"customers": []}, bearer(new_key("intake:im"))).status_code == 403
