"""What the screens of everything that an administrator keeps have in common."""

import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from plans.actions.people import keep
from plans.models import Plan
from plans.wording import name_of
from sla.models import CalendarVersion, Policy
from sla.refusals import ActionRefusedError

Choices = list[tuple[str, Any]]
NONE: tuple[str, Any] = ("", _("（无）"))


@cache
def zones() -> Choices:
    """Return every zone that a place has, and UTC."""
    named = (zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [(zone, zone) for zone in ("UTC", *sorted(named))]


def calendars() -> Choices:
    """Return the service hours in force, by name."""
    return [(row.code, f"{name_of(row)} ({row.code})") for row in CalendarVersion.objects.current()]


def policies() -> Choices:
    """Return the policies in force that are not one contract's own, by name."""
    rows = Policy.objects.current().exclude(code__contains="@").order_by("code")
    return [(row.code, f"{name_of(row)} ({row.code})") for row in rows]


def vendors() -> Choices:
    """Return whose plans there are."""
    return [(vendor, vendor) for vendor in Plan.objects.order_by("vendor").values_list("vendor", flat=True).distinct()]


# Codes that nobody should have to know by heart, or could mistype without being told.
OFFERED: dict[str, Callable[[], Choices]] = {
    "timezone": zones, "calendar": calendars, "alert_calendar": calendars, "vendor": vendors, "policy": policies,
}  # fmt: skip


def refused_form(form: Any, refusal: str) -> Any:
    """Return a form class that finds one fault with whatever is entered: the refusal."""

    def clean(self: Any) -> None:
        raise ValidationError(refusal)

    return type(form)(form.__name__, (form,), {"clean": clean})


class ByActions:
    """Save through an action, say its refusal on the page, and delete nothing: what ended is marked so."""

    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save the form; a refusal has undone the whole save, and is told over what was entered."""
        try:
            shown: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except ActionRefusedError as refused:
            request.refusal = refused.message  # type: ignore[attr-defined]
            shown = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        return shown

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)  # type: ignore[misc]
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else refused_form(form, refusal)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the codes that there are instead of an empty line."""
        if db_field.name in OFFERED:
            return forms.ChoiceField(
                label=capfirst(db_field.verbose_name), help_text=db_field.help_text, required=not db_field.blank,
                initial=db_field.get_default(), choices=[NONE, *OFFERED[db_field.name]()],
            )  # fmt: skip
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


class KeptAdmin(ByActions, admin.ModelAdmin):
    """A person or place."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        keep(row=obj)
