"""What a batch of imported tickets is held against: the people, customers and contracts that are here already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Lower

from plans.models import Contact, Contract, Customer, Product, Role, User
from plans.models.people import CUSTOMER_ROLES
from plans.terms import local_date
from tickets.importing.mapping import Mapped
from tickets.importing.records import Past, Person, Side
from tickets.models import ImportedTicket

# By which mapping a ticket was taken in last.
MAPPING = F("run__mapping_digest")


@dataclass(frozen=True, slots=True)
class Ground:
    """Rows by the names under which a batch asks for them."""

    mapped: Mapped
    # Each with `mapping_digest`.
    seen: Mapping[str, Any]
    customers: Mapping[str, Customer]
    contracts: Mapping[int, Sequence[Contract]]
    products: Mapping[str, Product]
    agents: Mapping[str, User]
    contacts: dict[str, Contact]
    # Contacts that are to be created with this batch.
    newcomers: list[Contact] = field(default_factory=list)

    def contact_of(self, person: Person) -> Contact | None:
        """Return the contact that somebody of the export is here."""
        return self.contacts.get(person.email.lower()) or self.contacts.get(outside_id(self.mapped, person))

    def agent_of(self, person: Person | None) -> User | None:
        """Return which of us somebody of the export is."""
        if person is None or person.side is not Side.AGENT:
            return None
        named = self.mapped.agent_of(person)
        return self.agents.get(named or person.email.lower()) if named or person.email else None

    def contract_for(self, customer: Customer, at: datetime) -> Contract | None:
        """Return the contract that a ticket of then is kept under: the one in force, else the nearest."""
        held = self.contracts.get(customer.pk, ())
        named = self.mapped.contracts.get(customer.code.lower())
        if named:
            return next((one for one in held if one.number == named), None)
        return min(held, key=lambda one: _distance(one, at), default=None)

    def newcomer(self, person: Person, customer: Customer) -> Contact:
        """Note somebody who is to be kept as a contact that is not active, and return the row."""
        one = Contact(
            customer=customer, name=person.name[:80], email=person.email.lower(), phone=person.phone,
            external_id=outside_id(self.mapped, person), is_active=False,
        )  # fmt: skip
        self.newcomers.append(one)
        for name in filter(None, (one.email, one.external_id)):
            self.contacts[name] = one
        return one


def outside_id(mapped: Mapped, person: Person) -> str:
    """Return under which id somebody without an address is kept."""
    return f"{mapped.source}:{mapped.account}:{person.id}"[:64]


def _distance(contract: Contract, at: datetime) -> tuple[int, int]:
    """Return how far a contract's term lies from an instant, in days, the longer first where several hold."""
    on = local_date(contract, at)
    ends_on = contract.ended_on or contract.ends_on
    away = max((contract.starts_on - on).days, (on - ends_on).days, 0)
    return away, -contract.plan.rank


def ground_for(pasts: Sequence[Past], mapped: Mapped) -> Ground:
    """Read at once everything that a batch asks for."""
    people = [one for past in pasts for one in _people(past)]
    contacts = _contacts(people, mapped)
    codes = {code for past in pasts if (code := mapped.customer_of(past.requester))}
    keys = {one.customer_id for one in contacts.values()}
    customers = {one.code: one for one in Customer.objects.filter(Q(code__in=codes) | Q(pk__in=keys))}
    contracts: dict[int, list[Contract]] = {}
    held = Contract.objects.filter(customer__in=customers.values()).select_related("plan", "branch", "customer")
    for contract in held.order_by("pk"):
        contracts.setdefault(contract.customer_id, []).append(contract)
    known = ImportedTicket.objects.filter(
        source=mapped.source, account=mapped.account, source_id__in=[past.id for past in pasts]
    )
    return Ground(
        mapped=mapped,
        seen={row.source_id: row for row in known.select_related("ticket__product").annotate(mapping_digest=MAPPING)},
        customers=customers,
        contracts=contracts,
        products={one.code: one for one in Product.objects.all()},
        agents=_agents(),
        contacts=contacts,
    )


def _people(past: Past) -> Iterable[Person]:
    return [past.requester, *(one.author for one in past.said)]


def _contacts(people: Iterable[Person], mapped: Mapped) -> dict[str, Contact]:
    people = list(people)
    emails = {one.email.lower() for one in people if one.email}
    ids = {outside_id(mapped, one) for one in people}
    rows = Contact.objects.annotate(lowered=Lower("email")).select_related("customer")
    found: dict[str, Contact] = {}
    for contact in rows.filter(Q(lowered__in=emails) | Q(external_id__in=ids)):
        for name in filter(None, (contact.email.lower(), contact.external_id if contact.external_id in ids else "")):
            found[name] = contact
    return found


def _agents() -> dict[str, User]:
    """Return those of us who work tickets, or once did, by sign-in name and by address."""
    found: dict[str, User] = {}
    for user in User.objects.exclude(role__in=[*CUSTOMER_ROLES, Role.PARTNER]).select_related("team"):
        found[user.username] = user
        if user.email:
            found[user.email.lower()] = user
    return found
