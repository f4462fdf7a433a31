"""What comes together is told together: in a storm of steps the letters to one reader wait for each other."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from tickets.models import Delivery

Kind = Delivery.Kind

# Letters to members of staff about what goes on; to one of them, those of a kind that wait together are one mail.
ALERTS = (
    Kind.BREACH,
    Kind.WARNING,
    Kind.DEADLINE_MOVED,
    Kind.REASSIGNED,
    Kind.SIDE_TASK,
    Kind.CUSTOMER_MESSAGE,
    Kind.BULLETIN,
    Kind.OWED_LATE,
    Kind.OWED_SOON,
    Kind.TALK_LATE,
    Kind.TALK_SOON,
)
# More steps than this within a minute are a storm. Source: C30
STORM = 10
AHEAD = timedelta(seconds=60)
# A minute of steps, and the time that the last of them may take to be noticed and acted on.
GATHERING = AHEAD + timedelta(seconds=15)

# Each counts what is still to come, and looks no further than a storm needs. An unfinished recompute counts for one.
STEPS_TO_COME = """
(SELECT count(*) FROM (SELECT 1 FROM sla_milestone WHERE next_step_at < %(ahead)s LIMIT %(storm)s) AS due)
+ (SELECT count(*) FROM (SELECT 1 FROM sla_escalation WHERE state = 'pending' LIMIT %(storm)s) AS pending)
"""
MOVES_TO_COME = """
(SELECT count(*) FROM (SELECT 1 FROM sla_duemove WHERE acted_at IS NULL LIMIT %(storm)s) AS moves)
+ (SELECT %(storm)s * count(*) FROM (SELECT 1 FROM sla_recompute WHERE finished_at IS NULL LIMIT 1) AS unfinished)
"""
GATHERED = """
(SELECT count(*) FROM (SELECT 1 FROM tickets_delivery WHERE state = 'queued' AND kind = %(kind)s
 AND not_before > %(at)s AND not_before <= %(until)s LIMIT %(storm)s) AS gathered)
"""
TO_COME = {
    Kind.BREACH: STEPS_TO_COME,
    Kind.WARNING: STEPS_TO_COME,
    Kind.OWED_LATE: STEPS_TO_COME,
    Kind.OWED_SOON: STEPS_TO_COME,
    Kind.TALK_LATE: STEPS_TO_COME,
    Kind.TALK_SOON: STEPS_TO_COME,
    Kind.REASSIGNED: STEPS_TO_COME,
    Kind.SIDE_TASK: STEPS_TO_COME,
    Kind.DEADLINE_MOVED: MOVES_TO_COME,
}
# When the letters that a reader waits for anyway are to go: those that come now go with them.
JOINED = """
SELECT reader.address, reader.kind, (
    SELECT min(waiting.not_before) FROM tickets_delivery AS waiting
    WHERE waiting.state = 'queued' AND waiting.carried_by_id IS NULL AND waiting.address = reader.address
      AND waiting.kind = reader.kind AND waiting.channel = 'email' AND waiting.rendered IS NULL
      AND waiting.not_before > %s AND waiting.not_before <= %s)
FROM unnest(%s::text[], %s::text[]) AS reader (address, kind)
"""


def gather(rows: Sequence[Delivery], at: datetime) -> None:
    """Have those of these new letters that may go at once wait for those that are still to come, if many are."""
    ready = [row for row in rows if row.kind in TO_COME and row.channel == "email" and row.not_before <= at]
    if not ready:
        return
    stormy = {kind for kind in {row.kind for row in ready} if is_storm(Kind(kind), at)}
    joined = _joined({(row.address, str(row.kind)) for row in ready}, at)
    for row in ready:
        gathered_until = joined.get((row.address, str(row.kind)))
        row.not_before = gathered_until or (at + GATHERING if row.kind in stormy else at)


def is_storm(kind: Delivery.Kind, at: datetime) -> bool:
    """Tell whether many letters of a kind come together: steps due within a minute, and letters that wait already."""
    asked: dict[str, Any] = {
        "ahead": at + AHEAD,
        "at": at,
        "until": at + GATHERING,
        "kind": str(kind),
        "storm": STORM + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {TO_COME[kind]} + {GATHERED}", asked)
        return bool(cursor.fetchone()[0] > STORM)


def _joined(readers: Iterable[tuple[str, str]], at: datetime) -> dict[tuple[str, str], datetime]:
    addresses, kinds = zip(*readers, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(JOINED, [at, at + GATHERING, list(addresses), list(kinds)])
        return {(address, kind): until for address, kind, until in cursor.fetchall() if until}


def alike(rows: Iterable[Delivery]) -> list[list[Delivery]]:
    """Return letters as they travel together: a reader's by kind, and all of them where one waited by their wish."""
    by_reader: dict[tuple[str, int | None], list[Delivery]] = defaultdict(list)
    for row in rows:
        by_reader[row.address, row.contact_id].append(row)
    return [together for theirs in by_reader.values() for together in _together(theirs)]


def _together(rows: list[Delivery]) -> Collection[list[Delivery]]:
    if any(row.not_before - row.queued_at > GATHERING for row in rows):
        return [rows]
    by_kind: dict[str, list[Delivery]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    return by_kind.values()
