"""What a customer's contracts give, from the plans' data: name, clause, how often, and what is owed next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.api import entitlements_of, local_date, owed, right
from plans.models import Contact, Contract, Entitlement
from plans.wording import name_of, text_of

UNITS = {
    "times": gettext_lazy("%(n)s 次"),
    "reports": gettext_lazy("%(n)s 份"),
    "person_days": gettext_lazy("%(n)s 人天"),
    "environments": gettext_lazy("%(n)s 个环境"),
    "people": gettext_lazy("%(n)s 人"),
    "tickets": gettext_lazy("%(n)s 张"),
}
PERIODS = {"year": gettext_lazy("每年 %(amount)s"), "term": gettext_lazy("服务期内 %(amount)s")}
# More than this many are a number, not a row of boxes.
PIPS = 12


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that a contract gives; `pips` is one box a time, used or left."""

    name: str
    section: str
    clause: str
    words: str
    pips: Sequence[str]
    response: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """One delivery that comes next."""

    what: str
    due_on: date

    @property
    def words(self) -> str:
        """Return what is delivered by which day."""
        return _("%(what)s，%(day)s 前交给您") % {"what": self.what, "day": date_format(self.due_on, _("n月j日"))}


@dataclass(frozen=True, slots=True)
class Held:
    """A contract in force with everything that it gives."""

    contract: Contract
    plan: str
    rights: Sequence[Right]
    owed: Sequence[Owed]


def held_by(contact: Contact, at: datetime) -> list[Held]:
    """Return the contracts in force of a contact's organisation, each with its rights; the highest plan first."""
    contracts = Contract.objects.filter(customer_id=contact.customer_id).select_related("plan")
    found = [one for one in contracts.order_by("-plan__rank", "number") if _in_force(one, local_date(one, at))]
    return [_held(contract, local_date(contract, at)) for contract in found]


def _in_force(contract: Contract, today: date) -> bool:
    return contract.starts_on <= today <= min(contract.ends_on, contract.ended_on or contract.ends_on)


def _held(contract: Contract, today: date) -> Held:
    entitlements = entitlements_of(contract)
    deliveries = [Owed(row["what"], row["due_on"]) for row in owed(contract, entitlements, today)]
    return Held(
        contract,
        name_of(contract.plan),
        [_right(entitlement) for entitlement in entitlements],
        sorted((one for one in deliveries if one.due_on >= today), key=lambda one: one.due_on),
    )


def _right(entitlement: Entitlement) -> Right:
    item, given = entitlement.item, right(entitlement)
    granted = given["granted"]
    return Right(
        name=name_of(item),
        section=item.section,
        clause=text_of(item, "clause"),
        words=amount_words(given["quota"]),
        pips=_pips(granted, given["used"], given["reserved"]),
        response=text_of(item, "response"),
        is_counted=bool(granted),
    )


def _pips(granted: Any, used: float, reserved: float) -> list[str]:
    if not granted or granted != int(granted) or granted > PIPS:
        return []
    taken = ["used"] * int(used) + ["reserved"] * int(reserved)
    return (taken + ["left"] * int(granted))[: int(granted)]


def amount_words(quota: dict[str, Any]) -> str:
    """Return how much of something there is; nothing where the source counts nothing."""
    if quota.get("as_published"):
        return _("名额以实际发布为准")
    if not quota:
        return ""
    if not quota.get("amount"):
        return _("不限次数")
    amount = str(UNITS[quota["unit"]]) % {"n": f"{quota['amount']:g}"}
    period = quota.get("period")
    return str(PERIODS[period]) % {"amount": amount} if period in PERIODS else amount


def counted(held: Iterable[Held]) -> list[Right]:
    """Return what is counted, each once."""
    return [right for one in held for right in one.rights if right.is_counted]


def next_owed(held: Iterable[Held]) -> Owed | None:
    """Return the delivery that comes first."""
    return min((owed for one in held for owed in one.owed), key=lambda owed: owed.due_on, default=None)
