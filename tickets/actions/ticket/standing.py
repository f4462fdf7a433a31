"""What every act on a ticket stands on: its lock, who may act, and the words and the first touch that it leaves."""

from datetime import datetime

from django.utils.translation import gettext as _

from plans.models import Contact, Team, User
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tickets.ledger import Entry, actor_of
from tickets.models import Message, Status, Ticket, TicketEvent
from tickets.models.ticket import ENDED

Kind = TicketEvent.Kind


def locked(ticket: Ticket) -> Ticket:
    """Lock a ticket's milestones, then the ticket, and return it as it is now. Everybody locks in this order."""
    milestones = Milestone.objects.filter(clock__ticket_clock__ticket=ticket).order_by("pk")
    if not list(milestones.select_for_update(of=("self",)).values_list("pk")):
        # Whoever waits for a row reads what is joined to it as it was before: so nobody waits at the join below.
        list(Ticket.objects.filter(pk=ticket.pk).select_for_update().values_list("pk"))
    related = Ticket.objects.select_related("contact__customer", "contract", "assignee", "team")
    return related.select_for_update(of=("self",)).get(pk=ticket.pk)


def heir(ticket: Ticket) -> Ticket:
    """Lock the ticket that this one was merged into, however many merges on, or itself; never two at a time."""
    while ticket.merged_into:
        ticket = ticket.merged_into
    ticket = locked(ticket)
    return heir(ticket) if ticket.merged_into_id else ticket


def to_work_on(ticket: Ticket, actor: User) -> Ticket:
    """Lock a ticket that an agent is about to work on. Raises ActionRefusedError if it has ended."""
    ticket = locked(ticket)
    check_agent(actor)
    if ticket.status in ENDED:
        raise ActionRefusedError("ticket_ended", _("工单已结束，不能再处理。"), ways_on=_ways_on(ticket))
    return ticket


def _ways_on(ticket: Ticket) -> list[str]:
    """Return what can be done instead with a ticket that has ended; one that was merged is never reopened."""
    if ticket.merged_into:
        return [_("工单已并入 %s，请在那里继续。") % ticket.merged_into]
    return [_("先重新打开工单。"), _("或留一条内部备注。")]


def check_agent(actor: User) -> None:
    """Refuse who is not of ours."""
    if not actor.is_agent:
        raise ActionRefusedError("not_allowed", _("只有服务人员可以这样做。"))


def check_theirs(ticket: Ticket, person: User | Contact) -> None:
    """Refuse a contact of another customer, whatever let them come this far."""
    if isinstance(person, Contact) and person.customer_id != ticket.customer_id:
        raise ActionRefusedError("not_allowed", _("这不是您单位的工单。"))


def check_can_own(person: User) -> None:
    """Refuse to give a ticket to who cannot work it."""
    if not person.is_agent or not person.is_active:
        raise ActionRefusedError("cannot_own", _("%(name)s 不能处理工单。") % {"name": person})


def hand_to(ticket: Ticket, person: User) -> dict[str, str]:
    """Make a person its owner, and a new ticket one that is worked on; return what the ledger says of its team."""
    ticket.assignee = person
    ticket.status = Status.OPEN if ticket.status == Status.NEW else ticket.status
    return move_to(ticket, person.team) if person.team else {}


def move_to(ticket: Ticket, team: Team) -> dict[str, str]:
    """Make a ticket a team's; return from which to which it went, nothing if it was theirs."""
    if ticket.team_id == team.pk:
        return {}
    before, ticket.team = ticket.team, team
    return {"from_team": before.code if before else "", "team": team.code}


def taken_on(ticket: Ticket, actor: User, at: datetime) -> Entry:
    """Make an agent its owner and return the line that says so."""
    return Entry(Kind.ACCEPTED, actor_of(actor), at, fields=hand_to(ticket, actor))


def first_touch(ticket: Ticket, actor: User, at: datetime, status: str | None = None) -> list[Entry]:
    """Return the acceptance that a first act on an unowned ticket implies."""
    if ticket.assignee_id:
        ticket.status = status or (Status.OPEN if ticket.status == Status.NEW else ticket.status)
        return []
    entry = taken_on(ticket, actor, at)
    ticket.status = status or ticket.status
    return [entry]


def said_in(ticket: Ticket, body: str, author: User | Contact, at: datetime, *, is_public: bool = True) -> Message:
    """Keep what somebody says in a ticket and return it. Raises ActionRefusedError when it says nothing."""
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
