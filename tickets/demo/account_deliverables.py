"""What was handed over to one of the demo's customers: a report that is signed, and one that waits."""

from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction

from plans.accounts import account_team
from plans.actions import deliverables, quotas
from plans.actions.deliverables import Handing, Papers, Signature
from plans.actions.engagements import delivering, timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted
from plans.actions.news import withhold_news
from plans.deliverables.files import keep_generated
from plans.models import Contact, Contract, Deliverable, Engagement, Entitlement, Role, User
from plans.models.people import STAFF_ROLES
from plans.terms import last_day, local_date
from tickets.demo import script
from tickets.demo.timetable import BEIJING
from tickets.printing.engagement_report import report_pdf
from tickets.printing.press import PrintingError

log = structlog.get_logger(__name__)

TOLD = timedelta(hours=6)
BEGAN = timedelta(days=30)
DONE = "demo history: older than the demo itself"
NUMBER = "C-2026-010"
GRANTED = Decimal(6)
WATCH = """20:00 起在线值守。
21:15 成本结转报错：两张入库单的期间不对，改后通过。
23:10 合并报表完成。

建议：下月起提前一天跑预结账。"""
DIAGNOSIS = """单独计算正常、合并计算慢：三千个工单共用一张临时表，没有索引。

方案：按工厂分批，临时表加索引，预计由 6 小时降到 40 分钟。"""


def hand_over(*, now: datetime) -> None:
    """Have two reports of one customer be delivered, recorded and handed over; the first is signed by now."""
    contract = Contract.objects.filter(number=NUMBER).select_related("plan", "branch", "customer").first()
    contact = _contact(contract) if contract else None
    if contract is None or contact is None or contact.user is None or Deliverable.objects.exists():
        return
    if local_date(contract, now - BEGAN) < contract.starts_on or last_day(contract) < local_date(contract, now):
        return
    try:
        _play(contract, contact, now)
    except PrintingError as error:
        # Where no document can be set, the demo goes without these two.
        log.warning("demo_reports_not_printed", error=str(error))
    withhold_news(before=now - TOLD, kinds="engagement_", reason=DONE)
    withhold_news(before=now - TOLD, kinds="deliverable_", reason=DONE)


@transaction.atomic
def _play(contract: Contract, contact: Contact, now: datetime) -> None:
    first = now - BEGAN
    _grant(contract, first)
    watch = _delivered(contract, contact, ("critical_moment", "月末结账值守", WATCH), first)
    handed_at, signed_at = _day(first, 2, 10), _day(first, 4, 14)
    report = _report(watch, contact, "月末结账关键时刻支持报告", "Report on the month's closing watch", handed_at)
    signature = Signature(contact.name, report.last_round.digest)
    deliverables.sign(deliverable=report, signature=signature, actor=_signed_in(contact), at=signed_at)
    diagnosis = _delivered(contract, contact, ("expert_consultation", "成本计算慢", DIAGNOSIS), now - timedelta(days=3))
    yesterday = _day(now, -1, 16)
    _report(diagnosis, contact, "成本计算性能诊断报告", "Diagnosis of slow costing", yesterday)


def _day(at: datetime, days: int, hour: int) -> datetime:
    """Return an hour of Beijing so many days later."""
    return (at.astimezone(BEIJING) + timedelta(days=days)).replace(hour=hour, minute=12, second=0, microsecond=0)


def _contact(contract: Contract) -> Contact | None:
    rows = Contact.objects.active().filter(customer=contract.customer, user__isnull=False)
    shown = rows.filter(user__username__in=script.people()["sign_ins"])
    return (shown or rows).select_related("user", "customer").order_by("pk").first()


def _right(contract: Contract, service: str) -> Entitlement:
    related = ("item__plan", "contract__branch", "contract__plan", "contract__customer")
    return contract.entitlements.select_related(*related).get(item__service=service)


def _manager(contract: Contract) -> User:
    ours = [user for user in account_team(contract) if user.role in STAFF_ROLES]
    return ours[0] if ours else User.objects.filter(role=Role.MANAGER).order_by("pk")[0]


def _grant(contract: Contract, at: datetime) -> None:
    cause = ("合同附件二约定的关键时刻支持时间", "Time for critical moments agreed in annex 2")
    posting = quotas.Posting(at - timedelta(days=1), "demo:critical-moment", *cause, _manager(contract))
    right = _right(contract, "critical_moment")
    quotas.grant(entitlement=right, amount=GRANTED, on=local_date(contract, at), posting=posting, unit="person_days")


def _delivered(contract: Contract, contact: Contact, said: tuple[str, str, str], at: datetime) -> Engagement:
    """Return an engagement that began in the evening of a day, was delivered and recorded."""
    service, topic, done = said
    start = at.astimezone(BEIJING).replace(hour=20, minute=0, second=0, microsecond=0) - timedelta(days=1)
    expert, asked_at = _manager(contract), start - timedelta(days=5)
    wanted = Wanted(topic=topic, person_days=Decimal("1.5"))
    row = ask(asked=Asked(_right(contract, service), wanted, contact), actor=_signed_in(contact), at=asked_at)
    slot = Slot(start, start + timedelta(hours=3))
    timing.propose(engagement=row, slot=slot, actor=expert, at=asked_at + timedelta(hours=1))
    timing.accept(engagement=row, actor=_signed_in(contact), at=asked_at + timedelta(hours=2))
    delivering.deliver(engagement=row, actor=expert, at=slot.ends_at)
    report = delivering.Report(done, {attendee.pk: True for attendee in row.attendees.all()})
    delivering.record(engagement=row, report=report, actor=expert, at=slot.ends_at)
    return Engagement.objects.select_related("contract__customer", "contract__plan", "item", "requested_by").get(
        pk=row.pk
    )


def _signed_in(contact: Contact) -> User:
    if contact.user is None:
        raise LookupError(f"{contact} cannot sign in.")
    return contact.user


def _report(engagement: Engagement, contact: Contact, title: str, title_en: str, at: datetime) -> Deliverable:
    right = _right(engagement.contract, engagement.item.service)
    file = keep_generated(f"{title}.pdf", report_pdf(engagement))
    handing = Handing(
        entitlement=right, title=title, title_en=title_en, engagement=engagement, addressee=contact,
        papers=Papers([file], "请过目；有出入的地方请直接写下意见。"),
    )  # fmt: skip
    return deliverables.hand_over(handing=handing, actor=_manager(engagement.contract), at=at)
