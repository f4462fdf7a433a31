"""What the linter finds in a policy or calendar, each with its place and what to do; and what it leaves alone."""

import pytest
from django.utils import translation

from plans.linting import lint_house
from sla.models import HolidaySet
from sla.rules.drafts import read_draft
from sla.rules.linting import Grade, lint_draft
from tests.hours import beijing

pytestmark = pytest.mark.django_db

AT = beijing("2026-03-02 09:00")
LATE = beijing("2026-11-22 09:00")
POLICY = """policies:
  - code: tried
    name: 试
    name_en: Try
    targets:
      - {metric: first_response, amount: %(amount)s, unit: %(unit)s, calendar: %(calendar)s, met_on: [%(met_on)s],
         promise: Y18, clause: 试, clause_en: try}%(targets)s
    ladders:
      first_response: [%(levels)s]%(more)s
"""
BREACH = "{mark: breach, actions: [{do: tell, roles: [owner]}]}"
TARGET = """
      - {metric: first_response, priority: %s, amount: 3600, unit: seconds, calendar: kingdee-5x8, met_on: [reply],
         promise: Y18, clause: 试, clause_en: try}"""
USUAL = {
    "amount": "7200", "unit": "seconds", "calendar": "kingdee-5x8", "met_on": "reply, call", "targets": "",
    "levels": BREACH, "more": "",
}  # fmt: skip
HOURS = """calendars:
  - code: tried-hours
    name: 试
    name_en: Try
    timezone: Asia/Shanghai
    weekly: {%(weekly)s}
    working_day_seconds: 28800%(more)s
"""


def findings(text, at=AT):
    return [(str(one.grade), one.field) for one in lint_draft(read_draft(text), at)]


def policy(**changed):
    return POLICY % (USUAL | changed)


def test_a_plain_policy_has_nothing_odd():
    assert findings(policy()) == []


def warn(mark, amount):
    return f"{{mark: {mark}, amount: {amount}, actions: [{{do: tell, roles: [owner]}}]}}"


def ladder(*levels):
    return {"levels": ", ".join(levels)}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (ladder(warn("percent", 100), BREACH), ("error", "ladders.first_response.1")),
        (ladder(warn("before", 7200), BREACH), ("warning", "ladders.first_response.1")),
        (ladder(warn("percent", 75), warn("percent", 50), BREACH), ("warning", "ladders.first_response.2")),
        (ladder(warn("before", 600), warn("before", 1200), BREACH), ("warning", "ladders.first_response.2")),
        (ladder(BREACH, warn("percent", 50)), ("warning", "ladders.first_response.2")),
        (ladder(warn("after", 7200), warn("after", 3600)), ("warning", "ladders.first_response.2")),
        (ladder(warn("percent", 75)), ("warning", "ladders.first_response")),
        (ladder("{mark: breach, actions: [{do: raise_priority}]}"), ("warning", "ladders.first_response")),
        ({"met_on": "open, reply"}, ("error", "targets.1.met_on")),
        ({"amount": 300, "unit": "working_days"}, ("warning", "targets.1.amount")),
        ({"targets": "".join(TARGET % one for one in ("low", "normal", "high", "urgent"))}, ("warning", "targets")),
        ({"more": "\n    repeats:\n      first_response: {from: 1, every: 600, times: 3}"},
         ("warning", "repeats.first_response.every")),
        ({"more": "\n    repeats:\n      first_response: {from: 1, every: 3600, times: 50}"},
         ("warning", "repeats.first_response.times")),
    ],
)  # fmt: skip
def test_what_is_odd_about_a_policy_is_found_where_it_stands(changed, found):
    assert findings(policy(**changed)) == [found]


def test_priorities_without_a_target_are_told():
    text = policy(targets=TARGET % "urgent").replace("metric: first_response, amount", "metric: update, amount", 1)
    (warning,) = [one for one in lint_draft(read_draft(text), AT) if one.field == "targets"]
    assert all(priority in warning.message for priority in ("low", "normal", "high"))
    assert "urgent" not in warning.message


MONDAYS = 'mon: [["09:00", "17:00"]]'
CHINESE = "\n    holidays: {country: CN, breaks: whole, make_up: false}"
SHUT = "\n      - {date: 2026-03-%s, hours: [], name: 停, name_en: off, source: x}"
TWO_WEEKS_SHUT = "\n    special:" + SHUT % "16" + SHUT % "23"


@pytest.mark.parametrize(
    ("more", "found"),
    [("", []), (TWO_WEEKS_SHUT, [("warning", "special")]), (CHINESE, [("note", "holidays")])],
)
def test_what_is_odd_about_hours_is_found(more, found):
    assert findings(HOURS % {"weekly": MONDAYS, "more": more}) == found


def test_an_assumed_year_is_a_note_until_november_and_a_warning_from_then():
    text = HOURS % {"weekly": MONDAYS, "more": CHINESE}
    HolidaySet.objects.filter(country="CN", year=2027).update(status="assumed")
    assert findings(text, beijing("2026-10-31 12:00")) == [("note", "holidays")]
    assert findings(text, LATE) == [("warning", "holidays")]


def test_policies_in_force_on_hours_of_the_draft_are_looked_at_too():
    text = (HOURS % {"weekly": 'mon: [["09:00", "09:01"]]', "more": ""}).replace("tried-hours", "yonsuite-7x12")
    found = [one for one in lint_draft(read_draft(text), AT) if one.kind == "policy"]
    assert {(str(one.grade), one.code, one.field) for one in found} == {
        ("warning", "yonsuite-premier-ticket", "targets.1.amount"),
        ("warning", "yonsuite-community", "targets.1.amount"),
        # A quarter has fewer open hours than the lead of these warnings.
        ("warning", "yonsuite-owed", "ladders.delivery.1"),
        ("warning", "yonsuite-owed", "ladders.delivery.2"),
    }


def test_our_own_rules_have_only_what_the_documents_leave_open(world):
    found = [one for one in lint_house(LATE) if one.kind != "contract"]
    assert [one for one in found if one.grade == Grade.ERROR] == []
    assert {(str(one.grade), one.kind, one.code, one.field) for one in found} == {
        ("warning", "calendar", "kingdee-5x8", "holidays"),
        ("warning", "calendar", "kingdee-7x8", "holidays"),
        ("note", "plan", "kingdee-standard", "K02"),
        ("note", "plan", "yonsuite-premier", "Y19"),
    }


def test_findings_are_told_in_the_language_of_the_reader(world):
    with translation.override("en"):
        said = [f"{one.message} {one.remedy}" for one in lint_house(LATE)]
    assert said
    assert not any("一" <= letter <= "鿿" for text in said for letter in text)
