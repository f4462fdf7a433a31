"""A customer's browser before the chat's web API: requests with a token, from a page of some origin."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from django.test import Client

from plans.models import Contact
from tickets.actions.visiting import Arrival, let_in
from tickets.models import Site

HOST = "https://erp.example"
SECRET = "s" * 43
_ids = count(1)


def site(**more: Any) -> Site:
    """Keep a site that a host product embeds."""
    said = {"code": "erp", "name": "示例", "vendor": "yonsuite", "origins": [HOST], "secret": SECRET}
    return Site.objects.create(**said | more)


def encoded(value: Any) -> str:
    """Return base64url of bytes, or of an object as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(at: datetime, secret: str = SECRET, head: Any = None, **claims: Any) -> str:
    """Return an identity as a host signs it; a claim of None is left out."""
    now = int(at.timestamp())
    usual = {"sub": "E1", "aud": "erp", "iat": now, "exp": now + 300, "jti": f"j{next(_ids)}"}
    body = {name: value for name, value in (usual | claims).items() if value is not None}
    text = f"{encoded(head or {'alg': 'HS256', 'typ': 'JWT'})}.{encoded(body)}"
    return f"{text}.{encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


@dataclass
class Browser:
    """One browser with its token."""

    token: str = ""
    origin: str = ""
    language: str = "zh-CN"
    client: Client = field(default_factory=Client)

    def ask(self, method: str, path: str, said: Any = None, **more: Any) -> Any:
        """Send a request and return the answer."""
        headers = {"Accept-Language": self.language}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Origin": self.origin} if self.origin else {}
        if said is not None and "content_type" not in more:
            said, more = json.dumps(said), {**more, "content_type": "application/json"}
        sent = {"data": said} if said is not None else {}
        return self.client.generic(method, f"/chat/v1/{path}", **sent, headers=headers, **more)

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, said: Any = None) -> Any:
        return self.ask("POST", path, {} if said is None else said)

    def enter(self, **said: Any) -> Any:
        """Open a session and keep its token."""
        answer = self.post("sessions/", {"site": "erp"} | said)
        self.token = answer.json().get("token", "")
        return answer


def let(contact: Contact | None, at: datetime, where: Site | None = None) -> Browser:
    """Return the browser of somebody who was let in."""
    return Browser(let_in(arrival=Arrival(where, contact), at=at)[1])
