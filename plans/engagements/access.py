"""Who of our people may change an engagement: those of its account, whoever answers for all, and its experts."""

from django.db.models import QuerySet

from plans.models import Attendee, Contract, Engagement, Gathering, Role, User
from plans.models.people import STAFF_ROLES

ALL = (Role.LEAD, Role.MANAGER, Role.ADMIN)


def may_arrange(user: User, contract: Contract) -> bool:
    """Tell whether a user may ask for services on a customer's behalf, and arrange them."""
    return user.role in ALL or contract.account_team.filter(user=user).exists()


def may_hold(user: User) -> bool:
    """Tell whether a user may publish events and certifications, and invite to them; partners join what we hold."""
    return user.role in ALL or (user.role in STAFF_ROLES and user.role != Role.PARTNER and user.accounts.exists())


def seen_in(gathering: Gathering, user: User) -> QuerySet[Attendee]:
    """Return those in an event or certification whom a user may know of: a contact themselves, a partner their own."""
    rows = Attendee.objects.filter(engagement__gathering=gathering).select_related("engagement__contract__customer")
    if user.is_customer:
        return rows.filter(contact__user=user)
    if user.role == Role.PARTNER:
        return rows.filter(engagement__in=Engagement.objects.visible_to(user))
    return rows


def may_decide(user: User, engagement: Engagement) -> bool:
    """Tell whether one of the customer's people speaks for it: whoever asked, and its administrators.

    Others who take part may say something and judge it, and no more.
    """
    asked_by = engagement.requested_by
    return user.role == Role.CUSTOMER_ADMIN or asked_by is None or asked_by.user_id == user.pk


def may_act(user: User, engagement: Engagement) -> bool:
    """Tell whether a user may change an engagement; its customer may what is theirs to do."""
    if user.is_customer:
        return engagement.gathering_id is None and may_decide(user, engagement)
    return may_arrange(user, engagement.contract) or engagement.experts.filter(user=user).exists()
