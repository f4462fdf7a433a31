"""How a ticket goes on: it waits, is taken up again, solved, reopened, closed or merged, and its customer writes."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Contact, User
from sla.actors import SYSTEM, Actor
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind, Hold
from tickets.actions.ticket.standing import (
    check_agent,
    check_theirs,
    first_touch,
    heir,
    locked,
    said_in,
    to_work_on,
)
from tickets.answers import instant
from tickets.ledger import Entry, actor_of, record
from tickets.locking import lock_free
from tickets.models import Delivery, Status, Ticket, TicketEvent
from tickets.models.ticket import WAITING
from tickets.telling import notifications

Kind = TicketEvent.Kind

# An agreed date beyond it is a slip of the pen.
LONGEST_WAIT = timedelta(days=366)
LONGEST_REMARK = 400

log = structlog.get_logger(__name__)


@transaction.atomic
def wait(
    *, ticket: Ticket, wait_for: str, until: datetime | None, actor: User, at: datetime, remark: str = ""
) -> Ticket:
    """Wait for the customer or a third party; with `until`, for an agreed date, on which the work resumes itself.

    `remark` says why, for colleagues and for the proof of what it pauses; no customer reads it.
    """
    ticket = to_work_on(ticket, actor)
    _check_wait(wait_for, until, at, remark)
    hold = Hold.SCHEDULED if until else Hold(wait_for)
    ticket.status = Status.SCHEDULED if until else Status(f"waiting_{wait_for}")
    ticket.waiting_until = until
    fields = {"for": wait_for, "hold": hold.value} | ({"until": instant(until)} if until else {})
    if remark.strip():
        fields["remark"] = remark.strip()
    record(
        ticket,
        *first_touch(ticket, actor, at, status=ticket.status),
        Entry(Kind.WAITING, actor_of(actor), at, fields=fields),
    )
    return ticket


def _check_wait(wait_for: str, until: datetime | None, at: datetime, remark: str) -> None:
    """Refuse a wait that makes no sense."""
    if wait_for not in (Hold.CUSTOMER, Hold.THIRD_PARTY):
        raise ActionRefusedError("unknown_wait", _("只能等待客户（customer）或第三方（third_party）。"))
    if until and until <= at:
        raise ActionRefusedError("until_is_past", _("约定的时间必须在将来。"))
    if until and until > at + LONGEST_WAIT:
        raise ActionRefusedError("until_too_far", _("约定的时间最多可在一年之后。"))
    if len(remark.strip()) > LONGEST_REMARK:
        raise ActionRefusedError(
            "remark_too_long", _("等待的原因最多 %(n)s 字。") % {"n": LONGEST_REMARK}, ways_on=[_("其余写进内部备注。")]
        )


@transaction.atomic
def resume(*, ticket: Ticket, actor: User, at: datetime) -> Ticket:
    """Take the work up again."""
    ticket = to_work_on(ticket, actor)
    if ticket.status not in WAITING:
        raise ActionRefusedError("not_waiting", _("工单并未处于等待状态。"))
    record(ticket, _resumed(ticket, actor_of(actor), at))
    return ticket


@transaction.atomic
def resume_due(*, at: datetime, limit: int = 100) -> int:
    """Take up again what waited for an instant that has come; return how many. What somebody works on waits."""
    waited = Ticket.objects.due_to_resume(at)
    free = lock_free(set(waited.values_list("pk", flat=True)[:limit]))
    due = list(waited.filter(pk__in=free)) if free else []
    return sum(_resume_alone(ticket, at) for ticket in due)


def _resume_alone(ticket: Ticket, at: datetime) -> bool:
    """Take one ticket up again and tell whether that went well."""
    number = ticket.number
    try:
        with transaction.atomic():
            record(ticket, _resumed(ticket, SYSTEM, ticket.waiting_until or at))
    except Exception as error:  # noqa: BLE001  one poisoned row must not stop the others, nor the sweep
        log.error("resume_failed", ticket=number, error=f"{type(error).__name__}: {error}"[:400])
        return False
    return True


@transaction.atomic
def resolve(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Solve a ticket, with words for the customer where there are any; they are contact like any reply."""
    ticket = to_work_on(ticket, actor)
    entries = first_touch(ticket, actor, at)
    if body:
        entries.append(Entry(Kind.REPLY, actor_of(actor), at, said_in(ticket, body, actor, at)))
    ticket.status, ticket.resolved_at, ticket.waiting_until = Status.RESOLVED, at, None
    events = record(ticket, *entries, Entry(Kind.RESOLVED, actor_of(actor), at))
    notifications.queue(
        kind=Delivery.Kind.RESOLUTION, parent=events[-1], ticket=ticket, recipient=ticket.contact, at=at
    )
    return ticket


@transaction.atomic
def reopen(*, ticket: Ticket, body: str, actor: User | Contact, at: datetime) -> Ticket:
    """Take a solved or closed ticket up again; a customer may do so until it is closed."""
    ticket = locked(ticket)
    check_theirs(ticket, actor)
    who = actor_of(actor)
    if ticket.status == Status.MERGED:
        raise ActionRefusedError("ticket_merged", _("工单已并入 %s，请在那里继续。") % ticket.merged_into)
    if ticket.status not in (Status.RESOLVED, Status.CLOSED):
        raise ActionRefusedError("not_ended", _("工单尚未结束，无需重新打开。"))
    if ticket.status == Status.CLOSED and who.kind == ActorKind.CUSTOMER:
        raise ActionRefusedError("ticket_closed", _("工单已关闭。"), ways_on=[_("提交一张新工单，并写上原工单号。")])
    _reopen(ticket, body, actor, at)
    return ticket


