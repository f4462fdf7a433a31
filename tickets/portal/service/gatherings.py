"""Events and certifications that a contact may join: who is invited sees them, and says whether they come."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.accounts import zone_named
from plans.actions.engagements import gathering as actions
from plans.actions.engagements.journal import COMING
from plans.engagements.offered import gathered, stages_of
from plans.models import Attendee, Contact, Contract, Engagement, Entitlement, Gathering
from plans.wording import clause_of
from sla.refusals import ActionRefusedError
from tickets.portal.guard import contact_in, user_in
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.showing.engagements import span_words


@dataclass(frozen=True)
class Open:
    """An event or certification as one contact sees it."""

    gathering: Gathering
    right: Entitlement
    when: str
    place: Attendee | None
    is_open: bool

    @property
    def is_coming(self) -> bool:
        """Tell whether the contact has said that they come."""
        return self.place is not None and self.place.state in COMING

    @property
    def engagement(self) -> Engagement | None:
        """Return the engagement by which they take part."""
        return self.place.engagement if self.place else None


def open_gatherings(contact: Contact, contract: Contract, at: datetime) -> list[Open]:
    """Return what a contact may join under a contract and is not over yet, the next in front. Source: K16, K17"""
    rights = {one.item.service: one for one in gathered(contract)}
    rows = Gathering.objects.open_to(contact).filter(service__in=rights, vendor=contract.plan.vendor)
    found = [_open(row, rights[row.service], contact, at) for row in rows.filter(ends_at__gt=at).order_by("starts_at")]
    return [one for one in found if one.place is None or one.place.engagement.contract_id == contract.pk]


def _open(row: Gathering, right: Entitlement, contact: Contact, at: datetime) -> Open:
    places = Attendee.objects.filter(engagement__gathering=row, contact=contact)
    place = places.select_related("engagement").order_by(F("engagement__contract_id")).first()
    zone = zone_named(row.timezone)
    in_time = row.enrol_until is None or at.astimezone(zone).date() <= row.enrol_until
    when = span_words(row.starts_at, row.ends_at, zone)
    return Open(row, right, when, place, in_time and row.starts_at > at)


@require_safe
@for_service
def gathering(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Show an event or certification."""
    return _shown(request, contract, at, pk)


def _shown(
    request: HttpRequest, contract: Contract, at: datetime, pk: int, refusal: ActionRefusedError | None = None
) -> HttpResponse:
    found = _find(request, contract, at, pk)
    context = {
        "open": found,
        "gathering": found.gathering,
        "clause": clause_of(found.right.item),
        "stages": stages_of(found.right.item),
        "refusal": refusal,
    }
    page = ("engagements", "portal/service/engagements/gathering.html")
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return service_page(request, contract, at, page, context, status=status)


def _find(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> Open:
    """Return one that the reader may see. Raises Http404 for any other, as for one that never was. Source: K17"""
    shown = open_gatherings(contact_in(request), contract, at)
    found = next((one for one in shown if one.gathering.pk == pk), None)
    if found is None:
        raise Http404
    return found


@require_POST
@for_service
def answer(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Say that one comes, or does not."""
    found, user = _find(request, contract, at, pk), user_in(request)
    try:
        if request.POST.get("comes") == "yes":
            actions.enrol(gathering=found.gathering, contact=contact_in(request), actor=user, at=at)
            messages.success(request, _("已报名，邀请会发到邮箱。"))
        elif found.place:
            actions.decline(attendee=found.place, actor=user, at=at)
            messages.success(request, _("已告诉主办方您不参加。"))
    except ActionRefusedError as refusal:
        return _shown(request, contract, at, pk, refusal)
    return redirect("portal:service:gathering", contract.number, pk)


urlpatterns = [
    path("<str:number>/gatherings/<int:pk>/", gathering, name="gathering"),
    path("<str:number>/gatherings/<int:pk>/answer/", answer, name="gathering_answer"),
]
