"""`manage.py backtest`, as somebody types it."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from sla.models import Backtest
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions.ticket import Classification, reclassify, reply

DRAFT = """policies:
  - code: yonsuite-premier-ticket
    name: 尊享工单响应
    name_en: Premier ticket response
    targets:
      - {metric: first_response, amount: 1800, unit: seconds, calendar: yonsuite-7x12, met_on: [accept, reply],
         promise: Y18, clause: 半小时, clause_en: half an hour}
"""
PERIOD = ["--since", "2026-09-01", "--until", "2026-10-01"]


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(DRAFT, encoding="utf-8")
    return path


@pytest.fixture
def answered(world: World) -> str:
    """Return the number of a ticket that was answered within an hour."""
    ticket = world.open_ticket(at="2026-09-28 09:00")
    reply(ticket=ticket, actor=world.agent, body="在看了。", at=beijing("2026-09-28 10:00"))
    return ticket.number


def run(path: Path, *words: str, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    with clock_at("2026-10-09 09:00"):
        call_command("backtest", str(path), *words, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_a_draft_is_tried_here_and_told_as_a_table(draft, answered):
    out, err = run(draft, *PERIOD, "--here")
    assert "first_response   守约 100.0%（1），超时 0  →  守约 0.0%（0），超时 1" in out
    assert f"{answered} first_response: met → met_late" in out
    assert "1 / 1（100%）" in err
    assert Backtest.objects.get().state == "done"


def test_a_ticket_that_went_beyond_its_plan_is_tried_like_any_other(draft, world):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    beyond = replace(Classification.of(ticket), category="customisation")
    at = beijing("2026-09-28 09:50")
    reclassify(ticket=ticket, to=beyond, reason="改报表", actor=world.agent, at=at, insists=True)
    out, _err = run(draft, *PERIOD, "--here")
    assert f"{ticket.number} first_response: cancelled → breached" in out


def test_figures_and_changes_are_written_as_json(draft, answered, tmp_path):
    run(draft, *PERIOD, "--here", "--json", str(tmp_path / "out.json"))
    said = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert said["metrics"][0]["after"] == {"kept": 0, "missed": 1, "cancelled": 0, "open": 0, "share": 0.0}
    assert said["moves"] == [{"metric": "first_response", "before": "kept", "after": "missed", "count": 1}]
    assert [one["ticket"] for one in said["changed"]] == [answered]
    assert sum(map(sum, said["missed_by_hour"]["after"])) == said["changes"] == 1


def test_a_period_without_such_tickets_is_said(draft, answered):
    out, _err = run(draft, "--since", "2026-08-01", "--until", "2026-09-01", "--here")
    assert "期间没有工单" in out


def test_a_bad_draft_is_refused_with_its_lines(tmp_path, world):
    path = tmp_path / "bad.yaml"
    path.write_text(DRAFT.replace("1800", "-3"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"bad\.yaml:6: policies\.1\.targets\.1\.amount"):
        run(path, "--here")
    with pytest.raises(CommandError):
        run(tmp_path / "none.yaml", "--here")


def test_a_period_that_ends_before_it_begins_is_refused(draft, world):
    with pytest.raises(CommandError, match="颠倒"):
        run(draft, "--since", "2026-09-02", "--until", "2026-09-01", "--here")
