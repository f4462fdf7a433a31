"""What a plan says to monitoring: the operations that it has are for the public cloud. Source: K04, K05"""

from datetime import datetime

from plans.coverage import Decision, cover
from plans.models import Contact, Contract, Product
from tickets.models import Category, Channel

# Alerts are part of this service alone; private installations are looked after by arrangement.
WATCHED = "public_operations"
PRIVATE = "private_operations"


def cover_monitoring(
    *, contact: Contact, contract: Contract | None, product: Product | None, category: str, priority: str, at: datetime
) -> Decision:
    """Return what the plan answers to monitoring.

    A plan with operations answers by those for the public cloud, also to a category of another kind, for what does not
    run there is not watched at all; a plan without them answers as to any ticket.
    """
    operations = _asked(contact, contract, None, product, Category.OPERATIONS, priority, at)
    service = operations.entitlement.item.service if operations.entitlement else ""
    if service not in (WATCHED, PRIVATE):
        return _asked(contact, contract, None, product, category, priority, at)
    watched = _asked(contact, contract, WATCHED, product, Category.OPERATIONS, priority, at)
    if category == Category.OPERATIONS or not watched.is_open:
        return watched
    return _asked(contact, contract, None, product, category, priority, at)


def _asked(  # noqa: PLR0913, PLR0917  what a plan is asked
    contact: Contact,
    contract: Contract | None,
    item: str | None,
    product: Product | None,
    category: str,
    priority: str,
    at: datetime,
) -> Decision:
    return cover(contact, contract, item, product, "", category, Channel.MONITORING, at, priority=priority)
