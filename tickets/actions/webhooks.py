"""Writes of the addresses outside: added, changed, given a new secret, tried out, switched off and on, removed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Customer, Team
from plans.models.people import Language
from plans.models.sealed import opened
from plans.wording import name_of
from sla.models import EscalationRule, Policy
from sla.refusals import ActionRefusedError
from tickets.actions.bulletins import publish
from tickets.answers import instant
from tickets.channels import outside, webhook
from tickets.channels.base import ChannelError
from tickets.channels.webhook import Call
from tickets.models import Bulletin, Delivery, DeliveryTry, WebhookEndpoint
from tickets.models.endpoints import EVENTS
from tickets.telling.cards import trial_card
from tickets.telling.program_news import enveloped

Kind = WebhookEndpoint.Kind
# What the platforms allow one robot.
MOST_PER_MINUTE = 20
# So long both the new and the old secret sign.
BOTH_SIGN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an endpoint is to hear, and how: in which language, how often, of whose tickets."""

    language: str = Language.CHINESE
    per_minute: int | None = None
    subscriptions: tuple[str, ...] = ()
    vendor: str = ""
    team: Team | None = None
    customer: Customer | None = None


@transaction.atomic
def add(
    *, name: str, url: str, kind: str = Kind.WEBHOOK, secret: str = "", wanted: Wanted | None = None
) -> WebhookEndpoint:
    """Add an endpoint: a program with a secret of its own, to be shown once, a robot with the one it was given."""
    _check(url)
    if WebhookEndpoint.objects.kept().filter(name=name).exists():
        raise ActionRefusedError("name_taken", _("已有同名的回调地址。"))
    is_program = kind == Kind.WEBHOOK
    endpoint = WebhookEndpoint(name=name, url=url, kind=kind, secret=webhook.new_secret() if is_program else secret)
    return _kept(endpoint, wanted or Wanted())


@transaction.atomic
def change(*, endpoint: WebhookEndpoint, wanted: Wanted, url: str = "", secret: str = "") -> WebhookEndpoint:
    """Change what an endpoint hears, and where it is; an address or a robot's secret left blank stays as it is."""
    endpoint = _held(endpoint)
    if url:
        _check(url)
        endpoint.url = url
    if secret and endpoint.is_robot:
        endpoint.secret = secret
    endpoint.rests_until = None
    return _kept(endpoint, wanted)


def _kept(endpoint: WebhookEndpoint, wanted: Wanted) -> WebhookEndpoint:
    """Save an endpoint as it is wanted. Raises ActionRefusedError for news that there are not."""
    if unknown := sorted(set(wanted.subscriptions) - set(EVENTS)):
        raise ActionRefusedError("unknown_event", _("没有这种事件：%(names)s。") % {"names": _("、").join(unknown)})
    most = MOST_PER_MINUTE if endpoint.is_robot else None
    endpoint.per_minute = min(wanted.per_minute or most, most) if most else wanted.per_minute
    endpoint.language, endpoint.subscriptions = wanted.language, list(wanted.subscriptions)
    endpoint.vendor, endpoint.team, endpoint.customer = wanted.vendor, wanted.team, wanted.customer
    endpoint.save()
    return endpoint


