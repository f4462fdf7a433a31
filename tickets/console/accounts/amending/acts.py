"""What may be changed in a contract: each with its form and the action that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from plans.actions import (
    NewTarget,
    Owned,
    change_plan,
    change_term,
    disown,
    end,
    leave_seat,
    override,
    override_calendar,
    override_quota,
    own,
    place,
    set_switch,
    take_seat,
    unset_switch,
)
from plans.actions.overrides import rescind
from plans.models import Contract, User
from sla.models import Target
from tickets.console.accounts.amending import forms
from tickets.console.accounts.amending.forms import HOUR, AmendForm


@dataclass(frozen=True)
class Deed:
    """Who changes what, when."""

    contract: Contract
    actor: User
    at: datetime

    @property
    def who(self) -> dict[str, Any]:
        """Return who decides, and when, as the actions ask it."""
        return {"actor": self.actor, "at": self.at}


@dataclass(frozen=True)
class Act:
    """One thing that may be changed."""

    key: str
    name: LazyText
    what: LazyText
    form: type[AmendForm]
    carry_out: Callable[[Deed, Any], None]


def _term(deed: Deed, form: Any) -> None:
    change_term(contract=deed.contract, **form.cleaned_data, **deed.who)


def _plan(deed: Deed, form: Any) -> None:
    change_plan(contract=deed.contract, **form.cleaned_data, **deed.who)


def _end(deed: Deed, form: Any) -> None:
    end(contract=deed.contract, **form.cleaned_data, **deed.who)


def _place(deed: Deed, form: Any) -> None:
    place(contract=deed.contract, **form.cleaned_data, **deed.who)


def _own(deed: Deed, form: Any) -> None:
    said = dict(form.cleaned_data)
    reason = said.pop("reason")
    own(contract=deed.contract, products=[Owned(**said)], reason=reason, **deed.who)


def _disown(deed: Deed, form: Any) -> None:
    disown(**form.cleaned_data, **deed.who)


def _seat(deed: Deed, form: Any) -> None:
    take_seat(contract=deed.contract, **form.cleaned_data, **deed.who)


def _leave(deed: Deed, form: Any) -> None:
    member, reason = form.cleaned_data["member"], form.cleaned_data["reason"]
    leave_seat(contract=deed.contract, seat=member.seat, user=member.user, reason=reason, **deed.who)


def _switch(deed: Deed, form: Any) -> None:
    said = form.cleaned_data
    if said["value"]:
        set_switch(contract=deed.contract, **said, **deed.who)
    else:
        unset_switch(contract=deed.contract, name=said["name"], reason=said["reason"], **deed.who)


def _target(deed: Deed, form: Any) -> None:
    said = form.cleaned_data
    is_days = said["unit"] == "working_days"
    target = NewTarget(
        metric=said["metric"],
        amount=said["amount"] if is_days else said["amount"] * HOUR,
        unit=Target.Unit.WORKING_DAYS if is_days else Target.Unit.SECONDS,
        calendar=said["calendar"],
    )
    override(contract=deed.contract, target=target, reason=said["reason"], dates=form.dates, **deed.who)


def _calendar(deed: Deed, form: Any) -> None:
    said = {name: form.cleaned_data[name] for name in ("promise", "calendar", "reason")}
    override_calendar(contract=deed.contract, dates=form.dates, **said, **deed.who)


def _quota(deed: Deed, form: Any) -> None:
    promise, _slash, unit = form.cleaned_data["what"].partition("/")
    said = {name: form.cleaned_data[name] for name in ("amount", "reason")}
    override_quota(contract=deed.contract, promise=promise, unit=unit, dates=form.dates, **said, **deed.who)


def _rescind(deed: Deed, form: Any) -> None:
    rescind(**form.cleaned_data, **deed.who)


ACTS = [
    Act(
        "target",
        _("约定时限"),
        _("例如首次响应 1 小时；只对这份合同，按选的日子生效和到期。"),
        forms.TargetForm,
        _target,
    ),
    Act("calendar", _("约定服务时间"), _("这份合同的某项服务按另一份服务时间计时。"), forms.CalendarForm, _calendar),
    Act("quota", _("约定次数"), _("这份合同的某项计次服务给另一个数量。"), forms.QuotaForm, _quota),
    Act("switch", _("合同选项"), _("原文没有写明的几件事，由谁决定、为什么，都会留下。"), forms.SwitchForm, _switch),
    Act("term", _("改服务期"), _("改长或改短；要接着签下一期，请用续签。"), forms.TermForm, _term),
    Act(
        "plan",
        _("换计划"),
        _("换成同一厂商的另一个计划，未结的工单随之改变；要换到新版本，请看“新版本”。"),
        forms.PlanForm,
        _plan,
    ),
    Act("end", _("提前终止"), _("最后一天之后不再受理新的问题。"), forms.EndForm, _end),
    Act("place", _("机构和团队"), _("由哪里的机构、哪个团队服务。"), forms.PlaceForm, _place),
    Act("own", _("加产品"), _("把产品列入合同；已在其中的会更新版本和数量。"), forms.ProductForm, _own),
    Act("disown", _("去掉产品"), _("列表里没有的产品就不在服务范围内。"), forms.DisownForm, _disown),
    Act("seat", _("客户团队加人"), _("经理席位只有一位，新的一位接替原来的。"), forms.SeatForm, _seat),
    Act("leave", _("客户团队减人"), _("离开后不再收到这份合同的提醒。"), forms.LeaveForm, _leave),
]
# Done from where the agreement stands, not from the list.
RESCIND = Act("rescind", _("撤销约定"), _("撤销后按计划的原文计时。"), forms.RescindForm, _rescind)
BY_KEY = {act.key: act for act in [*ACTS, RESCIND]}
