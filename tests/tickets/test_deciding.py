"""Every answer of a plan is kept with what it was asked; one of us may decide otherwise, and everybody knows."""

from dataclasses import replace

import pytest

from plans.loading import load
from plans.models import Product, QuotaEntry
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.plans.conftest import contact_of, contract_of
from tests.plans.test_third_vendor import LANHAI
from tests.world import Side, World
from tickets.actions import ticket as actions
from tickets.models import Category, CoverageDecision, Delivery, Ticket
from tickets.telling.occasions import Occasion
from tickets.telling.writers import write

MORNING, LATER = beijing("2026-09-28 09:00"), beijing("2026-09-28 10:00")
WHY = "合同附件三写明这套审批流由我们维护"


def overridden(world: World, ticket: Ticket, outcome: str, why: str = WHY) -> Ticket:
    return actions.override(ticket=ticket, outcome=outcome, reason=why, actor=world.agent, at=LATER)


def classed(world: World, ticket: Ticket, insists: bool = False, **changes) -> Ticket:
    to = replace(actions.Classification.of(ticket), **changes)
    return actions.reclassify(
        ticket=ticket, to=to, reason="问清楚了", actor=world.agent, at=LATER, insists=insists
    )  # fmt: skip


def decisions(ticket: Ticket) -> list[tuple[str, str, str]]:
    return [(one.cause, one.rule, one.outcome) for one in ticket.decisions.order_by("pk")]


