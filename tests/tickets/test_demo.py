"""The demo: a quarter of tickets that reads like life, every clock of it computed from its facts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import models, transaction
from django.test import Client, override_settings

from plans.agreements import agreements_of
from plans.coverage import cover, hours_of
from plans.models import AccountNotice, Contact, Contract, Customer, Engagement, Gathering, Product, Team, User
from sla import engine
from sla.changing.notices import preview
from sla.compiled import calendar_of
from sla.models import Backtest, Clock, Escalation, HolidayNotice, Milestone, SelfCheck
from tests.clocks import clock_at
from tickets.channels.registry import SERVED
from tickets.demo.introducing import introduction
from tickets.demo.seeding import Seeded, seed
from tickets.models import Delivery, Post, Status, Ticket, TicketClock, TicketEvent
from tickets.models.ticket import WAITING

# Each test is a savepoint in the fixture's transaction.
pytestmark = [pytest.mark.long, pytest.mark.django_db]

# A Wednesday afternoon, so that both vendors work.
WALL = "2026-11-25 15:00"
# Time goes on while a busy machine works, and no round of a minute may be missed.
BUSY = timedelta(seconds=45)
LATE = (Milestone.State.BREACHED, Milestone.State.MET_LATE)


@dataclass(frozen=True)
class Demo:
    """The seeded demo, when it was seeded and where its secrets lie."""

    now: datetime
    seeded: Seeded
    var: Path


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Seed once for all tests of this file, in a transaction that is rolled back after the last of them."""
    var = tmp_path_factory.mktemp("var")
    with django_db_blocker.unblock(), override_settings(VAR=var), clock_at(WALL) as now, transaction.atomic():
        yield Demo(now, seed(), var)
        transaction.set_rollback(True)


def test_there_are_a_dozen_customers_on_both_plans_two_of_them_abroad(demo: Demo) -> None:
    assert Customer.objects.count() >= 12
    assert Contact.objects.count() >= 60
    assert {"MY", "TH"} <= set(Customer.objects.values_list("country", flat=True))
    assert Contract.objects.values("plan__vendor").distinct().count() == 2
    assert Contract.objects.values("plan__code").distinct().count() >= 6
    assert all(team.lead and team.members.count() >= 2 for team in Team.objects.all())


def test_there_are_two_hundred_tickets_in_both_languages_no_two_alike(demo: Demo) -> None:
    subjects = list(Ticket.objects.values_list("subject", flat=True))
    assert len(subjects) >= 200
    assert len(set(subjects)) == len(subjects)
    assert set(Ticket.objects.values_list("language", flat=True)) == {"zh-hans", "en"}
    assert Ticket.objects.filter(opened_at__gte=demo.now - timedelta(days=92)).count() == len(subjects)


def test_most_tickets_are_conversations(demo: Demo) -> None:
    long = Ticket.objects.annotate(said=models.Count("messages")).filter(said__gte=3).count()
    assert long >= 0.6 * Ticket.objects.count()


def test_every_status_and_every_channel_is_there(demo: Demo) -> None:
    statuses = Counter(Ticket.objects.values_list("status", flat=True))
    assert min(statuses[status] for status in Status) >= 5
    channels = Counter(Ticket.objects.values_list("channel", flat=True))
    assert min(channels[name] for name in ("im", "hotline", "portal", "community", "in_product")) >= 10
    kinds = set(TicketEvent.objects.values_list("kind", flat=True))
    assert {"call", "bot_reply", "note", "progress", "reopened", "escalated", "merged"} <= kinds
    assert {"reclassified", "retracted", "published", "acknowledged", "task_added", "task_done"} <= kinds


def test_the_ledgers_are_numbered_and_run_forward(demo: Demo) -> None:
    for ticket in Ticket.objects.prefetch_related("events"):
        events = list(ticket.events.all())
        assert [event.number for event in events] == list(range(1, ticket.event_count + 1))
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert all(event.at == event.recorded_at < demo.now for event in events)


def test_every_milestone_is_what_its_facts_say(demo: Demo) -> None:
    names = [field.attname for field in Milestone._meta.concrete_fields]
    stored = list(Milestone.objects.order_by("pk").values(*names))
    with transaction.atomic():
        for clock in Clock.objects.all():
            engine.refold(clock)
        assert list(Milestone.objects.order_by("pk").values(*names)) == stored
        transaction.set_rollback(True)
    assert len(stored) > 100


def test_no_deadline_lies_in_closed_time(demo: Demo) -> None:
    for milestone in Milestone.objects.exclude(due_at=None):
        calendar = calendar_of(milestone.calendar_version_id).calendar
        assert milestone.due_at
        just_before = milestone.due_at - timedelta(microseconds=1)
        assert calendar.is_open(milestone.due_at) or calendar.is_open(just_before), milestone.due_at


def test_a_few_are_late_as_in_life(demo: Demo) -> None:
    states = [milestone.state_at(demo.now) for milestone in Milestone.objects.all()]
    assert 0.04 <= sum(state in LATE for state in states) / len(states) <= 0.15
    assert states.count(Milestone.State.RUNNING) >= 5


