"""Set the number of something that a plan leaves to be published, for every contract that has it. Source: K15, K16"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.quotas.booking import MOST
from plans.actions.quotas.laying import lay_out
from plans.models import Contract, Item, PublishedAmount, User
from plans.quotas.rules import rules_of
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from plans.wording import clause_of


@transaction.atomic
def publish(*, item: Item, amount: Decimal, notice: str, actor: User | None, at: datetime) -> PublishedAmount:
    """Set how many there are from now on, and grant them to every contract in force that has the item.

    `notice` says where it was published. A smaller number than before is taken back as far as it is left. Raises
    RefusedError for an item whose number the plan says itself, and when a contract used more than there are now.
    """
    rule = next((rule for rule in rules_of(item) if rule.is_as_published), None)
    if rule is None:
        raise _refused("not_as_published", _("这一项的数量由计划写明，不另行发布。"), item)
    if not notice.strip():
        raise _refused("notice_missing", _("请写明在哪里发布。"), item)
    if not amount.is_finite() or not 0 <= amount <= MOST or amount % 1:
        raise _refused("bad_amount", _("名额应是 0 到 %s 之间的整数。") % MOST, item)
    row = PublishedAmount.objects.create(
        item=item, unit=rule.unit, amount=amount, notice=notice.strip()[:400], actor=actor,
        actor_display=str(actor) if actor else "", at=at,
    )  # fmt: skip
    for contract in reached(item, at):
        lay_out(contract=contract, at=at, actor=actor, reason=notice.strip())
    return row


def reached(item: Item, at: datetime) -> Iterator[Contract]:
    """Yield the contracts that a published number reaches: in force or ahead, with this item of its plan."""
    same = {"item__plan__code": item.plan.code, "item__promise": item.promise, "item__service": item.service}
    held = Contract.objects.filter(
        pk__in=Contract.objects.filter(**{f"entitlements__{key}": value for key, value in same.items()})
    )
    for contract in held.select_related("plan").order_by("pk"):
        if last_day(contract) >= local_date(contract, at):
            yield contract


def _refused(code: str, message: str, item: Item) -> RefusedError:
    return RefusedError(code, message, promise=item.promise, clause=clause_of(item))
