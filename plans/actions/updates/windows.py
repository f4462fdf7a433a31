"""Writes of one window: set by hand, told of, moved, put off, begun, finished, called off; each with who and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.actions.updates.journal import Kind, hold_window, note, tell_affected, times
from plans.actions.updates.laying import announce_at
from plans.models import Product, UpdateWindow, User
from plans.refusals import RefusedError
from plans.updates.policies import Scope

State = UpdateWindow.State
LONGEST_HOURS = 72
LONGEST = 3600 * LONGEST_HOURS
# Nobody sets a time further ahead; a year of four digits is a slip of the hand.
FARTHEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A window that somebody sets by hand; `notice_days` None tells nobody before it, only of changes."""

    vendor: str
    kind: str
    scope: Scope
    title: str
    title_en: str
    span: Span
    timezone: str = "Asia/Shanghai"
    version: str = ""
    notes: str = ""
    notes_en: str = ""
    notice_days: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a window says besides its time."""

    title: str
    title_en: str
    version: str
    notes: str
    notes_en: str


@transaction.atomic
def add(*, planned: Planned, actor: User | None, at: datetime) -> UpdateWindow:
    """Set a window by hand and return it. Raises RefusedError for a time that is none, and products of others."""
    _sound(planned.span, at)
    scope = planned.scope
    known = set(Product.objects.filter(vendor=planned.vendor).values_list("code", flat=True))
    if not scope.products or not known.issuperset(scope.products):
        raise RefusedError("no_such_product", _("请选这家厂商的产品。"))
    window = UpdateWindow.objects.create(
        vendor=planned.vendor, kind=planned.kind, products=list(scope.products), deployments=list(scope.deployments),
        tenancy=scope.tenancy, pace=scope.pace, is_customised=scope.is_customised, title=planned.title,
        title_en=planned.title_en, version=planned.version, notes=planned.notes, notes_en=planned.notes_en,
        starts_at=planned.span.starts_at, ends_at=planned.span.ends_at, timezone=planned.timezone, is_moved=True,
        announce_at=announce_at(planned.span.starts_at, planned.timezone, planned.notice_days),
    )  # fmt: skip
    note(window, Kind.ADDED, actor, at, **times(window))
    return window


def _sound(span: Span, at: datetime) -> None:
    if span.ends_at <= span.starts_at:
        raise RefusedError("backwards", _("结束须晚于开始。"))
    if (span.ends_at - span.starts_at).total_seconds() > LONGEST:
        raise RefusedError("too_long", _("一个窗口最长 %d 小时。") % LONGEST_HOURS)
    if span.starts_at <= at:
        raise RefusedError("past", _("这个时间已经过去。"), ways_on=[_("请填以后的时间。")])
    check_not_too_far(span, at)


def check_not_too_far(span: Span, at: datetime) -> None:
    """Refuse a time that nobody can mean."""
    if span.starts_at - at > FARTHEST:
        raise RefusedError("too_far", _("这个时间太远：最多提前三年。"), ways_on=[_("请检查年份。")])


@transaction.atomic
def edit(*, window: UpdateWindow, words: Words, actor: User | None, at: datetime) -> UpdateWindow:
    """Say otherwise what a window is about; customers read it from then on, and are not written to."""
    window = hold_window(window)
    _in(window, (*WAITING, State.POSTPONED, State.UNDER_WAY, State.DONE), pgettext("update deed", "改写说明"))
    changed = [name for name in words.__slots__ if getattr(window, name) != getattr(words, name)]
    if changed:
        for name in changed:
            setattr(window, name, getattr(words, name))
        window.save(update_fields=changed)
        note(window, Kind.EDITED, actor, at, version=window.version)
    return window


WAITING = (State.PLANNED, State.ANNOUNCED)


@transaction.atomic
def announce(*, window: UpdateWindow, actor: User | None, at: datetime) -> UpdateWindow:
    """Tell the customers whom a planned window concerns, once. Raises RefusedError for one that was told or is over."""
    window = hold_window(window)
    _in(window, (State.PLANNED,), pgettext("update deed", "通知客户"))
    if window.starts_at <= at:
        raise RefusedError("past", _("这个窗口的时间已经过去。"), ways_on=[_("先改期，再通知。")])
    window.state, window.announced_at = State.ANNOUNCED, at
    window.save(update_fields=["state", "announced_at"])
    told = tell_affected(window, "announced", at)
    note(window, Kind.ANNOUNCED, actor, at, told=told, **times(window))
    return window


@transaction.atomic
def move(*, window: UpdateWindow, span: Span, reason: str, actor: User | None, at: datetime) -> UpdateWindow:
    """Give a window another time; whoever knew of the old one is told. Raises RefusedError without a reason."""
    window = hold_window(window)
    _in(window, (*WAITING, State.POSTPONED), pgettext("update deed", "改期"))
    _sound(span, at)
    was, is_known = times(window), _is_known(window)
    window.starts_at, window.ends_at, window.is_moved = span.starts_at, span.ends_at, True
    window.announce_at = _told_as_far_ahead(window, was)
    if is_known:
        window.state, window.announced_at = State.ANNOUNCED, at
    elif window.state != State.ANNOUNCED:
        window.state = State.PLANNED
    _change(window, Kind.MOVED, "moved", reason, actor=actor, at=at, is_known=is_known, was=was)
    return window


def _told_as_far_ahead(window: UpdateWindow, was: dict[str, str]) -> datetime | None:
    """Return when customers are told of the new time, as long before it as of the old one."""
    if window.announce_at is None:
        return None
    return window.starts_at - (datetime.fromisoformat(was["starts_at"]) - window.announce_at)


@transaction.atomic
def extend(*, window: UpdateWindow, ends_at: datetime, reason: str, actor: User | None, at: datetime) -> UpdateWindow:
    """Let a window under way last longer, or end sooner; its customers are told. Raises RefusedError without a reason.

    An end that has passed is none: say that it is finished.
    """
    window = hold_window(window)
    _in(window, (State.UNDER_WAY,), pgettext("update deed", "延长"))
    if ends_at <= at or (ends_at - window.starts_at).total_seconds() > LONGEST:
        raise RefusedError("wrong_end", _("结束须在以后，且一个窗口最长 %d 小时。") % LONGEST_HOURS)
    was, window.ends_at = times(window), ends_at
    _change(window, Kind.MOVED, "extended", reason, actor=actor, at=at, is_known=True, was=was)
    return window


@transaction.atomic
def postpone(*, window: UpdateWindow, reason: str, actor: User | None, at: datetime) -> UpdateWindow:
    """Put a window off without a new time yet; whoever knew of it is told. Raises RefusedError without a reason."""
    window = hold_window(window)
    _in(window, (*WAITING, State.UNDER_WAY), pgettext("update deed", "推迟"))
    is_known = _is_known(window)
    window.state, window.is_moved = State.POSTPONED, True
    _change(window, Kind.POSTPONED, "postponed", reason, actor=actor, at=at, is_known=is_known)
    return window


@transaction.atomic
def cancel(*, window: UpdateWindow, reason: str, actor: User | None, at: datetime) -> UpdateWindow:
    """Call a window off; whoever knew of it is told. Raises RefusedError without a reason."""
    window = hold_window(window)
    _in(window, (*WAITING, State.POSTPONED, State.UNDER_WAY), pgettext("update deed", "取消"))
    is_known = _is_known(window)
    window.state, window.is_moved = State.CANCELLED, True
    window.announced_at = window.announced_at or (at if is_known else None)
    _change(window, Kind.CANCELLED, "cancelled", reason, actor=actor, at=at, is_known=is_known)
    return window


def _is_known(window: UpdateWindow) -> bool:
    """Tell whether customers count on a window: they were told, or its days are known once and for all."""
    return window.announced_at is not None or (window.announce_at is None and window.slot_on is not None)


def _change(  # noqa: PLR0913  one change has this many sides
    window: UpdateWindow, kind: Kind, what: str, reason: str, *, actor: User | None, at: datetime, is_known: bool,
    **fields: Any,
) -> None:  # fmt: skip
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    window.sequence += is_known
    window.save()
    told = tell_affected(window, what, at, reason.strip(), fields.get("was")) if is_known else 0
    note(window, kind, actor, at, reason=reason, told=told, **times(window), **fields)


@transaction.atomic
def begin(*, window: UpdateWindow, actor: User | None, at: datetime) -> UpdateWindow:
    """Note that a window is under way."""
    window = hold_window(window)
    _in(window, WAITING, pgettext("update deed", "开始"))
    window.state = State.UNDER_WAY
    window.save(update_fields=["state"])
    note(window, Kind.BEGUN, actor, at)
    return window


@transaction.atomic
def finish(*, window: UpdateWindow, actor: User | None, at: datetime, version: str = "") -> UpdateWindow:
    """Note that a window is over, with the version that runs now."""
    window = hold_window(window)
    _in(window, (State.UNDER_WAY,), pgettext("update deed", "完成"))
    window.state = State.DONE
    window.version = version.strip()[:40] or window.version
    window.save(update_fields=["state", "version"])
    note(window, Kind.FINISHED, actor, at, version=window.version)
    return window


def _in(window: UpdateWindow, states: tuple[str, ...], what: str) -> None:
    """Refuse what a window's state does not allow."""
    if window.state not in states:
        words = {"state": window.get_state_display(), "what": what}
        raise RefusedError(
            "wrong_state", _("这个窗口的状态是“%(state)s”，不能%(what)s。") % words,
            ways_on=[_("刷新页面，看看现在的状态。")],
        )  # fmt: skip
