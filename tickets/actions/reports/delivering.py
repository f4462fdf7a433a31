"""Handing a service report to the customer, which meets what is owed, and taking one back."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions import obligations, quotas
from plans.actions.news import tell
from plans.actions.quotas import Posting
from plans.models import Contact, Obligation, QuotaEntry, Role, User
from plans.quotas.balances import balance_of
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from tickets.actions.reports.asking import check_latest, refused
from tickets.models import ServiceReport
from tickets.models.reports import ServiceReportQuerySet
from tickets.reports.shape import Report, from_json
from tickets.reports.span import DAY, midnight

State = ServiceReport.State
UNIT = "reports"
ONE = Decimal(1)
# As many of a customer's people as are written to where nobody of them administers.
MOST_CONTACTS = 3


@transaction.atomic
def deliver(*, report: ServiceReport, actor: User, at: datetime) -> ServiceReport:
    """Hand a report to the customer by letter and portal, meet what is owed with it, and return it.

    Raises RefusedError for what is no draft, was replaced, or is about a time that is not over; what is owed by the
    last day of that time may be handed over in its last month, and says through which day it counts.
    """
    row = _locked(report)
    if row.state != State.READY:
        raise refused(row)
    check_latest(row)
    content = from_json(row.content or {})
    _check_over(row, content, local_date(row.contract, at))
    row.state, row.delivered_at, row.delivered_by = State.DELIVERED, at, actor
    row.save(update_fields=["state", "delivered_at", "delivered_by"])
    _meet(row, actor, at)
    _draw_down(row, content, actor, at)
    _tell(row, "report_delivered", readers_of(row, content), at)
    return row


def _locked(report: ServiceReport) -> ServiceReport:
    related = ("contract__customer", "entitlement__item", "obligation")
    return ServiceReport.objects.select_for_update(of=("self",)).select_related(*related).get(pk=report.pk)


def _check_over(row: ServiceReport, content: Report, today: date) -> None:
    """Refuse figures of a time that goes on, or that went on after they were counted."""
    period = content.period
    if row.ends_on < today and period.made_at < midnight(row.ends_on + DAY, row.contract.timezone):
        raise RefusedError(
            "made_before_the_end", _("期间已经结束，数字只到 %s。") % period.through_on,
            ways_on=[_("重新生成一版再交付。")],
        )  # fmt: skip
    if period.is_to_date:
        raise RefusedError(
            "period_not_over", _("期间到 %s 才结束，现在只能作为草稿。") % row.ends_on,
            ways_on=[_("期间结束后重新生成再交付。"), _("或生成一份到昨天为止的报告。")],
        )  # fmt: skip


def _meet(row: ServiceReport, actor: User, at: datetime) -> None:
    """Note what is owed as delivered by this report; a further version changes nothing of that."""
    owed = row.obligation
    if owed and owed.state in (Obligation.State.OWED, Obligation.State.MISSED):
        obligations.meet(obligation=owed, ref=row.code, at=at, actor=actor)


def _draw_down(row: ServiceReport, content: Report, actor: User, at: datetime) -> None:
    """Book one report as used where reports are counted and one is left; once for all versions and languages."""
    right = row.entitlement
    if right is None or _booked(row):
        return
    on = min(max(local_date(row.contract, at), row.contract.starts_on), last_day(row.contract))
    balance = balance_of(right, on, UNIT)
    if balance is None or balance.left < ONE:
        return
    title = content.kind.title
    posting = Posting(
        at, _key(row), f"交付 {row.code} {title.zh}"[:400], f"Delivered {row.code} {title.en}"[:400], actor
    )
    quotas.consume(entitlement=right, amount=ONE, on=on, posting=posting, unit=UNIT)


def _key(row: ServiceReport) -> str:
    return f"report:{row.code}:{row.version}"


def _same(row: ServiceReport) -> ServiceReportQuerySet:
    """Return every version, in any language, of what is reported about one time: together they count as one."""
    return ServiceReport.objects.filter(
        contract=row.contract_id, kind=row.kind, starts_on=row.starts_on, ends_on=row.ends_on
    )


def _booked(row: ServiceReport) -> QuotaEntry | None:
    """Return the line by which a report was booked as used; None where there is none, or it was given back."""
    keys = [_key(one) for one in _same(row).only("code", "version")]
    return QuotaEntry.objects.filter(key__in=keys, followed_by=None).select_related("quota").first()


def readers_of(row: ServiceReport, content: Report) -> tuple[str, ...]:
    """Return whom a delivered report is sent to: the customer's administrators, else its first contacts."""
    if content.kind.audience == "account_team":
        return ("account_team",)
    people = Contact.objects.active().filter(customer=row.contract.customer_id)
    if people.filter(user__role=Role.CUSTOMER_ADMIN).exists():
        return ("customer_admins",)
    return tuple(f"contact:{pk}" for pk in people.order_by("pk").values_list("pk", flat=True)[:MOST_CONTACTS])


@transaction.atomic
def withdraw(*, report: ServiceReport, reason: str, actor: User, at: datetime) -> ServiceReport:
    """Take a report back with a reason, and return it; what a delivered one met is owed again within the term.

    Raises RefusedError without a reason, for one that is being made, and for one that was taken back already.
    """
    row = _locked(report)
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    if row.state in (State.MAKING, State.WITHDRAWN):
        raise refused(row)
    was_delivered = row.state == State.DELIVERED
    row.state, row.reason = State.WITHDRAWN, reason.strip()[:400]
    row.withdrawn_at, row.withdrawn_by = at, actor
    row.save(update_fields=["state", "reason", "withdrawn_at", "withdrawn_by"])
    if was_delivered:
        _undo(row, actor, at)
        _tell(row, "report_withdrawn", readers_of(row, from_json(row.content or {})), at)
    return row


def _undo(row: ServiceReport, actor: User, at: datetime) -> None:
    """Owe again what this report met and give back what it used; what another one delivered stays delivered."""
    if _same(row).delivered().exists():
        return
    is_running = local_date(row.contract, at) <= last_day(row.contract)
    codes = _same(row).values_list("code", flat=True)
    for owed in row.contract.obligations.filter(met_by_ref__in=codes) if is_running else ():
        obligations.take_back(obligation=owed, reason=row.reason, at=at, actor=actor)
    if used := _booked(row):
        posting = Posting(at, f"{used.key}:back", f"撤回 {row.code}", f"Withdrew {row.code}", actor)
        quotas.correct(quota=used.quota, amount=ONE, posting=posting, of=used)


def _tell(row: ServiceReport, kind: str, to: tuple[str, ...], at: datetime) -> None:
    key = f"{kind}:{row.code}:{row.version}"
    tell(kind=kind, contract=row.contract, about={"report": row.pk}, to=to, at=at, key=key)
