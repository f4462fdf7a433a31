"""How a customer's products are updated: what comes when, asking for it, what there is to download, and a calendar."""

from datetime import datetime
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.actions.updates import requests
from plans.actions.updates.feeds import make_feed, note_use, revoke_feed
from plans.actions.updates.packages import take
from plans.models import Contact, Contract, OwnedProduct, PackageTaking, UpdateFeed, UpdateRequest, UpdateWindow, User
from plans.updates.feeds import feed_of
from plans.updates.policies import right_to_updates
from plans.updates.reading import ahead, find_request, governed, packages_for, policy_of, windows_of_any
from plans.wording import clause_of, name_of, text_of
from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.engagement_forms import short, words
from tickets.portal.guard import contact_in, user_in
from tickets.portal.service.guard import contracts_of, for_service
from tickets.portal.service.nav import service_page
from tickets.showing.update_calendar import AHEAD, BEHIND, calendar_answer
from tickets.showing.updates import (
    BADGES,
    how_words,
    request_title,
    running_words,
    shown,
    size_words,
    standings,
    when_words,
)

ROUTE = "updates"
NEXT, LISTED = 8, 100


class AskForm(forms.Form):
    """An update that a customer asks for."""

    version = short(gettext_lazy("希望更新到的版本"), 40, help_text=gettext_lazy("不写就是现行的最新版本。"))
    wanted_on = forms.DateField(
        label=gettext_lazy("希望的日期"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("请写成 2026-03-01 这样的日期。")},
    )  # fmt: skip
    wish = words(gettext_lazy("说明"), 4000, required=False)


@require_safe
@for_service
def updates_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show how a contract's products are updated."""
    return _page(request, contract, at)


