"""What a mail becomes: a ticket, a customer's word in one, something to decide, or nothing at all."""

import pytest

from plans.models import Contact, Team
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.tickets.mail.conftest import Post, letter_about
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.actions.mail import add_to, discard, keep, open_from, taking
from tickets.actions.redriving import redrive_inbound
from tickets.models import CoverageDecision, Delivery, InboundEvent, Mail, Mailbox, Ticket
from tickets.rounds.delivering import deliver
from tickets.telling.replying import mark_of, thread_id

State, Reason = Mail.State, Mail.Reason


def test_a_known_contact_s_mail_becomes_a_ticket_with_its_promise__Y18(world: World, post: Post):
    mail = post.send(f"王会计 <{world.yonsuite.contact.email.upper()}>")
    ticket = mail.ticket
    assert (mail.state, ticket.channel, ticket.category, ticket.product) == (
        State.OPENED, "email", "how_to", world.yonsuite.product,
    )  # fmt: skip
    assert (ticket.contact, ticket.subject, mail.said.body.strip()) == (
        world.yonsuite.contact, "月结报错", "结账时提示余额不平。",
    )  # fmt: skip
    first = Milestone.objects.get(clock__ticket_clock__ticket=ticket, metric="first_response")
    assert first.due_at == beijing("2026-09-28 11:00")
    assert letter_about(mail, "receipt").state == Delivery.State.QUEUED


def test_the_promise_counts_from_when_the_mail_server_had_it__Y18(world: World, post: Post):
    raw = post.written(world.yonsuite.contact.email, "月结", "正文").as_bytes()
    mail = post.bring(raw, at="2026-09-28 10:00", arrived_at=beijing("2026-09-28 09:00"))
    assert mail.ticket.opened_at == beijing("2026-09-28 09:00")
    late = post.bring(
        post.written(world.yonsuite.contact.email, "x", "y").as_bytes(), arrived_at=beijing("2027-01-01 09:00")
    )
    assert late.ticket.opened_at == beijing("2026-09-28 09:00")


def test_the_same_mail_twice_is_one__C44(world: World, post: Post):
    raw = post.written(world.yonsuite.contact.email, "月结", "正文").as_bytes()
    one, other = post.bring(raw), post.bring(b"Received: from elsewhere\r\n" + raw)
    assert one == other
    assert (Ticket.objects.count(), Mail.objects.count(), InboundEvent.objects.count()) == (1, 1, 2)
    assert InboundEvent.objects.latest("pk").state == InboundEvent.State.PASSED


def replies(ticket: Ticket, letter: Delivery) -> dict[str, dict[str, str]]:
    return {
        "letter": {"In_Reply_To": letter.message_id},
        "references": {"References": f"<older@x.example> {letter.message_id}"},
        "thread": {"References": thread_id(ticket.number)},
        "plus": {"To": f"support+{ticket.number.lower()}.{mark_of(ticket.number)}@yonsuite.example"},
    }


@pytest.mark.parametrize(
    ("way", "by"), [("letter", "letter"), ("references", "letter"), ("thread", "token"), ("plus", "token")]
)
def test_an_answer_finds_its_ticket__C20(way: str, by: str, world: World, post: Post):
    ticket = world.open_ticket()
    letter = Delivery.objects.get(ticket=ticket, kind="receipt")
    mail = post.send(
        world.yonsuite.contact.email, "Re: 什么都没有", "还是不行。\n\n> 旧的", **replies(ticket, letter)[way]
    )
    assert (mail.ticket, mail.state, mail.thread) == (ticket, State.ADDED, by)
    assert (mail.said.body, mail.quoted) == ("还是不行。", "> 旧的")


def test_a_number_in_the_subject_counts_for_who_is_in_the_ticket_alone(world: World, post: Post):
    ticket = world.open_ticket()
    assert post.send(world.yonsuite.contact.email, f"回复：【已受理】{ticket.number} 月结").ticket == ticket
    colleague = world._contact(world.yonsuite.customer, "同事")
    own = post.send(colleague.email, f"Re: {ticket.number}")
    assert own.ticket != ticket
    assert own.claims == ticket
    assert own.ticket.events.filter(kind="note", fields__claims=ticket.number).exists()


