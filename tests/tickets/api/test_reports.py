"""Service reports over the API: asked for, read as figures, tables and a file, delivered; seen by whom they are for."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from plans.models import Role, User
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.world import World
from tickets.models import ServiceReport
from tickets.reports.tables import TABLES
from tickets.rounds.reports import step

pytestmark = pytest.mark.django_db

LIST = "/api/v1/contracts/C-Y-1/reports/"
QUARTER = {"kind": "operations", "starts_on": "2026-01-01", "ends_on": "2026-03-31"}
AT = "2026-04-08 10:00"


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.actions.reports.making.report_pdf", lambda report, **said: b"%PDF-1.7 made up")
    monkeypatch.setattr("tickets.api.reports.wake_jobs", lambda: None)


class Caller:
    """A program with one user's key."""

    def __init__(self, user: User | None) -> None:
        assert user is not None
        self.key, self.client = new_key("api", user=user), Client()

    def get(self, path: str, **more: str) -> Any:
        return self.client.get(path, more, **bearer(self.key))

    def post(self, path: str, said: dict[str, Any] | None = None) -> Any:
        return self.client.post(path, json.dumps(said or {}), content_type="application/json", **bearer(self.key))


@pytest.fixture
def ours(world: World) -> Caller:
    return Caller(world.success_manager)


def ready(world: World, ours: Caller) -> str:
    """Return the code of a report that a worker has made, with one ticket in it."""
    world.open_ticket("=cmd|' /C calc'!A0", at="2026-02-02 10:00", module="总账")
    world.open_ticket("=cmd|' /C calc'!A0", at="2026-02-03 10:00", module="总账")
    with clock_at(AT):
        answer = ours.post(LIST, QUARTER)
        assert answer.status_code == 202, answer.content
        assert answer.json()["state"] == "queued"
        assert step()
    return str(answer.json()["code"])


def test_a_program_has_a_report_made_reads_and_delivers_it__Y15(world: World, ours: Caller):
    code = ready(world, ours)
    path = f"/api/v1/reports/{code}/"
    with clock_at(AT):
        one = ours.get(path).json()
        assert (one["state"], one["promise"], one["through_on"], one["superseded"]) == (
            "ready", "Y15", "2026-03-31", False
        )  # fmt: skip
        assert ours.get(f"{path}content/").json()["tickets"]["opened"] == 2
        printed = ours.get(f"{path}pdf/")
        assert printed.content == b"%PDF-1.7 made up"
        assert printed["Content-Disposition"] == f'attachment; filename="{code}.pdf"'
        said = ours.post(f"{path}words/", {"words": "辛苦了"}).json()
        assert (said["state"], said["words"]) == ("queued", "辛苦了")
        assert ours.post(f"{path}deliver/").status_code == 409
        assert step()
        assert ours.post(f"{path}deliver/").json()["state"] == "delivered"
        again = ours.post(f"{path}deliver/")
    assert (again.status_code, again.json()["code"]) == (409, "report_state")


def test_a_table_is_a_file_that_works_nothing_out__K13(world: World, ours: Caller):
    code = ready(world, ours)
    for section in TABLES:
        answer = ours.get(f"/api/v1/reports/{code}/tables/{section}/")
        assert answer.status_code == 200
        text = b"".join(answer.streaming_content).decode()
        assert text.startswith("\ufeff")
        if section == "repeated":
            assert "'=cmd" in text
        if section == "areas":
            assert text.splitlines()[1].endswith(",总账,2,1.0,,")
    assert ours.get(f"/api/v1/reports/{code}/tables/gossip/").status_code == 404


