"""The engagements of one contract: what comes, what waits for somebody, what was, and what may still be asked for."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.accounts import zone_named
from plans.actions.engagements.asking import Asked, ask
from plans.engagements.reading import Offer, brought, find, offers_of
from plans.models import Contact, Contract, Engagement, User
from sla.refusals import ActionRefusedError
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page
from tickets.engagement_forms import RequestForm
from tickets.showing.engagements import experts_of, provider_of, topic_of, when_words

PAST = 50


@dataclass(frozen=True)
class Line:
    """One engagement in a list."""

    engagement: Engagement
    topic: str
    when: str
    provider: str
    experts: str


def line(engagement: Engagement) -> Line:
    """Return an engagement as a list shows it."""
    return Line(
        engagement, topic_of(engagement), when_words(engagement), provider_of(engagement), experts_of(engagement)
    )


@require_safe
@for_account()
def engagements_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a contract's engagements, those under way in front, and what may be asked for."""
    rows = brought(contract.engagements.joined())
    context = {
        "under_way": [line(row) for row in rows.under_way().order_by("starts_at", "pk")],
        "past": [
            line(row) for row in rows.exclude(pk__in=contract.engagements.under_way()).order_by("-ended_at")[:PAST]
        ],
        "offers": offers_of(contract, at),
    }
    return account_page(request, contract, at, ("engagements", "console/accounts/engagements/list.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def new(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Ask for a service on the customer's behalf; what is refused is told, and nothing typed is lost."""
    chosen = _chosen(request, contract, at)
    series = find(request.GET.get("series", ""), contract.engagements.all())
    said = request.POST if request.method == "POST" else None
    topic = series.topic if series else ""
    zone = zone_named(contract.timezone)
    form = RequestForm(said, entitlement=chosen.entitlement, units=chosen.figures, zone=zone, initial={"topic": topic})
    contacts = Contact.objects.active().filter(customer=contract.customer_id)
    refusal = None
    if said is not None and form.is_valid():
        user = cast(User, request.user)
        contact = contacts.filter(pk=_key(said.get("contact", ""))).first()
        try:
            made = ask(asked=Asked(chosen.entitlement, form.wanted(series), contact, form.slot()), actor=user, at=at)
        except ActionRefusedError as error:
            refusal = error
        else:
            messages.success(request, _("已申请 %(number)s。") % {"number": made.number})
            return redirect("console:accounts:engagement", made.number)
    context = {
        "form": form, "offer": chosen, "series": series, "contacts": contacts, "refusal": refusal,
        "asked_by": _key(said.get("contact", "")) if said else None,
    }  # fmt: skip
    page = ("engagements", "console/accounts/engagements/new.html")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said is not None else HTTPStatus.OK
    return account_page(request, contract, at, page, context, status=status)


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def _chosen(request: HttpRequest, contract: Contract, at: datetime) -> Offer:
    """Return the service that is asked for. Raises Http404 for one that the contract does not give."""
    key = _key(request.GET.get("right", ""))
    found = next((one for one in offers_of(contract, at) if one.entitlement.pk == key), None)
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("<str:number>/engagements/", engagements_page, name="engagements"),
    path("<str:number>/engagements/new/", new, name="engagement_new"),
]