def test_an_answer_to_a_letter_about_several_tickets_is_none_of_theirs(world: World, post: Post):
    first, second = world.open_ticket("甲"), world.open_ticket("乙")
    letter, other = (Delivery.objects.get(ticket=one, kind="receipt") for one in (first, second))
    Delivery.objects.filter(pk=other.pk).update(carried_by=letter)
    subject = f"回复：2 张工单：{first.number}、{second.number}"
    mail = post.send(world.yonsuite.contact.email, subject, In_Reply_To=letter.message_id)
    assert (mail.state, mail.ticket in (first, second)) == (State.OPENED, False)


@pytest.mark.parametrize("way", ["letter", "thread", "plus"])
def test_a_stranger_is_not_joined_to_a_thread_that_is_not_theirs(way: str, world: World, post: Post):
    ticket = world.open_ticket()
    letter = Delivery.objects.get(ticket=ticket, kind="receipt")
    other = post.send(world.stranger.email, "Re: x", "让我看看", **replies(ticket, letter)[way])
    assert other.ticket != ticket
    assert other.ticket.customer == world.stranger.customer
    nobody = post.send("nobody@elsewhere.example", "Re: x", **replies(ticket, letter)[way])
    assert (nobody.ticket, nobody.claims, nobody.state) == (None, ticket, State.WAITING)
    assert ticket.messages.count() == 1


def test_a_forged_mark_is_none(world: World, post: Post):
    ticket = world.open_ticket()
    forged = f"<{ticket.number}.thread.{'0' * 24}@{'127.0.0.1'}>"
    assert post.send(world.yonsuite.contact.email, "x", References=forged).ticket != ticket


def test_who_is_copied_in_sees_and_becomes_nothing(world: World, post: Post):
    mail = post.send(world.yonsuite.contact.email, Cc=f"{world.stranger.email}, boss@elsewhere.example")
    assert mail.cc == [world.stranger.email, "boss@elsewhere.example"]
    assert Delivery.objects.filter(ticket=mail.ticket).count() == 1
    assert not Ticket.objects.visible_to(world.stranger.user).filter(pk=mail.ticket.pk).exists()


def test_an_answer_reopens_what_was_solved_and_ends_a_wait__C20(world: World, post: Post):
    ticket = world.open_ticket()
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=beijing("2026-09-28 09:10"))
    post.send(world.yonsuite.contact.email, f"Re: {ticket.number}", "补充", at="2026-09-28 09:20")
    ticket.refresh_from_db()
    assert ticket.status == "open"
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=beijing("2026-09-28 10:00"))
    post.send(world.yonsuite.contact.email, f"Re: {ticket.number}", "没好", at="2026-09-28 11:00")
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_an_answer_to_a_closed_ticket_is_a_new_one_that_names_it(world: World, post: Post):
    ticket = world.open_ticket()
    actions.close(ticket=ticket, actor=world.agent, at=beijing("2026-09-28 10:00"))
    mail = post.send(world.yonsuite.contact.email, f"Re: {ticket.number} 月结", at="2026-09-28 11:00")
    assert mail.ticket != ticket
    assert mail.ticket.subject == f"{ticket.number} 月结"
    assert mail.ticket.events.filter(kind="note", fields__follows=ticket.number).exists()


def test_what_ends_while_a_mail_is_on_its_way_loses_no_mail(world: World, post: Post, monkeypatch: pytest.MonkeyPatch):
    def refusing(**_more: object) -> None:
        raise ActionRefusedError("too_late", "too late")

    ticket = world.open_ticket()
    monkeypatch.setattr(taking, "customer_message", refusing)
    mail = post.send(world.yonsuite.contact.email, f"回复：{ticket.number}")
    assert (mail.state, mail.ticket != ticket) == (State.OPENED, True)
    monkeypatch.setattr(taking, "open_ticket", refusing)
    assert post.send(world.yonsuite.contact.email).state == State.REFUSED


