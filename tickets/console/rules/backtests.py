"""Backtests: how far they are, what they came to, and the tickets behind each figure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.wording import name_of
from sla.backtest.replay import VERDICTS, Verdict
from sla.backtest.report import Move, Report, Row, report_of
from sla.backtest.running import MOST_CHANGES, stop_backtest
from sla.models import Backtest, BacktestChange, Policy
from sla.models.policies import Metric
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.people import people, person_named
from tickets.console.views import shown
from tickets.models import Priority, Ticket
from tickets.showing.charts import Bar, bar, heat
from tickets.showing.spreadsheet import csv_lines
from tickets.showing.verdict_words import VERDICT_NAMES, state_name

SUBJECT = "backtests"
PAGE = 50
UNFINISHED = (Backtest.State.WAITING, Backtest.State.RUNNING)
# States of each verdict, as the rows of changes keep them.
STATES: dict[str, list[str]] = {
    str(verdict): [state for state, meant in VERDICTS.items() if meant is verdict] if verdict else [""]
    for verdict in Verdict
}


@require_safe
@readers_only
def backtest_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the backtests, the last begun first."""
    page = Paginator(Backtest.objects.defer("text", "ground"), PAGE).get_page(request.GET.get("page"))
    named = people(backtest.requested_by for backtest in page)
    rows = [{"backtest": backtest, "by": named[backtest.requested_by]} for backtest in page]
    return rules_page(request, reader, (SUBJECT, "console/rules/backtests.html"), {"page": page, "rows": rows})


