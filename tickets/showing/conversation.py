"""A ticket's ledger as a conversation that people read: what was said, and between it what happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.models import User
from tickets.answers import instant
from tickets.models import Attachment, Delivery, Message, Ticket, TicketEvent
from tickets.models import Mail as Letter
from tickets.revocable import acts_on
from tickets.showing.happenings import words_of
from tickets.showing.names import Names, names_in
from tickets.showing.promises import Promise
from tickets.showing.term_words import is_private

Kind = TicketEvent.Kind

# How a line with words in it looks; a line without is an event whatever its kind.
LOOKS = {
    Kind.OPENED: "customer",
    Kind.CUSTOMER_MESSAGE: "customer",
    Kind.BOT_REPLY: "bot",
    Kind.NOTE: "note",
    Kind.CALL: "call",
}
ICONS = {
    Kind.OPENED: "mine",
    Kind.ACCEPTED: "accept",
    Kind.ASSIGNED: "assign",
    Kind.PROGRESS: "progress",
    Kind.NOTE: "note",
    Kind.CALL: "call",
    Kind.WAITING: "waiting",
    Kind.RESUMED: "resume",
    Kind.RESOLVED: "resolved",
    Kind.REOPENED: "reopen",
    Kind.CLOSED: "close",
    Kind.MERGED: "merge",
    Kind.PRIORITY_CHANGED: "escalated",
    Kind.ESCALATED: "escalated",
    Kind.ACKNOWLEDGED: "accept",
    Kind.DEADLINE_MOVED: "calendar",
    Kind.RECLASSIFIED: "assign",
    Kind.OVERRIDDEN: "rules",
    Kind.RETRACTED: "resume",
    Kind.PUBLISHED: "note",
    Kind.TASK_ADDED: "progress",
    Kind.TASK_DONE: "kept",
}


@dataclass(frozen=True)
class File:
    """A file that came with a message."""

    name: str
    size: int
    url: str


@dataclass(frozen=True)
class Mail:
    """What became of a mail about a line; for agents only."""

    words: str
    state: str  # queued, sent or failed
    at: datetime | None


@dataclass(frozen=True)
class Entry:
    """One line of the conversation."""

    event: TicketEvent
    files: Sequence[File]
    evidence: str
    is_late: bool
    mails: Sequence[Mail]
    names: Names
    # A later line took it back.
    is_undone: bool = False
    # What its reader may do about it: retract, publish, unpublish.
    acts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"e{self.event.number}"

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def letter(self) -> Letter | None:
        """Return the mail by which it was said, if it was."""
        return getattr(self.event.message, "mail", None)

    @property
    def look(self) -> str:
        """Return customer, reply, note, bot, call or event."""
        return LOOKS.get(Kind(self.event.kind), "reply") if self.event.message else "event"

    @property
    def icon(self) -> str:
        return ICONS.get(Kind(self.event.kind), "next")

    @property
    def author(self) -> str:
        return self.names.author(self.event.message) if self.event.message else self.names.actor(self.event)

    @property
    def body(self) -> str:
        return self.event.message.body if self.event.message else ""

    @property
    def words(self) -> str:
        """Return what happened; beside a message only what it does not say itself."""
        if self.event.message:
            return str(BESIDE.get(Kind(self.event.kind), ""))
        return words_of(self.event, self.names)

    @property
    def is_retracted(self) -> bool:
        """Tell whether its words, or what was done, were taken back."""
        return self.is_undone or bool(self.event.message and self.event.message.retracted_at)

    @property
    def is_shown(self) -> bool:
        """Tell whether it is a note that the customer sees now."""
        return self.event.kind == Kind.NOTE and bool(self.event.message and self.event.message.is_public)

    @property
    def is_answered(self) -> bool:
        return bool(self.event.fields.get("answered"))

    @property
    def is_internal(self) -> bool:
        """Tell whether the customer does not see it."""
        return not self.event.is_public or bool(self.event.message and not self.event.message.is_public)


BESIDE = {
    Kind.OPENED: pgettext_lazy("event", "提交"),
    Kind.PROGRESS: gettext_lazy("进展反馈"),
    Kind.PUBLISHED: gettext_lazy("公开了一条备注"),
}
# What of a mail nobody reads in a conversation.
UNSHOWN = ("mail__html", "mail__words", "mail__signature")
# What only agents read of a line: why, and what became of mail.
INTERNAL = {"remark", "reason", "mailed"}


def entries_of(ticket: Ticket, promises: Iterable[Promise], viewer: User, at: datetime | None = None) -> list[Entry]:
    """Return what `viewer` may read of a ticket, oldest first; the number of queries does not depend on its length.

    With `at` each line says what an agent may do about it at that instant.
    """
    met = {promise.met_at_event: promise for promise in promises if promise.met_at_event}
    events = [_for_reader(event, viewer) for event in lines_for(ticket, viewer)]
    rows = _deliveries(ticket) if viewer.is_agent else []
    names = names_in(events, [person for row in rows if (person := row.user or row.contact)])
    mails = _mails(rows, names)
    undone = {event.fields.get("event") for event in events if event.kind == Kind.RETRACTED}
    entries = [_entry(event, met.get(event.number), mails.get(_place(event), []), names) for event in events]
    return [_with_acts(entry, viewer, at, undone) for entry in entries]


def _with_acts(entry: Entry, viewer: User, at: datetime | None, undone: set[int]) -> Entry:
    """Return a line with whether it was taken back, and what its reader may do about it."""
    event = entry.event
    is_undone = event.number in undone
    acts = acts_on(event, viewer, at) if at and viewer.is_agent and not is_undone else ()
    return replace(entry, is_undone=is_undone, acts=acts)


def _for_reader(event: TicketEvent, viewer: User) -> TicketEvent:
    """Return a line without what is only for agents to read; that a reply was a note once is theirs alone, too."""
    if viewer.is_agent:
        return event
    hidden = INTERNAL | ({"cause", "cause_en"} if is_private(event.fields.get("policy", "")) else set())
    event.fields = {name: said for name, said in event.fields.items() if name not in hidden}
    if event.kind == Kind.PUBLISHED:
        event.kind = Kind.REPLY
    if event.fields.get("kind") == Kind.PUBLISHED:
        event.fields["kind"] = Kind.REPLY
    return event


def lines_for(ticket: Ticket, viewer: User) -> QuerySet[TicketEvent]:
    """Return the lines of the ledger that `viewer` may read, with what was said and its files."""
    said = Message.objects.select_related("mail").defer(*UNSHOWN)
    said = said.prefetch_related(Prefetch("attachments", Attachment.objects.order_by("pk")))
    lines = ticket.events.readable_by(viewer).order_by("number")
    return lines.prefetch_related(Prefetch("message", said))


def _entry(event: TicketEvent, kept: Promise | None, mails: list[Mail], names: Names) -> Entry:
    attached = event.message.attachments.all() if event.message else []
    return Entry(
        event=event,
        files=[File(one.name, one.size, reverse("attachment", args=[one.pk])) for one in attached],
        evidence=kept.evidence if kept else "",
        is_late=kept is not None and kept.tone == "late",
        mails=mails,
        names=names,
    )


def _place(event: TicketEvent) -> str:
    """Return what mails of a line are found by: an escalation's are the step's, all others' the line's own."""
    if event.kind == Kind.ESCALATED:
        said = event.fields
        return _step(said.get("metric", ""), said.get("due_at", ""), said.get("level", 0))
    return str(event.pk)


def _step(metric: str, due_at: str, level: int) -> str:
    return f"{metric} {level} {due_at}"


def _deliveries(ticket: Ticket) -> list[Delivery]:
    """Return the mails about a ticket, but for those that were never meant to go, or that a later one made needless."""
    related = ("escalation__milestone", "user", "contact", "carried_by")
    meant = ~Q(state=Delivery.State.WITHHELD) | Q(error=Delivery.SETTLED)
    rows = ticket.deliveries.filter(meant).select_related(*related)
    return list(rows.defer("rendered", "carried_by__rendered"))


def _mails(rows: Iterable[Delivery], names: Names) -> dict[str, list[Mail]]:
    """Return what became of each mail, by the line that it tells of; those that fared alike together."""
    found: dict[str, list[Mail]] = {}
    for place, together in groupby(sorted(rows, key=_line), _line):
        found[place] = [_mail(list(alike), names) for _alike, alike in groupby(sorted(together, key=_fate), _fate)]
    return found


def _line(row: Delivery) -> str:
    step = row.escalation
    return _step(step.milestone.metric, instant(step.due_at) or "", step.level) if step else str(row.event_id)


def _fate(row: Delivery) -> tuple[str, str, str, str]:
    """Return what those that fared alike have in common: state, error, channel, and until when they wait."""
    sent = row.carried_by or row
    waits = sent.state == Delivery.State.QUEUED and sent.attempts == 0 and sent.not_before - sent.queued_at > HELD_BACK
    until = f"{localtime(sent.not_before):%m-%d %H:%M}" if waits else ""
    return sent.state, sent.error, row.channel, until


def _mail(rows: Sequence[Delivery], names: Names) -> Mail:
    """Return what became of mails to several people that fared alike."""
    state, error, channel, until = _fate(rows[0])
    people = _("、").join(names.of(str(row.user or row.contact or row.address)) for row in rows)
    sent = [(row.carried_by or row).sent_at for row in rows]
    said = WAITING if until else (CALLS if channel in Delivery.CALLS else MAILS)[Delivery.State(state)]
    words = str(said) % {"to": people, "error": error, "until": until}
    return Mail(words, state, max((at for at in sent if at), default=None))


# A mail that waits for longer waits for its reader's hours.
HELD_BACK = timedelta(minutes=2)
WAITING = gettext_lazy("邮件将在 %(until)s 发给 %(to)s，按对方设置的提醒时间")
MAILS = {
    Delivery.State.QUEUED: gettext_lazy("邮件正要发给 %(to)s"),
    Delivery.State.SENT: gettext_lazy("邮件已发给 %(to)s"),
    Delivery.State.FAILED: gettext_lazy("邮件没有送到 %(to)s：%(error)s"),
    Delivery.State.WITHHELD: gettext_lazy("事情已经办妥，没有再发邮件给 %(to)s"),
}
CALLS = {
    Delivery.State.QUEUED: gettext_lazy("正要通知程序 %(to)s"),
    Delivery.State.SENT: gettext_lazy("已通知程序 %(to)s"),
    Delivery.State.FAILED: gettext_lazy("没有通知到程序 %(to)s：%(error)s"),
    Delivery.State.WITHHELD: gettext_lazy("没有通知程序 %(to)s"),
}
