"""Events and certifications: published once, joined under each customer's own contract. Source: K15, K16, K17"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.accounts import zone_named
from plans.actions.engagements.gates import Slot, in_state, lies_ahead, reason_given, takes_time, within_term
from plans.actions.engagements.holding import hold_place, let_place_go, use_place
from plans.actions.engagements.journal import COMING, Kind, called, inform, lock, news_of, note
from plans.actions.engagements.requesting import take_part
from plans.actions.news import tell_many
from plans.engagements.offered import cite, is_gathered, stage_at, stages_of
from plans.engagements.providers import providers_of
from plans.models import (
    AccountNotice,
    Attendee,
    Contact,
    Contract,
    Engagement,
    EngagementStep,
    Entitlement,
    Gathering,
    Item,
    User,
)
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from plans.wording import name_of

State, Place = Engagement.State, Attendee.State


@dataclass(frozen=True, slots=True)
class Event:
    """What is published: one item's service, for all customers of its vendor who hold it."""

    service: str
    vendor: str
    title: str
    title_en: str
    slot: Slot
    text: str = ""
    text_en: str = ""
    timezone: str = "Asia/Shanghai"
    mode: str = "on_site"
    place: str = ""
    places: int | None = None
    enrol_until: date | None = None


@transaction.atomic
def publish(*, event: Event, actor: User, at: datetime) -> Gathering:
    """Publish an event or a certification and return it.

    One that needs no invitation is told to the customers' administrators of every contract in force that gives it; one
    by invitation is told to nobody until they are invited. Raises RefusedError for what no plan gives.
    """
    item = item_of(event.service, event.vendor)
    takes_time(event.slot)
    lies_ahead(event.slot, at)
    _enrolment_makes_sense(event, at)
    if not event.title.strip() or not event.title_en.strip():
        raise RefusedError("no_title", _("请写中文和英文名称。"))
    gathering = Gathering.objects.create(
        service=event.service, vendor=event.vendor, title=event.title.strip(), title_en=event.title_en.strip(),
        text=event.text, text_en=event.text_en, starts_at=event.slot.starts_at, ends_at=event.slot.ends_at,
        timezone=event.timezone, mode=event.mode, place=event.place, places=event.places,
        enrol_until=event.enrol_until, published_at=at, by=actor, is_by_invitation="invite" in item.stage_codes,
    )  # fmt: skip
    if not gathering.is_by_invitation:
        _tell_all(gathering, rights_to(gathering, at), at, actor)
    return gathering


def _tell_all(gathering: Gathering, rights: Sequence[Entitlement], at: datetime, actor: User) -> None:
    """Have every customer join, and its administrators told, in as many questions as for one."""
    firsts = {one.contract.customer_id: one for one in reversed(rights)}.values()
    rows = [Engagement(gathering=gathering, contract=one.contract, **_joining(gathering, one, at)) for one in firsts]
    engagements = Engagement.objects.bulk_create(rows, batch_size=1000)
    said = {"kind": Kind.REQUESTED, "at": at, "actor": actor, "actor_display": str(actor)}
    steps = EngagementStep.objects.bulk_create(
        (EngagementStep(engagement=row, fields={"topic": gathering.title}, **said) for row in engagements),
        batch_size=1000,
    )
    news = (news_of(step.engagement, "published", ["customer_admins"], step) for step in steps)
    tell_many(AccountNotice(not_before=at, **one) for one in news)


def _enrolment_makes_sense(event: Event, at: datetime) -> None:
    """Raise RefusedError for a last day of enrolment that is past, or comes after the event has begun."""
    zone = zone_named(event.timezone)
    first, last = (moment.astimezone(zone).date() for moment in (at, event.slot.starts_at))
    if event.enrol_until and not first <= event.enrol_until <= last:
        raise RefusedError("bad_enrolment", _("报名截止须在今天到活动开始那天之间。"))


def item_of(service: str, vendor: str) -> Item:
    """Return what the vendor's catalogue says of such a service. Raises RefusedError where it has none."""
    items = Item.objects.filter(service=service, plan__vendor=vendor, plan__is_current=True)
    found = items.order_by("-plan__rank", "pk").first()
    if found and is_gathered(found):
        return found
    raise RefusedError("no_such_service", _("没有计划提供这项活动或认证。"))


