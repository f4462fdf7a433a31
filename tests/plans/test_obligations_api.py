"""What a contract owes by when, for other programs: who may read it, and who may settle it."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from plans.actions.obligations import waive
from plans.models import Contract, Obligation, Role
from plans.refusals import RefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.owing import owed, signed
from tests.world import World, person
from tickets.rounds import dispatch

URL = "/api/v1/contracts/C-Q-1/obligations/"


@pytest.fixture
def contract(world: World) -> Contract:
    """Return a premier contract over 2026 as of the first of March, the clocks of its first windows running."""
    made = signed(world, "yonsuite-premier", "C-Q-1")
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    return made


def post(client: Client, url: str, said: dict[str, Any], user: Any) -> HttpResponse:
    with clock_at("2026-03-01 10:00"):
        return client.post(url, json.dumps(said), content_type="application/json", **bearer(new_key("api", user=user)))


def test_all_that_is_owed_is_read_with_its_dates_and_states__Y14(client: Client, world: World, contract: Contract):
    with clock_at("2026-04-02 10:00"):
        said = client.get(URL, **bearer(new_key("api", user=world.manager))).json()
    checks = [one for one in said["obligations"] if one["promise"] == "Y14"]
    assert [one["state"] for one in checks] == ["overdue", "owed", "owed", "owed"]
    assert checks[0]["due_at"] == "2026-03-31T12:30:00Z"
    assert checks[0]["clause"].startswith("§4.4.2.1")
    assert [one["due_on"] for one in checks] == ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]


def test_the_account_team_notes_a_delivery_and_waives__Y14(client: Client, world: World, contract: Contract):
    first, second = owed(contract, "Y14")[:2]
    met = post(client, f"{URL}{first.pk}/meet/", {"ref": "HC-2026-01", "on": "2026-02-27"}, world.success_manager)
    assert (met.status_code, met.json()["state"], met.json()["met_by_ref"]) == (200, "met", "HC-2026-01")
    waived = post(client, f"{URL}{second.pk}/waive/", {"reason": "客户停产"}, world.success_manager)
    assert (waived.status_code, waived.json()["state"]) == (200, "waived")
    again = post(client, f"{URL}{first.pk}/meet/", {"ref": "HC-2026-09"}, world.success_manager)
    assert (again.status_code, again.json()["code"]) == (409, "obligation_settled")
    with translation.override("en"), pytest.raises(RefusedError, match="Health check"):
        waive(obligation=first, reason="twice", at=beijing("2026-03-01 10:00"), actor=world.manager)


@pytest.mark.parametrize(("said", "status"), [
    ({"ref": "x", "on": "2025-12-31"}, 409), ({"ref": "x", "on": "2026-03-02"}, 422),
    ({}, 422), ({"ref": "x" * 65}, 422), ({"ref": "x", "on": "soon"}, 422),
])  # fmt: skip
def test_a_delivery_that_cannot_be_is_refused_and_nothing_is_lost(
    client: Client, world: World, contract: Contract, said: dict[str, Any], status: int
):
    row = owed(contract, "Y14")[0]
    assert post(client, f"{URL}{row.pk}/meet/", said, world.manager).status_code == status
    row.refresh_from_db()
    assert row.state == Obligation.State.OWED


def test_who_does_not_serve_the_account_may_read_at_most(client: Client, world: World, contract: Contract):
    row = owed(contract, "Y14")[0]
    assert post(client, f"{URL}{row.pk}/meet/", {"ref": "x"}, world.agent).status_code == 403
    assert post(client, f"{URL}{row.pk}/waive/", {"reason": "x"}, world.stranger.user).status_code == 404
    partner = person("alien", "别家伙伴", Role.PARTNER)
    assert client.get(URL, **bearer(new_key("api", user=partner))).status_code == 404


def test_reading_takes_the_same_number_of_questions_however_much_is_owed(
    client: Client, world: World, contract: Contract, django_assert_max_num_queries: Any
):
    header = bearer(new_key("api", user=world.manager))
    client.get(URL, **header)
    with django_assert_max_num_queries(6):
        client.get(URL, **header)


def test_what_was_noted_by_mistake_is_owed_again__Y14(client: Client, world: World, contract: Contract):
    row = owed(contract, "Y14")[0]
    post(client, f"{URL}{row.pk}/meet/", {"ref": "HC-2026-01"}, world.success_manager)
    back = post(client, f"{URL}{row.pk}/take-back/", {"reason": "记错了客户"}, world.success_manager)
    assert (back.status_code, back.json()["state"], back.json()["met_by_ref"]) == (200, "owed", "")
    again = post(client, f"{URL}{row.pk}/take-back/", {"reason": "又一次"}, world.success_manager)
    assert (again.status_code, again.json()["code"]) == (409, "obligation_settled")
    assert post(client, f"{URL}{row.pk}/take-back/", {"reason": "x"}, world.agent).status_code == 403


def test_how_often_is_read_and_agreed_by_key__Y22(client: Client, world: World, contract: Contract):
    url = "/api/v1/contracts/C-Q-1/frequencies/"
    said = {"service": "account_team", "line": "strategy", "times": 2, "period": "year", "reason": "合同附件二"}
    agreed = post(client, url, said, world.manager)
    assert agreed.status_code == 200, agreed.content
    lines = {(one["service"], one["line"]): one for one in agreed.json()["frequencies"]}
    assert (lines["account_team", "strategy"]["times"], lines["account_team", "strategy"]["period"]) == (2, "year")
    assert lines["health_check", ""]["times"] == 4
    assert contract.obligations.filter(item__promise="Y22", state="owed").count() == 2
    assert post(client, url, said, world.success_manager).status_code == 403
    for change in ({"service": "training"}, {"times": 0}, {"times": 99}, {"period": "agreed"}, {"reason": ""}):
        assert post(client, url, {**said, **change}, world.manager).status_code == 422
    assert post(client, url, {**said, "line": "moon"}, world.manager).json()["code"] == "not_owed_by_date"
