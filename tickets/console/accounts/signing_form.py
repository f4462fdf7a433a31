"""What is asked of whoever signs a contract."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from plans.models import Plan, User
from plans.models.contracts import Deployment
from tickets.console.accounts import fields
from tickets.console.accounts.choosing import CustomerField, PicksField, ProductField, plan_of

# Lines for products; a contract of more gets the rest on its own page.
PRODUCTS = 4
# What an à-la-carte plan lets pick comes with the choice of the plan; without a script, after sending.
PLAN_CHOSEN = {
    "hx-get": reverse_lazy("console:accounts:sign_picks"), "hx-trigger": "change", "hx-target": "#picks",
    "hx-swap": "outerHTML",
}  # fmt: skip


class SignForm(forms.Form):
    """A contract that is to be signed; services are picked only of a plan that is sold item by item."""

    use_required_attribute = False
    field_order = [
        "customer", "number", "plan", "picks", "starts_on", "ends_on", "timezone", "branch", "team",
        "success_manager", "technical_manager", "reason",
    ]  # fmt: skip

    customer = CustomerField()
    number = forms.CharField(
        label=_("合同号"), max_length=40, error_messages=fields.REQUIRED, help_text=_("不含空格和 / ? #。")
    )
    plan = fields.Named(
        Plan.objects.current().order_by("vendor", "-rank"), label=_("成功计划"), empty_label=_("选一个计划"),
        error_messages=fields.REQUIRED, widget=forms.Select(attrs=PLAN_CHOSEN),
    )  # fmt: skip
    starts_on = fields.day(_("服务期自"))
    ends_on = fields.day(_("服务期至"), why=_("含当日。"))
    timezone = forms.CharField(
        label=_("时区"), max_length=40, initial="Asia/Shanghai", help_text=_("服务期的起止按此时区的日期算。")
    )
    branch = fields.branch()
    team = fields.team()
    success_manager = fields.colleague(_("客户成功经理"), required=False)
    technical_manager = fields.colleague(_("专属技术经理"), required=False)
    reason = fields.reason(required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        plan = plan_of(self.data.get("plan") if self.is_bound else self.initial.get("plan"))
        if plan and plan.is_a_la_carte:
            self.fields["picks"] = PicksField(plan)
            self.order_fields(self.field_order)

    @property
    def picks_field(self) -> forms.BoundField | None:
        """Return what is picked from; None for a plan that is sold as a whole."""
        return self["picks"] if "picks" in self.fields else None

    @property
    def picks(self) -> tuple[str, ...]:
        """Return the promises that were picked, also those of a plan that has none to pick: signing refuses them."""
        sent: Any = self.data
        return tuple(sent.getlist("picks"))

    @property
    def seats(self) -> tuple[tuple[str, User], ...]:
        """Return who stands for the customer."""
        said = self.cleaned_data
        return tuple((seat, said[seat]) for seat in ("success_manager", "technical_manager") if said[seat])


class ProductLine(forms.Form):
    """A product of the contract; a line without one counts for nothing."""

    product = ProductField(label=_("产品"), required=False, empty_label=_("不选"))
    deployment = forms.ChoiceField(label=_("部署方式"), choices=Deployment.choices)
    tenant = forms.CharField(label=_("租户"), max_length=64, required=False)
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=1_000_000, initial=1)


Lines = forms.formset_factory(ProductLine, extra=PRODUCTS, max_num=PRODUCTS, absolute_max=PRODUCTS)
