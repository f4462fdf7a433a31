"""Pauses: who waits, why and until when, and what pages and programs say meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override as translated

from sla.engine import pauses_of
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tests.hours import beijing, hours
from tests.promised import only, open_under, policy, resolution
from tests.world import World
from tickets.actions import ticket as actions
from tickets.answers import milestone_fields, overdue_of, remaining_of
from tickets.models import Ticket
from tickets.portal.saying import promised
from tickets.showing.conversation import entries_of
from tickets.showing.holders import splits_of
from tickets.showing.promises import Promise, promises_of, slack_of

# 8 hours from Friday 10:00; the wait leaves 3 of them, from Monday 10:00 on. Source: C06
UNTIL = beijing("2026-03-09 10:00")
MEANWHILE = beijing("2026-03-06 17:00")
REMARK = "等客户确认停机窗口"


@pytest.fixture
def waiting(world: World) -> Ticket:
    ticket = open_under(world, policy("eight-hours", resolution(8)), "2026-03-06 10:00")
    return actions.wait(
        ticket=ticket,
        wait_for="customer",
        until=UNTIL,
        actor=world.agent,
        at=beijing("2026-03-06 16:00"),
        remark=REMARK,
    )


def seen(ticket: Ticket, at: str, viewer) -> Promise:
    (promise,) = promises_of([ticket], beijing(at), viewer)[ticket.pk]
    return promise


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-03-06 15:59", "running"),
        ("2026-03-06 16:00", "paused"),
        ("2026-03-08 12:00", "paused"),
        ("2026-03-09 09:59", "paused"),
        ("2026-03-09 10:00", "running"),  # whether or not the sweep has come by
        ("2026-03-09 14:00", "running"),
        ("2026-03-09 14:01", "breached"),
    ],
)
def test_while_an_agreed_wait_lasts_its_promise_is_paused__C24(waiting, at, state):
    assert only(waiting).state_at(beijing(at)) == state
    assert milestone_fields(only(waiting), beijing(at))["state"] == state


def test_the_deadline_and_what_will_be_left_are_known_all_the_while__C06(waiting):
    milestone = only(waiting)
    assert milestone.due_at == beijing("2026-03-09 14:00")
    assert remaining_of(milestone, MEANWHILE) == hours(3)
    assert milestone.resumes_at(MEANWHILE) == UNTIL


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", "已暂停，03-09 周一 10:00 自动恢复，届时还剩 3 小时（工作时间）"),
        ("en", "Paused until 03-09 Mon 10:00, when it goes on by itself with 3 h of working time left"),
    ],
)
def test_the_page_says_when_it_goes_on_and_what_is_left_then__C24(waiting, world, language, words):
    with timezone.override("Asia/Shanghai"), translated(language):
        clock = seen(waiting, "2026-03-06 17:00", world.agent).clock
        assert (clock.state, clock.text) == ("paused", words)


def test_a_wait_that_no_promise_pauses_on_leaves_it_running__C24(world):
    ticket = open_under(world, policy("not-pausing", resolution(8, pauses_on=())), "2026-03-06 10:00")
    wait_until_monday(ticket, world)
    milestone = only(ticket)
    assert (milestone.due_at, milestone.state_at(MEANWHILE)) == (beijing("2026-03-09 10:00"), "running")


def test_what_is_late_already_is_not_paused_by_a_wait__C07(world):
    ticket = open_under(world, policy("two-hours", resolution(2)), "2026-03-06 10:00")
    wait_until_monday(ticket, world)
    assert only(ticket).state_at(MEANWHILE) == "breached"


def wait_until_monday(ticket: Ticket, world: World) -> None:
    actions.wait(ticket=ticket, wait_for="customer", until=UNTIL, actor=world.agent, at=beijing("2026-03-06 16:00"))


def test_nothing_that_is_paused_is_at_risk(waiting):
    Milestone.objects.update(next_step_at=beijing("2026-03-06 15:00"))
    for at, risky in (("2026-03-06 17:00", False), ("2026-03-09 11:00", True)):
        assert Milestone.objects.at_risk(beijing(at)).exists() is risky
        assert only(waiting).is_at_risk(beijing(at)) is risky


def test_time_that_an_agreed_wait_takes_up_is_no_slack__C46(waiting):
    milestone = only(waiting)
    pauses = pauses_of(milestone)
    assert slack_of(milestone.calendar_version_id, milestone.due_at, MEANWHILE, pauses) == hours(3)
    assert slack_of(milestone.calendar_version_id, milestone.due_at, beijing("2026-03-09 11:00"), pauses) == hours(2)


def test_the_customer_is_told_both_when_it_goes_on_and_by_when_it_is_kept(waiting):
    with timezone.override("Asia/Shanghai"):
        said = promised(seen(waiting, "2026-03-06 17:00", waiting.contact.user))
    assert said == "约好 03-09 周一 10:00 继续；李坐席会在 03-09 周一 14:00 前解决"


def test_why_it_waits_is_for_colleagues_to_read(waiting, world):
    told = {viewer: entries_of(waiting, [], viewer)[-1].words for viewer in (world.agent, waiting.contact.user)}
    assert told[world.agent].endswith(f"等到 03-09 10:00：{REMARK}；解决暂停计时")
    assert told[waiting.contact.user].endswith("等到 03-09 10:00；解决暂停计时")


def test_a_reason_fits_on_a_line(world):
    ticket = world.open_ticket()
    with pytest.raises(ActionRefusedError) as refused:
        actions.wait(
            ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=ticket.opened_at, remark="等" * 401
        )
    assert refused.value.code == "remark_too_long"


def test_ten_minutes_late_are_ten_minutes_a_day_later__C08(world):
    ticket = open_under(world, policy("two-hours", resolution(2)), "2026-03-02 09:00")
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-03-02 11:10"))
    for at in ("2026-03-02 11:10", "2026-03-03 11:10", "2026-09-01 09:00"):
        assert overdue_of(only(ticket), beijing(at)) == hours(1 / 6)
        with timezone.override("Asia/Shanghai"):
            assert seen(ticket, at, world.agent).clock.text == "已超时 10 分钟（工作时间）"


def test_half_a_year_of_waiting_is_no_work_when_it_is_solved_out_of_the_wait__C09(world):
    ticket = open_under(world, policy("eight-hours", resolution(8)), "2026-02-02 09:00")
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=beijing("2026-02-02 11:00"))
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-08-03 10:00"))
    milestone = only(ticket)
    assert milestone.state == "met"
    split = splits_of(ticket, ticket.events.all(), [milestone], beijing("2026-09-01 09:00"))[milestone.pk]
    assert sum((share.length for share in split.counted), timedelta()) == hours(2)
