"""What is asked of a contract, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from plans.agreements import Agreement
from plans.coverage.amounts import Standing
from plans.models import Contact, Contract, Entitlement, Item, Product
from plans.quotas.balances import Balance
from sla.models import Policy

ENTRANCES = ("im", "hotline")
OPERATIONS = ("public_operations", "private_operations")
# These all end as a ticket, whichever of them was asked for.
BY_TICKET = (None, "", "ticket", *ENTRANCES)
TICKET, OPERATED, SERVICE = "ticket", "operations", "service"


@dataclass(frozen=True, slots=True)
class Told:
    """What a decision says in one language."""

    clause: str
    reason: str
    ways_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a contract answers; the words are in the contact's language, and in `told` in every one.

    `policy` None means that nothing is timed; `ways_on` say what the customer can do instead; `rule` names what decided
    (see `rules`), `balance` is what is left of a service that is counted.
    """

    outcome: str
    contract: Contract | None = None
    entitlement: Entitlement | None = None
    policy: Policy | None = None
    promise: str = ""
    clause: str = ""
    reason: str = ""
    ways_on: tuple[str, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
    rule: str = ""
    balance: Balance | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether a ticket is opened."""
        return self.outcome != "not_covered"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a contract; nobody in particular asks where our own people do.

    `answers` are those to the questions about customisation: see `customisation`.
    """

    contact: Contact | None
    item: str | None
    product: Product | None
    deployment: str
    category: str
    channel: str
    at: datetime
    priority: str = ""
    answers: Mapping[str, bool] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """Return the service asked for: the one named, else the channel's own, else the ticket."""
        return self.item or (self.channel if self.channel in ENTRANCES else "ticket")


@dataclass(frozen=True, slots=True)
class Case:
    """A question before one agreement: which right answers it, by which entrance it came, and what is left.

    `kind` says whether it ends as a ticket, as the operations of an environment, or as a service of its own.
    """

    asked: Question
    agreement: Agreement
    kind: str
    right: Entitlement | None = None
    entrance: Entitlement | None = None
    standing: Standing | None = None

    @property
    def item(self) -> Item | None:
        """Return the line of the catalogue that answers."""
        return self.right.item if self.right else None

    @property
    def where(self) -> set[str]:
        """Return how the thing that is asked about runs: as was said, else as the contract knows it."""
        said = self.asked.deployment
        return {said} if said else self.agreement.deployments(self.asked.product)
