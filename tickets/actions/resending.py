"""Messages that were given up, sent again under their own ids."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from sla.refusals import ActionRefusedError
from tickets.models import Delivery, WebhookEndpoint
from tickets.telling.outbox import send_again

State = Delivery.State


@transaction.atomic
def resend(*, delivery: Delivery, at: datetime) -> Delivery:
    """Queue one message once more: any that was given up, and a program's call that it wants to hear again."""
    row = Delivery.objects.select_for_update(of=("self",)).select_related("endpoint").get(pk=delivery.pk)
    if row.endpoint:
        _check_on(row.endpoint)
    is_heard = row.state == State.SENT and row.channel == Delivery.WEBHOOK
    if row.state != State.FAILED and not is_heard:
        words = _("能重发的是没有送达的；已送达的只有程序回调可以再发一次。")
        raise ActionRefusedError("not_resendable", words)
    if is_heard:
        Delivery.objects.filter(pk=row.pk).update(state=State.FAILED, sent_at=None)
    _queue([row.pk], at)
    row.refresh_from_db()
    return row


@transaction.atomic
def resend_failed(*, endpoint: WebhookEndpoint, at: datetime) -> int:
    """Queue all that an endpoint did not get once more, the oldest first; return how many."""
    _check_on(endpoint)
    return _queue(list(endpoint.deliveries.filter(state=State.FAILED).values_list("pk", flat=True)), at)


def _check_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.retired_at:
        raise ActionRefusedError("endpoint_removed", _("这个地址已删除，不能再发给它。"))
    if not endpoint.is_active:
        raise ActionRefusedError("endpoint_off", _("这个地址已停用。"), ways_on=[_("先启用它，再重发。")])


def _queue(keys: Collection[int], at: datetime) -> int:
    """Queue messages again; what a robot wrote is written anew, for what it told beside is queued by itself."""
    rows = Delivery.objects.filter(pk__in=keys)
    rows.filter(channel__in=WebhookEndpoint.ROBOTS).update(rendered=None)
    WebhookEndpoint.objects.filter(deliveries__in=keys).update(rests_until=None)
    return send_again(keys=keys, at=at)
