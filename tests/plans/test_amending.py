"""A contract's own target taken back and its plan changed over the API, and a policy retired from the shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from plans.models import Amendment
from sla.models import Policy
from tests.keys import bearer, new_key
from tests.world import World, person


@pytest.fixture
def post(client, world: World):
    """Return a function that posts about the YonSuite contract in a role."""

    def send(path: str, role: str = "manager", **said):
        key = bearer(new_key("api", user=world.manager if role == "manager" else person("other", "别人", role)))
        url = f"/api/v1/contracts/C-Y-1/{path}/"
        return client.post(url, json.dumps(said), content_type="application/json", **key)

    return send


def test_an_agreement_is_made_and_taken_back__C16(post, world: World):
    assert post("overrides", metric="first_response", seconds=3600, reason="特批").status_code == 201
    answer = post("overrides/withdraw", metric="first_response", reason="到期")
    assert (answer.status_code, answer.json()["kind"], answer.json()["decided_by"]) == (201, "withdrawn", "郑经理")
    assert answer.json()["policy"] == "yonsuite-premier-ticket"
    again = post("overrides/withdraw", metric="first_response", reason="到期")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_agreed")
    assert post("overrides/withdraw", metric="first_response").status_code == 422


def test_a_plan_is_changed_with_a_reason__C41(post, world: World):
    answer = post("plan", plan="yonsuite-priority", reason="降级")
    assert (answer.status_code, answer.json()["plan"]) == (200, "yonsuite-priority")
    assert Amendment.objects.get(kind="plan").actor == world.manager
    assert post("plan", plan="nothing", reason="x").status_code == 422
    assert post("plan", plan="kingdee-gold", reason="x").status_code == 409


@pytest.mark.parametrize("role", ["agent", "expert", "lead", "partner"])
def test_only_managers_amend(post, role):
    assert post("plan", role, plan="yonsuite-priority", reason="x").status_code == 403
    assert post("overrides/withdraw", role, metric="first_response", reason="x").status_code == 403


def test_a_policy_is_retired_from_the_shell__C16(db):
    out = StringIO()
    call_command("retire_policy", "yonsuite-premier-ticket", because="不再承诺", stdout=out)
    assert "yonsuite-premier-ticket v1" in out.getvalue()
    assert not Policy.objects.current().filter(code="yonsuite-premier-ticket").exists()
    with pytest.raises(CommandError):
        call_command("retire_policy", "yonsuite-premier-ticket", because="again", stdout=out)
