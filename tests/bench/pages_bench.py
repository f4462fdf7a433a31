"""How fast the console's pages are, and with how many queries, at ten thousand tickets and at a hundred thousand."""

import statistics
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.models import Contact, Customer, Team, User
from sla.clock import database_now
from sla.models import Clock, Milestone
from tests.bench.database import database
from tests.faults.rows import BASE, copy
from tests.world import World, person
from tickets.actions import ticket as actions
from tickets.models import Message, Ticket, TicketClock, TicketEvent

FEW, MANY = 10_000, 100_000
VISITS, WARM = 60, 5
CUSTOMERS, TEAMS, AGENTS = 500, 6, 60
SUBJECTS = ["月末结账报错", "凭证断号", "报表取数慢", "审批流卡住"]
PAGES = {
    "queue, next up": "/console/",
    "queue, all open": "/console/?view=all",
    "queue, breached": "/console/?view=breached",
    "queue, resolved": "/console/?view=resolved",
    "queue, page 20": "/console/?view=all&page=20",
    "search by a word": "/console/?q=结账",
    "ticket": "/console/tickets/S-{}/",
}
# One in five tickets is open; of those one in four waits, one in two has a promise running, one in fifty is late.
IS_OPEN, WAITS, RUNS, IS_LATE = "mod(n, 5) = 0", "mod(n, 20) = 0", "mod(n, 10) = 5", "mod(n, 250) = 5"
DUE = f"""CASE WHEN {IS_LATE} THEN now() - interval '1 minute' * mod(n, 600)
          ELSE now() + interval '1 minute' * (5 + mod(n * 7, 6000)) END"""


def run() -> list[dict[str, Any]]:
    """Return p50, p95 and queries of each page at both sizes; the smaller stands beside the larger."""
    with database():
        world = World()
        template = template_of(world)
        seed(template, 1, FEW)
        few = {name: measured(world.agent, path, FEW) for name, path in PAGES.items()}
        seed(template, FEW + 1, MANY)
        many = {name: measured(world.agent, path, MANY) for name, path in PAGES.items()}
    return [row for name in PAGES for row in _rows(name, few[name], many[name])]


def _rows(name: str, few: dict[str, float], many: dict[str, float]) -> list[dict[str, Any]]:
    wanted = {"p50": None, "p95": "<= 300 ms", "queries": "as many"}
    return [
        {
            "name": f"{name}, {figure}, {MANY:,} tickets",
            "value": many[figure],
            "unit": "queries" if figure == "queries" else "ms",
            "beside": f"{FEW:,} tickets",
            "beside_value": few[figure],
            "ratio": many[figure] / few[figure],
            "target": target,
        }
        for figure, target in wanted.items()
    ]


def measured(reader: User, path: str, count: int, visits: int = VISITS) -> dict[str, float]:
    """Return the figures of one page, asked for again and again by one person; each time another ticket."""
    client = Client()
    client.force_login(reader)
    spent = [_visit(client, path.format((visit * 37 % count) + 1)) for visit in range(visits + WARM)][WARM:]
    with CaptureQueriesContext(connection) as captured:
        _visit(client, path.format(5))
    return {
        "p50": statistics.median(spent) * 1000,
        "p95": statistics.quantiles(spent, n=20)[-1] * 1000,
        "queries": len(captured),
    }


