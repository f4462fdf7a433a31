"""What waits for a customer besides tickets: times that we propose, invitations, and reports to sign."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from plans.accounts import zone_named
from plans.deliverables.access import may_sign
from plans.deliverables.reading import waiting_for
from plans.engagements.access import may_decide
from plans.engagements.reading import brought
from plans.models import Attendee, Contact, Engagement, Gathering, TimeProposal, User
from plans.wording import name_of
from tickets.showing.deliverables import due_words, title_of
from tickets.showing.engagements import span_words, topic_of, when_words

MOST = 50


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing in which the customer has the next word: what, what is asked, why, where, and since when."""

    subject: str
    number: str
    ask: str
    because: str
    url: str
    since: datetime


def matters_of(user: User, contact: Contact, at: datetime) -> list[Matter]:
    """Return what waits for one of a customer's people besides tickets, the longest first."""
    return sorted((one for source in SOURCES for one in source(user, contact, at)), key=lambda one: one.since)


def _proposals(user: User, contact: Contact, at: datetime) -> Iterator[Matter]:
    """Yield the times that we propose and the reader may accept."""
    ours = TimeProposal.objects.filter(answer=TimeProposal.Answer.OPEN, side=TimeProposal.Side.OURS)
    seen = Engagement.objects.visible_to(user).filter(contract__customer=contact.customer_id)
    rows = brought(seen).under_way().filter(pk__in=ours.values("engagement"), gathering=None)
    for row in rows.prefetch_related(Prefetch("proposals", ours, to_attr="ours"))[:MOST]:
        if may_decide(user, row):
            yield Matter(
                subject=_("%(service)s：%(topic)s") % {"service": name_of(row.item), "topic": topic_of(row)},
                number=row.number,
                ask=_("答复时间"),
                because=_("我们提议 %(when)s") % {"when": when_words(row)},
                url=reverse("portal:service:engagement", args=[row.contract.number, row.number]),
                since=row.ours[0].at,
            )


def _invitations(user: User, contact: Contact, at: datetime) -> Iterator[Matter]:
    """Yield what the reader is invited to, can still enrol in, and has not answered. Source: K17"""
    invited = Attendee.objects.filter(contact=contact, state=Attendee.State.INVITED)
    events = Gathering.objects.published().filter(starts_at__gt=at)
    rows = invited.filter(engagement__gathering__in=events)
    for row in rows.select_related("engagement__gathering", "engagement__contract")[:MOST]:
        event = row.engagement.gathering
        if event and is_open(event, at):
            when = span_words(event.starts_at, event.ends_at, zone_named(event.timezone))
            yield Matter(
                subject=topic_of(row.engagement),
                number="",
                ask=_("答复邀请"),
                because=_("邀请您参加，%(when)s") % {"when": when},
                url=reverse("portal:service:gathering", args=[row.engagement.contract.number, event.pk]),
                since=row.engagement.requested_at,
            )


def is_open(event: Gathering, at: datetime) -> bool:
    """Tell whether people may still enrol at an instant, by the event's own date."""
    return event.enrol_until is None or at.astimezone(zone_named(event.timezone)).date() <= event.enrol_until


def _sign_offs(user: User, contact: Contact, at: datetime) -> Iterator[Matter]:
    """Yield what the reader is asked to sign or object to. Source: K06, K12"""
    for row in waiting_for(contact.customer, user):
        if may_sign(user, row):
            due = due_words(row.last_round, at)
            yield Matter(
                subject=title_of(row),
                number=row.number,
                ask=_("签字或提意见"),
                because=_("%(due)s 前没有回音，视同确认") % {"due": due} if due else _("等您签字"),
                url=reverse("portal:service:deliverable", args=[row.contract.number, row.number]),
                since=row.last_round.at,
            )


Source = Callable[[User, Contact, datetime], Iterable[Matter]]
SOURCES: list[Source] = [_proposals, _invitations, _sign_offs]
