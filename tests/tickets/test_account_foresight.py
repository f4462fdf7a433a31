"""What is foreseen of what contracts owe is what then happens: who is told of which step, and when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from plans.models import Obligation, User
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import signed
from tests.plans.deliverables.papers import handed
from tests.world import World
from tickets.models import Delivery
from tickets.rounds import dispatch
from tickets.rounds.account_foresight import ForeseenMatter, contracts_told
from tickets.rounds.foretold import line_of

DAY = timedelta(hours=24)
Line = tuple[str, str, str]


@pytest.fixture
def owing(world: World) -> World:
    """Return a world in which one premier contract alone owes, over 2026, and its clocks run."""
    Obligation.objects.all().delete()
    contract = signed(world, "yonsuite-premier", "C-Y-2026")
    contract.obligations.exclude(item__promise="Y14").delete()
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    return world


def foreseen(rows: Iterable[ForeseenMatter]) -> set[Line]:
    return {(told.kind, told.person.email, one.matter.title) for one in rows for told in one.told}


def told(since: datetime) -> set[Line]:
    rows = Delivery.objects.filter(queued_at__gte=since, kind__in=("owed_soon", "owed_late"))
    found = set()
    for row in rows.select_related("escalation__milestone__clock__obligation"):
        assert row.escalation is not None
        owed = row.escalation.milestone.clock.obligation
        found.add((row.kind, row.address, f"{owed.what} {owed.number}/{owed.of}"))
    return found


@pytest.mark.parametrize(
    ("wall", "kinds"),
    [
        ("2026-03-10 12:00", {"owed_soon"}),  # the first warning, at the opening of the 11th
        ("2026-03-24 12:00", {"owed_soon"}),  # the second
        ("2026-03-31 12:00", {"owed_late"}),  # the last day: it is late at its close
        ("2026-04-07 12:00", {"owed_late"}),  # and again a week later
        ("2026-02-10 12:00", set()),
    ],
)
def test_what_is_foreseen_of_what_is_owed_is_what_then_happens__Y14(owing: World, wall: str, kinds: set[str]):
    since = beijing(wall)
    with clock_at(since - timedelta(minutes=1)):
        dispatch.sweep()
    rows = contracts_told(since=since, until=since + DAY)
    expected = foreseen(rows)
    assert {kind for kind, _address, _title in expected} == kinds
    for one in rows:
        with clock_at(one.at + timedelta(seconds=1)):
            dispatch.sweep()
    assert told(since) == expected
    assert {one.at for one in rows} == {row.escalation.step_at for row in _letters(since)}


def _letters(since: datetime) -> list[Delivery]:
    return list(Delivery.objects.filter(queued_at__gte=since, kind__startswith="owed").select_related("escalation"))


def test_hours_in_which_somebody_wishes_to_be_told_are_kept(owing: World):
    User.objects.filter(pk=owing.success_manager.pk).update(alert_calendar="kingdee-5x8")
    with clock_at("2026-03-31 12:00"):
        dispatch.sweep()
    [late] = contracts_told(since=beijing("2026-03-31 12:00"), until=beijing("2026-04-01 12:00"))
    goes = {one.person: one.goes_at for one in late.told}
    assert goes[owing.lead] == late.at
    assert goes[owing.success_manager] == beijing("2026-04-01 08:30")


def test_a_report_that_waits_for_a_signature_is_foreseen_too__K06(world: World):
    Obligation.objects.all().delete()
    handed(world.kingdee, world.success_manager, "2026-09-28 10:00")
    rows = contracts_told(since=beijing("2026-09-28 10:01"), until=beijing("2026-10-20 10:00"))
    assert rows, "its reminders and the last day lie ahead"
    assert {one.matter.contract for one in rows} == {world.kingdee.contract}
    with translation.override("zh-hans"):
        assert all(line_of(one).url.startswith("/console/accounts/") for one in rows)


def test_the_page_lists_contracts_beside_tickets_and_narrows_them(owing: World, client: Client):
    client.force_login(owing.manager)
    with clock_at("2026-03-31 12:00"):
        dispatch.sweep()
        page = client.get("/console/rules/alerts/").content.decode()
        assert "应用健康度评估 1/4" in page
        assert "/console/accounts/C-Y-2026/owed/" in page
        assert "份合同" in page
        narrowed = f"/console/rules/alerts/?person={owing.success_manager.pk}"
        assert "应用健康度评估 1/4" in client.get(narrowed).content.decode()
        assert "应用健康度评估" not in client.get("/console/rules/alerts/?ticket=T-2026-000001").content.decode()
        assert "应用健康度评估" not in client.get(f"/console/rules/alerts/?person={owing.expert.pk}").content.decode()
        assert "应用健康度评估" in client.get(f"/console/rules/alerts/?team={owing.team.pk}").content.decode()


def test_more_contracts_cost_few_more_queries(owing: World):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            contracts_told(since=beijing("2026-03-31 12:00"), until=beijing("2026-04-01 12:00"))
        return len(asked)

    few = queries()
    for number in range(3):
        contract = signed(owing, "yonsuite-premier", f"C-M-{number}")
        contract.obligations.exclude(item__promise="Y14").delete()
    with clock_at("2026-01-01 00:02"):
        dispatch.sweep()
    assert queries() == few
