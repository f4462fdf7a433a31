"""Customers, contracts and keys as an administrator keeps them; every write goes through an action."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from plans.actions.contracts import Agreed, Owned, disown, leave_seat, own, set_switch, sign, take_seat, unset_switch
from plans.actions.keys import SCOPES, Holder, issue_key, revoke_key, rotate_key
from plans.actions.people import amend, keep
from plans.models import (
    AccountTeamMember,
    ApiKey,
    Branch,
    Contact,
    Contract,
    Customer,
    Entitlement,
    Item,
    Override,
    OwnedProduct,
    Plan,
    Product,
    Switch,
    Team,
    User,
)
from plans.refusals import RefusedError
from sla.admin import ReadOnly, ReadOnlyInline
from sla.clock import database_now


class ByActions:
    """Save through an action, say its refusal on the page, and delete nothing: what ended is marked so."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save the form; a refusal has undone the whole save by the time it is told."""
        try:
            shown: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except RefusedError as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(request.get_full_path())
        return shown


class KeptAdmin(ByActions, admin.ModelAdmin):
    """A person or place."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        keep(row=obj)


@admin.register(User)
class PeopleAdmin(ByActions, UserAdmin):
    """Anyone who signs in."""

    list_display = ("username", "name", "email", "role", "team", "language", "is_active")
    list_filter = ("role", "team", "is_active")
    list_select_related = ("team",)
    search_fields = ("username", "name", "name_en", "email")
    autocomplete_fields = ("team",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("本人"), {"fields": ("name", "name_en", "email", "phone", "language", "timezone")}),
        (_("职责"), {"fields": ("role", "team", "is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (_("本人"), {"fields": ("name", "name_en", "email", "role", "team", "language", "timezone")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        keep(row=obj)


@admin.register(Team)
class TeamAdmin(KeptAdmin):
    """Agents or experts who work from one queue."""

    list_display = ("code", "name", "name_en", "vendor", "lead")
    list_select_related = ("lead",)
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("lead",)


@admin.register(Branch)
class BranchAdmin(KeptAdmin):
    """Places of work: headquarters, branches, partners."""

    list_display = ("code", "name", "kind", "timezone", "calendar", "language", "team")
    list_filter = ("vendor", "kind")
    list_select_related = ("team",)
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("team",)


class ContactInline(ReadOnlyInline):
    model = Contact
    fields = ("name", "email", "phone", "is_certified", "is_active")
    show_change_link = True


class ContractInline(ReadOnlyInline):
    model = Contract
    fields = ("number", "plan", "starts_on", "ends_on", "ended_on")
    show_change_link = True


@admin.register(Customer)
class CustomerAdmin(KeptAdmin):
    """Organisations with contracts."""

    list_display = ("code", "name", "name_en", "country", "industry", "language", "timezone", "is_active")
    list_filter = ("country", "language", "is_active")
    search_fields = ("code", "name", "name_en")
    inlines = [ContactInline, ContractInline]


@admin.register(Contact)
class ContactAdmin(KeptAdmin):
    """Persons of a customer who may ask."""

    list_display = ("name", "customer", "email", "phone", "is_certified", "is_active")
    list_filter = ("is_certified", "is_active")
    list_select_related = ("customer",)
    search_fields = ("name", "name_en", "email", "phone", "external_id", "customer__name")
    autocomplete_fields = ("customer", "user")


@admin.register(Product)
class ProductAdmin(ReadOnly, admin.ModelAdmin):
    """Products, as loaded from the fixtures."""

    list_display = ("code", "name", "name_en", "vendor")
    search_fields = ("code", "name", "name_en")


class ItemInline(ReadOnlyInline):
    model = Item
    fields = ("promise", "section", "name", "clause", "calendar", "policy", "remark")
    show_change_link = True


@admin.register(Plan)
class PlanAdmin(ReadOnly, admin.ModelAdmin):
    """Versions of plans; a contract keeps the one it was signed with."""

    list_display = ("code", "version", "is_current", "name", "seal", "rank", "is_rank_assumed", "includes")
    list_filter = ("vendor", "is_current")
    list_select_related = ("includes",)
    search_fields = ("code", "name", "name_en")
    inlines = [ItemInline]


@admin.register(Item)
class ItemAdmin(ReadOnly, admin.ModelAdmin):
    """Promises with their clauses."""

    list_display = ("promise", "plan", "section", "name", "calendar", "policy")
    list_filter = ("plan__code",)
    list_select_related = ("plan",)
    search_fields = ("promise", "name", "name_en", "clause")


class OwnedProductInline(admin.TabularInline):
    model = OwnedProduct
    extra = 0
    autocomplete_fields = ("product",)


class AccountTeamInline(admin.TabularInline):
    model = AccountTeamMember
    extra = 0
    autocomplete_fields = ("user",)


class SwitchInline(admin.TabularInline):
    model = Switch
    extra = 0
    readonly_fields = ("decided_by", "decided_at")


class EntitlementInline(ReadOnlyInline):
    model = Entitlement
    fields = ("item", "policy")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("item")


class ContractForm(forms.ModelForm):
    """A contract; the promises of an à-la-carte plan are picked at signing."""

    picks = forms.CharField(
        label=_("选取的服务项"), required=False, help_text=_("仅金选:承诺编号,以空格分开,如 K06 K12。")
    )

    class Meta:
        model = Contract
        fields = ("number", "customer", "plan", "starts_on", "ends_on", "ended_on", "timezone", "branch", "team")


@admin.register(Contract)
class ContractAdmin(ByActions, admin.ModelAdmin):
    """What a customer bought, with what was agreed beside the plan's own words."""

    form = ContractForm
    list_display = ("number", "customer", "plan", "starts_on", "ends_on", "ended_on", "branch", "team")
    list_filter = ("plan__code",)
    list_select_related = ("customer", "plan", "branch", "team")
    search_fields = ("number", "customer__code", "customer__name", "customer__name_en")
    autocomplete_fields = ("customer", "plan", "branch", "team")
    inlines = [OwnedProductInline, AccountTeamInline, SwitchInline, EntitlementInline]

    def get_inlines(self, request: HttpRequest, obj: Contract | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Contract | None = None) -> tuple[str, ...]:
        return ("number", "customer", "plan", "agreed") if obj else ()

    def get_exclude(self, request: HttpRequest, obj: Contract | None = None) -> tuple[str, ...]:
        return ("picks",) if obj else ("ended_on",)

    @admin.display(description=_("本合同另有约定"))
    def agreed(self, contract: Contract) -> str:
        """Return the overrides of a contract, each with who and why."""
        rows = Override.objects.filter(entitlement__contract=contract).select_related("entitlement__item")
        lines = [
            f"{row.at:%Y-%m-%d} {row.entitlement.item.promise} {row.value} {row.actor_display}: {row.reason}"
            for row in rows
        ]
        return "\n".join(lines) or "-"

    def save_model(self, request: HttpRequest, obj: Contract, form: Any, change: bool) -> None:
        if change:
            amend(contract=obj)
            return
        signed = sign(
            customer=obj.customer, plan=obj.plan, number=obj.number, starts_on=obj.starts_on, ends_on=obj.ends_on,
            agreed=Agreed(obj.timezone, obj.branch, obj.team, picks=tuple(form.cleaned_data["picks"].split())),
        )  # fmt: skip
        obj.pk, obj._state.adding = signed.pk, False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give each changed row to its action."""
        formset.save(commit=False)
        user: Any = request.user
        for row in formset.deleted_objects:
            REMOVE[type(row)](row)
        for row in [*formset.new_objects, *(changed for changed, _fields in formset.changed_objects)]:
            SAVE[type(row)](row, user)


def said(row: Override) -> str:
    """Return what an override says, by whom and why."""
    value = ", ".join(f"{name} {each}" for name, each in row.value.items())
    return f"{row.get_kind_display()}: {value} ({row.actor_display}: {row.reason})"


def _own(row: OwnedProduct, user: User) -> None:
    if row.pk:
        disown(owned=OwnedProduct.objects.get(pk=row.pk))
    own(contract=row.contract, products=[Owned(row.product, row.deployment, row.tenant, row.version, row.quantity)])


def _seat(row: AccountTeamMember, user: User) -> None:
    if row.pk:
        before = AccountTeamMember.objects.get(pk=row.pk)
        leave_seat(contract=before.contract, seat=before.seat, user=before.user)
    take_seat(contract=row.contract, seat=row.seat, user=row.user)


def _switch(row: Switch, user: User) -> None:
    set_switch(
        contract=row.contract, name=row.name, value=row.value, reason=row.reason, actor=user, at=database_now()
    )  # fmt: skip


SAVE: dict[type[Model], Callable[[Any, User], None]] = {
    OwnedProduct: _own, AccountTeamMember: _seat, Switch: _switch,
}  # fmt: skip
REMOVE: dict[type[Model], Callable[[Any], None]] = {
    OwnedProduct: lambda row: disown(owned=row),
    AccountTeamMember: lambda row: leave_seat(contract=row.contract, seat=row.seat, user=row.user),
    Switch: lambda row: unset_switch(contract=row.contract, name=row.name),
}


class KeyForm(forms.ModelForm):
    """A key to be issued: whom it acts for, and what it may do."""

    scopes = forms.MultipleChoiceField(label=_("权限"), choices=[(scope, scope) for scope in SCOPES])

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "user", "customer", "product", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ByActions, admin.ModelAdmin):
    """Keys of programs: issued here, shown once, rotated and revoked from the list."""

    form = KeyForm
    list_display = (
        "name",
        "prefix",
        "scopes",
        "user",
        "customer",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    list_filter = ("revoked_at",)
    list_select_related = ("user", "customer")
    search_fields = ("name", "prefix", "user__username", "customer__name")
    autocomplete_fields = ("user", "customer", "product")
    actions = ("rotate", "revoke")

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Issue the key; its secret goes to the page that follows and nowhere else."""
        key, secret = issue_key(
            name=obj.name, scopes=obj.scopes, at=database_now(), expires_at=obj.expires_at,
            holder=Holder(obj.user, obj.customer, obj.product),
        )  # fmt: skip
        obj.pk, obj._state.adding = key.pk, False
        request.issued = (key, secret)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, [request.issued])  # type: ignore[attr-defined]

    @admin.action(description=_("轮换所选密钥(旧密钥 7 天后失效)"), permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Issue the successors of keys and show their secrets once; if one cannot be rotated, none is."""
        try:
            return self._shown_once(request, rotated(queryset))
        except RefusedError as refused:
            self.message_user(request, refused.message, messages.ERROR)
            return None

    @admin.action(description=_("立即停用所选密钥"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End keys at once."""
        at = database_now()
        for key in queryset:
            revoke_key(key=key, at=at)
        self.message_user(request, _("所选密钥已停用。"), messages.SUCCESS)

    def _shown_once(self, request: HttpRequest, issued: list[tuple[ApiKey, str]]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("请现在抄下密钥"),
            "issued": issued,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/plans/apikey/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response


@transaction.atomic
def rotated(keys: QuerySet[ApiKey]) -> list[tuple[ApiKey, str]]:
    """Rotate keys, all or none, and return their successors with the secrets."""
    at = database_now()
    return [rotate_key(key=key, at=at) for key in keys]
