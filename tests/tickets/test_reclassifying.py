"""What a ticket is about changes under way: the plan is asked anew, and its clocks go over to what it then says."""

import pytest

from plans.actions.contracts import Agreed, Owned, sign
from plans.coverage import cover
from plans.models import Plan, Product
from sla.models import Observation
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.terms import HOLDS, Target, promised, put_under
from tests.world import ENDS, STARTS, World
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket

EIGHT = Target("resolution", 8)
TWO_IF_URGENT = Target("resolution", 2, "urgent")


def classed(ticket: Ticket, **changes):
    before = actions.Classification.of(ticket)
    return actions.Classification(**{name: changes.get(name, getattr(before, name)) for name in before.__slots__})


def reclassify(world: World, ticket: Ticket, at: str, **changes) -> Ticket:
    insists = changes.pop("insists", False)
    return actions.reclassify(
        ticket=ticket, to=classed(ticket, **changes), reason="客户来电说停线了", actor=world.agent, at=beijing(at),
        insists=insists,
    )  # fmt: skip


def last(ticket: Ticket):
    return ticket.events.order_by("number").last()


@pytest.mark.parametrize(
    ("basis", "due", "is_late"), [("from_creation", "11:00", True), ("from_change", "14:00", False)]
)
def test_what_is_made_urgent_is_due_from_where_the_policy_counts__C41(world: World, basis, due, is_late):
    put_under(world.yonsuite.contract, "c41", EIGHT, TWO_IF_URGENT, basis=basis)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    assert ticket.next_due_at == beijing("2026-09-28 17:00")
    ticket = reclassify(world, ticket, "2026-09-28 12:00", priority="urgent")
    milestone = promised(ticket)["resolution"]
    assert (ticket.next_due_at, milestone.due_at) == (beijing(f"2026-09-28 {due}"), ticket.next_due_at)
    assert milestone.state_at(beijing("2026-09-28 12:00")) == ("breached" if is_late else "running")
    event = last(ticket)
    assert event.fields["changed"] == {"priority": {"from": "normal", "to": "urgent"}}
    (moved,) = event.fields["dues"]
    assert (moved["from"], moved.get("late", False)) == ("2026-09-28T09:00:00Z", is_late)
    assert (event.kind, event.actor_display, event.fields["reason"]) == ("reclassified", "李坐席", "客户来电说停线了")
    replanned = Observation.objects.get(kind="replan")
    assert (replanned.source, replanned.actor_ref) == (f"{ticket.number}#2", f"user:{world.agent.pk}")
    assert replanned.fields["cause"] == "客户来电说停线了"


def test_what_was_made_urgent_by_mistake_gets_its_first_time_back(world: World):
    put_under(world.yonsuite.contract, "both-ways", EIGHT, TWO_IF_URGENT)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    for priority, due in (("urgent", "11:00"), ("low", "17:00"), ("urgent", "11:00"), ("high", "17:00")):
        ticket = reclassify(world, ticket, "2026-09-28 09:30", priority=priority)
        assert (ticket.priority, ticket.next_due_at) == (priority, beijing(f"2026-09-28 {due}"))
    assert promised(ticket)["resolution"].number == 1


def test_a_pause_after_the_new_deadline_moves_nothing_and_the_change_is_to_blame__C07(world: World):
    eight = Target("resolution", 8, calendar="kingdee-5x8", pauses_on=HOLDS)
    four = Target("resolution", 4, "urgent", calendar="kingdee-5x8", pauses_on=HOLDS)
    put_under(world.yonsuite.contract, "c07", eight, four)
    ticket = world.open_ticket(at="2026-03-06 10:00")
    at = {"wait": beijing("2026-03-06 16:00"), "resume": beijing("2026-03-09 10:00")}
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=at["wait"])
    ticket = actions.resume(ticket=ticket, actor=world.agent, at=at["resume"])
    assert ticket.next_due_at == beijing("2026-03-09 14:00")
    ticket = reclassify(world, ticket, "2026-03-09 11:00", priority="urgent")
    assert ticket.next_due_at == beijing("2026-03-06 15:00")
    assert [(line["to"], line["late"]) for line in last(ticket).fields["dues"]] == [("2026-03-06T07:00:00Z", True)]


