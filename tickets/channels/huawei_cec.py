"""Huawei Cloud's Customer Engagement Center (云客服) callbacks.

The vendor's own, as documented for its release callback: JSON with `callSerialNo`, `called`, `callerPresent`,
`createCallTime` (`2022/02/17,13:10:06:836`), `alertingTime`, `talkingTime`, `releaseTime`, `talkDuration`,
`recordfile` (a path), `releaseReason`; `timestamp`, `nonce` and `signature` beside them where a shared key is set:
base64 of SHA-256 over `key_timestamp_nonce_a=1,b=2` with the other fields in order of their names, without blanks; the
names `caller`, `agentPresent`, `workNo` of its other interfaces; the answer `{"retCode": "0", "retMsg": "success"}`.

Ours: a list of such objects in one request; local times without a zone are of the key's option `zone` (Beijing);
option `direction` (`in` unless `out` is said) where the object has none; option `recordings`, an address before which a
path is put; and, for a gateway that tells what happens while it goes on, `event` = `ring`, `answer`, `release` or
`transcript` (`lines`: `[{"who", "text", "at"}]`, `handOff`).
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from tickets.channels.base import MalformedError
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
    in_json,
    is_same_secret,
    zone_of,
)
from tickets.channels.tencent import objects_in

UNSIGNED = ("timestamp", "nonce", "signature")
Told = Callable[[Fields, str, Mapping[str, Any]], Iterator[Happening]]


class HuaweiCec(Hook):
    """JSON in, `retCode` out. Source: Y08"""

    key, channel = "huawei-cec", "hotline"

    def check(self, request: Asked, key: KeyFacts) -> None:
        if not key.secret:
            return
        try:
            told = objects_in(request.body)
        except MalformedError as error:
            raise SignatureError(_("内容读不懂，无法验签。")) from error
        if not all(is_same_secret(str(one.get("signature", "")), signed(one, key.secret)) for one in told):
            raise SignatureError(_("signature 与内容不符。"))

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        happenings: list[Happening] = []
        for said in objects_in(request.body):
            fields = Fields(said, zone_of(options))
            read = EVENTS.get(fields.text("event", limit=20).lower())
            if read:
                happenings += read(fields, fields.text("callSerialNo", limit=64, required=True), options)
            fields.finish()
        return happenings

    def answer(self, outcome: Outcome) -> Reply:
        if outcome.is_fine:
            return in_json(outcome.status, {"retCode": "0", "retMsg": "success"})
        return in_json(outcome.status, {"retCode": str(outcome.status), "retMsg": outcome.message})


def signed(said: Mapping[str, Any], key: str) -> str:
    """Return what the sender signs an object with, by the shared key."""
    told = ",".join(f"{name}={_written(value)}" for name, value in sorted(said.items()) if name not in UNSIGNED)
    whole = f"{key}_{said.get('timestamp', '')}_{said.get('nonce', '')}_{told}"
    return base64.b64encode(hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()).decode()


def _written(value: Any) -> str:
    """Return a value as the sender's Java writes it into what is signed."""
    special = value is None or isinstance(value, bool)
    return json.dumps(value) if special else str(value).replace(" ", "")


def _parties(fields: Fields, options: Mapping[str, Any]) -> dict[str, str]:
    said = fields.text("direction", limit=5).lower() or str(options.get("direction", ""))
    return {
        "caller": fields.text("caller", "callerNo", "callerPresent", limit=NUMBER),
        "called": fields.text("called", "calledNo", limit=NUMBER),
        "direction": "out" if said == "out" else "in",
        "menu": fields.text("keys", "ivrKeys", limit=NUMBER),
    }


def _agent(fields: Fields) -> dict[str, str]:
    return {"agent": fields.text("workNo", "agentNo", "agentPresent", limit=80)}


def _released(fields: Fields, call: str, options: Mapping[str, Any]) -> Iterator[Happening]:
    """Yield the whole story of a call that is over."""
    rang = fields.instant("alertingTime", "createCallTime", "startTime")
    yield told(Heard.RANG, call, at=rang, key="ring", fields=_parties(fields, options))
    if answered := fields.instant("talkingTime"):
        yield told(Heard.ANSWERED, call, at=answered, key="talk", fields=_agent(fields))
    reason = fields.text("releaseReason", limit=40)
    ended = fields.instant("releaseTime", "endTime")
    yield told(Heard.ENDED, call, at=ended, key="release", fields={"reason": reason})
    if path := fields.text("recordfile", limit=400):
        before = str(options.get("recordings", "")).rstrip("/")
        url = web_address(path) or web_address(f"{before}/{path.lstrip('/')}")
        yield told(Heard.RECORDING, call, at=ended, key=path[-120:], fields={"url": url, "path": path})


def _ringing(fields: Fields, call: str, options: Mapping[str, Any]) -> Iterator[Happening]:
    at = fields.instant("alertingTime", "time", "createCallTime")
    yield told(Heard.RANG, call, at=at, fields=_parties(fields, options) | _agent(fields))


def _answered(fields: Fields, call: str, options: Mapping[str, Any]) -> Iterator[Happening]:
    at = fields.instant("talkingTime", "time")
    yield told(Heard.ANSWERED, call, at=at, key="talk", fields=_parties(fields, options) | _agent(fields))


def _transcript(fields: Fields, call: str, options: Mapping[str, Any]) -> Iterator[Happening]:
    wants = fields.said.get("handOff") is True
    said = {"lines": lines_of(fields, "lines"), "hand_off": wants or None} | _parties(fields, options)
    yield told(Heard.TRANSCRIPT, call, at=fields.instant("time"), fields=said)


# What an object without `event` tells is the release of a call.
EVENTS: dict[str, Told] = {
    "": _released, "release": _released, "ring": _ringing, "answer": _answered, "transcript": _transcript,
}  # fmt: skip
