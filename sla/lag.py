"""How fast the engine notices: from the instant at which a step came true to the instant at which it was fired."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Max

from sla.models import Escalation, Observation
from sla.timeline import FactKind

# A step cannot be noticed before what made it due was known: a ticket may reach us long after it was asked, terms may
# change to shorter ones, and what met a promise may be taken back when its time has long run out.
NOTICED = """
SELECT escalation.fired_at,
  extract(epoch FROM escalation.fired_at - least(escalation.fired_at, greatest(escalation.step_at, known.at))) AS late
FROM sla_escalation AS escalation
JOIN sla_milestone AS milestone ON milestone.id = escalation.milestone_id
CROSS JOIN LATERAL (
  SELECT greatest(
    max(recorded_at) FILTER (WHERE kind IN ('open', 'replan', 'reopen') AND recorded_at <= escalation.fired_at),
    max(withdrawn_at) FILTER (WHERE withdrawn_at <= escalation.fired_at)
  ) AS at
  FROM sla_observation AS heard WHERE heard.clock_id = milestone.clock_id
) AS known
WHERE escalation.fired_at >= %s AND escalation.fired_at < %s
"""
SHARES = "count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY late), max(late)"
IN_ALL = f"SELECT {SHARES} FROM ({NOTICED}) AS noticed"
BY_HOUR = f"SELECT date_trunc('hour', fired_at), {SHARES} FROM ({NOTICED}) AS noticed GROUP BY 1 ORDER BY 1"
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
        cursor.execute(IN_ALL, [since, until])
        return _lag(*cursor.fetchone())


def lag_by_hour(since: datetime, until: datetime) -> list[tuple[datetime, Lag]]:
    """Return the detection lag of each UTC hour of [since, until) in which a step fired, in order."""
    with connection.cursor() as cursor:
        cursor.execute(BY_HOUR, [since, until])
        return [(hour.astimezone(UTC), _lag(*figures)) for hour, *figures in cursor.fetchall()]


def _lag(steps: int, shares: list[float] | None, longest: float | None) -> Lag:
    if shares is None or longest is None:
        return Lag(steps, None, None, None, None)
    p50, p95, p99 = map(float, shares)
    return Lag(steps, p50, p95, p99, float(longest))


def turned_at(escalation: Escalation) -> list[datetime]:
    """Return when a step's clock last went over to other terms or began again, and when a fact was last taken back."""
    heard = Observation.objects.filter(clock=escalation.milestone.clock_id)
    terms = heard.filter(kind__in=(FactKind.REPLAN, FactKind.REOPEN), at__lte=escalation.fired_at)
    taken_back = heard.filter(withdrawn_at__lte=escalation.fired_at)
    found = [terms.aggregate(last=Max("at"))["last"], taken_back.aggregate(last=Max("withdrawn_at"))["last"]]
    return [at for at in found if at]


def waiting_since(at: datetime) -> timedelta:
    """Return for how long the oldest step that is due has waited to be fired; zero if none waits."""
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, [at])
        (oldest,) = cursor.fetchone()
    return at - oldest if oldest else timedelta()