def test_who_was_late_already_is_not_late_by_the_change__C42(world: World):
    put_under(world.yonsuite.contract, "late", EIGHT, TWO_IF_URGENT)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    ticket = reclassify(world, ticket, "2026-09-28 17:30", priority="urgent")
    assert ticket.next_due_at == beijing("2026-09-28 17:00")
    assert "dues" not in last(ticket).fields


def test_moving_to_terms_without_a_resolution_ends_it_and_leaves_the_first_response__C17(world: World):
    contract = second_contract(world)
    put_under(world.yonsuite.contract, "with", Target("first_response", 2), EIGHT)
    put_under(contract, "without", Target("first_response", 2))
    ticket = world.open_ticket(at="2026-09-28 09:00")
    ticket = reclassify(world, ticket, "2026-09-28 09:30", contract=contract)
    rows = promised(ticket)
    assert (rows["resolution"].state, rows["resolution"].next_step_at) == ("cancelled", None)
    assert [name for name, row in rows.items() if row.stopped_at is None] == ["first_response"]
    assert (ticket.contract, ticket.next_due_at) == (contract, beijing("2026-09-28 11:00"))
    (ended,) = last(ticket).fields["dues"]
    assert (ended["metric"], ended["ended"], ended["to"]) == ("resolution", True, None)


def second_contract(world: World, plan: str = "yonsuite-premier"):
    return sign(
        customer=world.yonsuite.customer, plan=Plan.objects.current().get(code=plan), number="C-Y-2",
        starts_on=STARTS, ends_on=ENDS, agreed=Agreed(products=(Owned(world.yonsuite.product, tenant="second"),)),
    )  # fmt: skip


