"""The subjects of the rules area: where each is, what it is for, and the figure that says how it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.on_call import holder_of, roster
from sla.models import CalendarVersion, HolidaySet, Policy
from tickets.console.guard import Reader
from tickets.console.rail import rail
from tickets.console.rules.guard import may_write
from tickets.console.views import shown
from tickets.models import Delivery, Mailbox, WebhookEndpoint
from tickets.showing.wording import name_of


def _calendars(_reader: Reader) -> str:
    return _("%(n)d 份现行") % {"n": CalendarVersion.objects.current().count()}


def _holidays(reader: Reader) -> str:
    assumed = HolidaySet.objects.filter(status=HolidaySet.Status.ASSUMED, year__gte=reader.at.year).count()
    return _("%(n)d 个年份仍是推定的") % {"n": assumed} if assumed else _("都已公布")


def _policies(_reader: Reader) -> str:
    return _("%(n)d 份现行") % {"n": Policy.objects.current().count()}


def _on_call(reader: Reader) -> str:
    """Return who is on call at this moment, whoever for."""
    rotas = roster(reader.at).rotas
    found = dict.fromkeys(name_of(person) for rota in rotas if (person := holder_of(rota, reader.at)))
    return _("现在：%(names)s") % {"names": _("、").join(found)} if found else _("现在无人值班")


def _mailboxes(_reader: Reader) -> str:
    failing = Mailbox.objects.filter(is_active=True).exclude(error="").count()
    return _("%(n)d 个取信失败") % {"n": failing} if failing else ""


def _endpoints(_reader: Reader) -> str:
    """Return how many addresses outside are in use."""
    return _("%(n)d 个在用") % {"n": WebhookEndpoint.objects.active().count()}


def _deliveries(_reader: Reader) -> str:
    """Return how many messages were given up, if any were."""
    failed = Delivery.objects.filter(state=Delivery.State.FAILED).count()
    return _("%(n)d 条没有送达") % {"n": failed} if failed else _("都已送达")


def _nothing(_reader: Reader) -> str:
    return ""


@dataclass(frozen=True)
class Subject:
    """One subject: `route` is its url's name inside console:rules, `figure` one short live line for the overview."""

    route: str
    name: LazyText
    what: LazyText
    icon: str
    figure: Callable[[Reader], str] = _nothing

    @property
    def url(self) -> str:
        return reverse(f"console:rules:{self.route}")


SUBJECTS = [
    Subject(
        "calendars",
        gettext_lazy("服务时间"),
        gettext_lazy("每周哪些时段在班，哪些日子例外；每次保存都是新版本。"),
        "calendar",
        _calendars,
    ),
    Subject(
        "holidays",
        pgettext_lazy("subject", "节假日"),
        gettext_lazy("各地各年的放假和调休，从公布的来源导入。"),
        "gift",
        _holidays,
    ),
    Subject(
        "notices",
        pgettext_lazy("subject", "放假通知"),
        gettext_lazy("发布一份通知，先看它改变什么，再让它生效。"),
        "document",
    ),
    Subject(
        "policies",
        pgettext_lazy("subject", "响应标准"),
        gettext_lazy("多久内响应、超时前后通知谁，以及漏洞检查。"),
        "progress",
        _policies,
    ),
    Subject("drafts", pgettext_lazy("subject", "草案"), gettext_lazy("还没有生效的服务时间和响应标准。"), "edit"),
    Subject(
        "backtests",
        pgettext_lazy("subject", "回测"),
        gettext_lazy("假如早就用草案，过去的工单会怎样。"),
        "reopen",
    ),
    Subject("alerts", gettext_lazy("将要通知"), gettext_lazy("接下来 24 小时里，谁会被通知，为什么。"), "escalated"),
    Subject("rotas", pgettext_lazy("subject", "值班表"), gettext_lazy("轮到谁值班，谁和谁换了班。"), "team", _on_call),
    Subject(
        "mailboxes",
        gettext_lazy("收信邮箱"),
        gettext_lazy("客户往哪里写信，多久取一次，上次取得怎样。"),
        "email",
        _mailboxes,
    ),
    Subject(
        "imports",
        pgettext_lazy("subject", "历史工单导入"),
        gettext_lazy("把 Zendesk、Zammad 的工单连同往来取进来，先试后做。"),
        "merge",
    ),
    Subject(
        "endpoints",
        gettext_lazy("对外地址"),
        gettext_lazy("企业微信、钉钉、飞书的群机器人和别的程序，各听什么。"),
        "in_product",
        _endpoints,
    ),
    Subject(
        "deliveries",
        gettext_lazy("投递记录"),
        gettext_lazy("每一封信、每一次回调和每一条群消息，送达没有，何时重试。"),
        "export",
        _deliveries,
    ),
    Subject("keeping", gettext_lazy("保留期限"), gettext_lazy("每类记录留多久，到期清理什么。"), "all"),
    Subject("engine", gettext_lazy("引擎自检"), gettext_lazy("存下的时限和重新推算的是否一致。"), "monitoring"),
]


def nav(reader: Reader, current: str) -> dict[str, Any]:
    """Return what the frame of a page of the rules needs; `current` is its subject's route."""
    entries = [
        {"url": one.url, "name": one.name, "icon": one.icon, "is_current": one.route == current} for one in SUBJECTS
    ]
    frame = {"in_rules": True, "subjects": entries, "may_write": may_write(reader.user), "now": reader.at}
    return {**rail(reader, None), **frame}


def rules_page(
    request: HttpRequest, reader: Reader, page: tuple[str, str], context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return a page of the rules area in its frame; `page` is its subject's route and its template."""
    current, template = page
    return shown(request, template, {**nav(reader, current), **context}, status)
