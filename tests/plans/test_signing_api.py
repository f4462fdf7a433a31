"""Contracts signed, renewed, given another term and read as of a day, over the API."""

import json

import pytest

from plans.models import Contract, Override
from tests.keys import bearer, new_key
from tests.world import World, person

URL = "/api/v1/contracts/"


@pytest.fixture
def ask(client, world: World):
    """Return a function that asks in a role about contracts; with a body it posts."""

    def send(path: str = "", role: str = "manager", user=None, **said):
        who = user or (world.manager if role == "manager" else person("other", "别人", role))
        key = bearer(new_key("api", user=who))
        if said:
            return client.post(f"{URL}{path}", json.dumps(said), content_type="application/json", **key)
        return client.get(f"{URL}{path}", **key)

    return send


def contract(world: World, **changes):
    return {
        "number": "C-API", "customer": world.kingdee.customer.code, "plan": "kingdee-advanced",
        "starts_on": "2028-01-01", "ends_on": "2028-12-31", "reason": "新签",
        "products": [{"product": "galaxy", "deployment": "public_cloud"}],
        "account_team": [{"seat": "success_manager", "user": "csm"}],
    } | changes  # fmt: skip


def test_a_contract_is_signed_and_a_dry_run_only_says_what_it_comes_to__K19(ask, world: World):
    tried = ask(**contract(world), dry_run=True)
    assert (tried.status_code, Contract.objects.filter(number="C-API").exists()) == (200, False)
    signed = ask(**contract(world))
    assert (signed.status_code, signed.json()) == (201, tried.json())
    told = signed.json()
    assert (told["plan"]["code"], told["state"], told["account_team"]) == (
        "kingdee-advanced", "in_force", [{"seat": "success_manager", "name": "何成功"}],
    )  # fmt: skip
    assert {"promise": "K13", "due_on": "2028-12-31"} in told["owed"]
    ticket = next(right for right in told["rights"] if right["promise"] == "K02" and right["service"] == "ticket")
    assert ticket["policy"]["code"] == "kingdee-advanced-ticket"
    assert [calendar["code"] for calendar in ticket["calendars"]] == ["kingdee-5x8"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"ends_on": "2027-01-01"}, 409, "term_backwards"),
        ({"number": "C-Y-1"}, 409, "number_taken"),
        ({"number": "a/b"}, 409, "bad_number"),
        ({"timezone": "Nowhere"}, 409, "unknown_zone"),
        ({"starts_on": "2027-06-01"}, 409, "contract_overlaps"),
        ({"plan": "nothing"}, 422, "invalid"),
        ({"products": [{"product": "galaxy", "quantity": -1}]}, 422, "invalid"),
        ({"starts_on": "soon"}, 422, "invalid"),
        ({"plan": "kingdee-gold"}, 422, "invalid"),
        ({"plan": "kingdee-gold", "picks": ["Y07"]}, 409, "no_such_item"),
    ],
)
def test_a_contract_that_cannot_be_is_refused_and_nothing_stays(ask, world: World, changes, status, code):
    for dry_run in (True, False):
        answer = ask(**contract(world, **changes), dry_run=dry_run)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Contract.objects.count() == 3


def test_a_contract_is_renewed_and_its_agreements_go_along__Y20(ask, world: World):
    agreed = ask("C-Y-1/overrides/", metric="first_response", seconds=3600, reason="特批")
    assert (agreed.status_code, agreed.json()["state"]) == (201, "in_force")
    renewed = ask("C-Y-1/renew/", number="C-Y-2028", ends_on="2028-12-31", reason="续")
    assert (renewed.status_code, renewed.json()["starts_on"]) == (201, "2028-01-01")
    (carried,) = renewed.json()["overrides"]
    assert (carried["starts_on"], carried["reason"], carried["value"]["amount"]) == (
        "2028-01-01", "续签沿用：特批", "3600",
    )  # fmt: skip
    assert ask("C-Y-1/renew/", number="C-Y-3", ends_on="2029-12-31").json()["code"] == "renewed_already"


def test_a_term_is_changed_and_ended_early(ask, world: World):
    longer = ask("C-Y-1/term/", ends_on="2028-03-31", reason="顺延")
    assert (longer.status_code, longer.json()["ends_on"]) == (200, "2028-03-31")
    ended = ask("C-Y-1/term/", ended_on="2026-12-31", reason="关停")
    assert (ended.status_code, ended.json()["ends_on"]) == (200, "2026-12-31")
    assert ask("C-Y-1/term/", ended_on="2030-01-01", reason="x").json()["code"] == "outside_term"
    assert ask("C-Y-1/term/", reason="x").status_code == 422
    assert ask("C-Y-1/term/", ended_on="2026-12-31", ends_on="2027-01-01", reason="x").status_code == 422
    kinds = [change["kind"] for change in ask("C-Y-1/history/").json()["changes"]]
    assert kinds == ["signed", "term", "term"]


def test_agreements_of_every_kind_have_their_days__Y20(ask, world: World):
    days = {"starts_on": "2027-06-01", "ends_on": "2027-06-30", "reason": "年中"}
    for said in ({"metric": "first_response", "seconds": 3600}, {"promise": "Y07", "calendar": "yonsuite-7x24"}):
        answer = ask("C-Y-1/overrides/", **said, **days)
        assert (answer.status_code, answer.json()["state"]) == (201, "ahead")
    assert ask("C-Y-1/overrides/", promise="Y13", amount=4, reason="加购").json()["kind"] == "quota"
    assert Override.objects.count() == 3
    words = [len(ask(f"C-Y-1/?on={on}").json()["overrides"]) for on in ("2027-05-31", "2027-06-01", "2027-07-01")]
    assert words == [1, 3, 1]
    late = ask("C-Y-1/overrides/", promise="Y07", calendar="yonsuite-7x24", reason="x", starts_on="2020-01-01")
    assert late.json()["code"] == "starts_in_the_past"
    assert ask("C-Y-1/overrides/", promise="Y07", reason="x").status_code == 422
    assert ask("C-Y-1/overrides/", reason="x").status_code == 422


@pytest.mark.parametrize("on", ["2026-03-01", "2019-01-01", "2040-01-01", ""])
def test_a_contract_is_read_as_of_a_day(ask, on):
    answer = ask(f"C-Y-1/?on={on}" if on else "C-Y-1/")
    assert (answer.status_code, answer.json()["contract"]) == (200, "C-Y-1")
    assert on in ("", answer.json()["on"])


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_refused(ask, on):
    assert ask(f"C-Y-1/?on={on}").status_code == 422


def test_only_managers_sign_and_nobody_reads_another_s_contract(ask, world: World):
    for role in ("agent", "expert", "lead", "partner"):
        assert ask(role=role, **contract(world)).status_code == 403
        assert ask("C-Y-1/renew/", role=role, number="x", ends_on="2028-12-31").status_code in (403, 404)
    assert ask("C-Y-1/", user=world.yonsuite.contact.user).status_code == 200
    for path in ("C-Y-1/", "C-Y-1/history/", "C-none/"):
        assert ask(path, user=world.stranger.user).status_code == 404
