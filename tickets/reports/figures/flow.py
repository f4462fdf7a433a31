"""How many tickets came, went and stayed, month by month."""

from collections import Counter
from typing import Any

from django.db import connection

from tickets.reports.shape import Month
from tickets.reports.span import Span

# What was merged into another ticket by the end of the span is counted there alone.
STANDING = "NOT (ticket.status = 'merged' AND ticket.closed_at < %(until)s)"
# A turn is what opens a ticket, ends it, or opens it again; closing what was solved already is none.
TURNS = f"""
WITH line AS (
  SELECT event.at, event.kind, lag(event.kind) OVER (PARTITION BY event.ticket_id ORDER BY event.number) AS former
  FROM tickets_ticketevent AS event JOIN tickets_ticket AS ticket ON ticket.id = event.ticket_id
  WHERE ticket.contract_id = ANY(%(contracts)s) AND event.at < %(until)s AND {STANDING}
    AND event.kind IN ('opened', 'resolved', 'closed', 'reopened')
), turn AS (
  SELECT at, CASE
    WHEN kind = 'opened' THEN 'opened'
    WHEN kind = 'reopened' AND former IN ('resolved', 'closed') THEN 'reopened'
    WHEN kind IN ('resolved', 'closed') AND (former IS NULL OR former IN ('opened', 'reopened')) THEN 'resolved'
  END AS what FROM line
)
SELECT CASE WHEN at < %(start)s THEN '' ELSE to_char(at AT TIME ZONE %(zone)s, 'YYYY-MM') END, what, count(*)
FROM turn WHERE what IS NOT NULL GROUP BY 1, 2
"""
ASIDE = f"""
SELECT count(*) FILTER (WHERE NOT {STANDING}),
  count(*) FILTER (WHERE {STANDING} AND NOT EXISTS (
    SELECT 1 FROM tickets_ticketclock AS timed WHERE timed.ticket_id = ticket.id AND timed.part <> 'team'
  ))
FROM tickets_ticket AS ticket
WHERE ticket.contract_id = ANY(%(contracts)s) AND ticket.opened_at >= %(start)s AND ticket.opened_at < %(until)s
"""


def flow(span: Span) -> tuple[int, list[Month]]:
    """Return how many were open at the start of a span, and its months; each month goes on from the one before."""
    turns: Counter[tuple[str, str]] = Counter({(month, what): count for month, what, count in rows(TURNS, span)})
    open_now = start = turns["", "opened"] + turns["", "reopened"] - turns["", "resolved"]
    months = []
    for month in span.months:
        opened, resolved, reopened = (turns[month, what] for what in ("opened", "resolved", "reopened"))
        open_now += opened + reopened - resolved
        months.append(Month(month, opened, resolved, reopened, open_now))
    return start, months


def aside(span: Span) -> tuple[int, int]:
    """Return how many of those sent in were merged into others, and how many of the rest nothing is timed for."""
    [(merged, untimed)] = rows(ASIDE, span)
    return merged, untimed


def rows(sql: str, span: Span) -> list[tuple[Any, ...]]:
    """Return what a question about a span is answered with."""
    with connection.cursor() as cursor:
        cursor.execute(sql, span.parameters)
        return cursor.fetchall()
