"""Taking a promise on: alerts fall silent, the promise does not; it is on record, and each door of it is tried."""

from decimal import Decimal

import pytest
from django.urls import reverse

from plans.models import User
from sla.actions import Again, Level
from sla.firing import fire_due
from sla.models import Escalation
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.promised import OWNER, only, open_under, policy, promise
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket, TicketEvent
from tickets.rounds import dispatch
from tickets.rounds.escalations import act
from tickets.showing.conversation import entries_of
from tickets.showing.promises import promises_of

LADDER = (("percent", 50), ("percent", 75), ("breach", 0), ("after", 1800))


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket of nine o'clock: warned at 10:00 and 10:30, missed at 11:00, and then each half hour."""
    levels = tuple(
        Level("first_response", n, mark, Decimal(amount), (OWNER,)) for n, (mark, amount) in enumerate(LADDER, start=1)
    )
    promised = promise("first_response", 2, "yonsuite-7x12", met_on=("reply",))
    under = policy("ladder", promised, levels=levels, repeats=(Again("first_response", 4, 1800, 5),))
    return open_under(world, under, "2026-09-28 09:00")


def sweep_at(wall: str) -> None:
    with clock_at(f"2026-09-28 {wall}"):
        assert dispatch.sweep()


def take_on(ticket: Ticket, actor: User, wall: str, **more: str) -> Ticket:
    return actions.acknowledge(ticket=ticket, actor=actor, at=beijing(f"2026-09-28 {wall}"), **more)


def mails(ticket: Ticket) -> list[str]:
    rows = Delivery.objects.filter(ticket=ticket, escalation__isnull=False).order_by("pk")
    return [f"{row.escalation.step_at.astimezone(beijing('2026-09-28').tzinfo):%H:%M}" for row in rows]


def test_who_takes_a_missed_promise_on_is_told_no_more_and_the_promise_stays_open__C29(ticket: Ticket, world: World):
    for wall in ("10:00:01", "10:30:01", "11:00:01", "11:30:01", "12:00:01"):
        sweep_at(wall)
    before = ticket.events.count()
    taken = take_on(ticket, world.agent, "12:05")
    for wall in ("12:30:01", "14:00", "20:00"):
        sweep_at(wall)
    assert mails(ticket) == ["10:00", "10:30", "11:00", "11:30", "12:00"]
    milestone = only(ticket)
    assert (milestone.stopped_at, milestone.acknowledged_by) == (None, "李坐席")
    event = ticket.events.get(kind=TicketEvent.Kind.ACKNOWLEDGED)
    assert (event.is_public, event.fields["is_late"], event.fields["metric"]) == (False, True, "first_response")
    assert (taken.assignee, ticket.events.count()) == (None, before + 1)  # no first touch


def test_who_takes_a_warning_on_hears_of_the_breach_all_the_same(ticket: Ticket, world: World):
    sweep_at("10:00:01")
    take_on(ticket, world.agent, "10:05")
    for wall in ("10:30:01", "11:00:01", "11:30:01"):
        sweep_at(wall)
    assert mails(ticket) == ["10:00", "11:00", "11:30"]
    take_on(ticket, world.agent, "11:35")
    sweep_at("13:00")
    assert mails(ticket) == ["10:00", "11:00", "11:30"]
    late = [event.fields["is_late"] for event in ticket.events.filter(kind=TicketEvent.Kind.ACKNOWLEDGED)]
    assert late == [False, True]


def test_a_round_that_is_on_its_way_is_void_once_it_is_taken_on(ticket: Ticket, world: World):
    sweep_at("11:00:01")
    with clock_at("2026-09-28 11:30:01"):
        fire_due()
        take_on(ticket, world.agent, "11:30:02")
        act()
    assert mails(ticket) == ["11:00"]
    assert Escalation.objects.get(level=4).error == "acknowledged"


def test_the_breach_itself_is_told_even_if_it_is_taken_on_before_anyone_was(ticket: Ticket, world: World):
    with clock_at("2026-09-28 11:00:01"):
        fire_due()
        take_on(ticket, world.agent, "11:00:02")
        act()
    assert mails(ticket) == ["11:00"]


@pytest.mark.parametrize(
    ("swept", "at", "more", "code"),
    [
        ("", "09:30", {}, "nothing_to_acknowledge"),
        ("10:00:01", "10:05", {"metric": "resolution"}, "nothing_to_acknowledge"),
        ("10:00:01", "10:05", {"metric": "first_response"}, ""),
    ],
)
def test_only_what_is_late_or_threatened_can_be_taken_on(ticket: Ticket, world: World, swept, at, more, code):
    if swept:
        sweep_at(swept)
    if not code:
        assert take_on(ticket, world.agent, at, **more)
        return
    with pytest.raises(ActionRefusedError) as refused:
        take_on(ticket, world.agent, at, **more)
    assert refused.value.code == code


