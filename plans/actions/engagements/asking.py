"""A request with a time wished for: both stand, or neither."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted, request
from plans.actions.engagements.timing import Insisting, propose
from plans.models import Contact, Engagement, Entitlement, User


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, by which contact, and the time that is wished for, if one is."""

    entitlement: Entitlement
    wanted: Wanted
    contact: Contact | None = None
    slot: Slot | None = None


@transaction.atomic
def ask(*, asked: Asked, actor: User, at: datetime, insisting: Insisting | None = None) -> Engagement:
    """Ask for a service and put the time wished for on the table. Raises RefusedError for either; nothing is kept then.

    Source: Y16
    """
    engagement = request(entitlement=asked.entitlement, wanted=asked.wanted, contact=asked.contact, actor=actor, at=at)
    if asked.slot:
        propose(engagement=engagement, slot=asked.slot, actor=actor, at=at, insisting=insisting)
        engagement.refresh_from_db()
    return engagement
