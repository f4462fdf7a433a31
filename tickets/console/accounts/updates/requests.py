"""One request for an update: who wants what, by which clause, how far it is, and what can be done with it."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from plans.actions.updates.requests import earliest_on
from plans.models import UpdateRequest
from plans.updates.reading import find_request, policy_of
from plans.wording import clause_of
from tickets.console.accounts.guard import may_write
from tickets.console.accounts.nav import desk_page
from tickets.console.accounts.updates.acting import acted
from tickets.console.accounts.updates.acts import REQUEST, offered
from tickets.console.accounts.updates.desk import requests_of
from tickets.console.guard import Reader, agents_only
from tickets.engagement_forms import Attempt
from tickets.showing.updates import BADGES, how_words, journal_of, request_title, when_words

State = UpdateRequest.State
# The stages that every request goes through, and those of one that needs an audit. Source: K11
PLAIN = (State.REQUESTED, State.SCHEDULED, State.UNDER_WAY, State.DONE)
AUDITED = (State.REQUESTED, State.AUDITING, State.CLEARED, State.SCHEDULED, State.UNDER_WAY, State.DONE)


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def request_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show a request, or do something with it."""
    asked = find_request(code, requests_of(reader))
    if asked is None:
        raise Http404

    def again(attempt: Attempt, status: int) -> HttpResponse:
        return _shown(request, reader, asked, attempt, status)

    if request.method == "POST":
        if not may_write(reader.user, asked.contract):
            raise PermissionDenied
        return acted(request, reader, asked, REQUEST, again)
    return again(Attempt(), HTTPStatus.OK)


def _shown(
    request: HttpRequest, reader: Reader, asked: UpdateRequest, attempt: Attempt, status: int
) -> HttpResponse:  # fmt: skip
    policy = policy_of(asked)
    may_act = may_write(reader.user, asked.contract)
    context = {
        "asked": asked,
        "title": request_title(asked),
        "badge": BADGES[asked.state],
        "when": when_words(asked) if asked.starts_at else "",
        "stages": [(State(one).label, one == asked.state) for one in stages_of(asked)],
        "policy": policy,
        "clause": policy.clause if policy else clause_of(asked.item),
        "ways": how_words(policy) if policy else [],
        "earliest": earliest_on(policy, asked.contract, reader.at) if policy and not asked.is_ended else None,
        "journal": journal_of(asked),
        "acts": offered(asked, REQUEST, (attempt.name, attempt.form)) if may_act else [],
        "refusal": attempt.refusal,
    }
    return desk_page(request, reader, ("updates_desk", "console/accounts/updates/request.html"), context, status)


def stages_of(asked: UpdateRequest) -> tuple[State, ...]:
    """Return the stages of a request in their order."""
    policy = policy_of(asked)
    return AUDITED if policy and policy.needs_audit else PLAIN


urlpatterns = [path("-/updates/requests/<slug:code>/", request_page, name="update_request")]
