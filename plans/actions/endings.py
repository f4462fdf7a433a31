"""Terms that come to their end are told of in time: so many days before, and on the last day itself."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Least

from plans.actions.news import tell
from plans.models import AccountNotice, Contract
from plans.terms import last_day, local_date

# Days before the last one.
MARKS = (90, 30, 7, 0)
TOLD = ("success_manager", "customer_admins")
# Either side of today by UTC, where the contract's own date is another.
EDGE = timedelta(days=1)


@transaction.atomic
def tell_endings(*, at: datetime) -> int:
    """Put up the news of every term that ends in 90, 30, 7 or 0 days and is followed by none; return how much is new.

    A mark that passed while nobody looked is made up for, unless a later one has come too.
    """
    come = [(contract, mark) for contract in _ending(at.date()) if (mark := _mark(contract, at)) is not None]
    keys = {_key(contract, mark) for contract, mark in come}
    told = set(AccountNotice.objects.filter(key__in=keys).values_list("key", flat=True))
    return sum(_tell(contract, mark, at) for contract, mark in come if _key(contract, mark) not in told)


def _ending(today: date) -> QuerySet[Contract]:
    rows = Contract.objects.annotate(last_on=Least(F("ends_on"), Coalesce(F("ended_on"), F("ends_on"))))
    near = rows.filter(last_on__gte=today - EDGE, last_on__lte=today + timedelta(days=MARKS[0]) + EDGE)
    return near.filter(renewal=None, customer__is_active=True).select_related("customer", "plan").order_by("pk")


def _mark(contract: Contract, at: datetime) -> int | None:
    """Return the last mark that has come, if one has and the term is not over."""
    left = (last_day(contract) - local_date(contract, at)).days
    return min((mark for mark in MARKS if 0 <= left <= mark), default=None)


def _key(contract: Contract, mark: int) -> str:
    return f"term_ending:{contract.number}:{last_day(contract).isoformat()}:{mark}"


def _tell(contract: Contract, mark: int, at: datetime) -> bool:
    about = {"last": last_day(contract).isoformat(), "mark": mark}
    key = _key(contract, mark)
    return tell(kind="term_ending", contract=contract, about=about, to=TOLD, at=at, key=key) is not None