def test_an_answer_to_a_merged_ticket_lands_in_its_heir__C37(world: World, post: Post):
    child, parent = world.open_ticket("一"), world.open_ticket("二")
    actions.merge(ticket=child, into=parent, actor=world.agent, at=beijing("2026-09-28 09:30"))
    assert post.send(world.yonsuite.contact.email, f"Re: {child.number}", at="2026-09-28 10:00").ticket == parent


def test_an_unknown_writer_is_kept_and_told_once_a_day(world: World, post: Post):
    one = post.send("new@elsewhere.example", "求助")
    post.send("new@elsewhere.example", "再求助", at="2026-09-28 09:10")
    assert (one.state, one.reason, one.ticket) == (State.WAITING, Reason.UNKNOWN, None)
    [letter] = Delivery.objects.filter(kind="mail_refused")
    assert (letter.address, letter.language, letter.mail) == ("new@elsewhere.example", "zh-hans", one)
    post.send("new@elsewhere.example", "又来", at="2026-09-29 09:30")
    assert Delivery.objects.filter(kind="mail_refused").count() == 2


def test_the_letter_to_an_unknown_writer_is_sent_and_hangs_on_theirs(world: World, post: Post, mailbox):
    post.send("new@elsewhere.example", "Help", "It fails.")
    deliver()
    [sent] = mailbox.messages
    assert sent["In-Reply-To"] == "<1.yonsuite@mailer.example>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert "not registered" in sent.get_body(("plain",)).get_content()


def test_one_of_ours_never_acts_by_mail(world: World, post: Post):
    ticket = world.open_ticket()
    letter = Delivery.objects.get(ticket=ticket, kind="receipt")
    mail = post.send(world.agent.email, f"Re: {ticket.number}", "关闭工单 #close", In_Reply_To=letter.message_id)
    assert (mail.state, mail.reason, mail.ticket, mail.claims) == (State.WAITING, Reason.STAFF, None, ticket)
    assert not Delivery.objects.filter(kind="mail_refused").exists()
    assert ticket.events.count() == 1


def test_what_the_plan_does_not_cover_is_refused_by_its_clause__K02(world: World, kingdee_post: Post, mailbox):
    mail = kingdee_post.send(world.uncertified.email)
    assert (mail.state, mail.reason, mail.ticket) == (State.REFUSED, Reason.NOT_COVERED, None)
    decision = CoverageDecision.objects.get(intake=mail.event)
    assert (decision.outcome, decision.promise) == ("not_covered", "K02")
    deliver()
    [sent] = mailbox.messages
    text = sent.get_body(("plain",)).get_content()
    assert "§3.1.2" in text or decision.clause in text
    assert decision.ways_on[0] in text


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<x.example>"}, {"Return_Path": "<>"},
     {"Subject": "自动回复: 休假中"}],
)  # fmt: skip
def test_a_robot_opens_reopens_and_is_answered_nothing__K02(headers: dict[str, str], world: World, post: Post):
    ticket = world.open_ticket()
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=beijing("2026-09-28 09:30"))
    before = Delivery.objects.count()
    said = {"References": thread_id(ticket.number), **headers}
    mail = post.send(world.yonsuite.contact.email, at="2026-09-28 10:00", **said)
    ticket.refresh_from_db()
    assert (mail.state, ticket.status, Delivery.objects.count()) == (State.IGNORED, "resolved", before)


def test_a_robot_s_answer_is_shown_to_who_works_the_ticket(world: World, post: Post):
    ticket = world.open_ticket()
    said = {"References": thread_id(ticket.number), "Auto_Submitted": "auto-replied"}
    mail = post.send(world.yonsuite.contact.email, "外出至周五", **said)
    assert mail.ticket == ticket
    assert not ticket.events.get(kind="note").is_public
    assert Milestone.objects.get(clock__ticket_clock__ticket=ticket, metric="first_response").stopped_at is None