def _page(
    request: HttpRequest, contract: Contract, at: datetime, refusal: ActionRefusedError | None = None
) -> HttpResponse:  # fmt: skip
    right = right_to_updates(contract)
    asked = contract.update_requests.select_related("product")[:LISTED]
    taken = {row.package_id for row in PackageTaking.objects.filter(contract=contract)}
    context = {
        "clause": clause_of(right.item) if right else "",
        "standings": standings(governed(contract, at), at),
        "ahead": shown(ahead(contract, at, NEXT), at),
        "requests": [(row, BADGES[row.state]) for row in asked],
        "packages": [(row, size_words(row), row.pk in taken) for row in packages_for(contract, at)],
        "feed": UpdateFeed.objects.filter(user=user_in(request)).first(),
        "secret": request.session.pop("update_secret", ""),
        "refusal": refusal,
    }
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return service_page(request, contract, at, (ROUTE, "portal/service/updates/page.html"), context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_service
def ask_page(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Ask for an update of one product."""
    owned = contract.owned_products.select_related("product", "contract__plan").filter(pk=pk).first()
    if owned is None:
        raise Http404
    form, refusal, status = AskForm(request.POST or None, label_suffix=""), _told_no(contract, owned, at), HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                wanted = requests.Wanted(owned, **form.cleaned_data)
                made = requests.ask(wanted=wanted, contact=contact_in(request), actor=user_in(request), at=at)
                messages.success(request, _("申请已提交，我们会与您约定时间。"))
                return redirect("portal:service:update_request", contract.number, made.number)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    [one] = [row for row in standings(governed(contract, at), at) if row.governed.owned.pk == owned.pk]
    context = {
        "form": form, "refusal": refusal, "one": one, "runs": running_words(owned), "product": name_of(owned.product),
        "policy": one.governed.on_request,
        "earliest": requests.earliest_on(one.governed.on_request, contract, at) if one.governed.on_request else None,
    }  # fmt: skip
    return service_page(request, contract, at, (ROUTE, "portal/service/updates/ask.html"), context, status=status)


def _told_no(contract: Contract, owned: OwnedProduct, at: datetime) -> ActionRefusedError | None:
    """Return why an update cannot be asked for, so that nobody fills in a form for nothing."""
    try:
        requests.may_be_asked(contract, owned, at)
    except ActionRefusedError as refusal:
        return refusal
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@for_service
def request_page(request: HttpRequest, contract: Contract, at: datetime, code: str) -> HttpResponse:
    """Show how far a request is; it may be taken back until the update begins."""
    asked = find_request(code, UpdateRequest.objects.filter(contract=contract))
    if asked is None:
        raise Http404
    refusal, status = None, HTTPStatus.OK
    if request.method == "POST":
        try:
            requests.withdraw(
                request=asked, reason=request.POST.get("reason", "").replace("\0", ""), actor=user_in(request), at=at
            )  # fmt: skip
            messages.success(request, _("申请已撤回。"))
            return redirect("portal:service:update_request", contract.number, asked.number)
        except ActionRefusedError as refused:
            refusal, status = refused, HTTPStatus.CONFLICT
    policy = policy_of(asked)
    context = {
        "asked": asked, "title": request_title(asked), "badge": BADGES[asked.state], "refusal": refusal,
        "when": when_words(asked) if asked.starts_at else "",
        "clause": policy.clause if policy else clause_of(asked.item),
        "ways": how_words(policy) if policy else [],
        "steps": asked.steps.order_by("pk"),
        "may_withdraw": asked.state not in (UpdateRequest.State.UNDER_WAY, *ENDED),
    }  # fmt: skip
    return service_page(request, contract, at, (ROUTE, "portal/service/updates/request.html"), context, status=status)


ENDED = (UpdateRequest.State.DONE, UpdateRequest.State.DECLINED, UpdateRequest.State.WITHDRAWN)


@require_POST
@for_service
def take_package(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Note who takes a package, and go to where it lies, or say how it can be had."""
    package = next((one for one in packages_for(contract, at) if one.pk == pk), None)
    if package is None:
        raise Http404
    try:
        take(package=package, contract=contract, user=user_in(request), at=at)
    except ActionRefusedError as refusal:
        return _page(request, contract, at, refusal)
    if package.link:
        return redirect(package.link)
    messages.success(request, _("已记录。获取方式：%s") % text_of(package, "how"))
    return redirect(f"{reverse('portal:service:updates', args=[contract.number])}#packages")


@require_POST
@for_service
def subscribe(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Make a secret address for the reader's calendar of updates, or take the one before back."""
    back = redirect(f"{reverse('portal:service:updates', args=[contract.number])}#feed")
    if "stop" in request.POST:
        revoke_feed(user=user_in(request))
        messages.success(request, _("订阅地址已停用。"))
        return back
    secret = make_feed(user=user_in(request), at=at)
    request.session["update_secret"] = request.build_absolute_uri(reverse("portal:service:updates_feed", args=[secret]))
    messages.success(request, _("订阅地址已生成，只显示这一次。"))
    return back


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the updates of the organisation of whoever holds this secret; a revoked one is not found."""
    kept = feed_of(secret)
    contact = _contact(kept.user) if kept else None
    if kept is None or contact is None:
        raise Http404
    at = database_now()
    note_use(feed=kept, at=at)
    link = request.build_absolute_uri(reverse("portal:service:first"))
    return calendar_answer(_windows(contact, at), kept.user, at, link)


def _contact(user: User) -> Contact | None:
    return Contact.objects.active().filter(user=user).first() if user.is_customer else None


def _windows(contact: Contact, at: datetime) -> list[UpdateWindow]:
    """Return the windows of all contracts of a contact's organisation, each once."""
    return windows_of_any(contracts_of(contact).select_related("plan"), at - BEHIND, at + AHEAD)


urlpatterns = [
    path("<str:number>/updates/", updates_page, name="updates"),
    path("<str:number>/updates/<int:pk>/ask/", ask_page, name="update_ask"),
    path("<str:number>/updates/requests/<slug:code>/", request_page, name="update_request"),
    path("<str:number>/updates/packages/<int:pk>/take/", take_package, name="update_take"),
    path("<str:number>/updates/subscribe/", subscribe, name="updates_subscribe"),
    path("-/updates/<str:secret>/updates.ics", feed, name="updates_feed"),
]
