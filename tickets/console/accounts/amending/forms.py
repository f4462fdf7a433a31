"""One form for each thing that may be changed in a contract."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.actions.overrides import Dates, counted
from plans.actions.own_terms import MEETS
from plans.actions.switches import switches_of
from plans.models import AccountTeamMember, Contract, Override, Plan, Product, Switch
from plans.models.contracts import Deployment
from plans.quotas.words import unit_name
from plans.terms import last_day
from plans.wording import name_of
from sla.models.policies import Metric
from tickets.console.accounts import fields

HOUR = 3600
NAMED = {"required": _("请选择。"), "invalid_choice": _("没有这一项。")}


class AmendForm(forms.Form):
    """A change of one contract; its answers depend on what that contract has."""

    use_required_attribute = False

    def __init__(self, contract: Contract, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.contract = contract
        self.prepare()

    def prepare(self) -> None:
        """Offer what this contract has."""


class TermForm(AmendForm):
    """Another term."""

    starts_on = fields.day(_("服务期自"))
    ends_on = fields.day(_("服务期至"), why=_("含当日。"))
    reason = fields.reason()

    def prepare(self) -> None:
        self.initial = {"starts_on": self.contract.starts_on, "ends_on": last_day(self.contract), **self.initial}


class EndForm(AmendForm):
    """An early end."""

    on = fields.day(
        _("最后一天"),
        why=_("过了这一天就不再受理新的问题，已受理的会处理完。补记已过去的日期时，其间受理、交付和使用的照旧算数。"),
    )
    reason = fields.reason()


class PlaceForm(AmendForm):
    """Another branch and team."""

    branch = fields.branch()
    team = fields.team()
    reason = fields.reason()

    def prepare(self) -> None:
        self.initial = {"branch": self.contract.branch_id, "team": self.contract.team_id, **self.initial}


class ProductForm(AmendForm):
    """A product more, or other figures of one that is there."""

    product = fields.Named(Product.objects.none(), label=_("产品"), empty_label=_("选一个产品"), error_messages=NAMED)
    deployment = forms.ChoiceField(label=_("部署方式"), choices=Deployment.choices)
    tenant = forms.CharField(label=_("租户"), max_length=64, required=False)
    version = forms.CharField(label=_("版本"), max_length=40, required=False)
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=1_000_000, initial=1)
    reason = fields.reason(required=False)

    def prepare(self) -> None:
        sold: Any = self.fields["product"]
        sold.queryset = Product.objects.filter(vendor=self.contract.plan.vendor)


class PlanForm(AmendForm):
    """Another plan of the same vendor."""

    plan = fields.Named(Plan.objects.none(), label=_("成功计划"), empty_label=_("选一个计划"), error_messages=NAMED)
    reason = fields.reason()

    def prepare(self) -> None:
        held, sold = self.contract.plan, Plan.objects.current().filter(is_a_la_carte=False)
        offered: Any = self.fields["plan"]
        offered.queryset = sold.filter(vendor=held.vendor).exclude(code=held.code).order_by("-rank")


class DisownForm(AmendForm):
    """A product less."""

    owned = forms.ModelChoiceField(
        Contract.objects.none(), label=_("产品"), empty_label=_("选一个产品"), error_messages=NAMED
    )
    reason = fields.reason()

    def prepare(self) -> None:
        held: Any = self.fields["owned"]
        held.queryset = self.contract.owned_products.select_related("product")
        held.label_from_instance = _held


def _held(row: Any) -> str:
    parts = [name_of(row.product), row.get_deployment_display(), row.tenant]
    return " · ".join(str(part) for part in parts if part)


class SeatForm(AmendForm):
    """Somebody on the account team."""

    seat = forms.ChoiceField(label=_("席位"), choices=AccountTeamMember.Seat.choices)
    user = fields.colleague(_("同事"))
    reason = fields.reason(required=False)


class LeaveForm(AmendForm):
    """Somebody off the account team."""

    member = forms.ModelChoiceField(
        AccountTeamMember.objects.none(), label=_("谁"), empty_label=_("选一位同事"), error_messages=NAMED
    )
    reason = fields.reason(required=False)

    def prepare(self) -> None:
        seated: Any = self.fields["member"]
        seated.queryset = self.contract.account_team.select_related("user")
        seated.label_from_instance = lambda row: f"{name_of(row.user) or row.user} · {row.get_seat_display()}"


class SwitchForm(AmendForm):
    """An answer to what the source leaves open; none takes it back."""

    name = forms.ChoiceField(label=_("选项"), choices=Switch.Name.choices)
    value = forms.ChoiceField(label=_("取值"), required=False, choices=fields.switch_values)
    reason = fields.reason()

    def prepare(self) -> None:
        name: Any = self.fields["name"]
        name.choices = [(one.value, one.label) for one in switches_of(self.contract)]


class DatedForm(AmendForm):
    """Something agreed for certain days."""

    starts_on = fields.day(_("自"), required=False, why=_("留空表示从现在起。"))
    ends_on = fields.day(_("至"), required=False, why=_("含当日；留空表示直到服务期结束。"))
    reason = fields.reason()

    @property
    def dates(self) -> Dates:
        """Return the days that were asked for."""
        return Dates(self.cleaned_data["starts_on"], self.cleaned_data["ends_on"])


class TargetForm(DatedForm):
    """A target of this customer's own. Source: Y07, Y20"""

    metric = forms.ChoiceField(label=_("指标"), choices=[(metric, Metric(metric).label) for metric in MEETS])
    amount = forms.DecimalField(label=_("时限"), min_value=Decimal("0.01"), max_value=9000, decimal_places=2)
    unit = forms.ChoiceField(label=_("单位"), choices=[("hours", _("工作小时")), ("working_days", _("个工作日"))])
    calendar = fields.calendar(required=False, why=_("不选就按计划原来的服务时间。"))
    field_order = ["metric", "amount", "unit", "calendar", "starts_on", "ends_on", "reason"]


