"""One batch of an import: each ticket is opened, brought up to date, left as it is, or left out with the reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, OperationalError, transaction
from django.utils.translation import gettext as _

from plans.actions.contacts import keep_former
from plans.coverage import cover
from plans.quotas.words import in_both
from tickets import transcribing
from tickets.actions.deciding import keep
from tickets.actions.importing.files import Opened, keep_files, look_at
from tickets.actions.importing.following import follow_names, stands_otherwise
from tickets.actions.importing.ground import Ground, ground_for
from tickets.actions.importing.lines import Written, further_lines, lines_of, parts_of
from tickets.actions.importing.understanding import LeftOutError, Understood, understood
from tickets.actions.opening import team_of
from tickets.actions.ticket.standing import locked
from tickets.importing.mapping import FROM_IMPORT, FROM_SUBMISSION, Mapped
from tickets.importing.records import Past, Problem
from tickets.ledger import Entry, record
from tickets.models import ImportedTicket, ImportRun, ImportSource, Message, Ticket, TicketEvent
from tickets.models.decisions import Outcome
from tickets.models.ticket import ENDED
from tickets.telling.notifications import keep_silent


@dataclass
class Taken:
    """What a batch came to."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def add(self, other: "Taken | Opened") -> None:
        """Add what a part of it came to."""
        self.counts.update(other.counts)
        self.problems += other.problems


@dataclass(frozen=True, slots=True)
class Terms:
    """What every batch of a run goes by."""

    run: ImportRun
    mapped: Mapped
    at: datetime

    @property
    def folder(self) -> Path | None:
        """Return where files of attachments lie."""
        return Path(self.run.attachments_at) if self.run.attachments_at else None


def take(pasts: Sequence[Past], terms: Terms) -> Taken:
    """Take tickets in and return what came of them. Call inside atomic.

    One that the database will not have is left out alone. Raises OperationalError where the database itself fails.
    """
    try:
        with transaction.atomic():
            keep_silent()
            return _taken(pasts, terms)
    except OperationalError:
        raise
    except (DatabaseError, ValueError, LookupError) as error:
        if len(pasts) > 1:
            taken = Taken()
            for past in pasts:
                taken.add(take([past], terms))
            return taken
        problem = Problem("not_saved", pasts[0].where, pasts[0].id, "", type(error).__name__)
        return Taken(Counter(left_out=1), [problem])


def _taken(pasts: Sequence[Past], terms: Terms) -> Taken:
    ground, taken = ground_for(pasts, terms.mapped), Taken()
    new, changed = _sorted(pasts, ground, terms, taken)
    taken.counts.update(opened=len(new), changed=len(changed), contacts=len(ground.newcomers))
    if terms.run.is_dry_run:
        _look(taken, [*new, *changed], ground, terms)
        return taken
    keep_former(people=ground.newcomers)
    _open(taken, new, ground, terms)
    for one in changed:
        _bring_up(taken, one, ground, terms)
    return taken


def _sorted(
    pasts: Sequence[Past], ground: Ground, terms: Terms, taken: Taken
) -> tuple[list[Understood], list[Understood]]:
    """Return tickets that are new and tickets that changed; what is neither is counted, with why it is left out."""
    new: list[Understood] = []
    changed: list[Understood] = []
    for past in pasts:
        known = ground.seen.get(past.id)
        is_same = known is not None and known.digest == past.digest
        if known and is_same and known.mapping_digest == terms.run.mapping_digest:
            taken.counts["unchanged"] += 1
            continue
        try:
            one = understood(past, ground, terms.at)
        except LeftOutError as reason:
            taken.counts["left_out"] += 1
            taken.problems += [reason.problem] if reason.problem else []
            continue
        if known and is_same and not stands_otherwise(known, one):
            taken.counts["unchanged"] += 1
        else:
            (changed if known else new).append(one)
    return new, changed


def _look(taken: Taken, found: Sequence[Understood], ground: Ground, terms: Terms) -> None:
    """Count what tickets would bring, and write nothing."""
    for one in found:
        known = ground.seen.get(one.past.id)
        seen = set(known.seen) if known else set()
        said = [part for part in one.past.said if part.id not in seen]
        _count(taken, [part.is_public for part in said])
        taken.add(look_at(one.past, terms.folder))


def _count(taken: Taken, public: Sequence[bool]) -> None:
    taken.counts.update(messages=len(public), internal=public.count(False))


def _open(taken: Taken, new: Sequence[Understood], ground: Ground, terms: Terms) -> None:
    """Open new tickets with their whole past."""
    if not new:
        return
    written = [lines_of(one, ground) for one in new]
    numbers = transcribing.next_numbers([one.past.opened_at for one in new])
    tickets = [_ticket(one, number, lines, ground) for one, number, lines in zip(new, numbers, written, strict=True)]
    pairs = [(ticket, lines.entries) for ticket, lines in zip(tickets, written, strict=True)]
    ledgers = transcribing.write_down(pairs)
    ImportedTicket.objects.bulk_create(
        _imported(one, ticket, terms) for one, ticket in zip(new, tickets, strict=True)
    )  # fmt: skip
    for one, ticket, lines in zip(new, tickets, written, strict=True):
        _count(taken, [entry.is_public for entry in lines.entries if entry.message])
        taken.add(keep_files(lines.files, one.past, terms.folder))
        _time(taken, one, ticket, ledgers[ticket.pk], terms)


