"""What a customer used of what it bought: amounts as bars, services delivered, and the people who ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, Sum

from plans.models import Contact, Contract, Engagement, Item
from plans.quotas.balances import Balance
from plans.quotas.words import amount_words, number_words
from plans.terms import local_date
from plans.wording import name_of
from tickets.models import Ticket
from tickets.showing.account.reading import Account, Held
from tickets.showing.quotas import Part, parts_of

# Who wrote in within so many days asks for help.
ASKING = timedelta(days=90)


@dataclass(frozen=True)
class Used:
    """One amount as a bar; figures are plain numbers in words."""

    contract: Contract
    name: str
    promise: str
    granted: str
    used: str
    reserved: str
    expired: str
    left: str
    left_words: str
    ends_on: date
    days_left: int
    is_lapsing: bool
    parts: Sequence[Part]


@dataclass(frozen=True)
class Delivered:
    """How often one service was delivered since the contract's year began."""

    name: str
    times: int
    person_days: str


@dataclass(frozen=True)
class People:
    """The customer's people: how many there are, may ask, can sign in, and did ask lately."""

    active: int
    certified: int
    signed_in: int
    asking: int


def used_of(account: Account) -> list[Used]:
    """Return every amount that holds today, contract by contract."""
    return [_used(balance, account) for balance in account.balances if balance.granted]


def _used(balance: Balance, account: Account) -> Used:
    contract = account.contract_of(balance.quota.contract_id)
    days_left = (balance.ends_on - local_date(contract, account.at)).days
    figures = {
        name: number_words(getattr(balance, name)) for name in ("granted", "used", "reserved", "expired", "left")
    }
    return Used(
        contract=contract,
        name=name_of(balance.quota.item),
        promise=balance.quota.item.promise,
        left_words=amount_words(balance.left, balance.unit),
        ends_on=balance.ends_on,
        days_left=days_left,
        is_lapsing=balance.left > 0 and days_left <= max(settings.QUOTA_WARN_DAYS),
        parts=parts_of(balance),
        **figures,
    )


def delivered_of(account: Account) -> list[Delivered]:
    """Return what people delivered in the running year of each contract, the most often in front."""
    within = Q(pk=None)
    for one in account.running:
        within |= Q(contract=one.contract.pk, delivered_at__gte=began_at(one))
    # Joined to nothing, so that nothing is counted twice.
    seen = Engagement.objects.filter(within, pk__in=account.all_engagements.values("pk"))
    counted = seen.order_by().values("item").annotate(times=Count("pk"), days=Sum("person_days"))
    found = list(counted.order_by("-times", "item"))
    items = Item.objects.in_bulk([row["item"] for row in found])
    return [Delivered(name_of(items[row["item"]]), row["times"], _days(row["days"])) for row in found]


def _days(days: Decimal | None) -> str:
    return number_words(days) if days else ""


def began_at(one: Held) -> datetime:
    """Return the instant at which the running year of a contract began, by its own zone."""
    return datetime.combine(one.year[0], time(), ZoneInfo(one.contract.timezone))


def people_of(account: Account) -> People:
    """Return the customer's people in figures. One query."""
    asked = Ticket.objects.filter(contact=OuterRef("pk"), opened_at__gte=account.at - ASKING)
    rows = Contact.objects.filter(customer=account.customer, is_active=True)
    figures = rows.annotate(has_asked=Exists(asked)).aggregate(
        active=Count("pk"),
        certified=Count("pk", filter=Q(is_certified=True)),
        signed_in=Count("pk", filter=Q(user__isnull=False)),
        asking=Count("pk", filter=Q(has_asked=True)),
    )
    return People(**figures)