def test_our_own_letter_that_comes_back_is_known(world: World, post: Post, mailbox):
    world.open_ticket()
    deliver()
    raw = mailbox.messages[0].as_bytes()
    mail = post.bring(raw, at="2026-09-28 10:00")
    assert (mail.kind, mail.state, Ticket.objects.count()) == ("own", State.IGNORED, 1)


def test_at_most_five_automatic_letters_an_hour_go_to_one_address(world: World, post: Post):
    for minute in range(8):
        post.send(world.yonsuite.contact.email, f"第 {minute} 个", at=f"2026-09-28 09:0{minute}")
    receipts = Delivery.objects.filter(kind="receipt")
    assert receipts.filter(state="queued").count() == 5
    assert receipts.filter(state="withheld").count() == 3


def test_a_flood_from_one_address_waits_for_somebody_to_look(world: World, post: Post):
    mails = [post.send(world.yonsuite.contact.email, f"第 {n} 个") for n in range(22)]
    assert [mail.state for mail in mails[19:]] == [State.OPENED, State.WAITING, State.WAITING]
    assert mails[-1].reason == Reason.FLOOD


BOUNCE = """From: MAILER-DAEMON@mx.example
Return-Path: <>
Message-ID: <b@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Final-Recipient: rfc822; x@y.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user
--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
--b--
"""


@pytest.mark.parametrize(("action", "status", "state"), [("failed", "5.1.1", "failed"), ("delayed", "4.4.7", "sent")])
def test_a_letter_that_came_back_says_so_and_why(action: str, status: str, state: str, world: World, post: Post):
    ticket = world.open_ticket()
    Delivery.objects.filter(ticket=ticket).update(state="sent")
    letter = Delivery.objects.get(ticket=ticket)
    mail = post.bring(BOUNCE.format(action=action, status=status, message_id=letter.message_id).encode())
    letter.refresh_from_db()
    assert (letter.state, bool(letter.bounced_at), mail.ticket, mail.state) == (
        state, state == "failed", ticket, State.IGNORED,
    )  # fmt: skip
    assert state == "sent" or letter.error == "5.1.1 550 no such user"


def test_files_come_along_within_limits_and_what_was_left_out_is_said(world: World, post: Post):
    message = post.written(world.yonsuite.contact.email, "月结", "见附件")
    message.add_attachment(b"x" * 10, maintype="image", subtype="png", filename="截图.png")
    message.add_attachment(b"x" * (6 * 1024 * 1024), maintype="application", subtype="zip", filename="全部.zip")
    mail = post.bring(message.as_bytes())
    assert [file.name for file in mail.said.attachments.all()] == ["截图.png"]
    assert "全部.zip" in mail.said.body


def test_a_mail_without_ticket_is_decided_about_by_hand_once(world: World, post: Post):
    unknown = post.send("private@elsewhere.example", "月结", "我是王会计，这是私人邮箱。")
    ticket = open_from(mail=unknown, contact=world.yonsuite.contact, actor=world.agent, at=beijing("2026-09-28 09:30"))
    unknown.refresh_from_db()
    assert (ticket.contact, ticket.opened_at, unknown.state) == (
        world.yonsuite.contact, beijing("2026-09-28 09:00"), State.OPENED,
    )  # fmt: skip
    other = post.send("second@elsewhere.example", "补充", "再补充一点")
    assert add_to(mail=other, ticket=ticket, actor=world.agent, at=beijing("2026-09-28 09:40")) == ticket
    third = post.send("third@elsewhere.example", "广告", "买吗")
    assert discard(mail=third, actor=world.agent, at=beijing("2026-09-28 09:40")).state == State.DISCARDED
    with pytest.raises(Exception, match="已经处理过"):
        discard(mail=other, actor=world.agent, at=beijing("2026-09-28 09:50"))


def test_what_was_cut_off_between_keeping_and_understanding_is_taken_in_later__C34(world: World, post: Post):
    raw = post.written(world.yonsuite.contact.email, "月结", "正文").as_bytes()
    keep(mailbox=post.mailbox, raw=raw, door="test", at=beijing("2026-09-28 09:00"))
    assert redrive_inbound() == 1
    assert Mail.objects.get().ticket.opened_at == beijing("2026-09-28 09:00")


