"""A changed calendar reaches the open deadlines that it touches, and no other; nothing is moved unfairly. Y17"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from sla import engine
from sla.actions import Hours, put_calendars
from sla.changing.proposals import moves, propose
from sla.changing.recomputing import recompute_due
from sla.firing import fire_due
from sla.models import CalendarVersion, Clock, DueMove, Escalation, Milestone, Recompute
from tests.clocks import AGENT, LADDER, clock_at, heard, policy_row
from tests.hours import beijing

pytestmark = pytest.mark.django_db

WEEK = {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
RESOLUTION = {"metric": "resolution", "amount": Decimal(8 * 3600), "met_on": ["resolve"], "pauses_on": ["customer"]}


def hours_with(**special: list[list[str]]) -> Hours:
    """Return Monday to Friday, eight hours, with other hours on dates such as `d2026_03_03`."""
    rows = [
        {"date": name[1:].replace("_", "-"), "hours": hours, "name": "特别", "name_en": "Special", "source": "通知"}
        for name, hours in special.items()
    ]
    return Hours("a5", "五天", "Five", {
        "timezone": "Asia/Shanghai", "weekly": WEEK, "working_day_seconds": 28800, "special": rows,
    })  # fmt: skip


def save(at: str, **special: list[list[str]]) -> None:
    put_calendars(calendars=[hours_with(**special)], cause="公司年会", actor=AGENT, at=beijing(at))


@pytest.fixture(autouse=True)
def calendar():
    save("2026-01-01 09:00")


def start(at: str, *targets, priority: str = "normal", **more) -> Clock:
    policy = policy_row(f"p{Clock.objects.count()}", *targets, **more)
    return engine.start(policy=policy, priority=priority, heard=heard("customer open", at, "T-2026-000012#1"))[0]


def only(clock: Clock) -> Milestone:
    return clock.milestones.get()


def recompute(at: str) -> None:
    with clock_at(at):
        while recompute_due(limit=2):
            pass


def due(clock: Clock) -> str:
    due_at = only(clock).due_at
    assert due_at is not None
    return f"{due_at.astimezone(beijing('2026-01-01 00:00').tzinfo):%m-%d %H:%M}"


def move(clock: Clock) -> DueMove:
    return DueMove.objects.get(milestone__clock=clock)


def test_an_open_deadline_moves_and_old_and_new_are_kept__C13():
    clock = start("2026-03-02 16:30")
    assert due(clock) == "03-03 09:30"
    save("2026-03-02 17:00", d2026_03_03=[])
    recompute("2026-03-02 17:00")
    assert due(clock) == "03-04 09:30"
    assert only(clock).next_step_at == beijing("2026-03-04 09:00")
    moved = move(clock)
    assert (moved.verdict, moved.old_due_at, moved.new_due_at) == (
        "later", beijing("2026-03-03 09:30"), beijing("2026-03-04 09:30"),
    )  # fmt: skip
    assert (moved.from_version.version, moved.to_version.version) == (1, 2)
    change = Recompute.objects.get()
    assert (change.cause, change.actor_display, change.moved, change.held) == ("公司年会", AGENT.display, 1, 0)
    assert change.finished_at is not None


def test_what_ended_never_moves_and_what_is_not_touched_keeps_its_version__C42():
    met, untouched = start("2026-03-02 16:30"), start("2026-03-02 08:30", RESOLUTION)
    engine.observe(met, [heard("reply", "2026-03-02 16:40")])
    save("2026-03-02 17:00", d2026_03_03=[])
    recompute("2026-03-02 17:00")
    assert (due(met), only(met).calendar_version.version) == ("03-03 09:30", 1)
    assert (due(untouched), only(untouched).calendar_version.version) == ("03-02 17:30", 1)
    assert not DueMove.objects.exists()


@pytest.mark.parametrize(
    ("now", "hours", "verdict", "then"),
    [
        # An hour more in the evening: 09:30 would become 18:00 the day before, which is past.
        ("2026-03-02 18:30", [["08:30", "12:00"], ["13:00", "18:30"]], "held", "03-03 09:30"),
        # Not past yet, but its warning at 75 % would be.
        ("2026-03-02 18:10", [["08:30", "12:00"], ["13:00", "18:30"]], "held", "03-03 09:30"),
        ("2026-03-02 16:40", [["08:30", "12:00"], ["13:00", "18:30"]], "much_earlier", "03-02 18:30"),
    ],
)
def test_nothing_is_moved_to_where_it_could_not_be_kept__Y17(now, hours, verdict, then):
    clock = start("2026-03-02 16:30")
    save(now, d2026_03_02=hours)
    recompute(now)
    assert (move(clock).verdict, due(clock)) == (verdict, then)
    assert move(clock).new_due_at == beijing("2026-03-02 18:30")
    assert only(clock).is_held == (verdict == "held")
    assert only(clock).calendar_version.version == (1 if verdict == "held" else 2)


def test_what_is_held_stays_held_whatever_is_folded_later():
    clock = start("2026-03-02 16:30")
    save("2026-03-02 18:30", d2026_03_02=[["08:30", "12:00"], ["13:00", "18:30"]])
    recompute("2026-03-02 18:30")
    engine.observe(clock, [heard("progress", "2026-03-02 18:40")])
    save("2026-03-02 18:50", d2026_03_03=[])
    recompute("2026-03-02 18:50")
    assert (due(clock), only(clock).is_held, DueMove.objects.count()) == ("03-03 09:30", True, 1)


def test_earlier_on_the_same_day_is_no_news_for_anybody():
    clock = start("2026-03-02 08:30", RESOLUTION, ladder=())
    save("2026-03-02 10:00", d2026_03_02=[["08:30", "17:30"]])
    recompute("2026-03-02 10:00")
    assert (move(clock).verdict, due(clock)) == ("earlier", "03-02 16:30")


def test_a_breach_that_the_new_deadline_undoes_is_kept_and_marked__C25():
    clock = start("2026-03-02 16:30")
    with clock_at("2026-03-03 10:00"):
        fire_due()
    assert Escalation.objects.get(mark="breach").undone_at is None
    save("2026-03-03 10:30", d2026_03_03=[])
    recompute("2026-03-03 10:30")
    assert due(clock) == "03-04 09:30"
    assert move(clock).undid_breach
    assert Escalation.objects.get(mark="breach").undone_at == Recompute.objects.get().finished_at
    with clock_at("2026-03-04 09:31"):
        fire_due()
    breaches = Escalation.objects.filter(mark="breach").order_by("due_at").values_list("due_at", flat=True)
    assert list(breaches) == [beijing("2026-03-03 09:30"), beijing("2026-03-04 09:30")]


def test_both_deadlines_warn_and_there_is_no_third__C25():
    start("2026-03-02 16:30", ladder=(("percent", 50), ("breach", 0)))
    with clock_at("2026-03-02 17:31"):
        fire_due()
    save("2026-03-02 17:40", d2026_03_03=[])
    recompute("2026-03-02 17:40")
    for at in ("2026-03-03 12:00", "2026-03-04 09:31", "2026-03-05 12:00"):
        with clock_at(at):
            fire_due()
    # Half of the time was over on the Monday already, whichever day follows.
    assert list(Escalation.objects.order_by("fired_at").values_list("mark", flat=True)) == ["percent", "breach"]


def test_nothing_fires_by_a_deadline_that_is_about_to_move__F27():
    clock = start("2026-03-02 16:30")
    save("2026-03-03 09:40", d2026_03_03=[])
    with clock_at("2026-03-03 09:40"):
        assert fire_due() == 1  # claimed, and found to be due tomorrow
    assert not Escalation.objects.exists()
    assert due(clock) == "03-04 09:30"
    recompute("2026-03-03 09:41")
    assert DueMove.objects.count() == Recompute.objects.get().moved == 1


def test_what_is_paused_goes_over_without_a_word_and_comes_out_right():
    clock = start("2026-03-02 10:00", RESOLUTION)
    engine.observe(clock, [heard("wait", "2026-03-02 12:00", hold="customer")])
    save("2026-03-02 13:00", d2026_03_03=[])
    recompute("2026-03-02 13:00")
    assert (only(clock).due_at, only(clock).calendar_version.version) == (None, 2)
    assert not DueMove.objects.exists()
    engine.observe(clock, [heard("resume", "2026-03-02 17:30")])
    assert due(clock) == "03-04 15:30"


def test_while_a_change_is_under_way_an_open_promise_keeps_its_version_and_a_new_one_has_the_new():
    old = start("2026-03-02 16:30")
    save("2026-03-02 17:00", d2026_03_03=[])
    engine.observe(old, [heard("progress", "2026-03-02 17:05")])
    new = start("2026-03-02 17:00")
    assert (due(old), due(new)) == ("03-03 09:30", "03-04 10:00")
    recompute("2026-03-02 17:10")
    assert (due(old), DueMove.objects.count()) == ("03-04 09:30", 1)


def test_two_changes_in_a_row_reach_a_deadline_one_after_the_other():
    clock = start("2026-03-02 16:30")
    save("2026-03-02 17:00", d2026_03_03=[])
    save("2026-03-02 17:01", d2026_03_03=[], d2026_03_04=[])
    recompute("2026-03-02 17:02")
    assert due(clock) == "03-05 09:30"
    versions = DueMove.objects.order_by("pk").values_list("from_version__version", "to_version__version")
    assert list(versions) == [(1, 2), (2, 3)]


def test_a_promise_that_was_replanned_is_folded_from_all_its_facts__C41():
    clock = start("2026-03-02 16:30")
    policy = policy_row("longer", {"amount": Decimal(4 * 3600)})
    engine.replan(clock, policy=policy, priority="normal", heard=heard("replan", "2026-03-02 17:00"))
    assert due(clock) == "03-03 11:30"
    save("2026-03-02 17:10", d2026_03_03=[])
    recompute("2026-03-02 17:10")
    assert due(clock) == "03-04 11:30"


def test_the_preview_says_what_then_happens__Y17():
    start("2026-03-02 16:30")
    start("2026-03-02 08:30", RESOLUTION)
    start("2026-03-02 16:45")
    proposal = propose(calendars=[hours_with(d2026_03_03=[])])
    (day,) = proposal.days(at=beijing("2026-03-02 17:00"))
    assert (day.code, day.date, day.before, day.after, day.reason["name"]) == (
        "a5", date(2026, 3, 3), [("08:30", "12:00"), ("13:00", "17:30")], [], "特别",
    )  # fmt: skip
    seen = moves(proposal, at=beijing("2026-03-02 17:00"), limit=1)
    assert (seen.counts.touched, seen.counts.later, seen.counts.moved) == (2, 2, 2)
    (first,) = seen.page
    rest = moves(proposal, at=beijing("2026-03-02 17:00"), limit=5, after=first.milestone.pk).page
    foreseen = [(row.milestone.pk, row.old_due_at, row.new_due_at, str(row.verdict)) for row in (first, *rest)]
    assert first.thing == "T-2026-000012"
    assert CalendarVersion.objects.filter(code="a5").count() == 1
    save("2026-03-02 17:00", d2026_03_03=[])
    recompute("2026-03-02 17:00")
    lived = DueMove.objects.order_by("milestone").values_list("milestone", "old_due_at", "new_due_at", "verdict")
    assert list(lived) == foreseen


def test_a_new_name_for_a_day_off_moves_nothing_and_is_no_work():
    save("2026-03-02 08:00", d2026_03_03=[])
    recompute("2026-03-02 08:01")
    renamed = hours_with(d2026_03_03=[])
    renamed.rules["special"][0]["name"] = "年会"
    put_calendars(calendars=[renamed], at=beijing("2026-03-02 09:00"))
    assert Recompute.objects.count() == 1


def test_one_milestone_that_cannot_be_computed_does_not_stop_the_others(monkeypatch):
    bad, good = start("2026-03-02 16:30"), start("2026-03-02 16:40")
    poison = {"start": "nonsense", "end": None, "cause": "customer"}
    Milestone.objects.filter(clock=bad).update(pauses=[poison])
    save("2026-03-02 17:00", d2026_03_03=[])
    recompute("2026-03-02 17:00")
    assert (due(good), due(bad)) == ("03-04 09:40", "03-03 09:30")
    change = Recompute.objects.get()
    assert change.finished_at is None
    assert "nonsense" in change.error
    assert "nonsense" in only(bad).error
    at = beijing("2026-03-02 17:00")
    for _ in range(6):
        at += timedelta(hours=1, seconds=1)
        with clock_at(at):
            recompute_due()
    assert only(bad).quarantined_at is not None
    assert Recompute.objects.get().finished_at is not None


@pytest.mark.parametrize("milestones", [2, 40])
def test_a_batch_costs_the_same_statements_however_many_move(milestones, django_assert_max_num_queries):
    policy = policy_row("many", ladder=LADDER)
    for _ in range(milestones):
        engine.start(policy=policy, priority="", heard=heard("customer open", "2026-03-02 16:30"))
    save("2026-03-02 17:00", d2026_03_03=[])
    with clock_at("2026-03-02 17:00"), django_assert_max_num_queries(18):
        recompute_due(limit=100)
    assert DueMove.objects.count() == milestones


def test_a_day_off_for_a_day_worked_leaves_the_deadline_and_moves_its_warnings():
    clock = start("2026-03-06 15:30", {**RESOLUTION, "amount": Decimal(12 * 3600)})
    assert (due(clock), only(clock).next_step_at) == ("03-10 10:30", beijing("2026-03-09 16:30"))
    save("2026-03-06 16:00", d2026_03_07=WEEK["mon"], d2026_03_09=[])
    recompute("2026-03-06 16:00")
    assert (due(clock), only(clock).next_step_at) == ("03-10 10:30", beijing("2026-03-07 16:30"))
    assert not DueMove.objects.exists()
