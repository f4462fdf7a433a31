"""Who sent what came in, and under which contract: found in one query, within what the key may see."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject, Lower
from django.utils.translation import gettext as _

from plans.models import ApiKey, Contact, Contract, Product
from sla.refusals import ActionRefusedError
from tickets.channels.base import Incoming
from tickets.models import Ticket

# Fewer digits than this are an extension, not somebody's number.
SHORTEST_NUMBER = 6
PRODUCT = ("id", "code", "name", "name_en", "vendor")


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
    earlier = Ticket.objects.filter(
        channel=channel, external_scope=str(api_key.series), external_id=incoming.external_id
    )
    found = _named(*incoming.contact).filter(**({"customer_id": api_key.customer_id} if api_key.customer_id else {}))
    product = Product.objects.filter(code=incoming.product).values(row=JSONObject(**{name: name for name in PRODUCT}))
    found = found.annotate(product_row=Subquery(product), earlier_id=Subquery(earlier.values("pk")))
    contacts: list[Any] = list(found.select_related("customer")[:2])
    contact = _only(contacts, incoming)
    if contact.earlier_id:
        return Sender(contact, None, None, contact.earlier_id)
    return Sender(contact, _product(contact.product_row, incoming, api_key), _contract(contact, incoming), None)


def _only(contacts: list[Any], incoming: Incoming) -> Any:
    by = incoming.contact[0]
    if not contacts:
        raise ActionRefusedError(
            "unknown_contact",
            _("没有找到这位联系人(contact.%s)。") % by,
            ways_on=[_("请客户管理员登记此人。"), _("改用 email、phone、external_id 中的另一项。")],
        )
    if len(contacts) > 1:
        raise ActionRefusedError(
            "ambiguous_contact",
            _("contact.%s 对应不止一位联系人。") % by,
            ways_on=[_("改用 id 或 email 指明是谁。")],
        )
    return contacts[0]


def _product(row: dict[str, Any] | None, incoming: Incoming, api_key: ApiKey) -> Product:
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


def _named(by: str, value: str | int) -> QuerySet[Contact]:
    active = Contact.objects.active()
    if by == "email":
        return active.alias(lowered=Lower("email")).filter(lowered=str(value).lower())
    if by == "phone":
        return _of_number(active, str(value))
    return active.filter(**{by: value})


def _of_number(contacts: QuerySet[Contact], number: str) -> QuerySet[Contact]:
    """Narrow to contacts with this phone number, however it is written: blanks, dashes, +86 or 0086 or neither."""
    digits = re.sub(r"\D", "", number).removeprefix("00")
    if len(digits) < SHORTEST_NUMBER:
        return contacts.none()
    stored = Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace")
    same = {digits, digits.removeprefix("86"), f"86{digits}"}
    return contacts.alias(digits=stored).filter(Q(digits__in=same) | Q(digits__in={f"00{one}" for one in same}))
