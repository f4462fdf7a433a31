"""Making reports: once, whoever dies on the way; given up with why; drafted ahead of what is owed."""

import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from django.db import connection

from plans.actions.obligations import agree_frequency
from plans.models import AccountNotice, Contact, User
from plans.obligations.schedule import Frequency, Period
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import entitled, owed, signed
from tests.world import World
from tickets.actions import reports
from tickets.actions.reports import Asked, draft_due
from tickets.models import ServiceReport
from tickets.printing.press import PrintingError
from tickets.rounds import jobs
from tickets.rounds.reports import step

State = ServiceReport.State
# A worker that has begun and is killed before it is done.
DYING = """
import os, signal
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from tickets.rounds import reports
def make(**said):
    os.kill(os.getpid(), signal.SIGKILL)
reports.make = make
reports.step()
"""


def pretend(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
    def printed(report: Any, **said: Any) -> bytes:
        if error:
            raise error
        return b"%PDF-1.7"

    monkeypatch.setattr("tickets.actions.reports.making.report_pdf", printed)


def ask(world: World, at: str = "2026-04-08 10:00") -> ServiceReport:
    wanted = Asked(world.yonsuite.contract, "operations", date(2026, 1, 1), date(2026, 3, 31))
    return reports.ask_for(asked=wanted, actor=world.manager, at=beijing(at))


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_left_another_makes_once(
    child_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    pretend(monkeypatch)
    row = ask(World())
    died = subprocess.run([sys.executable, "-c", DYING], env=child_environment, check=False, capture_output=True)
    assert died.returncode == -9, died.stderr.decode()[-2000:]
    row.refresh_from_db()
    assert (row.state, row.attempts, row.content) == (State.MAKING, 1, None)
    assert step()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.READY, 2)
    assert not step()
    assert AccountNotice.objects.filter(kind="report_waiting").count() == 1


@pytest.mark.django_db
def test_one_that_kills_every_worker_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch):
    pretend(monkeypatch)
    row = ask(world)
    ServiceReport.objects.update(state=State.MAKING, attempts=3)
    assert not step()
    row.refresh_from_db()
    assert (row.state, row.content) == (State.FAILED, None)
    [notice] = AccountNotice.objects.filter(kind="report_failed")
    assert notice.to == ["team_lead", f"user:{world.manager.pk}"]


@pytest.mark.django_db
def test_one_that_fails_is_tried_again_later_then_given_up_with_why(world: World, monkeypatch: pytest.MonkeyPatch):
    pretend(monkeypatch, PrintingError("out of paper"))
    row = ask(world)
    for wall in ("2026-04-08 10:00", "2026-04-08 10:01", "2026-04-08 10:04"):
        with clock_at(wall):
            assert step()
            assert not step(), "not at once"
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.FAILED, 3)
    assert row.error == "PrintingError: out of paper"
    pretend(monkeypatch)
    reports.retry(report=row, actor=world.lead, at=beijing("2026-04-08 11:00"))
    with clock_at("2026-04-08 11:00"):
        jobs.work()
    row.refresh_from_db()
    assert (row.state, row.error) == (State.READY, "")


@pytest.mark.django_db
def test_drafts_come_ahead_of_what_is_owed_once__Y15(world: World, monkeypatch: pytest.MonkeyPatch):
    pretend(monkeypatch)
    contract = signed(world, "yonsuite-premier", "C-Y-2026")
    others = ServiceReport.objects.exclude(contract=contract)
    assert [draft_due(at=beijing(f"2026-{day} 10:00")) for day in ("03-16", "03-17", "03-18")] == [0, 3, 0]
    assert others.count() == 2
    [row] = contract.reports.all()
    assert (row.starts_on, row.ends_on, row.obligation) == (
        date(2026, 1, 1), date(2026, 3, 31), owed(contract, "Y15")[0]
    )  # fmt: skip
    with clock_at("2026-03-17 10:00"):
        while step():
            pass
    [draft] = AccountNotice.objects.filter(kind="report_waiting", contract=contract)
    assert draft.to == ["success_manager", "technical_manager"]


@pytest.mark.django_db
def test_the_next_report_goes_on_from_the_day_that_the_last_one_reached__Y15(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    pretend(monkeypatch)
    contract = world.yonsuite.contract
    draft_due(at=beijing("2026-03-20 10:00"))
    with clock_at("2026-03-20 10:00"):
        while step():
            pass
    row = contract.reports.get()
    reports.deliver(report=row, actor=world.manager, at=beijing("2026-03-21 10:00"))
    draft_due(at=beijing("2026-06-20 10:00"))
    following = contract.reports.order_by("pk").last()
    assert (following.starts_on, following.ends_on) == (date(2026, 3, 21), date(2026, 6, 30))


@pytest.mark.django_db
def test_half_year_and_year_both_begin_with_the_term__K13(world: World, monkeypatch: pytest.MonkeyPatch):
    pretend(monkeypatch)
    contract = signed(world, "kingdee-advanced", "C-K-2026")
    Contact.objects.create(customer=contract.customer, name="Lim", email="lim@huaguang.example", language="en")
    for wall in ("2026-06-12 10:00", "2026-12-12 10:00"):
        draft_due(at=beijing(wall))
        with clock_at(wall):
            while step():
                pass
    found = contract.reports.order_by("ends_on")
    assert [(one.starts_on, one.ends_on, one.language) for one in found] == [
        (date(2026, 1, 1), date(2026, 6, 30), "en"), (date(2026, 1, 1), date(2026, 12, 31), "en"),
    ]  # fmt: skip
    assert [one.content["kind"]["title"]["en"] for one in found] == [
        "Half-year service report",
        "Annual service report",
    ]
    assert found[0].content["sections"][0]["code"] == "systems"


@pytest.mark.django_db
def test_an_agreed_analysis_of_tickets_is_drafted_too__K10(world: World):
    contract = signed(world, "kingdee-advanced", "C-K-2026")
    decider = User.objects.get(pk=world.manager.pk)
    agree_frequency(
        entitlement=entitled(contract, "K10"), line="", frequency=Frequency(1, Period.QUARTER), reason="合同附件",
        actor=decider, at=beijing("2026-01-02 10:00"),
    )  # fmt: skip
    draft_due(at=beijing("2026-03-25 10:00"))
    [row] = contract.reports.filter(kind="ticket_analysis")
    assert (row.starts_on, row.ends_on) == (date(2026, 1, 1), date(2026, 3, 31))


@pytest.mark.django_db
def test_a_report_sees_the_database_at_one_moment_and_no_question_takes_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    seen: list[str] = []

    def look(report: Any, **said: Any) -> bytes:
        with connection.cursor() as cursor:
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SHOW {limit}")
                seen.append(cursor.fetchone()[0])
        return b"%PDF-1.7"

    monkeypatch.setattr("tickets.actions.reports.making.report_pdf", look)
    ask(world)
    with clock_at("2026-04-08 10:00"):
        assert step()
    assert seen == ["2min", "2min"]
