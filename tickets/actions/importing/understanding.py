"""What an imported ticket is here: whose it is, under which contract, about what; or why it is left out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from plans.models import Contact, Contract, Customer, Product
from tickets.actions.importing.ground import Ground
from tickets.importing.mapping import LEAVE_OUT, chosen
from tickets.importing.records import Past, Problem
from tickets.models import Category, Channel, Priority

# Clocks of machines differ by as much as the intake lets them.
AHEAD = timedelta(minutes=5)


class LeftOutError(Exception):
    """Raised for a ticket that is not taken in; with a problem where somebody can do something about it."""

    def __init__(self, problem: Problem | None = None) -> None:
        super().__init__(problem.code if problem else LEAVE_OUT)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Understood:
    """A ticket as it will stand here."""

    past: Past
    contact: Contact
    customer: Customer
    contract: Contract
    product: Product | None
    category: str
    priority: str
    channel: str
    status: str


def understood(past: Past, ground: Ground, at: datetime) -> Understood:
    """Return what a ticket is here. Raises LeftOutError."""
    status = _word(past, "status", past.status, ground)
    if status == LEAVE_OUT:
        raise LeftOutError
    _check_instants(past, at)
    priority = _word(past, "priority", past.priority, ground)
    contact, customer = _whose(past, ground)
    contract = _contract(past, customer, ground)
    code = chosen(ground.mapped.product, past)
    return Understood(
        past=past,
        contact=contact,
        customer=customer,
        contract=contract,
        product=ground.products.get(code) if code else None,
        category=chosen(ground.mapped.category, past) or Category.HOW_TO,
        priority=priority or Priority.NORMAL,
        channel=ground.mapped.channel.get(past.channel, Channel.PORTAL),
        status=status,
    )


def _word(past: Past, name: str, word: str, ground: Ground) -> str:
    """Return what a word of the source means here."""
    found: str | None = getattr(ground.mapped, name).get(word)
    if found is None:
        raise LeftOutError(Problem(f"unknown_{name}", past.where, past.id, name, word))
    return found


def _check_instants(past: Past, at: datetime) -> None:
    told = [("created_at", past.opened_at), *(("messages", one.at) for one in past.said)]
    for name, instant in [*told, *(("turns", one.at) for one in past.turns)]:
        if instant > at + AHEAD:
            raise LeftOutError(Problem("in_the_future", past.where, past.id, name, instant.isoformat()))


def _whose(past: Past, ground: Ground) -> tuple[Contact, Customer]:
    """Return who asked and whose ticket it is; somebody unknown becomes a contact only where the mapping says so."""
    person = past.requester
    code = ground.mapped.customer_of(person)
    contact = ground.contact_of(person)
    if contact is None and code is None:
        name = person.organization_name or person.organization or person.email
        raise LeftOutError(Problem("unknown_customer", past.where, past.id, "organization", name[:80]))
    customer = contact.customer if contact else ground.customers[str(code)]
    if contact is not None:
        if code is not None and code != customer.code and _is_named(past, ground):
            raise LeftOutError(Problem("customer_differs", past.where, past.id, "requester", person.email))
        return contact, customer
    if not ground.mapped.creates_contacts:
        raise LeftOutError(Problem("unknown_contact", past.where, past.id, "requester", person.email or person.name))
    return ground.newcomer(person, customer), customer


def _is_named(past: Past, ground: Ground) -> bool:
    """Tell whether the mapping names the requester's organisation or domain, and does not only fall back."""
    return ground.mapped.customer_of(past.requester) != ground.mapped.customers["default"]


def _contract(past: Past, customer: Customer, ground: Ground) -> Contract:
    found = ground.contract_for(customer, past.opened_at)
    if found is None:
        named = ground.mapped.contracts.get(customer.code.lower(), "")
        code = "bad_contract" if named else "no_contract"
        raise LeftOutError(Problem(code, past.where, past.id, "contract", named or customer.code))
    return found
