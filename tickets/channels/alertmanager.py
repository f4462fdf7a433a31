"""Monitoring: what Alertmanager posts (webhook version 4), as happenings of each alert. Source: K04"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from sla.api.strict_json import StrictJsonError, read_json
from tickets.channels.base import FieldError, MalformedError, is_storable
from tickets.channels.hook import (
    Asked,
    Fields,
    Happening,
    Hook,
    KeyFacts,
    Outcome,
    Reply,
    SignatureError,
    Verdict,
    in_json,
    is_same_secret,
)

FIRING, RESOLVED = "firing", "resolved"
LONGEST = 400
LABELS, LONGEST_LABEL = 60, 200
# More alerts of one message than this are counted, not read.
MOST = 20_000
# It writes this for an alert that has not ended.
NEVER = "0001-01-01"
# No alert begins before there were computers or so late that no calendar of ours has it.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# What alerts should not say and do: a ticket has more readers than a monitoring system.
MASK = "•••"
CALLED = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|authorization|credentials?|密码|口令|密钥"
)
SECRET = re.compile(rf"(?i)(?<![a-z])({CALLED})(\s*[=:：]\s*)(?:(?:bearer|basic)\s+)?[^\s,;&，；。]+")
NAMED_SECRET = re.compile(rf"(?i)(?:^|[._-])(?:{CALLED})$")
SIGNED_IN = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)")


class Alertmanager(Hook):
    """The form. It has no signature: where the key has a secret, it is what basic or bearer authorisation must bring.

    Alertmanager sends a message again on 5xx alone, drops it on 4xx and counts that as its own fault. So a plan's no is
    answered 200, with the clause in the body: sent again the answer would be the same, and operators would be alarmed
    by their own monitoring. What cannot be read, and a key that is not set up, is 4xx, for somebody there must act.
    """

    key = "alertmanager"
    channel = "monitoring"
    limit: ClassVar[int] = 10 * 1024 * 1024

    def check(self, request: Asked, key: KeyFacts) -> None:
        if key.secret and not any(is_same_secret(said, key.secret) for said in _credentials(request)):
            raise SignatureError(_("缺少或不对的 Authorization。"))

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        try:
            said = read_json(request.body)
        except StrictJsonError as error:
            raise MalformedError([FieldError("", error.code, error.message)]) from error
        if not isinstance(said, dict) or not isinstance(said.get("alerts"), list):
            raise MalformedError([FieldError("alerts", "missing", _("必须有 alerts 列表。"))])
        if str(said.get("version", "4")) != "4":
            raise MalformedError([FieldError("version", "unknown", _("只认识第 4 版的格式。"))])
        fields = Fields(said)
        group = {"group": group_of(said), "left_out": _left_out(said)}
        alerts = [_happening(alert, group) for alert in said["alerts"][:MOST] if isinstance(alert, dict)]
        fields.finish()
        if len(alerts) < len(said["alerts"][:MOST]):
            raise MalformedError([FieldError("alerts", "wrong_type", _("alerts 里必须都是对象。"))])
        return alerts

    def answer(self, outcome: Outcome) -> Reply:
        status = 200 if outcome.verdict == Verdict.REFUSED and outcome.fields else outcome.status
        said: dict[str, Any] = {"ok": outcome.is_fine, "outcome": outcome.verdict.value, **outcome.fields}
        return in_json(status, said | ({"message": outcome.message} if outcome.message else {}))


def _credentials(request: Asked) -> list[str]:
    """Return what the request presents: a bearer token, or the password of basic authorisation."""
    scheme, _space, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return [value.strip()] if scheme.lower() == "bearer" else []
    try:
        return [base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace").partition(":")[2]]
    except (binascii.Error, ValueError):
        return []


def group_of(said: Mapping[str, Any]) -> str:
    """Return the digest of a message's group: its own key, else the labels that it is grouped by."""
    named = said.get("groupKey")
    if not isinstance(named, str) or not named:
        named = json.dumps(said.get("groupLabels") or {}, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()


def _left_out(said: Mapping[str, Any]) -> int:
    """Return how many alerts are not told: those that the sender left away, and those beyond what is read."""
    cut = said.get("truncatedAlerts")
    own = max(0, len(said["alerts"]) - MOST)
    return own + (cut if isinstance(cut, int) and not isinstance(cut, bool) and 0 < cut < 10**9 else 0)


def _happening(alert: Mapping[str, Any], group: Mapping[str, Any]) -> Happening:
    """Return one alert. Raises MalformedError naming what cannot be read in it."""
    fields = Fields(alert)
    labels, notes = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    shown = {name: MASK if NAMED_SECRET.search(name) else masked(value) for name, value in labels.items()}
    status = fields.text("status", limit=20, required=True)
    starts_at = fields.instant("startsAt")
    ends_at = None if fields.text("endsAt").startswith(NEVER) else fields.instant("endsAt")
    source = fields.text("generatorURL", limit=500)
    fields.finish()
    if status not in (FIRING, RESOLVED):
        raise MalformedError([FieldError("status", "unknown", _("只能是 firing 或 resolved。"))])
    if starts_at is None:
        raise MalformedError([FieldError("startsAt", "missing", _("这一项必须填写。"))])
    if not EARLIEST <= starts_at < LATEST:
        raise MalformedError([FieldError("startsAt", "invalid", _("这一项不是能读懂的时间。"))])
    told = {
        **group,
        "labels": shown,
        "name": shown.get("alertname", "")[:LONGEST_LABEL] or _("未命名告警"),
        "severity": labels.get("severity", "")[:40].lower(),
        "summary": masked(notes.get("summary") or notes.get("description") or notes.get("message") or "")[:LONGEST],
        "source_url": SIGNED_IN.sub(MASK, source) if source.startswith(("http://", "https://")) else "",
        "ends_at": ends_at if ends_at and EARLIEST <= ends_at < LATEST else None,
    }
    return Happening(status, _fingerprint(fields.text("fingerprint", limit=64), labels), at=starts_at, fields=told)


def masked(text: str) -> str:
    """Return what an alert says without the secrets that it lets slip; the raw request is kept as it came."""
    return SECRET.sub(rf"\1\2{MASK}", SIGNED_IN.sub(MASK, text))


def _fingerprint(said: str, labels: Mapping[str, str]) -> str:
    """Return what tells an alert from others: older versions send none, so its labels do."""
    told = json.dumps(labels, sort_keys=True, ensure_ascii=True)
    return said or hashlib.sha256(told.encode()).hexdigest()[:32]


def _texts(said: Any) -> dict[str, str]:
    """Return labels or annotations as texts that the database can keep; others are left away."""
    if not isinstance(said, dict):
        return {}
    pairs = ((str(name)[:80], str(value)[:LONGEST]) for name, value in list(said.items())[:LABELS])
    return {name: value for name, value in pairs if is_storable(name) and is_storable(value)}
