"""Contracts, with what was agreed beside the plan's own words."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.actions.contracts import Agreed, Owned, disown, leave_seat, own, sign, take_seat
from plans.actions.history import Decided
from plans.actions.switches import set_switch, unset_switch
from plans.actions.terms import amend
from plans.admin.kept import ByActions
from plans.models import (
    CUSTOMER_ROLES,
    AccountTeamMember,
    Contract,
    Entitlement,
    Override,
    OwnedProduct,
    Product,
    Switch,
    User,
)
from plans.wording import name_of
from sla import wording
from sla.admin import ReadOnlyInline, lines
from sla.clock import database_now
from sla.models.policies import Metric

SOON = timedelta(days=60)


class ContractRow(admin.TabularInline):
    """A row of a contract; its inputs have no labels but the column's, so each says it itself."""

    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field


class SharedChoices(ContractRow):
    """Rows that name a product or a colleague: the choices are read once, not once a row."""

    def choosable(self) -> QuerySet[Any]:
        """Return what a row may name."""
        raise NotImplementedError

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choosable = self.choosable()
        field = super().formfield_for_foreignkey(db_field, request, queryset=choosable, **kwargs)
        if field is not None:
            field.choices = [("", "---------"), *((row.pk, field.label_from_instance(row)) for row in choosable)]
        return field


class OwnedProductInline(SharedChoices):
    model = OwnedProduct

    def choosable(self) -> QuerySet[Any]:
        return Product.objects.all()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("product")


class AccountTeamInline(SharedChoices):
    model = AccountTeamMember
    fields = ("seat", "user")

    def choosable(self) -> QuerySet[Any]:
        return User.objects.filter(is_active=True).exclude(role__in=CUSTOMER_ROLES)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")