def rights_to(gathering: Gathering, at: datetime) -> list[Entitlement]:
    """Return who may take part: the rights of every contract in force on the day that it begins."""
    rows = Entitlement.objects.filter(item__service=gathering.service, contract__plan__vendor=gathering.vendor)
    rows = rows.filter(contract__customer__is_active=True)
    related = rows.select_related("contract__customer", "contract__branch", "contract__plan", "item")
    return [one for one in related.order_by("contract", "pk") if _holds(one.contract, gathering.starts_at)]


def _holds(contract: Contract, at: datetime) -> bool:
    return contract.starts_on <= local_date(contract, at) <= last_day(contract)


def joined(gathering: Gathering, right: Entitlement, at: datetime, actor: User | None) -> Engagement:
    """Return the engagement by which a contract takes part, made the first time. Call inside atomic."""
    within_term(right.item, right.contract, Slot(gathering.starts_at, gathering.ends_at))
    said = _joining(gathering, right, at)
    engagement, is_new = Engagement.objects.get_or_create(gathering=gathering, contract=right.contract, defaults=said)
    if is_new:
        note(engagement, Kind.REQUESTED, actor, at, topic=gathering.title)
    return engagement


def _joining(gathering: Gathering, right: Entitlement, at: datetime) -> dict[str, Any]:
    """Return what the engagement says by which a contract takes part."""
    return {
        "entitlement": right, "item": right.item, "topic": gathering.title, "state": State.AGREED, "requested_at": at,
        "agreed_at": at, "provider": providers_of(right.item, right.contract)[0], "mode": gathering.mode,
        "place": gathering.place, "timezone": gathering.timezone, "starts_at": gathering.starts_at,
        "ends_at": gathering.ends_at, "is_by_invitation": gathering.is_by_invitation,
    }  # fmt: skip


@transaction.atomic
def invite(*, gathering: Gathering, contacts: Sequence[Contact], actor: User, at: datetime) -> list[Attendee]:
    """Invite contacts, each under their customer's contract, and return their rows; nobody is invited twice.

    Raises RefusedError for a contact whose customer's contracts do not give it. Source: K17
    """
    _open(gathering, at)
    rights = {right.contract.customer_id: right for right in rights_to(gathering, at)}
    invited = []
    for contact in contacts:
        right = rights.get(contact.customer_id)
        if right is None:
            raise RefusedError(
                "no_such_right",
                _("%(name)s的单位没有包含这项活动的合同。") % {"name": name_of(contact)},
                **cite(item_of(gathering.service, gathering.vendor)),
            )
        invited.append(_invite(joined(gathering, right, at, actor), contact, actor, at))
    _reach(gathering, "invite", actor, at)
    return invited


def _invite(engagement: Engagement, contact: Contact, actor: User, at: datetime) -> Attendee:
    before = engagement.attendees.filter(contact=contact).first()
    if before:
        return before
    row = take_part(engagement, contact, Place.INVITED)
    step = note(engagement, Kind.ATTENDEE, actor, at, **called(row), state=row.state)
    inform(engagement, "invited", [f"contact:{contact.pk}"], step)
    return row


def _open(gathering: Gathering, at: datetime) -> None:
    """Raise RefusedError once nobody can join any more."""
    if gathering.cancelled_at or gathering.starts_at <= at:
        raise RefusedError("over", _("这项活动已经开始或取消。"))


@transaction.atomic
def enrol(*, gathering: Gathering, contact: Contact, actor: User, at: datetime) -> Attendee:
    """Enrol a contact and hold a place; they get the invitation for their calendar. Return the row.

    Raises RefusedError past the last day, where no place is left, and for who was not invited where that is needed.
    """
    gathering = Gathering.objects.select_for_update().get(pk=gathering.pk)
    _open(gathering, at)
    _in_time(gathering, at)
    engagement = _own(gathering, contact, actor, at)
    row = engagement.attendees.filter(contact=contact).first() or take_part(engagement, contact, Place.INVITED)
    if row.state in COMING:
        return row
    _one_place_left(gathering)
    row.state = Place.ENROLLED
    hold_place(row, engagement, actor, at)
    row.save(update_fields=["state", "reserved_key"])
    step = note(engagement, Kind.ATTENDEE, actor, at, **called(row), state=row.state)
    inform(engagement, "agreed", [f"contact:{contact.pk}"], step)
    _reach(gathering, "enrol", actor, at)
    return row


