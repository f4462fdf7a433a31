"""What private customers may download: what there is, who took it, a new one, and one that is offered no more."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.actions.updates.packages import release, take_down
from plans.models import UpdatePackage
from sla.refusals import ActionRefusedError
from tickets.console.accounts.guard import SEE_ALL, accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.accounts.updates.forms import PackageForm
from tickets.console.accounts.updates.window import ROUTE, operators_only
from tickets.console.guard import Reader, agents_only
from tickets.engagement_forms import ReasonForm
from tickets.showing.updates import size_words

LISTED = 200


@require_safe
@agents_only
def packages_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List what there is to download."""
    rows = UpdatePackage.objects.select_related("product").prefetch_related("takings")[:LISTED]
    context = {
        "packages": [(row, size_words(row), len(row.takings.all())) for row in rows],
        "may_operate": reader.user.role in SEE_ALL,
    }
    return desk_page(request, reader, (ROUTE, "console/accounts/updates/packages.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def package_new(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List a new package."""
    if reader.user.role not in SEE_ALL:
        raise PermissionDenied
    form = PackageForm(request.POST or None, initial={"released_on": reader.at.date()}, label_suffix="")
    refusal, status = None, HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                made = release(
                    released=form.released(), actor=reader.user, at=reader.at, tells=form.cleaned_data["tells"]
                )
                messages.success(request, _("已上架。"))
                return redirect("console:accounts:update_package", made.pk)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    context = {"form": form, "refusal": refusal}
    return desk_page(request, reader, (ROUTE, "console/accounts/updates/package_new.html"), context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def package_page(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show a package and who took it, or offer it no more."""
    package = UpdatePackage.objects.select_related("product", "added_by").filter(pk=pk).first()
    if package is None:
        raise Http404
    form = ReasonForm(request.POST or None, label_suffix="")
    refusal, status = None, HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                take_down(package=package, reason=form.cleaned_data["reason"], at=reader.at)
                messages.success(request, _("已下架。"))
                return redirect("console:accounts:update_package", package.pk)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    takings = package.takings.filter(contract__in=accounts_of(reader.user)).select_related("contract__customer", "user")
    context = {
        "package": package, "size": size_words(package), "takings": takings[:LISTED], "form": form,
        "refusal": refusal, "may_operate": reader.user.role in SEE_ALL,
    }  # fmt: skip
    return desk_page(request, reader, (ROUTE, "console/accounts/updates/package.html"), context, status)


urlpatterns = [
    path("-/updates/packages/", packages_page, name="update_packages"),
    path("-/updates/packages/new/", package_new, name="update_package_new"),
    path("-/updates/packages/<int:pk>/", package_page, name="update_package"),
]
