"""Rotas to be read: who takes turns in which order. Managers keep them in the console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from plans.models import FormerRota, Rota, RotaMember
from sla.admin import ReadOnly, ReadOnlyInline


class RotaMemberInline(ReadOnlyInline):
    model = RotaMember
    fields = ("place", "user")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user")


class FormerRotaInline(ReadOnlyInline):
    model = FormerRota
    fields = ("until", "starts_on", "hands_over_at", "days_each", "timezone", "is_active", "changed_by")


@admin.register(Rota)
class RotaAdmin(ReadOnly, admin.ModelAdmin):
    """People who take turns at being on call."""

    list_display = ("code", "name", "name_en", "team", "days_each", "hands_over_at", "timezone", "is_active")
    list_display_links = ("code", "name")
    list_filter = ("is_active", "team")
    list_select_related = ("team",)
    search_fields = ("code", "name", "name_en", "members__user__name")
    inlines = [RotaMemberInline, FormerRotaInline]
