"""Who on our side stands for a customer. Source: Y22, K10"""

from plans.models import AccountTeamMember, Contract, Team, User

Seat = AccountTeamMember.Seat


def seat_of(contract: Contract | None, seat: str) -> User | None:
    """Return who holds a manager's seat under a contract, if anyone who still works here does."""
    if contract is None:
        return None
    taken = contract.account_team.filter(seat=seat, user__is_active=True).select_related("user").first()
    return taken.user if taken else None


def account_team(contract: Contract | None) -> list[User]:
    """Return everyone on a contract's account team, each once, managers first."""
    if contract is None:
        return []
    members = contract.account_team.filter(user__is_active=True).select_related("user")
    order = {seat: place for place, seat in enumerate((Seat.SUCCESS_MANAGER, Seat.TECHNICAL_MANAGER))}
    ranked = sorted(members, key=lambda member: (order.get(Seat(member.seat), len(order)), member.pk))
    return list(dict.fromkeys(member.user for member in ranked))


def duty_manager(team: Team | None, contract: Contract | None) -> User | None:
    """Return who answers for a ticket of this team and contract.

    The team's lead; where it has none who still works here, the contract's technical manager, then its success
    manager.
    """
    lead = team.lead if team else None
    if lead and lead.is_active:
        return lead
    return seat_of(contract, Seat.TECHNICAL_MANAGER) or seat_of(contract, Seat.SUCCESS_MANAGER)