def test_a_customer_reads_what_was_delivered_and_nothing_else(world: World, ours: Caller):
    code = ready(world, ours)
    theirs, stranger = Caller(world.yonsuite.contact.user), Caller(world.stranger.user)
    paths = ["", "content/", "pdf/", "tables/areas/"]
    for caller in (theirs, stranger):
        assert {caller.get(f"/api/v1/reports/{code}/{path}").status_code for path in paths} == {404}
    assert theirs.get(LIST).json() == {"results": []}
    assert stranger.get(LIST).status_code == 404
    with clock_at(AT):
        ours.post(f"/api/v1/reports/{code}/deliver/")
    assert {theirs.get(f"/api/v1/reports/{code}/{path}").status_code for path in paths} == {200}
    assert [one["code"] for one in theirs.get(LIST).json()["results"]] == [code]
    assert {stranger.get(f"/api/v1/reports/{code}/{path}").status_code for path in paths} == {404}
    for act in ("deliver", "withdraw", "words", "remake", "retry"):
        assert theirs.post(f"/api/v1/reports/{code}/{act}/", {"reason": "x", "words": "x"}).status_code == 403
    assert theirs.post(LIST, QUARTER).status_code == 403


def test_who_is_not_of_the_account_writes_nothing(world: World, ours: Caller):
    assert Caller(world.agent).post(LIST, QUARTER).status_code == 403
    partner = User.objects.create(username="partner", role=Role.PARTNER, email="p@shouyue.example")
    assert Caller(partner).post(LIST, QUARTER).status_code == 404, "not theirs to see"
    code = ready(world, ours)
    assert Caller(world.agent).get(f"/api/v1/reports/{code}/").status_code == 200
    assert Caller(world.agent).post(f"/api/v1/reports/{code}/deliver/").status_code == 403
    assert Client().get(LIST).status_code == 401


@pytest.mark.parametrize(("said", "status", "code"), [
    ({**QUARTER, "ends_on": "2025-12-31"}, 409, "bad_period"),
    ({**QUARTER, "starts_on": "2025-12-31"}, 409, "outside_term"),
    ({**QUARTER, "kind": "gossip"}, 409, "unknown_kind"),
    ({**QUARTER, "language": "fr"}, 422, "invalid"),
    ({**QUARTER, "starts_on": "2026-02-30"}, 422, "invalid"),
    ({}, 422, "invalid"),
])  # fmt: skip
def test_nonsense_is_answered_and_makes_nothing(ours: Caller, said: dict[str, Any], status: int, code: str):
    with clock_at(AT):
        answer = ours.post(LIST, said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ServiceReport.objects.exists()


def test_a_version_is_named_or_the_last_one_that_one_may_see(world: World, ours: Caller):
    code = ready(world, ours)
    theirs = Caller(world.yonsuite.contact.user)
    with clock_at(AT):
        ours.post(f"/api/v1/reports/{code}/deliver/")
        assert ours.post(f"/api/v1/reports/{code}/remake/").json()["version"] == 2
    assert ours.get(f"/api/v1/reports/{code}/").json()["version"] == 2
    assert ours.get(f"/api/v1/reports/{code}/content/").status_code == 409, "not made yet"
    assert theirs.get(f"/api/v1/reports/{code}/").json()["version"] == 1
    assert ours.get(f"/api/v1/reports/{code}/", version="1").json()["superseded"] is False
    for odd in ("9", "-1", "x", "99999999999999999999"):
        assert ours.get(f"/api/v1/reports/{code}/", version=odd).status_code == 404


def test_a_report_taken_back_says_why(world: World, ours: Caller):
    code = ready(world, ours)
    with clock_at(AT):
        ours.post(f"/api/v1/reports/{code}/deliver/")
        assert ours.post(f"/api/v1/reports/{code}/withdraw/", {"reason": ""}).status_code == 422
        gone = ours.post(f"/api/v1/reports/{code}/withdraw/", {"reason": "数字有误"}).json()
    assert (gone["state"], gone["reason"]) == ("withdrawn", "数字有误")
    assert Caller(world.yonsuite.contact.user).get(f"/api/v1/reports/{code}/").status_code == 404
    assert ServiceReport.objects.get().starts_on == date(2026, 1, 1)
