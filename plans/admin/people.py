"""Users and teams, branches, customers and their contacts."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from plans.actions.people import keep
from plans.admin.kept import ByActions, KeptAdmin
from plans.models import Branch, Contact, Contract, Customer, Team, User
from sla.admin import ReadOnlyInline

# A role says what somebody may do; groups would say it a second time.
admin.site.unregister(Group)


@admin.register(User)
class PeopleAdmin(ByActions, UserAdmin):
    """Anyone who signs in."""

    list_display = ("username", "name", "email", "role", "team", "language", "is_active", "last_login")
    list_display_links = ("username", "name")
    list_filter = ("role", "team", "is_active", "language")
    list_select_related = ("team",)
    search_fields = ("username", "name", "name_en", "email", "phone", "contact__customer__name")
    autocomplete_fields = ("team",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("本人"), {"fields": ("name", "name_en", "email", "phone", "language", "timezone")}),
        (_("职责"), {"fields": ("role", "team", "is_active", "last_login")}),
        (_("提醒"), {"fields": ("alert_calendar", "alert_every")}),
    )
    readonly_fields = ("last_login",)
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (_("本人"), {"fields": ("name", "name_en", "email", "phone", "language", "timezone")}),
        (_("职责"), {"fields": ("role", "team")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        keep(row=obj)


@admin.register(Team)
class TeamAdmin(KeptAdmin):
    """Agents or experts who work from one queue."""

    list_display = ("code", "name", "name_en", "vendor", "lead", "policy")
    list_filter = ("vendor",)
    list_select_related = ("lead",)
    search_fields = ("code", "name", "name_en", "lead__name")
    autocomplete_fields = ("lead",)


@admin.register(Branch)
class BranchAdmin(KeptAdmin):
    """Places of work: headquarters, branches, partners."""

    list_display = ("code", "name", "name_en", "kind", "timezone", "calendar", "language", "team")
    list_filter = ("vendor", "kind", "language")
    list_select_related = ("team",)
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("team",)


class ContactInline(ReadOnlyInline):
    model = Contact
    fields = ("name", "name_en", "email", "phone", "is_certified", "is_active")
    show_change_link = True


class ContractInline(ReadOnlyInline):
    model = Contract
    fields = ("number", "plan", "starts_on", "ends_on", "ended_on")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("plan")


@admin.register(Customer)
class CustomerAdmin(KeptAdmin):
    """Organisations with contracts."""

    list_display = ("code", "name", "name_en", "country", "industry", "language", "timezone", "is_active")
    list_display_links = ("code", "name")
    list_filter = ("country", "language", "is_active", "contracts__plan__code")
    search_fields = ("code", "name", "name_en", "industry", "contracts__number", "contacts__email")
    readonly_fields = ("next_steps",)
    inlines = [ContractInline, ContactInline]

    def get_fields(self, request: HttpRequest, obj: Customer | None = None) -> tuple[str, ...]:
        own = ("code", "name", "name_en", "country", "industry", "language", "timezone", "is_active")
        return (*own, "next_steps") if obj and self.has_change_permission(request) else own

    def get_inlines(self, request: HttpRequest, obj: Customer | None) -> list[Any]:
        return list(self.inlines) if obj else []

    @admin.display(description=_("下一步"))
    def next_steps(self, customer: Customer) -> str:
        """Return links to what a customer needs next, filled in with this one."""
        return format_html(
            '<a class="addlink" href="{}?customer={pk}">{}</a> <a class="addlink" href="{}?customer={pk}">{}</a>',
            reverse("admin:plans_contract_add"), _("签订合同"), reverse("admin:plans_contact_add"), _("添加联系人"),
            pk=customer.pk,
        )  # fmt: skip


@admin.register(Contact)
class ContactAdmin(KeptAdmin):
    """Persons of a customer who may ask."""

    list_display = ("name", "name_en", "customer", "email", "phone", "is_certified", "is_active")
    list_filter = ("is_certified", "is_active", "language", "customer__country")
    list_select_related = ("customer",)
    search_fields = ("name", "name_en", "email", "phone", "external_id", "customer__name", "customer__name_en")
    autocomplete_fields = ("customer", "user")