class CalendarForm(DatedForm):
    """Service hours of this customer's own. Source: Y20"""

    promise = forms.ChoiceField(label=_("服务项"), error_messages=NAMED)
    calendar = fields.calendar()
    field_order = ["promise", "calendar", "starts_on", "ends_on", "reason"]

    def prepare(self) -> None:
        offered: Any = self.fields["promise"]
        offered.choices = _promises(self.contract, lambda item: bool(item.calendar or item.policy))


class QuotaForm(DatedForm):
    """Another amount of something counted. Source: Y20"""

    what = forms.ChoiceField(label=_("服务项"), error_messages=NAMED)
    amount = forms.DecimalField(label=_("数量"), min_value=0, max_value=10_000, decimal_places=2)
    field_order = ["what", "amount", "starts_on", "ends_on", "reason"]

    def prepare(self) -> None:
        offered: Any = self.fields["what"]
        offered.choices = [
            (f"{row.item.promise}/{rule.unit}", f"{row.item.promise} {name_of(row.item)} · {unit_name(rule.unit)}")
            for row, rule in counted(self.contract)
        ]


class RescindForm(AmendForm):
    """Something agreed, taken back."""

    row = forms.ModelChoiceField(Override.objects.none(), label=_("约定"), error_messages=NAMED)
    reason = fields.reason()

    def prepare(self) -> None:
        agreed: Any = self.fields["row"]
        agreed.queryset = Override.objects.filter(
            entitlement__contract=self.contract, state__in=(Override.State.AHEAD, Override.State.IN_FORCE)
        ).exclude(kind=Override.Kind.WITHDRAWN)
        agreed.widget = forms.HiddenInput()


def _promises(contract: Contract, is_offered: Any) -> list[tuple[str, str]]:
    rows = contract.entitlements.select_related("item").order_by("item__promise", "pk")
    found = {row.item.promise: f"{row.item.promise} {name_of(row.item)}" for row in rows if is_offered(row.item)}
    return list(found.items())
