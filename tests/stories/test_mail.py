"""A mail walked from its first word to the escalation that nobody answered, and a disk that fills up."""

import io
import json
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from django.core.management import call_command
from django.test import Client

from tests.clocks import clock_at
from tests.keys import new_key
from tests.stories.conftest import Walk
from tests.tickets.monitoring.test_alertmanager import BOTH, OVER, message
from tickets.models import Mail, Mailbox, Ticket

Send = Callable[..., Mail]


def body_of(letter: EmailMessage) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


@pytest.fixture
def send(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Return a way to write to YonSuite's mailbox: the mail server hands each mail over by its pipe."""
    box = Mailbox.objects.create(
        name="YonSuite 服务", address="support@yonsuite.example", vendor="yonsuite", takes_plus=True
    )

    def sent(wall: str, said: EmailMessage) -> Mail:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(said.as_bytes())))
        with clock_at(wall), pytest.raises(SystemExit) as ended:
            call_command("receive_mail", mailbox=box.address, stdout=io.StringIO())
        assert ended.value.code == 0
        return Mail.objects.latest("pk")

    return sent


def written(walk: Walk, subject: str, body: str, to: str = "support@yonsuite.example", **headers: str) -> EmailMessage:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = walk.world.yonsuite.contact.email, to, subject
    said["Message-ID"] = f"<{abs(hash((subject, body)))}@mailer.example>"
    for name, value in headers.items():
        said[name.replace("_", "-")] = value
    said.set_content(body)
    return said


def test_a_mail_that_nobody_answers_is_escalated_by_mail__Y18_Y22(walk: Walk, send: Send):
    number = send("2026-09-28 19:30", written(walk, "月结报错", "结账检查没有通过。")).ticket.number
    walk.sweep("2026-09-28 19:30:05")
    (receipt,) = walk.letters_to(walk.world.yonsuite.contact.email)
    assert number in str(receipt["Subject"])
    assert "09:30" in body_of(receipt)
    walk.sweep("2026-09-29 09:29:55")
    assert not walk.letters_to(walk.world.success_manager.email)
    walk.sweep("2026-09-29 09:30:01")
    (letter,) = walk.letters_to(walk.world.success_manager.email, "超时")
    assert number in str(letter["Subject"])


def test_a_talk_by_mail_stays_in_one_ticket_until_it_is_solved_and_a_robot_is_nobody__Y07_K02(walk: Walk, send: Send):
    opened = send("2026-09-28 09:00", written(walk, "月结报错", "结账检查没有通过。"))
    number = opened.ticket.number
    walk.act("2026-09-28 09:20", number, "reply", body="哪一个账簿？")
    walk.sweep("2026-09-28 09:20:05")
    asked = walk.letters_to(walk.world.yonsuite.contact.email, "新回复")[0]
    away = written(
        walk, "自动回复：外出", "周五回来。", Auto_Submitted="auto-replied", In_Reply_To=str(asked["Message-ID"])
    )
    assert send("2026-09-28 09:21", away).state == "ignored"
    quoted = "主账簿。\n\n在 2026年9月28日，YonSuite 服务 <support@yonsuite.example> 写道：\n> 哪一个账簿？"
    said = written(walk, f"回复：{asked['Subject']}", quoted, to=parseaddr(str(asked["Reply-To"]))[1])
    answer = send("2026-09-28 09:40", said)
    assert (answer.ticket.number, answer.said.body, answer.thread) == (number, "主账簿。", "token")
    walk.act("2026-09-28 10:00", number, "resolve", body="请重新结账。")
    walk.sweep("2026-09-28 10:00:05")
    solved = walk.letters_to(walk.world.yonsuite.contact.email, "已解决")[0]
    again = send("2026-09-28 11:00", written(walk, "Re: x", "还是不行", In_Reply_To=str(solved["Message-ID"])))
    assert (again.ticket.number, walk.ticket(number).status) == (number, "open")
    kinds = list(walk.ticket(number).events.order_by("number").values_list("kind", flat=True))
    assert kinds[-2:] == ["reopened", "customer_message"]
    assert Ticket.objects.count() == 1


def test_a_full_disk_is_told_escalated_and_over__K04_K02(walk: Walk):
    key = new_key("intake:monitoring", customer=walk.world.kingdee.customer)
    client = Client()

    def tell(wall: str, *states: tuple[str, str]) -> str:
        with clock_at(wall):
            raw = json.dumps(message(*states, start="2026-09-28T01:00:00Z"))
            answer = client.post(f"/hooks/alertmanager/{key}/", raw, content_type="application/json")
        return str(answer.json()["ticket"])

    number = tell("2026-09-28 09:00", *BOTH)
    walk.sweep("2026-09-28 09:00:05")
    assert walk.letters_to(walk.world.kingdee.contact.email, number)
    tell("2026-09-28 12:00", *BOTH)
    walk.sweep("2026-09-28 14:00:01")  # half a working day, lunch not counted; that monitoring speaks is no answer
    assert walk.letters_to(walk.world.technical_manager.email, "超时")
    tell("2026-09-28 15:00", *OVER)
    assert walk.ticket(number).status == "resolved"
    walk.sweep("2026-09-28 15:00:05")
    assert walk.letters_to(walk.world.kingdee.contact.email, "已解决")
