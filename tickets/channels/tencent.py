"""Tencent Cloud Contact Center's data push (云联络中心数据推送).

The vendor's own, as documented: a POST to the address with `?action=cdr&version=1` (`record` for recordings); JSON with
`SessionId`, `Caller`, `Callee`, `Direction` (0 in, 1 out), `StartTimestamp`, `RingTimestamp`, `AcceptTimestamp`,
`EndedTimestamp` (Unix seconds, 0 for never), `IVRKeyPressed`, `SeatUser`, `HungUpSide`, `EndStatusString`, `RecordId`,
`RecordURL`, `CustomRecordURL`; basic authentication; `X-TCCC-PUSH-UUID`, the same when a push is repeated; the answer
`{"ErrCode": 0, "ErrMsg": …}`, anything else is pushed again, three times.

Ours: a record comes only after the call, so a gateway in front may tell what happens while it goes on with the same
fields under `action=ring`, `action=accept` and `action=transcript` (`Lines`: `[{"Role", "Text", "Timestamp"}]`,
`HandOff`). The key's signing secret is `user:password` of the basic authentication, or a bearer token without a colon.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from sla.api.strict_json import StrictJsonError, read_json
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
    in_json,
    is_same_secret,
    zone_of,
)

PUSH = "x-tccc-push-uuid"


class Tencent(Hook):
    """JSON in, `ErrCode` out. Source: Y08"""

    key, channel = "tencent", "hotline"
    keeps = (PUSH,)

    def check(self, request: Asked, key: KeyFacts) -> None:
        if not key.secret:
            return
        basic = "Basic " + base64.b64encode(key.secret.encode()).decode()
        expected = basic if ":" in key.secret else f"Bearer {key.secret}"
        if not is_same_secret(request.headers.get("authorization", ""), expected):
            raise SignatureError(_("Authorization 与约定的用户名和密码不符。"))

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        read = ACTIONS.get(request.query.get("action", "cdr"))
        if read is None:
            return []
        happenings: list[Happening] = []
        for said in objects_in(request.body):
            fields = Fields(said, zone_of(options))
            happenings += read(fields, fields.text("SessionId", limit=64, required=True))
            fields.finish()
        return happenings

    def answer(self, outcome: Outcome) -> Reply:
        code = 0 if outcome.is_fine else outcome.status
        return in_json(outcome.status, {"ErrCode": code, "ErrMsg": "ok" if outcome.is_fine else outcome.message})


def objects_in(body: bytes) -> list[dict[str, Any]]:
    """Return the objects that were sent, one or a list of them. Raises MalformedError for anything else."""
    try:
        found = read_json(body)
    except StrictJsonError as error:
        raise MalformedError([FieldError("", error.code, error.message)]) from error
    listed = found if isinstance(found, list) else [found]
    if not listed or not all(isinstance(one, dict) for one in listed):
        raise MalformedError([FieldError("", "wrong_type", _("内容必须是一个 JSON 对象，或对象的列表。"))])
    return listed


def _parties(fields: Fields) -> dict[str, str]:
    direction = {"0": "in", "1": "out"}.get(fields.text("Direction", limit=5), "")
    return {
        "caller": fields.text("Caller", limit=NUMBER), "called": fields.text("Callee", limit=NUMBER),
        "direction": direction, "menu": _pressed(fields),
    }  # fmt: skip


def _pressed(fields: Fields) -> str:
    """Return the keys that were pressed: of a list of keys, or of objects that name each; else as one text."""
    said = fields.said.get("IVRKeyPressed")
    if not isinstance(said, list):
        return fields.text("IVRKeyPressed", limit=NUMBER)
    each = [Fields({"IVRKeyPressed": one.get("Key") if isinstance(one, dict) else one}) for one in said[:NUMBER]]
    keys = "".join(one.text("IVRKeyPressed", limit=NUMBER) for one in each)
    fields.errors += [error for one in each for error in one.errors]
    return keys[:NUMBER]


def _seat(fields: Fields) -> dict[str, str]:
    """Return who answered or is rung: by staff number, else user id or mail."""
    seat = fields.said.get("SeatUser")
    named = Fields(seat) if isinstance(seat, dict) else Fields({})
    return {"agent": named.text("StaffNumber", "UserId", "Mail", "Phone", limit=80)}


def _record(fields: Fields, call: str) -> Iterator[Happening]:
    """Yield the whole story of a call that is over."""
    begun, rang = fields.instant("StartTimestamp"), fields.instant("RingTimestamp")
    yield told(Heard.RANG, call, at=begun or rang, key="start", fields=_parties(fields))
    if rang:
        yield told(Heard.RANG, call, at=rang, key="ring", fields=_seat(fields))
    if answered := fields.instant("AcceptTimestamp"):
        yield told(Heard.ANSWERED, call, at=answered, key="accept", fields=_seat(fields))
    reason = fields.text("EndStatusString", "HungUpSide", limit=80)
    yield told(Heard.ENDED, call, at=fields.instant("EndedTimestamp"), key="end", fields={"reason": reason})


def _recording(fields: Fields, call: str) -> Iterator[Happening]:
    url = web_address(fields.text("CustomRecordURL", "RecordURL", limit=800))
    key = fields.text("RecordId", limit=100)
    yield told(Heard.RECORDING, call, at=fields.instant("Timestamp"), key=key, fields={"url": url})


def _ringing(fields: Fields, call: str) -> Iterator[Happening]:
    at = fields.instant("RingTimestamp", "Timestamp", "StartTimestamp")
    yield told(Heard.RANG, call, at=at, fields=_parties(fields) | _seat(fields))


def _accepted(fields: Fields, call: str) -> Iterator[Happening]:
    at = fields.instant("AcceptTimestamp", "Timestamp")
    yield told(Heard.ANSWERED, call, at=at, key="accept", fields=_parties(fields) | _seat(fields))


def _transcript(fields: Fields, call: str) -> Iterator[Happening]:
    wants = fields.said.get("HandOff") is True
    said = {"lines": lines_of(fields, "Lines"), "hand_off": wants or None} | _parties(fields)
    yield told(Heard.TRANSCRIPT, call, at=fields.instant("Timestamp"), fields=said)


ACTIONS: dict[str, Callable[[Fields, str], Iterator[Happening]]] = {
    "cdr": _record, "record": _recording, "ring": _ringing, "accept": _accepted, "transcript": _transcript,
}  # fmt: skip
