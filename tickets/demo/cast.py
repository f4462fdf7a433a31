"""Put the demo's people in place: teams, branches, users, and customers with what they have signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from plans.actions import Agreed, NewTarget, Owned, override, set_switch, sign
from plans.actions.history import Decided
from plans.actions.people import keep
from plans.actions.rotas import Swap, keep_rota, set_members, swap
from plans.models import Branch, Contact, Contract, Customer, Plan, Product, Role, Rota, Team, User
from tickets.demo import script
from tickets.demo.timetable import BEIJING

SEATS = ("success_manager", "technical_manager")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is there, by the names that the tickets use."""

    teams: dict[str, Team] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)


def put_in_place(*, password: str, now: datetime) -> Cast:
    """Save everyone, all with one hashed password, and return them. Call inside atomic."""
    cast = Cast(products={product.code: product for product in Product.objects.all()})
    _put_our_people(cast, password)
    _put_rotas(cast, now)
    for entry in script.customers():
        _put_customer(cast, entry, password, now)
    return cast


def _put_our_people(cast: Cast, password: str) -> None:
    people = script.people()
    for entry in people["teams"]:
        cast.teams[entry["code"]] = team = Team(**{name: entry[name] for name in entry if name != "lead"})
        keep(row=team)
    for entry in people["users"]:
        user = User(
            **{**entry, "team": cast.teams.get(entry["team"] or "")},
            password=password,
        )  # fmt: skip
        keep(row=user)
        cast.users[user.username] = user
    for entry in people["teams"]:
        cast.teams[entry["code"]].lead = cast.users[entry["lead"]]
        keep(row=cast.teams[entry["code"]])
    for entry in people["branches"]:
        cast.branches[entry["code"]] = branch = Branch(**{**entry, "team": cast.teams[entry["team"]]})
        keep(row=branch)


def _put_rotas(cast: Cast, now: datetime) -> None:
    """Have our people take turns since a Monday eight weeks ago."""
    today = now.astimezone(BEIJING).date()
    first = today - timedelta(days=today.weekday(), weeks=8)
    for entry in script.people()["rotas"]:
        kept = ("code", "name", "name_en", "timezone", "days_each")
        rota = Rota(**{name: entry[name] for name in kept}, team=cast.teams.get(entry["team"] or ""), starts_on=first)
        rota.hands_over_at = time.fromisoformat(entry["hands_over_at"])
        keep_rota(rota=rota)
        set_members(rota=rota, order=[cast.users[name] for name in entry["members"]])
        if said := entry.get("swap"):
            start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=said["in_hours"])
            agreed = Swap(cast.users[said["user"]], start, start + timedelta(hours=said["hours"]), said["note"])
            swap(rota=rota, agreed=agreed, actor=rota.members.all()[0].user, at=now)


def _put_customer(cast: Cast, entry: Mapping[str, Any], password: str, now: datetime) -> None:
    customer = Customer(**{name: value for name, value in entry.items() if name not in ("contracts", "contacts")})
    keep(row=customer)
    for person in entry["contacts"]:
        cast.contacts[person["external_id"]] = _contact(customer, person, password)
    for agreed in entry["contracts"]:
        contract = _signed(cast, customer, agreed, now)
        cast.contracts[contract.number] = contract
        _agree_apart(cast, contract, agreed, now)


def _contact(customer: Customer, person: Mapping[str, Any], password: str) -> Contact:
    """Save a contact, with a user to sign in as where they use the portal."""
    apart = ("portal", "admin", "certified")
    contact = Contact(
        **{name: value for name, value in person.items() if name not in apart},
        customer=customer, is_certified=person["certified"],
    )  # fmt: skip
    if person["portal"]:
        contact.user = User(
            username=contact.email.partition("@")[0], email=contact.email, name=contact.name, name_en=contact.name_en,
            role=Role.CUSTOMER_ADMIN if person["admin"] else Role.CUSTOMER, phone=contact.phone, password=password,
            language=contact.reads, timezone=contact.zone,
        )  # fmt: skip
        keep(row=contact.user)
    keep(row=contact)
    return contact


def _signed(cast: Cast, customer: Customer, entry: Mapping[str, Any], now: datetime) -> Contract:
    today = now.astimezone(BEIJING).date()
    starts_on = today + timedelta(days=entry["starts_days"])
    signed_at = datetime.combine(starts_on, time(9), BEIJING)
    return sign(
        customer=customer,
        plan=Plan.objects.current().get(code=entry["plan"]),
        number=entry["number"],
        starts_on=starts_on,
        ends_on=starts_on + relativedelta(years=entry["years"], days=-1),
        agreed=Agreed(
            timezone=customer.timezone,
            branch=cast.branches[entry["branch"]],
            team=cast.teams[entry["team"]],
            products=tuple(_owned(cast, entry["products"])),
            account_team=tuple((seat, cast.users[entry[seat]]) for seat in SEATS if entry[seat]),
            picks=tuple(entry.get("items", ())),
            decided=Decided(None, min(now, signed_at)),
        ),
    )


def _owned(cast: Cast, products: Iterable[Mapping[str, Any]]) -> Iterable[Owned]:
    return (Owned(**{**entry, "product": cast.products[entry["product"]]}) for entry in products)


def _agree_apart(cast: Cast, contract: Contract, entry: Mapping[str, Any], now: datetime) -> None:
    """Put on record what a contract has instead of the plan's own words, and who decided it."""
    for given in entry.get("overrides", ()):
        target = NewTarget(
            metric=given["metric"], amount=Decimal(given["seconds"]), calendar=given["calendar"],
            met_on=tuple(given["met_on"]),
        )  # fmt: skip
        override(contract=contract, target=target, **_decided(cast, given, now))
    for given in entry.get("switches", ()):
        set_switch(contract=contract, name=given["name"], value=given["value"], **_decided(cast, given, now))


def _decided(cast: Cast, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    at = now + timedelta(days=given["decided_days"])
    return {"reason": given["reason"], "actor": cast.users[given["decided_by"]], "at": at}
