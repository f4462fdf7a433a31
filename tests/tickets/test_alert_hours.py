"""When people are told: in their hours, as often as they wish, at once when they are on call. Source: C26"""

from datetime import date, datetime, time, timedelta

import pytest

from plans.models import Rota, RotaMember, User
from sla.clock import database_now
from sla.models import Clock, Escalation, EscalationRule, Milestone
from tests.clocks import calendar_row, clock_at, policy_row, set_clock
from tests.conftest import Mailbox
from tests.hours import beijing
from tests.world import World
from tickets.actions import side_tasks
from tickets.actions import ticket as actions
from tickets.ledger import actor_of
from tickets.models import Delivery, Ticket
from tickets.rounds import dispatch
from tickets.telling.alert_hours import hours_of
from tickets.telling.notifications import Notice, queue, told_at

Kind, State = Delivery.Kind, Delivery.State
FRIDAY, SATURDAY, SUNDAY, MONDAY = "2026-09-04", "2026-09-05", "2026-09-06", "2026-09-07"


@pytest.fixture
def office(db: None) -> str:
    """Return the code of office hours: Monday to Friday, 08:30 to 12:00 and 13:00 to 17:30."""
    return calendar_row("office").code


def wishes(person: User, **wish) -> User:
    User.objects.filter(pk=person.pk).update(**wish)
    person.refresh_from_db()
    return person


def told(person: User, at: datetime, *, is_urgent: bool = False) -> datetime:
    hours = hours_of([person])
    return hours[person.pk].told_at(at, is_urgent=is_urgent) if hours else at


@pytest.mark.parametrize(
    ("every", "happens", "comes"),
    [
        (0, f"{MONDAY} 10:07", f"{MONDAY} 10:07"),  # in the hours, at once
        (0, f"{FRIDAY} 20:00", f"{MONDAY} 08:30"),  # over the weekend
        (0, f"{MONDAY} 12:00", f"{MONDAY} 13:00"),  # at the stroke of lunch
        (0, f"{MONDAY} 08:30", f"{MONDAY} 08:30"),  # at the stroke of opening
        (15, f"{MONDAY} 10:07", f"{MONDAY} 10:15"),
        (15, f"{MONDAY} 10:15", f"{MONDAY} 10:15"),  # at the end of a period
        (60, f"{MONDAY} 10:07", f"{MONDAY} 11:00"),
        (60, f"{MONDAY} 17:10", f"{MONDAY} 17:30"),  # not held back until the morning: the day ends first
        (60, f"{MONDAY} 18:10", "2026-09-08 08:30"),
        (1440, f"{MONDAY} 10:00", "2026-09-08 08:30"),
        (1440, f"{MONDAY} 07:00", f"{MONDAY} 08:30"),
        (1440, f"{FRIDAY} 10:00", f"{MONDAY} 08:30"),
    ],
)
def test_an_alert_comes_in_its_readers_hours_and_as_often_as_they_wish__C26(
    world: World, office: str, every: int, happens: str, comes: str
):
    person = wishes(world.lead, alert_calendar=office, alert_every=every)
    assert told(person, beijing(happens)) == beijing(comes)


@pytest.mark.parametrize(
    ("zone", "every", "happens", "comes"),
    [
        ("Asia/Shanghai", 1440, f"{MONDAY} 10:00", "2026-09-08 08:00"),
        ("Asia/Shanghai", 1440, f"{MONDAY} 08:00", f"{MONDAY} 08:00"),
        ("Asia/Bangkok", 1440, f"{MONDAY} 10:00", "2026-09-08 09:00"),  # 08:00 there
        ("Asia/Kathmandu", 60, f"{MONDAY} 10:00", f"{MONDAY} 10:15"),  # 07:45 there, told at 08:00
        ("Nowhere/Else", 60, f"{MONDAY} 10:01", f"{MONDAY} 11:00"),
    ],
)
def test_periods_end_by_the_readers_own_clock(world: World, zone: str, every: int, happens: str, comes: str):
    person = wishes(world.lead, timezone=zone, alert_every=every)
    assert told(person, beijing(happens)) == beijing(comes)


@pytest.mark.parametrize(
    ("every", "comes"), [(1440, f"{MONDAY} 10:15"), (60, f"{MONDAY} 10:15"), (15, f"{MONDAY} 10:15")]
)
def test_no_digest_holds_an_urgent_breach_for_longer_than_a_quarter_of_an_hour(world: World, every: int, comes: str):
    person = wishes(world.lead, alert_every=every)
    assert told(person, beijing(f"{MONDAY} 10:07"), is_urgent=True) == beijing(comes)
    ticket = Ticket(number="T", priority="urgent")
    urgent, plain = (
        told_at([Notice(kind, ticket.events.model(), ticket, person)], at=beijing(f"{MONDAY} 10:07"))[0]
        for kind in (Kind.BREACH, Kind.WARNING)
    )
    assert urgent == beijing(comes)
    assert plain >= urgent


