"""A deadline that a changed rule moved reaches its ticket: a line in the ledger, and word to whom it harms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plans.models import Contact, User
from sla.actors import SYSTEM, Actor
from sla.batching import BACKOFF, in_batches
from sla.models import DueMove, Recompute
from sla.timeline import ActorKind
from tickets.answers import NOTICEABLE, instant
from tickets.ledger import Entry, note_all
from tickets.locking import lock_free
from tickets.models import Delivery, Ticket, TicketClock, TicketEvent
from tickets.telling.notifications import Notice, queue_many
from tickets.telling.roles import owner_of

Verdict = DueMove.Verdict

# Nobody is disturbed by what changes nothing for them, or changes it a little for the better.
WORSE_FOR_OWNER = (Verdict.LATER, Verdict.MUCH_EARLIER)
RELATED = ("milestone", "recompute__notice", "from_version", "to_version")


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a ticket's ledger tells: moves of one cause, either all for the customer to read or none."""

    ticket: Ticket
    moves: Sequence[DueMove]
    is_public: bool

    @property
    def readers(self) -> list[User | Contact]:
        """Return who is told: the customer of a later promise, the owner of a much earlier one, too. Source: Y17

        Of a promise that was kept meanwhile, or a ticket that has ended, nobody is told any more.
        """
        verdicts = {move.verdict for move in self.moves if _is_news(move)} if not self.ticket.is_ended else set()
        readers: list[User | Contact] = []
        if self.is_public and Verdict.LATER in verdicts:
            readers.append(self.ticket.contact)
        if verdicts & set(WORSE_FOR_OWNER):
            readers += owner_of(self.ticket)
        return readers

    def entry(self, at: datetime) -> Entry:
        """Return the line as the ledger keeps it."""
        change = self.moves[0].recompute
        moves = [_fields(move) for move in self.moves]
        fields: dict[str, Any] = {"cause": change.cause, "cause_en": change.cause_en, "moves": moves}
        if change.notice:
            fields |= {"source": change.notice.source, "source_en": change.notice.source_en}
        if change.kind == Recompute.Kind.POLICY:
            fields["policy"] = change.code
        return Entry(TicketEvent.Kind.DEADLINE_MOVED, _actor(change), at, fields=fields, is_public=self.is_public)


def _is_news(move: DueMove) -> bool:
    """Tell whether a promise is still to be kept, or was ended by the very change, and reads otherwise than before."""
    row, old, new = move.milestone, move.old_due_at, move.new_due_at
    if old and new and abs(new - old) < NOTICEABLE:
        return False
    return row.completed_at is None and (row.stopped_at is None or move.new_due_at is None)


def _actor(change: Recompute) -> Actor:
    """Return who changed the rule that moved a deadline; the system where nobody is named."""
    if not change.actor_ref:
        return SYSTEM
    return Actor(ActorKind(change.actor_kind), change.actor_ref, change.actor_display)


def tell_moves(*, limit: int = 100, later_than: timedelta = timedelta()) -> int:
    """Write down up to `limit` moved deadlines, tell of them, and return how many were claimed.

    One transaction claims, writes and queues the mails. A ticket that somebody is editing waits for the next pass; a
    move that raises is put off, and given up after the last try.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _tell, _put_off)


def _claim(before: datetime, limit: int) -> list[DueMove]:
    """Lock moves with their tickets, milestones before tickets, and with them all that wait for the same tickets."""
    pending = DueMove.objects.pending(before).filter(milestone__clock__ticket_clock__isnull=False)
    locked = pending.select_for_update(skip_locked=True, of=("self", "milestone")).select_related(*RELATED)
    rows = list(locked[:limit])
    ticket_of = dict(_ticket_of(rows))
    ours = lock_free(set(ticket_of.values()))
    return [row for row in rows if ticket_of[row.milestone.clock_id] in ours]


def _ticket_of(rows: Iterable[DueMove]) -> Iterable[tuple[int, int]]:
    timed = TicketClock.objects.filter(clock__in={row.milestone.clock_id for row in rows})
    return timed.values_list("clock_id", "ticket_id")


def _tell(rows: list[DueMove], now: datetime) -> None:
    lines = _lines(rows)
    events = note_all([(line.ticket, line.entry(now)) for line in lines])
    for row in rows:
        row.acted_at, row.error = now, ""
    DueMove.objects.bulk_update(rows, ["acted_at", "error"])
    queue_many(
        (
            Notice(Delivery.Kind.DEADLINE_MOVED, event, line.ticket, reader)
            for line, event in zip(lines, events, strict=True)
            for reader in line.readers
        ),
        at=now,
    )


def _lines(rows: Sequence[DueMove]) -> list[Line]:
    """Return the lines that moves come to, those of one ticket and cause in one."""
    timed = TicketClock.objects.filter(clock__in={row.milestone.clock_id for row in rows})
    parts = {clock.clock_id: clock for clock in timed}
    related = ("contact__customer", "contract", "assignee", "team__lead")
    tickets = Ticket.objects.select_related(*related).in_bulk({part.ticket_id for part in parts.values()})
    together: dict[tuple[int, str, int | None, bool], list[DueMove]] = {}
    for row in rows:
        part = parts[row.milestone.clock_id]
        is_public = part.part != TicketClock.Part.TEAM and row.verdict != Verdict.HELD
        key = (part.ticket_id, row.recompute.cause, row.recompute.notice_id, is_public)
        together.setdefault(key, []).append(row)
    return [Line(tickets[key[0]], moves, is_public=key[3]) for key, moves in together.items()]


def _fields(move: DueMove) -> dict[str, Any]:
    said = {
        "metric": move.milestone.metric,
        "number": move.milestone.number,
        "old_due_at": instant(move.old_due_at),
        "new_due_at": instant(move.new_due_at),
        "verdict": move.verdict,
        "calendar": move.to_version.code,
        "from_version": move.from_version.version,
        "to_version": move.to_version.version,
    }
    is_paused = move.new_due_at is None and move.milestone.stopped_at is None
    return said | ({"undid_breach": True} if move.undid_breach else {}) | ({"paused": True} if is_paused else {})


def _put_off(row: DueMove, now: datetime, error: str) -> None:
    """Leave a move that raised alone for a while; after the last try nobody is told, and the error stays on it."""
    row.attempts += 1
    is_hopeless = row.attempts > len(BACKOFF)
    row.acted_at = now if is_hopeless else None
    row.retry_at = now if is_hopeless else now + BACKOFF[row.attempts - 1]
    row.error = error
    row.save(update_fields=["attempts", "retry_at", "acted_at", "error"])
