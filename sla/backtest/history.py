"""Facts and stored verdicts of past clocks, read a slice at a time: plain columns, no objects of the ORM."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from sla.backtest.replay import Key, Outcome, standing
from sla.compiled import calendar_of
from sla.timeline import ActorKind, Fact, FactKind, Hold, Terms

# (key of a policy version, priority) → the terms that a fact brings under other rules.
Naming = Callable[[int, str], Terms]

# Clocks of a period that ever ran under one of some policy versions.
TOUCHED = """
clock.started_at >= %(since)s AND clock.started_at < %(until)s AND (clock.policy_id = ANY(%(touched)s) OR EXISTS (
  SELECT FROM sla_observation AS change WHERE change.clock_id = clock.id AND change.withdrawn_at IS NULL
    AND (change.fields ->> 'policy')::bigint = ANY(%(touched)s)))
AND (%(policy)s = '' OR clock.policy_id IN (SELECT id FROM sla_policy WHERE code = %(policy)s))
"""
# Instants come as text: to read one back so is ten times as fast as the way of the adapter.
CLOCKS = f"""
SELECT clock.id, clock.policy_id, clock.priority FROM sla_clock AS clock
WHERE clock.id BETWEEN %(first)s AND %(last)s AND {TOUCHED} ORDER BY clock.id
"""
OBSERVATIONS = """
SELECT clock_id, kind, at::text, actor_kind, id, nullif(fields, '{}')::text FROM sla_observation
WHERE clock_id = ANY(%(clocks)s) AND withdrawn_at IS NULL ORDER BY clock_id, at, id
"""
MILESTONES = """
SELECT clock_id, metric, number, state, due_at::text, calendar_version_id FROM sla_milestone
WHERE clock_id = ANY(%(clocks)s) ORDER BY clock_id, started_at, id
"""
KINDS = {str(kind): kind for kind in FactKind}
ACTORS = {str(kind): kind for kind in ActorKind}

# Clocks whose facts are in memory at once.
SLICE = 500

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One past clock as it is stored: its journal and its milestones, as rows of the statements above."""

    clock: int
    policy: int
    priority: str
    journal: Sequence[Row]
    milestones: Sequence[Row]


def read_clocks(**span: Any) -> Iterator[Past]:
    """Yield the clocks with keys from `first` to `last` that TOUCHED narrows to, a few hundred in memory at a time."""
    clocks = _rows(CLOCKS, span)
    for start in range(0, len(clocks), SLICE):
        yield from _slice(clocks[start : start + SLICE])


def _slice(clocks: Sequence[Row]) -> Iterator[Past]:
    keys = {"clocks": [pk for pk, _policy, _priority in clocks]}
    journals = {pk: list(rows) for pk, rows in groupby(_rows(OBSERVATIONS, keys), itemgetter(0))}
    milestones = {pk: list(rows) for pk, rows in groupby(_rows(MILESTONES, keys), itemgetter(0))}
    for pk, policy, priority in clocks:
        yield Past(pk, policy, priority, journals.get(pk, ()), milestones.get(pk, ()))


def _rows(statement: str, span: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, span)
        return cursor.fetchall()


def facts_of(past: Past, naming: Naming) -> list[Fact]:
    """Return the facts of a past clock, each that brought terms bringing those that `naming` gives instead."""
    return [_fact(row, naming) for row in past.journal]


def _fact(row: Row, naming: Naming) -> Fact:
    _clock, kind, at, actor, ref, fields = row
    if fields is None:
        return Fact(KINDS[kind], datetime.fromisoformat(at), ACTORS[actor], ref)
    hold, until, policy = read_fields(fields)
    terms = naming(*policy) if policy else None
    return Fact(KINDS[kind], datetime.fromisoformat(at), ACTORS[actor], ref, hold, until, terms)


def read_fields(text: str) -> tuple[Hold | None, datetime | None, tuple[int, str] | None]:
    """Return what a fact says besides: a hold, its agreed end, and the policy version and priority that it brings."""
    return _brought(text) if '"until"' not in text else _read(text)


@lru_cache(maxsize=4096)
def _brought(text: str) -> tuple[Hold | None, datetime | None, tuple[int, str] | None]:
    return _read(text)


def _read(text: str) -> tuple[Hold | None, datetime | None, tuple[int, str] | None]:
    fields = json.loads(text)
    until = datetime.fromisoformat(fields["until"]).astimezone(UTC) if fields.get("until") else None
    policy = (fields["policy"], fields["priority"]) if fields.get("policy") else None
    return Hold(fields["hold"]) if fields.get("hold") else None, until, policy


def stored_outcomes(past: Past, at: datetime) -> dict[Key, Outcome]:
    """Return the verdicts as they stand at `at`."""
    return {(row[1], row[2]): _outcome(row, at) for row in past.milestones}


def _outcome(row: Row, at: datetime) -> Outcome:
    _clock, _metric, _number, state, due, version = row
    due_at = datetime.fromisoformat(due) if due else None
    return Outcome(standing(state, due_at, at), due_at, calendar_of(version).calendar)
