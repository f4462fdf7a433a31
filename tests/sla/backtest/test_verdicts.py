"""What past clocks would have come to under a draft: exact on small histories, and the stored verdicts stay."""

from decimal import Decimal

import pytest

from sla import engine
from sla.backtest import running
from sla.models import Backtest, BacktestChange, BacktestChunk, CalendarVersion, Milestone
from tests.clocks import calendar_row, heard, policy_row
from tests.hours import TWELVE_HOURS, beijing
from tests.sla.backtest.conftest import cells, changes, draft, target, tried

MONDAY = "2026-03-02"
SHORT = draft(target(amount=3600))
LONG = draft(target(amount=4 * 3600))


def test_a_shorter_promise_would_have_been_missed(lived):
    kept = lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 09:30"))
    lost = lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 10:30"))
    late = lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 15:00"))
    backtest = tried(SHORT)
    assert (backtest.state, backtest.total, backtest.done) == ("done", 3, 3)
    assert changes(backtest) == [(lost.pk, "first_response", "met", "met_late")]
    change = BacktestChange.objects.get()
    assert (change.old_due_at, change.new_due_at) == (beijing(f"{MONDAY} 11:00"), beijing(f"{MONDAY} 10:00"))
    assert cells(backtest) == {
        ("first_response", "kept", "kept"): 1,
        ("first_response", "kept", "missed"): 1,
        ("first_response", "missed", "missed"): 1,
    }
    assert {kept.pk, late.pk}.isdisjoint({row[0] for row in changes(backtest)})


def test_history_keeps_its_verdict__C42(lived):
    clock = lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 10:30"))
    before = Milestone.objects.filter(clock=clock).values().get()
    assert cells(tried(SHORT)) == {("first_response", "kept", "missed"): 1}
    assert Milestone.objects.filter(clock=clock).values().get() == before
    assert clock.observations.count() == 2


def test_what_is_listed_adds_up_to_the_bars__C45(lived):
    for minute in range(0, 60, 4):
        lived(f"{MONDAY} 09:{minute:02}", ("reply", f"{MONDAY} 10:30"))
        lived(f"{MONDAY} 09:{minute:02}", ("reply", f"{MONDAY} 12:00"))
    backtest = tried(SHORT)
    bars = {
        side: sum(count for cell, count in cells(backtest).items() if cell[place] == "missed")
        for place, side in ((1, "before"), (2, "after"))
    }
    listed = [row for row in changes(backtest) if row[3] in ("met_late", "breached")]
    assert bars["after"] - bars["before"] == len(listed) == backtest.result["changes"] > 0
    assert bars["before"] == Milestone.objects.filter(state="met_late").count() > 0


def test_the_policy_as_it_is_changes_nothing(lived):
    lived(f"{MONDAY} 09:00", ("wait", f"{MONDAY} 09:10"), ("customer customer_message", f"{MONDAY} 16:00"))
    lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 15:00"), ("resolve", "2026-03-03 09:00"))
    lived(f"{MONDAY} 09:00", ("close", f"{MONDAY} 10:00"), ("customer reopen", f"{MONDAY} 16:00"))
    backtest = tried(draft())
    assert (changes(backtest), backtest.result["clocks"]) == ([], 3)
    assert all(before == after for _metric, before, after in cells(backtest))


def test_a_promise_that_was_not_made_counts_where_it_would_have_been_missed(lived):
    soon = lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 09:30"), ("resolve", f"{MONDAY} 11:00"))
    long = lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 09:30"), ("resolve", "2026-03-06 11:00"))
    backtest = tried(draft(target(), target("resolution", 8 * 3600, met_on="resolve")))
    assert changes(backtest) == [(long.pk, "resolution", "", "met_late")]
    assert cells(backtest)["resolution", "", "kept"] == 1
    assert soon.pk < long.pk


def test_what_is_open_is_judged_by_the_instant_of_the_run(lived):
    lived("2026-03-02 09:00")
    assert cells(tried(LONG)) == {("first_response", "missed", "missed"): 1}


