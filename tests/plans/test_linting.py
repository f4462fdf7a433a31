"""Holes between plans, products, channels and priorities, and rows that nobody needs."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from plans.linting import lint_house
from plans.models import Contract, Item
from sla.actions import Terms, put_policy, terms_of
from sla.models import Policy
from sla.rules.linting import Grade
from tests.hours import beijing

pytestmark = pytest.mark.django_db

AT = beijing("2026-03-02 09:00")
PREMIER = "yonsuite-premier-ticket"


def found(kind, grade):
    return [one for one in lint_house(AT) if (one.kind, one.grade) == (kind, grade)]


def only_urgent():
    """Let the premier policy promise urgent tickets alone."""
    terms = terms_of(Policy.objects.current().get(code=PREMIER))
    (promise,) = terms.targets
    kept = {name: getattr(promise, name) for name in promise.__slots__} | {"priority": "urgent"}
    put_policy(terms=Terms(PREMIER, terms.name, terms.name_en, (type(promise)(**kept),), terms.levels))


def test_requests_that_would_be_opened_without_a_promise_are_found(world):
    assert found("plan", Grade.WARNING) == []
    only_urgent()
    (hole,) = found("plan", Grade.WARNING)
    assert (hole.code, hole.field) == ("yonsuite-premier", "ticket")
    assert all(priority in hole.message for priority in ("low", "normal", "high"))
    assert "urgent" not in hole.message


def test_an_item_that_names_what_is_not_in_force_is_an_error(world):
    Item.objects.filter(plan__is_current=True, promise="Y18").update(calendar="gone")
    Item.objects.filter(plan__is_current=True, policy="kingdee-report-sign-off").update(policy="gone-too")
    errors = found("plan", Grade.ERROR)
    assert {("gone" in one.message, "gone-too" in one.message) for one in errors} >= {(True, True)}


def test_contracts_that_answer_for_the_same_product_are_told(world):
    assert found("contract", Grade.WARNING) == []
    first = world.yonsuite.contract
    Contract.objects.create(
        number="C-Y-2", customer=first.customer, plan=first.plan, starts_on=first.starts_on, ends_on=first.ends_on
    )
    (overlap,) = found("contract", Grade.WARNING)
    assert "C-Y-1" in overlap.message
    assert "C-Y-2" in overlap.message
    Contract.objects.filter(number="C-Y-2").update(starts_on="2026-04-01")
    assert found("contract", Grade.WARNING) == []


def test_a_policy_that_nobody_uses_is_noted(world):
    terms = terms_of(Policy.objects.current().get(code=PREMIER))
    put_policy(terms=Terms("spare", "备用", "Spare", terms.targets, terms.levels))
    assert [one.code for one in found("policy", Grade.NOTE)] == ["spare"]


def test_the_command_tells_all_and_fails_on_errors_alone(world):
    out = StringIO()
    call_command("lint_plans", stdout=out)
    assert "kingdee-standard K02" in out.getvalue()
    call_command("lint_plans", "--json", stdout=(written := StringIO()))
    assert {one["grade"] for one in json.loads(written.getvalue())} <= {"warning", "note"}
    Item.objects.filter(plan__is_current=True, promise="Y18").update(calendar="gone")
    Item.objects.filter(plan__is_current=True, service="ticket").exclude(policy="").update(policy="gone")
    with pytest.raises(SystemExit) as ended:
        call_command("lint_plans", stdout=StringIO())
    assert ended.value.code == 1
