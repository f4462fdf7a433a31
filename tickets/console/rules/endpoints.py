"""The addresses outside: who hears of what, how that goes, and changing it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.models import Vendor
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.actions import resending, webhooks
from tickets.console.guard import Reader
from tickets.console.rules.endpoint_forms import EndpointForm, typed
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.models import Delivery, DeliveryTry, WebhookEndpoint
from tickets.models.endpoints import EVENTS, WebhookEndpointQuerySet
from tickets.showing.unreached import why

SUBJECT = "endpoints"
Kind, State = WebhookEndpoint.Kind, Delivery.State
TRIES_SHOWN = 10


def with_figures() -> WebhookEndpointQuerySet:
    """Return endpoints with how many messages wait or were given up, and how the last try went."""
    last = DeliveryTry.objects.filter(endpoint=OuterRef("pk")).order_by("-pk")
    return WebhookEndpoint.objects.select_related("team", "customer").annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=State.QUEUED)),
        failed=Count("deliveries", filter=Q(deliveries__state=State.FAILED)),
        tried_at=Subquery(last.values("at")[:1]),
        tried=Subquery(last.values("outcome")[:1]),
    )


def hears(endpoint: WebhookEndpoint) -> str:
    """Return what an endpoint has subscribed to, in words."""
    return _("、").join(str(EVENTS[name]) for name in EVENTS if name in endpoint.subscriptions)


@require_safe
@readers_only
def endpoint_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show every endpoint, what it hears and how that goes."""
    vendors = {vendor.code: name_of(vendor) for vendor in Vendor.objects.all()}
    rows = [{"one": one, "hears": hears(one), "vendor": vendors.get(one.vendor, "")} for one in with_figures().kept()]
    context = {"rows": rows, "kinds": Kind.choices}
    return rules_page(request, reader, (SUBJECT, "console/rules/endpoints.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def endpoint_new(request: HttpRequest, reader: Reader, kind: str) -> HttpResponse:
    """Add an endpoint; a program's secret is shown once."""
    if kind not in Kind.values:
        raise Http404
    form = EndpointForm(request.POST or None, kind=kind, is_new=True)
    refusal = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        given = {"name": said["name"], "url": said["url"], "secret": said.get("secret", "")}
        try:
            added = webhooks.add(kind=kind, wanted=form.wanted(), **given)
        except ActionRefusedError as refused:
            refusal = refused
        else:
            return added_page(request, reader, added)
    context = {"form": form, "kind": Kind(kind), "refusal": refusal}
    return rules_page(request, reader, (SUBJECT, "console/rules/endpoint.html"), context, _status(request))


def added_page(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> HttpResponse:
    """Show the new secret of a program this one time; a robot's was typed, and is not shown again."""
    if endpoint.is_robot:
        messages.success(request, _("已添加。发一条测试消息，看看它写不写得进去。"))
        return redirect("console:rules:endpoint", endpoint.pk)
    page = rules_page(request, reader, (SUBJECT, "console/rules/endpoint_secret.html"), {"endpoint": endpoint})
    page["Cache-Control"] = "no-store"
    return page


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def endpoint_page(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show an endpoint with its last tries; change what it hears."""
    endpoint = get_object_or_404(with_figures(), pk=pk)
    if request.method == "POST":
        return endpoint_changed(request, pk)
    form = EndpointForm(initial=typed(endpoint), kind=endpoint.kind, is_new=False)
    return shown_endpoint(request, reader, endpoint, form)


@writers_only
def endpoint_changed(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Change what an endpoint hears and where it is; what cannot be done is told, and nothing typed is lost."""
    endpoint = get_object_or_404(with_figures(), pk=pk)
    form = EndpointForm(request.POST, initial=typed(endpoint), kind=endpoint.kind, is_new=False)
    if not form.is_valid():
        return shown_endpoint(request, reader, endpoint, form)
    said = form.cleaned_data
    try:
        webhooks.change(endpoint=endpoint, wanted=form.wanted(), url=said["url"], secret=said.get("secret", ""))
    except ActionRefusedError as refusal:
        return shown_endpoint(request, reader, endpoint, form, refusal)
    messages.success(request, _("已保存。"))
    return redirect("console:rules:endpoint", pk)


def shown_endpoint(
    request: HttpRequest,
    reader: Reader,
    endpoint: WebhookEndpoint,
    form: EndpointForm,
    refusal: ActionRefusedError | None = None,
) -> HttpResponse:
    """Return the page of one endpoint."""
    tries = endpoint.tries.select_related("delivery__ticket").order_by("-pk")[:TRIES_SHOWN]
    context = {
        **({"may_write": False} if endpoint.retired_at else {}),
        "form": form,
        "endpoint": endpoint,
        "kind": Kind(endpoint.kind),
        "hears": hears(endpoint),
        "tries": tries,
        "refusal": refusal,
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/endpoint.html"), context, _status(request))


def _status(request: HttpRequest) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK


@require_POST
@writers_only
def endpoint_act(request: HttpRequest, reader: Reader, pk: int, act: str) -> HttpResponse:
    """Do one thing with an endpoint; what is refused is told."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    if act not in ACTS:
        raise Http404
    try:
        return ACTS[act](request, reader, endpoint) or redirect("console:rules:endpoint", pk)
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
    return redirect("console:rules:endpoint", pk)


def _try_out(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> None:
    went = webhooks.try_out(endpoint=endpoint, at=reader.at)
    if went.outcome == DeliveryTry.Outcome.SENT:
        messages.success(request, _("测试消息已送达，用时 %(ms)d 毫秒。") % {"ms": went.ms})
    else:
        reason = why(endpoint.kind, went.answer, went.status)
        words = {"outcome": went.get_outcome_display(), "answer": " ".join(filter(None, (reason, went.answer)))}
        messages.error(request, _("测试消息%(outcome)s：%(answer)s") % words)


def _renew(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> HttpResponse:
    return added_page(request, reader, webhooks.renew_secret(endpoint=endpoint, at=reader.at))


def _switch_on(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> None:
    webhooks.switch_on(endpoint=endpoint)
    messages.success(request, _("已启用。"))


def _switch_off(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> None:
    webhooks.switch_off(endpoint=endpoint, note=str(reader.user))
    messages.success(request, _("已停用：此后什么都不会发给它。"))


def _unsign(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> None:
    webhooks.drop_secret(endpoint=endpoint)
    messages.success(request, _("已去掉密钥：以后的消息不再签名。"))


def _remove(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> HttpResponse:
    webhooks.retire(endpoint=endpoint, note=str(reader.user), at=reader.at)
    messages.success(request, _("已删除“%(name)s”；它的投递记录还在。") % {"name": endpoint.name})
    return redirect("console:rules:endpoints")


def _resend(request: HttpRequest, reader: Reader, endpoint: WebhookEndpoint) -> None:
    count = resending.resend_failed(endpoint=endpoint, at=reader.at)
    messages.success(request, ngettext("%(n)d 条将重新发送。", "%(n)d 条将重新发送。", count) % {"n": count})


ACTS: dict[str, Any] = {
    "test": _try_out,
    "secret": _renew,
    "unsign": _unsign,
    "remove": _remove,
    "on": _switch_on,
    "off": _switch_off,
    "resend": _resend,
}
urlpatterns = [
    path("endpoints/", endpoint_list, name="endpoints"),
    path("endpoints/new/<slug:kind>/", endpoint_new, name="endpoint_new"),
    path("endpoints/<int:pk>/", endpoint_page, name="endpoint"),
    path("endpoints/<int:pk>/<slug:act>/", endpoint_act, name="endpoint_act"),
]
