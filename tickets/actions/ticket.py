"""What people do with a ticket. Each function locks it, checks, changes and records in one transaction."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Contact, User
from sla.actors import BOT, SYSTEM, Actor
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind, Hold
from tickets import notifications
from tickets.answers import instant
from tickets.ledger import Entry, actor_of, record, replan
from tickets.locking import lock_free
from tickets.models import Delivery, Message, Priority, Status, Ticket, TicketEvent
from tickets.models.ticket import ENDED, WAITING

Kind = TicketEvent.Kind

# An agreed date beyond it is a slip of the pen.
LONGEST_WAIT = timedelta(days=366)

log = structlog.get_logger(__name__)


def locked(ticket: Ticket) -> Ticket:
    """Lock a ticket's milestones, then the ticket, and return it as it is now. Everybody locks in this order."""
    milestones = Milestone.objects.filter(clock__ticket_clock__ticket=ticket).order_by("pk")
    list(milestones.select_for_update(of=("self",)).values_list("pk"))
    related = Ticket.objects.select_related("contact__customer", "contract", "assignee", "team")
    return related.select_for_update(of=("self",)).get(pk=ticket.pk)


@transaction.atomic
def accept(*, ticket: Ticket, actor: User, at: datetime) -> Ticket:
    """Take a ticket on. Source: Y18"""
    ticket = _to_work_on(ticket, actor)
    if ticket.assignee_id == actor.pk:
        raise ActionRefusedError("already_accepted", _("您已经接了这张工单。"))
    record(ticket, _taken_on(ticket, actor, at))
    return ticket


@transaction.atomic
def assign(*, ticket: Ticket, to: User, actor: User, at: datetime) -> Ticket:
    """Give a ticket to a colleague, whose team it then belongs to. Source: Y18"""
    ticket = _to_work_on(ticket, actor)
    _check_can_own(to)
    _hand_to(ticket, to)
    events = record(
        ticket, Entry(Kind.ASSIGNED, actor_of(actor), at, fields={"to": str(to), "to_ref": f"user:{to.pk}"})
    )
    if to != actor:
        notifications.queue(kind=Delivery.Kind.REASSIGNED, parent=events[0], ticket=ticket, recipient=to, at=at)
    return ticket


