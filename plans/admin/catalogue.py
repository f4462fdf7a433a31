"""Products, plans and promises: as loaded, to be read."""

from django.contrib import admin

from plans.models import Item, Plan, Product, Vendor
from sla.admin import ReadOnly, ReadOnlyInline


@admin.register(Vendor)
class VendorAdmin(ReadOnly, admin.ModelAdmin):
    """Vendors, as loaded from their plans' files."""

    list_display = ("code", "name", "name_en")


@admin.register(Product)
class ProductAdmin(ReadOnly, admin.ModelAdmin):
    """Products, as loaded from the fixtures."""

    list_display = ("code", "name", "name_en", "vendor")
    list_filter = ("vendor",)
    search_fields = ("code", "name", "name_en")


class ItemInline(ReadOnlyInline):
    model = Item
    fields = ("promise", "section", "name", "clause", "calendar", "policy", "remark")
    show_change_link = True


@admin.register(Plan)
class PlanAdmin(ReadOnly, admin.ModelAdmin):
    """Versions of plans; a contract keeps the one it was signed with."""

    list_display = ("code", "version", "is_current", "name", "name_en", "seal", "rank", "is_rank_assumed", "includes")
    list_filter = ("vendor", "is_current")
    list_select_related = ("includes",)
    search_fields = ("code", "name", "name_en")
    inlines = [ItemInline]


@admin.register(Item)
class ItemAdmin(ReadOnly, admin.ModelAdmin):
    """Promises with their clauses."""

    list_display = ("promise", "plan", "section", "name", "name_en", "calendar", "policy")
    list_display_links = ("promise", "name")
    list_filter = ("plan__code", "plan__is_current", "is_for_certified", "calendar")
    list_select_related = ("plan",)
    search_fields = ("promise", "name", "name_en", "clause", "clause_en")
