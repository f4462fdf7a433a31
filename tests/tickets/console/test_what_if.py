"""What-if: a ticket under other rules, with nothing saved and nobody told."""

from dataclasses import replace

import pytest
from django.test import Client

from sla.models import Draft, Milestone, Observation
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket, TicketEvent

DRAFT = """policies:
  - code: yonsuite-premier-ticket
    name: 试
    name_en: Try
    targets:
      - {metric: first_response, amount: 600, unit: seconds, calendar: yonsuite-7x12, met_on: [reply], promise: Y18,
         clause: 十分钟, clause_en: ten minutes}
      - {metric: resolution, amount: 7200, unit: seconds, calendar: yonsuite-7x12, met_on: [resolve], promise: Y18,
         clause: 两小时, clause_en: two hours}
"""


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket opened half an hour ago that nobody has answered."""
    return world.open_ticket(at="2026-09-28 09:30")


def rows(client: Client, ticket: Ticket, **wished: object) -> list[tuple[str, str, str]]:
    answer = client.get(f"/console/tickets/{ticket.number}/what-if/", wished)
    assert answer.status_code == 200, answer.content
    return [(row.name, row.now_words, row.then_words) for row in answer.context["rows"]]


def due(client: Client, ticket: Ticket, **wished: object) -> object:
    return client.get(f"/console/tickets/{ticket.number}/what-if/", wished).context["rows"][0].then.due_at


def test_another_policy_gives_another_deadline(desk, ticket):
    assert due(desk, ticket, policy="kingdee-advanced-ticket") == beijing("2026-09-28 14:30")


def test_another_calendar_gives_another_deadline(desk, ticket):
    assert due(desk, ticket, calendar="kingdee-5x8") == beijing("2026-09-28 11:30")
    assert rows(desk, ticket, calendar="kingdee-7x24") == [("首次响应", "进行中", "进行中")]


def test_an_answer_at_another_time_is_judged(desk, ticket):
    assert rows(desk, ticket, answered="2026-09-28T09:45") == [("首次响应", "进行中", "已守约")]
    assert rows(desk, ticket, answered="2026-09-28T12:00") == [("首次响应", "进行中", "超时后办结")]


def test_the_same_priority_changes_nothing_and_says_so(desk, ticket):
    page = desk.get(f"/console/tickets/{ticket.number}/what-if/", {"priority": "high"})
    assert page.context["is_same"]


def test_leads_try_a_draft_and_agents_are_not_offered_any(client, world, ticket):
    draft = Draft.objects.create(name="试", text=DRAFT)
    client.force_login(world.agent)
    page = client.get(f"/console/tickets/{ticket.number}/what-if/", {"draft": draft.pk})
    assert "rows" not in page.context
    client.force_login(world.lead)
    assert rows(client, ticket, draft=draft.pk) == [
        ("首次响应", "进行中", "已超时"),
        ("解决", "没有这项承诺", "进行中"),
    ]
    draft.text = "policies: ["
    draft.save()
    page = client.get(f"/console/tickets/{ticket.number}/what-if/", {"draft": draft.pk})
    assert "错误" in page.context["error"]


def test_nothing_is_saved_and_nobody_is_told(desk, ticket):
    tables = (Milestone, Observation, TicketEvent, Delivery, Ticket)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    rows(desk, ticket, policy="kingdee-advanced-ticket", priority="urgent", answered="2026-09-28T12:00")
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_a_ticket_that_is_not_timed_is_said_to_be_so(desk, world):
    untimed = world.open_ticket(at="2026-09-28 09:30")
    untimed.ticket_clocks.all().delete()
    assert rows(desk, untimed, priority="urgent") == []


def test_an_answer_before_or_after_all_calendars_is_refused_in_words(desk, ticket):
    for answered in ("0001-01-01T00:00", "9999-12-31T23:59"):
        page = desk.get(f"/console/tickets/{ticket.number}/what-if/", {"answered": answered})
        assert page.context["form"].errors == {"answered": ["只能代入前后十年之内的时刻。"]}


def test_a_ticket_that_went_beyond_its_plan_is_imagined_too(desk, world, ticket):
    beyond = replace(actions.Classification.of(ticket), category="customisation")
    actions.reclassify(
        ticket=ticket, to=beyond, reason="改报表", actor=world.agent, at=beijing("2026-09-28 09:50"), insists=True
    )
    page = desk.get(f"/console/tickets/{ticket.number}/what-if/", {"priority": "urgent"})
    assert [row.is_changed for row in page.context["rows"]] == [False]


def test_what_does_not_exist_is_refused(desk, ticket):
    page = desk.get(f"/console/tickets/{ticket.number}/what-if/", {"policy": "none", "answered": "soon"})
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"policy", "answered"}
    assert desk.get("/console/tickets/T-2026-999999/what-if/").status_code == 404