def test_an_excluded_category_is_refused_with_its_clause_and_what_can_be_done__Y07(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    with pytest.raises(ActionRefusedError) as refused:
        reclassify(world, ticket, "2026-09-28 09:30", category="customisation")
    no = refused.value
    assert (no.code, no.promise) == ("not_covered", "Y07")
    assert "不包含二次开发" in no.clause
    assert len(no.ways_on) >= 2
    ticket.refresh_from_db()
    assert (ticket.category, ticket.event_count, promised(ticket)["first_response"].state) == ("fault", 1, "running")


def test_an_agent_who_insists_works_beyond_the_plan_and_nothing_is_timed__Y07(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    ticket = reclassify(world, ticket, "2026-09-28 09:30", category="customisation", insists=True)
    assert (ticket.outcome, ticket.category, ticket.next_due_at) == ("chargeable", "customisation", None)
    assert "不包含二次开发" in ticket.clause
    assert "可能另行计费" in ticket.reason
    assert promised(ticket)["first_response"].state == "cancelled"
    assert last(ticket).fields["outcome"] == {"from": "covered", "to": "chargeable"}
    ticket = reclassify(world, ticket, "2026-09-28 09:40", category="fault")
    row = promised(ticket)["first_response"]
    assert (ticket.outcome, row.number, row.state, row.due_at) == (
        "covered", 1, "running", beijing("2026-09-28 11:00"),
    )  # fmt: skip


def test_a_ticket_that_nothing_timed_is_timed_from_its_opening_once_it_is_covered__C41(world: World):
    untimed = second_contract(world, "yonsuite-standard")
    side = type(world.yonsuite)(world.yonsuite.customer, untimed, world.yonsuite.contact, world.yonsuite.product)
    ticket = world.open_ticket(side=side, at="2026-09-28 09:00")
    assert (ticket.next_due_at, ticket.outcome) == (None, "chargeable")
    ticket = reclassify(world, ticket, "2026-09-28 09:30", contract=world.yonsuite.contract)
    assert (ticket.next_due_at, ticket.outcome) == (beijing("2026-09-28 11:00"), "covered")
    assert last(ticket).fields["dues"][0]["started"] is True
    actions.reply(ticket=ticket, body="在查。", actor=world.agent, at=beijing("2026-09-28 09:40"))
    assert promised(ticket)["first_response"].state == "met"


def test_an_answer_given_before_it_was_timed_counts__C41(world: World):
    untimed = second_contract(world, "yonsuite-standard")
    side = type(world.yonsuite)(world.yonsuite.customer, untimed, world.yonsuite.contact, world.yonsuite.product)
    ticket = world.open_ticket(side=side, at="2026-09-28 09:00")
    ticket = actions.reply(ticket=ticket, body="在查。", actor=world.agent, at=beijing("2026-09-28 09:10"))
    ticket = reclassify(world, ticket, "2026-09-28 09:30", contract=world.yonsuite.contract)
    assert (ticket.next_due_at, promised(ticket)) == (None, {})


def test_looking_ahead_tells_the_same_and_changes_nothing(world: World):
    put_under(world.yonsuite.contract, "ahead", EIGHT, TWO_IF_URGENT)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    said = {"to": classed(ticket, priority="urgent"), "reason": "停线", "actor": world.agent}
    at = beijing("2026-09-28 09:30")
    seen = actions.foresee(ticket=ticket, at=at, **said)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.event_count, ticket.next_due_at) == ("normal", 1, beijing("2026-09-28 17:00"))
    assert (Observation.objects.filter(kind="replan").count(), Delivery.objects.count()) == (0, 1)
    done = actions.reclassify(ticket=ticket, at=at, **said)
    assert (seen.ticket.next_due_at, seen.event.fields) == (done.next_due_at, last(done).fields)


@pytest.mark.parametrize(
    ("changes", "reason", "code"),
    [
        ({}, "停线", "nothing_changed"),
        ({"priority": "urgent"}, "  ", "reason_missing"),
        ({"priority": "sky-high"}, "停线", "unknown_class"),
        ({"category": "gossip"}, "停线", "unknown_class"),
    ],
)
def test_a_change_must_make_sense(world: World, changes, reason, code):
    ticket = world.open_ticket()
    with pytest.raises(ActionRefusedError) as refused:
        actions.reclassify(
            ticket=ticket, to=classed(ticket, **changes), reason=reason, actor=world.agent, at=ticket.opened_at
        )
    assert refused.value.code == code


def test_a_ticket_does_not_go_under_another_customers_contract__I11(world: World):
    with pytest.raises(ActionRefusedError) as refused:
        reclassify(world, world.open_ticket(), "2026-09-28 09:30", contract=world.kingdee.contract)
    assert refused.value.code == "other_customer"


def test_a_product_that_the_contract_does_not_hold_is_refused__Y07(world: World):
    foreign = Product.objects.get(code="galaxy")
    with pytest.raises(ActionRefusedError) as refused:
        reclassify(world, world.open_ticket(), "2026-09-28 09:30", product=foreign)
    assert refused.value.code == "not_covered"


def test_a_term_that_ran_out_since_is_no_reason_to_refuse(world: World):
    world.yonsuite.contract.ended_on = beijing("2026-09-28 00:00").date()
    world.yonsuite.contract.save()
    ticket = reclassify(world, world.open_ticket(), "2026-10-09 09:30", category="how_to")
    assert (ticket.category, ticket.outcome) == ("how_to", "covered")


def test_customers_and_ended_tickets_are_not_reclassified(world: World):
    ticket = world.open_ticket()
    with pytest.raises(ActionRefusedError) as refused:
        actions.reclassify(
            ticket=ticket, to=classed(ticket, priority="low"), reason="x", actor=world.stranger.user,
            at=ticket.opened_at,
        )  # fmt: skip
    assert refused.value.code == "not_allowed"
    ticket = actions.resolve(ticket=ticket, body="", actor=world.agent, at=beijing("2026-09-28 09:20"))
    with pytest.raises(ActionRefusedError) as refused:
        reclassify(world, ticket, "2026-09-28 09:30", priority="low")
    assert refused.value.code == "ticket_ended"


def test_a_plan_is_asked_as_it_was_at_intake__K02(world: World):
    side = world.kingdee
    ticket = world.open_ticket(side=side, at="2026-09-28 13:30", category="fault")
    ticket = reclassify(world, ticket, "2026-09-28 13:40", category="how_to", module="总账")
    asked = cover(side.contact, side.contract, None, side.product, "", "how_to", "portal", ticket.opened_at)
    assert (ticket.promise, ticket.clause, ticket.module) == (asked.promise, asked.clause, "总账")
    assert ticket.next_due_at == beijing("2026-09-28 17:30")
