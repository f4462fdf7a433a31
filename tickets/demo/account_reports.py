"""Service reports of two of the demo's customers: a half-year that was handed over today, and a quarter to be read."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from plans.actions.news import withhold_news
from plans.models import Contract, User
from plans.terms import local_date
from tickets.actions import reports
from tickets.actions.reports import Asked
from tickets.models import ServiceReport
from tickets.printing.press import PrintingError

log = structlog.get_logger(__name__)

DELIVERED, DRAFTED = "C-2026-010", "C-2026-002"
MADE, HANDED_OVER = timedelta(hours=20), timedelta(hours=2)
TOLD = timedelta(hours=6)
DAY, NINETY_DAYS = timedelta(days=1), timedelta(days=90)
WORDS = """这半年承蒙配合，问题主要出在月末那几天。

下半年我们想先做两件事：把成本结转的检查提前到每月 25 日；各部门的关键用户再培训一次。
报告里的数字如有出入，请直接告诉我。"""
DONE = "demo history: older than the demo itself"


def report_on(*, now: datetime) -> None:
    """Have the half-year of one customer be reported on and handed over, and a draft of another's quarter be made."""
    if ServiceReport.objects.exists():
        return
    contracts = {one.number: one for one in Contract.objects.filter(number__in=(DELIVERED, DRAFTED))}
    if DELIVERED in contracts:
        _half_year(contracts[DELIVERED], now)
    if DRAFTED in contracts:
        _quarter(contracts[DRAFTED], now)
    withhold_news(before=now - TOLD, kinds="report_", reason=DONE)


def _half_year(contract: Contract, now: datetime) -> None:
    """Hand over what is owed next, as its success manager does some days before the day."""
    owed = contract.obligations.open().filter(item__service="service_report").order_by("due_on").first()
    holder = _holder(contract)
    if owed is None or holder is None or owed.due_on - local_date(contract, now) > reports.BEFORE_THE_END:
        return
    asked = Asked(contract, "service", contract.starts_on, owed.due_on, obligation=owed)
    try:
        with transaction.atomic():
            row = reports.ask_for(asked=asked, actor=holder, at=now - MADE)
            row.words = WORDS
            reports.make(report=row, at=now - MADE)
            row.save(update_fields=["words"])
            reports.deliver(report=row, actor=holder, at=now - HANDED_OVER)
    except PrintingError as error:
        # Where no document can be set, the demo goes without this one.
        log.warning("demo_report_not_printed", error=str(error))


def _quarter(contract: Contract, now: datetime) -> None:
    """Ask for a report on the last ninety days; a worker makes it."""
    yesterday = local_date(contract, now) - DAY
    first = max(yesterday - NINETY_DAYS + DAY, contract.starts_on)
    reports.ask_for(asked=Asked(contract, "operations", first, yesterday), actor=_holder(contract), at=now)


def _holder(contract: Contract) -> User | None:
    return next((one.user for one in contract.account_team.filter(seat="success_manager").select_related("user")), None)
