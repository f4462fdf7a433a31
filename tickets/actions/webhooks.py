"""Writes of the programs that rules may call: added, given a new secret, switched off and on."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from sla.refusals import ActionRefusedError
from tickets.channels import webhook
from tickets.channels.base import ChannelError
from tickets.models import WebhookEndpoint


@transaction.atomic
def add(*, name: str, url: str) -> WebhookEndpoint:
    """Add an endpoint with a secret of its own, to be shown once."""
    _check(url)
    if WebhookEndpoint.objects.filter(name=name).exists():
        raise ActionRefusedError("name_taken", _("已有同名的回调地址。"))
    return WebhookEndpoint.objects.create(name=name, url=url, secret=webhook.new_secret())


@transaction.atomic
def renew_secret(*, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Give an endpoint a new secret, to be shown once; the old one signs nothing any more."""
    endpoint.secret = webhook.new_secret()
    endpoint.save(update_fields=["secret"])
    return endpoint


@transaction.atomic
def move(*, endpoint: WebhookEndpoint, url: str) -> WebhookEndpoint:
    """Call an endpoint under another address from now on."""
    _check(url)
    endpoint.url = url
    endpoint.save(update_fields=["url"])
    return endpoint


@transaction.atomic
def switch_on(*, endpoint: WebhookEndpoint) -> None:
    """Call an endpoint again."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=True, note="")


@transaction.atomic
def switch_off(*, endpoint: WebhookEndpoint, note: str) -> None:
    """Call an endpoint no more, for a reason; what is still queued for it is given up when its turn comes."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=False, note=note)


def _check(url: str) -> None:
    """Refuse what can never be called: no https, credentials in the address, or a place inside a network.

    Where a name leads is looked up at each call: a server that cannot be found today may be there tomorrow.
    """
    if not url.startswith("https://") and not settings.WEBHOOK_LOOPBACK:
        raise ActionRefusedError("not_https", _("回调地址须以 https:// 开头。"))
    try:
        webhook.named_by(url)
    except ChannelError as error:
        words = _("这个地址不能回调：%(why)s") % {"why": _("它不在公网上，或写法不对。")}
        ways_on = [_("请用公网上可以访问的地址，其中不要带用户名和密码。")]
        raise ActionRefusedError("not_callable", words, ways_on=ways_on) from error
