"""A customer's words the short way: no middleware, one query to know who says them, one statement to write them.

Whatever is not plainly good is left to the usual view, which says what is wrong; by then nothing is written.
"""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request, override
from rest_framework.renderers import JSONRenderer

from plans.authentication import presented
from plans.throttling import rate_of
from sla.api.strict_json import StrictJsonError, read_json
from sla.refusals import ActionRefusedError
from tickets.actions.chat.lines import Line
from tickets.actions.chat.plainly import say_plainly
from tickets.actions.chat.saying import by_customer, checked
from tickets.actions.visiting import note_seen
from tickets.channels.base import Reader
from tickets.chat.base import opened
from tickets.chat.guests import NOTED_EVERY, is_own, origin_of
from tickets.chat.knowing import Known, known
from tickets.models import ChatMessage
from tickets.showing.chat import message_fields

JSON = "application/json"
FIELDS = {"body", "client_id"}
# A longer body is read by the usual view, which knows what to say of it.
LONGEST = 64 * 1024


def is_quick(request: HttpRequest) -> bool:
    """Tell by its head whether a request may be answered the short way."""
    said = request.META
    kind = said.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    accepts = said.get("HTTP_ACCEPT", "*/*")
    is_short = said.get("CONTENT_LENGTH", "").isdecimal() and int(said["CONTENT_LENGTH"]) <= LONGEST
    return kind == JSON and is_short and ("*/*" in accepts or JSON in accepts)


def say_quickly(request: HttpRequest) -> HttpResponse | None:
    """Write what a customer says and return the answer; None, and nothing is written, where the usual view must."""
    token, code = presented(request), request.GET.get("chat", "")
    who = known(token, code) if token and code.isprintable() else None
    if who is None or not _may(request, who):
        return None
    line = _line(request.body, who)
    message = line and say_plainly(chat=who.chat, speaker=who.visitor, line=line, at=who.at)
    return _answer(request, message) if message else None


def _may(request: HttpRequest, who: Known) -> bool:
    """Count a request of a visitor; tell whether the page may send it, and has not sent too many."""
    origin, seen_at = origin_of(request), who.visitor.seen_at
    if origin and origin not in who.origins and not is_own(request, origin):
        return False
    if seen_at is None or who.at - seen_at > NOTED_EVERY:
        note_seen(visitor=who.visitor, at=who.at)
    rate = rate_of("chat_visitor", str(who.visitor.pk))
    return rate.used <= rate.limit


def _line(raw: bytes, who: Known) -> Line | None:
    try:
        sent = read_json(raw)
        if not isinstance(sent, Mapping) or not sent.keys() <= FIELDS:
            return None
        reader = Reader(sent)
        client_id, body = reader.text("client_id", 64), reader.text("body", LONGEST)
        line = by_customer(who.name, checked(body), client_id)
    except (StrictJsonError, ActionRefusedError):
        return None
    return None if reader.errors else line


def _answer(request: HttpRequest, message: ChatMessage) -> HttpResponse:
    with override(get_language_from_request(request)):
        body = JSONRenderer().render(message_fields(message, for_agent=False))
    answer = HttpResponse(body, status=HTTPStatus.CREATED, content_type=JSON)
    opened(request, answer)
    return answer
