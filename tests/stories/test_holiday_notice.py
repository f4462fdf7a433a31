"""The notice for 2027 comes on the last afternoon of the year, with a thousand tickets open. Y17, C13"""

import re
from collections import Counter

import pytest

from sla.changing.notices import Posting, apply, post, preview
from sla.changing.proposals import moves
from sla.firing import fire_due
from sla.models import Clock, DueMove, Milestone
from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.faults.rows import BASE, copy
from tests.hours import beijing
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.ledger import actor_of
from tickets.models import Delivery, Ticket, TicketClock, TicketEvent
from tickets.rounds import dispatch

TICKETS, TOUCHED, AGENTS, CONTACTS = 1_000, 700, 10, 20
OPENED = beijing("2026-12-31 16:00")
OLD, NEW = beijing("2027-01-04 11:00"), beijing("2027-01-05 11:00")
NOTICE = Posting(
    title="国务院办公厅关于2027年部分节假日安排的通知",
    source="国办发明电〔2026〕9号",
    country="CN",
    year=2027,
    dates=(
        {"date": "2027-01-01", "kind": "statutory", "name": "元旦", "name_en": "New Year's Day"},
        {"date": "2027-01-02", "kind": "weekend_in_break", "name": "元旦（假期内周末）", "name_en": "New Year"},
        {"date": "2027-01-03", "kind": "weekend_in_break", "name": "元旦（假期内周末）", "name_en": "New Year"},
        {"date": "2027-01-04", "kind": "swapped_off", "name": "元旦（调休）", "name_en": "New Year (swapped)"},
        {
            "date": "2027-01-09",
            "kind": "make_up",
            "name": "元旦调休上班",
            "name_en": "Make-up day",
            "stands_for": "mon",
        },
    ),
)


@pytest.fixture
def desk(world: World) -> World:
    """Lay a thousand tickets of ten agents and twenty contacts; three hundred are due before the year ends."""
    with clock_at("2026-12-31 16:00"):
        template = world.open_ticket(side=world.kingdee, at=OPENED)
    owners = [person(f"owner{n}", f"坐席{n}").pk for n in range(AGENTS)]
    contacts = [world._contact(world.kingdee.customer, f"联系人{n}").pk for n in range(CONTACTS)]
    touched = f"n <= {TOUCHED}"
    many = {"id": f"{BASE} + n"}
    said = {"number": "'S-' || n", "event_count": "0", "next_due_at": _either(touched, OLD, "2026-12-31 17:30")}
    given = {"assignee_id": _one_of(owners), "contact_id": _one_of(contacts)}
    copy(Ticket, template.pk, TICKETS, {**many, **said, **given})
    clock = template.ticket_clocks.get().clock
    copy(Clock, clock.pk, TICKETS, many)
    copy(
        TicketClock, template.ticket_clocks.get().pk, TICKETS,
        {**many, "ticket_id": many["id"], "clock_id": many["id"]},
    )  # fmt: skip
    dates = {
        "started_at": _either(touched, OPENED, "2026-12-31 13:30"),
        "due_at": _either(touched, OLD, "2026-12-31 17:30"),
        "next_step_at": _either(touched, "2027-01-04 10:00", "2026-12-31 17:00"),
        "is_provisional": touched,
    }
    copy(Milestone, clock.milestones.get().pk, TICKETS, {**many, "clock_id": many["id"], **dates})
    with clock_at("2026-12-31 16:05") as at:
        actions.reply(ticket=template, body="已处理", actor=world.agent, at=at)
    Delivery.objects.all().delete()
    return world


def _either(condition: str, one, other) -> str:
    first, second = (beijing(at) if isinstance(at, str) else at for at in (one, other))
    return f"CASE WHEN {condition} THEN timestamptz '{first.isoformat()}' ELSE timestamptz '{second.isoformat()}' END"


def _one_of(keys: list[int]) -> str:
    return f"(ARRAY{keys})[1 + mod(n, {len(keys)})]"


def test_a_notice_over_a_thousand_open_tickets_is_seen_then_applied_and_told_in_one_mail_each__Y17(
    desk: World, mailbox: Mailbox
):
    manager = actor_of(desk.manager)
    with clock_at("2026-12-31 16:30") as at:
        notice = post(posting=NOTICE, actor=manager, at=at)
        seen = moves(preview(notice), at=at, limit=50)
        assert (seen.counts.touched, seen.counts.later, seen.counts.held) == (TOUCHED, TOUCHED, 0)
        assert {(row.old_due_at, row.new_due_at) for row in seen.page} == {(OLD, NEW)}
        assert Milestone.objects.filter(due_at=NEW).count() == 0  # looked at, nothing more
        apply(notice=notice, actor=manager, at=at)
    with clock_at("2026-12-31 16:31"):
        dispatch.sweep(within=30)
    assert Milestone.objects.filter(due_at=NEW, is_provisional=False).count() == TOUCHED
    answers = Milestone.objects.filter(metric="first_response")
    assert answers.filter(due_at=beijing("2026-12-31 17:30")).count() == TICKETS - TOUCHED
    assert Ticket.objects.filter(next_due_at=NEW).count() == TOUCHED
    assert TicketEvent.objects.filter(kind="deadline_moved").count() == TOUCHED
    assert set(DueMove.objects.values_list("verdict", flat=True)) == {"later"}
    assert not DueMove.objects.filter(acted_at=None).exists()

    for wall in ("2026-12-31 16:32:30", "2026-12-31 16:34", "2026-12-31 16:36"):
        with clock_at(wall):
            dispatch.sweep()
            dispatch.send_mail(within=30)
    mails = Counter(str(letter["To"]) for letter in mailbox.messages if numbers(letter))
    assert len(mails) == AGENTS + CONTACTS
    assert set(mails.values()) == {1}
    listed = Counter(number for letter in mailbox.messages for number in numbers(letter))
    assert set(listed.values()) == {2}  # once for the customer, once for the owner
    assert len(listed) == TOUCHED

    with clock_at("2027-01-04 11:01"):
        while fire_due():
            pass
    assert answers.filter(escalations__mark="breach").count() == TICKETS - TOUCHED
    assert not Milestone.objects.filter(due_at=NEW, escalations__isnull=False).exists()


def numbers(letter) -> set[str]:
    return set(re.findall(r"(?<!C-)S-\d+", letter.get_body(preferencelist=("plain",)).get_content()))
