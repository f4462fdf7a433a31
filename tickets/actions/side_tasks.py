"""Work beside a ticket: who is asked to do what on the way. No customer sees it and no clock hears it. Source: K10"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.actors import Actor
from sla.models import Escalation
from sla.refusals import ActionRefusedError
from tickets.actions.ticket import locked
from tickets.actions.ticket.standing import check_agent, check_can_own
from tickets.ledger import Entry, actor_of, record
from tickets.models import Delivery, SideTask, Ticket, TicketEvent
from tickets.telling import notifications

Kind = TicketEvent.Kind

LONGEST_TITLE = 200


@transaction.atomic
def add(
    *, ticket: Ticket, title: str, assignee: User | None, escalation: Escalation | None = None, actor: Actor,
    at: datetime,
) -> SideTask:  # fmt: skip
    """Ask somebody to do something for a ticket; `.ticket` of what comes back is the ticket as it is then."""
    ticket, title = locked(ticket), title.strip()
    if ticket.is_ended:
        raise ActionRefusedError("ticket_ended", _("工单已结束，不再需要协办。"), ways_on=[_("先重新打开工单。")])
    if not title or len(title) > LONGEST_TITLE:
        raise ActionRefusedError("no_title", _("请写明要办什么，最多 %(n)d 个字。") % {"n": LONGEST_TITLE})
    if assignee:
        check_can_own(assignee)
    task = SideTask.objects.create(
        ticket=ticket, title=title, assignee=assignee, escalation=escalation, created_by=actor.display, created_at=at
    )
    _given(task, actor, at, {})
    return task


@transaction.atomic
def reassign(*, task: SideTask, to: User, actor: Actor, at: datetime) -> SideTask:
    """Give a task that is still to be done to somebody else."""
    task = _open(task)
    check_can_own(to)
    if task.assignee_id == to.pk:
        raise ActionRefusedError("already_theirs", _("这件事已经在 %(name)s 手上。") % {"name": to})
    before, task.assignee = task.assignee, to
    task.save(update_fields=["assignee"])
    _forget_letters(task)
    _given(task, actor, at, {"from": str(before or ""), "from_ref": f"user:{before.pk}" if before else ""})
    return task


@transaction.atomic
def finish(*, task: SideTask, actor: User, at: datetime) -> SideTask:
    """Tick a task off."""
    check_agent(actor)
    task = _open(task)
    task.done_by, task.done_at = str(actor), at
    task.save(update_fields=["done_by", "done_at"])
    _forget_letters(task)
    record(task.ticket, Entry(Kind.TASK_DONE, actor_of(actor), at, fields=_said(task), is_public=False))
    return task


def _open(task: SideTask) -> SideTask:
    """Lock a task's ticket and return the task as it is now. Raises ActionRefusedError when it is done."""
    ticket = locked(task.ticket)
    task = SideTask.objects.select_related("assignee").get(pk=task.pk)
    task.ticket = ticket
    if task.done_at:
        raise ActionRefusedError("task_done", _("这件事已经办完了。"))
    return task


def _said(task: SideTask) -> dict[str, Any]:
    return {"task": task.pk, "title": task.title}


def _given(task: SideTask, actor: Actor, at: datetime, more: Mapping[str, Any]) -> None:
    """Write down who is asked, and tell them unless they asked themselves."""
    to = task.assignee
    fields = _said(task) | {"by": actor.display, **more}
    if to:
        fields |= {"to": str(to), "to_ref": f"user:{to.pk}"}
    [event] = record(task.ticket, Entry(Kind.TASK_ADDED, actor, at, fields=fields, is_public=False))
    if to and actor.ref != f"user:{to.pk}":
        notifications.queue(kind=Delivery.Kind.SIDE_TASK, parent=event, ticket=task.ticket, recipient=to, at=at)


def _forget_letters(task: SideTask) -> None:
    """Withhold letters about a task that still wait: nobody is asked on Monday for what was done on Saturday."""
    waiting = task.ticket.deliveries.waiting().filter(kind=Delivery.Kind.SIDE_TASK, event__fields__task=task.pk)
    waiting.filter(lease_until=None, rendered=None).update(state=Delivery.State.WITHHELD, error=Delivery.SETTLED)
