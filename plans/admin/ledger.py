"""What contracts are given, owe and were: rows that actions write and nobody edits, to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from plans.history.words import Names, lines_of
from plans.models import AccountNotice, ContractChange, Obligation, Quota, QuotaEntry
from plans.quotas.words import amount_words, window_words
from plans.wording import name_of, text_of
from sla.admin import ReadOnly, ReadOnlyInline, lines


class EntryInline(ReadOnlyInline):
    model = QuotaEntry
    fields = ("position", "kind", "granted", "reserved", "used", "expired", "left", "on", "at", "actor_display", "why")
    readonly_fields = ("why",)

    @admin.display(description=_("缘由"))
    def why(self, entry: QuotaEntry) -> str:
        return text_of(entry, "cause")


@admin.register(Quota)
class QuotaAdmin(ReadOnly, admin.ModelAdmin):
    """Amounts by window, each with the lines of its ledger."""

    list_display = ("contract", "service", "promised", "window", "starts_on", "ends_on", "lapsed_at")
    list_filter = ("unit", "period", "item__promise")
    list_select_related = ("contract", "item")
    search_fields = ("contract__number", "contract__customer__name", "item__promise", "item__name", "item__name_en")
    fields = ("contract", "service", "promised", "window", "starts_on", "ends_on", "next_step_at", "lapsed_at")
    readonly_fields = ("service", "promised", "window")
    inlines = [EntryInline]

    @admin.display(description=_("服务项"), ordering="item__promise")
    def service(self, quota: Quota) -> str:
        return f"{quota.item.promise} {name_of(quota.item)}"

    @admin.display(description=_("约定数量"), ordering="amount")
    def promised(self, quota: Quota) -> str:
        return amount_words(quota.amount, quota.unit)

    @admin.display(description=_("周期"))
    def window(self, quota: Quota) -> str:
        return window_words(quota.period, quota.number)


@admin.register(ContractChange)
class ContractChangeAdmin(ReadOnly, admin.ModelAdmin):
    """What was changed in contracts: who, when, why, before and after."""

    list_display = ("contract", "number", "kind", "on", "at", "actor_display", "reason")
    list_filter = ("kind", "at")
    list_select_related = ("contract",)
    search_fields = ("contract__number", "contract__customer__name", "reason", "actor_display")
    fields = ("contract", "number", "kind", "on", "at", "actor_display", "reason", "told")
    readonly_fields = ("told",)

    @admin.display(description=_("改动"))
    def told(self, row: ContractChange) -> str:
        found = lines_of(row.changed, Names.known())
        return lines([f"{one.name}: {one.before or '–'} → {one.after or '–'}" for one in found])


@admin.register(Obligation)
class ObligationAdmin(ReadOnly, admin.ModelAdmin):
    """What contracts owe by a date, and what became of it."""

    list_display = ("contract", "owed", "nth", "opens_on", "due_on", "state", "met_at", "met_by_ref")
    list_filter = ("state", "due_on", "item__promise")
    list_select_related = ("contract", "item")
    search_fields = ("contract__number", "contract__customer__name", "what", "what_en", "met_by_ref")
    fields = (
        "contract", "owed", "nth", "opens_on", "due_on", "policy", "state", "laid_on", "met_at", "met_by_ref",
        "settled_at", "actor_display", "reason", "error",
    )  # fmt: skip
    readonly_fields = ("owed", "nth")

    @admin.display(description=_("内容"))
    def owed(self, row: Obligation) -> str:
        return f"{row.item.promise} {text_of(row, 'what')}"

    @admin.display(description=_("第几次"))
    def nth(self, row: Obligation) -> str:
        return f"{row.number}/{row.of}"


@admin.register(AccountNotice)
class AccountNoticeAdmin(ReadOnly, admin.ModelAdmin):
    """News of contracts on its way to people; what cannot be told says why."""

    list_display = ("at", "kind", "contract", "not_before", "finished_at", "attempts", "error")
    list_display_links = ("at", "kind")
    list_filter = ("kind", "at")
    list_select_related = ("contract",)
    search_fields = ("contract__number", "kind", "key", "error")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("-pk")
