"""Keys of programs as an administrator sees them, with the addresses at which each program calls by one."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from plans.admin.keys import ApiKeyAdmin
from plans.models import ApiKey
from tickets.channels.registry import HOOKS
from tickets.channels.setting_up import FOR_ALL, SETTING_UP

# Stands where the key is in an address, once nobody can read it any more.
UNKNOWN = "KEY"

admin.site.unregister(ApiKey)


def doors_of(key: ApiKey, secret: str = UNKNOWN) -> Iterator[dict[str, Any]]:
    """Yield for each program that may call by a key its address, what it signs with and the options it knows."""
    for name, hook in HOOKS.items():
        if f"intake:{hook.channel}" in key.scopes:
            address = settings.PUBLIC_URL + reverse("hook", args=[name, secret])
            yield {"address": address, "told": SETTING_UP[name], "for_all": FOR_ALL}


@admin.register(ApiKey)
class KeyAdmin(ApiKeyAdmin):
    """A key's page says how other programs call by it; the page that shows the key once has the whole addresses."""

    issued_template = "admin/plans/apikey/issued_with_doors.html"

    @admin.display(description=_("怎样接入"))
    def doors(self, key: ApiKey) -> SafeString:
        return render_to_string("admin/plans/apikey/doors.html", {"doors": list(doors_of(key))})

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        found = super().get_fieldsets(request, obj)
        return [*found, (None, {"fields": ("doors",)})] if obj and any(doors_of(obj)) else found

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *(("doors",) if obj else ()))

    def issued_context(self, issued: list[tuple[ApiKey, str]]) -> dict[str, Any]:
        doors = [door for key, secret in issued for door in doors_of(key, secret)]
        return super().issued_context(issued) | {"doors": doors}
