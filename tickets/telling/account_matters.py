"""What an escalation is about that belongs to no ticket: something that a contract owes by a date."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from plans.models import Contract, Item, Obligation
from plans.wording import text_of
from sla.models import Escalation

# Escalations of what hangs on a contract itself.
OF_CONTRACTS = Q(milestone__clock__obligation__isnull=False)
RELATED = (
    "milestone__clock__obligation__contract__customer",
    "milestone__clock__obligation__contract__plan",
    "milestone__clock__obligation__contract__team__lead",
    "milestone__clock__obligation__item",
)


@dataclass(frozen=True)
class Matter:
    """What is owed: under which contract, by which item, what of it, and where it is seen."""

    contract: Contract
    item: Item
    obligation: Obligation

    @property
    def title(self) -> str:
        """Return what is owed and which of how many, in the language in use."""
        owed = self.obligation
        return f"{text_of(owed, 'what')} {owed.number}/{owed.of}"

    @property
    def due_on(self) -> date:
        """Return the date by which it is owed."""
        return self.obligation.due_on

    @property
    def path(self) -> str:
        """Return where one of us sees it."""
        return f"/console/accounts/{self.contract.number}/owed/"


def matter_of(escalation: Escalation) -> Matter | None:
    """Return what an escalation is about; None where it is a ticket's, or what it was about is followed anew."""
    owed: Obligation | None = getattr(escalation.milestone.clock, "obligation", None)
    return Matter(owed.contract, owed.item, owed) if owed else None
