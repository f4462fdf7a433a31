"""Cases of late ends, pauses, reopening and merging in numbers, lived through the actions and the sweep."""

from datetime import timedelta

import pytest

from sla.compiled import calendar_of
from sla.engine import pauses_of
from sla.models import Escalation
from tests.clocks import clock_at
from tests.hours import beijing
from tests.terms import HOLDS, Target, promised, put_under
from tests.world import World
from tickets.actions import ticket as actions
from tickets.answers import milestone_fields, milestones_of, overdue_of
from tickets.models import Delivery, Ticket
from tickets.rounds import dispatch


def sweep(at: str) -> None:
    with clock_at(at):
        assert dispatch.sweep()


def opened(world: World, code: str, *targets: Target, at: str, **more: str) -> Ticket:
    put_under(world.yonsuite.contract, code, *targets, **more)
    return world.open_ticket(at=at)


def test_a_resolution_ten_minutes_late_is_ten_minutes_late_a_day_later__C08(world: World):
    ticket = opened(world, "c08", Target("resolution", 2), at="2026-09-28 09:00")
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-09-28 11:10"))
    row = promised(ticket)["resolution"]
    for at in ("2026-09-28 11:10", "2026-09-29 11:10", "2026-12-01 00:00"):
        sweep(at)
        row.refresh_from_db()
        assert (row.state, overdue_of(row, beijing(at))) == ("met_late", timedelta(minutes=10))


def test_solved_out_of_a_pause_of_half_a_year_counts_what_was_before_it__C09(world: World):
    eight = Target("resolution", 8, calendar="kingdee-5x8", pauses_on=HOLDS)
    ticket = opened(world, "c09", eight, at="2026-02-02 09:00")
    wait = {"wait_for": "customer", "until": None, "actor": world.agent, "at": beijing("2026-02-02 11:00")}
    actions.wait(ticket=ticket, **wait)
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-08-03 11:00"))
    row = promised(ticket)["resolution"]
    hours = calendar_of(row.calendar_version_id).calendar
    (pause,) = pauses_of(row)
    worked = hours.elapsed(row.started_at, row.stopped_at) - hours.elapsed(pause.start, pause.end)
    assert (row.state, pause.end, worked) == ("met", row.stopped_at, timedelta(hours=2))


def test_the_first_answer_goes_before_the_update__C18(world: World):
    ticket = opened(world, "c18", Target("first_response", 2), Target("update", 0.5), at="2026-09-28 09:00")
    assert ticket.next_due_at == beijing("2026-09-28 11:00")


def test_an_answered_question_arms_no_further_answer__C19(world: World):
    ticket = opened(world, "c19", Target("next_response", 2), at="2026-09-28 08:30")
    ask = {"ticket": ticket, "contact": ticket.contact, "body": "在吗？", "at": beijing("2026-09-28 09:00")}
    ticket = actions.customer_message(**ask)
    assert ticket.next_due_at == beijing("2026-09-28 11:00")
    ticket = actions.reply(ticket=ticket, body="在。", actor=world.agent, at=beijing("2026-09-28 09:20"))
    assert ticket.next_due_at is None
    sweep("2026-09-28 18:00")
    assert not Escalation.objects.exists()


def test_a_further_answer_counts_from_the_first_question_that_nobody_answered__C23(world: World):
    three_days = Target("next_response", 36)
    ticket = opened(world, "c23", three_days, at="2026-09-28 08:30")
    ticket = actions.reply(ticket=ticket, body="在。", actor=world.agent, at=beijing("2026-09-28 08:40"))
    for day in (28, 29, 30):
        at = beijing(f"2026-09-{day} 10:00")
        ticket = actions.customer_message(ticket=ticket, contact=ticket.contact, body="?", at=at)
    assert ticket.next_due_at == beijing("2026-10-01 10:00")
    ticket = actions.reply(ticket=ticket, body="好了。", actor=world.agent, at=beijing("2026-10-01 09:00"))
    assert (promised(ticket)["next_response"].state, promised(ticket)["next_response"].number) == ("met", 1)


def test_a_late_ticket_merged_falls_silent_and_what_comes_to_it_is_heard_in_the_other__C37(world: World):
    put_under(world.yonsuite.contract, "c37", Target("first_response", 2), Target("next_response", 1))
    parent, child = world.open_ticket("甲", at="2026-09-28 10:00"), world.open_ticket("乙", at="2026-09-28 09:00")
    sweep("2026-09-28 11:00:01")
    told = Delivery.objects.filter(ticket=child, kind="breach").count()
    assert told > 0
    merge = {"into": parent, "actor": world.agent, "at": beijing("2026-09-28 11:10")}
    child = actions.merge(ticket=child, **merge)
    assert (child.next_due_at, promised(child)["first_response"].state) == (None, "breached")
    actions.reply(ticket=parent, body="在查。", actor=world.agent, at=beijing("2026-09-28 11:20"))
    mail = {"contact": child.contact, "body": "乙还是不行", "at": beijing("2026-09-28 11:30")}
    assert actions.customer_message(ticket=child, **mail) == parent
    parent.refresh_from_db()
    assert parent.next_due_at == beijing("2026-09-28 12:30")
    for at in ("2026-09-28 12:00", "2026-09-29 09:00"):
        sweep(at)
    assert Delivery.objects.filter(ticket=child, kind="breach").count() == told
    assert child.events.filter(kind="customer_message").count() == 0


@pytest.mark.parametrize(
    ("reopening", "due"),
    [("resume", "2026-03-03 09:00"), ("restart", "2026-03-03 11:00"), ("none", None)],
)
@pytest.mark.parametrize("who", ["customer", "agent"])
def test_a_solved_ticket_that_is_reopened_counts_as_its_policy_says__C38(world: World, reopening, due, who):
    ticket = opened(world, f"c38-{reopening}", Target("resolution", 8), at="2026-03-02 09:00", reopening=reopening)
    ticket = actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-03-02 11:00"))
    actor = ticket.contact if who == "customer" else world.agent
    ticket = actions.reopen(ticket=ticket, body="", actor=actor, at=beijing("2026-03-02 15:00"))
    assert ticket.next_due_at == (beijing(due) if due else None)
    sweep("2026-03-04 09:00")
    fired = Escalation.objects.filter(milestone__clock__ticket_clock__ticket=ticket, mark="breach")
    assert fired.count() == (1 if due else 0)


@pytest.mark.parametrize("way", ["portal", "api", "solved"])
def test_the_customers_word_starts_the_same_time_whatever_way_it_came__C20(client, world: World, way):
    ticket = opened(world, "c20", Target("next_response", 2), at="2026-09-28 08:30")
    actions.reply(ticket=ticket, body="在。", actor=world.agent, at=beijing("2026-09-28 08:40"))
    if way == "solved":
        actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-09-28 08:50"))
    with clock_at("2026-09-28 09:00:00"):
        client.force_login(world.yonsuite.contact.user)
        if way == "portal":
            client.post(f"/portal/tickets/{ticket.number}/answer/", {"body": "还是不行", "sending": "one"})
        else:
            contact = world.yonsuite.contact
            actions.customer_message(ticket=ticket, contact=contact, body="还是不行", at=beijing("2026-09-28 09:00"))
    (told,) = [milestone_fields(row, beijing("2026-09-28 09:30")) for row in milestones_of(ticket)]
    assert told["due_at"][:16] == "2026-09-28T03:00"
