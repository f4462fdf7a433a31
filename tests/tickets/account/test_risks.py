"""Each rule of risk fires for what it looks for, and stays silent for everything else."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from plans.actions.deliverables.deciding import object_to
from plans.actions.history import Decided
from plans.actions.renewing import Renewal, renew
from plans.models import Contract, Engagement, Obligation, Product, Quota, UpdateRequest
from sla.actions import Level
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import entitled
from tests.plans.deliverables.papers import handed
from tests.promised import open_under, policy, promise
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket
from tickets.rounds import dispatch
from tickets.showing.account.reading import Account, account_of
from tickets.showing.account.risks import RULES, SEVERITIES, Risk, risks_of

NOW = "2026-09-28 10:00"
AT = beijing(NOW)
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def calm(world: World) -> World:
    """Return a world in which nothing is owed, lapses or is asked."""
    Obligation.objects.all().delete()
    Quota.objects.update(ends_on=date(2027, 12, 31))
    return world


def account(world: World, at: datetime = AT) -> Account:
    return account_of(world.yonsuite.customer, Contract.objects.all(), world.manager, at)


def fired(world: World, at: datetime = AT) -> dict[str, Risk]:
    return {risk.code: risk for risk in risks_of(account(world, at))}


def two_hours(world: World, opened: str, *levels: Level) -> Ticket:
    within = promise("first_response", 2, "yonsuite-7x12")
    return open_under(world, policy("two-hours", within, levels=levels), opened)


def level(number: int, mark: str, amount: float) -> Level:
    return Level("first_response", number, mark, Decimal(amount), ({"do": "tell", "roles": ["owner"]},))


def ends_in(world: World, days: int) -> Contract:
    contract = world.yonsuite.contract
    Contract.objects.filter(pk=contract.pk).update(ends_on=AT.date() + timedelta(days=days))
    contract.refresh_from_db()
    return contract


def breached(world: World) -> None:
    two_hours(world, "2026-09-27 17:30")


def climbed(world: World) -> None:
    two_hours(world, "2026-09-27 15:00", level(1, "breach", 0), level(2, "after", 3600))
    with clock_at(NOW):
        dispatch.sweep()


def near_its_end(world: World) -> None:
    two_hours(world, "2026-09-28 08:30", level(1, "percent", 50), level(2, "breach", 0))
    with clock_at(NOW):
        dispatch.sweep()


def overdue(world: World) -> None:
    _owed(world, due_on=date(2026, 9, 20))


def missed(world: World) -> None:
    _owed(world, due_on=date(2026, 9, 20), state="missed", settled_at=AT - timedelta(days=8))


def _owed(world: World, **more: Any) -> None:
    contract = world.yonsuite.contract
    right = entitled(contract, "Y14")
    said = {
        "item": right.item, "entitlement": right, "number": 1, "of": 4, "opens_on": date(2026, 7, 1),
        "laid_on": date(2026, 1, 1), "what": "应用健康度评估", "what_en": "Health check",
    }  # fmt: skip
    Obligation.objects.create(contract=contract, **said | more)


def reopened_twice(world: World) -> None:
    ticket = world.open_ticket(at="2026-09-28 08:50")
    _solved_and_back(world, ticket, "2026-09-28 09:00")
    _solved_and_back(world, ticket, "2026-09-28 09:20")


def _solved_and_back(world: World, ticket: Ticket, wall: str) -> None:
    at = beijing(wall)
    actions.resolve(ticket=ticket, body="改好了。", actor=world.agent, at=at)
    ticket.refresh_from_db()
    more = {"contact": world.yonsuite.contact, "body": "又错了。", "at": at + timedelta(minutes=5)}
    actions.customer_message(ticket=ticket, **more)
    ticket.refresh_from_db()


def ending(world: World) -> None:
    ends_in(world, 90)


def gone(world: World) -> None:
    ends_in(world, -1)


def bare(world: World) -> None:
    world.yonsuite.contract.account_team.filter(seat="success_manager").delete()


def unused(world: World) -> None:
    rows = Quota.objects.filter(contract=world.yonsuite.contract, item__promise="Y14", number=1)
    rows.update(ends_on=AT.date() + timedelta(days=60))


def uncertified(world: World) -> None:
    Ticket.objects.filter(pk=world.open_ticket(at="2026-09-28 09:30").pk).update(contract=world.kingdee.contract)
    kingdee, ours = world.kingdee, world.yonsuite
    Contract.objects.filter(pk=kingdee.contract.pk).update(customer=ours.customer)
    type(ours.contact).objects.filter(pk=ours.contact.pk).update(is_certified=False)


def objected(world: World) -> None:
    """Have the Kingdee customer's contact object to a report, under a contract that is now ours' too."""
    deliverable = handed(world.kingdee, world.success_manager, "2026-09-25 10:00")
    user = world.kingdee.contact.user
    assert user is not None
    words = "第三页的结论与会上说的不同。"
    object_to(deliverable=deliverable, words=words, actor=user, at=beijing("2026-09-25 15:00"))
    Contract.objects.filter(pk=world.kingdee.contract.pk).update(customer=world.yonsuite.customer)


def never_recorded(world: World) -> None:
    """Agree on a time for a private customer's service, and let it go by."""
    contract, right = world.yonsuite.contract, entitled(world.yonsuite.contract, "Y12")
    Engagement.objects.create(
        contract=contract, entitlement=right, item=right.item, topic="月结辅导", state="agreed", provider="hq",
        requested_at=AT - timedelta(days=9), starts_at=AT - timedelta(hours=3), ends_at=AT - timedelta(hours=1),
        timezone="Asia/Shanghai",
    )  # fmt: skip


