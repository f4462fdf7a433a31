"""The proof of a deadline as pages, programs and the command line tell it: all facts, adding up, no name too many."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from sla.models import CalendarVersion, DueMove, Milestone, Recompute
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.promised import only, open_under, policy, resolution
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket

REMARK = "等财务总监回国签字"


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket of 16 hours over the National Day, that waited for its customer for a while."""
    ticket = open_under(world, policy("sixteen-hours", resolution(16)), "2026-09-29 14:00")
    told = {"ticket": ticket, "actor": world.agent}
    actions.accept(**told, at=beijing("2026-09-29 14:20"))
    actions.wait(**told, wait_for="customer", until=None, at=beijing("2026-09-30 10:00"), remark=REMARK)
    actions.customer_message(ticket=ticket, contact=ticket.contact, body="签好了", at=beijing("2026-09-30 11:30"))
    return ticket


def pages(ticket: Ticket, world: World) -> dict[str, str]:
    """Return the page as an agent and as the customer sees it, and both in English."""
    shown = {}
    for user, place in ((world.agent, "console"), (ticket.contact.user, "portal")):
        client = Client()
        client.force_login(user)
        for language in ("zh-hans", "en"):
            user.language = language
            user.save()
            with clock_at("2026-10-08 09:00"):
                answer = client.get(
                    f"/{place}/tickets/{ticket.number}/proof/{only(ticket).pk}/", headers={"accept-language": language}
                )
            assert answer.status_code == 200
            shown[f"{place} {language}"] = answer.content.decode()
    return shown


def test_every_reader_sees_the_same_deadline_under_the_same_digest(world, ticket):
    shown = pages(ticket, world)
    (digest,) = {page.split('<span class="number">')[-2].split("<")[0] for page in shown.values()}
    assert len(digest) == 64
    for name, page in shown.items():
        assert ("Guobanfa Mingdian [2025] No. 7" if name == "console en" else "国办发明电〔2025〕7号") in page
        assert f"{ticket.number}#3" in page
        assert "2026-10-08 15:30:00" in page
    assert "16 小时 = 承诺的 16 小时" in shown["portal zh-hans"]
    assert "16 h = the 16 h promised" in shown["console en"]


def test_no_customer_reads_who_paused_it_nor_why__C24(world, ticket):
    shown = pages(ticket, world)
    for language in ("zh-hans", "en"):
        for secret in (REMARK, "李坐席" if language == "zh-hans" else "Agent · "):
            assert secret not in shown[f"portal {language}"].partition('class="sum"')[2]
    assert REMARK in shown["console zh-hans"]


def test_programs_read_what_it_rests_on_and_how_it_moved__C13(client, world, ticket):
    milestone = only(ticket)
    version = CalendarVersion.objects.get(pk=milestone.calendar_version_id)
    change = Recompute.objects.create(
        kind="calendar", code=version.code, version=2, cause="放假通知", actor_kind="agent",
        created_at=ticket.opened_at, retry_at=ticket.opened_at,
    )  # fmt: skip
    DueMove.objects.create(
        recompute=change, milestone=milestone, from_version=version, to_version=version, verdict="held",
        old_due_at=milestone.due_at, new_due_at=milestone.due_at - timedelta(days=2), found_at=ticket.opened_at,
        retry_at=ticket.opened_at,
    )  # fmt: skip
    Milestone.objects.filter(pk=milestone.pk).update(is_held=True)
    url = f"/api/v1/tickets/{ticket.number}/milestones/resolution/proof/"
    ours, theirs = (
        client.get(url, **bearer(new_key("api", user=user))).json() for user in (world.agent, ticket.contact.user)
    )
    assert ours["digest"] == theirs["digest"]
    assert (ours["budget_seconds"], ours["counted_seconds"]) == (57600, 57600)
    assert [(fact["kind"], fact["ledger"]) for fact in theirs["facts"]] == [
        ("open", f"{ticket.number}#1"), ("wait", f"{ticket.number}#3"), ("resume", f"{ticket.number}#5"),
    ]  # fmt: skip
    assert ours["held"] == ours["moves"][0]
    assert (ours["held"]["verdict"], ours["held"]["cause"]) == ("held", "放假通知")
    said = f"等待客户 · {ticket.number}#3"
    for proof, detail in ((ours, f"{said} · 李坐席 · “{REMARK}”"), (theirs, said)):
        assert [piece["detail"] for piece in proof["pieces"] if piece["reason"] == "pause"] == [detail]


def proved(*asked: str) -> tuple[list[dict], int]:
    out, code = StringIO(), 0
    try:
        call_command("prove", *asked, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return json.loads(out.getvalue()), code


def test_the_command_derives_it_from_the_facts_and_finds_what_was_printed(ticket, world):
    (first,), code = proved(ticket.number)
    assert (first["agrees"], code) == (True, 0)
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=beijing("2026-10-09 09:00"))
    (later,), code = proved(ticket.number, "--metric", "resolution", "--run", "1", "--digest", first["digest"])
    assert (later["agrees"], later["held_as_of"], code) == (True, "2026-09-30T03:30:00+00:00", 0)
    assert later["digest"] != first["digest"]
    assert proved(ticket.number, "--digest", "0" * 64)[1] == 1
    Milestone.objects.update(due_at=beijing("2026-10-20 10:00"))
    (tampered,), code = proved(ticket.number)
    assert (tampered["agrees"], code) == (False, 1)