def _own(gathering: Gathering, contact: Contact, actor: User, at: datetime) -> Engagement:
    """Return the engagement by which a contact's customer takes part. Raises RefusedError where they may not."""
    if gathering.is_by_invitation:
        rows = Engagement.objects.filter(gathering=gathering, attendees__contact=contact)
        found = rows.first()
    else:
        rights = [one for one in rights_to(gathering, at) if one.contract.customer_id == contact.customer_id]
        found = joined(gathering, rights[0], at, actor) if rights else None
    if found is None:
        raise RefusedError("not_invited", _("这项活动没有邀请您。"), ways_on=[_("请联系客户成功经理。")])
    return lock(found)


def _in_time(gathering: Gathering, at: datetime) -> None:
    today = at.astimezone(zone_named(gathering.timezone)).date()
    if gathering.enrol_until and today > gathering.enrol_until:
        raise RefusedError("enrolment_over", _("报名已于 %s 截止。") % gathering.enrol_until)


def _one_place_left(gathering: Gathering) -> None:
    taken = Attendee.objects.filter(engagement__gathering=gathering, state__in=COMING).count()
    if gathering.places is not None and taken >= gathering.places:
        raise RefusedError("full", _("名额已满。"), ways_on=[_("请联系客户成功经理登记候补。")])


