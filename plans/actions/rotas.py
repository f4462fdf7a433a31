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
from plans.models import Rota, RotaMember, RotaShift, User
from plans.refusals import RefusedError

# A swap for longer is a change of the rota itself.
LONGEST_SWAP = timedelta(days=60)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Swap:
    """Who is on call instead of whose turn it is, in [start, end), and why."""

    user: User
    start: datetime
    end: datetime
    note: str = ""


@transaction.atomic
def keep_rota(*, rota: Rota) -> None:
    """Save a rota. Raises RefusedError for a zone that there is not and for turns that are shorter than a day."""
    if rota.timezone not in available_timezones():
        raise RefusedError("unknown_zone", _("没有名为“%s”的时区。") % rota.timezone)
    if not rota.days_each:
        raise RefusedError("turn_too_short", _("每班至少一天。"))
    rota.save()


@transaction.atomic
def set_members(*, rota: Rota, order: Sequence[User]) -> None:
    """Have these people take turns in this order. Raises RefusedError for a customer, and for nobody at all."""
    if not order:
        raise RefusedError("rota_empty", _("值班表上至少要有一个人。"), ways_on=[_("不再用的值班表，请停用。")])
    for person in order:
        _check_can_stand(person)
    rota.members.all().delete()
    RotaMember.objects.bulk_create(
        RotaMember(rota=rota, user=person, place=place) for place, person in enumerate(order, start=1)
    )


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
