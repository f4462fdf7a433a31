"""Whose call it is, and where it belongs: by the caller's number, the keys pressed, and the key that it came by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plans.agreements import Agreement, agreements_of_customer
from plans.models import ApiKey, Contact, Customer, Product, User
from plans.models.people import STAFF_ROLES
from tickets.models import Call
from tickets.senders import contacts_by_number, plain_number

# So many contacts may share a number and still be offered to choose from.
MOST_CONTACTS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """What the pressed keys or the number that was rung stand for."""

    vendor: str = ""
    product: str = ""
    tenant: str = ""


def place_of(call: Call, options: Mapping[str, Any]) -> Place:
    """Return what the key's options say of a call: `menu` by the longest run of keys pressed, else `numbers`.

    Both are objects such as `{"6": {"vendor": "yonsuite", "product": "…", "tenant": "YS"}}`. Source: Y08
    """
    menu = _objects(options.get("menu"))
    pressed = [keys for keys in menu if keys and call.menu.startswith(keys)]
    if pressed:
        return _place(menu[max(pressed, key=len)])
    ours = call.caller if call.direction == Call.Direction.OUT else call.called
    numbers = {plain_number(number): place for number, place in _objects(options.get("numbers")).items()}
    return _place(numbers.get(plain_number(ours), {})) if plain_number(ours) else Place()


def _objects(said: Any) -> dict[str, Mapping[str, Any]]:
    found = said.items() if isinstance(said, dict) else ()
    return {str(name): value for name, value in found if isinstance(value, dict)}


def _place(said: Mapping[str, Any]) -> Place:
    return Place(str(said.get("vendor", ""))[:20], str(said.get("product", ""))[:40], str(said.get("tenant", ""))[:64])


def settle_in(call: Call, key: ApiKey | None, at: datetime) -> None:
    """Fill in vendor, product, tenant, contact, customer and contract of a call, as far as they are known; unsaved.

    What somebody has written into the call form stays.
    """
    options = key.options if key else {}
    place = place_of(call, options)
    call.tenant = call.tenant or place.tenant
    call.product = call.product or _product(place, key)
    vendor = place.vendor or (call.product.vendor if call.product else str(options.get("vendor", ""))[:20])
    if call.contact_id is None and call.noted_at is None:
        find_contact(call, vendor, key.customer_id if key else None)
    agreement = agreement_of(call.customer, vendor, at)
    if agreement:
        call.contract = agreement.contract
    call.vendor = vendor or (agreement.contract.plan.vendor if agreement else call.vendor)


def _product(place: Place, key: ApiKey | None) -> Product | None:
    found = Product.objects.filter(code=place.product).first() if place.product else None
    return found or (key.product if key else None)


def find_contact(call: Call, vendor: str, customer: int | None) -> None:
    """Set who is on the other end, if one alone can be; of several in one company, at least the company; unsaved."""
    found = candidates(number_of(call), vendor, customer)
    if len(found) == 1:
        call.contact = found[0]
    if found and len({contact.customer_id for contact in found}) == 1:
        call.customer = found[0].customer


def number_of(call: Call) -> str:
    """Return the number on the customer's end; blank for a hidden one, whatever word the switchboard has for it."""
    said = call.called if call.direction == Call.Direction.OUT else call.caller
    return said if any(sign.isdecimal() for sign in said) else ""


def candidates(number: str, vendor: str = "", customer: int | None = None) -> list[Contact]:
    """Return who may have this number, those with a contract with the vendor alone where there are such."""
    if not plain_number(number):
        return []
    found = contacts_by_number(number, customer_id=customer).select_related("customer").order_by("pk")
    rows = list(found[:MOST_CONTACTS])
    theirs = [contact for contact in rows if vendor and _is_with(contact.customer_id, vendor)] if len(rows) > 1 else []
    return theirs or rows


def _is_with(customer: int, vendor: str) -> bool:
    return any(one.contract.plan.vendor == vendor for one in agreements_of_customer(customer))


def agreement_of(customer: Customer | None, vendor: str, at: datetime) -> Agreement | None:
    """Return what a customer has agreed with a vendor and is in force: the highest plan; None where there is none."""
    found = [
        one
        for one in (agreements_of_customer(customer.pk) if customer else [])
        if vendor in ("", one.contract.plan.vendor) and one.term_at(at) == "in_force"
    ]
    return max(found, key=lambda one: (one.find("hotline") is not None, one.contract.plan.rank), default=None)


def agent_with(extension: str) -> User | None:
    """Return which of us the switchboard means: by extension, else by user name or mail; None where not one alone."""
    if not extension:
        return None
    ours = User.objects.filter(is_active=True, role__in=STAFF_ROLES)
    for name in ("extension__iexact", "username", "email__iexact"):
        found = list(ours.filter(**{name: extension})[:2])
        if found:
            return found[0] if len(found) == 1 else None
    return None
