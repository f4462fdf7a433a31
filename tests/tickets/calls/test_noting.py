"""The call form's actions: what a call becomes, by which clause it does not, and that it is written once."""

from dataclasses import replace
from datetime import UTC

import pytest

from plans.models import Product
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tickets.actions.calls.noting import ByHand, Noted, begin, foretold, note, note_refused
from tickets.models import Call, CallBack, CoverageDecision, Ticket

pytestmark = pytest.mark.django_db
AT = beijing("2026-09-28 09:05")


@pytest.fixture(autouse=True)
def at_nine():
    with clock_at("2026-09-28 09:05"):
        yield


@pytest.fixture
def call(hotline, world):
    for name in ("ringing", "digits", "leg-answered", "completed"):
        hotline(f"twilio/{name}.txt")
    return Call.objects.get()


def first_response(ticket):
    return ticket.ticket_clocks.get().clock.milestones.get(metric="first_response")


def test_an_answered_call_opens_a_ticket_whose_first_contact_is_made__Y08_Y18(call, world):
    noted = Noted("付款单审核按钮灰色", "已指导重新登录", call.contact, priority="urgent", category="fault", opens=True)
    call = note(call=call, noted=noted, actor=world.agent, at=AT)
    ticket = call.ticket
    assert (ticket.channel, ticket.contact, ticket.tenant, ticket.assignee) == (
        "hotline", world.yonsuite.contact, "YS", world.agent,
    )  # fmt: skip
    assert (ticket.promise, first_response(ticket).state) == ("Y07", "met")
    line = ticket.events.get(kind="call")
    assert (line.fields["answered"], line.fields["call"]) == (True, call.code)
    # Sent twice it is one ticket and one line; the note may be put right.
    again = note(
        call=call, noted=Noted("付款单审核按钮灰色", "已解决", call.contact, opens=True), actor=world.agent, at=AT
    )
    assert (again.ticket, again.result, Ticket.objects.count()) == (ticket, "已解决", 1)
    assert ticket.events.filter(kind="call").count() == 1


def test_a_question_that_is_not_urgent_is_pointed_to_chat_with_the_clause__Y08(call, world):
    noted = Noted("怎么反结账", contact=call.contact, opens=True)
    decision = foretold(call=call, noted=noted, at=AT)
    assert (decision.promise, decision.rule) == ("Y08", "not_urgent")
    assert "4.2.1.3" in decision.clause
    assert any("IM" in way for way in decision.ways_on)
    ticket = note(call=call, noted=noted, actor=world.agent, at=AT).ticket
    assert ticket.ways_on == list(decision.ways_on)


def test_who_is_not_certified_is_told_so_and_the_call_is_kept__K09(hotline, world):
    galaxy = Product.objects.get(code="galaxy")
    said = ByHand("form-1", world.uncertified.phone, vendor="kingdee")
    call = begin(said=said, actor=world.agent, at=AT)
    assert begin(said=said, actor=world.agent, at=AT) == call
    noted = Noted("凭证打不开", "请认证后再来电", world.uncertified, galaxy, opens=True)
    with pytest.raises(ActionRefusedError) as refused:
        note(call=call, noted=noted, actor=world.agent, at=AT)
    assert (refused.value.promise, bool(refused.value.ways_on)) == ("K09", True)
    assert not Call.objects.get().noted_at
    note_refused(call=call, noted=noted, actor=world.agent, at=AT)
    note_refused(call=call, noted=noted, actor=world.agent, at=AT)
    kept, decision = Call.objects.get(), CoverageDecision.objects.get()
    assert (kept.question, kept.ticket, decision.call, decision.rule) == ("凭证打不开", None, kept, "certified")


def test_a_call_about_a_ticket_is_a_line_of_it_and_meets_its_clock__Y18(call, world):
    ticket = world.open_ticket(at="2026-09-28 08:45")
    call = note(call=call, noted=Noted("催办", "已说明进展", call.contact, ticket=ticket), actor=world.agent, at=AT)
    assert (call.ticket, first_response(ticket).state) == (ticket, "met")
    theirs = world.open_ticket(side=world.kingdee)
    other = begin(said=ByHand("x", call.caller), actor=world.agent, at=AT)
    with pytest.raises(ActionRefusedError, match="不是"):
        note(call=other, noted=Noted("催办", "", call.contact, ticket=theirs), actor=world.agent, at=AT)


def test_a_talk_counts_from_when_it_was_held_however_late_it_is_written_down__Y18(call, world):
    ticket = world.open_ticket(at="2026-09-28 08:45")
    with clock_at("2026-09-28 12:05"):
        late = beijing("2026-09-28 12:00")
        note(call=call, noted=Noted("催办", "已说明", call.contact, ticket=ticket), actor=world.agent, at=late)
    first = first_response(ticket)
    assert (first.state, first.stopped_at) == ("met", call.answered_at)


def test_what_a_colleague_has_written_meanwhile_is_not_overwritten_unseen__Y08(call, world):
    mine, theirs = Noted("我的", seen=""), Noted("同事的", seen="")
    note(call=call, noted=theirs, actor=world.expert, at=AT)
    with pytest.raises(ActionRefusedError, match="同事的") as refused:
        note(call=call, noted=mine, actor=world.agent, at=AT)
    assert refused.value.ways_on
    seen = replace(mine, seen=AT.astimezone(UTC).isoformat())
    assert note(call=call, noted=seen, actor=world.agent, at=AT).question == "我的"


def test_a_voice_bot_meets_no_clock_whatever_is_logged_of_it__K02_K08(hotline, options, world):
    options(vendor="kingdee", menu={})
    phone = world.kingdee.contact.phone
    hotline("tencent/transcript.json", query="?action=transcript", change=("8613800000001", f"86{phone}"))
    call = Call.objects.get()
    assert call.contact == world.kingdee.contact
    noted = Noted("报表打不开", "机器人已记录", call.contact, Product.objects.get(code="galaxy"), "fault", opens=True)
    ticket = note(call=call, noted=noted, actor=world.agent, at=AT).ticket
    assert first_response(ticket).state == "running"
    assert "报表打不开，转人工" in ticket.messages.order_by("pk").first().body


def test_calling_back_is_written_down_as_contact_and_settles_what_was_owed__Y18(hotline, world):
    hotline("tencent/missed.json")
    call, owed = Call.objects.get(), CallBack.objects.get()
    noted = Noted("审批流卡住", "已回电", call.contact, priority="high", category="fault", opens=True, was_reached=True)
    ticket = note(call=call, noted=noted, actor=world.agent, at=AT).ticket
    owed.refresh_from_db()
    assert (owed.result, owed.done_by) == ("reached", world.agent)
    assert owed.clock.milestones.get().state == "met"
    assert first_response(ticket).state == "met"


def test_customers_and_empty_words_are_refused(call, world):
    with pytest.raises(ActionRefusedError):
        note(call=call, noted=Noted(" "), actor=world.agent, at=AT)
    with pytest.raises(ActionRefusedError):
        note(call=call, noted=Noted("x"), actor=world.yonsuite.contact.user, at=AT)
    nobody = begin(said=ByHand("y"), actor=world.agent, at=AT)
    with pytest.raises(ActionRefusedError, match="联系人"):
        note(call=nobody, noted=Noted("x", opens=True), actor=world.agent, at=AT)
