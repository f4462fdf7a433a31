"""What the demo's contracts owed until now was mostly delivered in time; one thing came late, one is overdue."""

from datetime import datetime, timedelta

from plans.actions.obligations import agree_frequency, meet
from plans.models import Contract, Entitlement, Obligation, User
from plans.obligations.schedule import Frequency, Period

# Promise and line of what contracts agree on by themselves, and why.
AGREED = (
    ("Y22", "strategy", Frequency(1, Period.HALF_YEAR), "合同附件：每半年一次战略咨询"),
    ("K10", "", Frequency(1, Period.QUARTER), "合同附件：每季度一次工单分析汇报"),
)
CODES = {"Y13": "BP", "Y14": "HC", "Y15": "OR", "K13": "SR", "K10": "TA", "Y22": "SC"}


def deliver_until(*, now: datetime) -> None:
    """Agree how often where plans leave it open, and note as delivered what was owed before now."""
    decider = User.objects.filter(role="manager").order_by("pk").first()
    for promise, line, frequency, reason in AGREED:
        right = Entitlement.objects.select_related("item", "contract").filter(item__promise=promise)
        for entitlement in right.order_by("contract__number")[:2]:
            agree_frequency(
                entitlement=entitlement, line=line, frequency=frequency, reason=reason, actor=decider, at=now
            )
    for number, contract in enumerate(Contract.objects.order_by("number")):
        _deliver(contract, now, leaves_one=number == 1, is_late_once=number in (0, 2))


def _deliver(contract: Contract, now: datetime, *, leaves_one: bool, is_late_once: bool) -> None:
    past = contract.obligations.open().filter(due_on__lt=now.date()).select_related("item").order_by("due_on", "pk")
    rows = list(past)
    holder = next((member.user for member in contract.account_team.filter(seat="success_manager")), None)
    for row in rows[:-1] if leaves_one else rows:
        late = timedelta(days=6) if is_late_once and row is rows[0] else timedelta(days=-3 - row.pk % 17)
        meet(obligation=row, ref=_ref(row), at=_noon(row, now) + late, actor=holder)


def _noon(row: Obligation, now: datetime) -> datetime:
    return now.replace(year=row.due_on.year, month=row.due_on.month, day=row.due_on.day, hour=7, minute=0, second=0)


def _ref(row: Obligation) -> str:
    return f"{CODES[row.item.promise]}-{row.due_on.year}-{row.number:02d}"
