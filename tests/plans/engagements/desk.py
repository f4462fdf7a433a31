"""How the tests of engagements ask, propose and agree."""

from datetime import datetime
from typing import Any

from plans.actions.engagements import timing
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Arrangement, Wanted, arrange, request
from plans.models import Contact, Contract, Engagement, Role, User
from tests.hours import beijing


def slot(start: str, end: str = "") -> Slot:
    """Return a time of Beijing; two hours where no end is said."""
    begins = beijing(start)
    ends = beijing(end) if end else datetime.fromtimestamp(begins.timestamp() + 7200, begins.tzinfo)
    return Slot(begins, ends)


def customer(contact: Contact, role: str = Role.CUSTOMER) -> User:
    """Return the user that a contact signs in as."""
    if contact.user is None:
        name = f"{contact.customer.code}-{contact.pk}"
        contact.user = User.objects.create(username=name, name=contact.name, role=role, email=contact.email)
        contact.save()
    return contact.user


def asked(
    contract: Contract, service: str, contact: Contact | None = None, at: str = "2026-03-02 10:00", **wanted: Any
) -> Engagement:
    """Ask for a service of a contract."""
    right = contract.entitlements.select_related("item", "contract__branch").get(item__service=service)
    said = Wanted(**{"topic": "月结辅导"} | wanted)
    actor = customer(contact) if contact else None
    return request(entitlement=right, wanted=said, contact=contact, actor=actor, at=beijing(at))


def agreed(engagement: Engagement, ours: User, theirs: User, when: Slot, at: str = "2026-03-02 11:00") -> Engagement:
    """Have the customer accept a time that we propose."""
    timing.propose(engagement=engagement, slot=when, actor=ours, at=beijing(at))
    return timing.accept(engagement=engagement, actor=theirs, at=beijing(at))


def with_expert(engagement: Engagement, *experts: User, at: str = "2026-03-02 10:30") -> Engagement:
    """Put experts on an engagement."""
    return arrange(engagement=engagement, arrangement=Arrangement(experts=experts), actor=experts[0], at=beijing(at))
