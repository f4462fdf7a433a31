"""The letters: what they say, in which language and zone, and what no letter may ever carry."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.models import Contact, User
from sla.models import Escalation
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Delivery, InboundEvent, Ticket
from tickets.rounds import dispatch
from tickets.showing.wording import one_line
from tickets.telling import mail
from tickets.telling.occasions import RELATED

AT = beijing("2026-09-28 09:30")


def mail_of(delivery: Delivery, at=AT) -> EmailMessage:
    row = Delivery.objects.select_related(*RELATED).get(pk=delivery.pk)
    return message_from_bytes(mail.render(row, at=at), policy=modern)


def text_of(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    return message.get_body(("html",)).get_content()


def last(ticket: Ticket, kind: str) -> Delivery:
    return Delivery.objects.filter(ticket=ticket, kind=kind).latest("pk")


def breach(world: World, opened: str, found: str, **more) -> Ticket:
    """Open a ticket that nobody answers, and find its breach."""
    ticket = world.open_ticket(at=opened, **more)
    with clock_at(found):
        dispatch.sweep()
    return ticket


def test_a_receipt_says_number_instant_clause_and_where_to_answer__Y18(world: World):
    ticket = world.open_ticket("月结报错", at="2026-09-28 09:00")
    message = mail_of(last(ticket, "receipt"))
    text = text_of(message)
    assert message["Subject"] == f"【已受理】{ticket.number} 月结报错"
    assert "我们会在 9月28日 星期一 11:00 前答复您" in text
    assert "§3.1.1" in text
    assert f"http://127.0.0.1:8000/portal/tickets/{ticket.number}/" in text
    assert "请在门户中回复" in text
    assert "服务时间之外" not in text


def test_a_receipt_outside_hours_says_when_we_open__C47(world: World):
    ticket = world.open_ticket(at="2026-09-26 10:00", side=world.kingdee)
    text = text_of(mail_of(last(ticket, "receipt")))
    assert "9月28日 星期一 13:30 前答复您" in text
    assert "我们 9月28日 星期一 08:30 开始服务" in text


def test_an_english_reader_abroad_reads_both_zones__Y19(world: World):
    Contact.objects.filter(pk=world.yonsuite.contact.pk).update(
        language="en", timezone="Asia/Bangkok", name_en="Somchai"
    )
    world.yonsuite.contact.refresh_from_db()
    ticket = world.open_ticket("Posting failed", at="2026-09-28 09:00")
    message = mail_of(last(ticket, "receipt"))
    assert message["Subject"] == f"[received] {ticket.number} Posting failed"
    assert message["Content-Language"] == "en"
    assert "by Mon 28 Sep 10:00 (Bangkok time; Mon 28 Sep 11:00 Beijing time)" in text_of(message)
    assert "Dear Somchai," in text_of(message)


def test_english_letters_hold_no_chinese_of_ours(world: World):
    Contact.objects.update(language="en", name_en="Amy")
    User.objects.update(language="en", name_en="Ann")
    world.yonsuite.contact.refresh_from_db()
    world.agent.refresh_from_db()
    ticket = world.open_ticket("Posting failed", body="It fails.", at="2026-09-28 09:00")
    actions.accept(ticket=ticket, actor=world.agent, at=AT)
    actions.reply(ticket=ticket, body="Please look.", actor=world.agent, at=AT)
    actions.resolve(ticket=ticket, body="Done.", actor=world.agent, at=AT)
    breach(world, "2026-09-28 09:00", "2026-09-28 12:31", subject="Slow", body="Slow.", side=world.kingdee)
    breach(world, "2026-09-28 09:00", "2026-09-28 14:05", subject="Slow", body="Slow.", side=world.kingdee)
    for row in Delivery.objects.filter(language="en"):
        words = text_of(mail_of(row, AT + timedelta(days=1))).replace("守约", "").replace("印", "")
        for ours in (row.ticket.customer.name, "郑经理"):
            words = words.replace(ours, "")
        assert not [character for character in words if "一" <= character <= "鿿"], (row.kind, words)


def test_a_breach_names_ticket_metric_and_what_would_keep_the_promise__Y18_K02(world: World):
    ticket = breach(world, "2026-09-28 09:00", "2026-09-28 11:12")
    message = mail_of(last(ticket, "breach"), beijing("2026-09-28 11:12"))
    assert message["Subject"] == f"【超时】{ticket.number} 首次响应 · 月结报错"
    text = text_of(message)
    assert "承诺 王会计 在 9月28日 星期一 11:00 前首次响应" in text
    assert "已超时 12 分钟（工作时间）" in text
    assert "接单、分配、进展反馈、回复、电话" in text
    assert "条款：Y18 §3.1.1" in text
    assert f"/console/tickets/{ticket.number}/" in text
    advanced = breach(world, "2026-09-28 09:00", "2026-09-28 14:05", side=world.kingdee)
    assert "动作是：回复、电话。" in text_of(mail_of(last(advanced, "breach")))


def test_a_breach_found_after_an_outage_says_how_late__C35(world: World):
    ticket = breach(world, "2026-09-28 13:00", "2026-09-28 15:50")
    text = text_of(mail_of(last(ticket, "breach"), beijing("2026-09-28 15:50")))
    assert "系统晚了 50 分钟才发现此事" in text
    on_time = breach(world, "2026-09-28 13:00", "2026-09-28 15:00:30")
    assert "才发现" not in text_of(mail_of(last(on_time, "breach")))


def received(ticket: Ticket, at: str) -> None:
    """Keep a message as the one that opened a ticket."""
    InboundEvent.objects.create(
        channel=ticket.channel, raw=b"{}", received_at=beijing(at), state=InboundEvent.State.ACCEPTED, ticket=ticket
    )


def test_a_ticket_that_came_late_itself_blames_no_outage__C35(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    received(ticket, "2026-09-28 12:00")
    with clock_at("2026-09-28 12:00:02"):
        dispatch.sweep()
    text = text_of(mail_of(last(ticket, "breach"), beijing("2026-09-28 12:00:02")))
    assert "工单送到时，时限已经过了 1 小时。" in text
    assert "才发现" not in text
    line = ticket.events.get(kind="escalated", fields__mark="breach")
    assert "noticed_late_by" not in line.fields
    assert line.fields["due_at"] == "2026-09-28T03:00:00Z"


def test_a_ticket_that_came_late_during_an_outage_is_noticed_late_from_its_coming__C35(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    received(ticket, "2026-09-28 12:00")
    with clock_at("2026-09-28 12:30"):
        dispatch.sweep()
    text = text_of(mail_of(last(ticket, "breach"), beijing("2026-09-28 12:30")))
    assert "系统晚了 30 分钟才发现此事" in text


def test_a_receipt_promises_no_instant_that_has_passed(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    text = text_of(mail_of(last(ticket, "receipt"), beijing("2026-09-28 11:00:01")))
    assert "按约定应在 9月28日 星期一 11:00 前答复您" in text
    assert "我们会在" not in text
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-09-28 10:00"))
    assert "我们会在 9月28日 星期一 11:00 前答复您" in text_of(
        mail_of(last(ticket, "receipt"), beijing("2026-09-28 11:00:01"))
    )


def test_a_warning_says_what_is_left(world: World):
    ticket = breach(world, "2026-09-28 09:00", "2026-09-28 10:31")
    message = mail_of(last(ticket, "warning"), beijing("2026-09-28 10:31"))
    assert message["Subject"].startswith(f"【预警】{ticket.number} 首次响应")
    assert "还有 29 分钟（工作时间）" in text_of(message)


def test_a_reply_carries_the_words_and_a_note_never_does(world: World):
    ticket = world.open_ticket()
    actions.note(ticket=ticket, body="客户脾气不好", actor=world.agent, at=AT)
    actions.reply(ticket=ticket, body="请清缓存<script>\n再试", actor=world.agent, at=AT)
    mails = [mail_of(row) for row in Delivery.objects.filter(ticket=ticket)]
    reply = mails[-1]
    assert "李坐席 回复了您：" in text_of(reply)
    assert "> 请清缓存<script>\n> 再试" in text_of(reply)
    assert "请清缓存&lt;script&gt;<br>再试" in html_of(reply)
    assert not any("脾气" in text_of(one) + html_of(one) for one in mails)


def test_a_resolution_carries_the_last_words_and_how_to_reopen(world: World):
    ticket = world.open_ticket()
    actions.resolve(ticket=ticket, body="补丁已装", actor=world.agent, at=AT)
    message = mail_of(last(ticket, "resolution"))
    assert message["Subject"].startswith("【已解决】")
    assert "> 补丁已装" in text_of(message)
    assert "工单会重新打开" in text_of(message)


def test_the_owner_reads_what_the_customer_wrote(world: World):
    ticket = actions.accept(ticket=world.open_ticket(), actor=world.agent, at=AT)
    actions.customer_message(ticket=ticket, contact=world.yonsuite.contact, body="还是不行", at=AT)
    message = mail_of(last(ticket, "customer_message"))
    assert message["To"] == f"李坐席 <{world.agent.email}>"
    assert "> 还是不行" in text_of(message)


def test_mails_of_a_ticket_thread_and_ask_robots_for_silence(world: World):
    ticket = world.open_ticket()
    actions.reply(ticket=ticket, body="请看", actor=world.agent, at=AT)
    receipt, reply = (mail_of(row) for row in Delivery.objects.filter(ticket=ticket).order_by("pk"))
    assert receipt["References"] == reply["References"] == reply["In-Reply-To"]
    assert receipt["Message-ID"] != reply["Message-ID"]
    assert (reply["Auto-Submitted"], reply["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert reply["List-Id"]
    assert reply["Reply-To"]


def test_the_strip_is_drawn_in_text_and_in_table_cells(world: World):
    ticket = world.open_ticket(at="2026-09-28 11:00", side=world.kingdee)
    message = mail_of(last(ticket, "receipt"), beijing("2026-09-28 14:00"))
    picture = text_of(message).splitlines()[0]
    assert {"█", "░", "·", "印"} <= set(picture)
    assert "自 09-28 11:00 起，4 个工作小时，至 09-28 16:00" in text_of(message)
    html = html_of(message)
    assert html.count('bgcolor="#1f1d19"') >= 1
    assert "12:00 – 13:00 · 午休 · 不计时" in html
    assert "<script" not in html
    assert "<img" not in html


def test_a_link_comes_from_the_configured_address_only(world: World, settings):
    settings.PUBLIC_URL = "https://help.example"
    ticket = world.open_ticket()
    assert f"https://help.example/portal/tickets/{ticket.number}/" in text_of(mail_of(last(ticket, "receipt")))


ENDS = ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\x00"]


@pytest.mark.parametrize("end", ENDS)
def test_no_line_end_reaches_a_header(world: World, end: str):
    evil = f"月结{end}Bcc: victim@example.com"
    Contact.objects.filter(pk=world.yonsuite.contact.pk).update(name=evil.replace("\x00", ""))
    world.yonsuite.contact.refresh_from_db()
    ticket = world.open_ticket(evil.replace("\x00", ""))
    row = Delivery.objects.select_related(*RELATED).get(pk=last(ticket, "receipt").pk)
    head = mail.render(row, at=AT).split(b"\r\n\r\n")[0]
    message = message_from_bytes(head, policy=modern)
    assert message["Bcc"] is None
    assert message["Subject"] == f"【已受理】{ticket.number} 月结 Bcc: victim@example.com" or end == "\x00"


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_a_header_takes_any_text_and_gives_it_back(text: str):
    kept = one_line(text)
    message = EmailMessage(policy=mail.SMTP)
    message["Subject"] = kept
    message.set_content("-")
    raw = message.as_bytes()
    assert all(len(line) <= 998 and line.isascii() for line in raw.split(b"\r\n"))
    assert " ".join(str(message_from_bytes(raw, policy=modern)["Subject"]).split()) == kept


def test_an_international_domain_is_written_in_ascii():
    assert mail.ascii_address("wang@例子.中国") == "wang@xn--fsqu00a.xn--fiqs8s"


def test_a_mail_is_the_same_bytes_for_the_same_instant_and_lines_are_short(world: World):
    ticket = world.open_ticket("很长的标题" * 30)
    row = Delivery.objects.select_related(*RELATED).get(pk=last(ticket, "receipt").pk)
    raw = mail.render(row, at=AT)
    assert all(len(line) <= 78 for line in raw.split(b"\r\n") if b"=?" not in line and b"boundary" not in line)
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_digest_lists_its_tickets_in_the_order_of_their_deadlines__C30(world: World):
    numbers = [world.open_ticket(f"第{n}张", at=f"2026-09-28 09:{n:02d}").number for n in (5, 3, 1)]
    with clock_at("2026-09-28 11:06"):
        dispatch.sweep()
    rows = Delivery.objects.select_related(*RELATED).filter(kind="breach", user=world.lead).order_by("pk")
    message = message_from_bytes(mail.render_digest(list(rows), at=AT), policy=modern)
    text = text_of(message)
    assert message["Subject"].startswith("【超时】3 张工单：")
    assert [text.index(f"{number}  ") for number in numbers] == sorted(
        (text.index(f"{number}  ") for number in numbers), reverse=True
    )
    assert all(f"/console/tickets/{number}/" in text for number in numbers)
    assert Escalation.objects.filter(state="done").count() == 3