def test_what_fell_due_was_acted_on_when_it_did__Y18_K02(demo: Demo) -> None:
    assert not Milestone.objects.due(demo.now).exists()
    assert not Milestone.objects.exclude(error="", quarantined_at=None).exists()
    for milestone in Milestone.objects.all():
        if milestone.state_at(demo.now) in LATE:
            fired = milestone.escalations.filter(mark="breach", state=Escalation.State.DONE)
            assert fired.exists(), milestone.clock.policy.code
    for escalation in Escalation.objects.all():
        assert escalation.state != Escalation.State.PENDING
        assert escalation.fired_at - escalation.step_at < BUSY
        assert escalation.acted_at is not None
        assert escalation.acted_at - escalation.fired_at < BUSY
    acted = TicketEvent.objects.filter(kind=TicketEvent.Kind.ESCALATED)
    of_tickets = Escalation.objects.filter(milestone__clock__ticket_clock__isnull=False)
    assert acted.count() == of_tickets.count() > 10
    assert Escalation.objects.filter(milestone__clock__obligation__isnull=False).exists(), "something is owed late"


def test_an_escalation_notes_no_lateness_of_its_own(demo: Demo) -> None:
    assert not TicketEvent.objects.filter(fields__has_key="noticed_late_by").exists()


def test_waits_that_are_over_have_ended(demo: Demo) -> None:
    assert not Ticket.objects.due_to_resume(demo.now).exists()


def test_who_waits_says_why(demo: Demo) -> None:
    waiting = Ticket.objects.filter(status__in=WAITING)
    assert waiting.count() >= 15
    for ticket in waiting:
        assert ticket.events.filter(kind="waiting").latest("number").fields["remark"]


def test_a_team_owes_something_within_the_house_on_what_came_to_it_late__C32(demo: Demo) -> None:
    handed = TicketClock.objects.filter(part=TicketClock.Part.TEAM)
    assert {one.clock.policy.code for one in handed} == {"kd-operations-inside"}
    states = {row.state_at(demo.now) for one in handed for row in one.clock.milestones.all()}
    assert states >= {Milestone.State.MET, Milestone.State.BREACHED}
    promised = Milestone.objects.filter(clock__ticket_clock__ticket__in=handed.values("ticket")).exclude(
        clock__in=handed.values("clock")
    )
    assert {row.state_at(demo.now) for row in promised} & set(LATE)


def test_what_was_late_was_taken_on_and_told_no_more__C29(demo: Demo) -> None:
    for row in Milestone.objects.exclude(acknowledged_at=None):
        assert row.due_at
        assert row.acknowledged_at
        assert row.acknowledged_at > row.due_at
        assert not row.escalations.filter(fired_at__gt=row.acknowledged_at).exists()


def test_a_manager_finds_rules_to_decide_upon__Y17(demo: Demo) -> None:
    notice = HolidayNotice.objects.get(state=HolidayNotice.State.DRAFT)
    assert notice.title.startswith("示例")
    assert len(list(preview(notice).days(at=demo.now))) >= 10
    backtest = Backtest.objects.get()
    assert (backtest.state, backtest.done, backtest.error) == ("done", backtest.total, "")
    assert backtest.total >= 50
    assert backtest.changes.exists()
    check = SelfCheck.objects.get()
    assert check.finished_at
    assert (check.checked > 0, check.drifted) == (True, 0)


def test_some_choose_when_they_are_told__C26(demo: Demo) -> None:
    assert User.objects.exclude(alert_calendar="").exclude(alert_every=0).count() == 2


def test_only_the_last_half_day_is_mailed(demo: Demo) -> None:
    queued = Delivery.objects.filter(state=Delivery.State.QUEUED)
    assert 15 <= queued.count() == demo.seeded.mails <= 80
    assert not queued.filter(queued_at__lt=demo.now - timedelta(hours=12)).exists()
    withheld = Delivery.objects.exclude(state=Delivery.State.QUEUED)
    assert set(withheld.values_list("state", flat=True)) == {Delivery.State.WITHHELD}
    assert not withheld.filter(error="").exists()


def test_a_second_seeding_adds_nothing(demo: Demo) -> None:
    secrets = (demo.var / "demo.json").read_text()
    before = (Ticket.objects.count(), TicketEvent.objects.count(), User.objects.count(), Delivery.objects.count())
    assert seed() == seed(only_if_empty=True) == Seeded()
    assert before == (
        Ticket.objects.count(), TicketEvent.objects.count(), User.objects.count(), Delivery.objects.count(),
    )  # fmt: skip
    assert (demo.var / "demo.json").read_text() == secrets


def thai() -> tuple[Contact, Contract]:
    contract = Contract.objects.get(number="C-2026-005")
    return contract.customer.contacts.filter(is_certified=True)[0], contract


