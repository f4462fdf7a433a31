"""Writes of rotas: who takes turns, and who stands in for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

import structlog
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from plans.accounts import zone_named
from plans.models import FormerRota, Rota, RotaMember, RotaShift, User
from plans.refusals import RefusedError
from sla.clock import database_now

# A swap for longer is a change of the rota itself.
LONGEST_SWAP = timedelta(days=60)
# What of a rota says whose turn it is.
TURNS = ("team_id", "timezone", "starts_on", "hands_over_at", "days_each", "is_active")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Swap:
    """Who is on call instead of whose turn it is, in [start, end), and why."""

    user: User
    start: datetime
    end: datetime
    note: str = ""


@transaction.atomic
def keep_rota(
    *,
    rota: Rota,
    order: Sequence[User] | None = None,
    actor: User | None = None,
    at: datetime | None = None,
    seen: int | None = None,
) -> None:
    """Save a rota and, if they are given, who takes turns in which order; how it stood until `at` stays answerable.

    `at` is now unless said otherwise; `seen` is how many changes there had been when the form was filled in. Raises
    RefusedError where there was another since, for a zone that there is not, turns that are shorter than a day, a
    customer, and nobody at all.
    """
    _check_rota(rota)
    _check_order(order)
    before = former_rota(rota)
    if seen is not None and seen != FormerRota.objects.filter(rota=rota.pk).count():
        raise RefusedError("rota_changed", _("您打开之后，别人改过这张值班表。"), ways_on=[_("重新打开它再改。")])
    rota.save()
    if order is not None:
        rota.members.all().delete()
        RotaMember.objects.bulk_create(
            RotaMember(rota=rota, user=person, place=place) for place, person in enumerate(order, start=1)
        )
    after = former_rota(rota)
    if before and after and _content(before) != _content(after):
        put_by(before, actor, at or database_now())


def set_members(*, rota: Rota, order: Sequence[User], actor: User | None = None, at: datetime | None = None) -> None:
    """Have these people take turns in this order. Raises RefusedError for a customer, and for nobody at all."""
    keep_rota(rota=rota, order=order, actor=actor, at=at)


def former_rota(rota: Rota) -> FormerRota | None:
    """Return how a rota stands, locked, as a row that is not saved yet; None for one that is not or has nobody."""
    stored = Rota.objects.select_for_update().filter(pk=rota.pk).first()
    members = list(stored.members.select_related("user").order_by("place")) if stored else []
    if stored is None or not members:
        return None
    order = [[member.user_id, member.user.is_active] for member in members]
    return FormerRota(rota=stored, order=order, **{name: getattr(stored, name) for name in TURNS})


def put_by(former: FormerRota, actor: User | None, at: datetime) -> None:
    """Save how a rota stood until an instant; it never changes any more."""
    former.until, former.changed_by = at, str(actor or "")
    former.save(force_insert=True)
    log.info("rota_changed", rota=former.rota.code, by=former.changed_by)


def _content(former: FormerRota) -> tuple[object, ...]:
    return former.order, *(getattr(former, name) for name in TURNS)


@transaction.atomic
def come_or_go(*, user: User) -> None:
    """Keep who was on call before somebody comes back or leaves, as they do now; their swaps end with them.

    To be called before their row is saved.
    """
    at = database_now()
    for rota in Rota.objects.filter(members__user=user).distinct():
        if former := former_rota(rota):
            put_by(former, None, at)
    RotaShift.objects.filter(user=user, start__gte=at).delete()
    RotaShift.objects.filter(user=user, end__gt=at).update(end=at)


@transaction.atomic
def swap(*, rota: Rota, agreed: Swap, actor: User, at: datetime) -> RotaShift:
    """Have somebody stand in for a while and return the swap; what of it has passed already stays as it was.

    Raises RefusedError for a rota out of use, a person who cannot stand in, an end that does not come after the start
    or is past, and a swap that overlaps another.
    """
    rota = Rota.objects.select_for_update().get(pk=rota.pk)
    if not rota.is_active:
        raise RefusedError("rota_off", _("这张值班表已经停用。"))
    _check_can_stand(agreed.user)
    start = max(agreed.start, at)
    _check_span(agreed, at)
    _check_free(rota, start, agreed.end)
    shift = RotaShift.objects.create(rota=rota, user=agreed.user, start=start, end=agreed.end, note=agreed.note)
    log.info("rota_swapped", rota=rota.code, user=agreed.user.username, by=actor.username)
    return shift


@transaction.atomic
def take_back(*, shift: RotaShift, actor: User, at: datetime) -> None:
    """Take back a swap, or what is left of it. Raises RefusedError for one that is over."""
    shift = RotaShift.objects.select_for_update().select_related("rota").get(pk=shift.pk)
    if shift.end <= at:
        raise RefusedError("swap_is_over", _("这次换班已经结束。"))
    if shift.start >= at:
        shift.delete()
    else:
        shift.end = at
        shift.save(update_fields=["end"])
    log.info("rota_swap_taken_back", rota=shift.rota.code, by=actor.username)


def _check_rota(rota: Rota) -> None:
    if rota.timezone not in available_timezones():
        raise RefusedError("unknown_zone", _("没有名为“%s”的时区。") % rota.timezone)
    if not rota.days_each:
        raise RefusedError("turn_too_short", _("每班至少一天。"))


def _check_order(order: Sequence[User] | None) -> None:
    if order is None:
        return
    if not order:
        raise RefusedError("rota_empty", _("值班表上至少要有一个人。"), ways_on=[_("不再用的值班表，请停用。")])
    for person in order:
        _check_can_stand(person)


def _check_can_stand(person: User) -> None:
    if not person.is_agent or not person.is_active:
        raise RefusedError("cannot_stand", _("%(name)s 不是在职的我方人员，不能值班。") % {"name": person})


def _check_span(agreed: Swap, at: datetime) -> None:
    if agreed.end <= agreed.start:
        raise RefusedError("ends_before_start", _("换班的结束须晚于开始。"))
    if agreed.end <= at:
        raise RefusedError("swap_is_past", _("这段时间已经过去，值班记录不能改写。"))
    if agreed.end - agreed.start > LONGEST_SWAP:
        raise RefusedError(
            "swap_too_long", _("一次换班最长 60 天。"), ways_on=[_("更久的变动，请改值班表的成员和次序。")]
        )


def _check_free(rota: Rota, start: datetime, end: datetime) -> None:
    taken = rota.shifts.filter(start__lt=end, end__gt=start).select_related("user").first()
    if taken is None:
        return
    zone = zone_named(rota.timezone)
    said = {
        "name": taken.user, "start": f"{localtime(taken.start, zone):%m-%d %H:%M}",
        "end": f"{localtime(taken.end, zone):%m-%d %H:%M}",
    }  # fmt: skip
    raise RefusedError(
        "swap_overlaps",
        _("%(start)s 至 %(end)s 已由 %(name)s 换班。") % said,
        ways_on=[_("先撤销那次换班，或另选一段时间。")],
    )