@pytest.mark.parametrize("code", ["gone", ""])
def test_hours_that_are_no_more_hold_nothing_back(world: World, code: str):
    assert told(wishes(world.lead, alert_calendar=code), beijing(f"{SATURDAY} 03:00")) == beijing(f"{SATURDAY} 03:00")


def test_letters_to_customers_never_wait(world: World):
    """A receipt on a Saturday night goes on that night."""
    ticket = world.open_ticket(at=f"{SATURDAY} 23:00")
    receipt = Delivery.objects.get(ticket=ticket, kind=Kind.RECEIPT)
    assert receipt.not_before == receipt.queued_at


def test_what_a_colleague_hands_over_waits_for_the_hours_too(world: World, office: str):
    wishes(world.expert, alert_calendar=office)
    ticket = world.open_ticket(at=f"{FRIDAY} 19:00")
    actions.assign(ticket=ticket, to=world.expert, actor=world.agent, at=beijing(f"{FRIDAY} 20:00"))
    assert Delivery.objects.get(kind=Kind.REASSIGNED).not_before == beijing(f"{MONDAY} 08:30")


def test_many_readers_without_wishes_cost_no_further_query(world: World, django_assert_num_queries):
    ticket = world.open_ticket()
    event = ticket.events.get(number=1)
    notices = [Notice(Kind.CUSTOMER_MESSAGE, event, ticket, one) for one in (world.lead, world.agent, world.expert)]
    with django_assert_num_queries(0):
        told_at(notices, at=beijing(f"{MONDAY} 10:00"))


# Over a weekend: a promise of two hours on a calendar that is open every day, missed on Friday at 20:00.


@pytest.fixture
def weekend(world: World, office: str, mailbox: Mailbox) -> Ticket:
    """Return a ticket due on Friday at 20:00, whose breach tells two; the lead reads alerts in office hours only."""
    wishes(world.lead, alert_calendar=office)
    ticket = world.open_ticket(at=f"{FRIDAY} 18:00")
    policy = policy_row("once", {"calendar": "yonsuite-7x12"}, ladder=(("breach", 0),))
    told = [{"do": "tell", "roles": ["team_lead", "technical_manager"]}]
    EscalationRule.objects.filter(policy=policy).update(actions=told)
    Clock.objects.filter(ticket_clock__ticket=ticket).update(policy=policy)
    due = beijing(f"{FRIDAY} 20:00")
    ours = Milestone.objects.filter(clock__ticket_clock__ticket=ticket)
    ours.update(target=policy.targets.get(), next_level=0, next_step_at=due)
    Delivery.objects.all().delete()
    return ticket


def look(at: str) -> None:
    with clock_at(at):
        dispatch.sweep()
        dispatch.send_mail()


def to(mailbox: Mailbox, person: User) -> list[str]:
    return [str(mail["Subject"]) for mail in mailbox.messages if person.email in str(mail["To"])]


def test_the_one_on_call_is_told_at_once_and_the_lead_on_monday__C26(world: World, weekend: Ticket, mailbox: Mailbox):
    rota = Rota.objects.create(
        code="nights", name="夜班", team=world.team, starts_on=date(2026, 8, 31), hands_over_at=time(9)
    )
    RotaMember.objects.create(rota=rota, user=world.technical_manager, place=1)
    wishes(world.technical_manager, alert_calendar="office", alert_every=60)
    look(f"{FRIDAY} 20:00:01")
    assert len(to(mailbox, world.technical_manager)) == 1
    assert to(mailbox, world.lead) == []
    look(f"{SATURDAY} 12:00")
    look(f"{MONDAY} 08:29:30")
    assert to(mailbox, world.lead) == []
    look(f"{MONDAY} 08:30:00")
    [subject] = to(mailbox, world.lead)
    assert weekend.number in subject
    [letter] = [mail for mail in mailbox.messages if world.lead.email in str(mail["To"])]
    text = letter.get_body(("plain",)).get_content()
    assert "在 9月4日 星期五 20:00 前首次响应，逾期没有做到" in text
    assert "这条提醒产生于 9月4日 星期五 20:00，按您设置的提醒时间现在送达。" in text
    assert "才发现" not in text


