"""What a customer's contracts give, from the plans' data: name, clause, how often, and what is owed next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.actions.quotas.booking import IN_PARTS
from plans.models import Contact, Contract
from plans.obligations.reads import owed_of
from plans.quotas import Balance, rights
from plans.quotas.words import left_words
from plans.terms import last_day, local_date
from plans.wording import name_of, text_of

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
    return [_held(contract, at) for contract in found]


def _in_force(contract: Contract, today: date) -> bool:
    return contract.starts_on <= today <= last_day(contract)


def _held(contract: Contract, at: datetime) -> Held:
    given, today = rights.rights_of(contract, local_date(contract, at)), local_date(contract, at)
    open_ones = [one.row for one in owed_of(contract, at) if one.is_open]
    return Held(
        contract,
        name_of(contract.plan),
        [_right(right) for right in given],
        [Owed(text_of(row, "what"), row.due_on) for row in open_ones if row.due_on >= today],
    )


def _right(given: rights.Right) -> Right:
    item, balance = given.entitlement.item, given.balance
    return Right(
        name=name_of(item),
        section=item.section,
        clause=text_of(item, "clause"),
        words=left_words(given),
        pips=pips(balance) if balance else [],
        response=text_of(item, "response"),
        is_counted=bool(balance and balance.granted),
    )


def pips(balance: Balance) -> list[str]:
    """Return one box for each time that was granted; none where there are many, or halves."""
    granted = balance.granted
    if granted != int(granted) or granted > PIPS or balance.unit in IN_PARTS:
        return []
    boxes = ("used", balance.used), ("reserved", balance.reserved), ("expired", balance.expired)
    taken = [name for name, count in boxes for _each in range(int(count))]
    return (taken + ["left"] * int(granted))[: int(granted)]


def counted(held: Iterable[Held]) -> list[Right]:
    """Return what is counted, each once."""
    return [right for one in held for right in one.rights if right.is_counted]


def next_owed(held: Iterable[Held]) -> Owed | None:
    """Return the delivery that comes first."""
    return min((owed for one in held for owed in one.owed), key=lambda owed: owed.due_on, default=None)
