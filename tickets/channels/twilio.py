"""Twilio's voice webhooks, and those of platforms with its form.

The vendor's own, as documented: form fields `CallSid`, `ParentCallSid`, `From`, `To`, `Direction`, `CallStatus`
(`queued`, `initiated`, `ringing`, `in-progress`, `completed`, `busy`, `no-answer`, `failed`, `canceled`), `Timestamp`
(RFC 2822), `Digits` and `SpeechResult` of a `<Gather>`, `RecordingSid` and `RecordingUrl`, `TranscriptionText`;
`AnsweredBy` (`machine_…`, `fax`: nobody was reached); `X-Twilio-Signature` over the address and the sorted fields; an
answer of TwiML.

Ours: `BotTranscript` (a list of `{"who", "text", "at"}` as JSON) and `BotHandOff` (`true`), which a voice bot built
there may send along. Options of the key: `answers` = `"ivr"` where the number is answered by a menu, so that only a
leg to a person (one with `ParentCallSid`) counts as answered, as wherever such legs are told of; `menu`, `numbers`,
`vendor`: see `tickets.actions.calls`.

It is to be called as a status callback: an empty `<Response/>` to the address that runs the call would hang up.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django.utils.html import escape
from django.utils.translation import gettext as _

from tickets.channels.base import FieldError, MalformedError
from tickets.channels.calling import NUMBER, Heard, lines_of, told, web_address
from tickets.channels.hook import (
    Asked,
    Fields,
    Happening,
    Hook,
    KeyFacts,
    Outcome,
    Reply,
    SignatureError,
    is_same_secret,
)

SIGNATURE = "x-twilio-signature"
MOST_FIELDS = 300
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
# A number that is not shown: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE as they are dialled by letters.
HIDDEN = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
KINDS = {
    "queued": Heard.RANG, "initiated": Heard.RANG, "ringing": Heard.RANG, "in-progress": Heard.ANSWERED,
    "answered": Heard.ANSWERED, "completed": Heard.ENDED, "busy": Heard.ENDED, "no-answer": Heard.ENDED,
    "failed": Heard.ENDED, "canceled": Heard.ENDED,
}  # fmt: skip


class Twilio(Hook):
    """Form fields in, TwiML out. Source: Y08"""

    key, channel = "twilio", "hotline"

    def check(self, request: Asked, key: KeyFacts) -> None:
        if not key.secret:
            return
        given = request.headers.get(SIGNATURE, "")
        params = _params(request.body, SignatureError(_("内容读不懂，无法验签。")))
        if not any(is_same_secret(given, signed(url, params, key.secret)) for url in _addresses(request.url)):
            raise SignatureError(_("X-Twilio-Signature 与内容不符。"))

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        broken = MalformedError([FieldError("", "invalid_encoding", _("内容不是正确的表单。"))])
        fields = Fields(dict(_params(request.body, broken)))
        happenings = list(_told(fields, options))
        fields.finish()
        return happenings

    def answer(self, outcome: Outcome) -> Reply:
        # A comment of XML has no double dash in it.
        why = escape(outcome.message).replace("-", "\N{HYPHEN}")
        said = "<Response/>" if outcome.is_fine else f"<Response><!-- {why} --></Response>"
        return Reply(outcome.status, "text/xml; charset=utf-8", f"{HEAD}{said}".encode())


def signed(url: str, params: list[tuple[str, str]], token: str) -> str:
    """Return what Twilio signs a request with: HMAC-SHA1 over the address and the sorted fields, in base64."""
    whole = url + "".join(f"{name}{value}" for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()).decode()


def _addresses(url: str) -> list[str]:
    """Return an address as its sender may have written it: with and without the port that goes without saying."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    bare = urlunsplit(parts._replace(netloc=parts.hostname or ""))
    other = urlunsplit(parts._replace(netloc=f"{parts.hostname}:{default}"))
    return [url, bare, other] if parts.port in (None, default) else [url, bare]


def _params(body: bytes, broken: Exception) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise broken from error


def _told(fields: Fields, options: Mapping[str, Any]) -> Iterator[Happening]:
    leg = fields.text("CallSid", limit=64, required=True)
    call = fields.text("ParentCallSid", limit=64) or leg
    at = _timestamp(fields.text("Timestamp"))
    if digits := fields.text("Digits", limit=NUMBER):
        yield told(
            Heard.MENU, call, at=at, key=f"{leg}:{digits}", fields={"menu": digits} | _parties(fields, leg, call)
        )
    if url := web_address(fields.text("RecordingUrl", limit=800)):
        yield told(Heard.RECORDING, call, at=at, key=fields.text("RecordingSid", limit=64), fields={"url": url})
    yield from _said(fields, call, at)
    kind = KINDS.get(fields.text("CallStatus", "DialCallStatus", limit=20))
    if kind and not _is_answer_to_menu(fields) and not _is_menu_answering(kind, leg == call, options):
        status = fields.text("CallStatus", "DialCallStatus", limit=20)
        said = {"reason": status, "by_machine": _is_machine(fields) or None, **_parties(fields, leg, call)}
        yield told(kind, call, at=at, key=f"{leg}:{status}", fields=said)


def _is_answer_to_menu(fields: Fields) -> bool:
    """Tell whether a request only brings what the caller pressed or said: the menu's talk is nobody's answer."""
    return any(fields.text(name, limit=4) for name in ("Digits", "SpeechResult", "TranscriptionText", "RecordingSid"))


def _is_menu_answering(kind: Heard, is_first_leg: bool, options: Mapping[str, Any]) -> bool:
    return kind == Heard.ANSWERED and is_first_leg and options.get("answers") == "ivr"


def _is_machine(fields: Fields) -> bool:
    """Tell whether a machine was heard to pick up: an answering machine, a fax."""
    return fields.text("AnsweredBy", limit=30).startswith(("machine", "fax"))


def _parties(fields: Fields, leg: str, call: str) -> dict[str, str]:
    """Return who rings whom; a leg to a person tells by its far end which colleague it is."""
    far = fields.text("To", "Called", limit=NUMBER + 20)
    if leg != call:
        return {"agent": far.rpartition(":")[2].partition("@")[0], "leg": leg}
    direction = "out" if fields.text("Direction", limit=30).startswith("outbound") else "in"
    caller = fields.text("From", "Caller", limit=NUMBER)
    return {"caller": "" if caller in HIDDEN else caller, "called": far[:NUMBER], "direction": direction}


def _said(fields: Fields, call: str, at: datetime | None) -> Iterator[Happening]:
    """Yield what was said: to a menu that listens, on a voice mail, or in a whole talk with a voice bot."""
    heard = fields.text("SpeechResult", "TranscriptionText", limit=2000)
    lines = [{"who": "caller", "text": heard}] if heard else []
    written = fields.text("BotTranscript", limit=200_000)
    if written:
        lines += lines_of(Fields({"lines": _listed(written)}), "lines")
    if lines:
        wants = fields.text("BotHandOff", limit=5).lower() == "true"
        yield told(Heard.TRANSCRIPT, call, at=at, fields={"lines": lines, "hand_off": wants or None})


def _listed(written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        words = _("这一项不是正确的 JSON。")
        raise MalformedError([FieldError("BotTranscript", "malformed_json", words)]) from error


def _timestamp(said: str) -> datetime | None:
    """Return an instant; "-0000" is UTC of somebody who does not say where they are. Source: RFC 5322 §3.3"""
    try:
        found = parsedate_to_datetime(said) if said else None
    except (ValueError, TypeError):
        return None
    return found and (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
