"""While next year's days off are only assumed, managers are reminded, then alarmed, until the notice is there. C13"""

from datetime import timedelta

import pytest
from django.test import Client

from sla.changing.notices import Posting, apply, post
from tests.clocks import AGENT, clock_at
from tests.hours import beijing
from tests.world import World
from tickets.models import Bulletin, Delivery
from tickets.rounds.bulletins import assumed_years_ahead, assumption_ahead, remind
from tickets.telling import mail

pytestmark = pytest.mark.django_db

NEW_YEAR = {"date": "2027-01-01", "kind": "statutory", "name": "元旦", "name_en": "New Year's Day"}


def year_of_china(wall: str) -> list:
    return [one for one in assumed_years_ahead(beijing(wall)) if one.country == "CN"]


@pytest.mark.parametrize(
    ("wall", "said"),
    [
        ("2026-10-31 23:59", []),
        ("2026-11-01 00:00", [(2027, False)]),
        ("2026-12-14 23:59", [(2027, False)]),
        ("2026-12-15 00:00", [(2027, True)]),
        ("2027-01-02 09:00", [(2027, True)]),
    ],
)
def test_reminders_begin_in_november_and_alarms_in_mid_december__C13(world: World, wall, said):
    assert [(one.year, one.is_alarm) for one in year_of_china(wall)] == said


def test_only_what_a_calendar_in_use_follows_is_asked_for(world: World):
    (china,) = year_of_china("2026-11-22 10:00")
    assert "kingdee-5x8" in china.calendars
    assert all(code for one in assumed_years_ahead(beijing("2026-11-22 10:00")) for code in one.calendars)


def test_a_published_year_needs_no_reminder(world: World):
    notice = post(
        posting=Posting(title="通知", source="国办", country="CN", year=2027, dates=(NEW_YEAR,)),
        actor=AGENT, at=beijing("2026-11-22 10:00"),
    )  # fmt: skip
    apply(notice=notice, actor=AGENT, at=beijing("2026-11-22 10:00"))
    assert year_of_china("2026-12-20 10:00") == []


@pytest.mark.parametrize(
    ("first", "steps", "times"),
    [
        ("2026-11-02 00:05", 14 * 24, 2),  # two weeks from a Monday on
        ("2026-12-15 00:05", 3 * 24, 3),  # three days
    ],
)
def test_it_is_said_once_a_week_and_then_once_a_day(world: World, first, steps, times):
    at = beijing(first)
    for hour in range(0, steps, 6):
        remind(at=at + timedelta(hours=hour))
    found = Bulletin.objects.filter(key__startswith="year_assumed:CN:2027:")
    assert found.count() == times


def test_managers_get_a_letter_that_says_what_to_do(world: World):
    with clock_at("2026-11-22 10:00") as at:
        assert remind(at=at) >= 1
        assert remind(at=at) == 0
        row = Delivery.objects.get(user=world.manager, bulletin__key__startswith="year_assumed:CN:")
        letter = mail.render(row, at=at)
    assert row.subject == "【提醒】中国大陆 2027 年的节假日尚未公布"
    assert letter
    assert not Delivery.objects.filter(user=world.agent).exists()


def test_the_rules_say_it_on_their_first_page(world: World):
    client = Client()
    client.force_login(world.manager)
    with clock_at("2026-12-20 10:00") as at:
        assumption = assumption_ahead(at)
        page = client.get("/console/rules/").content.decode()
    assert assumption
    assert assumption.is_alarm
    assert assumption.words in page
    assert "banner--wrong" in page