class SwitchInline(ContractRow):
    model = Switch
    readonly_fields = ("decided_by", "decided_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("decided_by")


class EntitlementInline(ReadOnlyInline):
    model = Entitlement
    fields = ("granted", "policy")
    readonly_fields = ("granted",)

    @admin.display(description=_("服务项"))
    def granted(self, entitlement: Entitlement) -> str:
        """Return the item with the way to its clause."""
        item = entitlement.item
        address = reverse("admin:plans_item_change", args=[item.pk])
        return format_html('<a href="{}">{} {}</a>', address, item.promise, name_of(item))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("item")


class ContractForm(forms.ModelForm):
    """A contract; the promises of an à-la-carte plan are picked at signing."""

    picks = forms.CharField(
        label=_("选取的服务项"), required=False, help_text=_("仅金选：承诺编号，以空格分开，如 K06 K12。")
    )

    class Meta:
        model = Contract
        fields = ("number", "customer", "plan", "starts_on", "ends_on", "ended_on", "timezone", "branch", "team")


class TermFilter(admin.SimpleListFilter):
    """Contracts by where today lies in their term."""

    title = _("服务期")
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("in_force", _("服务中")),
            ("ending", _("%(days)s 天内到期") % {"days": SOON.days}),
            ("ahead", _("尚未开始")),
            ("over", _("已结束")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = localdate(database_now())
        in_force = queryset.filter(pk__in=Contract.objects.in_force(today).values("pk"))
        chosen = {
            "in_force": in_force,
            "ending": in_force.filter(ends_on__lte=today + SOON),
            "ahead": queryset.filter(starts_on__gt=today, ended_on=None),
            "over": queryset.filter(Q(ends_on__lt=today) | Q(ended_on__isnull=False)),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(Contract)
class ContractAdmin(ByActions, admin.ModelAdmin):
    """What a customer bought, with what was agreed beside the plan's own words."""

    form = ContractForm
    list_display = ("number", "customer", "plan", "starts_on", "ends_on", "ended_on", "branch", "team")
    list_filter = (TermFilter, "plan__code", "branch", "team")
    list_select_related = ("customer", "plan", "branch", "team")
    search_fields = ("number", "customer__code", "customer__name", "customer__name_en")
    autocomplete_fields = ("customer", "plan", "branch", "team")
    inlines = [OwnedProductInline, AccountTeamInline, SwitchInline, EntitlementInline]

    def get_inlines(self, request: HttpRequest, obj: Contract | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Contract | None = None) -> tuple[str, ...]:
        return ("number", "customer", "plan", "signed_at", "agreed") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Contract | None = None) -> tuple[str, ...]:
        bought, places = ("number", "customer", "plan"), ("timezone", "branch", "team")
        if obj is None:
            return (*bought, "picks", "starts_on", "ends_on", *places)
        return (*bought, "signed_at", "starts_on", "ends_on", "ended_on", *places, "agreed")

    @admin.display(description=_("本合同另有约定"))
    def agreed(self, contract: Contract) -> str:
        """Return what holds beside the plan now or will, each with who and why; the history has the rest."""
        rows = Override.objects.filter(entitlement__contract=contract).select_related("entitlement__item")
        return lines([said(row) for row in rows if row.is_agreed]) or "-"

    def save_model(self, request: HttpRequest, obj: Contract, form: Any, change: bool) -> None:
        if change:
            amend(contract=obj, actor=_who(request))
            return
        signed = sign(
            customer=obj.customer, plan=obj.plan, number=obj.number, starts_on=obj.starts_on, ends_on=obj.ends_on,
            agreed=Agreed(
                obj.timezone, obj.branch, obj.team, picks=tuple(form.cleaned_data["picks"].split()),
                decided=Decided(_who(request), database_now()),
            ),
        )  # fmt: skip
        obj.pk, obj._state.adding = signed.pk, False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give each changed row to its action."""
        formset.save(commit=False)
        user = _who(request)
        for row in formset.deleted_objects:
            REMOVE[type(row)](row, user)
        for row in [*formset.new_objects, *(changed for changed, _fields in formset.changed_objects)]:
            SAVE[type(row)](row, user)


def _who(request: HttpRequest) -> User:
    user: Any = request.user
    return user


def said(row: Override) -> str:
    """Return what an override says, by whom, when and why."""
    words = {
        "promise": row.entitlement.item.promise, "what": _agreed(row), "who": row.actor_display or "-",
        "why": row.reason, "on": f"{localtime(row.at):%Y-%m-%d}",
    }  # fmt: skip
    return gettext("%(promise)s %(what)s（%(who)s，%(on)s：%(why)s）") % words


def _agreed(row: Override) -> str:
    value = row.value
    if row.kind == Override.Kind.WITHDRAWN:
        return f"{row.get_kind_display()} {Metric(value['metric']).label}"
    if row.kind == Override.Kind.TARGET:
        time = wording.budget(Decimal(value["amount"]), value["unit"])
        return f"{Metric(value['metric']).label} {time} ({value['calendar']})"
    return f"{row.get_kind_display()} {', '.join(str(each) for each in value.values())}"


def _own(row: OwnedProduct, user: User) -> None:
    if row.pk:
        disown(owned=OwnedProduct.objects.get(pk=row.pk), actor=user)
    held = Owned(row.product, row.deployment, row.tenant, row.version, row.quantity)
    own(contract=row.contract, products=[held], actor=user)


def _seat(row: AccountTeamMember, user: User) -> None:
    if row.pk:
        before = AccountTeamMember.objects.get(pk=row.pk)
        leave_seat(contract=before.contract, seat=before.seat, user=before.user, actor=user)
    take_seat(contract=row.contract, seat=row.seat, user=row.user, actor=user)


def _switch(row: Switch, user: User) -> None:
    set_switch(
        contract=row.contract, name=row.name, value=row.value, reason=row.reason, actor=user, at=database_now()
    )  # fmt: skip


SAVE: dict[type[Model], Callable[[Any, User], None]] = {
    OwnedProduct: _own, AccountTeamMember: _seat, Switch: _switch,
}  # fmt: skip
REMOVE: dict[type[Model], Callable[[Any, User], None]] = {
    OwnedProduct: lambda row, user: disown(owned=row, actor=user),
    AccountTeamMember: lambda row, user: leave_seat(contract=row.contract, seat=row.seat, user=row.user, actor=user),
    Switch: lambda row, user: unset_switch(contract=row.contract, name=row.name, actor=user),
}
