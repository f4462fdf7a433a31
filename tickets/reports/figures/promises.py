"""How promised times were kept: each run judged once, by the deadline that holds, in the span in which it was settled.

Kept: done by its deadline. Missed: not done by then, whatever came later. Called off before it: counts neither way.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F

from plans.models import Contract
from sla.compiled import calendar_of
from sla.models import Milestone, Target
from sla.models.policies import Metric
from sla.wording import budget
from tickets.models import TicketClock
from tickets.reports.figures.flow import rows
from tickets.reports.shape import MonthKept, Promise, Words
from tickets.reports.span import Span
from tickets.reports.wording import both

SETTLED = """
CASE
  WHEN run.completed_at IS NOT NULL AND (run.due_at IS NULL OR run.completed_at <= run.due_at) THEN run.completed_at
  WHEN run.due_at IS NOT NULL AND (run.stopped_at IS NULL OR run.stopped_at > run.due_at) THEN run.due_at
  ELSE run.stopped_at
END
"""
# What is timed within a team is the house's own and in no report.
RUNS = f"""
WITH run AS (
  SELECT run.*, target.promise, {SETTLED} AS settled_at
  FROM sla_milestone AS run
  JOIN tickets_ticketclock AS timed ON timed.clock_id = run.clock_id AND timed.part <> 'team'
  JOIN tickets_ticket AS ticket ON ticket.id = timed.ticket_id
  JOIN sla_target AS target ON target.id = run.target_id
  WHERE ticket.contract_id = ANY(%(contracts)s) AND run.started_at < %(until)s
), judged AS (
  SELECT run.*, CASE
    WHEN settled_at >= %(until)s OR settled_at IS NULL THEN CASE WHEN EXISTS (
        SELECT 1 FROM jsonb_array_elements(run.pauses) AS pause
        WHERE (pause->>'start')::timestamptz <= %(until)s
          AND (pause->>'end' IS NULL OR (pause->>'end')::timestamptz > %(until)s)
      ) THEN 'paused' ELSE 'running' END
    WHEN completed_at IS NOT NULL AND completed_at = settled_at THEN 'kept'
    WHEN due_at IS NOT NULL AND due_at = settled_at AND (stopped_at IS NULL OR stopped_at > due_at)
      THEN CASE WHEN stopped_at IS NULL OR stopped_at >= %(until)s THEN 'missed_open' ELSE 'missed' END
    WHEN EXISTS (
        SELECT 1 FROM sla_observation AS fact
        WHERE fact.clock_id = run.clock_id AND fact.kind = 'resolve' AND fact.at = run.stopped_at
          AND fact.withdrawn_at IS NULL
      ) THEN 'cancelled_by_resolve'
    ELSE 'cancelled_otherwise'
  END AS verdict
  FROM run WHERE settled_at >= %(start)s OR settled_at IS NULL
)
SELECT metric, promise, target_id, verdict,
  CASE WHEN settled_at < %(until)s THEN to_char(settled_at AT TIME ZONE %(zone)s, 'YYYY-MM') ELSE '' END,
  count(*), count(*) FILTER (WHERE is_provisional)