def test_a_calendar_of_the_draft_takes_the_place_of_one_in_force(lived):
    lived(f"{MONDAY} 16:30", ("reply", "2026-03-03 09:20"))
    text = """
calendars:
  - code: a5
    name: 晚班
    name_en: Late
    timezone: Asia/Shanghai
    weekly: {mon: [["08:30", "20:30"]], tue: [["08:30", "20:30"]]}
    working_day_seconds: 43200
"""
    backtest = tried(text)
    assert changes(backtest)[0][2:] == ("met", "met_late")
    assert BacktestChange.objects.get().new_due_at == beijing(f"{MONDAY} 18:30")
    assert backtest.result["hours"] == [["after", 18, 1]]


def test_what_the_draft_does_not_name_keeps_the_calendar_it_was_timed_on(lived):
    lived(f"{MONDAY} 16:30", ("reply", "2026-03-03 09:20"))
    CalendarVersion.objects.filter(code="a5").update(is_current=False)
    calendar_row("a5", version=2, intervals=TWELVE_HOURS)
    assert changes(tried(draft())) == []


def test_a_change_of_priority_is_tried_under_the_draft_too(lived, policy):
    clock = lived(f"{MONDAY} 09:00")
    replan = heard("replan", f"{MONDAY} 09:30")
    engine.replan(clock, policy=policy, priority="urgent", heard=replan)
    engine.observe(clock, [heard("reply", f"{MONDAY} 10:20")])
    urgent = target(amount=3600).replace("metric:", "priority: urgent, metric:")
    assert changes(tried(draft(target(), urgent)))[0][2:] == ("met", "met_late")


def test_clocks_of_other_policies_and_times_are_not_counted(lived):
    lived("2026-02-27 09:00", ("reply", "2026-02-27 10:30"))
    lived("2026-04-01 09:00", ("reply", "2026-04-01 10:30"))
    other = policy_row("other", {"amount": Decimal(7200)})
    lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 10:30"), policy=other)
    backtest = tried(SHORT)
    assert (backtest.state, backtest.total, backtest.result["cells"]) == ("done", 0, [])


def test_a_run_may_be_held_to_one_policy(lived):
    other = policy_row("other", {"amount": Decimal(7200)})
    lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 10:30"), policy=other)
    lived(f"{MONDAY} 09:00", ("reply", f"{MONDAY} 10:30"))
    both = SHORT + draft(target(amount=3600), code="other").removeprefix("policies:\n")
    assert tried(both).total == 2
    assert [cell[1] for cell in tried(both, policy="other").result["cells"]] == ["other"]


def test_chunks_come_to_the_same_as_one_pass(lived, monkeypatch):
    for minute in range(20):
        lived(f"{MONDAY} 09:{minute:02}", ("reply", f"{MONDAY} 10:10"))
    whole = tried(SHORT)
    monkeypatch.setattr(running, "CHUNK", 3)
    monkeypatch.setattr("sla.backtest.history.SLICE", 2)
    parts = tried(SHORT)
    assert parts.result == whole.result
    assert [row[1:] for row in changes(parts)] == [row[1:] for row in changes(whole)]
    assert not BacktestChunk.objects.exists()


def test_no_more_is_listed_than_can_be_read_but_all_is_counted(lived, monkeypatch):
    for minute in range(6):
        lived(f"{MONDAY} 09:{minute:02}", ("reply", f"{MONDAY} 10:30"))
    monkeypatch.setattr(running, "MOST_CHANGES", 4)
    monkeypatch.setattr(running, "CHUNK", 3)
    backtest = tried(SHORT)
    assert (len(changes(backtest)), backtest.result["changes"]) == (4, 6)


@pytest.mark.parametrize("period", [("2026-03-05 00:00", "2026-03-05 00:00"), ("2026-03-05 00:00", "2026-03-04 00:00")])
def test_a_period_that_holds_nothing_is_refused(policy, period):
    with pytest.raises(running.ActionRefusedError):
        tried(SHORT, since=beijing(period[0]), until=beijing(period[1]))
    assert not Backtest.objects.exists()
