"""The customer's time to sign a report runs on the same engine, under the policy of the plan, with no ticket around."""

import pytest

from sla import engine
from sla.compiled import policy_named
from sla.firing import fire_due
from sla.models import CalendarVersion, Clock, Escalation, Milestone
from tests.clocks import calendar_row, clock_at, heard
from tests.hours import beijing, published
from tickets.rounds import dispatch

pytestmark = pytest.mark.django_db


def hand_over(at: str) -> tuple[Clock, Milestone]:
    """Return the clock and the milestone of a report handed over to a Kingdee customer."""
    policy = policy_named("kingdee-report-sign-off")
    clock, (milestone,) = engine.start(policy=policy, priority="", heard=heard("agent hand_over", at))
    return clock, milestone


@pytest.mark.parametrize(("with_make_up", "due"), [(False, "2026-10-14 17:30"), (True, "2026-10-13 17:30")])
def test_acceptance_ends_with_the_fifth_working_day_of_the_customer__K06_K12_C39(with_make_up, due):
    if with_make_up:
        CalendarVersion.objects.current().filter(code="kingdee-5x8").update(is_current=False)
        row = calendar_row("kingdee-5x8", version=99)
        CalendarVersion.objects.filter(pk=row.pk).update(spec=published("kingdee-5x8-makeup"))
    clock, milestone = hand_over("2026-09-30 10:00")
    assert milestone.due_at == beijing(due)
    engine.observe(clock, [heard("customer sign", due)])
    milestone.refresh_from_db()
    assert milestone.state == "met"


def test_silence_is_a_breach_only_after_the_last_working_day_and_an_objection_is_none__K06():
    silent, late = hand_over("2026-09-30 10:00")
    objected, _milestone = hand_over("2026-09-30 10:00")
    engine.observe(objected, [heard("customer object", "2026-10-14 17:29")])
    with clock_at("2026-10-14 17:29:58"):
        fire_due()
    assert [row.mark for row in Escalation.objects.filter(milestone__clock=silent)] == ["before", "before"]
    with clock_at("2026-10-14 17:30:01"):
        assert dispatch.sweep()  # a step that belongs to no ticket is left to whom it belongs
    assert list(late.escalations.values_list("mark", "state")) == [
        ("before", "pending"), ("before", "pending"), ("breach", "pending"),
    ]  # fmt: skip
    assert objected.milestones.get().state == "met"
    assert not Escalation.objects.filter(milestone__clock=objected, mark="breach").exists()


def test_a_bot_or_a_rule_does_not_sign__K06():
    clock, milestone = hand_over("2026-09-30 10:00")
    engine.observe(clock, [heard("bot sign", "2026-10-08 10:00"), heard("system sign", "2026-10-08 10:00")])
    milestone.refresh_from_db()
    assert (milestone.state, milestone.stopped_at) == ("running", None)