@require_safe
@readers_only
def backtest_page(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show a backtest: its progress, and once it is done its report; to a refresh, only the progress."""
    backtest = get_object_or_404(Backtest.objects.select_related("draft"), pk=pk)
    by = person_named(backtest.requested_by)
    context = {"backtest": backtest, "by": by, "progress": progress(backtest, reader)}
    if request.headers.get("HX-Request"):
        return shown(request, "console/rules/_backtest_progress.html", context)
    if backtest.state == Backtest.State.DONE:
        context |= {**figures(report_of(backtest)), **listing(backtest, request, reader)}
    return rules_page(request, reader, (SUBJECT, "console/rules/backtest.html"), context)


def progress(backtest: Backtest, reader: Reader) -> dict[str, Any]:
    """Return how far a backtest is, and how long the rest may take at the pace so far."""
    spent = reader.at - backtest.created_at
    left = spent * ((backtest.total - backtest.done) / backtest.done) if backtest.done else None
    return {
        "is_running": backtest.state in UNFINISHED,
        "percent": 100 * backtest.done // backtest.total if backtest.total else 0,
        "left": left,
        "url": reverse("console:rules:backtest", args=[backtest.pk]),
    }


@dataclass(frozen=True, slots=True)
class Compared:
    """Two bars beside each other, under a name in one or two parts."""

    name: str
    part: str
    before: Bar
    after: Bar


@dataclass(frozen=True, slots=True)
class Went:
    """How many promises went from one verdict to another, and where they are listed."""

    move: Move
    metric: str
    before: str
    after: str
    key: str

    @property
    def is_worse(self) -> bool:
        return self.move.after is Verdict.MISSED

    @property
    def is_better(self) -> bool:
        return self.move.before is Verdict.MISSED


def figures(report: Report) -> dict[str, Any]:
    """Return the figures of a report, drawn."""
    names = {row.code: name_of(row) for row in Policy.objects.current()}
    weeks = {side: report.week(side) for side in ("before", "after")}
    most = max((count for week in weeks.values() for day in week for count in day), default=0)
    return {
        "report": report,
        "metrics": [_compared(row, {}) for row in report.metrics],
        "policies": [_compared(row, names) for row in report.policies],
        "priorities": [_compared(row, dict(Priority.choices)) for row in sorted(report.priorities, key=_rank)],
        "went": [_went(move) for move in report.moves],
        "heats": [(side, heat(weeks[key], most)) for key, side in (("before", _("现行")), ("after", _("按草案")))],
        "most_changes": MOST_CHANGES,
    }


def _rank(row: Row) -> tuple[int, tuple[str, ...]]:
    """Order rows by priority, the most urgent first."""
    return -Priority.values.index(row.name[0]) if row.name[0] in Priority.values else 1, tuple(row.name)


def _compared(row: Row, names: dict[str, Any]) -> Compared:
    *first, metric = row.name
    metric_name = str(Metric(metric).label)
    name = str(names.get(first[0], first[0] or _("未指定"))) if first else metric_name
    return Compared(name, metric_name if first else "", bar(row.before), bar(row.after))


def _went(move: Move) -> Went:
    key = f"{move.metric}.{move.before or 'none'}.{move.after or 'none'}"
    before, after = (str(VERDICT_NAMES[side]) for side in (move.before, move.after))
    return Went(move, str(Metric(move.metric).label), before, after, key)


def listing(backtest: Backtest, request: HttpRequest, reader: Reader) -> dict[str, Any]:
    """Return one page of the tickets whose verdict changes, of one move or of all."""
    key = request.GET.get("move", "")
    page: Page[Any] = Paginator(moved(backtest, key), PAGE).get_page(request.GET.get("page"))
    return {"page": page, "changes": told(page.object_list, reader), "move": key}


def moved(backtest: Backtest, key: str) -> QuerySet[BacktestChange]:
    """Return the changes that went as a key such as "first_response.kept.missed" says; all where it says nothing."""
    rows = backtest.changes.order_by("clock", "metric", "number")
    metric, *verdicts = key.split(".")
    if metric not in Metric.values or len(verdicts) != 2:
        return rows
    before, after = (STATES.get("" if one == "none" else one, []) for one in verdicts)
    return rows.filter(metric=metric, before__in=before, after__in=after)


@dataclass(frozen=True, slots=True)
class Told:
    """One change with its ticket, for those who may see it."""

    change: BacktestChange
    ticket: Ticket | None

    @property
    def metric(self) -> str:
        return str(Metric(self.change.metric).label)

    @property
    def before(self) -> str:
        return state_name(self.change.before)

    @property
    def after(self) -> str:
        return state_name(self.change.after)

    @property
    def is_worse(self) -> bool:
        return self.change.after in STATES[Verdict.MISSED]


def told(changes: Iterable[BacktestChange], reader: Reader) -> list[Told]:
    """Return changes with their tickets, in one query; one that the reader may not see stays without."""
    rows = list(changes)
    seen = Ticket.objects.visible_to(reader.user).filter(ticket_clocks__clock__in=[row.clock_id for row in rows])
    tickets = seen.annotate(timed_by=F("ticket_clocks__clock")).select_related("customer")
    by_clock = {ticket.timed_by: ticket for ticket in tickets}
    return [Told(row, by_clock.get(row.clock_id)) for row in rows]


@require_safe
@readers_only
def backtest_csv(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Answer with every listed change as a file for spreadsheets."""
    backtest = get_object_or_404(Backtest, pk=pk)
    lines = "".join(csv_lines(_table(backtest, reader)))
    answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="backtest-{backtest.pk}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _table(backtest: Backtest, reader: Reader) -> Iterator[Sequence[object]]:
    yield [
        _("工单号"), _("客户"), _("主题"), _("承诺"), _("第几次"),
        _("现行结论"), _("按草案"), _("现行到期"), _("草案到期"),
    ]  # fmt: skip
    rows = backtest.changes.order_by("clock", "metric", "number").iterator(chunk_size=500)
    while batch := list(islice(rows, 500)):
        for one in told(batch, reader):
            yield _row(one)


def _row(one: Told) -> Sequence[object]:
    ticket, change = one.ticket, one.change
    dues = [
        localtime(due).isoformat(timespec="minutes") if due else "" for due in (change.old_due_at, change.new_due_at)
    ]
    what = [ticket.number, name_of(ticket.customer), ticket.subject] if ticket else ["", "", ""]
    return [*what, one.metric, change.number, one.before, one.after, *dues]


def _instant(at: datetime | None) -> str:
    return localtime(at).isoformat(timespec="minutes") if at else ""


@require_POST
@writers_only
def backtest_stop(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Stop a backtest that nobody waits for any more."""
    stop_backtest(backtest=get_object_or_404(Backtest, pk=pk), at=reader.at)
    messages.success(request, _("回测已停止。"))
    return redirect("console:rules:backtest", pk)


urlpatterns = [
    path("backtests/", backtest_list, name="backtests"),
    path("backtests/<int:pk>/", backtest_page, name="backtest"),
    path("backtests/<int:pk>/changes.csv", backtest_csv, name="backtest_csv"),
    path("backtests/<int:pk>/stop/", backtest_stop, name="backtest_stop"),
]
