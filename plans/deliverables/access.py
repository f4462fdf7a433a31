"""Who may hand something over, and who may sign for it."""

from django.db.models import Q

from plans.engagements.access import may_arrange
from plans.models import Contact, Contract, Deliverable, Engagement, Role, User


def may_hand_over(user: User, contract: Contract, engagement: Engagement | None = None) -> bool:
    """Tell whether a user may hand something over: the account's people, whoever answers for all, and the experts."""
    if user.is_customer:
        return False
    delivers = engagement is not None and engagement.experts.filter(user=user).exists()
    return delivers or may_arrange(user, contract)


def may_sign(user: User, deliverable: Deliverable) -> bool:
    """Tell whether one of the customer's people signs for it: its addressee, who asked for it, an administrator."""
    if not user.is_customer:
        return False
    named = [deliverable.addressee, deliverable.engagement.requested_by if deliverable.engagement else None]
    return user.role == Role.CUSTOMER_ADMIN or any(one and one.user_id == user.pk for one in named)


def signatories(deliverable: Deliverable) -> list[Contact]:
    """Return who is asked to sign, each once: the addressee, who asked for the service, and the administrators."""
    customer = deliverable.contract.customer_id
    keys = {deliverable.addressee_id, deliverable.engagement.requested_by_id if deliverable.engagement else None}
    rows = Contact.objects.active().filter(customer=customer)
    return list(rows.filter(Q(pk__in=keys - {None}) | Q(user__role=Role.CUSTOMER_ADMIN)).order_by("pk"))
