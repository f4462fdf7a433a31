"""A deadline that a notice moved: the ledger keeps old and new, and word goes to whom it makes worse. Y17, C13"""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default as modern

import pytest
from django.test import Client
from django.utils import translation

from plans.models import Team, User
from sla.actions import put_calendars
from sla.actors import Actor
from sla.changing.notices import Posting, apply, post
from sla.composing import hours_of
from sla.firing import fire_due
from sla.models import CalendarVersion, DueMove, Escalation, Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.ledger import actor_of
from tickets.models import Delivery, Ticket, TicketClock, TicketEvent
from tickets.rounds import dispatch, moves
from tickets.showing.happenings import words_of
from tickets.showing.names import Names
from tickets.telling import mail

pytestmark = pytest.mark.django_db

TITLE = "关于2027年部分节假日安排的通知"
SOURCE = "国办发明电〔2026〕9号"
NEW_YEAR = {"date": "2027-01-01", "kind": "statutory", "name": "元旦", "name_en": "New Year's Day"}
MONDAY_OFF = {"date": "2027-01-04", "kind": "swapped_off", "name": "元旦（调休）", "name_en": "New Year (swapped)"}


def publish(actor: User, at: str, *dates) -> None:
    """Post and apply the notice for 2027, and let the workers look once."""
    with clock_at(at) as now:
        posting = Posting(title=TITLE, source=SOURCE, country="CN", year=2027, dates=dates)
        by = actor_of(actor)
        apply(notice=post(posting=posting, actor=by, at=now), actor=by, at=now)
        dispatch.sweep()


def change_hours(at: str, code: str = "kingdee-5x8", **special) -> None:
    """Give a calendar other hours on dates such as `d2026_09_28`, and let the workers look once."""
    hours = hours_of(CalendarVersion.objects.current().get(code=code))
    rows = [
        {"date": day[1:].replace("_", "-"), "hours": spans, "name": "临时", "name_en": "Special", "source": "公告"}
        for day, spans in special.items()
    ]
    with clock_at(at) as now:
        changed = replace(hours, rules={**hours.rules, "special": rows})
        put_calendars(calendars=[changed], cause="设备检修", actor=Actor("agent", "user:1", "郑经理"), at=now)
        dispatch.sweep()


def opened(world: World, at: str = "2026-12-31 16:00") -> Ticket:
    """Return a ticket of the Kingdee customer, taken on by the agent, which meets nothing there."""
    with clock_at(at) as now:
        ticket = world.open_ticket(side=world.kingdee, at=now)
        return actions.accept(ticket=ticket, actor=world.agent, at=now)


def promise(ticket: Ticket) -> Milestone:
    return Milestone.objects.get(clock__ticket_clock__ticket=ticket, metric="first_response")


def line(ticket: Ticket) -> TicketEvent:
    return ticket.events.get(kind="deadline_moved")


def told() -> list[str]:
    return sorted(Delivery.objects.filter(kind="deadline_moved").values_list("address", flat=True))


def letter_to(person, at: str) -> tuple[str, str]:
    """Return subject and text of the mail about a moved deadline."""
    row = Delivery.objects.get(kind="deadline_moved", address=person.email)
    read = message_from_bytes(mail.render(row, at=beijing(at)), policy=modern)
    return str(read["Subject"]), read.get_body(("plain",)).get_content()


def test_a_deadline_in_an_assumed_year_moves_when_the_notice_comes__C13(world: World):
    ticket = opened(world)
    assert (promise(ticket).due_at, promise(ticket).is_provisional) == (beijing("2027-01-04 11:00"), True)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    assert (promise(ticket).due_at, promise(ticket).is_provisional) == (beijing("2027-01-05 11:00"), False)
    (moved,) = line(ticket).fields["moves"]
    assert (moved["old_due_at"], moved["new_due_at"]) == ("2027-01-04T03:00:00Z", "2027-01-05T03:00:00Z")
    assert (moved["calendar"], moved["to_version"]) == ("kingdee-5x8", moved["from_version"] + 1)
    assert (line(ticket).fields["cause"], line(ticket).is_public) == (TITLE, True)
    assert told() == sorted([world.kingdee.contact.email, world.agent.email])
    ticket.refresh_from_db()
    assert ticket.next_due_at == beijing("2027-01-05 11:00")
    assert ticket.event_count == line(ticket).number


def test_the_customer_reads_old_new_why_and_by_which_clause__C13(world: World):
    opened(world)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    subject, text = letter_to(world.kingdee.contact, "2026-12-31 16:31")
    assert "时限变更" in subject
    # The letter is written in December: what lies in another year says so.
    for word in ("2027年1月4日 星期一 11:00", "2027年1月5日 星期二 11:00", TITLE, SOURCE, "3.1.2"):
        assert word in text
    assert world.manager.name not in text


