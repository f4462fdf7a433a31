"""A customer's words the short way: no middleware, one query to know who says them, one statement to write them.

Whatever is not plainly good is left to the usual view, which says what is wrong; by then nothing is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.core.handlers.exception import response_for_exception
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request, override
from rest_framework.renderers import JSONRenderer

from plans.authentication import presented
from plans.throttling import rate_of
from sla.api.strict_json import StrictJsonError, read_json
from sla.refusals import ActionRefusedError
from tickets.actions.chat.plainly import say_plainly
from tickets.actions.chat.saying import by_customer, checked
from tickets.actions.visiting import note_seen
from tickets.channels.base import Reader
from tickets.chat.base import opened
from tickets.chat.guests import NOTED_EVERY, is_own, origin_of
from tickets.chat.knowing import Known, known
from tickets.models import ChatMessage
from tickets.showing.chat import message_fields

ANY, JSON = "*/*", "application/json"
FIELDS = {"body", "client_id"}
# A longer body is read by the usual view, which knows what to say of it.
LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Said:
    """What came, read and found good."""

    body: str
    client_id: str


def is_quick(request: HttpRequest) -> bool:
    """Tell by its head whether a request may be answered the short way."""
    said = request.META
    kind = said.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    is_short = said.get("CONTENT_LENGTH", "").isdecimal() and int(said["CONTENT_LENGTH"]) <= LONGEST
    return kind == JSON and is_short and _takes_json(said.get("HTTP_ACCEPT", ANY))


def _takes_json(accepts: str) -> bool:
    """Tell whether JSON as we write it is what a sender takes; a wish for its form is left to the usual view."""
    kinds = {kind.partition(";")[0].strip() for kind in accepts.split(",")}
    return not kinds.isdisjoint((ANY, JSON)) and "indent" not in accepts


def say_quickly(request: HttpRequest) -> HttpResponse | None:
    """Write what a customer says and return the answer; None, and nothing is written, where the usual view must.

    Whatever is raised, nothing is written.
    """
    token, code = presented(request), request.GET.get("chat", "")
    said = _said(request.body)
    if said is None or not token or not code.isprintable() or "format" in request.GET:
        return None
    who = known(token, code)
    if who is None or not _may(request, who):
        return None
    line = by_customer(who.name, said.body, said.client_id)
    try:
        message = say_plainly(chat=who.chat, speaker=who.visitor, line=line, at=who.at)
    except Error as error:
        # It may stand, or not: under its name it may be said again, and is there once.
        return None if said.client_id else response_for_exception(request, error)
    return _answer(request, message) if message else None


def _said(raw: bytes) -> Said | None:
    """Return what came; None for what the usual view must name: what is wrong with it, or that nobody reads it."""
    try:
        sent = read_json(raw)
        if not isinstance(sent, Mapping) or not sent.keys() <= FIELDS:
            return None
        reader = Reader(sent)
        said = Said(checked(reader.text("body", LONGEST)), reader.text("client_id", 64))
    except (StrictJsonError, ActionRefusedError):
        return None
    return None if reader.errors else said


def _may(request: HttpRequest, who: Known) -> bool:
    """Count a request of a visitor; tell whether the page may send it, and has not sent too many."""
    origin, seen_at = origin_of(request), who.visitor.seen_at
    if origin and origin not in who.origins and not is_own(request, origin):
        return False
    if seen_at is None or who.at - seen_at > NOTED_EVERY:
        note_seen(visitor=who.visitor, at=who.at)
    rate = rate_of("chat_visitor", str(who.visitor.pk))
    return rate.used <= rate.limit


def _answer(request: HttpRequest, message: ChatMessage) -> HttpResponse:
    with override(get_language_from_request(request)):
        body = JSONRenderer().render(message_fields(message, for_agent=False))
    answer = HttpResponse(body, status=HTTPStatus.CREATED, content_type=JSON)
    opened(request, answer)
    return answer
