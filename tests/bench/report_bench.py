"""How long a yearly report of one customer takes, at ten thousand tickets and at a hundred thousand, and its memory."""

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from plans.models import Contact
from plans.report_kinds import shipped_kinds
from sla.models import Clock, Milestone
from tests.bench.database import database
from tests.faults.rows import BASE, copy
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Message, Ticket, TicketClock, TicketEvent
from tickets.reports.composing import Wanted, compose
from tickets.reports.shape import Report, from_json, to_json
from tickets.showing.report.paper import report_pdf

FEW, MANY = 10_000, 100_000
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
AT = datetime(2027, 1, 4, tzinfo=UTC)
PEOPLE = 300
CHANNELS = ["portal", "hotline", "im", "email", "in_product"]
CATEGORIES = ["how_to", "fault", "data_environment", "requirement"]
MODULES = ["总账", "应付", "应收", "固定资产", "存货", "采购", "销售", "薪酬", "报表", "审批流"]
SUBJECTS = ["月末结账报错", "凭证断号", "报表取数慢", "审批流卡住", "打印模板错位", "接口超时", "单据无法审核"]
# Nine in ten problems are one of a few hundred, told in other words; the rest are told once.
SUBJECT = f"""CASE WHEN mod(n, 10) = 0 THEN md5(n::text)
  ELSE (ARRAY{SUBJECTS})[1 + mod(n, {len(SUBJECTS)})] || '，' || (ARRAY{MODULES})[1 + mod(n / 7, {len(MODULES)})]
       || ' 单据 ' || n END"""
# One year's tickets come evenly; the count stands in `many`.
OPENED = "timestamptz '2026-01-01 00:00+08' + interval '31535000 seconds' * (n::float / {many})"
COUNTED = "SELECT count(*) FROM tickets_ticket WHERE contract_id = %s"
BARE = """
    SELECT date_trunc('month', event.at), event.kind, count(*) FROM tickets_ticketevent AS event
    JOIN tickets_ticket AS ticket ON ticket.id = event.ticket_id WHERE ticket.contract_id = %s GROUP BY 1, 2
"""


def run() -> list[dict[str, Any]]:
    """Return the time of a report at both sizes beside one bare count of its events, and what memory it took."""
    with database():
        world = World()
        template = _template(world)
        _seed(template, (1, FEW), FEW)
        few, bare_few, small_peak, _report = _measured(world)
        _seed(template, (FEW + 1, MANY), MANY)
        many, bare_many, peak, report = _measured(world)
        began = time.perf_counter()
        size = len(report_pdf(report, reference="R-2026-000001", words="", language="zh-hans"))
        printed = time.perf_counter() - began
    return [
        row(f"a year's report, {FEW:,} tickets", few, "s", ("bare count of its events", bare_few), None),
        row(f"a year's report, {MANY:,} tickets", many, "s", ("bare count of its events", bare_many), "<= 10 s"),
        row(f"memory beside it, {MANY:,} tickets", peak, "MB", (f"at {FEW:,}", max(small_peak, 1.0)), "bounded"),
        row("its print", printed, "s", ("figures", many), None),
        row("its file", size / 1000, "kB", ("JSON", _length(report) / 1000), None),
    ]


def _length(report: Report) -> int:
    return len(str(to_json(report)))


def _measured(world: World) -> tuple[float, float, float, Report]:
    """Return the seconds of a report, of a bare count, the megabytes that the report added, and the report."""
    contract = world.kingdee.contract
    kind = shipped_kinds()["service"]
    wanted = Wanted(contract, kind, FIRST, LAST, contract.entitlements.get(item__service="service_report"))
    # From here on the peak counts anew.
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    began = time.perf_counter()
    report = compose(wanted, AT)
    spent = time.perf_counter() - began
    peak = _resident() - before
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(BARE, [contract.pk])
        cursor.fetchall()
        bare = time.perf_counter() - began
        cursor.execute(COUNTED, [contract.pk])
        (count,) = cursor.fetchone()
    assert report.tickets.opened == count, (report.tickets.opened, count)
    assert from_json(to_json(report)) == report
    return spent, bare, peak, report


def _resident(line: str = "VmHWM") -> float:
    """Return a line of this process's memory in megabytes: the most it had since the last reset, or what it has."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{line}:")[1].split()[0]) / 1024


def _template(world: World) -> Ticket:
    """Return a ticket that was answered and solved, and the customer's people whose its copies are."""
    at = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
    ticket = world.open_ticket("月末结账报错", at=at, side=world.kingdee, category="how_to")
    actions.accept(ticket=ticket, actor=world.agent, at=at)
    actions.reply(ticket=ticket, body="请先检查未审核的凭证。", actor=world.agent, at=at)
    actions.customer_message(ticket=ticket, contact=world.kingdee.contact, body="好了，谢谢。", at=at)
    actions.resolve(ticket=ticket, body="", actor=world.agent, at=at)
    own = {
        "id": f"{BASE} + n",
        "user_id": "NULL::bigint",
        "external_id": "'b' || n",
        "email": "'b' || n || '@b.example'",
    }
    copy(Contact, ticket.contact_id, PEOPLE, {**own, "phone": "''"})
    return ticket


def _seed(template: Ticket, numbers: tuple[int, int], many: int) -> None:
    """Lay tickets over a year, each with its clock, promise and conversation, all of one customer."""
    key, opened = f"{BASE} + n", OPENED.format(many=many)
    copy(Ticket, template.pk, numbers, {
        "id": key, "number": "'B-' || lpad(n::text, 6, '0')", "opened_at": opened, "subject": SUBJECT,
        "contact_id": f"{BASE} + 1 + mod(n, {PEOPLE})", "channel": _one_of(CHANNELS), "category": _one_of(CATEGORIES),
        "module": _one_of(MODULES), "resolved_at": f"{opened} + interval '3 hours'",
    })  # fmt: skip
    clock = template.ticket_clocks.get()
    copy(Clock, clock.clock_id, numbers, {"id": key, "started_at": opened})
    copy(TicketClock, clock.pk, numbers, {"id": key, "ticket_id": key, "clock_id": key})
    first = Milestone.objects.filter(clock=clock.clock_id, metric="first_response").get()
    answered = f"{opened} + interval '1 hour' * (1 + mod(n, 40))"
    copy(Milestone, first.pk, numbers, {
        "id": key, "clock_id": key, "started_at": opened, "due_at": f"{opened} + interval '20 hours'",
        "completed_at": answered, "stopped_at": answered, "met_by_id": "NULL::bigint",
    })  # fmt: skip
    for place, event in enumerate(template.events.select_related("message"), start=1):
        own = f"{place * 10 * BASE} + n"
        if event.message:
            copy(Message, event.message.pk, numbers, {"id": own, "ticket_id": key})
        at = f"{opened} + interval '{place - 1} hours'"
        link = own if event.message else "NULL::bigint"
        copy(TicketEvent, event.pk, numbers, {"id": own, "ticket_id": key, "message_id": link, "at": at})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _one_of(words: list[str]) -> str:
    return f"(ARRAY{words})[1 + mod(n, {len(words)})]"


def row(name: str, value: float, unit: str, beside: tuple[str, float], target: str | None) -> dict[str, Any]:
    """Return one line of the table."""
    what, figure = beside
    return {
        "name": name, "value": value, "unit": unit, "beside": what, "beside_value": figure, "ratio": value / figure,
        "target": target,
    }  # fmt: skip