@transaction.atomic
def progress(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Tell the customer how far the work is. Source: Y18"""
    ticket = _to_work_on(ticket, actor)
    _say_to_customer(ticket, Kind.PROGRESS, body, actor, at)
    return ticket


@transaction.atomic
def reply(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Answer the customer: human contact in writing. Source: K02"""
    ticket = _to_work_on(ticket, actor)
    _say_to_customer(ticket, Kind.REPLY, body, actor, at)
    return ticket


@transaction.atomic
def note(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Leave an internal note, which no customer sees and no clock hears."""
    ticket = locked(ticket)
    _check_agent(actor)
    message = _message(ticket, body, actor, at, is_public=False)
    record(ticket, Entry(Kind.NOTE, actor_of(actor), at, message, is_public=False))
    return ticket


@transaction.atomic
def log_call(*, ticket: Ticket, body: str, answered: bool, actor: User, at: datetime) -> Ticket:
    """Write a phone call into the ticket; only one that was answered is contact. Source: Y18, K02"""
    ticket = _to_work_on(ticket, actor)
    message = _message(ticket, body, actor, at)
    call = Entry(Kind.CALL, actor_of(actor), at, message, {"answered": answered})
    record(ticket, *_first_touch(ticket, actor, at), call)
    return ticket


@transaction.atomic
def wait(*, ticket: Ticket, wait_for: str, until: datetime | None, actor: User, at: datetime) -> Ticket:
    """Wait for the customer or a third party; with `until`, for an agreed date, on which the work resumes itself."""
    ticket = _to_work_on(ticket, actor)
    if wait_for not in (Hold.CUSTOMER, Hold.THIRD_PARTY):
        raise ActionRefusedError("unknown_wait", _("只能等待客户(customer)或第三方(third_party)。"))
    if until and until <= at:
        raise ActionRefusedError("until_is_past", _("约定的时间必须在将来。"))
    if until and until > at + LONGEST_WAIT:
        raise ActionRefusedError("until_too_far", _("约定的时间最多可在一年之后。"))
    hold = Hold.SCHEDULED if until else Hold(wait_for)
    ticket.status = Status.SCHEDULED if until else Status(f"waiting_{wait_for}")
    ticket.waiting_until = until
    fields = {"for": wait_for, "hold": hold.value} | ({"until": instant(until)} if until else {})
    record(
        ticket,
        *_first_touch(ticket, actor, at, status=ticket.status),
        Entry(Kind.WAITING, actor_of(actor), at, fields=fields),
    )
    return ticket


@transaction.atomic
def resume(*, ticket: Ticket, actor: User, at: datetime) -> Ticket:
    """Take the work up again."""
    ticket = _to_work_on(ticket, actor)
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
    ticket = _to_work_on(ticket, actor)
    entries = _first_touch(ticket, actor, at)
    if body:
        entries.append(Entry(Kind.REPLY, actor_of(actor), at, _message(ticket, body, actor, at)))
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
    _check_theirs(ticket, actor)
    who = actor_of(actor)
    if ticket.status == Status.MERGED:
        raise ActionRefusedError("ticket_merged", _("工单已并入 %s,请在那里继续。") % ticket.merged_into)
    if ticket.status not in (Status.RESOLVED, Status.CLOSED):
        raise ActionRefusedError("not_ended", _("工单尚未结束,无需重新打开。"))
    if ticket.status == Status.CLOSED and who.kind == ActorKind.CUSTOMER:
        raise ActionRefusedError("ticket_closed", _("工单已关闭。"), ways_on=[_("提交一张新工单,并写上原工单号。")])
    _reopen(ticket, body, actor, at)
    return ticket


@transaction.atomic
def close(*, ticket: Ticket, actor: User | Contact, at: datetime) -> Ticket:
    """End a ticket for good; a customer confirms a solved one."""
    ticket = locked(ticket)
    _check_theirs(ticket, actor)
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
    _check_agent(actor)
    _check_mergeable(child, parent)
    child.status, child.merged_into, child.closed_at, child.waiting_until = Status.MERGED, parent, at, None
    record(child, Entry(Kind.MERGED, actor_of(actor), at, fields={"into": parent.number}))
    record(parent, Entry(Kind.NOTE, actor_of(actor), at, fields={"merged_from": child.number}, is_public=False))
    return child


@transaction.atomic
def customer_message(*, ticket: Ticket, contact: Contact, body: str, at: datetime) -> Ticket:
    """Add what the customer says; it ends a wait for them, and reopens what was solved. Source: C20, C37"""
    ticket = _heir(ticket)
    _check_theirs(ticket, contact)
    if ticket.status == Status.CLOSED:
        raise ActionRefusedError("ticket_closed", _("工单已关闭。"), ways_on=[_("提交一张新工单,并写上原工单号。")])
    if ticket.status == Status.RESOLVED:
        _reopen(ticket, body, contact, at)
        return ticket
    entries = [Entry(Kind.CUSTOMER_MESSAGE, actor_of(contact), at, _message(ticket, body, contact, at))]
    if _waits_for_customer(ticket):
        entries.append(_resumed(ticket, actor_of(contact), at))
    _tell_owner(ticket, record(ticket, *entries)[0], at)
    return ticket


@transaction.atomic
def bot_reply(*, ticket: Ticket, body: str, at: datetime) -> Ticket:
    """Add what the bot says; it meets no clock. Source: K02"""
    ticket = locked(ticket)
    message = Message.objects.create(
        ticket=ticket, author_kind=ActorKind.BOT, author_display=_("智能客服"), body=body, at=at
    )
    record(ticket, Entry(Kind.BOT_REPLY, BOT, at, message))
    return ticket


@transaction.atomic
def raise_priority(*, ticket: Ticket, actor: Actor, at: datetime) -> Ticket:
    """Make a ticket one step more urgent; an urgent one stays as it is."""
    ticket = locked(ticket)
    ladder = list(Priority)
    place = ladder.index(Priority(ticket.priority))
    if place + 1 < len(ladder) and not ticket.is_ended:
        before, ticket.priority = ticket.priority, ladder[place + 1]
        fields = {"from": before, "to": ticket.priority}
        replan(ticket, Entry(Kind.PRIORITY_CHANGED, actor, at, fields=fields, is_public=False))
    return ticket


@transaction.atomic
def reassign(*, ticket: Ticket, to: User, actor: Actor, at: datetime) -> Ticket:
    """Give a ticket to somebody else by rule; the system's act meets no clock. Source: K02"""
    ticket = locked(ticket)
    if ticket.assignee_id != to.pk and not ticket.is_ended:
        _hand_to(ticket, to)
        fields = {"to": str(to), "to_ref": f"user:{to.pk}"}
        record(ticket, Entry(Kind.ASSIGNED, actor, at, fields=fields, is_public=False))
    return ticket


def _heir(ticket: Ticket) -> Ticket:
    """Lock the ticket that this one was merged into, however many merges on, or itself; never two at a time."""
    while ticket.merged_into:
        ticket = ticket.merged_into
    ticket = locked(ticket)
    return _heir(ticket) if ticket.merged_into_id else ticket


def _to_work_on(ticket: Ticket, actor: User) -> Ticket:
    """Lock a ticket that an agent is about to work on. Raises ActionRefusedError if it has ended."""
    ticket = locked(ticket)
    _check_agent(actor)
    if ticket.status in ENDED:
        raise ActionRefusedError(
            "ticket_ended", _("工单已结束,不能再处理。"), ways_on=[_("先重新打开工单。"), _("或留一条内部备注。")]
        )
    return ticket


def _check_agent(actor: User) -> None:
    if not actor.is_agent:
        raise ActionRefusedError("not_allowed", _("只有服务人员可以这样做。"))


def _check_theirs(ticket: Ticket, person: User | Contact) -> None:
    """Refuse a contact of another customer, whatever let them come this far."""
    if isinstance(person, Contact) and person.customer_id != ticket.customer_id:
        raise ActionRefusedError("not_allowed", _("这不是您单位的工单。"))


def _check_can_own(person: User) -> None:
    if not person.is_agent or not person.is_active:
        raise ActionRefusedError("cannot_own", _("%(name)s 不能处理工单。") % {"name": person})


def _check_mergeable(child: Ticket, parent: Ticket) -> None:
    if child.pk == parent.pk:
        raise ActionRefusedError("merge_into_itself", _("工单不能合并到自身。"))
    if child.customer_id != parent.customer_id:
        raise ActionRefusedError("merge_across_customers", _("只能合并同一客户的工单。"))
    if child.status == Status.MERGED or parent.is_ended:
        raise ActionRefusedError("ticket_ended", _("已结束的工单不能参与合并。"), ways_on=[_("先重新打开工单。")])


def _hand_to(ticket: Ticket, person: User) -> None:
    ticket.assignee = person
    ticket.team = person.team or ticket.team
    ticket.status = Status.OPEN if ticket.status == Status.NEW else ticket.status


def _taken_on(ticket: Ticket, actor: User, at: datetime) -> Entry:
    _hand_to(ticket, actor)
    return Entry(Kind.ACCEPTED, actor_of(actor), at)


def _first_touch(ticket: Ticket, actor: User, at: datetime, status: str | None = None) -> list[Entry]:
    """Return the acceptance that a first act on an unowned ticket implies."""
    if ticket.assignee_id:
        ticket.status = status or (Status.OPEN if ticket.status == Status.NEW else ticket.status)
        return []
    entry = _taken_on(ticket, actor, at)
    ticket.status = status or ticket.status
    return [entry]


def _message(ticket: Ticket, body: str, author: User | Contact, at: datetime, *, is_public: bool = True) -> Message:
    if not body.strip():
        raise ActionRefusedError("empty_body", _("请写下内容。"))
    contact = author if isinstance(author, Contact) else None
    user = author.user if isinstance(author, Contact) else author
    return Message.objects.create(
        ticket=ticket,
        author_kind=actor_of(author).kind,
        author=user,
        contact=contact,
        author_display=str(author),
        body=body,
        is_public=is_public,
        at=at,
    )


def _say_to_customer(ticket: Ticket, kind: TicketEvent.Kind, body: str, actor: User, at: datetime) -> None:
    said = Entry(kind, actor_of(actor), at, _message(ticket, body, actor, at))
    events = record(ticket, *_first_touch(ticket, actor, at), said)
    notifications.queue(kind=Delivery.Kind.REPLY, parent=events[-1], ticket=ticket, recipient=ticket.contact, at=at)


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
        entries.append(Entry(kind, who, at, _message(ticket, body, actor, at)))
    event = record(ticket, *entries)[-1]
    if who.kind == ActorKind.CUSTOMER:
        _tell_owner(ticket, event, at)
    elif body:
        notifications.queue(kind=Delivery.Kind.REPLY, parent=event, ticket=ticket, recipient=ticket.contact, at=at)


def _tell_owner(ticket: Ticket, event: TicketEvent, at: datetime) -> None:
    """Tell whoever works the ticket that its customer wrote."""
    if ticket.assignee:
        notifications.queue(
            kind=Delivery.Kind.CUSTOMER_MESSAGE, parent=event, ticket=ticket, recipient=ticket.assignee, at=at
        )
