"""Deliverables as pages, letters and programs read them."""

import re

from plans.models import Contract, Customer, Deliverable, User
from plans.models.deliverables import DeliverableQuerySet

NUMBER = re.compile(r"D-(\d{4})-(\d{6,12})")


def find(number: str, rows: DeliverableQuerySet | None = None) -> Deliverable | None:
    """Return a deliverable by its number, of `rows` where given; None where there is none."""
    written = NUMBER.fullmatch(number.upper())
    if not written:
        return None
    found = (Deliverable.objects.all() if rows is None else rows).brought().filter(pk=int(written[2])).first()
    return found if found and found.number == number.upper() else None


def waiting_for(owner: Contract | Customer, user: User | None = None) -> list[Deliverable]:
    """Return what waits for a signature under a contract or of a customer, the longest waiting in front.

    With `user`, of what they may see.
    """
    rows = Deliverable.objects.visible_to(user) if user else Deliverable.objects.all()
    mine = rows.filter(contract=owner) if isinstance(owner, Contract) else rows.filter(contract__customer=owner)
    return list(mine.waiting().brought())
