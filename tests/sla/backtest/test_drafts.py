"""Drafts as people write them: read in the form of the fixtures, with every mistake by line and field."""

import pytest
from django.conf import settings
from django.utils import translation

from sla.rules.drafts import LONGEST, read_draft
from sla.rules.keys import example, parts
from sla.rules.reading import ReadingError
from tests.sla.backtest.conftest import draft, target

pytestmark = pytest.mark.django_db

HOURS = """calendars:
  - code: nights
    name: 夜班
    name_en: Nights
    timezone: Asia/Shanghai
    weekly: {mon: [["21:00", "24:00"]]}
    working_day_seconds: 10800
"""


@pytest.fixture(autouse=True)
def calendars(policy):
    """Let there be the calendars that the drafts name."""


def mistakes(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ReadingError) as caught:
        read_draft(text)
    return [(problem.line, problem.field, problem.message) for problem in caught.value.problems]


def test_a_draft_brings_policies_and_calendars():
    written = read_draft(HOURS + draft(target(calendar="nights")))
    assert [hours.code for hours in written.calendars] == ["nights"]
    assert [terms.targets[0].calendar for terms in written.policies] == ["nights"]
    assert written.notes == ()


def test_a_whole_plan_file_may_be_tried_without_its_plans():
    written = read_draft((settings.ROOT / "fixtures/plans/yonsuite.yaml").read_text())
    assert "yonsuite-premier-ticket" in [terms.code for terms in written.policies]
    assert "plans" in written.notes[0]


def test_what_one_contract_agreed_may_be_tried():
    assert read_draft(draft(code="plain@C-2026-001")).policies[0].code == "plain@C-2026-001"


def test_every_mistake_is_told_with_its_line_and_field():
    text = HOURS.replace('"24:00"', '"20:00"') + draft(target(amount=0, calendar="nigths"))
    found = [(line, field) for line, field, _message in mistakes(text)]
    assert found == [(6, "calendars.1.weekly.mon"), (13, "policies.1.targets.1.calendar")]


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("", 1, ""),
        ("name: x", 1, ""),
        ("policies: [}", 1, ""),
        ("calendars: []\nholidays: []", 2, "holidays"),
        (draft() + draft().removeprefix("policies:\n"), 8, "policies.2.code"),
        (HOURS + "    holidays: {country: XX, breaks: whole, make_up: false}\n", 8, "calendars.1.holidays"),
        (draft(code="Plain"), 2, "policies.1.code"),
        (draft(target(amount=0)), 6, "policies.1.targets.1.amount"),
        (draft(target(amount=10**9)), 6, "policies.1.targets.1.amount"),
        (draft(target(amount=10**40)), 6, "policies.1.targets.1.amount"),
        ("policies:\n  - 3", 2, "policies.1"),
        ("policies: 3", 1, "policies"),
        ("#" * (LONGEST + 1), 1, ""),
        ("a: &x [*x]", 1, ""),
        ("\x00", 1, ""),
    ],
)
def test_a_bad_draft_is_refused_where_it_is_bad(text, line, field):
    assert (line, field) in [found[:2] for found in mistakes(text)]


def test_the_example_can_be_read(world):
    (terms,) = read_draft(example()).policies
    assert terms.code == "night-response"


@pytest.mark.parametrize(("language", "says"), [("zh-hans", "计什么时。"), ("en", "What is timed.")])
def test_what_may_be_written_is_told_in_the_language_of_the_reader(language, says):
    with translation.override(language):
        (policies, calendars) = parts()
    keys = {key.names: key for key in policies.keys}
    assert keys["metric",].says == says
    assert keys["targets",].is_required
    assert not keys["note",].is_required
    assert "percent" in keys["mark",].words
    assert next(key.names for key in policies.keys if len(key.names) > 1)[:2] == ("first_response", "next_response")
    assert ("mon", "tue", "wed", "thu", "fri", "sat", "sun") in {key.names for key in calendars.keys}


def test_mistakes_are_told_in_the_language_of_the_reader():
    with translation.override("en"):
        (_line, _field, message), *_others = mistakes("name: x")
    assert not any("一" <= letter <= "鿿" for letter in message)
