"""Whom news about a contract means, by role or by key. Source: Y22, K10"""

from collections.abc import Callable, Iterable

from plans.accounts import account_team, duty_manager, seat_of
from plans.models import AccountNotice, AccountTeamMember, Contact, Contract, Role, User

Seat = AccountTeamMember.Seat
Reader = User | Contact


def readers_of(contract: Contract, to: Iterable[str]) -> list[Reader]:
    """Return everyone whom roles or keys mean for a contract, each once, and only who still is there.

    Raises KeyError for a role that is not known.
    """
    return list(dict.fromkeys(reader for role in to for reader in _meant(contract, role)))


def guests_of(notice: AccountNotice) -> list[Contact]:
    """Return who is written to by the address they gave, being on no books of ours; each a contact that is not kept."""
    customer, zone = notice.contract.customer, notice.contract.timezone
    guests = notice.about.get("guests", {}).values()
    return [Contact(customer=customer, timezone=zone, **guest) for guest in guests]


def guest_at(notice: AccountNotice, address: str) -> Contact | None:
    """Return the guest who is written to at an address."""
    return next((guest for guest in guests_of(notice) if guest.email == address), None)


def _meant(contract: Contract, role: str) -> Iterable[Reader]:
    kind, _colon, key = role.partition(":")
    return SINGLE[kind](int(key)) if key else ROLES[role](contract)


def _user(key: int) -> Iterable[Reader]:
    return User.objects.filter(pk=key, is_active=True)


def _contact(key: int) -> Iterable[Reader]:
    return Contact.objects.active().select_related("customer").filter(pk=key)


SINGLE: dict[str, Callable[[int], Iterable[Reader]]] = {"user": _user, "contact": _contact}


def _manager(contract: Contract, seat: str) -> list[User]:
    """Return who holds a manager's seat; while nobody does, who answers for the contract."""
    holder = seat_of(contract, seat) or duty_manager(contract.team, contract)
    return [holder] if holder else []


def _seated(contract: Contract, seat: str) -> list[User]:
    return [row.user for row in contract.account_team.select_related("user").filter(seat=seat, user__is_active=True)]


def _team_lead(contract: Contract) -> list[User]:
    lead = duty_manager(contract.team, contract)
    return [lead] if lead else []


def _customer_admins(contract: Contract) -> Iterable[Reader]:
    admins = Contact.objects.active().filter(customer=contract.customer_id, user__role=Role.CUSTOMER_ADMIN)
    return admins.select_related("customer").order_by("pk")


ROLES: dict[str, Callable[[Contract], Iterable[Reader]]] = {
    "success_manager": lambda contract: _manager(contract, Seat.SUCCESS_MANAGER),
    "technical_manager": lambda contract: _manager(contract, Seat.TECHNICAL_MANAGER),
    "partner": lambda contract: _seated(contract, Seat.PARTNER),
    "account_team": account_team,
    # What rules of tickets call whoever works on it: for a contract that is who answers for it.
    "owner": lambda contract: _manager(contract, Seat.SUCCESS_MANAGER),
    "on_call": _team_lead,
    "team_lead": _team_lead,
    "duty_manager": _team_lead,
    "customer_admins": _customer_admins,
}