def _ticket(one: Understood, number: str, written: Written, ground: Ground) -> Ticket:
    # Long because a ticket keeps everything that was asked.
    past = one.past
    owner = ground.agent_of(past.assignee)
    ticket = Ticket(
        number=number,
        customer=one.customer,
        contact=one.contact,
        contract=one.contract,
        product=one.product,
        channel=one.channel,
        category=one.category,
        priority=one.priority,
        status=written.status,
        subject=past.subject or _("（无主题）"),
        language=one.contact.reads,
        assignee=owner if owner and (owner.is_active or written.status in ENDED) else None,
        team_id=(owner.team_id if owner else None) or team_of(one.contract),
        opened_at=past.opened_at,
        resolved_at=written.resolved_at,
        closed_at=written.closed_at,
        outcome=Outcome.COVERED,
        plan_rank=one.contract.plan.rank,
    )
    source = ImportSource(ground.mapped.source).label
    words = in_both(lambda: _("从 %(source)s 导入的历史工单，没有按服务范围判断。") % {"source": source})
    ticket.reason, ticket.reason_en = words
    return ticket


def _imported(one: Understood, ticket: Ticket, terms: Terms) -> ImportedTicket:
    past = one.past
    return ImportedTicket(
        source=terms.mapped.source, account=terms.mapped.account, source_id=past.id, number=past.number, ticket=ticket,
        run=terms.run, digest=past.digest, seen=parts_of(one), line=ticket.event_count, tags=list(past.tags),
        fields=dict(past.fields), imported_at=terms.at,
    )  # fmt: skip


def _time(taken: Taken, one: Understood, ticket: Ticket, lines: Sequence[TicketEvent], terms: Terms) -> None:
    """Start the clock of a ticket where the mapping asks for one and the plan of then times it."""
    wanted = terms.mapped.judges if ticket.is_ended else terms.mapped.times_open in (FROM_IMPORT, FROM_SUBMISSION)
    if not wanted:
        return
    is_from_now = not ticket.is_ended and terms.mapped.times_open == FROM_IMPORT
    asked_at = terms.at if is_from_now else one.past.opened_at
    decision = cover(
        one.contact, one.contract, None, one.product, "", one.category, one.channel, asked_at, priority=one.priority
    )
    if not decision.is_open or decision.contract is None or decision.policy is None:
        taken.counts["not_timed"] += 1
        return
    keep(ticket, decision, decision.contract)
    ticket.save(update_fields=DECIDED)
    start = transcribing.take_up if is_from_now else transcribing.judge
    start(ticket, lines, decision.policy, terms.at)
    taken.counts["clocks"] += 1


DECIDED = (
    "outcome", "promise", "clause", "clause_en", "reason", "reason_en", "ways_on", "ways_on_en", "plan_rank",
)  # fmt: skip


def _bring_up(taken: Taken, one: Understood, ground: Ground, terms: Terms) -> None:
    """Append what came since; where somebody here has worked on the ticket, it stands as they left it."""
    row = ground.seen[one.past.id]
    ticket = locked(row.ticket)
    is_untouched = ticket.event_count == row.line
    written = further_lines(one, ground, set(row.seen), ticket, moves=is_untouched)
    if not is_untouched and one.status != ticket.status:
        taken.problems.append(Problem("standing_kept", one.past.where, one.past.id, "status", one.past.status))
    if written.entries:
        _append(ticket, written)
    if is_untouched:
        follow_names(ticket, one, terms.mapped.source, terms.at)
    _count(taken, [entry.is_public for entry in written.entries if entry.message])
    taken.add(keep_files(written.files, one.past, terms.folder))
    row.run, row.digest, row.imported_at = terms.run, one.past.digest, terms.at
    row.seen = list(dict.fromkeys([*row.seen, *parts_of(one)]))
    row.line = ticket.event_count if is_untouched else row.line
    row.tags, row.fields = list(one.past.tags), dict(one.past.fields)
    row.save(update_fields=["run", "digest", "seen", "line", "tags", "fields", "imported_at"])


def _append(ticket: Ticket, written: Written) -> None:
    """Write further lines; a clock that was started since hears of nothing that lies before it."""
    started_at = min(
        (timed.clock.started_at for timed in ticket.ticket_clocks.select_related("clock")), default=ticket.opened_at
    )
    for entry in written.entries:
        if entry.message:
            entry.message.ticket = ticket
    Message.objects.bulk_create([entry.message for entry in written.entries if entry.message])
    ticket.status, ticket.resolved_at, ticket.closed_at = written.status, written.resolved_at, written.closed_at
    record(ticket, *(_not_before(entry, started_at) for entry in written.entries))


def _not_before(entry: Entry, started_at: datetime) -> Entry:
    return replace(entry, at=max(entry.at, started_at))
