"""What is foreseen is what then happens: person by person, instant by instant, through a whole day."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.actions.rotas import Swap, keep_rota, set_members, swap
from plans.models import Rota, Team, User
from sla.actions import Again, Level
from sla.models import Escalation, Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tests.promised import open_under, policy, promise, resolution
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.models import Delivery, SideTask, Ticket, TicketEvent, WebhookEndpoint
from tickets.rounds import dispatch
from tickets.rounds.foresight import Foresight, who_is_told

T0 = beijing("2026-09-28 10:15")
DAY = timedelta(hours=24)
FIRST, LAST = "first_response", "resolution"
# Who is told of what, as both sides tell it: ticket, step, due instant, reader, kind, and until when it is held back.
Line = tuple[str, str, str, str, datetime | None]


def tell(*roles: str, **more: Any) -> dict[str, Any]:
    return {"do": "tell", "roles": list(roles), **more}


def level(metric: str, number: int, mark: str, amount: float, *deeds: dict[str, Any]) -> Level:
    return Level(metric, number, mark, Decimal(str(amount)), deeds)


@pytest.fixture
def busy(world: World) -> World:
    """Return a world in which everything that a ladder can do is about to happen."""
    helpers = Team.objects.create(code="night", name="夜班", name_en="Night", vendor="yonsuite", lead=world.expert)
    keeper = person("keeper", "夜班甲", team=helpers)
    within = promise(FIRST, 3, "yonsuite-7x12", met_on=("accept", "reply"))
    inner = policy("inside", within, levels=(level(FIRST, 1, "breach", 0, tell("team_lead")),))
    Team.objects.filter(pk=helpers.pk).update(policy=inner.code)
    rota = Rota(code="house", name="值班", starts_on=date(2026, 1, 5), hands_over_at=time(9), days_each=1)
    keep_rota(rota=rota)
    set_members(rota=rota, order=[keeper, world.manager])
    stand_in = Swap(world.agent, beijing("2026-09-28 19:00"), beijing("2026-09-28 22:00"))
    swap(rota=rota, agreed=stand_in, actor=world.manager, at=beijing("2026-09-27 09:00"))
    User.objects.filter(username="lead").update(alert_calendar="kingdee-5x8")
    User.objects.filter(username="csm").update(alert_every=60)
    WebhookEndpoint.objects.create(name="pager", url="https://pager.example/in", secret="whsec_c2VjcmV0")
    return world


def climbing(world: World) -> None:
    """Open a ticket whose promises depend on its priority, which the first of them raises."""
    targets = (
        promise(FIRST, 2, "yonsuite-7x12", met_on=("reply",)),
        resolution(20, "yonsuite-7x12", met_on=("resolve",)),
        resolution(5, "yonsuite-7x12", met_on=("resolve",), priority="high"),
        resolution(4, "yonsuite-7x12", met_on=("resolve",), priority="urgent"),
    )
    levels = (
        level(FIRST, 1, "breach", 0, tell("owner"), {"do": "raise_priority"}),
        level(FIRST, 2, "after", 3600, {"do": "raise_priority"}, tell("owner")),
        level(LAST, 1, "percent", 50, tell("owner")),
        level(LAST, 2, "breach", 0, tell("duty_manager", "on_call"), {"do": "raise_priority"}),
    )
    open_under(world, policy("climbing", *targets, levels=levels), "2026-09-28 09:40", subject="会升级的")


def passed_on(world: World) -> None:
    """Open a ticket that its ladder gives away, to who is on call: to another team, which owes its own answer."""
    levels = (
        level(FIRST, 1, "before", 1800, tell("owner")),
        level(FIRST, 2, "breach", 0, {"do": "reassign", "role": "on_call"}, tell("owner", "duty_manager")),
        level(FIRST, 3, "after", 1800, tell("owner", people=["manager", "gone"])),
    )
    promised = promise(FIRST, 2, "yonsuite-7x12", met_on=("reply",))
    again = (Again(FIRST, 3, 7200, 4),)
    open_under(world, policy("passed", promised, levels=levels, repeats=again), "2026-09-28 10:00", subject="会转走的")


def asked_about(world: World) -> None:
    """Open a ticket whose ladder asks for tasks and calls programs, again and again, and one of it that is waiting."""
    task = {"do": "side_task", "title": "打电话", "title_en": "Ring", "role": "technical_manager"}
    calls = [{"do": "webhook", "endpoint": name} for name in ("pager", "nowhere")]
    levels = (
        level(FIRST, 1, "percent", 50, tell("owner")),
        level(FIRST, 2, "breach", 0, task, *calls),
        level(FIRST, 3, "after", 600, tell("account_team")),
    )
    promised = promise(FIRST, 1, "kingdee-5x8", met_on=("reply",), pauses_on=("customer",))
    under = policy("asking", promised, levels=levels, repeats=(Again(FIRST, 2, 5400, 2),))
    open_under(world, under, "2026-09-28 10:00", subject="会协办的")
    waiting = open_under(world, under, "2026-09-28 10:00", subject="在等的")
    actions.wait(ticket=waiting, wait_for="customer", until=None, actor=world.agent, at=beijing("2026-09-28 10:05"))


def everything(world: World) -> None:
    """Open one ticket of each kind, and two under the plan itself, one of which its agent has warnings of."""
    climbing(world)
    passed_on(world)
    asked_about(world)
    world.open_ticket("普通的", at="2026-09-28 10:10")
    late = world.open_ticket("早就超时的", at="2026-09-28 07:00")
    assert late.assignee is None


def foreseen(found: Foresight) -> list[Line]:
    return sorted(
        (
            (one.ticket.number, f"{one.milestone.metric} {one.mark.level} {one.at:%d %H:%M}", told.person.username,
             str(told.kind), told.goes_at if told.goes_at != one.at else None)
            for one in found.rows for told in one.told
        ),
        key=str,
    )  # fmt: skip


def happened() -> list[Line]:
    """Return what was queued for members of staff since the day began; side tasks stand with the step that asked."""
    rows = Delivery.objects.filter(user__isnull=False, queued_at__gt=T0).select_related("escalation__milestone", "user")
    asked = {task.pk: task.escalation for task in SideTask.objects.select_related("escalation__milestone")}
    lines: list[Line] = []
    for row in rows.select_related("escalation__milestone", "user", "ticket", "event"):
        step = row.escalation or asked[row.event.fields["task"]]
        held = row.not_before if row.not_before != row.queued_at else None
        at = max(step.step_at, T0)
        lines.append((row.ticket.number, f"{step.milestone.metric} {step.level} {at:%d %H:%M}", row.user.username,
                      row.kind, held))  # fmt: skip
    return sorted(lines, key=str)


def live_through(found: Foresight) -> None:
    """Let a day pass: look right after each foreseen instant, and at others between."""
    instants = {one.at for one in found.rows} | {T0 + timedelta(hours=hour, minutes=7) for hour in range(24)}
    for at in sorted(instants):
        with clock_at(at + timedelta(milliseconds=200)):
            assert dispatch.sweep()
    with clock_at(T0 + DAY):
        assert dispatch.sweep()


def test_a_day_goes_as_it_was_foreseen(busy: World):
    everything(busy)
    found = who_is_told(since=T0, until=T0 + DAY)
    assert found.is_whole
    assert not Escalation.objects.exists()  # nothing was touched
    live_through(found)
    assert foreseen(found) == happened()
    assert len(happened()) > 25


def test_what_was_just_missed_is_not_foreseen_to_be_missed_once_more__C42(busy: World):
    targets = (
        promise(FIRST, 2, "yonsuite-7x12", met_on=("reply",)),
        promise(FIRST, 1, "yonsuite-7x12", met_on=("reply",), priority="high"),
    )
    levels = (
        level(FIRST, 1, "breach", 0, tell("duty_manager"), {"do": "raise_priority"}),
        level(FIRST, 2, "after", 600, tell("duty_manager")),
    )
    open_under(busy, policy("sooner", *targets, levels=levels), "2026-09-28 10:00")
    found = who_is_told(since=T0, until=T0 + DAY)
    assert [one.at for one in found.rows] == [beijing("2026-09-28 12:00"), beijing("2026-09-28 12:10")]
    live_through(found)
    assert foreseen(found) == happened()


def test_what_else_is_done_is_foreseen_as_well(busy: World):
    everything(busy)
    found = who_is_told(since=T0, until=T0 + DAY)
    said = sorted(
        ((one.ticket.number, one.mark.level, one.at, name, value) for one in found.rows
         for name, value in one.fields.items() if name not in ("asked",)),
        key=str,
    )  # fmt: skip
    live_through(found)
    names = {"raised_to", "reassigned_to", "nobody_on_call", "gone", "called", "not_called"}
    lived = sorted(
        ((event.ticket.number, event.fields["level"], max(_step_at(event), T0), name, value)
         for event in TicketEvent.objects.filter(kind="escalated").select_related("ticket")
         for name, value in event.fields.items() if name in names),
        key=str,
    )  # fmt: skip
    assert said == lived
    assert {name for *_rest, name, _value in said} == names - {"nobody_on_call"}


def _step_at(event: TicketEvent) -> datetime:
    said = event.fields
    steps = Escalation.objects.filter(milestone__clock__ticket_clock__ticket=event.ticket, level=said["level"])
    return steps.get(milestone__metric=said["metric"], due_at=datetime.fromisoformat(said["due_at"])).step_at


def test_acting_in_time_is_all_it_takes_to_prove_it_wrong(busy: World):
    ticket = busy.open_ticket("普通的", at="2026-09-28 10:10")
    assert who_is_told(since=T0, until=T0 + DAY).rows
    actions.reply(ticket=ticket, body="在查", actor=busy.agent, at=T0)
    assert who_is_told(since=T0, until=T0 + DAY).rows == []


def test_who_took_it_on_is_foreseen_to_be_left_alone__C29(busy: World):
    passed_on(busy)
    ticket = Ticket.objects.get()
    with clock_at("2026-09-28 12:31"):
        dispatch.sweep()
    at = beijing("2026-09-28 12:32")
    assert len(who_is_told(since=at, until=at + DAY, tickets=Ticket.objects.all()).rows) > 2
    actions.acknowledge(ticket=ticket, actor=busy.agent, at=at)
    steps = who_is_told(since=at, until=at + DAY).rows
    assert {one.milestone.clock.ticket_clock.part for one in steps} <= {"team"}


def test_each_reader_is_told_why_they_will_be(busy: World):
    passed_on(busy)
    found = who_is_told(since=T0, until=T0 + DAY)
    breach = next(one for one in found.rows if one.mark.mark == "breach" and one.milestone.number == 1)
    assert {told.person.username: told.roles for told in breach.told} == {
        "keeper": ("on_call", "owner"), "expert": ("duty_manager",),
    }  # fmt: skip


def test_only_what_lies_before_the_first_left_out_is_foreseen(busy: World):
    for minute in range(0, 50, 10):
        busy.open_ticket(f"第{minute}张", at=f"2026-09-28 09:{minute:02d}")
    whole = who_is_told(since=T0, until=T0 + DAY)
    part = who_is_told(since=T0, until=T0 + DAY, limit=3)
    assert (part.is_whole, part.until) == (False, beijing("2026-09-28 11:00"))
    assert part.rows
    assert foreseen(part) == foreseen(Foresight([one for one in whole.rows if one.at < part.until], part.until, True))


def test_many_tickets_cost_the_same_queries_and_little_time(busy: World, django_assert_num_queries):
    everything(busy)
    who_is_told(since=T0, until=T0 + DAY)  # rules and calendars are known from now on
    with CaptureQueriesContext(connection) as few:
        who_is_told(since=T0, until=T0 + DAY)
    for _ in range(3):
        everything(busy)
    with django_assert_num_queries(len(few)):
        found = who_is_told(since=T0, until=T0 + DAY)
    assert len({one.ticket.number for one in found.rows}) == 5 * 4
    assert Milestone.objects.filter(next_step_at__isnull=False).count() > 20


def test_the_command_tells_the_same_and_says_when_it_is_cut(busy: World):
    passed_on(busy)
    with clock_at(T0):
        out = StringIO()
        call_command("who_is_told", "--hours", "24", stdout=out)
        lines = out.getvalue().splitlines()
        found = who_is_told(since=T0, until=T0 + DAY)
        assert len([line for line in lines if Ticket.objects.get().number in line]) == len(found.rows)
        assert any("keeper" in line or "夜班甲" in line for line in lines)
        for wrong in ("0", "-1", "1000"):
            with pytest.raises(CommandError):
                call_command("who_is_told", "--hours", wrong)
