"""What-if: a ticket under other rules, with nothing saved and nobody told."""

import pytest
from django.test import Client

from sla.models import Draft, Milestone, Observation
from tests.hours import beijing
from tests.world import World
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


def test_what_does_not_exist_is_refused(desk, ticket):
    page = desk.get(f"/console/tickets/{ticket.number}/what-if/", {"policy": "none", "answered": "soon"})
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"policy", "answered"}
    assert desk.get("/console/tickets/T-2026-999999/what-if/").status_code == 404