@pytest.mark.parametrize("done", ["replied", "resolved", "paused"])
def test_nobody_reads_on_monday_what_was_settled_on_saturday__C26(
    world: World, weekend: Ticket, mailbox: Mailbox, done: str
):
    look(f"{FRIDAY} 20:00:01")
    at = beijing(f"{SATURDAY} 10:00")
    if done == "replied":
        actions.reply(ticket=weekend, body="已处理", actor=world.agent, at=at)
    elif done == "resolved":
        actions.resolve(ticket=weekend, body="已处理", actor=world.agent, at=at)
    else:
        Milestone.objects.filter(clock__ticket_clock__ticket=weekend).update(due_at=None, next_step_at=None)
    look(f"{MONDAY} 08:30")
    assert to(mailbox, world.lead) == []
    waited = Delivery.objects.get(user=world.lead)
    assert (waited.state, waited.error) == (State.WITHHELD, Delivery.SETTLED)


def test_a_breach_of_a_moment_ago_is_told_even_if_it_was_met_since(world: World, mailbox: Mailbox):
    ticket = world.open_ticket(at=f"{MONDAY} 09:00")
    Delivery.objects.all().delete()
    with clock_at(f"{MONDAY} 11:00:01"):
        dispatch.sweep()
        actions.accept(ticket=ticket, actor=world.agent, at=database_now())
        dispatch.send_mail()
    assert len(to(mailbox, world.lead)) == 1


def test_of_several_steps_that_waited_the_last_is_told__C27(world: World, weekend: Ticket, mailbox: Mailbox):
    look(f"{FRIDAY} 20:00:01")
    first = Escalation.objects.get()
    later = Escalation.objects.create(
        milestone=first.milestone, due_at=first.due_at, level=1, mark="after", step_at=first.due_at,
        fired_at=beijing(f"{SATURDAY} 10:00"), retry_at=first.retry_at, actions=first.actions,
    )  # fmt: skip
    look(f"{SATURDAY} 10:00")
    look(f"{MONDAY} 08:30")
    told = {row.escalation_id: (row.state, row.error) for row in Delivery.objects.filter(user=world.lead)}
    assert told == {first.pk: (State.WITHHELD, Delivery.OVERTAKEN), later.pk: (State.SENT, "")}
    assert len(to(mailbox, world.lead)) == 1


def test_a_handover_that_was_handed_on_is_not_told(world: World, office: str, mailbox: Mailbox):
    wishes(world.expert, alert_calendar=office)
    ticket = world.open_ticket(at=f"{FRIDAY} 19:00")
    friday, saturday = beijing(f"{FRIDAY} 20:00"), beijing(f"{SATURDAY} 10:00")
    ticket = actions.assign(ticket=ticket, to=world.expert, actor=world.agent, at=friday)
    actions.assign(ticket=ticket, to=world.technical_manager, actor=world.agent, at=saturday)
    look(f"{MONDAY} 08:30")
    assert to(mailbox, world.expert) == []


def test_what_waited_for_its_readers_hour_is_one_mail_whatever_it_tells(world: World, office: str, mailbox: Mailbox):
    wishes(world.lead, alert_calendar=office)
    first = world.open_ticket("月结报错", at=f"{FRIDAY} 18:00")
    second = world.open_ticket("凭证打不开", at=f"{FRIDAY} 18:30")
    saturday = beijing(f"{SATURDAY} 10:00")
    side_tasks.add(ticket=first, title="核对日志", assignee=world.lead, actor=actor_of(world.agent), at=saturday)
    queue(
        kind=Kind.CUSTOMER_MESSAGE, parent=second.events.get(number=1), ticket=second, recipient=world.lead,
        at=saturday,
    )  # fmt: skip
    look(f"{FRIDAY} 20:30:01")
    look(f"{MONDAY} 08:30")
    [letter] = [mail for mail in mailbox.messages if world.lead.email in str(mail["To"])]
    assert str(letter["Subject"]) == "【提醒汇总】超时 2 · 协办 1 · 客户留言 1"
    text = letter.get_body(("plain",)).get_content()
    assert text.index("== 超时 2 ==") < text.index("== 协办 1 ==") < text.index("== 客户留言 1 ==")
    assert "核对日志" in text
    assert "这些提醒按您设置的时间汇总送达；期间已经办妥的不再列出。" in text


def test_an_hourly_digest_gathers_what_the_hour_brought(world: World, mailbox: Mailbox):
    wishes(world.lead, alert_every=60)
    for minute in (5, 20, 40):
        world.open_ticket(f"第{minute}张", at=f"{MONDAY} 08:{minute:02d}")
    for at in ("10:05:01", "10:20:01", "10:40:01", "10:59:59"):
        look(f"{MONDAY} {at}")
    assert to(mailbox, world.lead) == []
    look(f"{MONDAY} 11:00")
    [subject] = to(mailbox, world.lead)
    assert subject.startswith("【超时】3 张工单：")
    set_clock(beijing(f"{MONDAY} 12:00") + timedelta(seconds=1))
    dispatch.send_mail()
    assert len(to(mailbox, world.lead)) == 1
