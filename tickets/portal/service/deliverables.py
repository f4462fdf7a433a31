"""What was handed over to a customer: look at it, sign for it, object in writing, or take note of it."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.actions.deliverables import Signature, acknowledge, object_to, sign
from plans.deliverables import find
from plans.deliverables.access import may_sign, signatories
from plans.models import Contract, Deliverable, Outcome, User
from plans.models.deliverables import DeliverableQuerySet
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.deliverable_forms import ObjectionForm, SignForm
from tickets.engagement_forms import Attempt
from tickets.portal.guard import user_in
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.showing.deliverables import clauses_of, rounds_in_words, shown, shown_one
from tickets.showing.engagements import topic_of

SHOWN = 200
# What can be done with a round that stands like this.
POSSIBLE = {Outcome.OPEN: ("sign", "object"), Outcome.KEPT: ("acknowledge",)}
ACTS = ("sign", "object", "acknowledge")


def seen_by(user: User, contract: Contract) -> DeliverableQuerySet:
    """Return what was handed over under a contract that one of the customer's people may see."""
    return Deliverable.objects.visible_to(user).filter(contract=contract)


@require_safe
@for_service
def deliverables_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what waits for a signature, and what was handed over."""
    rows = seen_by(user_in(request), contract).brought()
    context = {
        "waiting": shown(rows.waiting()[:SHOWN], at),
        "past": shown(rows.exclude(state=Outcome.OPEN).order_by("-handed_over_at", "-pk")[:SHOWN], at),
    }
    return service_page(request, contract, at, ("deliverables", "portal/service/deliverables/list.html"), context)


def _find(request: HttpRequest, contract: Contract, code: str) -> Deliverable:
    found = find(code, seen_by(user_in(request), contract))
    if found is None:
        raise Http404
    return found


@require_safe
@for_service
def deliverable(request: HttpRequest, contract: Contract, at: datetime, code: str) -> HttpResponse:
    """Show one deliverable to its customer."""
    return _shown(request, at, _find(request, contract, code), Attempt())


@require_POST
@for_service
def act(request: HttpRequest, contract: Contract, at: datetime, code: str) -> HttpResponse:
    """Sign, object or take note; a refusal is told with its clause, and nothing typed is lost."""
    found, name = _find(request, contract, code), request.POST.get("action", "")
    if name not in ACTS:
        raise Http404
    form = _form(name, found, request.POST)
    if form is not None and not form.is_valid():
        return _shown(request, at, found, Attempt(name, form), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        messages.success(request, _done(name, found, form, user_in(request), at))
    except ActionRefusedError as refusal:
        return _shown(request, at, found, Attempt(name, form, refusal), HTTPStatus.CONFLICT)
    return redirect("portal:service:deliverable", contract.number, found.number)


def _form(name: str, row: Deliverable, said: Any) -> Any:
    if name == "sign":
        return SignForm(said, initial={"digest": row.last_round.digest})
    return ObjectionForm(said) if name == "object" else None


def _done(name: str, row: Deliverable, form: Any, user: User, at: datetime) -> str:
    """Do what one of the customer's people asked for, and return what is said of it."""
    if name == "sign":
        said = form.cleaned_data
        sign(deliverable=row, signature=Signature(said["name"], said["digest"]), actor=user, at=at)
        return _("已签字确认，回执会发到邮箱。")
    if name == "object":
        object_to(deliverable=row, words=form.cleaned_data["words"], actor=user, at=at)
        return _("书面意见已提交，服务团队会修改后重新交付。")
    acknowledge(deliverable=row, actor=user, at=at)
    return _("谢谢，已记下。")


def _shown(
    request: HttpRequest, at: datetime, row: Deliverable, attempt: Attempt, status: int = HTTPStatus.OK
) -> HttpResponse:
    row = _find(request, row.contract, row.number)
    one, rounds = shown_one(row, at), rounds_in_words(row, at)
    context = {
        "deliverable": row,
        "one": one,
        "standing_round": rounds[0],
        "earlier": rounds[1:],
        "clauses": clauses_of(one.row),
        "forms": _forms(row, user_in(request), attempt, is_late=one.is_late),
        "tried": attempt.name,
        "refusal": attempt.refusal,
        "signatories": _("、").join(name_of(one) for one in signatories(row)),
        "topic": topic_of(row.engagement) if row.engagement else "",
    }
    page = ("deliverables", "portal/service/deliverables/deliverable.html")
    return service_page(request, row.contract, at, page, context, status=status)


def _forms(row: Deliverable, user: User, attempt: Attempt, *, is_late: bool) -> dict[str, Any]:
    """Return what one of the customer's people can do now, each with its form; what was tried keeps what was typed."""
    if is_late or not may_sign(user, row):
        return {}
    names = POSSIBLE.get(Outcome(row.state), ())
    typed = attempt.form if attempt.name in names else None
    return {name: typed if typed and name == attempt.name else _form(name, row, None) or True for name in names}


urlpatterns = [
    path("<str:number>/deliverables/", deliverables_page, name="deliverables"),
    path("<str:number>/deliverables/<slug:code>/", deliverable, name="deliverable"),
    path("<str:number>/deliverables/<slug:code>/act/", act, name="deliverable_act"),
]
