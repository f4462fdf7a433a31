"""What a letter is about: the delivery with its ticket, and the promise that it tells of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from plans.models import Contact, User
from sla.compiled import CompiledCalendar, calendar_of
from sla.models import Escalation, Milestone
from sla.proof.explained import pieces_of
from sla.proof.proof_words import detail_of
from tickets.models import Delivery, Ticket, TicketClock
from tickets.showing.strip import Span, Story, Strip, draw

RELATED = (
    "ticket__customer",
    "ticket__contact__customer",
    "ticket__assignee",
    "ticket__contract__plan",
    "ticket__product",
    "escalation__milestone__clock__ticket_clock",
    "escalation__milestone__clock__obligation__contract__customer",
    "escalation__milestone__clock__obligation__item",
    "escalation__milestone__clock__chat__contract__plan",
    "escalation__milestone__clock__chat__customer",
    "escalation__milestone__clock__chat__assignee",
    "escalation__milestone__target__policy",
    "escalation__milestone__calendar_version",
    "event__message",
    "bulletin",
    "account_notice__contract__customer",
    "account_notice__contract__plan",
    "endpoint",
    "mail",
    "chat",
    "user",
    "contact__customer",
)


@dataclass(frozen=True)
class Occasion:
    """A delivery to be written, at the instant of writing."""

    delivery: Delivery
    at: datetime

    @property
    def ticket(self) -> Ticket:
        """Return the ticket, which every delivery has."""
        if self.delivery.ticket is None:
            raise LookupError(f"Delivery {self.delivery.pk} has no ticket.")
        return self.delivery.ticket

    @property
    def escalation(self) -> Escalation:
        """Return the escalation of a warning or breach."""
        if self.delivery.escalation is None:
            raise LookupError(f"Delivery {self.delivery.pk} has no escalation.")
        return self.delivery.escalation

    @property
    def is_internal(self) -> bool:
        """Tell whether it is about what a team owes within the house."""
        timed = getattr(self.milestone.clock, "ticket_clock", None) if self.milestone else None
        return timed is not None and timed.part == TicketClock.Part.TEAM

    @property
    def metric(self) -> str:
        """Return what is promised, and that it is owed within the house where it is."""
        name = self.milestone.get_metric_display() if self.milestone else ""
        return _("%(metric)s（团队内部）") % {"metric": name} if self.is_internal else name

    @property
    def reader(self) -> User | Contact | None:
        """Return the person written to; None once they are gone from the books."""
        return self.delivery.user or self.delivery.contact

    @property
    def waited(self) -> timedelta:
        """Return how long the letter lay before it was written."""
        return self.at - self.delivery.queued_at

    @property
    def is_to_owner(self) -> bool:
        """Tell whether the reader is the one who works the ticket."""
        return self.delivery.user_id is not None and self.delivery.user_id == self.ticket.assignee_id

    @cached_property
    def zone(self) -> ZoneInfo:
        """Return the reader's zone; the product's own where theirs is not known."""
        try:
            return ZoneInfo(self.delivery.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(settings.TIME_ZONE)

    @cached_property
    def milestone(self) -> Milestone | None:
        """Return the promise: the escalation's, else the ticket's next one; None where nothing is timed."""
        if self.delivery.escalation:
            return self.delivery.escalation.milestone
        timed = Milestone.objects.filter(clock__ticket_clock__ticket=self.ticket)
        timed = timed.exclude(clock__ticket_clock__part=TicketClock.Part.TEAM) if self.delivery.contact_id else timed
        related = timed.select_related("clock__ticket_clock", "target__policy", "calendar_version")
        return related.order_by(F("stopped_at").desc(nulls_first=True), "due_at", "pk").first()

    @property
    def due_at(self) -> datetime | None:
        """Return the instant that the letter speaks of."""
        if self.delivery.escalation:
            return self.delivery.escalation.due_at
        return self.milestone.due_at if self.milestone else None

    @cached_property
    def calendar(self) -> CompiledCalendar | None:
        """Return the calendar of the promise."""
        return calendar_of(self.milestone.calendar_version_id) if self.milestone else None

    @property
    def beside(self) -> ZoneInfo | None:
        """Return the zone of the calendar."""
        return self.calendar.zone if self.calendar else None

    @property
    def home(self) -> str:
        """Return where the reader's tickets are."""
        return f"{settings.PUBLIC_URL}/{'portal' if self.delivery.contact_id else 'console'}/"

    @property
    def link(self) -> str:
        """Return where the reader sees the ticket, on the configured address whatever host a request named."""
        return f"{self.home}tickets/{self.ticket.number}/"

    def strip(self) -> Strip | None:
        """Return the promise drawn; None where its due instant is no longer the one that the letter speaks of."""
        milestone = self.milestone
        if milestone is None or milestone.due_at is None or milestone.due_at != self.due_at:
            return None
        story = Story(
            spans=tuple(_spans(milestone)),
            tone=self._tone(milestone),
            due_at=milestone.due_at,
            stopped_at=milestone.stopped_at,
            is_provisional=milestone.is_provisional,
        )
        return draw(story, size="card", at=self.at, zone=self.zone)

    def _tone(self, milestone: Milestone) -> str:
        if milestone.state_at(self.at) in (Milestone.State.BREACHED, Milestone.State.MET_LATE):
            return "breached"
        return "at_risk" if self.delivery.kind == Delivery.Kind.WARNING else "running"


def _spans(milestone: Milestone) -> list[Span]:
    pieces = pieces_of(milestone)
    return [Span(piece.start, piece.end, piece.counted, piece.reason, detail_of(piece)) for piece in pieces]
