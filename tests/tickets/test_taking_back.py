"""What was said or done by mistake is taken back: the words are struck out, and what they met is owed again."""

from datetime import timedelta

import pytest

from sla.lag import lag_between
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.terms import Target, promised, put_under
from tests.world import World
from tickets.actions import ticket as actions
from tickets.api.views import events_for
from tickets.attachments import readable_by
from tickets.models import Attachment, Delivery, Message, Status, Ticket
from tickets.rounds import dispatch
from tickets.showing.conversation import entries_of, lines_for

AT = beijing("2026-09-28 09:30")
SOON = AT + timedelta(minutes=5)
DUE = beijing("2026-09-28 11:00")


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket that owes a first human answer by 11:00."""
    put_under(world.yonsuite.contract, "answered", Target("first_response", 2), Target("next_response", 1))
    return world.open_ticket(at="2026-09-28 09:00")


def last(ticket: Ticket):
    return ticket.events.order_by("number").last()


def retract(world: World, ticket: Ticket, number: int | None = None, **who) -> Ticket:
    said = {"event": number or last(ticket).number, "actor": world.agent, "at": SOON}
    return actions.retract(ticket=ticket, **(said | who))


@pytest.mark.parametrize("kind", ["reply", "call"])
def test_an_answer_taken_back_is_owed_again_until_when_it_was__C21(world: World, ticket: Ticket, kind):
    words = {"ticket": ticket, "body": "发错了。", "actor": world.agent, "at": AT}
    ticket = actions.reply(**words) if kind == "reply" else actions.log_call(**words, answered=True)
    assert promised(ticket)["first_response"].state == "met"
    ticket = retract(world, ticket)
    row = promised(ticket)["first_response"]
    assert (row.state, row.due_at, row.met_by, ticket.next_due_at) == ("running", DUE, None, DUE)
    event = last(ticket)
    assert (event.kind, event.fields["event"], event.fields["kind"]) == ("retracted", 3, kind)
    assert event.fields["owed"] == [{"metric": "first_response", "number": 1, "due_at": "2026-09-28T03:00:00Z"}]


def test_what_is_owed_again_after_its_time_blames_no_outage__C35(world: World, ticket: Ticket):
    ticket = actions.reply(ticket=ticket, body="发错了。", actor=world.agent, at=AT)
    actions.retract(ticket=ticket, event=last(ticket).number, actor=world.agent, at=beijing("2026-09-28 15:00"))
    with clock_at("2026-09-28 15:00:02"):
        dispatch.sweep()
    fired = ticket.events.filter(kind="escalated")
    assert fired.exists()
    assert not fired.filter(fields__has_key="noticed_late_by").exists()
    lag = lag_between(beijing("2026-09-28 15:00"), beijing("2026-09-28 15:01"))
    assert lag.longest == pytest.approx(2, abs=0.5)


def test_a_note_shown_and_hidden_twice_leaves_the_first_deadline__C21(world: World, ticket: Ticket):
    ticket = actions.note(ticket=ticket, body="像是补丁问题。", actor=world.agent, at=AT)
    who = {"event": 2, "actor": world.agent}
    for turn in range(2):
        at = AT + timedelta(minutes=turn)
        ticket = actions.publish(ticket=ticket, at=at, **who)
        assert (promised(ticket)["first_response"].completed_at, ticket.next_due_at) == (at, None)
        ticket = actions.unpublish(ticket=ticket, at=at + timedelta(seconds=30), **who)
        assert (promised(ticket)["first_response"].state, ticket.next_due_at) == ("running", DUE)
    assert Message.objects.get(body="像是补丁问题。").is_public is False
    assert [one.kind for one in ticket.events.order_by("number")] == [
        "opened", "note", "accepted", "published", "retracted", "published", "retracted",
    ]  # fmt: skip


def test_what_was_taken_back_is_kept_for_us_and_gone_for_the_customer__I11(world: World, ticket: Ticket):
    ticket = actions.reply(ticket=ticket, body="别家的账号。", actor=world.agent, at=AT)
    said = Message.objects.get(body="别家的账号。")
    Attachment.objects.create(ticket=ticket, message=said, name="a.png", content_type="", size=1, sha256="0" * 64)
    customer = world.yonsuite.contact.user
    assert readable_by(customer).count() == 1
    ticket = retract(world, ticket)
    for read in (lambda user: lines_for(ticket, user), lambda user: events_for(user, ticket)):
        ours = {event.message.body for event in read(world.agent) if event.message}
        theirs = {event.message.body for event in read(customer) if event.message}
        assert ("别家的账号。" in ours, "别家的账号。" in theirs) == (True, False)
        assert [event.kind for event in read(customer)][-1] == "retracted"
    assert (readable_by(customer).count(), readable_by(world.agent).count()) == (0, 1)


def test_a_note_is_internal_until_it_is_shown_and_after_it_was_hidden__I11(world: World, ticket: Ticket):
    customer = world.yonsuite.contact.user
    ticket = actions.note(ticket=ticket, body="内部看法", actor=world.agent, at=AT)

    def seen() -> list[str]:
        return [event.message.body for event in lines_for(ticket, customer) if event.message]

    assert "内部看法" not in seen()
    ticket = actions.publish(ticket=ticket, event=2, actor=world.agent, at=AT)
    assert seen().count("内部看法") == 1
    (shown,) = [entry for entry in entries_of(ticket, [], customer) if entry.body == "内部看法"]
    assert (shown.words, shown.look) == ("", "reply")
    ticket = actions.unpublish(ticket=ticket, event=2, actor=world.agent, at=AT)
    assert "内部看法" not in seen()
    told = entries_of(ticket, [], customer)[-1].words
    assert ("撤回" in told, "备注" in told) == (True, False)


def test_mail_about_it_that_waits_is_kept_back_and_mail_that_went_is_said_so(world: World, ticket: Ticket):
    ticket = actions.reply(ticket=ticket, body="发错了。", actor=world.agent, at=AT)
    ticket = retract(world, ticket)
    assert Delivery.objects.get(kind="reply").state == "withheld"
    assert "mailed" not in last(ticket).fields
    ticket = actions.reply(ticket=ticket, body="又错了。", actor=world.agent, at=AT)
    Delivery.objects.filter(kind="reply", state="queued").update(state="sent", sent_at=AT)
    ticket = retract(world, ticket)
    assert last(ticket).fields["mailed"] is True
    assert Delivery.objects.filter(kind="reply", state="sent").count() == 1


def test_an_acceptance_taken_back_leaves_the_ticket_to_who_had_it(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    ticket = actions.accept(ticket=ticket, actor=world.agent, at=AT)
    assert promised(ticket)["first_response"].state == "met"  # by the plan accepting is a first handling: Y18
    ticket = retract(world, ticket)
    assert (ticket.assignee, ticket.status) == (None, Status.NEW)
    assert (promised(ticket)["first_response"].state, ticket.next_due_at) == ("running", DUE)
    ticket = actions.assign(ticket=ticket, to=world.expert, actor=world.agent, at=AT)
    ticket = actions.accept(ticket=ticket, actor=world.agent, at=AT)
    ticket = retract(world, ticket)
    assert (ticket.assignee, ticket.status) == (world.expert, Status.OPEN)
    ticket = actions.accept(ticket=ticket, actor=world.agent, at=AT)
    accepted = last(ticket).number
    ticket = actions.assign(ticket=ticket, to=world.expert, actor=world.agent, at=AT)
    assert retract(world, ticket, accepted).assignee == world.expert


def test_who_may_take_back_what(world: World, ticket: Ticket):
    ticket = actions.reply(ticket=ticket, body="发错了。", actor=world.agent, at=AT)
    number = last(ticket).number

    def refusal(actor, at) -> str:
        with pytest.raises(ActionRefusedError) as refused:
            actions.retract(ticket=ticket, event=number, actor=actor, at=at)
        return refused.value.code

    assert refusal(world.yonsuite.contact.user, SOON) == "not_allowed"
    assert refusal(world.expert, SOON) == "not_yours"
    assert refusal(world.agent, AT + timedelta(hours=24, seconds=1)) == "not_yours"
    ticket = actions.retract(ticket=ticket, event=number, actor=world.lead, at=AT + timedelta(days=9))
    assert last(ticket).actor_display == "周组长"
    assert refusal(world.lead, SOON) == "not_revocable"


@pytest.mark.parametrize(("number", "code"), [(1, "not_revocable"), (9, "unknown_event"), (4, "not_revocable")])
def test_only_what_was_said_or_taken_on_is_taken_back(world: World, ticket: Ticket, number, code):
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=AT)
    actions.resume(ticket=ticket, actor=world.agent, at=AT)
    with pytest.raises(ActionRefusedError) as refused:
        retract(world, ticket, number)
    assert refused.value.code == code


def test_a_note_that_is_shown_is_hidden_before_it_is_taken_back(world: World, ticket: Ticket):
    actions.note(ticket=ticket, body="看法", actor=world.agent, at=AT)
    actions.publish(ticket=ticket, event=2, actor=world.agent, at=AT)
    for act, code in ((actions.retract, "not_revocable"), (actions.publish, "not_a_note")):
        with pytest.raises(ActionRefusedError) as refused:
            act(ticket=ticket, event=2, actor=world.agent, at=SOON)
        assert refused.value.code == code
    actions.unpublish(ticket=ticket, event=2, actor=world.agent, at=SOON)
    actions.retract(ticket=ticket, event=2, actor=world.agent, at=SOON)
    for act in (actions.publish, actions.unpublish):
        with pytest.raises(ActionRefusedError):
            act(ticket=ticket, event=2, actor=world.agent, at=SOON)


def test_what_was_met_and_late_by_then_is_missed_once_it_is_taken_back(world: World, ticket: Ticket):
    ticket = actions.reply(ticket=ticket, body="发错了。", actor=world.agent, at=AT)
    ticket = actions.close(ticket=ticket, actor=world.agent, at=DUE + timedelta(hours=1))
    ticket = actions.retract(ticket=ticket, event=3, actor=world.lead, at=DUE + timedelta(hours=2))
    row = promised(ticket)["first_response"]
    assert (row.state, row.stopped_at, ticket.next_due_at) == ("breached", DUE + timedelta(hours=1), None)


def test_the_answer_to_a_further_question_taken_back_is_owed_again__C21(world: World, ticket: Ticket):
    actions.reply(ticket=ticket, body="请重试。", actor=world.agent, at=AT)
    asked = AT + timedelta(minutes=10)
    ticket = actions.customer_message(ticket=ticket, contact=ticket.contact, body="还是不行。", at=asked)
    ticket = actions.reply(ticket=ticket, body="误。", actor=world.agent, at=asked + timedelta(minutes=5))
    ticket = retract(world, ticket, at=asked + timedelta(minutes=6))
    assert (ticket.next_due_at, promised(ticket)["next_response"].number) == (asked + timedelta(hours=1), 1)