def test_a_letter_says_that_it_may_be_answered_and_where_the_answer_goes(world: World, post: Post, mailbox):
    post.mailbox.takes_plus = True
    post.mailbox.save()
    mail = post.send(world.yonsuite.contact.email)
    deliver()
    [sent] = mailbox.messages
    number = mail.ticket.number.lower()
    assert f"support+{number}.{mark_of(number)}@yonsuite.example" in sent["Reply-To"]
    assert sent["References"].split() == [thread_id(mail.ticket.number), "<1.yonsuite@mailer.example>"]
    assert "直接回复本邮件" in sent.get_body(("plain",)).get_content()
    back = post.written(world.yonsuite.contact.email, f"Re: {sent['Subject']}", "好的", To=str(sent["Reply-To"]))
    assert post.bring(back.as_bytes()).ticket == mail.ticket


@pytest.mark.parametrize("raw", [b"", b"\0\xff\xfe", b"garbage", b"From: x\r\n\r\n", b"\r\n" * 9])
def test_whatever_comes_is_kept_and_shown(raw: bytes, world: World, post: Post):
    event = keep(mailbox=post.mailbox, raw=raw, door="test", at=beijing("2026-09-28 09:00"))
    assert bytes(InboundEvent.objects.get(pk=event.pk).raw) == raw


def test_a_forged_sender_opens_nothing_and_joins_by_our_mark_alone(world: World, post: Post):
    Mailbox.objects.update(trusted_server="mx.ours.example")
    ticket = post.send(world.yonsuite.contact.email).ticket
    forged = {"Authentication-Results": "mx.ours.example; dmarc=fail"}
    bare = post.send(world.yonsuite.contact.email, "请改密码", **forged)
    numbered = post.send(world.yonsuite.contact.email, f"回复：{ticket.number}", "关掉吧", **forged)
    assert [(one.state, one.reason, one.claims) for one in (bare, numbered)] == [
        ("waiting", "forged", None), ("waiting", "forged", ticket),
    ]  # fmt: skip
    answered = post.send(world.yonsuite.contact.email, "回复", "好", **forged, In_Reply_To=thread_id(ticket.number))
    assert (answered.state, answered.ticket) == ("added", ticket)
    assert Ticket.objects.count() == 1


def test_a_mailbox_s_team_has_its_tickets_and_its_mail(world: World, post: Post):
    desk, other = (
        Team.objects.create(code=code, name=code, name_en=code, vendor=vendor)
        for code, vendor in (("desk", "yonsuite"), ("kd", "kingdee"))
    )
    one, another, stranger = person("one", "甲", team=desk), person("two", "乙", team=other), "x@elsewhere.example"
    mail = post.send(stranger)
    seen = [Mail.objects.visible_to(user).exists() for user in (one, world.agent, another, world.lead)]
    assert seen == [True, True, False, True]
    Mailbox.objects.update(team=desk)
    assert [Mail.objects.visible_to(user).exists() for user in (one, world.agent)] == [True, False]
    assert post.send(world.yonsuite.contact.email).ticket.team == desk
    with pytest.raises(ActionRefusedError):
        discard(mail=mail, actor=world.agent, at=beijing("2026-09-28 10:00"))


def test_a_contact_of_both_vendors_is_asked_about_by_the_mailbox_s(world: World, post: Post, kingdee_post: Post):
    assert kingdee_post.send(world.kingdee.contact.email).ticket.contract == world.kingdee.contract
    assert post.send(world.yonsuite.contact.email).ticket.contract == world.yonsuite.contract
    wrong = kingdee_post.send(world.yonsuite.contact.email, "发错邮箱")
    assert wrong.ticket is not None
    assert wrong.ticket.contract == world.yonsuite.contract
    assert Contact.objects.filter(email=wrong.from_address).exists()
