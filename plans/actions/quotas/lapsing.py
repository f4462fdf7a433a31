"""What time does to amounts: warnings while there is time to use them, and the lapse of what was not."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.news import tell
from plans.actions.quotas.booking import Posting, expire, left_of
from plans.models import Quota
from plans.quotas.steps import days_left, lapses_at, next_step
from plans.quotas.words import in_both, number_words
from sla.batching import each_alone

# Which letter tells it.
LAPSING = "quota_lapsing"
# How long an amount that raised is left alone.
AGAIN = timedelta(hours=1)


def due(*, at: datetime, limit: int = 100) -> int:
    """Warn of, or let lapse, up to `limit` amounts whose time has come, and return how many. May run twice at once."""
    with transaction.atomic():
        rows = Quota.objects.due(at).select_for_update(skip_locked=True, of=("self",))
        quotas = list(rows.select_related("contract", "item")[:limit])
        each_alone(quotas, lambda quota: _step(quota, at), lambda quota, error: _put_off(quota, at))
        return len(quotas)


def _step(quota: Quota, at: datetime) -> None:
    contract = quota.contract
    if lapses_at(contract, quota.ends_on) <= at:
        zh, en = in_both(lambda: _("可用期已过，未用部分作废。"))
        expire(quota=quota, posting=Posting(at, f"quota:{quota.pk}:lapse:{quota.ends_on:%Y%m%d}", zh, en))
        return
    if left_of(quota) > 0:
        _warn(quota, at)
    quota.next_step_at = next_step(contract, quota.starts_on, quota.ends_on, at)
    quota.save(update_fields=["next_step_at"])


def _warn(quota: Quota, at: datetime) -> None:
    """Tell the customer's administrators and the success manager how much is left and until when."""
    days = days_left(quota.contract, quota.ends_on, at)
    about = {"quota": quota.pk, "left": number_words(left_of(quota)), "days": days}
    tell(
        kind=LAPSING, contract=quota.contract, about=about, to=["success_manager", "customer_admins"], at=at,
        key=f"{LAPSING}:{quota.pk}:{quota.next_step_at:%Y%m%d}",
    )  # fmt: skip


def _put_off(quota: Quota, at: datetime) -> None:
    Quota.objects.filter(pk=quota.pk).update(next_step_at=at + AGAIN)
