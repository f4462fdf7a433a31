"""The history of an imported ticket as lines of a ledger, each at its own time and by who did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plans.models import Contact
from sla.actors import BOT, SYSTEM, Actor
from sla.timeline import ActorKind, Hold
from tickets.actions.importing.ground import Ground
from tickets.actions.importing.understanding import Understood
from tickets.importing.mapping import LEAVE_OUT
from tickets.importing.records import Attached, Person, Said, Side, Turn
from tickets.ledger import Entry, actor_of
from tickets.models import Message, Status, Ticket, TicketEvent

Kind = TicketEvent.Kind
WAITS = {Status.WAITING_CUSTOMER: Hold.CUSTOMER, Status.WAITING_THIRD_PARTY: Hold.THIRD_PARTY}
ENDS = {Status.RESOLVED: Kind.RESOLVED, Status.CLOSED: Kind.CLOSED}
# A letter without words, or with a picture alone.
WORDLESS = "…"


@dataclass
class Written:
    """Lines on their way into a ledger, with the files of each message and where the ticket stands after them."""

    status: str = Status.NEW
    entries: list[Entry] = field(default_factory=list)
    files: list[tuple[Message, Sequence[Attached]]] = field(default_factory=list)
    resolved_at: datetime | None = None
    closed_at: datetime | None = None


def lines_of(one: Understood, ground: Ground) -> Written:
    """Return the whole history of a ticket."""
    past = one.past
    opener, *rest = _opening_first(past.said)
    written = Written()
    _say(written, opener, one, ground, kind=Kind.OPENED, fields=_origin(one))
    _go_through(written, rest, past.turns, one, ground)
    _stand(written, one, ground)
    return written


def further_lines(one: Understood, ground: Ground, seen: set[str], ticket: Ticket, *, moves: bool) -> Written:
    """Return what came since a ticket was taken in last; where it stands changes only if `moves`."""
    past = one.past
    written = Written(ticket.status, resolved_at=ticket.resolved_at, closed_at=ticket.closed_at)
    said = [part for part in past.said if part.id not in seen]
    turns = [part for part in past.turns if part.id not in seen] if moves else []
    _go_through(written, said, turns, one, ground)
    if moves:
        _stand(written, one, ground)
    return written


def parts_of(one: Understood) -> list[str]:
    """Return the ids of everything that a ticket's history holds."""
    return [*(part.id for part in one.past.said), *(part.id for part in one.past.turns)]


def _opening_first(said: Sequence[Said]) -> Sequence[Said]:
    """Return what was said with the words that opened the ticket first: the first that the customer may read."""
    opener = next((part for part in said if part.is_public), said[0])
    return [opener, *(part for part in said if part is not opener)]


def _origin(one: Understood) -> dict[str, Any]:
    past = one.past
    said = {"channel": one.channel, "imported": past.number or past.id}
    return {**said, "tags": list(past.tags)} if past.tags else said


def _go_through(written: Written, said: Sequence[Said], turns: Sequence[Turn], one: Understood, ground: Ground) -> None:
    """Write words and turns in the order in which they happened; words come before a turn of the same instant."""
    happened: list[Said | Turn] = sorted([*said, *turns], key=lambda part: (part.at, isinstance(part, Turn)))
    for part in happened:
        if isinstance(part, Turn):
            status = ground.mapped.status.get(part.status)
            if status and status != LEAVE_OUT:
                _turn(written, status, part.at, _actor(part.author, ground))
        else:
            _say(written, part, one, ground, kind=_kind(part), fields={"answered": True} if part.is_call else {})


def _kind(part: Said) -> TicketEvent.Kind:
    """Return what sort of line words are."""
    if not part.is_public:
        return Kind.NOTE
    if part.author.side is Side.SYSTEM:
        return Kind.BOT_REPLY
    if part.author.side is Side.CUSTOMER:
        return Kind.CUSTOMER_MESSAGE
    return Kind.CALL if part.is_call else Kind.REPLY


def _say(
    written: Written, part: Said, one: Understood, ground: Ground, *, kind: TicketEvent.Kind, fields: Mapping[str, Any]
) -> None:
    contact = _contact(part.author, one, ground)
    actor = actor_of(contact) if contact else _actor(part.author, ground)
    user = ground.agent_of(part.author)
    message = Message(
        author_kind=actor.kind,
        author_id=user.pk if user else contact.user_id if contact else None,
        contact=contact,
        author_display=actor.display[:120],
        body=part.body.strip() or WORDLESS,
        is_public=part.is_public,
        at=part.at,
    )
    written.entries.append(Entry(kind, actor, part.at, message, dict(fields), is_public=part.is_public))
    if part.files:
        written.files.append((message, part.files))


def _contact(person: Person, one: Understood, ground: Ground) -> Contact | None:
    """Return the contact who wrote: only one of the ticket's own customer."""
    if person.side is not Side.CUSTOMER:
        return None
    if person.id == one.past.requester.id:
        return one.contact
    found = ground.contact_of(person)
    return found if found and found.customer_id == one.customer.pk else None


def _actor(person: Person | None, ground: Ground) -> Actor:
    """Return somebody as the ledger names them: one of us with a reference, anybody else by name alone."""
    if person is None:
        return SYSTEM
    if person.side is Side.SYSTEM:
        return Actor(BOT.kind, "", person.name)
    user = ground.agent_of(person)
    if user:
        return actor_of(user)
    return Actor(ActorKind.AGENT if person.side is Side.AGENT else ActorKind.CUSTOMER, "", person.name[:120])


def _turn(written: Written, status: str, at: datetime, actor: Actor) -> None:
    """Write that a ticket came to stand otherwise, if it did."""
    before, now = Status(written.status), Status(status)
    if before == now:
        return
    written.status = now
    if now in WAITS:
        fields = {"for": str(WAITS[now]), "hold": str(WAITS[now])}
        written.entries.append(Entry(Kind.WAITING, actor, at, fields=fields))
    elif now in ENDS:
        written.entries.append(Entry(ENDS[now], actor, at))
    elif before in ENDS:
        written.entries.append(Entry(Kind.REOPENED, actor, at))
    elif before in WAITS:
        written.entries.append(Entry(Kind.RESUMED, actor, at))
    written.resolved_at = at if now == Status.RESOLVED else written.resolved_at if now in ENDS else None
    written.closed_at = at if now == Status.CLOSED else None


def _stand(written: Written, one: Understood, ground: Ground) -> None:
    """Write the last turn, where the turns do not tell how the ticket came to stand as it does."""
    past = one.past
    last = written.entries[-1].at if written.entries else past.opened_at
    at = max(past.ended_at or past.updated_at, last) if one.status in ENDS else max(past.updated_at, last)
    _turn(written, one.status, at, _actor(past.assignee, ground))
