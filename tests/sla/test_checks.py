"""What an operator is told before a promise goes wrong."""

from datetime import date

import pytest
from django.core.checks import Tags, run_checks

from sla.checks import closed_calendars, lost_targets, unpublished_years
from sla.models import CalendarVersion, HolidaySet, Target

pytestmark = pytest.mark.django_db


def test_loaded_plans_are_sound():
    assert list(closed_calendars()) == list(lost_targets()) == []


def test_calendar_that_never_opens_is_an_error__C33():
    version = CalendarVersion.objects.current().get(code="kingdee-5x8")
    version.spec = {**version.spec, "weekly": {}}
    version.save()
    assert [(found.id, found.obj) for found in closed_calendars()] == [("sla.E001", version)]


def test_target_on_a_calendar_that_is_gone_is_an_error():
    Target.objects.filter(policy__is_current=True, policy__code="kingdee-advanced-ticket").update(calendar="gone")
    assert [found.id for found in lost_targets()] == ["sla.E002"]


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2026, 10, 31), []),
        (date(2026, 11, 1), ["sla.W003", "sla.W003"]),
        (date(2026, 12, 14), ["sla.W003", "sla.W003"]),
        (date(2026, 12, 15), ["sla.E003", "sla.E003"]),
    ],
)
def test_next_year_still_assumed_is_told_from_november_on__C13(today, told):
    HolidaySet.objects.exclude(country__in=["CN", "TH"]).update(status="published")
    found = list(unpublished_years(today))
    assert [message.id for message in found] == told
    assert all(word in "".join(message.msg for message in found) for word in (["CN", "TH", "2027"] if told else []))


def test_published_year_is_not_told__C13():
    HolidaySet.objects.filter(year=2027).update(status="published")
    assert list(unpublished_years(date(2026, 12, 20))) == []


def test_checks_run_where_the_database_is_checked(monkeypatch):
    Target.objects.filter(policy__is_current=True).update(calendar="gone")
    assert "sla.E002" in {found.id for found in run_checks(tags=[Tags.database], databases=["default"])}
    assert "sla.E002" not in {found.id for found in run_checks()}
