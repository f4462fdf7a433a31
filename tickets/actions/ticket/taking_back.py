"""Take back what was said or done by mistake, and show a note to the customer or hide it again. Source: C21"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Team, User
from sla.refusals import ActionRefusedError
from tickets.actions.ticket.standing import check_agent, first_touch, locked, to_work_on
from tickets.answers import instant
from tickets.ledger import Entry, actor_of, record, withdraw
from tickets.models import Delivery, Message, Status, Ticket, TicketEvent
from tickets.revocable import is_publishable, is_revocable, may_revoke
from tickets.telling import notifications

Kind = TicketEvent.Kind
OWNING = (Kind.ACCEPTED, Kind.ASSIGNED)


@transaction.atomic
def retract(*, ticket: Ticket, event: int, actor: User, at: datetime) -> Ticket:
    """Take back the ledger's line of that number: the clocks forget it, its words stay for agents only.

    Mail that went out is not unsent; what still waits is withheld. Raises ActionRefusedError.
    """
    ticket = locked(ticket)
    line = _line(ticket, event)
    _check_revocable(ticket, line, actor, at)
    if line.message:
        Message.objects.filter(pk=line.message.pk).update(retracted_at=at)
    if line.kind == Kind.ACCEPTED:
        _give_back(ticket, line)
    _undo(ticket, line, actor, at, is_public=line.kind != Kind.NOTE)
    return ticket


@transaction.atomic
def publish(*, ticket: Ticket, event: int, actor: User, at: datetime) -> Ticket:
    """Show the internal note of that number to the customer; from now on it counts as the reply it is. Source: C21"""
    ticket = to_work_on(ticket, actor)
    line = _line(ticket, event)
    if not is_publishable(line):
        raise ActionRefusedError("not_a_note", _("第 %(n)s 条不是可以公开的内部备注。") % {"n": event})
    _show(line, is_public=True)
    shown = Entry(Kind.PUBLISHED, actor_of(actor), at, line.message, {"event": line.number})
    events = record(ticket, *first_touch(ticket, actor, at), shown)
    notifications.queue(kind=Delivery.Kind.REPLY, parent=events[-1], ticket=ticket, recipient=ticket.contact, at=at)
    return ticket


@transaction.atomic
def unpublish(*, ticket: Ticket, event: int, actor: User, at: datetime) -> Ticket:
    """Hide a note, or what showed it, from the customer again; what that met is owed again. Source: C21"""
    ticket = locked(ticket)
    line = _line(ticket, event)
    note = _line(ticket, line.fields["event"]) if line.kind == Kind.PUBLISHED else line
    shown = _publication(ticket, note)
    if shown is None:
        raise ActionRefusedError("not_published", _("第 %(n)s 条没有公开。") % {"n": event})
    _check_theirs_to_revoke(shown, actor, at)
    _show(note, is_public=False)
    _undo(ticket, shown, actor, at, is_public=True)
    return ticket


def _line(ticket: Ticket, number: int) -> TicketEvent:
    line = ticket.events.select_related("message").filter(number=number).first()
    if line is None:
        raise ActionRefusedError("unknown_event", _("台账里没有第 %(n)s 条。") % {"n": number})
    return line


def _check_revocable(ticket: Ticket, line: TicketEvent, actor: User, at: datetime) -> None:
    if not is_revocable(line) or _was_taken_back(ticket, line) or _is_shown(line):
        raise ActionRefusedError(
            "not_revocable",
            _("第 %(n)s 条不能撤回。") % {"n": line.number},
            ways_on=[_("能撤回的是回复、进展、电话、接单和备注；解决或关闭可以重新打开，公开的备注先取消公开。")],
        )
    _check_theirs_to_revoke(line, actor, at)


def _check_theirs_to_revoke(line: TicketEvent, actor: User, at: datetime) -> None:
    check_agent(actor)
    if not may_revoke(line, actor, at):
        raise ActionRefusedError(
            "not_yours", _("只能撤回自己 24 小时内写的。"), ways_on=[_("请组长或经理撤回。"), _("或再回复一条更正。")]
        )


def _was_taken_back(ticket: Ticket, line: TicketEvent) -> bool:
    return ticket.events.filter(kind=Kind.RETRACTED, fields__event=line.number).exists()


def _is_shown(line: TicketEvent) -> bool:
    """Tell whether a line is a note that the customer sees now: hiding it comes first."""
    return bool(line.kind == Kind.NOTE and line.message and line.message.is_public)


def _publication(ticket: Ticket, note: TicketEvent) -> TicketEvent | None:
    """Return the line that showed a note, unless it was hidden since."""
    if not _is_shown(note):
        return None
    return ticket.events.filter(kind=Kind.PUBLISHED, fields__event=note.number).order_by("-number").first()


def _show(note: TicketEvent, *, is_public: bool) -> None:
    Message.objects.filter(events=note).update(is_public=is_public)


def _undo(ticket: Ticket, line: TicketEvent, actor: User, at: datetime, *, is_public: bool) -> None:
    """Have the clocks forget a line, keep back its mail, and write down what is owed again."""
    sent = notifications.take_back(event=line, at=at)
    said: dict[str, Any] = {"event": line.number, "kind": line.kind, "said_at": instant(line.at)}
    said |= {"mailed": True} if sent else {}
    withdraw(ticket, line, Entry(Kind.RETRACTED, actor_of(actor), at, fields=said, is_public=is_public))


def _give_back(ticket: Ticket, accepted: TicketEvent) -> None:
    """Undo what taking a ticket on made of it, unless somebody has taken it over since."""
    if ticket.is_ended or _owner_before(ticket, ticket.event_count + 1) != accepted:
        return
    before = _owner_before(ticket, accepted.number)
    ticket.assignee = _owner_of(before) if before else None
    if "from_team" in accepted.fields:
        ticket.team = Team.objects.filter(code=accepted.fields["from_team"]).first()
    if ticket.assignee is None and ticket.status == Status.OPEN:
        ticket.status = Status.NEW


def _owner_before(ticket: Ticket, number: int) -> TicketEvent | None:
    """Return the last line before that number that made somebody the owner and was not taken back."""
    lines = ticket.events.filter(kind__in=OWNING).order_by("-number")
    undone = ticket.events.filter(kind=Kind.RETRACTED, fields__kind=Kind.ACCEPTED)
    gone = [fields["event"] for fields in undone.values_list("fields", flat=True)]
    return lines.exclude(number__in=gone).filter(number__lt=number).first()


def _owner_of(line: TicketEvent) -> User | None:
    ref = line.fields.get("to_ref", "") if line.kind == Kind.ASSIGNED else line.actor_ref
    key = ref.rpartition(":")[2]
    is_person = ref.startswith("user:") and key.isdecimal()
    return User.objects.filter(pk=key, is_active=True).first() if is_person else None