def test_the_owner_reads_it_in_their_language(world: World):
    User.objects.filter(pk=world.agent.pk).update(language="en")
    opened(world)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    subject, text = letter_to(world.agent, "2026-12-31 16:31")
    assert subject.startswith("[deadline changed]")
    assert "First response: the deadline has moved from Mon 4 Jan 2027 11:00 to Tue 5 Jan 2027 11:00." in text
    assert f"The reason: “{TITLE}”" in text  # a notice is called by its own name


def test_what_the_ledger_keeps_is_said_in_words(world: World):
    ticket = opened(world)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    with translation.override("zh-hans"):
        words = words_of(line(ticket), Names())
    assert words == f"首次响应时限由 2027-01-04 11:00 改为 2027-01-05 11:00。原因：{TITLE}"


@pytest.mark.parametrize(
    ("now", "hours", "verdict", "readers"),
    [
        # Lunch is worked: due 16:00 instead of 17:00, which disturbs nobody.
        ("2026-09-28 11:00", [["08:30", "17:30"]], "earlier", []),
        # An evening that would have been an opening: too late to be fair.
        ("2026-09-28 11:00", [], "later", ["contact", "agent"]),
    ],
)
def test_word_goes_only_to_whom_it_makes_worse__Y17(world: World, now, hours, verdict, readers):
    opened(world, "2026-09-28 11:00")
    change_hours(now, d2026_09_28=hours)
    assert DueMove.objects.get().verdict == verdict
    people = {"contact": world.kingdee.contact.email, "agent": world.agent.email}
    assert told() == sorted(people[reader] for reader in readers)


def test_much_earlier_is_the_owners_concern_alone__Y17(world: World):
    ticket = opened(world, "2026-09-28 16:00")  # due on Tuesday at 11:00
    change_hours("2026-09-28 16:10", d2026_09_28=[["08:30", "12:00"], ["13:00", "22:00"]])
    assert DueMove.objects.get().verdict == "much_earlier"
    assert promise(ticket).due_at == beijing("2026-09-28 20:00")
    assert told() == [world.agent.email]
    assert "提前" in letter_to(world.agent, "2026-09-28 16:11")[1]


def test_a_deadline_that_is_held_is_written_down_for_us_and_nobody_is_told__Y17(world: World):
    ticket = opened(world, "2026-09-28 16:00")
    change_hours("2026-09-28 21:00", d2026_09_28=[["08:30", "12:00"], ["13:00", "22:00"]])
    assert promise(ticket).is_held
    assert promise(ticket).due_at == beijing("2026-09-29 11:00")
    assert (line(ticket).is_public, told()) == (False, [])
    with translation.override("zh-hans"):
        assert "仍是 09-29 11:00" in words_of(line(ticket), Names())


def test_a_breach_that_is_undone_is_said_to_the_owner__C25(world: World):
    ticket = opened(world, "2026-09-28 16:00")
    with clock_at("2026-09-29 11:01"):
        dispatch.sweep()
    change_hours("2026-09-29 11:30", d2026_09_29=[])
    assert Escalation.objects.get(mark="breach", milestone=promise(ticket)).undone_at is not None
    assert "已经撤销" in letter_to(world.agent, "2026-09-29 11:31")[1]
    with translation.override("zh-hans"):
        assert "记下的超时已撤销" in words_of(line(ticket), Names())


def test_a_ticket_that_ended_hears_nothing__Y17(world: World):
    ticket = opened(world)
    with clock_at("2026-12-31 16:20") as now:
        actions.resolve(ticket=ticket, body="已处理", actor=world.agent, at=now)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    assert not ticket.events.filter(kind="deadline_moved").exists()
    assert promise(ticket).due_at == beijing("2027-01-04 11:00")


def test_a_move_of_a_team_within_the_house_is_no_news_for_the_customer(world: World):
    ticket = opened(world)
    timed = TicketClock.objects.get(ticket=ticket)
    timed.part = TicketClock.Part.TEAM
    timed.save()
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    assert (line(ticket).is_public, told()) == (False, [world.agent.email])


def test_the_portal_shows_what_moved_and_not_what_was_held__Y17(world: World):
    moved = opened(world)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    client = Client()
    client.force_login(world.kingdee.contact.user)
    with clock_at("2026-12-31 16:40"):
        page = client.get(f"/portal/tickets/{moved.number}/").content.decode()
    assert "首次响应时限由 2027-01-04 11:00 改为 2027-01-05 11:00" in page
    assert world.manager.name not in page
    TicketEvent.objects.filter(ticket=moved, kind="deadline_moved").update(is_public=False)
    assert "改为 2027-01-05" not in client.get(f"/portal/tickets/{moved.number}/").content.decode()


