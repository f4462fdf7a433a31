"""Lines of the ledger by key: once each, by whom they may be booked, and never below zero."""

import json
from datetime import date

import pytest

from plans.models import QuotaEntry
from plans.quotas.balances import balance_of
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.world import World

NOW = "2026-03-02 10:00"
URL = "/api/v1/contracts/C-Y-1/"


@pytest.fixture
def send(client, world: World):
    people = {"ours": world.success_manager, "manager": world.manager, "agent": world.agent,
              "theirs": world.yonsuite.contact.user, "stranger": world.stranger.user}  # fmt: skip

    def post(who: str, act: str, key: str = "", **said):
        header = bearer(new_key("api", user=people[who]))
        header |= {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        with clock_at(NOW):
            body = json.dumps({"reason": "电话约定"} | said)
            return client.post(f"{URL}ledger/{act}/", body, content_type="application/json", **header)

    return post


def sums(world: World, on: date = date(2026, 3, 2)) -> tuple[int, int, int]:
    found = balance_of(world.yonsuite.contract.entitlements.get(item__service="health_check"), on)
    assert found
    return int(found.reserved), int(found.used), int(found.left)


def test_an_amount_is_held_used_and_put_right_by_key__Y14(world: World, send):
    held = send("ours", "reserve", service="health_check", amount=1, on="2026-03-20")
    assert held.status_code == 201, held.content
    assert (held.json()["line"]["kind"], held.json()["line"]["cause"]) == ("reserve", "电话约定")
    line = held.json()["line"]["id"]
    used = send("ours", "use", service="health_check", amount=1, on="2026-03-01", reserved=line).json()["line"]
    assert sums(world) == (0, 1, 3)
    assert send("ours", "release", line=line).json()["code"] == "reservation_ended"
    back = send("ours", "give-back", line=used["id"], amount=1)
    assert (back.json()["line"]["kind"], back.json()["line"]["left"]) == ("correct", 4)
    other = send("ours", "reserve", service="health_check", amount=2, on="2026-03-20").json()["line"]
    send("ours", "release", line=other["id"])
    assert sums(world) == (0, 0, 4)


def test_what_asks_twice_with_one_key_is_booked_once__Y14(world: World, send):
    said = {"service": "health_check", "amount": 1}
    lines = [send("ours", "use", "k-1", **said).json()["line"]["id"] for _again in range(3)]
    assert len(set(lines)) == 1
    assert sums(world) == (0, 1, 3)
    assert send("ours", "use", "k-1", service="health_check", amount=2).json()["code"] == "key_reused"
    assert send("manager", "use", "k-1", **said).json()["line"]["id"] != lines[0], "another person's key is another"


@pytest.mark.parametrize(("who", "act", "status"), [
    ("agent", "use", 403), ("theirs", "use", 403), ("stranger", "use", 404), ("ours", "grant", 403),
])  # fmt: skip
def test_who_may_not_book_may_not__Y14(world: World, send, who, act, status):
    assert send(who, act, service="health_check", amount=1).status_code == status
    assert not QuotaEntry.objects.exclude(kind="grant").exists()


@pytest.mark.parametrize(("said", "code"), [
    ({"amount": 0}, "invalid"), ({"amount": -1}, "invalid"), ({"amount": "NaN"}, "invalid"),
    ({"amount": 0.5}, "bad_amount"),
    ({"amount": 5}, "quota_used_up"), ({"on": "2030-01-01"}, "outside_term"), ({"service": "moon"}, "invalid"),
    ({"unit": "kilos"}, "invalid"), ({"reason": " "}, "invalid"), ({"reserved": 987654}, "not_found"),
])  # fmt: skip
def test_what_cannot_be_booked_is_named_and_books_nothing__Y14(world: World, send, said, code):
    answer = send("ours", "use", **{"service": "health_check", "amount": 1} | said)
    assert (answer.status_code in (404, 409, 422), answer.json()["code"]) == (True, code)
    assert sums(world) == (0, 0, 4)


def test_a_manager_grants_what_a_plan_does_not_count__K06(world: World, send):
    first = send("manager", "grant", service="training", amount=3)
    assert first.json()["code"] == "unit_missing"
    granted = send("manager", "grant", service="training", amount="2.5", unit="person_days").json()["line"]
    assert (granted["kind"], granted["left"]) == ("grant", 2.5)
    nothing = send("ours", "use", service="workshop", amount=1)
    assert (nothing.status_code, nothing.json()["line"]) == (201, None), "what is not counted books nothing"
