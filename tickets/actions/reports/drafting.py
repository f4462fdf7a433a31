"""Drafts made ahead of what is owed: of each report that a contract owes soon, one to read before it is due."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from plans.models import Contact, Contract, Obligation, Role
from plans.models.people import Language
from plans.report_kinds import Kind
from plans.terms import last_day, local_date
from tickets.actions.reports.asking import Asked, ask_for
from tickets.models import ServiceReport

# No kind is drafted earlier, see plans.catalogue.form.
EARLIEST = timedelta(days=61)
DAY = timedelta(days=1)
# A report goes on from the day after the last one if that came so shortly before.
GAP = timedelta(days=62)


@transaction.atomic
def draft_due(*, at: datetime, limit: int = 50) -> int:
    """Queue a draft of each report that is owed soon, or is late, and has none; return how many. Repeats nothing."""
    rows = _undrafted(at.date() + EARLIEST)[: limit * 4]
    due = [row for row in rows if _is_time(row, local_date(row.contract, at))]
    return sum(_draft(row, at) for row in due[:limit])


def _undrafted(by: date) -> QuerySet[Obligation]:
    reports = ServiceReport.objects.filter(obligation=OuterRef("pk"))
    rows = Obligation.objects.open().filter(due_on__lte=by, entitlement__isnull=False).exclude(item__report={})
    return rows.filter(~Exists(reports)).select_related("contract", "item", "entitlement__item").order_by("due_on")


def _is_time(row: Obligation, today: date) -> bool:
    return today >= max(row.due_on - timedelta(days=row.item.report["ahead_days"]), row.opens_on)


def _draft(row: Obligation, at: datetime) -> bool:
    contract, kind = row.contract, row.item.report
    starts_on = max(start_of(row, kind), contract.starts_on)
    ends_on = min(row.due_on, last_day(contract))
    if ends_on < starts_on:
        return False
    language = language_of(contract)
    asked = Asked(contract, kind["code"], starts_on, ends_on, language, obligation=row)
    ask_for(asked=asked, actor=None, at=at)
    return True


def start_of(row: Obligation, kind: Kind) -> date:
    """Return from which day a report that is owed counts: its term's, or where the last one left off."""
    if kind["since"] == "term":
        return row.contract.starts_on
    last = ServiceReport.objects.filter(entitlement=row.entitlement, kind=kind["code"]).delivered()
    former = (
        last.filter(ends_on__lt=row.due_on, ends_on__gte=row.opens_on - GAP).order_by("-ends_on", "-version").first()
    )
    if former is None or former.content is None:
        return row.opens_on
    return min(row.opens_on, date.fromisoformat(former.content["period"]["through_on"]) + DAY)


def language_of(contract: Contract) -> str:
    """Return the language in which a customer reads: its administrator's, else its first contact's."""
    people = Contact.objects.active().filter(customer=contract.customer_id).select_related("user", "customer")
    reader = people.filter(user__role=Role.CUSTOMER_ADMIN).order_by("pk").first() or people.order_by("pk").first()
    return reader.reads if reader and reader.reads in Language.values else Language.CHINESE
