"""Mail and monitoring of the demo: two letters that became tickets, one from nobody known, one that came back."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from plans.actions import Holder, issue_key
from plans.models import ApiKey, Contact, OwnedProduct
from tickets.actions import hooks
from tickets.actions.mail import Settings, keep, keep_mailbox
from tickets.channels.alertmanager import Alertmanager
from tickets.channels.hook import Asked
from tickets.demo.cast import Cast
from tickets.models import Delivery, InboundEvent, Mailbox

VENDORS = (("yonsuite", "YonSuite 服务邮箱"), ("kingdee", "金蝶服务邮箱"))
ASKS = (
    "yonsuite", "xu.zhixuan@lanting.example", "成本计算卡在“材料出库核算”这一步",
    "您好，\n\n9 月成本计算跑到材料出库核算就不动了，已经等了四十分钟。\n"
    "账簿：主账簿；成本域：总部。请看一下。\n\n-- \n徐志轩\n澜庭",
)  # fmt: skip
MORE = "刚又试了一次，这回有提示：存货 C-1042 没有出库单价。\n\n在 {day}，服务台 <{box}> 写道：\n> 您的问题已受理。\n"
STRANGER = ("yonsuite", "new.colleague@elsewhere.example", "怎么登录？", "我刚入职，同事让我写到这里。请问账号怎么开？")
BOUNCE = """From: MAILER-DAEMON@mx.lanting.example
Return-Path: <>
Message-ID: <bounce-1@mx.lanting.example>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Final-Recipient: rfc822; {to}
Action: delayed
Status: 4.2.2
Diagnostic-Code: smtp; 452 4.2.2 mailbox full

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
--b--
"""


def arrive(cast: Cast, *, now: datetime) -> None:
    """Let a day's mail have come, and monitoring have reported what is over by now."""
    boxes = {vendor: _box(cast, vendor, name) for vendor, name in VENDORS}
    opened = _bring(boxes, ASKS, now - timedelta(minutes=20))
    if opened.ticket:
        letter = Delivery.objects.filter(ticket=opened.ticket, contact__isnull=False).order_by("pk").first()
        at = now - timedelta(minutes=8)
        words = MORE.format(day=f"{at:%Y-%m-%d %H:%M}", box=boxes["yonsuite"].address)
        more = (ASKS[0], ASKS[1], f"回复：{opened.ticket.number} {ASKS[2]}", words)
        _bring(boxes, more, at, In_Reply_To=letter.message_id if letter else "")
        if letter:
            raw = BOUNCE.format(to=letter.address, message_id=letter.message_id).encode()
            _taken(keep(mailbox=boxes["yonsuite"], raw=raw, door="demo", at=now - timedelta(minutes=5)))
    _bring(boxes, STRANGER, now - timedelta(minutes=3))
    _watch(now)


def _box(cast: Cast, vendor: str, name: str) -> Mailbox:
    settings = Settings(name=name, address=f"support@{vendor}.example", vendor=vendor, takes_plus=True)
    keeper = next(user for user in cast.users.values() if user.role == "manager")
    return keep_mailbox(mailbox=None, settings=settings, actor=keeper)


def _bring(boxes: dict[str, Mailbox], said: Sequence[str], at: datetime, **headers: str) -> InboundEvent:
    """Let one mail come and return it as it was taken in."""
    vendor, sender, subject, body = said
    message = EmailMessage()
    person = Contact.objects.filter(email=sender).first()
    message["From"] = f"{person.name} <{sender}>" if person else sender
    message["To"], message["Subject"], message["Date"] = boxes[vendor].address, subject, format_datetime(at)
    message["Message-ID"] = f"<demo-{at:%Y%m%d%H%M%S}@mailer.example>"
    for name, value in headers.items():
        if value:
            message[name.replace("_", "-")] = value
    message.set_content(body)
    return _taken(keep(mailbox=boxes[vendor], raw=message.as_bytes(), door="demo", at=at))


def _taken(event: InboundEvent) -> InboundEvent:
    hooks.take(event=event, at=event.received_at)
    event.refresh_from_db()
    return event


def _watch(now: datetime) -> None:
    """Let monitoring of the first customer whose public cloud is watched have told of a full disk, and of its end."""
    watched = OwnedProduct.objects.filter(
        deployment="public_cloud", contract__plan__code="kingdee-advanced", contract__ends_on__gt=now.date()
    ).select_related("contract__customer", "product")  # fmt: skip
    one = watched.order_by("pk").first()
    if one is None:
        return
    holder = Holder(customer=one.contract.customer, product=one.product)
    key, _secret = issue_key(name="demo alertmanager", scopes=["intake:monitoring"], at=now, holder=holder)
    began = now - timedelta(hours=26)
    _report(key, "firing", began, began + timedelta(minutes=2))
    _report(key, "resolved", began, began + timedelta(minutes=40))


def _report(key: ApiKey, status: str, began: datetime, at: datetime) -> None:
    alert = {
        "status": status, "fingerprint": "5ad1f0c2b7e94d31", "startsAt": began.isoformat(), "endsAt": at.isoformat(),
        "labels": {"alertname": "磁盘使用率过高", "instance": "db-1", "severity": "warning"},
        "annotations": {"summary": "数据盘使用率 92%，两小时内写满"},
    }  # fmt: skip
    raw = json.dumps({"version": "4", "groupKey": "demo", "alerts": [alert]}, ensure_ascii=False).encode()
    asked = Asked("POST", "", {"content-type": "application/json"}, {}, raw)
    event = hooks.keep(hook=Alertmanager(), request=asked, api_key=key, query="", refused="", at=at)
    hooks.take(event=event, at=at)
