"""The description of the API: committed, open to read, and true of what is answered."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from jsonschema import Draft202012Validator

from config.openapi import PROBLEM
from tests.keys import bearer, new_key

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "config/openapi.yaml"


def test_the_committed_description_is_the_one_that_the_code_gives():
    fresh = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=fresh)
    assert fresh.getvalue().strip() == KEPT.read_text().strip(), "run `make schema`"


def test_every_operation_tells_what_it_does_and_its_problems():
    described = yaml.safe_load(KEPT.read_text())
    for path in described["paths"].values():
        for method, operation in path.items():
            assert operation["summary"]
            answers = operation["responses"]
            assert {"401", "403", "404", "429"} <= answers.keys()
            assert method == "get" or {"409", "413", "422"} <= answers.keys()
            assert "application/problem+json" in answers["404"]["content"]


def test_anybody_may_read_it(client):
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert "'unsafe-inline'" in policy.partition("style-src")[2].partition(";")[0]
    assert "<script>" not in page.content.decode()


@pytest.fixture
def described():
    return yaml.safe_load(KEPT.read_text())


def check(described, name, answer):
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    errors = [f"{list(one.absolute_path)}: {one.message}" for one in Draft202012Validator(schema).iter_errors(answer)]
    assert errors == []


def test_answers_are_as_described(client, world, described):
    agent = bearer(new_key("api", user=world.agent))
    ticket = world.open_ticket()
    base = f"/api/v1/tickets/{ticket.number}/"
    check(described, "Ticket", client.get("/api/v1/tickets/", **agent).json()["results"][0])
    check(described, "TicketDetail", client.get(base, **agent).json())
    for event in client.get(f"{base}events/", **agent).json():
        check(described, "Event", event)
    for milestone in client.get(f"{base}milestones/", **agent).json():
        check(described, "Milestone", milestone)
    check(described, "Proof", client.get(f"{base}milestones/first_response/proof/", **agent).json())
    check(described, "Entitlements", client.get("/api/v1/contracts/C-Y-1/entitlements/", **agent).json())
    sent = {"content_type": "application/json", **agent}
    classified = client.post(f"{base}classify/", {"priority": "high", "reason": "客户催办"}, **sent)
    check(described, "TicketDetail", classified.json())
    asked = client.post(f"{base}tasks/", {"title": "查日志", "assignee": world.agent.username}, **sent)
    check(described, "SideTask", asked.json())
    done = client.patch(f"{base}tasks/{asked.json()['id']}/", {"done": True}, **sent)
    check(described, "SideTask", done.json())
    check(described, "Problem", client.post(f"{base}retract/", {"event": 999}, **sent).json())
    said = {
        "external_id": "x", "contact": {"id": world.yonsuite.contact.pk}, "product": "yonsuite-finance",
        "category": "fault", "subject": "错", "body": "错",
    }  # fmt: skip
    key = bearer(new_key("intake:im"))
    opened = client.post("/api/v1/intake/im/", said, content_type="application/json", **key)
    check(described, "IntakeAnswer", opened.json())
    refused = client.post(
        "/api/v1/intake/im/",
        said | {"category": "customisation"} | {"external_id": "y"},
        content_type="application/json",
        **key,
    )
    check(described, "Problem", refused.json())
    assert described["components"]["schemas"]["Problem"] == PROBLEM
