"""A message of monitoring: its group's ticket is opened, gone on with, reopened or ended. Source: K04"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from plans.models import ApiKey, Contact, OwnedProduct, Product
from sla.actors import SYSTEM
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind
from tickets.actions.deciding import Facts, remember_refusal
from tickets.actions.monitoring.alerts import News, attach, noted
from tickets.actions.monitoring.gate import cover_monitoring
from tickets.actions.monitoring.wording import RANKS, body_of, priority_of, subject_of
from tickets.actions.opening import Opening, stand_up
from tickets.actions.ticket import raise_priority
from tickets.actions.ticket.standing import heir
from tickets.channels.hook import Happening, Outcome, Verdict
from tickets.ledger import Entry, record
from tickets.models import (
    Alert,
    Category,
    Channel,
    Delivery,
    InboundEvent,
    Message,
    Priority,
    Status,
    Ticket,
    TicketEvent,
)
from tickets.telling import notifications

Kind = TicketEvent.Kind
ONE_GROUP_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 5314))"
# What fires again so soon after it was over is the same trouble; a key's option `reopen_hours` says otherwise.
REOPEN_HOURS, MOST_HOURS = 24, 24 * 30
# These fire for ever, to show that monitoring itself works; a key's option `ignore` names others.
SIGNS_OF_LIFE = ("Watchdog", "DeadMansSwitch", "InfoInhibitor")
# What goes on firing so long after its ticket was ended is not over, whoever ended it.
AFTERGLOW = timedelta(minutes=15)
# What came back so often within a day ends no more by itself: somebody should look.
FLAPS, FLAPPING = 3, timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom a key watches for, and what it was set to."""

    key: ApiKey
    contact: Contact
    product: Product | None
    options: Mapping[str, Any]
    # Of how many alerts the sender says only that there are more.
    left_out: int = 0

    @property
    def ignored(self) -> frozenset[str]:
        """Return the names of alerts that are nobody's trouble."""
        said = self.options.get("ignore", SIGNS_OF_LIFE)
        return frozenset(map(str, said)) if isinstance(said, list | tuple) else frozenset(SIGNS_OF_LIFE)

    @property
    def reopens_within(self) -> timedelta:
        """Return for how long after it was over a trouble is the same when it comes back."""
        said = self.options.get("reopen_hours", REOPEN_HOURS)
        hours = said if isinstance(said, int | float) and not isinstance(said, bool) else REOPEN_HOURS
        return timedelta(hours=min(max(hours, 0), MOST_HOURS))


def take(event: InboundEvent, told: Sequence[Happening], at: datetime) -> Outcome:
    """Do what a message of monitoring tells of and return what became of it."""
    if event.api_key is None:
        raise ActionRefusedError("bad_key", _("密钥无效、已停用或已过期。"))
    watch = replace(_watch(event.api_key), left_out=int(told[0].fields["left_out"]))
    group = str(told[0].fields["group"])
    told = [one for one in told if one.fields["name"] not in watch.ignored]
    if not told:
        return Outcome(Verdict.PASSED, "nothing but signs of life")
    with connection.cursor() as cursor:
        cursor.execute(ONE_GROUP_AT_A_TIME, [f"{watch.key.series}:{group}"])
    news = noted(told, watch.key, at)
    ticket = _ticket_of(watch.key, group)
    fresh = [*news.fired, *_unheard(news.repeated, ticket, at)]
    if fresh:
        outcome = _fired(event, watch, fresh, ticket, at)
        if not outcome.is_fine:
            return outcome
        ticket = event.ticket
    event.ticket = ticket
    if ticket and news.ended:
        _ended(ticket, news, at)
    return Outcome(Verdict.TAKEN, "", _counted(news, ticket))


def _unheard(rows: Sequence[Alert], ticket: Ticket | None, at: datetime) -> list[Alert]:
    """Return which alerts that fire on are nobody's work: they never had a ticket, or it was ended and they go on."""
    ended_at = (ticket.resolved_at or ticket.closed_at) if ticket and ticket.is_ended else None
    is_left = ended_at is not None and at - ended_at >= AFTERGLOW
    return [row for row in rows if is_left or row.ticket_id is None]


def _counted(news: News, ticket: Ticket | None) -> dict[str, Any]:
    counts = {"fired": news.fired, "repeated": news.repeated, "resolved": news.ended, "late": news.late}
    said: dict[str, Any] = {name: len(rows) for name, rows in counts.items()}
    return said | ({"ticket": ticket.number} if ticket else {})


def _watch(key: ApiKey) -> Watch:
    """Return whom a key watches for: its customer's contact, else the one that its options name.

    Raises ActionRefusedError where it is not set up.
    """
    named = str(key.options.get("contact", ""))
    people = Contact.objects.active().select_related("customer").order_by("pk")
    if key.customer is not None:
        people = people.filter(customer=key.customer)
    elif not named:
        words = _("监控密钥没有说明替谁监控。")
        raise ActionRefusedError("key_unbound", words, ways_on=[_("绑定一家客户，或在来源选项 contact 里写明邮箱。")])
    found = people.filter(email__iexact=named) if named else people.order_by("-is_certified", "pk")
    contact = found.first()
    if contact is None:
        raise ActionRefusedError(
            "key_without_contact", _("监控密钥没有可用的联系人，请在来源选项 contact 里写明邮箱。")
        )
    return Watch(key, contact, _product(key, contact), key.options)