def _held(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Lock an endpoint and return it as it is now. Raises ActionRefusedError for one that was removed."""
    held = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
    if held.retired_at:
        words = _("这个地址已删除，只留下投递记录。")
        raise ActionRefusedError("endpoint_removed", words, ways_on=[_("需要时重新添加一个，名称可以相同。")])
    return held


@transaction.atomic
def drop_secret(*, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Sign what is written to a robot no more; what goes to a program is always signed."""
    endpoint = _held(endpoint)
    if not endpoint.is_robot:
        words = _("发给程序的回调都要签名，不能没有密钥。")
        raise ActionRefusedError("always_signed", words, ways_on=[_("请更换签名密钥。")])
    endpoint.secret = ""
    endpoint.save(update_fields=["secret"])
    return endpoint


@transaction.atomic
def retire(*, endpoint: WebhookEndpoint, note: str, at: datetime) -> WebhookEndpoint:
    """Remove an endpoint: its log stays, its secrets and what lets anybody write there do not, its name is free.

    What was still to go is withheld. Raises ActionRefusedError while rules in force call it by name: alerts would get
    lost unseen.
    """
    endpoint = _held(endpoint)
    _check_uncalled(endpoint)
    endpoint.url, endpoint.secret, endpoint.old_secret, endpoint.old_secret_until = endpoint.shown_url, "", "", None
    endpoint.is_active, endpoint.retired_at, endpoint.note, endpoint.rests_until = False, at, note[:200], None
    endpoint.subscriptions = []
    endpoint.save()
    waiting = endpoint.deliveries.filter(state=Delivery.State.QUEUED)
    waiting.update(state=Delivery.State.WITHHELD, lease_until=None, error=Delivery.REMOVED)
    return endpoint


def _check_uncalled(endpoint: WebhookEndpoint) -> None:
    rules = EscalationRule.objects.filter(policy__in=Policy.objects.current())
    calling = rules.filter(actions__contains=[{"do": "webhook", "endpoint": endpoint.name}]).select_related("policy")
    if names := sorted({name_of(rule.policy) for rule in calling}):
        words = _("现行的升级规则点名要通知它：%(names)s。") % {"names": _("、").join(names)}
        ways_on = [_("先改这些规则，再删除；暂时不想通知它，可以停用。")]
        raise ActionRefusedError("endpoint_in_rules", words, ways_on=ways_on)


@transaction.atomic
def renew_secret(*, endpoint: WebhookEndpoint, at: datetime) -> WebhookEndpoint:
    """Give a program's endpoint a new secret, to be shown once; for a day the old one signs beside it."""
    if endpoint.is_robot:
        words = _("机器人的密钥由它所在的平台给出。")
        raise ActionRefusedError("not_ours", words, ways_on=[_("请在平台上更换，再在这里填写新的。")])
    endpoint = _held(endpoint)
    endpoint.old_secret, endpoint.old_secret_until = opened(endpoint, "secret") or "", at + BOTH_SIGN
    endpoint.secret = webhook.new_secret()
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return endpoint


@transaction.atomic
def move(*, endpoint: WebhookEndpoint, url: str) -> WebhookEndpoint:
    """Call an endpoint under another address from now on."""
    endpoint = _held(endpoint)
    _check(url)
    endpoint.url = url
    endpoint.save(update_fields=["url"])
    return endpoint


@transaction.atomic
def switch_on(*, endpoint: WebhookEndpoint) -> None:
    """Call an endpoint again. Raises ActionRefusedError for one that was removed."""
    _held(endpoint)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=True, note="", rests_until=None)


@transaction.atomic
def switch_off(*, endpoint: WebhookEndpoint, note: str) -> None:
    """Call an endpoint no more, for a reason; what is still queued for it is given up when its turn comes."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=False, note=note[:200], rests_until=None)


@transaction.atomic
def give_up(*, endpoint: WebhookEndpoint, why: str, at: datetime) -> None:
    """Switch an endpoint off because it takes no more, and tell those who run the product: alerts get lost there."""
    switch_off(endpoint=endpoint, note=why)
    fields: dict[str, Any] = {"name": endpoint.name, "why": why, "kind": endpoint.kind}
    key = f"endpoint_off:{endpoint.pk}:{instant(at)}"
    publish(Bulletin(key=key, kind=Bulletin.Kind.ENDPOINT_OFF, is_alarm=True, fields=fields, at=at))


@transaction.atomic
def warn(*, endpoint: WebhookEndpoint, why: str, at: datetime) -> None:
    """Tell those who run the product, once a day, that nothing gets through to an endpoint: it is tried on."""
    fields: dict[str, Any] = {"name": endpoint.name, "why": why, "kind": endpoint.kind, "is_off": False}
    key = f"endpoint_failing:{endpoint.pk}:{at.astimezone(UTC):%Y-%m-%d}"
    publish(Bulletin(key=key, kind=Bulletin.Kind.ENDPOINT_OFF, is_alarm=True, fields=fields, at=at))


@transaction.atomic
def rest(*, endpoint: WebhookEndpoint, until: datetime) -> None:
    """Leave an endpoint alone until an instant."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(rests_until=until)


def try_out(*, endpoint: WebhookEndpoint, at: datetime) -> DeliveryTry:
    """Send a test message at once and return how that went; takes as long as the other side, so outside of atomic."""
    if endpoint.is_robot:
        body = outside.written_by(endpoint.kind, trial_card(endpoint.name, endpoint.language))
    else:
        body = enveloped("test", instant(at), {"endpoint": endpoint.name})
    went = outside.attempt(Call(endpoint, f"test_{endpoint.pk}_{int(at.timestamp() * 1000)}", body, at))
    told = {"outcome": went.outcome, "status": went.status, "ms": went.ms, "answer": went.said[:400]}
    return DeliveryTry.objects.create(endpoint=endpoint, at=at, **told)


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
