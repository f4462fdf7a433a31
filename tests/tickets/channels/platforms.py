"""Programs on this machine that speak as the platforms of robots do: they check, count and answer by a code in JSON."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.tickets.channels.test_webhook import Receiver
from tickets.actions import webhooks
from tickets.models import WebhookEndpoint

KEY, SECRET = "key=5f2c-aaaa", "SECRET-of-a-robot"
CODE = {"wecom": "errcode", "dingtalk": "errcode", "feishu": "code"}


def digest(key: str, said: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()).decode()


def wecom_accepts(query: dict[str, list[str]], said: dict[str, Any]) -> int:
    if query.get("key") != ["5f2c-aaaa"]:
        return 93000
    return 40058 if len(said["markdown"]["content"].encode()) > 4096 else 0


def dingtalk_accepts(query: dict[str, list[str]], said: dict[str, Any]) -> int:
    at = query.get("timestamp", ["0"])[0]
    fresh = abs(time.time() * 1000 - int(at)) < 3_600_000 * 24 * 365
    signed = query.get("sign") == [digest(SECRET, f"{at}\n{SECRET}")]
    return 0 if fresh and signed and said["markdown"]["title"] and said["markdown"]["text"] else 310000


def feishu_accepts(query: dict[str, list[str]], said: dict[str, Any]) -> int:
    signed = said.get("sign") == digest(f"{said.get('timestamp')}\n{SECRET}", "")
    return 0 if signed and said["card"]["elements"] else 19021


ACCEPTS: dict[str, Callable[[dict[str, list[str]], dict[str, Any]], int]] = {
    "wecom": wecom_accepts,
    "dingtalk": dingtalk_accepts,
    "feishu": feishu_accepts,
}


class Platform(Receiver):
    """One platform with one robot; `code` makes it answer otherwise than the message deserves."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.code: int | None = None
        self.answer = self.judge
        self.url = self.url.replace("/hook", f"/robot/send?{KEY}")

    def judge(self, handler: BaseHTTPRequestHandler) -> None:
        query, said = parse_qs(urlsplit(handler.path).query), json.loads(self.calls[-1][1])
        code = ACCEPTS[self.kind](query, said) if self.code is None else self.code
        reply(handler, 200, json.dumps({CODE[self.kind]: code, "errmsg": "ok" if code == 0 else "no"}).encode())

    def robot(self, name: str = "值班群", secret: str = SECRET, **wanted: Any) -> WebhookEndpoint:
        """Return its robot, added as a person would."""
        given = webhooks.Wanted(**wanted)
        return webhooks.add(name=name, url=self.url, kind=self.kind, secret=secret, wanted=given)

    def texts(self) -> list[str]:
        """Return what was written, as people read it."""
        return [text_of(json.loads(body)) for _headers, body in self.calls]


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def text_of(said: dict[str, Any]) -> str:
    if "card" in said:
        head, element = said["card"]["header"]["title"]["content"], said["card"]["elements"][0]["text"]["content"]
        return f"{head}\n{element}"
    return str(said["markdown"].get("content") or said["markdown"]["text"])
