"""The back office: administrators keep it, managers read it, everybody signs in by the product's own page."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

from plans.models import BACK_OFFICE_ROLES, User


class BackOffice(AdminSite):
    """Django's admin under the product's name; a role, not a check-box, opens its door."""

    site_title = site_header = _("守约 管理")
    index_title = _("管理首页")
    empty_value_display = "-"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and (user.role in BACK_OFFICE_ROLES or user.is_superuser)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send who is not signed in to the one page that counts tries. Raises PermissionDenied for everybody else."""
        wished = request.GET.get("next", "")
        onward = wished if url_has_allowed_host_and_scheme(wished, {request.get_host()}) else reverse("admin:index")
        if self.has_permission(request):
            return redirect(onward)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect(f"{reverse('sign_in')}?{urlencode({'next': onward})}")
