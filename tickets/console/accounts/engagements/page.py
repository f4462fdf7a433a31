"""One engagement: how it stands, what comes next, who takes part, what was said, and every step of it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from plans.engagements.access import may_act
from plans.engagements.conflicts import Conflict, conflicts_of
from plans.engagements.invitations import PUBLISH, invitation
from plans.engagements.offered import stage_of, stages_of
from plans.engagements.reading import find, is_outside_term, summary
from plans.models import Engagement, User
from sla.refusals import ActionRefusedError
from tickets.console.accounts.engagements.acts import ACTS
from tickets.console.accounts.guard import accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.engagement_forms import Attempt, Deed
from tickets.showing.engagements import experts_of, meeting_of, provider_of, step_words, when_words, where_words

State = Engagement.State
# What can be done at which point; what is not among them has no form on the page.
POSSIBLE = {
    State.REQUESTED: ("propose", "arrange", "cancel", "add_contact", "add_guest", "remove", "post"),
    State.PROPOSED: (
        "accept",
        "withdraw",
        "propose",
        "arrange",
        "cancel",
        "add_contact",
        "add_guest",
        "remove",
        "post",
    ),
    State.AGREED: (
        "deliver",
        "propose",
        "accept",
        "withdraw",
        "arrange",
        "cancel",
        "add_contact",
        "add_guest",
        "remove",
        "post",
    ),
    State.DELIVERED: ("record", "post"),
    State.RECORDED: ("close", "record", "post"),
    State.CLOSED: ("post",),
    State.CANCELLED: (),
}


def for_engagement(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return a page of one engagement: for its account's people, and for the experts who deliver it."""

    @wraps(page)
    def guarded(request: HttpRequest, reader: Reader, code: str, *args: object) -> HttpResponse:
        engagement = find(code)
        if engagement is None or not may_see(reader.user, engagement):
            raise Http404
        return page(request, reader, engagement, *args)

    return agents_only(guarded)


def may_see(user: User, engagement: Engagement) -> bool:
    """Tell whether an engagement is one of a user's accounts or one that they deliver."""
    delivers = engagement.experts.filter(user=user).exists()
    return delivers or accounts_of(user).filter(pk=engagement.contract_id).exists()


@require_safe
@for_engagement
def engagement_page(request: HttpRequest, reader: Reader, engagement: Engagement) -> HttpResponse:
    """Show an engagement."""
    return shown_engagement(request, reader, engagement, Attempt())


@require_POST
@for_engagement
def act(request: HttpRequest, reader: Reader, engagement: Engagement) -> HttpResponse:
    """Do something with an engagement; a refusal is told with its clause, and nothing typed is lost."""
    if not may_act(reader.user, engagement):
        raise PermissionDenied
    name = request.POST.get("action", "")
    kind = ACTS.get(name)
    if kind is None:
        raise Http404
    form = kind.form(engagement, request.POST)
    if not form.is_valid():
        return shown_engagement(request, reader, engagement, Attempt(name, form), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        kind.does(Deed(engagement, form, reader.user, reader.at))
    except ActionRefusedError as refusal:
        return shown_engagement(request, reader, engagement, Attempt(name, form, refusal), HTTPStatus.CONFLICT)
    messages.success(request, str(kind.done))
    return redirect("console:accounts:engagement", engagement.number)


def shown_engagement(
    request: HttpRequest, reader: Reader, engagement: Engagement, attempt: Attempt, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return the page of an engagement, with what was tried in its form."""
    engagement = find(engagement.number) or engagement
    can = may_act(reader.user, engagement)
    possible = POSSIBLE[State(engagement.state)] if can and not engagement.gathering_id else ()
    fitting = _fitting(engagement, possible)
    context = {
        **_facts(engagement, reader.at),
        "forms": {name: _form(name, engagement, attempt) for name in fitting},
        "tried": attempt.name,
        "stray": attempt.stray(fitting),
        "typed": attempt.typed,
        "refusal": attempt.refusal,
        "busy": _busy(engagement),
        "may_see_account": accounts_of(reader.user).filter(pk=engagement.contract_id).exists(),
    }
    page = ("engagement_desk", "console/accounts/engagements/engagement.html")
    return desk_page(request, reader, page, context, status)


def _facts(engagement: Engagement, at: datetime) -> dict[str, Any]:
    steps = engagement.steps.select_related("actor", "engagement__item").order_by("-pk")
    return {
        "engagement": engagement,
        "proposal": engagement.proposals.filter(answer="open").select_related("by").first(),
        "past_proposals": engagement.proposals.exclude(answer="open").order_by("-pk"),
        "when": when_words(engagement),
        "where": where_words(engagement),
        "provider": provider_of(engagement),
        "experts": experts_of(engagement),
        "attendees": engagement.attendees.select_related("contact"),
        "posts": engagement.posts.select_related("author"),
        "steps": [(step, step_words(step)) for step in steps],
        "stages": stages_of(engagement.item),
        "stage": stage_of(engagement),
        "sessions": engagement.sessions.select_related("item").order_by("pk"),
        "offer": summary(engagement, at),
        "is_outside": not engagement.is_ended and is_outside_term(engagement),
    }


def _fitting(engagement: Engagement, possible: tuple[str, ...]) -> list[str]:
    """Leave out what only answers an open proposal; a service in stages may go on to another."""
    is_open = engagement.proposals.filter(answer="open").exists()
    staged = ["stage"] if possible and engagement.item.stage_codes and not engagement.is_ended else []
    return [name for name in possible if is_open or name not in ("accept", "withdraw")] + staged


def _form(name: str, engagement: Engagement, attempt: Attempt) -> forms.Form:
    return attempt.form if attempt.form and attempt.name == name else ACTS[name].form(engagement, None)


def _busy(engagement: Engagement) -> list[Conflict]:
    """Return what else the experts have on at the time on the table, before anybody agrees to it."""
    if engagement.starts_at is None or engagement.ends_at is None or engagement.is_ended:
        return []
    experts = [row.user for row in engagement.experts.all()]
    proposal = engagement.proposals.filter(answer="open").first()
    start, end = (proposal.starts_at, proposal.ends_at) if proposal else (engagement.starts_at, engagement.ends_at)
    return conflicts_of(experts, start, end, engagement)


@require_safe
@for_engagement
def calendar_file(request: HttpRequest, reader: Reader, engagement: Engagement) -> HttpResponse:
    """Return the agreed time as a calendar file."""
    if engagement.state not in (State.AGREED, State.DELIVERED, State.RECORDED, State.CLOSED):
        raise Http404
    text = invitation(meeting_of(engagement), method=PUBLISH, at=reader.at)
    return ics(text, engagement.number)


def ics(text: str, name: str) -> HttpResponse:
    """Return a calendar as a file to be opened."""
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return answer


urlpatterns = [
    path("-/engagements/<slug:code>/", engagement_page, name="engagement"),
    path("-/engagements/<slug:code>/act/", act, name="engagement_act"),
    path("-/engagements/<slug:code>/calendar.ics", calendar_file, name="engagement_ics"),
]