def test_a_contract_served_by_its_branch_follows_the_branch_and_promises_no_hours__Y19(demo: Demo) -> None:
    contact, contract = thai()
    finance = Product.objects.get(code="yonsuite-finance")
    decision = cover(contact, contract, None, finance, "", "fault", "portal", demo.now)
    assert (decision.outcome, decision.policy) == ("covered", None)
    assert "YonSuite Thailand" in decision.reason
    assert not Clock.objects.filter(ticket_clock__ticket__contract=contract).exists()
    (agreement,) = agreements_of(contact, contract)
    entitlement = agreement.find("ticket")
    assert entitlement
    assert hours_of(agreement, entitlement) == "yonsuite-th"


def test_a_switched_hotline_has_the_hours_agreed_for_it__K09(demo: Demo) -> None:
    contract = Contract.objects.get(number="C-2026-009")
    (agreement,) = agreements_of(contract.customer.contacts.all()[0], contract)
    entitlement = agreement.find("hotline")
    assert entitlement
    assert hours_of(agreement, entitlement) == "kingdee-7x8"


def test_an_override_times_the_contract_it_was_agreed_for__Y07(demo: Demo) -> None:
    mine = Milestone.objects.filter(clock__ticket_clock__ticket__contract__number="C-2026-001")
    assert set(mine.values_list("budget", flat=True)) == {timedelta(hours=1)}


def test_the_introduction_names_who_may_be_used_for_what(demo: Demo) -> None:
    said = introduction("http://127.0.0.1:8000")
    assert sorted(said) == ["contacts", "keys", "sign_ins", "tokens", "url"]
    assert sorted(said["keys"]) == sorted(SERVED)
    assert sorted(said["tokens"]) == ["agent", "customer", "manager"]
    assert {one["role"] for one in said["sign_ins"]} >= {"agent", "lead", "manager", "admin", "customer", "partner"}
    certified = {one["plan"] for one in said["contacts"] if one["certified"]}
    assert {"yonsuite-premier", "kingdee-advanced", "kingdee-gold", "yonsuite-standard"} <= certified
    assert any(not one["certified"] for one in said["contacts"])


def test_who_is_introduced_gets_what_the_plan_says(demo: Demo) -> None:
    for one in introduction("http://x")["contacts"]:
        contact, product = Contact.objects.get(pk=one["id"]), Product.objects.get(code=one["product"])
        decision = cover(contact, None, None, product, "", "how_to", "portal", demo.now)
        assert decision.contract
        assert decision.contract.number == one["contract"]
        assert decision.is_open is (one["certified"] or not one["plan"].startswith("kingdee-")) or one["plan"] == (
            "kingdee-gold"
        )
        timed = one["plan"] in ("yonsuite-premier", "kingdee-advanced")
        assert (decision.policy is not None) is (timed and decision.is_open)


@pytest.mark.parametrize("number", range(8))
def test_who_signs_in_has_the_password_that_is_shown(demo: Demo, number: int) -> None:
    shown = introduction("http://x")["sign_ins"][number]
    user = User.objects.get(username=shown["username"])
    assert user.role == shown["role"]
    assert user.check_password(shown["password"])


def test_the_pages_of_the_demo_open(demo: Demo, client: Client) -> None:
    client.force_login(User.objects.get(username="zheng.hao"))
    assert client.get("/console/").status_code == 200
    numbers = list(Ticket.objects.order_by("pk").values_list("number", flat=True))[::4]
    broken = [number for number in numbers if client.get(f"/console/tickets/{number}/").status_code != 200]
    assert broken == []


def test_a_customer_sees_the_demo_of_their_own_alone(demo: Demo, client: Client) -> None:
    user = User.objects.get(username="wang.siyuan")
    client.force_login(user)
    assert client.get("/portal/").status_code == 200
    for ticket in Ticket.objects.order_by("pk"):
        is_theirs = ticket.customer_id == user.contact.customer_id
        assert client.get(f"/portal/tickets/{ticket.number}/").status_code == (200 if is_theirs else 404)


def test_engagements_stand_in_every_state_worth_seeing_and_flood_nobody(demo: Demo) -> None:
    states = set(Engagement.objects.filter(gathering=None).values_list("state", flat=True))
    assert {"proposed", "agreed", "recorded", "closed"} <= states
    assert Engagement.objects.filter(part_of__isnull=False).exists()
    assert set(Gathering.objects.values_list("is_by_invitation", flat=True)) == {True, False}
    assert AccountNotice.objects.filter(kind__startswith="engagement_", finished_at=None).count() < 10


def test_the_community_has_an_answer_a_ticket_ideas_and_a_question_due_soon__Y04_K01(demo: Demo) -> None:
    assert Post.objects.filter(official__isnull=False).count() == 2
    assert Post.objects.get(ticket__isnull=False).official is not None
    assert Post.objects.filter(kind="idea", vote_count__gt=0).count() == 3
    waiting = Milestone.objects.filter(clock__post__in=Post.objects.unanswered())
    assert sorted(waiting.values_list("clock__post__vendor", flat=True)) == ["kingdee", "yonsuite"]
    assert all(timedelta() < row.due_at - demo.now < timedelta(days=4) for row in waiting if row.due_at)
