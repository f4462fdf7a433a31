"""What `var/run.json` says: where the demo is, and how to get in."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from plans.models import Contact, Contract, User
from sla.clock import database_now
from tickets.demo import credentials, script
from tickets.demo.seeding import is_there
from tickets.demo.timetable import BEIJING


def introduction(url: str) -> dict[str, Any]:
    """Return the address, keys, tokens, sign-ins and contacts; without the demo, only the address."""
    found = credentials.kept() if is_there() else None
    if found is None:
        return {"url": url, "keys": {}, "tokens": {}, "sign_ins": [], "contacts": []}
    return {
        "url": url,
        "keys": dict(found.keys),
        "tokens": dict(found.tokens),
        "sign_ins": list(_sign_ins(found.password)),
        "contacts": list(_contacts(database_now().astimezone(BEIJING).date())),
    }


def _sign_ins(password: str) -> Iterator[dict[str, str]]:
    shown: list[str] = script.people()["sign_ins"]
    users = User.objects.in_bulk(shown, field_name="username")
    for username in shown:
        yield {"role": users[username].role, "username": username, "password": password}


def _contacts(today: date) -> Iterator[dict[str, Any]]:
    """Yield the contacts whose contract runs as its plan says: in force, nothing agreed apart. Certified ones first."""
    for contract in _plain_contracts(today):
        product = contract.owned_products.select_related("product").order_by("pk").first()
        for contact in contract.customer.contacts.active().exclude(email="").order_by("-is_certified", "pk"):
            yield _contact(contact, contract, product.product.code if product else "")


def _plain_contracts(today: date) -> list[Contract]:
    ours = Contract.objects.filter(customer__code__in=[entry["code"] for entry in script.customers()])
    plain = ours.in_force(today).filter(switches=None).exclude(entitlements__overrides__isnull=False)
    return list(plain.select_related("customer", "plan").order_by("number"))


def _contact(contact: Contact, contract: Contract, product: str) -> dict[str, Any]:
    return {
        "id": contact.pk,
        "email": contact.email,
        "plan": contract.plan.code,
        "product": product,
        "certified": contact.is_certified,
        "contract": contract.number,
    }
