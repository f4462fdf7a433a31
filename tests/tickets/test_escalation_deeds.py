"""What a rule may do besides telling roles: name people, call who is on call, ask for a task, call a program."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from plans.actions.rotas import keep_rota, set_members
from plans.models import Rota, User
from sla.actions import Again, Level
from sla.models import Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tests.promised import only, open_under, policy, promise
from tests.world import World, person
from tickets.models import Delivery, Ticket, TicketEvent, WebhookEndpoint
from tickets.rounds import dispatch

PROMISE = promise("first_response", 2, "yonsuite-7x12", met_on=("reply",))
BREACH = "2026-09-28 11:00:01"


def ticket_told(world: World, *actions: dict[str, Any], **more: Any) -> Ticket:
    """Open a ticket at nine whose breach at eleven does this."""
    levels = (Level("first_response", 1, "breach", Decimal(0), actions),)
    return open_under(world, policy("deeds", PROMISE, levels=levels, **more), "2026-09-28 09:00")


def rota(*people: User, **more: Any) -> Rota:
    usual = {"name": "值班", "starts_on": date(2026, 1, 5), "hands_over_at": time(9), "days_each": 7}
    made = Rota(code="house", **(usual | more))
    keep_rota(rota=made)
    set_members(rota=made, order=people)
    return made


def sweep_at(wall: str) -> None:
    with clock_at(wall):
        assert dispatch.sweep()


def told(ticket: Ticket) -> list[str]:
    return sorted(Delivery.objects.filter(ticket=ticket, user__isnull=False).values_list("user__username", flat=True))


def said(ticket: Ticket) -> dict[str, Any]:
    return ticket.events.filter(kind=TicketEvent.Kind.ESCALATED).order_by("-number")[0].fields


def test_who_is_on_call_is_told_at_the_instant_of_the_step__C26(world: World):
    rota(world.expert, world.agent, days_each=1)
    ticket = ticket_told(world, {"do": "tell", "roles": ["on_call"]})
    sweep_at(BREACH)
    # 2026-09-28 is the 266th day after 5 January: the first of the two.
    assert (told(ticket), said(ticket).get("nobody_on_call")) == (["expert"], None)
    later = ticket_told(world, {"do": "tell", "roles": ["on_call"]})
    sweep_at("2026-09-29 09:00:01")
    assert told(later) == ["agent"]


def test_where_nobody_is_on_call_the_duty_manager_is_told_and_the_ledger_says_so(world: World):
    ticket = ticket_told(world, {"do": "tell", "roles": ["on_call"]})
    sweep_at(BREACH)
    assert (told(ticket), said(ticket)["nobody_on_call"]) == (["lead"], True)


def test_people_are_told_by_name_once_and_who_left_is_passed_over_and_named(world: World):
    gone = person("gone", "离职的", is_active=False)
    ticket = ticket_told(
        world, {"do": "tell", "roles": ["duty_manager"], "people": ["lead", "manager", "gone", "nobody"]}
    )
    sweep_at(BREACH)
    assert told(ticket) == ["lead", "manager"]
    assert (said(ticket)["gone"], str(gone)) == (["gone", "nobody"], "离职的")


def test_who_is_on_call_and_told_anyway_gets_one_mail_at_once__C26(world: World):
    User.objects.filter(username="lead").update(alert_calendar="kingdee-5x8")
    rota(world.lead)
    levels = (
        Level("first_response", 1, "breach", Decimal(0), ({"do": "tell", "roles": ["duty_manager", "on_call"]},)),
    )
    ticket = open_under(world, policy("night", PROMISE, levels=levels), "2026-10-03 18:00")  # a holiday
    sweep_at("2026-10-03 20:00:01")
    (row,) = Delivery.objects.filter(ticket=ticket, user=world.lead)
    assert row.not_before == row.queued_at


def test_a_stand_in_for_who_is_on_call_keeps_their_own_hours(world: World):
    User.objects.filter(username="lead").update(alert_calendar="kingdee-5x8")
    levels = (Level("first_response", 1, "breach", Decimal(0), ({"do": "tell", "roles": ["on_call"]},)),)
    ticket = open_under(world, policy("night", PROMISE, levels=levels), "2026-10-03 18:00")
    sweep_at("2026-10-03 20:00:01")
    (row,) = Delivery.objects.filter(ticket=ticket, user=world.lead)
    assert row.not_before == beijing("2026-10-08 08:30")


TASK = {"do": "side_task", "title": "给客户打电话", "title_en": "Ring the customer", "role": "technical_manager"}


def test_a_side_task_is_asked_for_once_and_again_only_when_it_was_done(world: World):
    again = (Again("first_response", 1, 600, 3),)
    ticket = ticket_told(world, TASK, repeats=again)
    for minute in ("11:00:01", "11:10:01"):
        sweep_at(f"2026-09-28 {minute}")
    task = ticket.side_tasks.get()
    assert (task.title, task.assignee, task.escalation.level) == ("给客户打电话", world.technical_manager, 1)
    assert Delivery.objects.get(ticket=ticket, kind="side_task").user == world.technical_manager
    ticket.side_tasks.update(done_at=beijing("2026-09-28 11:15"))
    sweep_at("2026-09-28 11:20:01")
    assert ticket.side_tasks.count() == 2


def test_a_side_task_is_called_as_its_reader_reads(world: World):
    User.objects.filter(username="tam").update(language="en")
    ticket = ticket_told(world, TASK)
    sweep_at(BREACH)
    assert ticket.side_tasks.get().title == "Ring the customer"


def test_a_program_is_called_and_one_that_is_not_there_is_named(world: World):
    WebhookEndpoint.objects.create(name="pager", url="https://pager.example/in", secret="whsec_c2VjcmV0")
    WebhookEndpoint.objects.create(name="off", url="https://off.example/in", secret="whsec_c2VjcmV0", is_active=False)
    calls = [{"do": "webhook", "endpoint": name} for name in ("pager", "off", "nowhere")]
    ticket = ticket_told(world, *calls, {"do": "tell", "roles": ["duty_manager"]})
    sweep_at(BREACH)
    assert (said(ticket)["called"], said(ticket)["not_called"]) == (["pager"], ["off", "nowhere"])
    row = Delivery.objects.get(ticket=ticket, channel="webhook")
    assert (row.endpoint.name, row.escalation.level, told(ticket)) == ("pager", 1, ["lead"])


def test_each_round_tells_anew_until_somebody_has_taken_it_on__C29(world: World):
    ticket = ticket_told(
        world, {"do": "tell", "roles": ["duty_manager"]}, repeats=(Again("first_response", 1, 1800, 9),)
    )
    for wall in ("11:00:01", "11:30:01", "12:00:01"):
        sweep_at(f"2026-09-28 {wall}")
    rows = Delivery.objects.filter(ticket=ticket, user=world.lead).order_by("pk")
    assert [row.escalation.level for row in rows] == [1, 2, 3]
    assert only(ticket).next_step_at == beijing("2026-09-28 12:30")


def test_levels_ten_and_twenty_minutes_late_are_two_mails_in_120_runs__C27(world: World):
    tell = ({"do": "tell", "roles": ["duty_manager"]},)
    levels = tuple(Level("first_response", n, "after", Decimal(600 * n), tell) for n in (1, 2))
    ticket = open_under(world, policy("late", PROMISE, levels=levels), "2026-09-28 09:00")
    for minute in range(120):
        sweep_at(f"2026-09-28 {11 + minute // 60:02d}:{minute % 60:02d}:30")
    assert told(ticket) == ["lead", "lead"]


def test_a_batch_reads_its_people_once(world: World, django_assert_max_num_queries):
    rota(world.expert)
    actions = ({"do": "tell", "roles": ["owner", "account_team", "on_call"], "people": ["manager"]},)
    under = policy("many", PROMISE, levels=(Level("first_response", 1, "breach", Decimal(0), actions),))
    for n in range(20):
        open_under(world, under, "2026-09-28 09:00", subject=f"第{n}张")
    # Before, each read its account team for each role: what is left is its locks, its ledger and its own state, and
    # what the other hops of a tick (what is owed, sign-offs, updates, chats, calls, posts, whom programs tell) ask
    # however many tickets there are.
    with clock_at(BREACH), django_assert_max_num_queries(20 * 6 + 160):
        assert dispatch.sweep()
    assert Delivery.objects.filter(kind="breach").count() == 20 * 5
    assert not Milestone.objects.filter(clock__ticket_clock__isnull=False, next_step_at__isnull=False).exists()


@pytest.mark.parametrize("role", ["owner", "on_call"])
def test_a_ticket_is_given_to_who_is_in_a_role(world: World, role: str):
    rota(world.expert)
    ticket = ticket_told(world, {"do": "reassign", "role": role})
    sweep_at(BREACH)
    ticket.refresh_from_db()
    assert ticket.assignee == (world.expert if role == "on_call" else world.lead)
