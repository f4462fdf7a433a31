"""Forget a person at their own wish: what names them gives way to a neutral word, what happened stays as it was.

Figures, clocks and ledgers go on counting. What a contract is proved by keeps the name that signed it: signatures, and
the append-only steps of deliverables, engagements and rights, which the database lets nobody change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Replace
from django.utils.translation import gettext as _

from plans.models import (
    ApiKey,
    Attendee,
    CalendarFeed,
    Contact,
    EngagementPost,
    PackageTaking,
    Role,
    UpdateFeed,
    UpdateStep,
    User,
)
from sla.models import Observation
from sla.refusals import ActionRefusedError
from tickets.actions.board.journal import index
from tickets.channels.base import is_storable
from tickets.models import (
    BoardEvent,
    Call,
    CallBack,
    CallBackAttempt,
    CallEvent,
    Chat,
    ChatMessage,
    Comment,
    CoverageDecision,
    Delivery,
    Forgetting,
    InboundEvent,
    Mail,
    Message,
    Post,
    Revision,
    Search,
    SideTask,
    Ticket,
    TicketEvent,
    Visitor,
)

# What stands instead of a name, whatever the reader's language.
NEUTRAL = "***"
# A shorter word is part of too many others.
SHORTEST = 2
# Of what a switchboard told: whom, and where what they said lies.
TELLING = ("caller", "called", "url", "lines", "text")
# As many tickets as a refusal names.
NAMED = 5


@dataclass(frozen=True)
class Person:
    """Who is to be forgotten, with everything that names them."""

    contact: Contact
    user: User | None

    @cached_property
    def refs(self) -> list[str]:
        """Return how ledgers call them."""
        return [f"contact:{self.contact.pk}", *([f"user:{self.user.pk}"] if self.user else [])]

    @cached_property
    def words(self) -> list[str]:
        """Return what names them in texts, the longest first."""
        rows = [self.contact, *([self.user] if self.user else [])]
        said = {getattr(row, name) for row in rows for name in ("name", "name_en", "email", "phone")}
        found = {word for word in said if len(word) >= SHORTEST}
        found |= {word.lower() for word in found if "@" in word}
        return sorted(found, key=lambda word: (-len(word), word))

    @cached_property
    def is_theirs(self) -> Q:
        """Return the condition that a user's row is of this person; of nobody's where they do not sign in."""
        return Q(author=self.user) if self.user else Q(pk__in=[])

    def named(self, row: str) -> Q:
        """Return the condition that a row is of this contact, or bears their address."""
        found = Q(contact=self.contact)
        return found | Q(**{f"{row}__iexact": self.contact.email}) if self.contact.email else found

    def scrub_fields(self, rows: models.QuerySet[Any]) -> None:
        """Replace what names them in what lines of ledgers say besides, which is JSON."""
        text: Any = Cast("fields", models.TextField())
        naming = reduce(or_, (Q(text__contains=word) for word in self.words), Q(pk__in=[]))
        keys = list(rows.annotate(text=text).filter(naming).values_list("pk", flat=True))
        without = reduce(lambda said, word: Replace(said, Value(word), Value(NEUTRAL)), self.words, text)
        rows.filter(pk__in=keys).update(fields=Cast(without, models.JSONField()))

    def scrub(self, rows: models.QuerySet[Any], *columns: str) -> int:
        """Replace what names them in texts, and return how many rows did."""
        if not self.words:
            return 0
        naming = reduce(or_, (Q(**{f"{column}__contains": word}) for column in columns for word in self.words))
        return rows.filter(naming).update(**{column: self._without(column) for column in columns})

    def _without(self, column: str) -> Any:
        start: Any = F(column)
        return reduce(lambda text, word: Replace(text, Value(word), Value(NEUTRAL)), self.words, start)


@transaction.atomic
def forget(*, contact: Contact, reason: str, actor: User, at: datetime) -> Forgetting:
    """Forget a contact everywhere, and return the record of it, which names nobody.

    Raises ActionRefusedError for whoever may not, without a reason, a second time, and while something of theirs is
    still being worked on.
    """
    if actor.role != Role.ADMIN and not actor.is_superuser:
        raise ActionRefusedError("not_allowed", _("只有系统管理员可以抹除个人信息。"))
    contact = Contact.objects.select_for_update(of=("self",)).select_related("user").get(pk=contact.pk)
    person = Person(contact, contact.user)
    why = _reason(reason, person)
    _check_done(contact)
    counts = {key: count for key, place in PLACES.items() if (count := place(person))}
    return Forgetting.objects.create(contact=contact, reason=why, by=actor, at=at, counts=counts)


def _reason(text: str, person: Person) -> str:
    words = " ".join(text.split())
    if not words or len(words) > 400 or not is_storable(words):
        raise ActionRefusedError("no_reason", _("请写明理由（最多 400 字），例如本人申请的日期和编号。"))
    if any(word.lower() in words.lower() for word in person.words):
        raise ActionRefusedError("reason_names", _("理由里写了这个人的姓名或联系方式，它会一直留在记录里。"))
    return words


def _check_done(contact: Contact) -> None:
    """Refuse while something of theirs goes on: an answer could not reach them any more."""
    if Forgetting.objects.filter(contact=contact).exists():
        raise ActionRefusedError("forgotten_already", _("这个联系人的个人信息已经抹除。"))
    numbers = list(contact.tickets.unfinished().order_by("pk").values_list("number", flat=True)[:NAMED])
    numbers += contact.chats.open().order_by("pk").values_list("code", flat=True)[:NAMED]
    owed = contact.call_backs.filter(done_at=None).count()
    if numbers or owed:
        open_ones = [*numbers, *([_("%(n)d 个待回电话") % {"n": owed}] if owed else [])]
        words = _("还有未办结的事项：%(names)s。") % {"names": _("、").join(open_ones)}
        ways_on = [_("先办结这些工单、会话和回电，再抹除。")]
        raise ActionRefusedError("still_open", words, ways_on=ways_on)


def _tickets(person: Person) -> int:
    customer = person.contact.customer_id
    person.scrub(Ticket.objects.filter(customer=customer), "subject")
    # Colleagues name each other.
    said = Message.objects.filter(ticket__customer=customer)
    person.scrub(said, "body")
    said.filter(Q(contact=person.contact) | person.is_theirs).update(author_display=NEUTRAL)
    person.scrub_fields(TicketEvent.objects.filter(ticket__customer=customer))
    person.scrub(SideTask.objects.filter(ticket__customer=customer), "title")
    acts = {"actor_ref__in": person.refs}
    TicketEvent.objects.filter(**acts).update(actor_display=NEUTRAL)
    Observation.objects.filter(**acts).update(actor_display=NEUTRAL)
    if person.user:
        CoverageDecision.objects.filter(actor=person.user).update(actor_display=NEUTRAL)
    return Ticket.objects.filter(contact=person.contact).count()


def _chats(person: Person) -> int:
    theirs = Chat.objects.filter(contact=person.contact)
    said = ChatMessage.objects.filter(chat__in=theirs)
    person.scrub(said, "body")
    said.filter(author_kind=ChatMessage.Author.CUSTOMER).update(author_display=NEUTRAL)
    person.scrub(theirs, "rating_words")
    Visitor.objects.filter(contact=person.contact).delete()
    return theirs.update(page="")


def _posts(person: Person) -> int:
    """Take them off the board; what they wrote there stands, without what names them, and is searched so."""
    posts, comments = (kind._default_manager.filter(contact=person.contact) for kind in (Post, Comment))
    person.scrub(posts, "title", "body")
    person.scrub(comments, "body")
    touched = Post.objects.filter(Q(contact=person.contact) | Q(comments__contact=person.contact)).distinct()
    old = Revision.objects.filter(Q(post__in=posts, comment=None) | Q(comment__in=comments))
    person.scrub(old, "title", "body")
    old.filter(by__in=person.words).update(by=NEUTRAL)
    BoardEvent.objects.filter(actor_ref__in=person.refs).update(actor_display=NEUTRAL)
    count = posts.update(author_display=NEUTRAL) + comments.update(author_display=NEUTRAL)
    for post in touched:
        index(post)
    return count


def _letters(person: Person) -> int:
    """Take them off letters: whatever was about their tickets loses its text, for it may greet them by name."""
    Delivery.objects.filter(ticket__contact=person.contact).exclude(state=Delivery.State.QUEUED).update(rendered=None)
    theirs = Delivery.objects.filter(person.named("address"))
    person.scrub(Delivery.objects.filter(Q(ticket__contact=person.contact) | person.named("address")), "subject")
    theirs.filter(state=Delivery.State.QUEUED).update(
        state=Delivery.State.WITHHELD, lease_until=None, error=Delivery.FORGOTTEN
    )
    return theirs.update(address=f"contact-{person.contact.pk}", rendered=None)


def _mails(person: Person) -> int:
    theirs = Mail.objects.filter(person.named("from_address"))
    events = theirs.values("event")
    arrived = InboundEvent.objects.filter(Q(ticket__contact=person.contact) | Q(pk__in=events))
    told = CallEvent.objects.filter(call__contact=person.contact).values("inbound")
    arrived.exclude(state=InboundEvent.State.RECEIVED).update(raw=b"", headers={})
    InboundEvent.objects.filter(Q(pk__in=told) | Q(pk__in=_refused(person))).update(raw=b"", headers={})
    person.scrub(theirs, "subject", "words", "quoted")
    return theirs.update(from_name=NEUTRAL, from_address=NEUTRAL, to=[], cc=[], html="", signature="")


def _refused(person: Person) -> list[int]:
    """Return what was refused and bears their address: nothing else says whose it was."""
    if not person.contact.email:
        return []
    words = Value(person.contact.email.encode())
    place = Func(words, F("raw"), function="position", arg_joiner=" in ", output_field=models.IntegerField())
    refused = InboundEvent.objects.filter(ticket=None, adapter="", state=InboundEvent.State.REFUSED)
    return list(refused.annotate(place=place).filter(place__gt=0).values_list("pk", flat=True))


def _calls(person: Person) -> int:
    theirs = Call.objects.filter(contact=person.contact)
    for event in CallEvent.objects.filter(call__in=theirs):
        event.fields = {name: value for name, value in event.fields.items() if name not in TELLING}
        event.save(update_fields=["fields"])
    person.scrub(theirs, "question", "result")
    owed = CallBack.objects.filter(contact=person.contact).exclude(done_at=None)
    person.scrub(CallBackAttempt.objects.filter(call_back__in=owed), "words")
    owed.update(number="")
    theirs.filter(direction=Call.Direction.OUT).update(called="")
    theirs.filter(direction=Call.Direction.IN).update(caller="")
    return theirs.update(recording_url="", transcript=[])


def _engagements(person: Person) -> int:
    theirs = Attendee.objects.filter(person.named("email"))
    person.scrub(theirs, "comment")
    if person.user:
        said = EngagementPost.objects.filter(author=person.user)
        person.scrub(said, "body")
        said.update(author_display=NEUTRAL)
        UpdateStep.objects.filter(actor=person.user).update(actor_display=NEUTRAL)
        PackageTaking.objects.filter(user=person.user).update(user_display=NEUTRAL)
    return theirs.update(name=NEUTRAL, name_en="", email="")


def _searches(person: Person) -> int:
    return Search.objects.filter(contact=person.contact).update(contact=None)


def _sign_in(person: Person) -> int:
    """End their sign-in, keys and feeds; the account stays, for rows that point to it."""
    user = person.user
    if user is None:
        return 0
    for kind in (CalendarFeed, UpdateFeed):
        kind._default_manager.filter(user=user).delete()
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=models.functions.Now())
    user.username, user.name, user.name_en = f"forgotten-{user.pk}", NEUTRAL, ""
    user.first_name = user.last_name = user.email = user.phone = ""
    user.is_active = False
    user.set_unusable_password()
    user.save()
    return 1


def _contact(person: Person) -> int:
    """Leave the contact without anything personal; last, for the others are found by it."""
    contact = person.contact
    kinds = ContentType.objects.get_for_models(Contact, User)
    noted = Q(content_type=kinds[Contact], object_id=str(contact.pk))
    if person.user:
        noted |= Q(content_type=kinds[User], object_id=str(person.user.pk))
    LogEntry.objects.filter(noted).update(object_repr=NEUTRAL)
    contact.name, contact.name_en = f"已抹除 {contact.pk}", f"Erased {contact.pk}"
    contact.email = contact.phone = contact.external_id = ""
    contact.is_active = contact.is_certified = False
    contact.save()
    return 1


# Where a person stands, in the order in which they are taken away.
PLACES: dict[str, Callable[[Person], int]] = {
    "tickets": _tickets,
    "chats": _chats,
    "posts": _posts,
    "letters": _letters,
    "mails": _mails,
    "calls": _calls,
    "engagements": _engagements,
    "searches": _searches,
    "sign_in": _sign_in,
    "contact": _contact,
}
