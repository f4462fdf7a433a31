"""What the demo's contracts used until now stands in their ledgers; one visit is booked, a number published."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import Contract, Entitlement, Item, Obligation, User
from plans.models.people import STAFF_ROLES
from plans.terms import last_day, local_date

# Person-days that private operations took, by days before now: what was done, in both languages.
VISITS = (
    (120, "1", "部署方案评审", "Review of the deployment plan"),
    (64, "0.5", "数据库参数检查", "Check of database parameters"),
)
PLACES = Decimal(20)
DELIVERED = (Obligation.State.MET, Obligation.State.LATE)


def draw_down(*, now: datetime) -> None:
    """Book what was delivered, what is agreed for the coming weeks, and what was published since."""
    met = Obligation.objects.filter(state__in=DELIVERED, met_at__lte=now, entitlement__isnull=False)
    for row in met.select_related("entitlement__item", "entitlement__contract", "item").order_by("met_at", "pk"):
        _use_for(row)
    for entitlement in Entitlement.objects.filter(item__service="private_operations").order_by("contract__number")[:2]:
        _visit(entitlement, now)
    _publish(now)


def _use_for(row: Obligation) -> None:
    item = row.item
    zh, en = f"{row.met_by_ref} {item.name}", f"{row.met_by_ref} {item.name_en}"
    on = min(local_date(row.contract, row.met_at or row.contract.signed_at), row.due_on)
    posting = Posting(row.met_at, f"demo:{row.pk}", zh, en, _manager(row.contract))  # type: ignore[arg-type]
    quotas.consume(entitlement=row.entitlement, amount=Decimal(1), on=on, posting=posting)  # type: ignore[arg-type]


def _visit(entitlement: Entitlement, now: datetime) -> None:
    contract, today = entitlement.contract, local_date(entitlement.contract, now)
    for days, amount, zh, en in VISITS:
        at = now - timedelta(days=days)
        if contract.starts_on < today - timedelta(days=days):
            posting = Posting(at, f"demo:{entitlement.pk}:{days}", zh, en, _manager(contract))
            quotas.consume(
                entitlement=entitlement, amount=Decimal(amount), on=today - timedelta(days=days), posting=posting
            )
    ahead = min(today + timedelta(days=12), last_day(contract))
    _reserve(entitlement, ahead, now)


def _reserve(entitlement: Entitlement, on: date, now: datetime) -> None:
    zh, en = "月结前的环境巡检，已约定", "Inspection before the month's closing, agreed"
    posting = Posting(now - timedelta(hours=5), f"demo:{entitlement.pk}:ahead", zh, en, _manager(entitlement.contract))
    quotas.reserve(entitlement=entitlement, amount=Decimal(1), on=on, posting=posting)


def _publish(now: datetime) -> None:
    for item in Item.objects.filter(plan__is_current=True, service="product_certification"):
        decider = User.objects.filter(role="manager").order_by("pk").first()
        quotas.publish(item=item, amount=PLACES, notice="金蝶精一 本年度认证通知", actor=decider, at=now)


def _manager(contract: Contract) -> User | None:
    seated = contract.account_team.filter(user__role__in=STAFF_ROLES).select_related("user").order_by("pk").first()
    return seated.user if seated else None
