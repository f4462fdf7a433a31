"""Who sent what came in, and under which contract: found in one query, within what the key may see."""

import json
import re
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject, Lower
from django.utils.translation import gettext as _

from plans.models import ApiKey, Contact, Contract, Customer, Product
from sla.prepared import Prepared, prepare
from sla.refusals import ActionRefusedError
from tickets.channels.base import Incoming
from tickets.models import Ticket

# Fewer digits than this are an extension, not somebody's number.
SHORTEST_NUMBER = 6
PRODUCT = ("id", "code", "name", "name_en", "vendor")
CUSTOMER = ("id", "code", "name", "name_en", "country", "industry", "language", "timezone", "is_active")
# A number is kept as people write it: with or without the country, its plus or its zeros.
WRITTEN = {
    "id": ("id",),
    "email": ("email",),
    "external_id": ("external_id_of_contact",),
    "phone": ("digits", "at_home", "with_country", "from_abroad", "from_abroad_home", "long_distance"),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """The person, what they name, and the ticket that their external id opened before, if it did."""

    contact: Contact
    product: Product | None
    contract: Contract | None
    ticket_id: int | None


def find_sender(incoming: Incoming, *, channel: str, api_key: ApiKey) -> Sender:
    """Return who sent a message. Raises ActionRefusedError when person, product or contract is not known here.

    A person of a customer that the key is not bound to is as unknown as one who does not exist.
    """
    by, name = incoming.contact
    contacts: list[Any] = _lookup(by, api_key.customer_id is not None).rows(
        **_written(by, name),
        customer_id=api_key.customer_id,
        product=incoming.product,
        channel=channel,
        scope=str(api_key.series),
        external_id=incoming.external_id,
    )
    contact = _only(contacts, incoming)
    contact.customer = Customer(**json.loads(contact.customer_row))
    if contact.earlier_id:
        return Sender(contact, None, None, contact.earlier_id)
    if incoming.ticket:
        return Sender(contact, None, None, None)
    product = _product(contact.product_row, incoming, api_key) if incoming.product else None
    return Sender(contact, product, _contract(contact, incoming), None)


@cache
def _lookup(by: str, is_bound: bool) -> Prepared[Contact]:
    """Return the query for a contact by one of its names, with all that is asked besides: one query for everything."""
    types: dict[str, type] = {name: int if name == "id" else str for name in WRITTEN[by]}
    others = {"product": str, "channel": str, "scope": str, "external_id": str}
    return prepare(partial(_contacts, by, is_bound), **types, customer_id=int, **others)


def _contacts(by: str, is_bound: bool, **given: Any) -> QuerySet[Contact]:
    earlier = Ticket.objects.filter(
        channel=given["channel"], external_scope=given["scope"], external_id=given["external_id"]
    )
    product = Product.objects.filter(code=given["product"])
    customer = Customer.objects.filter(pk=OuterRef("customer_id"))
    found = _named(by, [given[name] for name in WRITTEN[by]])
    found = found.filter(customer_id=given["customer_id"]) if is_bound else found
    return found.order_by("pk").annotate(
        product_row=Subquery(product.values(row=_row(PRODUCT))),
        earlier_id=Subquery(earlier.values("pk")),
        customer_row=Subquery(customer.values(row=_row(CUSTOMER))),
    )[:2]


def _row(names: tuple[str, ...]) -> JSONObject:
    return JSONObject(**{name: name for name in names})


def _named(by: str, values: list[Any]) -> QuerySet[Contact]:
    active = Contact.objects.active()
    if by == "email":
        return active.alias(lowered=Lower("email")).filter(lowered=values[0])
    if by == "phone":
        stored = Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace")
        return active.alias(digits=stored).filter(digits__in=values)
    return active.filter(**{by: values[0]})


def _written(by: str, name: str | int) -> dict[str, Any]:
    """Return a name as it is compared: an address in lower case, a number in every way in which it is written."""
    if by == "email":
        return {"email": str(name).lower()}
    if by != "phone":
        return {WRITTEN[by][0]: name}
    digits, home = re.sub(r"\D", "", str(name)).removeprefix("00"), plain_number(str(name))
    if not home:
        return dict.fromkeys(WRITTEN["phone"], "none")
    forms = (digits, home, f"86{home}", f"00{digits}", f"0086{home}", f"0{home}")
    return dict(zip(WRITTEN["phone"], forms, strict=True))


def contacts_by_number(number: str, *, customer_id: int | None = None) -> QuerySet[Contact]:
    """Return the active contacts whose number this is, however it is written; of one customer, if one is given."""
    found = _named("phone", list(_written("phone", number).values()))
    return found.filter(customer=customer_id) if customer_id else found


def plain_number(number: str) -> str:
    """Return a number as it is compared; blank for a hidden one.

    Digits, without what stands for our own country, and without the zero of a long-distance call: land lines are
    written with it, and switchboards put it before mobiles from elsewhere.
    """
    digits = re.sub(r"\D", "", number).removeprefix("00")
    is_number = len(digits) >= SHORTEST_NUMBER and digits.strip("0")
    return digits.removeprefix("86").removeprefix("0") if is_number else ""


def _only(contacts: list[Any], incoming: Incoming) -> Any:
    by = incoming.contact[0]
    if not contacts:
        raise ActionRefusedError(
            "unknown_contact",
            _("没有找到这位联系人（contact.%s）。") % by,
            ways_on=[_("请客户管理员登记此人。"), _("改用 email、phone、external_id 中的另一项。")],
        )
    if len(contacts) > 1:
        raise ActionRefusedError(
            "ambiguous_contact",
            _("contact.%s 对应不止一位联系人。") % by,
            ways_on=[_("改用 id 或 email 指明是谁。")],
        )
    return contacts[0]


def _product(written: str | None, incoming: Incoming, api_key: ApiKey) -> Product:
    row = json.loads(written) if written else None
    if row is None or (api_key.product_id and api_key.product_id != row["id"]):
        raise ActionRefusedError("unknown_product", _("没有产品 %s。") % incoming.product)
    return Product(**row)


def _contract(contact: Contact, incoming: Incoming) -> Contract | None:
    if not incoming.contract:
        return None
    contract = Contract.objects.filter(number=incoming.contract, customer_id=contact.customer_id).first()
    if contract is None:
        raise ActionRefusedError("unknown_contract", _("这位联系人的单位没有合同 %s。") % incoming.contract)
    return contract
