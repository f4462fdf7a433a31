"""Who of our people may change an engagement: those of its account, whoever answers for all, and its experts."""

from plans.models import Contract, Engagement, Role, User

ALL = (Role.LEAD, Role.MANAGER, Role.ADMIN)


def may_arrange(user: User, contract: Contract) -> bool:
    """Tell whether a user may ask for services on a customer's behalf, and arrange them."""
    return user.role in ALL or contract.account_team.filter(user=user).exists()


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