def _visit(client: Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    spent = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return spent


def template_of(world: World) -> Ticket:
    """Return a ticket that was answered once, and make the people and customers that its copies belong to."""
    at = database_now() - timedelta(hours=1)
    ticket = world.open_ticket("月末结账报错", at=at)
    actions.accept(ticket=ticket, actor=world.agent, at=at)
    actions.reply(ticket=ticket, body="请先检查未审核的凭证。", actor=world.agent, at=at)
    actions.customer_message(ticket=ticket, contact=world.yonsuite.contact, body="还是不行。", at=at)
    copy(
        Customer,
        ticket.customer_id,
        CUSTOMERS,
        {"id": f"{BASE} + n", "code": "'c' || n", "name": "'第' || n || '公司'"},
    )
    names = {"name": "'联系人' || n", "email": "'c' || n || '@bench.example'", "external_id": "'c' || n"}
    links = {"id": f"{BASE} + n", "customer_id": f"{BASE} + n", "user_id": "NULL::bigint"}
    copy(Contact, ticket.contact_id, CUSTOMERS, {**names, **links})
    teams = [
        Team.objects.create(code=f"t{n}", name=f"{n} 组", name_en=f"Team {n}", vendor="yonsuite") for n in range(TEAMS)
    ]
    for number in range(AGENTS):
        person(f"bench{number}", f"坐席{number}", team=teams[number % TEAMS])
    return ticket


def seed(template: Ticket, first: int, last: int, **more: str) -> None:
    """Lay the tickets from `first` to `last`, each with its clock, promise and conversation; `more` as SQL."""
    key = f"{BASE} + n"
    numbered = {"id": key, "ticket_id": key}
    copy(Ticket, template.pk, (first, last), {"id": key, **_fields(), **more})
    copy(Clock, template.ticket_clocks.get().clock_id, (first, last), {"id": key})
    copy(TicketClock, template.ticket_clocks.get().pk, (first, last), {**numbered, "clock_id": key})
    copy(Milestone, Milestone.objects.get(clock__ticket_clock__ticket=template).pk, (first, last), _promise(key))
    for place, event in enumerate(template.events.select_related("message"), start=1):
        own = f"{place * 10 * BASE} + n"
        if event.message:
            copy(Message, event.message.pk, (first, last), {"id": own, "ticket_id": key})
        copy(
            TicketEvent,
            event.pk,
            (first, last),
            {"id": own, "ticket_id": key, "message_id": own if event.message else "NULL::bigint"},
        )
    with connection.cursor() as cursor:
        # As the autovacuum of a product that has run for a day leaves it.
        cursor.execute("VACUUM ANALYZE")


def _fields() -> dict[str, str]:
    """Return how the tickets differ: whose, about what, how they stand and when they are due."""
    agents = list(User.objects.filter(username__startswith="bench").values_list("pk", flat=True))
    teams = list(Team.objects.values_list("pk", flat=True))
    whose = f"{BASE} + 1 + mod(n * 13, {CUSTOMERS})"
    return {
        "number": "'S-' || n",
        "subject": f"'第 ' || n || ' 件：' || (ARRAY{SUBJECTS})[1 + mod(n, {len(SUBJECTS)})]",
        "customer_id": whose,
        "contact_id": whose,
        "status": f"""CASE WHEN NOT {IS_OPEN} THEN 'closed' WHEN {WAITS} THEN 'waiting_customer'
                      WHEN {RUNS} THEN 'new' ELSE 'open' END""",
        "assignee_id": f"""CASE WHEN {IS_OPEN} AND {RUNS} AND mod(n, 3) = 0 THEN NULL
                           ELSE (ARRAY{agents})[1 + mod(n, {AGENTS})] END""",
        "team_id": f"(ARRAY{teams})[1 + mod(n, {len(teams)})]",
        "next_due_at": f"CASE WHEN {IS_OPEN} AND {RUNS} THEN {DUE} END",
        "opened_at": "now() - interval '10 minutes' * n",
        "updated_at": "now() - interval '9 minutes' * n",
        "closed_at": f"CASE WHEN NOT {IS_OPEN} THEN now() - interval '9 minutes' * n END",
    }


def _promise(key: str) -> dict[str, str]:
    """Return how the promises differ: running where the ticket says so, kept elsewhere."""
    runs = f"{IS_OPEN} AND {RUNS}"
    return {
        "id": key,
        "clock_id": key,
        "state": f"CASE WHEN {runs} THEN 'running' ELSE 'met' END",
        "started_at": f"CASE WHEN {runs} THEN {DUE} - interval '5 hours' ELSE now() - interval '10 minutes' * n END",
        "due_at": f"CASE WHEN {runs} THEN {DUE} ELSE now() - interval '10 minutes' * n + interval '5 hours' END",
        "stopped_at": f"CASE WHEN NOT ({runs}) THEN now() - interval '9 minutes' * n END",
        "completed_at": f"CASE WHEN NOT ({runs}) THEN now() - interval '9 minutes' * n END",
        "next_step_at": f"CASE WHEN {runs} AND NOT {IS_LATE} THEN {DUE} END",
        "next_level": "CASE WHEN mod(n, 200) = 5 THEN 1 ELSE 0 END",
        "fired_through": "CASE WHEN mod(n, 200) = 5 THEN now() END",
    }
