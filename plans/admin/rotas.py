"""Rotas as an administrator keeps them: the rota, and who takes turns in which order."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from plans.actions.rotas import keep_rota, set_members
from plans.admin.contracts import SharedChoices
from plans.admin.kept import ByActions
from plans.models import CUSTOMER_ROLES, Rota, RotaMember, User


class RotaMemberInline(SharedChoices):
    model = RotaMember
    fields = ("place", "user")

    def choosable(self) -> Any:
        return User.objects.filter(is_active=True).exclude(role__in=CUSTOMER_ROLES)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user")


@admin.register(Rota)
class RotaAdmin(ByActions, admin.ModelAdmin):
    """People who take turns at being on call; swaps are agreed in the console."""

    list_display = ("code", "name", "name_en", "team", "days_each", "hands_over_at", "timezone", "is_active")
    list_display_links = ("code", "name")
    list_filter = ("is_active", "team")
    list_select_related = ("team",)
    search_fields = ("code", "name", "name_en", "members__user__name")
    autocomplete_fields = ("team",)
    inlines = [RotaMemberInline]

    def save_model(self, request: HttpRequest, obj: Rota, form: Any, change: bool) -> None:
        keep_rota(rota=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Take everyone who stands in the rows, in the order of their places."""
        formset.save(commit=False)
        rows = [row.cleaned_data for row in formset.forms if row.cleaned_data.get("user")]
        kept = sorted((said for said in rows if not said.get("DELETE")), key=lambda said: said["place"])
        set_members(rota=form.instance, order=[said["user"] for said in kept])