def test_opening_keeps_what_was_asked_and_the_version_of_the_plan_that_answered__K02(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    kept = ticket.decisions.get()
    assert (kept.cause, kept.outcome, kept.rule, kept.promise) == ("opened", "covered", "included", "K02")
    assert (kept.contract, kept.plan, kept.product) == (
        world.kingdee.contract, world.kingdee.contract.plan, world.kingdee.product,
    )  # fmt: skip
    assert (kept.category, kept.channel, kept.priority, kept.is_certified) == ("fault", "portal", "normal", True)
    assert (kept.at, kept.intake, kept.actor) == (MORNING, None, None)
    assert kept.reason.startswith("0.5 个工作日内响应")
    assert kept.reason_en.startswith("Response within 0.5 working day")


def test_every_later_answer_is_a_row_of_its_own__C41(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    classed(world, ticket, category=Category.HOW_TO)
    ticket.refresh_from_db()
    classed(world, ticket, insists=True, category=Category.THIRD_PARTY)
    assert decisions(ticket) == [
        ("opened", "included", "covered"),
        ("reclassified", "included", "covered"),
        ("reclassified", "insisted", "chargeable"),
    ]
    last = ticket.decisions.first()
    assert (last.actor, last.why, last.was_outcome) == (world.agent, "问清楚了", "covered")


def test_answers_to_the_definitions_bring_customisation_back_into_scope__K02(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    with pytest.raises(ActionRefusedError):
        classed(world, ticket, category=Category.CUSTOMISATION)
    there = classed(world, ticket, category=Category.CUSTOMISATION, customisation={"carve_out": True})
    assert (there.outcome, there.customisation) == ("covered", {"carve_out": True})
    assert decisions(ticket)[-1] == ("reclassified", "carve_out", "covered")
    # A change that is not about it keeps the answers.
    assert classed(world, there, priority="urgent").outcome == "covered"
    with pytest.raises(ActionRefusedError) as refused:
        classed(world, there, customisation={"carve_out": False, "5": True})
    assert "插件开发" in refused.value.message


def test_an_agent_may_decide_that_it_is_covered_and_the_promise_runs__K02(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    classed(world, ticket, insists=True, category=Category.CUSTOMISATION)
    ticket.refresh_from_db()
    assert ticket.next_due_at is None
    there = overridden(world, ticket, "covered")
    assert (there.outcome, there.next_due_at) == ("covered", beijing("2026-09-28 14:00"))
    assert there.reason == "经服务人员判定，按服务范围内受理。"
    assert there.reason_en.isascii()
    assert there.clause.startswith("§3.1.2 ")
    kept = there.decisions.first()
    assert (kept.cause, kept.rule, kept.why, kept.was_outcome) == ("overridden", "override", WHY, "chargeable")
    event = there.events.get(number=there.event_count)
    assert (event.kind, event.fields["outcome"], event.fields["reason"]) == (
        "overridden", {"from": "chargeable", "to": "covered"}, WHY,
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["chargeable", "not_covered"])
def test_what_is_put_beyond_the_plan_is_not_timed_and_both_lead_and_customer_hear__K02(world: World, outcome: str):
    ticket = world.open_ticket(side=world.kingdee)
    there = overridden(world, ticket, outcome)
    assert (there.outcome, there.next_due_at) == (outcome, None)
    told = {(one.kind, one.user or one.contact) for one in Delivery.objects.exclude(kind="receipt")}
    assert told == {("overridden", world.lead), ("deadline_moved", world.kingdee.contact)}
    sent = Delivery.objects.exclude(kind="receipt")
    letters = {one.kind: "\n".join(write(Occasion(one, LATER)).lines) for one in sent}
    assert "“在范围内”改判为" in letters["overridden"]
    assert "经服务人员判定" in letters["deadline_moved"]
    assert WHY not in letters["deadline_moved"]


def test_an_override_holds_until_the_matter_itself_changes(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    classed(world, ticket, insists=True, category=Category.CUSTOMISATION)
    ticket.refresh_from_db()
    there = classed(world, overridden(world, ticket, "covered"), priority="urgent")
    assert (there.outcome, decisions(there)[-1]) == ("covered", ("reclassified", "override", "covered"))
    there = classed(world, there, category=Category.FAULT)
    assert decisions(there)[-1] == ("reclassified", "included", "covered")


@pytest.mark.parametrize(
    ("outcome", "why", "code"),
    [
        ("covered", WHY, "nothing_changed"),
        ("redirected", WHY, "unknown_outcome"),
        ("chargeable", "不行", "reason_missing"),
        ("chargeable", " 好  的 好 的 ", "reason_missing"),
        ("chargeable", "长" * 401, "reason_too_long"),
    ],
)
def test_an_override_needs_a_sentence_and_a_change(world: World, outcome: str, why: str, code: str):
    ticket = world.open_ticket(side=world.kingdee)
    with pytest.raises(ActionRefusedError) as refused:
        overridden(world, ticket, outcome, why)
    assert refused.value.code == code
    assert len(decisions(ticket)) == 1


def test_only_people_who_work_here_decide_and_only_while_it_is_open(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    with pytest.raises(ActionRefusedError):
        actions.override(
            ticket=ticket, outcome="chargeable", reason=WHY, actor=world.kingdee.contact.user, at=LATER
        )  # fmt: skip
    actions.close(ticket=ticket, actor=world.agent, at=LATER)
    with pytest.raises(ActionRefusedError):
        overridden(world, ticket, "chargeable")


def test_a_ticket_of_an_unknown_deployment_asks_the_contract_s_own__K05(world: World):
    ticket = world.open_ticket(side=world.kingdee)
    assert (ticket.deployment, CoverageDecision.objects.get().deployment) == ("", "")
    there = classed(world, ticket, product=Product.objects.get(code="galaxy"), module="总账")
    assert there.deployment == ""


def test_a_plan_that_counts_tickets_books_each_and_refuses_past_the_last(world: World, tmp_path):
    timed = "        policy: lanhai-ticket\n"
    text = LANHAI.read_text().replace(timed, f"{timed}        quota: {{amount: 2, unit: tickets, period: year}}\n")
    path = tmp_path / "lanhai.yaml"
    path.write_text(text)
    load([path])
    contract = contract_of("tide", "lanhai-pro", [("lanhai-erp", "public_cloud")])
    side = Side(contract.customer, contract, contact_of(contract.customer), Product.objects.get(code="lanhai-erp"))
    for _number in range(2):
        ticket = world.open_ticket(side=side)
    assert [entry.key for entry in QuotaEntry.objects.filter(kind="consume")][-1] == f"ticket:{ticket.number}"
    with pytest.raises(ActionRefusedError) as refused:
        world.open_ticket(side=side)
    assert (refused.value.code, refused.value.promise) == ("not_covered", "L01")
    assert "共 2 张" in refused.value.message
    assert refused.value.clause.startswith("§2.1 ")
