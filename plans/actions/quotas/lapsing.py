"""What time does to amounts: warnings while there is time to use them, and the lapse of what was not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.news import tell
from plans.actions.quotas.booking import Posting, expire, left_of
from plans.models import Contract, Quota
from plans.quotas.steps import days_left, lapses_at, next_step
from plans.quotas.words import in_both, number_words
from sla.batching import each_alone

# Which letter tells it.
LAPSING = "quota_lapsing"
# How long an amount that raised is left alone.
AGAIN = timedelta(hours=1)


def due(*, at: datetime, limit: int = 100) -> int:
    """Warn of, or let lapse, up to `limit` amounts whose time has come, and return how many. May run twice at once.

    Amounts of one contract whose time has come together are told together.
    """
    with transaction.atomic():
        rows = Quota.objects.due(at).select_for_update(skip_locked=True, of=("self",))
        quotas = list(rows.select_related("contract", "item")[:limit])
        together = [list(group) for _key, group in groupby(quotas, _occasion)]
        each_alone(together, lambda group: _step(group, at), lambda group, error: _put_off(group, at))
        return len(quotas)


def _occasion(quota: Quota) -> tuple[object, ...]:
    return quota.next_step_at, quota.contract_id, quota.ends_on


def _step(quotas: Sequence[Quota], at: datetime) -> None:
    contract, ends_on = quotas[0].contract, quotas[0].ends_on
    if lapses_at(contract, ends_on) <= at:
        for quota in quotas:
            _lapse(quota, at)
        return
    _warn(contract, [quota for quota in quotas if left_of(quota) > 0], at)
    for quota in quotas:
        quota.next_step_at = next_step(contract, quota.starts_on, ends_on, at)
    Quota.objects.bulk_update(quotas, ["next_step_at"])


def _lapse(quota: Quota, at: datetime) -> None:
    zh, en = in_both(lambda: _("可用期已过，未用部分作废。"))
    expire(quota=quota, posting=Posting(at, f"quota:{quota.pk}:lapse:{quota.ends_on:%Y%m%d}", zh, en))


def _warn(contract: Contract, quotas: Sequence[Quota], at: datetime) -> None:
    """Tell the customer's administrators and the success manager how much is left of what, and until when."""
    if not quotas:
        return
    first = quotas[0]
    left = {str(quota.pk): number_words(left_of(quota)) for quota in quotas}
    about = {"left": left, "days": days_left(contract, first.ends_on, at)}
    key = f"{LAPSING}:{first.pk}:{first.next_step_at:%Y%m%d}"
    tell(kind=LAPSING, contract=contract, about=about, to=["success_manager", "customer_admins"], at=at, key=key)


def _put_off(quotas: Sequence[Quota], at: datetime) -> None:
    Quota.objects.filter(pk__in=[quota.pk for quota in quotas]).update(next_step_at=at + AGAIN)
