"""`POST /chat/v1/sessions/`: a page opens the chat for somebody, signed in by the host product or unknown."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from plans.models import Contact
from plans.models.people import Language
from sla.api.problems import ProblemError
from sla.clock import database_now
from tickets.actions.visiting import Arrival, Once, let_in
from tickets.answers import instant
from tickets.channels.base import Reader
from tickets.chat.base import ChatView
from tickets.chat.guests import check_origin, count
from tickets.chat.identity import Claims, IdentityError, read_identity
from tickets.chat.standing import visitor_fields
from tickets.models import Site, Visitor

WRONG: Mapping[str, Promise] = {
    "identity_missing": gettext_lazy("这里需要先在产品中登录，才能打开云客服。"),
    "identity_malformed": gettext_lazy("身份令牌不是正确的 JWT。"),
    "identity_algorithm": gettext_lazy("身份令牌只能用 HS256 签名。"),
    "identity_signature": gettext_lazy("身份令牌的签名不对。"),
    "identity_claims": gettext_lazy("身份令牌缺少 sub、aud、jti、iat 或 exp，或其中有误。"),
    "identity_audience": gettext_lazy("身份令牌不是签给这个接入点的。"),
    "identity_too_long": gettext_lazy("身份令牌的有效期超过 1 小时。"),
    "identity_not_yet": gettext_lazy("身份令牌的签发时间在未来，请校准时钟。"),
    "identity_expired": gettext_lazy("身份令牌已过期，请让产品页面重新签发。"),
    "identity_unknown": gettext_lazy("身份令牌里的用户不是登记的联系人。"),
}


class Sessions(ChatView):
    """Let somebody in, without a token so far."""

    authentication_classes = []
    permission_classes = []

    def post(self, request: Request) -> Response:
        """Return a token of the visitor's own; it is told this once."""
        count("chat_sessions", request.META.get("REMOTE_ADDR", ""))
        said, at = self.said, database_now()
        code, identity = said.text("site", 40, required=True), said.text("identity", 4096)
        said.finish()
        site = _site(code)
        check_origin(request._request, site)
        arrival, once = _arrival(site, identity, said, at)
        visitor, token = let_in(arrival=arrival, at=at, once=once)
        return Response(_fields(visitor, token), status=HTTPStatus.CREATED)


def _site(code: str) -> Site:
    found = Site.objects.filter(code=code, is_active=True).first()
    if found is None:
        raise ProblemError("unknown_site", _("没有这个接入点，或已停用。"), status=HTTPStatus.NOT_FOUND)
    return found


def _arrival(site: Site, identity: str, said: Reader, at: Any) -> tuple[Arrival, Once | None]:
    """Return who arrives, by the host's word where it gives one. Raises ProblemError."""
    if not identity:
        if not site.allows_anonymous:
            raise _wrong("identity_missing")
        return Arrival(site, language=language_in(said)), None
    try:
        claims = read_identity(identity, site.code, (site.secret, site.previous_secret), at)
    except IdentityError as error:
        raise _wrong(error.code) from error
    arrival = Arrival(site, _contact(claims), language_in(said), claims.name)
    return arrival, Once(claims.token_id, claims.expires_at)


def _wrong(code: str) -> ProblemError:
    ways_on = [_("登录产品后再打开云客服。")] if code == "identity_missing" else []
    more = {"ways_on": ways_on} if ways_on else {}
    return ProblemError(code, str(WRONG[code]), status=HTTPStatus.UNAUTHORIZED, more=more)


def _contact(claims: Claims) -> Contact:
    """Return the one contact that a host names, by e-mail or external id; two of that id are told by the customer."""
    by = {"email__iexact": claims.subject} if "@" in claims.subject else {"external_id": claims.subject}
    found = Contact.objects.active().filter(**by).select_related("customer")
    if claims.customer:
        found = found.filter(customer__code=claims.customer)
    rows = list(found[:2])
    if len(rows) != 1:
        raise _wrong("identity_unknown")
    return rows[0]


def language_in(said: Reader) -> str:
    """Return the language that a page asks for, else the request's."""
    wished = str(said.payload.get("language") or get_language() or "").lower()
    return Language.ENGLISH if wished.startswith("en") else Language.CHINESE


def _fields(visitor: Visitor, token: str) -> dict[str, Any]:
    return {
        "token": token, "expires_at": instant(visitor.expires_at), "visitor": visitor_fields(visitor),
        "site": {"code": visitor.site.code, "vendor": visitor.site.vendor} if visitor.site else None,
    }  # fmt: skip
