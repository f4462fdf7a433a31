"""Who somebody is: by what they sign in, how they read, and who on our side stands for a customer."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import Prefetch, Q

from plans.models import AccountTeamMember, Contact, Contract, Team, User

Seat = AccountTeamMember.Seat


@dataclass(frozen=True, slots=True)
class Reading:
    """The language and the zone in which somebody reads."""

    language: str
    zone: ZoneInfo


def reading_of(user: User) -> Reading:
    """Return how a user reads: as they are written to, if they are a customer's contact."""
    contact = contact_of(user) if user.is_customer else None
    if contact:
        return Reading(contact.reads, zone_named(contact.zone))
    return Reading(user.language, zone_named(user.timezone))


def zone_named(key: str) -> ZoneInfo:
    """Return a zone by its IANA name; the product's own where there is none of this name."""
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def contact_of(user: User) -> Contact | None:
    """Return the contact that a user is, if they still may write in."""
    contact: Contact | None = getattr(user, "contact", None)
    return contact if contact and contact.is_active and contact.customer.is_active else None


def signs_in_as(name: str) -> User | None:
    """Return who signs in by this user name, else by this e-mail if it is one person's alone."""
    found = list(User.objects.filter(Q(username=name) | Q(email__iexact=name)).exclude(username="")[:3])
    named = [user for user in found if user.username == name]
    if named:
        return named[0]
    return found[0] if len(found) == 1 and name else None


def resets_by(email: str) -> list[User]:
    """Return the users who may set a password by a link to this address, one who never had a password too."""
    found = User.objects.filter(email__iexact=email, is_active=True)
    # The database folds letters that only look alike; the mail goes to the address on the books, never the typed one.
    return [user for user in found if user.email.casefold() == email.casefold()]


def account_teams(of: str) -> Prefetch:
    """Return what to prefetch so that contracts read together, by this lookup, bring their account teams along."""
    members = AccountTeamMember.objects.select_related("user")
    return Prefetch(f"{of}__account_team", queryset=members, to_attr="brought_account_team")


def _members(contract: Contract) -> list[AccountTeamMember]:
    """Return who of a contract's account team still works here."""
    brought: list[AccountTeamMember] | None = getattr(contract, "brought_account_team", None)
    rows = contract.account_team.select_related("user") if brought is None else brought
    return [member for member in rows if member.user.is_active]


def seat_of(contract: Contract | None, seat: str) -> User | None:
    """Return who holds a manager's seat under a contract, if anyone who still works here does."""
    taken = (member.user for member in (_members(contract) if contract else ()) if member.seat == seat)
    return next(taken, None)


def account_team(contract: Contract | None) -> list[User]:
    """Return everyone on a contract's account team, each once, managers first."""
    order = {seat: place for place, seat in enumerate((Seat.SUCCESS_MANAGER, Seat.TECHNICAL_MANAGER))}
    members = _members(contract) if contract else []
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