def _product(key: ApiKey, contact: Contact) -> Product | None:
    """Return what is watched: the key's product, else the one that its options name, else the only one there is."""
    named = str(key.options.get("product", ""))
    if key.product or named:
        return key.product or Product.objects.filter(code=named).first()
    owned = OwnedProduct.objects.filter(contract__customer=contact.customer_id).select_related("product")
    products = {row.product_id: row.product for row in owned}
    return next(iter(products.values())) if len(products) == 1 else None


def _ticket_of(key: ApiKey, group: str) -> Ticket | None:
    """Lock and return the ticket that a group's last alerts are about, or the one that it was merged into."""
    last = Alert.objects.of_group(key.series, group).exclude(ticket=None).select_related("ticket").first()
    return heir(last.ticket) if last and last.ticket else None


def _fired(event: InboundEvent, watch: Watch, rows: list[Alert], ticket: Ticket | None, at: datetime) -> Outcome:
    """Bring new alerts into the group's ticket, or open one."""
    if ticket is None or not _goes_on(ticket, watch, at):
        return _opened(event, watch, rows, at)
    if ticket.status == Status.RESOLVED:
        ticket.status = Status.OPEN if ticket.assignee_id else Status.NEW
        ticket.resolved_at = None
        record(ticket, Entry(Kind.REOPENED, SYSTEM, at, fields={"fires": len(rows)}))
    _say(ticket, body_of(rows, watch.contact, watch.left_out), at)
    ticket = _as_bad_as(ticket, priority_of(rows, watch.options), at)
    attach(rows, ticket)
    event.ticket = ticket
    return Outcome(Verdict.TAKEN)


def _as_bad_as(ticket: Ticket, priority: str, at: datetime) -> Ticket:
    """Make a ticket as urgent as the worst of its alerts; nothing makes it less so."""
    while RANKS.index(Priority(ticket.priority)) < RANKS.index(Priority(priority)):
        ticket = raise_priority(ticket=ticket, actor=SYSTEM, at=at)
    return ticket


def _goes_on(ticket: Ticket, watch: Watch, at: datetime) -> bool:
    """Tell whether what fires belongs to a ticket still: it is open, or was solved just now."""
    if ticket.status != Status.RESOLVED:
        return not ticket.is_ended
    return ticket.resolved_at is not None and at - ticket.resolved_at <= watch.reopens_within


def _opened(event: InboundEvent, watch: Watch, rows: list[Alert], at: datetime) -> Outcome:
    priority = priority_of(rows, watch.options)
    decision = cover_monitoring(
        contact=watch.contact, contract=None, product=watch.product, category=Category.OPERATIONS,
        priority=priority, at=at,
    )  # fmt: skip
    if not decision.is_open:
        facts = Facts(watch.contact, watch.product, Category.OPERATIONS, Channel.MONITORING, priority)
        remember_refusal(intake=event, decision=decision, facts=facts, at=at)
        clause = {"promise": decision.promise, "clause": decision.clause, "ways_on": list(decision.ways_on)}
        return Outcome(Verdict.REFUSED, decision.reason, {"code": "not_covered", "intake": event.pk} | clause)
    opening = Opening(
        contact=watch.contact, decision=decision, channel=Channel.MONITORING, category=Category.OPERATIONS,
        subject=subject_of(rows, watch.contact), product=watch.product,
        body=body_of(rows, watch.contact, watch.left_out),
        priority=priority,
    )  # fmt: skip
    event.ticket = stand_up(opening=opening, at=at).ticket
    attach(rows, event.ticket)
    return Outcome(Verdict.TAKEN)


def _ended(ticket: Ticket, news: News, at: datetime) -> None:
    """End a ticket once all its alerts are over; what somebody has taken on, or what comes back again and again, stays.

    Whoever looks at it is told that it may be ended.
    """
    ticket = heir(ticket)
    if ticket.is_ended or ticket.alerts.firing().exists():
        return
    if _flaps(ticket, at):
        record(ticket, Entry(Kind.NOTE, SYSTEM, at, fields={"flaps": FLAPS}, is_public=False))
        return
    if _is_taken_on(ticket):
        record(ticket, Entry(Kind.NOTE, SYSTEM, at, fields={"recovered": len(news.ended)}, is_public=False))
        return
    ticket.status, ticket.resolved_at, ticket.waiting_until = Status.RESOLVED, at, None
    solved = record(ticket, Entry(Kind.RESOLVED, SYSTEM, at, fields={"recovered": len(news.ended)}))[-1]
    notifications.queue(kind=Delivery.Kind.RESOLUTION, parent=solved, ticket=ticket, recipient=ticket.contact, at=at)


def _flaps(ticket: Ticket, at: datetime) -> bool:
    """Tell whether a trouble has come back so often of late that its end means little."""
    back = ticket.events.filter(kind=Kind.REOPENED, fields__has_key="fires", at__gt=at - FLAPPING)
    return back.count() >= FLAPS


def _is_taken_on(ticket: Ticket) -> bool:
    return ticket.assignee_id is not None or ticket.events.filter(actor_kind=ActorKind.AGENT).exists()


def _say(ticket: Ticket, words: str, at: datetime) -> None:
    """Write what monitoring says into a ticket: nobody's answer, so no clock hears it. Source: K02"""
    said = Message.objects.create(
        ticket=ticket, author_kind=ActorKind.SYSTEM, author_display=_("监控"), body=words, is_public=False, at=at
    )
    record(ticket, Entry(Kind.NOTE, SYSTEM, at, said, is_public=False))
