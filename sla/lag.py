"""How fast the engine notices: from the instant at which a step came true to the instant at which it was fired."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

# A step cannot be noticed before what made it due was known: a ticket may reach us long after it was asked.
NOTICED = """
SELECT count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY late), max(late)
FROM (
  SELECT extract(epoch FROM escalation.fired_at - least(escalation.fired_at, greatest(escalation.step_at, known.at)))
    AS late
  FROM sla_escalation AS escalation
  JOIN sla_milestone AS milestone ON milestone.id = escalation.milestone_id
  CROSS JOIN LATERAL (
    SELECT max(recorded_at) AS at FROM sla_observation AS heard
    WHERE heard.clock_id = milestone.clock_id AND heard.kind IN ('open', 'replan', 'reopen')
      AND heard.recorded_at <= escalation.fired_at
  ) AS known
  WHERE escalation.fired_at >= %s AND escalation.fired_at < %s
) AS noticed
"""
OVERDUE = "SELECT min(next_step_at) FROM sla_milestone WHERE next_step_at < %s"


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from due to fired that half, 95 and 99 of a hundred steps did not exceed; None where none fired."""

    steps: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


def lag_between(since: datetime, until: datetime) -> Lag:
    """Return the detection lag of the steps fired in [since, until)."""
    with connection.cursor() as cursor:
        cursor.execute(NOTICED, [since, until])
        steps, shares, longest = cursor.fetchone()
    p50, p95, p99 = (float(share) for share in shares) if shares else (None, None, None)
    return Lag(steps, p50, p95, p99, None if longest is None else float(longest))


def waiting_since(at: datetime) -> timedelta:
    """Return for how long the oldest step that is due has waited to be fired; zero if none waits."""
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, [at])
        (oldest,) = cursor.fetchone()
    return at - oldest if oldest else timedelta()