SCENES: dict[str, Callable[[World], None]] = {
    "ticket_breached": breached,
    "escalated_to_the_top": climbed,
    "delivery_overdue": overdue,
    "delivery_missed": missed,
    "objection_open": objected,
    "unrecorded": never_recorded,
    "ticket_at_risk": near_its_end,
    "reopened_again": reopened_twice,
    "term_ending": ending,
    "not_renewed": gone,
    "no_success_manager": bare,
    "rights_lapsing": unused,
    "uncertified_writes": uncertified,
}
# Rules that fire with another because they say more about the same thing.
TOGETHER = {"escalated_to_the_top": {"ticket_breached"}}


def test_every_rule_has_a_scene_and_words_in_both_languages() -> None:
    assert {rule.code for rule in RULES} == set(SCENES)
    assert {rule.severity for rule in RULES} == set(SEVERITIES)
    with translation.override("en"):
        for rule in RULES:
            assert not CHINESE.search(f"{rule.title}{rule.todo}"), rule.code


@pytest.mark.parametrize("code", SCENES)
def test_a_rule_fires_for_what_it_looks_for_and_no_other_does__Y22(calm: World, code: str) -> None:
    assert fired(calm) == {}
    SCENES[code](calm)
    found = fired(calm)
    assert set(found) == {code} | TOGETHER.get(code, set())
    assert found[code].count == 1
    assert found[code].found[0].words


@pytest.mark.parametrize(
    ("scene", "undo"),
    [
        (breached, lambda world: Ticket.objects.update(status="closed")),
        (ending, lambda world: ends_in(world, 91)),
        (never_recorded, lambda world: Engagement.objects.update(ends_at=AT)),
        (never_recorded, lambda world: Engagement.objects.update(state="delivered")),
        (missed, lambda world: Obligation.objects.update(settled_at=AT - timedelta(days=91))),
        (unused, lambda world: Quota.objects.filter(ends_on__lt="2027-01-01").update(ends_on="2026-11-28")),
        (gone, lambda world: ends_in(world, -92)),
    ],
)
def test_one_day_further_or_ended_is_no_risk(calm: World, scene: Any, undo: Any) -> None:
    scene(calm)
    assert fired(calm)
    undo(calm)
    assert fired(calm) == {}


def test_a_term_that_is_renewed_is_no_risk(calm: World) -> None:
    contract = ends_in(calm, 30)
    ends_on = contract.ends_on + timedelta(days=365)
    renew(contract=contract, renewal=Renewal("C-Y-2", ends_on), decided=Decided(calm.manager, AT, "续一年"))
    assert "term_ending" not in fired(calm)


def test_many_of_one_sort_are_named_thrice_and_counted(calm: World) -> None:
    for minute in range(5):
        two_hours(calm, f"2026-09-27 17:3{minute}")
    risk = fired(calm)["ticket_breached"]
    assert (risk.count, len(risk.found), risk.more) == (5, 3, 2)


def test_the_worst_comes_first(calm: World) -> None:
    for scene in (bare, breached, uncertified):
        scene(calm)
    assert [risk.severity for risk in risks_of(account(calm))] == ["now", "soon", "know"]


def test_another_customers_troubles_are_not_mine(calm: World) -> None:
    breached(calm)
    other = account_of(calm.kingdee.customer, Contract.objects.all(), calm.manager, AT)
    assert risks_of(other) == []


def test_an_update_that_was_arranged_and_never_recorded_is_a_risk__K11_Y22(calm: World) -> None:
    right = entitled(calm.yonsuite.contract, "Y12")
    UpdateRequest.objects.create(
        contract=right.contract, item=right.item, policy="x", product=Product.objects.get(code="yonsuite-finance"),
        deployment="public_cloud", state="scheduled", requested_at=AT, starts_at=AT - timedelta(hours=3),
        ends_at=AT - timedelta(minutes=1), timezone="Asia/Shanghai",
    )  # fmt: skip
    risk = fired(calm)["unrecorded"]
    assert (risk.count, "约定到" in risk.found[0].words) == (1, True)
    place = risk.found[0].place
    assert place
    assert place.in_console
