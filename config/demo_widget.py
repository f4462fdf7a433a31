"""A made-up product whose page embeds the chat, under the strictest policy that it works with; only in the demo."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from plans.models import Contact
from sla.clock import database_now
from tickets.models import Site

SITE = "demo"
# Nothing from anywhere, but for the tag and what it asks for.
HOST = {
    "default-src": [NONE], "script-src": [SELF], "connect-src": [SELF], "style-src": [SELF], "base-uri": [NONE],
    "form-action": [NONE], "frame-ancestors": [NONE], "require-trusted-types-for": ["'script'"],
}  # fmt: skip


@require_safe
@csp(HOST)
def page(request: HttpRequest) -> HttpResponse:
    """Show the product's page; `?as=` names a contact whom it has signed in. Raises Http404 without the demo's site."""
    site = Site.objects.filter(code=SITE, is_active=True).first()
    if site is None or settings.DEMO_MAIL is None:
        raise Http404
    people = Contact.objects.active().filter(customer__contracts__plan__vendor=site.vendor).exclude(email="")
    found = people.distinct().order_by("pk")[:3]
    contact = people.filter(email=request.GET.get("as", "")).first()
    context = {"site": site, "people": found, "contact": contact, "product": settings.PUBLIC_URL}
    response = render(request, "demo_widget/page.html", context | {"identity": signed(site, contact)})
    response["Cache-Control"] = "no-store"
    return response


def signed(site: Site, contact: Contact | None) -> str:
    """Return a contact's identity as a host's server signs it, nothing for nobody."""
    if contact is None:
        return ""
    now = int(database_now().timestamp())
    claims = {"aud": site.code, "sub": contact.email, "iat": now, "exp": now + 300, "jti": secrets.token_hex(16)}
    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    signature = hmac.new(site.secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def part(value: dict[str, Any]) -> str:
    """Return an object as a token writes it."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


urlpatterns = [path("", page, name="demo-widget")]
