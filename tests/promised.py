"""Policies of one or two targets, and tickets put under them, whatever the customer's plan says."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from plans.coverage import cover
from sla.actions import Level, Promise, Terms, put_policy
from sla.compiled import policy_named
from sla.models import Milestone, Policy
from tests.hours import beijing
from tests.world import World
from tickets.actions.opening import Opening, open_ticket
from tickets.models import Ticket

HOLDS = ("customer", "third_party", "scheduled")
OWNER: dict[str, Any] = {"do": "tell", "roles": ["owner"]}


def resolution(hours: float, calendar: str = "kingdee-5x8", **more: Any) -> Promise:
    """Return a promise to resolve within so many hours, which pauses on every wait."""
    usual: dict[str, Any] = {
        "met_on": ("resolve",),
        "pauses_on": HOLDS,
        "promise": "Y18",
        "clause": "§3.1.1 时限内解决",
    }
    return promise("resolution", hours, calendar, **usual | more)


def promise(metric: str, hours: float, calendar: str, **more: Any) -> Promise:
    """Return a promise in open hours of a calendar."""
    usual: dict[str, Any] = {
        "priority": "", "unit": "seconds", "rule": "duration", "met_on": ("reply", "call"), "pauses_on": (),
        "promise": "Y18", "clause": "§3.1.1 2 个工作小时内响应", "clause_en": "§3.1.1 within 2 working hours",
    }  # fmt: skip
    amount = Decimal(str(hours)) * 3600
    return Promise(metric=metric, calendar=calendar, amount=amount, **usual | more)


def policy(code: str, *promises: Promise, levels: tuple[Level, ...] = (), **more: Any) -> Policy:
    """Save a policy, as a new version where one of that code stands, and return it."""
    put_policy(terms=Terms(code, code, code, promises, levels, **more))
    return policy_named(code)


def open_under(world: World, under: Policy, at: str, **more: Any) -> Ticket:
    """Open a ticket of the YonSuite customer at a wall time of Beijing under a policy of its own."""
    side, when = world.yonsuite, beijing(at)
    decision = cover(side.contact, side.contract, "ticket", side.product, "public_cloud", "fault", "portal", when)
    said = {"channel": "portal", "category": "fault", "subject": "月结报错", "body": "科目余额不平。"} | more
    opening = Opening(
        contact=side.contact, decision=replace(decision, policy=under), product=side.product, **said
    )  # fmt: skip
    return open_ticket(opening=opening, at=when)


def only(ticket: Ticket) -> Milestone:
    """Return the one milestone of a ticket."""
    return Milestone.objects.get(clock__ticket_clock__ticket=ticket)
