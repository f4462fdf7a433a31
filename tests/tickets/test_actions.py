"""What people do with a ticket, and what its clocks and its ledger make of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import Contact, Customer, Role, User
from sla.actors import SYSTEM
from sla.models import Milestone, Observation
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.ledger import actor_of
from tickets.models import Delivery, Status, Ticket, TicketEvent

AT = beijing("2026-09-28 09:30")


def only(ticket: Ticket) -> Milestone:
    return Milestone.objects.get(clock__ticket_clock__ticket=ticket)


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in ticket.events.order_by("number")]


def test_opening_promises_by_the_plan__Y18_K02(world: World):
    premier = world.open_ticket(at="2026-09-28 19:30")
    advanced = world.open_ticket(at="2026-09-28 13:30", side=world.kingdee)
    assert premier.next_due_at == beijing("2026-09-29 09:30")
    assert advanced.next_due_at == beijing("2026-09-28 17:30")
    assert (premier.promise, advanced.promise) == ("Y07", "K02")


@pytest.mark.parametrize(
    ("act", "premier", "advanced"),
    [
        (lambda t, u: actions.accept(ticket=t, actor=u, at=AT), "met", "running"),
        (lambda t, u: actions.assign(ticket=t, to=u, actor=u, at=AT), "met", "running"),
        (lambda t, u: actions.progress(ticket=t, body="正在查", actor=u, at=AT), "met", "running"),
        (lambda t, u: actions.reply(ticket=t, body="请看", actor=u, at=AT), "met", "met"),
        (lambda t, u: actions.log_call(ticket=t, body="已说明", answered=True, actor=u, at=AT), "met", "met"),
        (lambda t, u: actions.log_call(ticket=t, body="无人接听", answered=False, actor=u, at=AT), "met", "running"),
        (lambda t, u: actions.note(ticket=t, body="内部", actor=u, at=AT), "running", "running"),
        (lambda t, u: actions.bot_reply(ticket=t, body="您好", at=AT), "running", "running"),
        (lambda t, u: actions.reassign(ticket=t, to=u, actor=SYSTEM, at=AT), "running", "running"),
        (lambda t, u: actions.resolve(ticket=t, body="好了", actor=u, at=AT), "met", "met"),
    ],
)
def test_each_act_meets_what_the_plan_says_it_meets__Y18_K02(world: World, act, premier, advanced):
    for side, state in ((world.yonsuite, premier), (world.kingdee, advanced)):
        ticket = world.open_ticket(side=side)
        act(ticket, world.agent)
        assert only(ticket).state == state


def test_the_first_act_on_an_unowned_ticket_takes_it_on(world: World):
    ticket = actions.reply(ticket=world.open_ticket(), body="请看附件", actor=world.agent, at=AT)
    assert (ticket.assignee, ticket.status, ticket.team) == (world.agent, Status.OPEN, world.team)
    assert kinds(ticket) == ["opened", "accepted", "reply"]


def test_events_are_numbered_without_a_gap__I12(world: World):
    ticket = world.open_ticket()
    actions.accept(ticket=ticket, actor=world.agent, at=AT)
    actions.note(ticket=ticket, body="查日志", actor=world.agent, at=AT)
    actions.resolve(ticket=ticket, body="已修复", actor=world.agent, at=AT)
    assert list(ticket.events.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_waiting_for_the_customer_ends_with_the_customers_word__C20(world: World):
    ticket = world.open_ticket()
    ticket = actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=AT)
    assert ticket.status == Status.WAITING_CUSTOMER
    ticket = actions.customer_message(
        ticket=ticket, contact=ticket.contact, body="截图在此", at=AT + timedelta(hours=1)
    )
    assert (ticket.status, kinds(ticket)[-2:]) == (Status.OPEN, ["customer_message", "resumed"])


def test_an_agreed_date_resumes_the_work_by_itself(world: World):
    ticket = world.open_ticket()
    until = AT + timedelta(days=1)
    ticket = actions.wait(ticket=ticket, wait_for="third_party", until=until, actor=world.agent, at=AT)
    assert ticket.status == Status.SCHEDULED
    ticket = actions.customer_message(ticket=ticket, contact=ticket.contact, body="好的", at=AT + timedelta(hours=1))
    assert ticket.status == Status.SCHEDULED  # the date was a third party's: the customer does not end it
    assert actions.resume_due(at=until - timedelta(seconds=1)) == 0
    assert actions.resume_due(at=until) == 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_until) == (Status.OPEN, None)


@pytest.mark.parametrize(
    ("wait_for", "until", "code"),
    [
        ("nobody", None, "unknown_wait"),
        ("customer", AT, "until_is_past"),
        ("customer", AT - timedelta(1), "until_is_past"),
        ("customer", AT + timedelta(days=367), "until_too_far"),
    ],
)
def test_a_wait_must_make_sense(world: World, wait_for, until, code):
    with pytest.raises(ActionRefusedError) as refused:
        actions.wait(ticket=world.open_ticket(), wait_for=wait_for, until=until, actor=world.agent, at=AT)
    assert refused.value.code == code


def test_a_customers_word_reopens_what_was_solved(world: World):
    ticket = actions.resolve(ticket=world.open_ticket(), body="好了", actor=world.agent, at=AT)
    ticket = actions.customer_message(
        ticket=ticket, contact=ticket.contact, body="还是不行", at=AT + timedelta(hours=2)
    )
    assert (ticket.status, ticket.resolved_at) == (Status.OPEN, None)
    assert kinds(ticket)[-2:] == ["reopened", "customer_message"]


def test_a_closed_ticket_tells_its_customer_what_to_do_instead(world: World):
    ticket = actions.resolve(ticket=world.open_ticket(), body="好了", actor=world.agent, at=AT)
    actions.close(ticket=ticket, actor=ticket.contact, at=AT)
    for act in (actions.customer_message, actions.reopen):
        who = {"contact": ticket.contact} if act is actions.customer_message else {"actor": ticket.contact}
        with pytest.raises(ActionRefusedError) as refused:
            act(ticket=ticket, body="再看一下", at=AT, **who)
        assert refused.value.code == "ticket_closed"
        assert refused.value.ways_on


def test_what_an_agent_says_on_reopening_reaches_the_customer(world: World):
    ticket = actions.resolve(ticket=world.open_ticket(), body="好了", actor=world.agent, at=AT)
    actions.reopen(ticket=ticket, body="还有一处要改。", actor=world.agent, at=AT)
    mail = Delivery.objects.get(kind="reply")
    assert (mail.contact, mail.event.kind) == (ticket.contact, "reply")


def test_one_wait_that_can_not_be_ended_does_not_hold_up_the_others__F17(world: World):
    until = AT + timedelta(hours=1)
    tickets = [
        actions.wait(ticket=world.open_ticket(), wait_for="customer", until=until, actor=world.agent, at=AT)
        for _ in range(3)
    ]
    Observation.objects.filter(clock__ticket_clock__ticket=tickets[0], kind="wait").update(fields={"hold": "?"})
    assert actions.resume_due(at=until) == 2
    assert actions.resume_due(at=until) == 0
    assert list(Ticket.objects.order_by("pk").values_list("status", flat=True)) == ["scheduled", "open", "open"]


def test_an_ended_ticket_is_reopened_before_it_is_worked_on(world: World):
    ticket = actions.resolve(ticket=world.open_ticket(), body="好了", actor=world.agent, at=AT)
    with pytest.raises(ActionRefusedError) as refused:
        actions.reply(ticket=ticket, body="补充", actor=world.agent, at=AT)
    assert refused.value.code == "ticket_ended"
    assert actions.reopen(ticket=ticket, body="", actor=world.agent, at=AT).status == Status.OPEN


def test_merging_stops_the_childs_clocks_and_forwards_its_mail__C37(world: World):
    parent, child = world.open_ticket("月结报错"), world.open_ticket("月结还是报错")
    child = actions.merge(ticket=child, into=parent, actor=world.agent, at=AT)
    milestone = only(child)
    assert (child.status, milestone.state, milestone.next_step_at) == (Status.MERGED, "cancelled", None)
    answered = actions.customer_message(ticket=child, contact=child.contact, body="补充一张截图", at=AT)
    assert answered == parent
    assert only(parent).stopped_at is None


def test_words_for_a_ticket_merged_twice_lock_only_the_last__C37(world: World):
    first, second, third = (world.open_ticket(subject) for subject in ("一", "二", "三"))
    actions.merge(ticket=first, into=second, actor=world.agent, at=AT)
    actions.merge(ticket=second, into=third, actor=world.agent, at=AT)
    first.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        answered = actions.customer_message(ticket=first, contact=first.contact, body="补充", at=AT)
    locks = [query["sql"] for query in captured if 'FOR UPDATE OF "tickets_ticket"' in query["sql"]]
    assert (answered, len(locks)) == (third, 1)


def test_merging_stays_within_one_customer(world: World):
    with pytest.raises(ActionRefusedError) as refused:
        actions.merge(ticket=world.open_ticket(), into=world.open_ticket(side=world.kingdee), actor=world.agent, at=AT)
    assert refused.value.code == "merge_across_customers"


def test_a_ticket_does_not_merge_into_itself(world: World):
    ticket = world.open_ticket()
    with pytest.raises(ActionRefusedError):
        actions.merge(ticket=ticket, into=ticket, actor=world.agent, at=AT)


def test_a_raised_priority_is_recorded_with_who_raised_it(world: World):
    ticket = actions.raise_priority(ticket=world.open_ticket(), actor=SYSTEM, at=AT)
    event = ticket.events.get(kind=TicketEvent.Kind.PRIORITY_CHANGED)
    assert (ticket.priority, event.fields, event.is_public) == ("high", {"from": "normal", "to": "high"}, False)
    for _ in range(3):
        ticket = actions.raise_priority(ticket=ticket, actor=SYSTEM, at=AT)
    assert ticket.priority == "urgent"
    assert ticket.events.filter(kind=TicketEvent.Kind.PRIORITY_CHANGED).count() == 2


def test_a_contact_has_no_say_in_another_customers_ticket__I11(world: World):
    ticket = actions.resolve(ticket=world.open_ticket(), body="好了", actor=world.agent, at=AT)
    stranger = world.stranger
    for act in (
        lambda: actions.customer_message(ticket=ticket, contact=stranger, body="?", at=AT),
        lambda: actions.reopen(ticket=ticket, body="?", actor=stranger, at=AT),
        lambda: actions.close(ticket=ticket, actor=stranger, at=AT),
    ):
        with pytest.raises(ActionRefusedError) as refused:
            act()
        assert refused.value.code == "not_allowed"


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.CUSTOMER_ADMIN])
def test_who_left_the_customer_sees_its_tickets_no_more__I11(world: World, role: str):
    contact = world.yonsuite.contact
    User.objects.filter(pk=contact.user_id).update(role=role)
    user = User.objects.get(pk=contact.user_id)
    world.open_ticket()
    assert Ticket.objects.visible_to(user).count() == 1
    contact.is_active = False
    contact.save()
    assert Ticket.objects.visible_to(user).count() == 0
    Contact.objects.update(is_active=True)
    Customer.objects.update(is_active=False)
    assert Ticket.objects.visible_to(user).count() == 0


def test_customers_do_not_work_tickets(world: World):
    customer = User.objects.get(pk=world.stranger.user_id)
    with pytest.raises(ActionRefusedError) as refused:
        actions.accept(ticket=world.open_ticket(), actor=customer, at=AT)
    assert refused.value.code == "not_allowed"


def test_a_ticket_is_not_given_to_a_customer(world: World):
    customer = User.objects.get(pk=world.stranger.user_id)
    with pytest.raises(ActionRefusedError) as refused:
        actions.assign(ticket=world.open_ticket(), to=customer, actor=world.agent, at=AT)
    assert refused.value.code == "cannot_own"


def test_empty_words_are_refused_and_nothing_changes(world: World):
    ticket = world.open_ticket()
    with pytest.raises(ActionRefusedError):
        actions.reply(ticket=ticket, body="  \n", actor=world.agent, at=AT)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.event_count) == (Status.NEW, 1)


def test_the_queue_puts_what_is_due_next_first(world: World):
    later = world.open_ticket("后到期", at="2026-09-28 10:00")
    sooner = world.open_ticket("先到期", at="2026-09-28 09:00")
    met = actions.reply(ticket=world.open_ticket("已响应", at="2026-09-28 08:30"), body="好", actor=world.agent, at=AT)
    assert list(Ticket.objects.unfinished().queue()) == [sooner, later, met]


def test_nobody_sees_another_customers_tickets__I11(world: World):
    world.open_ticket()
    world.open_ticket(side=world.kingdee)
    assert Ticket.objects.visible_to(world.stranger.user).count() == 0
    assert Ticket.objects.visible_to(world.yonsuite.contact.user).count() == 1
    assert Ticket.objects.visible_to(world.agent).count() == 2


def test_everyone_who_should_know_has_a_letter_waiting(world: World):
    ticket = world.open_ticket()
    actions.assign(ticket=ticket, to=world.expert, actor=world.agent, at=AT)
    actions.customer_message(ticket=ticket, contact=ticket.contact, body="在吗", at=AT)
    actions.reply(ticket=ticket, body="在", actor=world.expert, at=AT)
    actions.resolve(ticket=ticket, body="", actor=world.expert, at=AT)
    letters = [(row.kind, row.address) for row in Delivery.objects.order_by("pk")]
    customer, expert = ticket.contact.email, world.expert.email
    assert letters == [
        ("receipt", customer),
        ("reassigned", expert),
        ("customer_message", expert),
        ("reply", customer),
        ("resolution", customer),
    ]


def test_opening_takes_few_round_trips(world: World, django_assert_max_num_queries):
    world.open_ticket()
    with django_assert_max_num_queries(16):
        world.open_ticket("再来一张")


def test_who_acted_is_kept_as_text(world: World):
    assert actor_of(world.agent).kind == ActorKind.AGENT
    assert actor_of(world.yonsuite.contact).ref == f"contact:{world.yonsuite.contact.pk}"
    event = world.open_ticket().events.get()
    assert (event.actor_kind, event.actor_display) == ("customer", "王会计")