@transaction.atomic
def decline(*, attendee: Attendee, actor: User, at: datetime) -> Attendee:
    """Note that somebody does not come; their place is free again."""
    engagement = lock(attendee.engagement)
    in_state(engagement, (State.AGREED,), _("退出活动"))
    attendee.refresh_from_db()
    if attendee.state == Place.DECLINED:
        return attendee
    was_coming = attendee.state in COMING
    let_place_go(attendee, engagement, actor, at)
    attendee.state = Place.DECLINED
    attendee.save(update_fields=["state", "reserved_key"])
    step = note(engagement, Kind.ATTENDEE, actor, at, **called(attendee), state=attendee.state)
    if was_coming and attendee.contact_id:
        inform(engagement, "excused", [f"contact:{attendee.contact_id}"], step)
    return attendee


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one person; what is None is not known yet."""

    came: bool | None = None
    has_passed: bool | None = None
    score: str = ""
    certificate: str = ""


@transaction.atomic
def note_result(*, attendee: Attendee, result: Result, actor: User, at: datetime) -> Attendee:
    """Keep who came, who passed and which certificate they got; a certificate is told to its holder. Source: K16

    Raises RefusedError for a certificate of somebody who did not pass, and before it has begun.
    """
    engagement = lock(attendee.engagement)
    if engagement.starts_at is None or engagement.starts_at > at:
        raise RefusedError("not_begun", _("约定的时间还没有到。"))
    has_passed = attendee.has_passed if result.has_passed is None else result.has_passed
    if result.certificate and not has_passed:
        raise RefusedError("not_passed", _("通过考试后才能发证书。"))
    if result.came is not None:
        _note_came(attendee, engagement, result.came, actor, at)
    is_new = bool(result.certificate) and result.certificate != attendee.certificate
    attendee.has_passed, attendee.score = has_passed, (result.score or attendee.score)[:20]
    attendee.certificate = (result.certificate or attendee.certificate)[:60]
    attendee.save()
    said = {**called(attendee), "state": attendee.state, "passed": has_passed, "certificate": attendee.certificate}
    step = note(engagement, Kind.ATTENDEE, actor, at, **said)
    if is_new and attendee.contact_id:
        inform(engagement, "certified", [f"contact:{attendee.contact_id}"], step, certificate=attendee.certificate)
    return attendee


def _note_came(attendee: Attendee, engagement: Engagement, came: bool, actor: User, at: datetime) -> None:
    """Book the place of who came as used; that of who did not is free again."""
    if came and attendee.state == Place.ABSENT:
        hold_place(attendee, engagement, actor, at)
    if came and attendee.state != Place.ATTENDED:
        use_place(attendee, engagement, actor, at)
    if not came:
        let_place_go(attendee, engagement, actor, at)
    attendee.state = Place.ATTENDED if came else Place.ABSENT


@transaction.atomic
def move_on(*, gathering: Gathering, stage: int, actor: User, at: datetime) -> Gathering:
    """Put an event or certification at one of its stages, for everybody. Raises RefusedError once it is called off."""
    if gathering.cancelled_at:
        raise RefusedError("over", _("这项活动已经开始或取消。"))
    stages = stages_of(item_of(gathering.service, gathering.vendor))
    if not 0 <= stage < len(stages):
        raise RefusedError("no_such_stage", _("没有这个阶段。"))
    _put(gathering, stage, actor, at)
    return gathering


def _reach(gathering: Gathering, code: str, actor: User, at: datetime) -> None:
    """Go on to a stage that has come about by itself, never back."""
    place = stage_at(item_of(gathering.service, gathering.vendor), code)
    if place is not None and place > gathering.stage:
        _put(gathering, place, actor, at)


def _put(gathering: Gathering, stage: int, actor: User, at: datetime) -> None:
    gathering.stage = stage
    gathering.save(update_fields=["stage"])
    for engagement in gathering.engagements.exclude(state=State.CANCELLED).select_related("item"):
        stages = stages_of(engagement.item)
        name = stages[stage].name if stage < len(stages) else ""
        note(engagement, Kind.STAGE, actor, at, stage=stages[stage].code if name else "", name=name)


@transaction.atomic
def call_off(*, gathering: Gathering, reason: str, actor: User, at: datetime) -> Gathering:
    """Call an event off; everybody who was invited or enrolled is told, and places are free again."""
    said = reason_given(reason)
    gathering = Gathering.objects.select_for_update().get(pk=gathering.pk)
    _open(gathering, at)
    gathering.cancelled_at = at
    gathering.save(update_fields=["cancelled_at"])
    for row in gathering.engagements.exclude(state=State.CANCELLED):
        _call_off(lock(row), said, actor, at)
    return gathering


def _call_off(engagement: Engagement, reason: str, actor: User, at: datetime) -> None:
    told = list(engagement.attendees.exclude(state=Place.DECLINED))
    for row in told:
        let_place_go(row, engagement, actor, at)
        row.save(update_fields=["reserved_key"])
    engagement.state, engagement.ended_at = State.CANCELLED, at
    engagement.sequence += 1
    engagement.save()
    step = note(engagement, Kind.CANCELLED, actor, at, reason=reason)
    to = [f"contact:{row.contact_id}" for row in told if row.contact_id]
    inform(engagement, "cancelled", to, step, reason=reason, was_agreed=True)


@transaction.atomic
def conclude(*, gathering: Gathering, done: str, actor: User, at: datetime) -> Gathering:
    """End an event or a certification that was held; who was there is asked what they thought. Source: K17

    Places of those of whom nobody noted that they came are free again.

    Raises RefusedError before it has ended, without words of what was done, and twice.
    """
    gathering = Gathering.objects.select_for_update().get(pk=gathering.pk)
    if gathering.cancelled_at or gathering.ends_at > at:
        raise RefusedError("not_ended", _("活动还没有结束，或已经取消。"))
    if not done.strip():
        raise RefusedError("nothing_recorded", _("请写明做了什么。"))
    held = list(gathering.engagements.filter(state=State.AGREED))
    if not held:
        raise RefusedError("over", _("活动已经办结。"))
    for row in held:
        _conclude(lock(row), done.strip(), actor, at)
    _reach(gathering, "feedback", actor, at)
    return gathering


def _conclude(engagement: Engagement, done: str, actor: User, at: datetime) -> None:
    """End it for one customer; where nobody had enrolled, nothing was delivered."""
    if not engagement.attendees.filter(state__in=(*COMING, Place.ABSENT)).exists():
        engagement.state, engagement.ended_at = State.CANCELLED, at
        engagement.save(update_fields=["state", "ended_at"])
        note(engagement, Kind.CANCELLED, actor, at)
        return
    engagement.state, engagement.done = State.CLOSED, done
    engagement.delivered_at = engagement.recorded_at = engagement.ended_at = at
    engagement.save()
    step = note(engagement, Kind.CLOSED, actor, at)
    for row in engagement.attendees.exclude(reserved_key=""):
        let_place_go(row, engagement, actor, at)
        row.save(update_fields=["reserved_key"])
    there = engagement.attendees.filter(state=Place.ATTENDED, contact__isnull=False)
    inform(engagement, "recorded", [f"contact:{row.contact_id}" for row in there], step)
