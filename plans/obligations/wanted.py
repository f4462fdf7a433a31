"""What a contract's words come to: each thing that is owed over its term, by the plan or as agreed. Saves nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from plans.models import AgreedFrequency, Branch, Contract, Entitlement, Item, Override
from plans.obligations.schedule import Frequency, Period, Window
from plans.terms import last_day

# By what a thing that is owed is known again whatever the plan's version: promise, service, line, first day.
Key = tuple[str, str, str, date]
# Stands in the code of a policy between what it is and the service hours that it is put on.
ON = "@"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that an item owes, and how often for this contract; None where nobody has agreed on that yet."""

    entitlement: Entitlement
    said: Mapping[str, Any]
    frequency: Frequency | None
    # From then on: what was agreed later is not owed for the time before.
    agreed_at: datetime | None = None
    # The code of the service hours that count for this contract; blank where the policy's own do.
    hours: str = ""

    @property
    def code(self) -> str:
        """Return which of the item's lines it is."""
        return str(self.said["line"])

    def windows(self, contract: Contract) -> list[Window]:
        """Return when it is owed over a contract's term."""
        if self.frequency is None:
            return []
        found = self.frequency.windows(contract.starts_on, last_day(contract))
        if self.agreed_at is None:
            return found
        since = self.agreed_at.astimezone(ZoneInfo(contract.timezone)).date()
        return [window for window in found if window.due_on >= since]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a contract owes over one window."""

    line: Line
    window: Window

    @property
    def key(self) -> Key:
        """Return by what it is known again."""
        item = self.line.entitlement.item
        return key_of(item, self.line.code, self.window.opens_on)

    @property
    def fields(self) -> dict[str, Any]:
        """Return what its row says."""
        said, window, entitlement = self.line.said, self.window, self.line.entitlement
        return {
            "item_id": entitlement.item_id,
            "entitlement_id": entitlement.pk,
            "line": self.line.code,
            "number": window.number,
            "of": window.of,
            "opens_on": window.opens_on,
            "due_on": window.due_on,
            "what": said["what"],
            "what_en": said["what_en"],
            "policy": on_hours(said["policy"], self.line.hours),
        }


def on_hours(policy: str, hours: str) -> str:
    """Return the code of a policy on other service hours than its own; its own code where there are none."""
    return f"{policy}{ON}{hours}" if policy and hours else policy


def key_of(item: Item, line: str, opens_on: date) -> Key:
    """Return by what a thing that is owed is known again."""
    return item.promise, item.service, line, opens_on


def wanted_of(contract: Contract, lines: Iterable[Line]) -> dict[Key, Wanted]:
    """Return what lines come to over a contract's term."""
    found = (Wanted(line, window) for line in lines for window in line.windows(contract))
    return {one.key: one for one in found}


def lines_of(contract: Contract) -> list[Line]:
    """Return what a contract owes so and so often, also what nobody has agreed on yet."""
    rows = contract.entitlements.select_related("item").exclude(item__frequency=[]).order_by("pk")
    hours = Override.objects.in_force().filter(kind=Override.Kind.CALENDAR)
    agreed = Prefetch("overrides", hours, to_attr="agreed_hours")
    return list(_lines(rows.select_related("contract__branch").prefetch_related("agreed_frequencies__actor", agreed)))


def _lines(rows: Iterable[Any]) -> Iterator[Line]:
    for row in rows:
        agreed = {one.line: one for one in row.agreed_frequencies.all()}
        for said in row.item.frequency:
            hours = row.agreed_hours[-1].value["calendar"] if row.agreed_hours else hours_of(row.contract)
            yield line_of(row, said, hours, agreed.get(said["line"]))


def hours_of(contract: Contract) -> str:
    """Return the service hours of the branch that serves a contract; blank where headquarters or a partner does.

    Source: Y19
    """
    branch = contract.branch
    return branch.calendar if branch and branch.kind == Branch.Kind.BRANCH else ""


def line_of(
    entitlement: Entitlement, said: Mapping[str, Any], hours: str, agreed: AgreedFrequency | None = None
) -> Line:
    """Return one line of an item as a contract has it: as agreed last, else as the plan says."""
    if agreed:
        return Line(entitlement, said, Frequency(agreed.times, Period(agreed.period)), agreed.at, hours)
    is_open = said["period"] == Period.AGREED
    frequency = None if is_open else Frequency(said["times"], Period(said["period"]))
    return Line(entitlement, said, frequency, hours=hours)