def test_what_is_taken_on_cannot_be_taken_on_twice_nor_what_has_ended(ticket: Ticket, world: World):
    sweep_at("11:00:01")
    take_on(ticket, world.agent, "11:05")
    with pytest.raises(ActionRefusedError) as refused:
        take_on(ticket, world.expert, "11:06")
    assert refused.value.code == "already_acknowledged"
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=beijing("2026-09-28 11:10"))
    with pytest.raises(ActionRefusedError) as refused:
        take_on(ticket, world.agent, "11:15")
    assert refused.value.code == "ticket_ended"


def test_a_customer_takes_nothing_on(ticket: Ticket, world: World):
    sweep_at("11:00:01")
    with pytest.raises(ActionRefusedError) as refused:
        take_on(ticket, world.yonsuite.contact.user, "11:05")
    assert refused.value.code == "not_allowed"


def test_it_is_read_in_the_ledger_by_agents_and_never_by_the_customer(ticket: Ticket, world: World):
    sweep_at("10:00:01")
    take_on(ticket, world.agent, "10:05")
    sweep_at("11:00:01")
    take_on(ticket, world.agent, "11:05")
    at = beijing("2026-09-28 11:06")
    ticket.refresh_from_db()

    def words(viewer: User) -> list[str]:
        return [entry.words for entry in entries_of(ticket, promises_of([ticket], at, viewer)[ticket.pk], viewer)]

    read = [line for line in words(world.agent) if "知悉" in line]
    assert read == [
        "李坐席 已知悉首次响应将到期（09-28 11:00），不再预警；超时仍会通知",
        "李坐席 已知悉首次响应超时（到期 09-28 11:00），到期时刻变动之前不再提醒",
    ]
    assert [line for line in words(world.yonsuite.contact.user) if "知悉" in line] == []


def test_a_reminder_that_waits_for_somebody_s_hours_is_not_sent_once_it_is_taken_on__C26(
    ticket: Ticket, world: World, mailbox: Mailbox
):
    User.objects.filter(username="lead").update(alert_calendar="kingdee-5x8")
    for wall in ("11:00:01", "18:00:01"):  # the breach in office hours, its reminders after them
        with clock_at(f"2026-09-28 {wall}"):
            dispatch.sweep()
            dispatch.send_mail()
    take_on(ticket, world.agent, "18:40")
    with clock_at("2026-09-29 08:31"):
        dispatch.send_mail()
    rows = Delivery.objects.filter(ticket=ticket, user=world.lead).order_by("pk")
    assert [row.state for row in rows] == ["sent", "withheld"]
    assert len([mail for mail in mailbox.messages if world.lead.email in str(mail["To"])]) == 1


# --- The doors ---------------------------------------------------------------------------------------------------


def test_the_ticket_page_offers_it_beside_the_promise_and_does_it_once(ticket: Ticket, world: World, client):
    client.force_login(world.agent)
    page, address = reverse("console:ticket", args=[ticket.number]), reverse("console:act", args=[ticket.number])
    with clock_at("2026-09-28 09:30"):
        assert 'value="acknowledge"' not in client.get(page).content.decode()
    sweep_at("11:00:01")
    sent = {"action": "acknowledge", "metric": "first_response", "sending": "once"}
    with clock_at("2026-09-28 11:05"):
        assert 'value="acknowledge"' in client.get(page).content.decode()
        for _ in range(2):
            assert client.post(address, sent).status_code == 302
        shown = client.get(page).content.decode()
    assert 'value="acknowledge"' not in shown
    assert "知悉，到期时刻变动之前不再重复提醒" in shown
    assert ticket.events.filter(kind=TicketEvent.Kind.ACKNOWLEDGED).count() == 1


def test_the_part_of_the_page_that_keeps_itself_fresh_has_the_button_too(ticket: Ticket, world: World, client):
    client.force_login(world.agent)
    sweep_at("11:00:01")
    with clock_at("2026-09-28 11:05"):
        part = client.get(reverse("console:ticket", args=[ticket.number]), {"part": "sheet"}).content.decode()
    assert 'value="acknowledge"' in part
    assert f"{reverse('console:act', args=[ticket.number])}?view=" in part


def test_the_api_takes_it_on_by_name(ticket: Ticket, world: World, client):
    key = bearer(new_key("api", user=world.agent))
    sweep_at("11:00:01")
    address = f"/api/v1/tickets/{ticket.number}/acknowledge/"
    with clock_at("2026-09-28 11:05"):
        done = client.post(address, {"metric": "first_response"}, content_type="application/json", **key)
        again = client.post(address, {}, content_type="application/json", **key)
        wrong = client.post(address, {"metric": "dance"}, content_type="application/json", **key)
    assert (done.status_code, again.status_code, wrong.status_code) == (200, 409, 422)
    assert again.json()["code"] == "already_acknowledged"