FROM judged GROUP BY 1, 2, 3, 4, 5
"""
MISSED = ("missed", "missed_open")
ORDER = list(Metric)
# As many promised times as are named beside a promise that has several.
NAMED = 3

Key = tuple[str, str]  # metric, promise


@dataclass(slots=True)
class _Tally:
    """What one promise came to while it is being counted."""

    verdicts: Counter[str] = field(default_factory=Counter)
    months: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    targets: Counter[int] = field(default_factory=Counter)
    provisional: int = 0


def kept(
    contracts: Iterable[Contract], starts_at: datetime, ends_at: datetime, *, with_times: bool = True
) -> tuple[Promise, ...]:
    """Return how each promise of contracts was kept over [starts_at, ends_at), months by the first one's zone.

    Without times, which take a look at each run, median and 90th percentile are None.
    """
    found = list(contracts)
    if not found:
        return ()
    span = Span(tuple(one.pk for one in found), found[0].timezone, starts_at, ends_at)
    return kept_over(span, with_times=with_times)


def kept_over(span: Span, previous: Span | None = None, *, with_times: bool = True) -> tuple[Promise, ...]:
    """Return how each promise was kept over a span, beside its share over the one before."""
    tallies = _tallies(span)
    targets = Target.objects.in_bulk([pk for tally in tallies.values() for pk in tally.targets])
    shares = {} if previous is None else {key: _share(tally.verdicts) for key, tally in _tallies(previous).items()}
    took = _times(span) if with_times else {}
    found = [_promise(key, tally, targets, span, took.get(key)) for key, tally in tallies.items()]
    ordered = sorted(found, key=lambda one: (ORDER.index(Metric(one.metric)), one.promise))
    return tuple(replace(one, previous_share=shares.get((one.metric, one.promise))) for one in ordered)


def _tallies(span: Span) -> dict[Key, _Tally]:
    tallies: dict[Key, _Tally] = defaultdict(_Tally)
    for metric, promise, target, verdict, month, count, provisional in rows(RUNS, span):
        tally = tallies[metric, promise]
        tally.verdicts[verdict] += count
        tally.targets[target] += count
        tally.provisional += provisional
        tally.months[month]["missed" if verdict in MISSED else verdict] += count
    return tallies


def _promise(key: Key, tally: _Tally, targets: Mapping[int, Target], span: Span, took: "array[int] | None") -> Promise:
    metric, promise = key
    said = tally.verdicts
    ranked = [targets[pk] for pk, _count in tally.targets.most_common()]
    return Promise(
        metric=metric, label=both(lambda: Metric(metric).label), promise=promise,
        clause=Words(ranked[0].clause, ranked[0].clause_en or ranked[0].clause), target=_budgets(ranked),
        all=said.total(), kept=said["kept"], missed=said["missed"] + said["missed_open"],
        missed_open=said["missed_open"], running=said["running"], paused=said["paused"],
        cancelled_by_resolve=said["cancelled_by_resolve"], cancelled_otherwise=said["cancelled_otherwise"],
        share=_share(said), previous_share=None, median=percentile(took, 0.5), p90=percentile(took, 0.9),
        provisional=tally.provisional, months=tuple(_month(month, tally) for month in span.months),
    )  # fmt: skip


def _budgets(targets: Iterable[Target]) -> Words:
    """Return the promised times in words, the most frequent first."""
    said = dict.fromkeys(both(partial(budget, one.amount, one.unit)) for one in targets)
    named = list(said)[:NAMED]
    more = "…" if len(said) > NAMED else ""
    return Words("、".join(one.zh for one in named) + more, ", ".join(one.en for one in named) + more)


def _share(said: Mapping[str, int]) -> float | None:
    """Return kept of kept and missed; None where there is nothing to judge: nothing is never all."""
    missed = sum(said.get(verdict, 0) for verdict in MISSED)
    judged = said.get("kept", 0) + missed
    return round(said.get("kept", 0) / judged, 4) if judged else None


def _month(month: str, tally: _Tally) -> MonthKept:
    said = tally.months.get(month, Counter())
    return MonthKept(month, said["kept"], said["missed"], _share(said))


def _times(span: Span) -> dict[Key, "array[int]"]:
    """Return the open time that each promise took when it was done within a span, in seconds, in order.

    Read as a stream: however many there are, only one number of each is held.
    """
    took: dict[Key, array[int]] = defaultdict(lambda: array("l"))
    done = Milestone.objects.filter(
        clock__ticket_clock__ticket__contract__in=span.contracts,
        completed_at__gte=span.start, completed_at__lt=span.until,
    ).exclude(clock__ticket_clock__part=TicketClock.Part.TEAM)  # fmt: skip
    columns = ("metric", "promise", "calendar_version_id", "started_at", "completed_at", "pauses")
    wanted: Any = done.order_by().annotate(promise=F("target__promise")).values_list(*columns)
    for metric, promise, version, started_at, completed_at, pauses in wanted.iterator(chunk_size=5000):
        spent = _open_time(version, started_at, completed_at, pauses)
        took[metric, promise].append(int(spent.total_seconds()))
    return {key: array("l", sorted(found)) for key, found in took.items()}


def _open_time(version: int, start: datetime, end: datetime, pauses: Iterable[Mapping[str, str]]) -> timedelta:
    calendar = calendar_of(version).calendar
    spent = calendar.elapsed(start, end)
    for pause in pauses:
        if pause["end"]:
            spent -= calendar.elapsed(datetime.fromisoformat(pause["start"]), datetime.fromisoformat(pause["end"]))
    return spent


def percentile(ordered: "array[int] | None", share: float) -> int | None:
    """Return the value below which a share of ordered numbers lies, between two of them by their distance."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
