"""`/hooks/{adapter}/{key}/`: keep the bytes, do what they tell of, and answer as the sender expects."""

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from plans.authentication import Caller, identify
from plans.sealing import UnopenedError
from plans.throttling import Rate, rate_of_key
from sla.api.problems import CONTENT_TYPE, problem
from tickets.actions import hooks
from tickets.channels.hook import Asked, Hook, KeyFacts, Outcome, Reply, SignatureError, Verdict
from tickets.channels.registry import HOOKS
from tickets.models import InboundEvent

log = structlog.get_logger(__name__)


class RefusedError(Exception):
    """Raised before anything is kept: the outcome is all that there is to tell."""

    def __init__(self, verdict: Verdict, message: str, **headers: str) -> None:
        super().__init__(message)
        self.outcome = Outcome(verdict, message)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@csrf_exempt
def hook(request: HttpRequest, adapter: str, key: str) -> HttpResponse:
    """Answer one call of another program; whoever calls with a valid key finds its bytes kept."""
    form = HOOKS.get(adapter)
    if form is None:
        return _unknown(adapter)
    try:
        caller, rate = _let_in(request, form, key)
        reply = _heard(_asked(request, form), request.META.get("QUERY_STRING", ""), form, caller)
    except RefusedError as refused:
        return _response(form.answer(refused.outcome), refused.headers)
    return _response(reply, rate.headers)


def _unknown(adapter: str) -> HttpResponse:
    """Answer a program whose form is not known here: in no form of its own, for it has none that we could tell."""
    body = problem(404, "unknown_adapter", _("没有名为 %(adapter)s 的接入形式。") % {"adapter": adapter})
    return JsonResponse(body | {"adapters": sorted(HOOKS)}, status=404, content_type=CONTENT_TYPE)


def _let_in(request: HttpRequest, form: Hook, key: str) -> tuple[Caller, Rate]:
    """Return who calls and what is left of their minute. Raises RefusedError for a wrong method or key, or too many."""
    if request.method not in form.methods:
        allowed = ", ".join(sorted(form.methods))
        raise RefusedError(Verdict.WRONG_METHOD, _("只接受 %(methods)s。") % {"methods": allowed}, Allow=allowed)
    caller = identify(key)
    if caller is None or f"intake:{form.channel}" not in caller.key.scopes:
        raise RefusedError(Verdict.BAD_KEY, _("密钥无效、已停用或已过期。"))
    rate = rate_of_key("hooks", caller)
    if rate.used > rate.limit:
        words = _("请求太多，请在 %(seconds)s 秒后再试。") % {"seconds": rate.reset}
        raise RefusedError(Verdict.TOO_MANY, words, Retry_After=str(max(rate.reset, 1)), **rate.headers)
    return caller, rate


def _asked(request: HttpRequest, form: Hook) -> Asked:
    """Return the request as it came, its address as the sender knows it. Raises RefusedError when it is too long."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    # One byte more than allowed tells a body that is too long from one that just fits.
    body = b"" if said.isdigit() and int(said) > form.limit else request.read(form.limit + 1)
    if len(body) > form.limit or (said.isdigit() and int(said) > form.limit):
        raise RefusedError(Verdict.TOO_LARGE, _("内容超过 %(limit)s MB。") % {"limit": form.limit >> 20})
    return Asked(
        method=request.method or "",
        url=f"{settings.PUBLIC_URL}{request.get_full_path()}",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.GET.dict(),
        body=body,
    )


def _heard(asked: Asked, query: str, form: Hook, caller: Caller) -> Reply:
    """Keep what was asked, then do it, and return the answer; a wrong signature is kept too, and goes no further."""
    refused, why = None, ""
    try:
        facts = KeyFacts(caller.key.signing_secret, caller.key.options, caller.at)
        form.check(asked, facts)
        if challenged := form.challenge(asked, facts):
            return challenged
    except SignatureError as error:
        why = str(error) or _("签名不对。")
        refused = Outcome(Verdict.BAD_SIGNATURE, why)
    except UnopenedError as error:
        # How our own secrets are kept is none of the sender's business.
        why, refused = error.message, Outcome(Verdict.UNREADY, _("暂时无法核对签名，请稍后重发。"))
    event = hooks.keep(hook=form, request=asked, api_key=caller.key, query=query, refused=why, at=caller.at)
    return form.answer(refused or _taken(event, caller))


def _taken(event: InboundEvent, caller: Caller) -> Outcome:
    """Take an event in; a fault of ours is not the sender's: what is kept is taken in again by itself."""
    try:
        return hooks.take(event=event, at=caller.at)
    except Exception:
        # The bytes are kept and come again: the sender must not be told to repeat them.
        log.exception("hook_left_for_later", intake=event.pk, adapter=event.adapter)
        return Outcome(Verdict.LATER)


def _response(reply: Reply, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type, headers=headers)
    response["Cache-Control"] = "no-store"
    # The address holds the key: it must not go on to anywhere.
    response["Referrer-Policy"] = "no-referrer"
    return response