@transaction.atomic
def close(*, ticket: Ticket, actor: User | Contact, at: datetime) -> Ticket:
    """End a ticket for good; a customer confirms a solved one."""
    ticket = locked(ticket)
    check_theirs(ticket, actor)
    who = actor_of(actor)
    if ticket.status in (Status.CLOSED, Status.MERGED):
        raise ActionRefusedError("ticket_ended", _("工单已经结束。"))
    if who.kind == ActorKind.CUSTOMER and ticket.status != Status.RESOLVED:
        raise ActionRefusedError(
            "not_resolved", _("工单解决之后才能确认关闭。"), ways_on=[_("留言告诉我们不再需要处理。")]
        )
    ticket.status, ticket.closed_at, ticket.waiting_until = Status.CLOSED, at, None
    record(ticket, Entry(Kind.CLOSED, who, at))
    return ticket


@transaction.atomic
def merge(*, ticket: Ticket, into: Ticket, actor: User, at: datetime) -> Ticket:
    """Join a ticket into another of the same customer: its clocks stop, and what comes to it goes there. Source: C37"""
    first, second = sorted((ticket, into), key=lambda one: one.pk)
    found = {one.pk: locked(one) for one in (first, second)}
    child, parent = found[ticket.pk], found[into.pk]
    check_agent(actor)
    _check_mergeable(child, parent)
    child.status, child.merged_into, child.closed_at, child.waiting_until = Status.MERGED, parent, at, None
    record(child, Entry(Kind.MERGED, actor_of(actor), at, fields={"into": parent.number}))
    record(parent, Entry(Kind.NOTE, actor_of(actor), at, fields={"merged_from": child.number}, is_public=False))
    return child


@transaction.atomic
def customer_message(*, ticket: Ticket, contact: Contact, body: str, at: datetime, channel: str = "") -> Ticket:
    """Add what the customer says; it ends a wait for them, and reopens what was solved. Source: C20, C37"""
    ticket = heir(ticket)
    check_theirs(ticket, contact)
    if ticket.status == Status.CLOSED:
        raise ActionRefusedError("ticket_closed", _("工单已关闭。"), ways_on=[_("提交一张新工单，并写上原工单号。")])
    if ticket.status == Status.RESOLVED:
        _reopen(ticket, body, contact, at)
        return ticket
    by = {"channel": channel} if channel else {}
    tell_owner(ticket, record(ticket, *customer_entries(ticket, contact, body, by, at))[0], at)
    return ticket


def customer_entries(ticket: Ticket, contact: Contact, body: str, fields: dict[str, Any], at: datetime) -> list[Entry]:
    """Return the line of a customer's words, and of the wait for them that it ends; call with the ticket locked."""
    entries = [Entry(Kind.CUSTOMER_MESSAGE, actor_of(contact), at, said_in(ticket, body, contact, at), fields)]
    if _waits_for_customer(ticket):
        entries.append(_resumed(ticket, actor_of(contact), at))
    return entries


def _check_mergeable(child: Ticket, parent: Ticket) -> None:
    if child.pk == parent.pk:
        raise ActionRefusedError("merge_into_itself", _("工单不能合并到自身。"))
    if child.customer_id != parent.customer_id:
        raise ActionRefusedError("merge_across_customers", _("只能合并同一客户的工单。"))
    if child.status == Status.MERGED or parent.is_ended:
        raise ActionRefusedError("ticket_ended", _("已结束的工单不能参与合并。"), ways_on=[_("先重新打开工单。")])


def _resumed(ticket: Ticket, actor: Actor, at: datetime) -> Entry:
    ticket.status, ticket.waiting_until = Status.OPEN, None
    return Entry(Kind.RESUMED, actor, at)


def _waits_for_customer(ticket: Ticket) -> bool:
    """Tell whether the customer's word ends the wait; an agreed date with a third party is not theirs to end."""
    if ticket.status != Status.SCHEDULED:
        return ticket.status == Status.WAITING_CUSTOMER
    last = ticket.events.filter(kind=Kind.WAITING).order_by("-number").first()
    return last is not None and last.fields.get("for") == Hold.CUSTOMER


def _reopen(ticket: Ticket, body: str, actor: User | Contact, at: datetime) -> None:
    ticket.status = Status.OPEN if ticket.assignee_id else Status.NEW
    ticket.resolved_at = ticket.closed_at = None
    who = actor_of(actor)
    entries = [Entry(Kind.REOPENED, who, at)]
    if body:
        kind = Kind.CUSTOMER_MESSAGE if who.kind == ActorKind.CUSTOMER else Kind.REPLY
        entries.append(Entry(kind, who, at, said_in(ticket, body, actor, at)))
    event = record(ticket, *entries)[-1]
    if who.kind == ActorKind.CUSTOMER:
        tell_owner(ticket, event, at)
    elif body:
        notifications.queue(kind=Delivery.Kind.REPLY, parent=event, ticket=ticket, recipient=ticket.contact, at=at)


def tell_owner(ticket: Ticket, event: TicketEvent, at: datetime) -> None:
    """Tell whoever works the ticket that its customer wrote."""
    if ticket.assignee:
        notifications.queue(
            kind=Delivery.Kind.CUSTOMER_MESSAGE, parent=event, ticket=ticket, recipient=ticket.assignee, at=at
        )
