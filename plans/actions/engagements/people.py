"""Who takes part, what they think of it, and what is said beside an engagement."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.engagements.gates import in_state
from plans.actions.engagements.journal import Kind, called, customers_of, inform, lock, note, ours_of
from plans.actions.engagements.requesting import take_part
from plans.models import Attendee, Contact, Engagement, EngagementPost, User
from plans.models.people import Language
from plans.refusals import RefusedError

State = Engagement.State
CHANGEABLE = (State.REQUESTED, State.PROPOSED, State.AGREED)
MOST = 500
LONGEST_POST = 20_000


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who takes part and is no contact."""

    name: str
    email: str
    language: str = Language.CHINESE


@transaction.atomic
def add_attendee(*, engagement: Engagement, who: Contact | Guest, actor: User, at: datetime) -> Attendee:
    """Have somebody take part and return the row; once a time is agreed they get the invitation.

    Raises RefusedError for somebody of another customer, a bad address, and more people than anything is for.
    """
    engagement = lock(engagement)
    in_state(engagement, CHANGEABLE, _("增加参加人"))
    if engagement.attendees.count() >= MOST:
        raise RefusedError("too_many", _("参加人最多 %d 位。") % MOST)
    row = _contact(engagement, who) if isinstance(who, Contact) else _guest(engagement, who)
    step = note(engagement, Kind.ATTENDEE, actor, at, **called(row), state=row.state)
    if engagement.state == State.AGREED:
        guests = [row] if row.contact_id is None else []
        inform(engagement, "agreed", [f"contact:{row.contact_id}"] if row.contact_id else [], step, guests=guests)
    return row


def _contact(engagement: Engagement, contact: Contact) -> Attendee:
    if contact.customer_id != engagement.contract.customer_id:
        raise RefusedError("not_their_contract", _("这位联系人不属于合同的客户。"))
    row = take_part(engagement, contact)
    return _coming(row)


def _guest(engagement: Engagement, guest: Guest) -> Attendee:
    try:
        validate_email(guest.email)
    except ValidationError as error:
        raise RefusedError("bad_address", _("请写正确的邮箱，邀请会发到那里。")) from error
    if not guest.name.strip():
        raise RefusedError("no_name", _("请写姓名。"))
    found = engagement.attendees.filter(email__iexact=guest.email).first()
    return _coming(found) if found else Attendee.objects.create(
        engagement=engagement, name=guest.name.strip()[:80], email=guest.email, language=guest.language
    )  # fmt: skip


def _coming(row: Attendee) -> Attendee:
    if row.state == Attendee.State.DECLINED:
        row.state = Attendee.State.ENROLLED
        row.save(update_fields=["state"])
    return row


@transaction.atomic
def remove_attendee(*, attendee: Attendee, actor: User, at: datetime) -> Attendee:
    """Have somebody not take part any more; whoever had an invitation gets it cancelled."""
    engagement = lock(attendee.engagement)
    in_state(engagement, CHANGEABLE, _("移除参加人"))
    attendee.state = Attendee.State.DECLINED
    attendee.save(update_fields=["state"])
    step = note(engagement, Kind.ATTENDEE, actor, at, **called(attendee), state=attendee.state)
    if engagement.state == State.AGREED:
        to = [f"contact:{attendee.contact_id}"] if attendee.contact_id else []
        inform(engagement, "excused", to, step, guests=[] if to else [attendee])
    return attendee


@transaction.atomic
def post(*, engagement: Engagement, body: str, actor: User, at: datetime) -> EngagementPost:
    """Say something beside an engagement; the other side is written to. Source: Y10"""
    engagement = lock(engagement)
    in_state(engagement, set(State) - {State.CANCELLED}, _("留言"))
    said = body.strip()
    if not said:
        raise RefusedError("nothing_said", _("请写一句话。"))
    if len(said) > LONGEST_POST:
        raise RefusedError("too_long", _("最多 %d 个字。") % LONGEST_POST)
    row = EngagementPost.objects.create(
        engagement=engagement, author=actor, author_display=str(actor), is_theirs=actor.is_customer, body=said, at=at
    )
    step = note(engagement, Kind.POSTED, actor, at, post=row.pk)
    to = ours_of(engagement) if actor.is_customer else customers_of(engagement)
    inform(engagement, "posted", to, step, post=row.pk)
    return row


@transaction.atomic
def give_feedback(*, attendee: Attendee, rating: int, comment: str, actor: User, at: datetime) -> Attendee:
    """Keep what somebody thought of an engagement that they were at; said again, the last word counts. Source: K17"""
    engagement = lock(attendee.engagement)
    in_state(engagement, (State.DELIVERED, State.RECORDED, State.CLOSED), _("反馈"))
    if not 1 <= rating <= 5:
        raise RefusedError("bad_rating", _("评分从 1 到 5。"))
    attendee.rating, attendee.comment, attendee.feedback_at = rating, comment.strip()[:1000], at
    attendee.save(update_fields=["rating", "comment", "feedback_at"])
    step = note(engagement, Kind.FEEDBACK, actor, at, **called(attendee), rating=rating)
    inform(engagement, "feedback", ours_of(engagement), step, attendee=attendee.pk)
    return attendee
