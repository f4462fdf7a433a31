"""Hop 2: what an escalation does to its ticket and whom it tells, each once, and never about what no longer holds."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from plans.models import AccountTeamMember, Team, User
from sla.firing import fire_due
from sla.models import Escalation, Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket, TicketEvent
from tickets.rounds import dispatch, escalations
from tickets.rounds.escalations import act
from tickets.telling.roles import Scene, cast_for, people_in

Kind = TicketEvent.Kind


def told(ticket: Ticket, kind: str | None = None) -> list[str]:
    """Return who was written to about a ticket by us, in order of their names."""
    rows = Delivery.objects.filter(ticket=ticket, user__isnull=False)
    return sorted(rows.filter(kind=kind).values_list("user__username", flat=True) if kind else
                  rows.values_list("user__username", flat=True))  # fmt: skip


def escalated(ticket: Ticket) -> list[dict[str, Any]]:
    return [event.fields for event in ticket.events.filter(kind=Kind.ESCALATED).order_by("number")]


def standing_for(role: str, ticket: Ticket) -> list[User]:
    at = beijing("2026-09-28 12:00")
    return people_in(role, Scene(Ticket.objects.get(pk=ticket.pk), at, cast_for([], at)))


def sweep_at(wall: str) -> None:
    with clock_at(wall):
        assert dispatch.sweep()


def states(ticket: Ticket) -> list[tuple[str, str]]:
    rows = Escalation.objects.filter(milestone__clock__ticket_clock__ticket=ticket).order_by("due_at", "level")
    return [(row.mark, row.state) for row in rows]


def test_owner_team_and_duty_manager_are_told_of_a_breach__Y18_Y22_K10(world: World):
    ticket = actions.reassign(
        ticket=world.open_ticket(at="2026-09-28 19:30"), to=world.agent, actor=escalations.SYSTEM,
        at=beijing("2026-09-28 19:40"),
    )  # fmt: skip
    sweep_at("2026-09-29 09:29:58")
    assert told(ticket, "breach") == []  # still in time
    sweep_at("2026-09-29 09:30:01")
    sweep_at("2026-09-29 09:31")
    assert told(ticket, "breach") == ["agent", "csm", "lead", "tam"]
    assert escalated(ticket)[-1]["told"] == ["李坐席", "何成功", "孙技术", "周组长"]


def test_the_ladder_warns_breaches_and_reassigns__C28(world: World):
    ticket = world.open_ticket(at="2026-09-28 19:30")
    sweep_at("2026-09-29 09:00:01")  # 75 percent of two working hours
    assert (told(ticket), states(ticket)) == (["lead"], [("percent", "done")])
    sweep_at("2026-09-29 09:30:01")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.assignee) == ("high", None)
    sweep_at("2026-09-29 10:30:01")
    ticket.refresh_from_db()
    assert ticket.assignee == world.lead
    assert states(ticket) == [("percent", "done"), ("breach", "done"), ("after", "done")]
    assert [fields["mark"] for fields in escalated(ticket)] == ["percent", "breach", "after"]


def test_an_escalation_meets_no_promise_and_no_customer_sees_it__K02(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    sweep_at("2026-09-28 12:30")
    milestone = Milestone.objects.get(clock__ticket_clock__ticket=ticket)
    assert (milestone.stopped_at, ticket.events.filter(kind=Kind.ESCALATED, is_public=True).count()) == (None, 0)
    assert not Delivery.objects.filter(ticket=ticket, contact__isnull=False).exclude(kind="receipt").exists()


def test_levels_found_together_are_one_mail_a_reader__C35(world: World):
    ticket = actions.reassign(
        ticket=world.open_ticket(at="2026-09-28 09:00"), to=world.agent, actor=escalations.SYSTEM,
        at=beijing("2026-09-28 09:05"),
    )  # fmt: skip
    sweep_at("2026-09-28 13:00")  # warning 10:30, breach 11:00, an hour after: 12:00
    assert states(ticket) == [("percent", "superseded"), ("breach", "done"), ("after", "done")]
    assert told(ticket) == ["agent", "csm", "lead", "tam"]
    highest = Delivery.objects.get(ticket=ticket, user=world.lead)
    assert highest.escalation.mark == "after"
    assert {fields["noticed_late_by"] for fields in escalated(ticket)} == {3600, 7200}


def test_each_level_comes_once_however_often_one_looks__C27(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    for minute in range(0, 180, 15):
        sweep_at(f"2026-09-28 {9 + minute // 60:02d}:{minute % 60:02d}:30")
    assert [fields["mark"] for fields in escalated(ticket)] == ["percent", "breach"]
    assert Delivery.objects.filter(ticket=ticket, kind="breach").count() == 3


def test_an_answer_between_the_hops_voids_the_escalation(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with clock_at("2026-09-28 11:00:01") as at:
        fire_due()
        actions.reply(ticket=ticket, body="在查", actor=world.agent, at=at)
        act()
    assert told(ticket) == []
    assert states(ticket)[-1] == ("breach", "superseded")
    assert escalated(ticket)[-1]["superseded"] == "stopped"


def test_a_deadline_that_moved_between_the_hops_voids_the_escalation__C25(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with clock_at("2026-09-28 11:00:01"):
        fire_due()
        Milestone.objects.update(due_at=beijing("2026-09-28 15:00"), next_step_at=beijing("2026-09-28 15:00"))
        act()
    assert (told(ticket), escalated(ticket)[-1]["superseded"]) == ([], "deadline_moved")


def test_the_owner_who_left_is_not_told_but_the_duty_manager_is(world: World):
    ticket = actions.reassign(
        ticket=world.open_ticket(at="2026-09-28 09:00"), to=world.agent, actor=escalations.SYSTEM,
        at=beijing("2026-09-28 09:05"),
    )  # fmt: skip
    User.objects.filter(pk=world.agent.pk).update(is_active=False)
    sweep_at("2026-09-28 10:31")
    assert told(ticket, "warning") == ["lead"]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("owner", ["lead"]),
        ("team_lead", ["lead"]),
        ("duty_manager", ["lead"]),
        ("technical_manager", ["tam"]),
        ("success_manager", ["csm"]),
        ("account_team", ["csm", "tam"]),
        ("on_call", ["lead"]),  # nobody is: who answers for the ticket
    ],
)
def test_roles_are_people__Y22_K10(world: World, role: str, expected: list[str]):
    assert [person.username for person in standing_for(role, world.open_ticket())] == expected


def test_without_a_lead_the_technical_manager_answers_then_the_success_manager(world: World):
    Team.objects.update(lead=None)
    ticket = world.open_ticket()
    assert standing_for("duty_manager", ticket) == [world.technical_manager]
    AccountTeamMember.objects.filter(seat="technical_manager").delete()
    assert standing_for("duty_manager", ticket) == [world.success_manager]
    AccountTeamMember.objects.all().delete()
    assert [standing_for(role, ticket) for role in ("duty_manager", "account_team", "owner", "on_call")] == [[]] * 4


def test_who_has_no_address_is_named_as_not_reached(world: World):
    User.objects.filter(pk=world.success_manager.pk).update(email="")
    ticket = world.open_ticket(at="2026-09-28 09:00")
    sweep_at("2026-09-28 11:01")
    fields = escalated(ticket)[-1]
    assert (fields["told"], fields["without_address"]) == (["周组长", "孙技术"], ["何成功"])


def fire_all(world: World, count: int) -> list[Ticket]:
    tickets = [world.open_ticket(f"第{n}张", at="2026-09-28 09:00") for n in range(count)]
    with clock_at("2026-09-28 10:31"):
        fire_due(limit=1000)
    return tickets


def test_one_poisoned_row_is_put_off_then_quarantined_and_the_others_go_on__F17(world: World):
    tickets = fire_all(world, 6)
    poisoned = Escalation.objects.get(milestone__clock__ticket_clock__ticket=tickets[2])
    # As a breach: a warning would be overtaken by its deadline between the tries.
    Escalation.objects.filter(pk=poisoned.pk).update(actions=[{"do": "dance"}], mark="breach")
    with clock_at("2026-09-28 10:32"):
        assert act() == 6
    assert Escalation.objects.filter(state="done").count() == 5
    tries: list[tuple[str, int]] = []
    for wall in ("10:34", "10:40", "11:41", "12:42"):
        with clock_at(f"2026-09-28 {wall}"):
            act()
        poisoned.refresh_from_db()
        tries.append((poisoned.state, poisoned.attempts))
    assert tries == [("pending", 2), ("pending", 3), ("pending", 4), ("quarantined", 5)]
    assert poisoned.error == "KeyError: 'dance'"
    assert escalated(tickets[2]) == []


def test_a_batch_that_raises_leaves_no_half_effects(world: World, monkeypatch):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with clock_at("2026-09-28 11:01"):
        fire_due()
        with monkeypatch.context() as patched:
            patched.setattr(escalations, "queue_many", lambda *args, **more: 1 / 0)
            act()
        ticket.refresh_from_db()
        assert (ticket.priority, escalated(ticket), told(ticket)) == ("normal", [], [])
    sweep_at("2026-09-28 11:03")
    ticket.refresh_from_db()
    assert (ticket.priority, len(told(ticket))) == ("high", 3)


def test_two_tickets_levels_and_clocks_in_one_batch_keep_the_ledger_without_a_gap(world: World):
    tickets = [world.open_ticket(f"第{n}张", at="2026-09-28 09:00") for n in range(3)]
    sweep_at("2026-09-28 13:00")
    for ticket in tickets:
        numbers = list(ticket.events.order_by("number").values_list("number", flat=True))
        ticket.refresh_from_db()
        assert numbers == list(range(1, ticket.event_count + 1))


def test_the_watchdog_acts_only_on_what_waits_for_seconds(world: World):
    fire_all(world, 1)
    fired: datetime = Escalation.objects.get().fired_at
    with clock_at(fired + timedelta(seconds=2)):
        assert act(later_than=timedelta(seconds=3)) == 0
    with clock_at(fired + timedelta(seconds=4)):
        assert act(later_than=timedelta(seconds=3)) == 1


def test_queries_of_a_batch_grow_gently(world: World, django_assert_max_num_queries):
    fire_all(world, 20)
    with clock_at("2026-09-28 10:32"), django_assert_max_num_queries(20 * 7 + 20):
        assert act() == 20


def test_a_breach_that_was_void_is_told_when_it_holds_again(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with clock_at("2026-09-28 11:00:01") as at:
        fire_due()
        actions.close(ticket=ticket, actor=world.agent, at=at)
        act()
    assert (told(ticket), states(ticket)[-1]) == ([], ("breach", "superseded"))
    actions.reopen(ticket=ticket, body="", actor=world.agent, at=beijing("2026-09-28 11:05"))
    sweep_at("2026-09-28 11:05:01")
    assert (told(ticket, "breach"), states(ticket)) == (
        ["csm", "lead", "tam"], [("percent", "superseded"), ("breach", "done")],
    )  # fmt: skip
    sweep_at("2026-09-28 11:06")
    assert len(told(ticket)) == 3


def test_a_warning_that_is_acted_on_after_the_deadline_warns_nobody(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with clock_at("2026-09-28 10:31"):
        fire_due()
    sweep_at("2026-09-28 11:01")  # the second hop was down in between
    assert (told(ticket, "warning"), told(ticket, "breach")) == ([], ["csm", "lead", "tam"])
    assert [fields.get("superseded") for fields in escalated(ticket)] == ["overtaken", None]
