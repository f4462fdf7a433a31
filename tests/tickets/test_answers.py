"""What programs are told of a milestone, wherever it runs and whoever looks."""

from decimal import Decimal

import pytest
from django.utils import timezone

from sla import engine
from tests.clocks import calendar_row, heard, policy_row
from tests.hours import ROUND_THE_CLOCK, WEEKDAYS, beijing, hours, local
from tickets.answers import milestone_fields, remaining_of


@pytest.mark.django_db
def test_what_is_left_does_not_depend_on_the_zone_of_whoever_looks__C10():
    calendar_row("nairobi", intervals=ROUND_THE_CLOCK, days=WEEKDAYS, zone="Africa/Nairobi")  # +03:00
    policy = policy_row("half-hour", {"calendar": "nairobi", "amount": Decimal(1800)})
    opened_at = local("2026-03-02 12:00", "Africa/Nairobi")
    _clock, (milestone,) = engine.start(policy=policy, priority="", heard=heard("customer open", opened_at))
    told = []
    for zone in ("Africa/Nairobi", "Asia/Kolkata", "UTC"):  # +05:30 is the agent's
        with timezone.override(zone):
            milestone.refresh_from_db()
            told.append(milestone_fields(milestone, opened_at.astimezone(timezone.get_current_timezone())))
    assert [(one["state"], one["due_at"], one["remaining_seconds"]) for one in told] == [
        ("running", "2026-03-02T09:30:00Z", hours(0.5).total_seconds())
    ] * 3


@pytest.mark.django_db
def test_what_is_left_leaves_out_an_agreed_wait_that_is_still_going_on__C06():
    calendar_row("a5")
    resolution = {
        "metric": "resolution",
        "amount": Decimal(8 * 3600),
        "met_on": ["resolve"],
        "pauses_on": ["scheduled"],
    }
    policy = policy_row("agreed", resolution)
    clock, _rows = engine.start(policy=policy, priority="", heard=heard("customer open", "2026-03-06 10:00"))
    until = "2026-03-09T10:00:00+08:00"
    (milestone,) = engine.observe(clock, [heard("wait", "2026-03-06 16:00", hold="scheduled", until=until)])
    for at, left in (
        ("2026-03-06 15:00", 4),
        ("2026-03-06 16:30", 3),
        ("2026-03-09 09:00", 3),
        ("2026-03-09 11:00", 2),
    ):
        assert remaining_of(milestone, beijing(at)) == hours(left)
