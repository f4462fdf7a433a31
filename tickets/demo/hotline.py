"""Calls of the demo: answered, missed and owed, and taken by the voice bot; told as a switchboard tells them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plans.models import ApiKey, Contact
from tickets.actions import hooks
from tickets.actions.calls.noting import Noted, note
from tickets.channels.hook import Asked, Outcome
from tickets.channels.tencent import Tencent
from tickets.demo.cast import Cast
from tickets.models import Call

FORM = Tencent()
YS, KD = "4006600588", "4008836836"
# What the demo's hotline key knows of the numbers that are rung, and of the menu behind the first.
OPTIONS: Mapping[str, Any] = {
    "numbers": {YS: {"vendor": "yonsuite"}, KD: {"vendor": "kingdee"}},
    "menu": {"6": {"vendor": "yonsuite", "product": "yonsuite-finance", "tenant": "YS"}},
}
TALK = (
    ("bot", "您好，这里是智能语音热线，请说您的问题。"),
    ("user", "凭证审核以后还能改吗？"),
    ("bot", "已审核的凭证要先反审核才能修改：打开凭证，点【反审核】，改好后重新审核。"),
)
ASKS = (*TALK[:2], ("bot", "这要看您的权限设置。需要转人工吗？"), ("user", "转人工"))


def ring(cast: Cast, *, now: datetime) -> None:
    """Have the demo's customers rung in the last hours."""
    premier, advanced = _caller("yonsuite-premier"), _caller("kingdee-advanced")
    if premier is None or advanced is None:
        return
    first = _told(Rang(premier, YS, now - timedelta(hours=5), "8001", 312))
    noted = Noted(
        "付款单审核按钮是灰的，下午三点前要付出去", "指导重新分配审核权限，已能审核。客户要求查明权限为何被收回。",
        premier, category="fault", priority="urgent", opens=True,
    )  # fmt: skip
    note(call=first, noted=noted, actor=cast.users["qiu.jiahui"], at=now - timedelta(hours=4, minutes=53))
    _told(Rang(premier, YS, now - timedelta(minutes=25), "8002", 96, wait=14))
    _told(Rang(premier, YS, now - timedelta(minutes=9), number="+8613957100998"))
    _told(Rang(advanced, KD, now - timedelta(minutes=14)))
    asked = _told(Rang(advanced, KD, now - timedelta(hours=3), "8101", 150, talk=ASKS, wait=41))
    answer = Noted("已审核的凭证能不能改", "说明反审核的权限和步骤，客户已改好。", advanced)
    note(call=asked, noted=answer, actor=cast.users["deng.ruolan"], at=now - timedelta(hours=2, minutes=56))
    _told(Rang(advanced, KD, now - timedelta(hours=11), talk=TALK))


def _caller(plan: str) -> Contact | None:
    found = Contact.objects.active().filter(customer__contracts__plan__code=plan, is_certified=True).exclude(phone="")
    return found.select_related("customer").order_by("pk").first()


@dataclass(frozen=True, slots=True)
class Rang:
    """One call: who rang which number when, who answered after and for how many seconds, what the voice bot heard."""

    contact: Contact
    called: str
    at: datetime
    extension: str = ""
    seconds: int = 0
    wait: int = 9
    talk: tuple[tuple[str, str], ...] = ()
    number: str = ""


def _told(rang: Rang) -> Call:
    """Tell of one call from ring to end, as the switchboard would, and return it."""
    begun = int(rang.at.timestamp())
    session = f"demo-{begun}"
    said: dict[str, Any] = {
        "SessionId": session, "Caller": rang.number or rang.contact.phone, "Callee": rang.called, "Direction": 0,
        "IVRKeyPressed": ["6"] if rang.called == YS else [],
    }  # fmt: skip
    if rang.talk:
        lines = [{"Role": who, "Text": text, "Timestamp": begun + 6 * n} for n, (who, text) in enumerate(rang.talk)]
        wants = rang.talk is ASKS
        _tell("transcript", said | {"Timestamp": begun, "Lines": lines, "HandOff": wants}, rang.at)
    answered = begun + rang.wait if rang.extension else 0
    ended = answered + rang.seconds if answered else begun + 45
    times = {"StartTimestamp": begun, "AcceptTimestamp": answered, "EndedTimestamp": ended}
    seat = {"SeatUser": {"StaffNumber": rang.extension}} if rang.extension else {}
    _tell("cdr", said | times | seat, rang.at + timedelta(seconds=60 + rang.seconds))
    return Call.objects.get(external_id=session)


def _tell(action: str, said: Mapping[str, Any], at: datetime) -> Outcome:
    body = json.dumps(said, ensure_ascii=False).encode()
    key = ApiKey.objects.valid(at + timedelta(days=1)).filter(name="demo hotline").order_by("-pk").first()
    request = Asked("POST", "", {"content-type": "application/json"}, {"action": action}, body)
    query = f"action={action}"
    event = hooks.keep(hook=FORM, request=request, api_key=key, query=query, refused="", at=at)
    return hooks.take(event=event, at=at)
