"""A contract's own terms, as tests write them: targets in hours, and what is said of change and reopening."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plans.models import Contract
from sla.actions import Change, Level, Promise, Terms, put_policy
from sla.models import Milestone
from tickets.models import Ticket

MET_ON = {"resolution": ("resolve",), "update": ("progress", "reply", "call")}
HOLDS = ("customer", "third_party", "scheduled")
TELL: dict[str, Any] = {"do": "tell", "roles": ["owner", "duty_manager"]}


@dataclass(frozen=True)
class Target:
    """One promised time: hours for a metric, for every priority or for one."""

    metric: str
    hours: float
    priority: str = ""
    calendar: str = "yonsuite-7x12"
    pauses_on: tuple[str, ...] = ()

    @property
    def promise(self) -> Promise:
        return Promise(
            metric=self.metric, priority=self.priority, amount=Decimal(str(self.hours)) * 3600, unit="seconds",
            rule="duration", calendar=self.calendar, met_on=MET_ON.get(self.metric, ("reply", "call")),
            pauses_on=self.pauses_on, promise="Y18", clause="§3.1.1", clause_en="§3.1.1",
        )  # fmt: skip


def terms(code: str, *targets: Target, **more: Any) -> Terms:
    """Return terms whose ladder tells of each breach."""
    metrics = sorted({target.metric for target in targets})
    levels = tuple(Level(metric, 1, "breach", Decimal(0), (TELL,)) for metric in metrics)
    return Terms(code, code, code, tuple(target.promise for target in targets), levels, **more)


def put_under(contract: Contract, code: str, *targets: Target, **more: Any) -> Change:
    """Have a contract's tickets timed by these terms from now on."""
    change = put_policy(terms=terms(code, *targets, **more))
    contract.entitlements.filter(item__service="ticket").update(policy=code)
    return change


def promised(ticket: Ticket) -> dict[str, Milestone]:
    """Return the last run of each metric of a ticket."""
    rows = Milestone.objects.filter(clock__ticket_clock__ticket=ticket).select_related("target__policy")
    return {row.metric: row for row in rows.order_by("number")}