def test_many_moves_are_told_in_the_readers_own_time(world: World):
    User.objects.filter(pk=world.agent.pk).update(timezone="Asia/Bangkok")
    for _ in range(2):
        opened(world)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    rows = list(Delivery.objects.filter(kind="deadline_moved", user=world.agent))
    read = message_from_bytes(mail.render_digest(rows, at=beijing("2026-12-31 16:40")), policy=modern)
    assert "由 2027-01-04 10:00 改为 2027-01-05 10:00" in read.get_body(("plain",)).get_content()


def test_while_nobody_owns_a_ticket_who_answers_for_it_is_told(world: World):
    with clock_at("2026-12-31 16:00") as now:
        world.open_ticket(side=world.kingdee, at=now)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    assert told() == sorted([world.kingdee.contact.email, world.lead.email])


def test_a_ticket_that_somebody_is_editing_waits_for_the_next_pass(world: World, monkeypatch):
    ticket = opened(world)
    monkeypatch.setattr(moves, "lock_free", lambda keys: set())
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    assert not ticket.events.filter(kind="deadline_moved").exists()
    monkeypatch.undo()
    with clock_at("2026-12-31 16:31"):
        dispatch.sweep()
    assert line(ticket)


def test_a_move_that_cannot_be_told_is_put_off_and_does_not_stop_the_others(world: World, monkeypatch):
    bad, good = opened(world), opened(world)
    real = moves.owner_of

    def choosy(ticket):
        if ticket.pk == bad.pk:
            raise RuntimeError("nobody")
        return real(ticket)

    monkeypatch.setattr(moves, "owner_of", choosy)
    publish(world.manager, "2026-12-31 16:30", NEW_YEAR, MONDAY_OFF)
    assert line(good)
    waiting = DueMove.objects.get(acted_at=None)
    assert (waiting.attempts, waiting.error) == (1, "RuntimeError: nobody")
    monkeypatch.undo()
    with clock_at("2026-12-31 16:32"):
        dispatch.sweep()
    assert line(bad)


@pytest.mark.parametrize("count", [2, 20])
def test_many_moves_cost_the_same_statements(world: World, count, django_assert_max_num_queries):
    Team.objects.filter(pk=world.team.pk).update(lead=world.lead)
    for _ in range(count):
        opened(world)
    with clock_at("2026-12-31 16:30") as now:
        posting = Posting(title=TITLE, source=SOURCE, country="CN", year=2027, dates=(NEW_YEAR, MONDAY_OFF))
        by = actor_of(world.manager)
        apply(notice=post(posting=posting, actor=by, at=now), actor=by, at=now)
        dispatch.recompute_due()
        with django_assert_max_num_queries(30):
            moves.tell_moves()
    assert TicketEvent.objects.filter(kind="deadline_moved").count() == count


def test_a_receipt_says_when_a_deadline_is_only_assumed__C13(world: World):
    with clock_at("2026-12-31 16:00") as now:
        world.open_ticket(side=world.kingdee, at=now)
        row = Delivery.objects.get(kind="receipt")
        read = message_from_bytes(mail.render(row, at=now), policy=modern)
    assert "这个时间是推定的，可能变动" in read.get_body(("plain",)).get_content()


def test_a_step_of_the_old_deadline_that_nobody_was_told_of_yet_is_void__C16(world: World):
    ticket = opened(world, "2026-09-28 16:00")
    with clock_at("2026-09-29 11:01"):
        fire_due()
    change_hours("2026-09-29 11:02", d2026_09_29=[])
    with clock_at("2026-09-29 11:05"):
        dispatch.sweep()
    assert set(Escalation.objects.filter(milestone=promise(ticket)).values_list("state", flat=True)) == {"superseded"}
    assert not Delivery.objects.filter(kind="breach").exists()


def test_readers_of_english_are_told_the_notice_by_its_english_title(world):
    ticket = opened(world)
    with clock_at("2026-12-31 17:00") as now:
        posting = Posting(
            title=TITLE, title_en="Holidays of 2027", source=SOURCE, country="CN", year=2027,
            dates=(NEW_YEAR, MONDAY_OFF),
        )  # fmt: skip
        by = actor_of(world.manager)
        apply(notice=post(posting=posting, actor=by, at=now), actor=by, at=now)
        dispatch.sweep()
    line = ticket.events.get(kind="deadline_moved")
    with translation.override("en"):
        assert "from 2027-01-04 11:00 to 2027-01-05 11:00. The reason: Holidays of 2027" in words_of(line, Names())
    with translation.override("zh-hans"):
        assert TITLE in words_of(line, Names())


@pytest.mark.parametrize(("move", "words"), [({"paused": True}, "改为 暂停，恢复后再定"), ({}, "改为 没有时限")])
def test_a_deadline_that_a_wait_takes_away_reads_as_paused_and_one_that_ended_as_none(world, move, words):
    moved = {"metric": "resolution", "old_due_at": "2026-09-28T02:00:00Z", "new_due_at": None, **move}
    line = TicketEvent(kind="deadline_moved", fields={"cause": "", "moves": [moved]})
    assert words in words_of(line, Names())
