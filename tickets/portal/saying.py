"""What the portal tells a customer, in whole sentences and from their side."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils.functional import Promise as LazyText
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import Plan, User
from plans.wording import name_of as plan_name
from sla.models.policies import Metric
from tickets.models import Status, Ticket
from tickets.showing.promises import Promise, current_of
from tickets.showing.strip import WEEKDAYS
from tickets.showing.wording import name_of, zone_words

# Where a ticket stands, as the one who sent it sees it.
STANDINGS: dict[str, LazyText] = {
    Status.NEW: gettext_lazy("已收到"),
    Status.OPEN: gettext_lazy("处理中"),
    Status.WAITING_CUSTOMER: gettext_lazy("等您补充"),
    Status.WAITING_THIRD_PARTY: gettext_lazy("等第三方"),
    Status.SCHEDULED: gettext_lazy("约好了时间"),
    Status.RESOLVED: gettext_lazy("请您确认"),
    Status.CLOSED: gettext_lazy("已关闭"),
    Status.MERGED: gettext_lazy("已合并"),
}
OURS: dict[str, LazyText] = {
    Metric.FIRST_RESPONSE: gettext_lazy("我们会在 %(when)s 前回复您"),
    Metric.NEXT_RESPONSE: gettext_lazy("我们会在 %(when)s 前再回复您"),
    Metric.UPDATE: gettext_lazy("我们会在 %(when)s 前告诉您进展"),
    Metric.RESOLUTION: gettext_lazy("我们会在 %(when)s 前解决"),
    Metric.SIGN_OFF: gettext_lazy("请您在 %(when)s 前签字或提出意见"),
}
THEIRS: dict[str, LazyText] = {
    Metric.FIRST_RESPONSE: gettext_lazy("%(who)s会在 %(when)s 前回复您"),
    Metric.NEXT_RESPONSE: gettext_lazy("%(who)s会在 %(when)s 前再回复您"),
    Metric.UPDATE: gettext_lazy("%(who)s会在 %(when)s 前告诉您进展"),
    Metric.RESOLUTION: gettext_lazy("%(who)s会在 %(when)s 前解决"),
    Metric.SIGN_OFF: gettext_lazy("请您在 %(when)s 前签字或提出意见"),
}
LATE: dict[str, LazyText] = {
    Metric.FIRST_RESPONSE: gettext_lazy("对不起，我们晚了：说好 %(when)s 前回复您"),
    Metric.NEXT_RESPONSE: gettext_lazy("对不起，我们晚了：说好 %(when)s 前再回复您"),
    Metric.UPDATE: gettext_lazy("对不起，我们晚了：说好 %(when)s 前告诉您进展"),
    Metric.RESOLUTION: gettext_lazy("对不起，我们晚了：说好 %(when)s 前解决"),
    Metric.SIGN_OFF: gettext_lazy("%(when)s 已过，没有收到您的意见"),
}


def standing_of(ticket: Ticket) -> str:
    """Return where a ticket stands, in the customer's words."""
    return str(STANDINGS[ticket.status])


def when(at: datetime, now: datetime, beside: ZoneInfo) -> str:
    """Return an instant in the reader's zone, and in the calendar's beside it where its wall clock differs."""
    here = get_current_timezone()
    if at.astimezone(here).utcoffset() == at.astimezone(beside).utcoffset():
        return _clock(at, now, here)
    zone = zone_words(here) if isinstance(here, ZoneInfo) else str(here)
    there = {"other": zone_words(beside), "there": _clock(at, now, beside)}
    return _("%(here)s（%(zone)s；%(other)s %(there)s）") % {"here": _clock(at, now, here), "zone": zone, **there}


def _clock(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Return an instant as part of a sentence: today, tomorrow, or a weekday with its date."""
    local = at.astimezone(zone)
    today = now.astimezone(zone).date()
    day = f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"
    said = {"time": f"{local:%H:%M}", "day": day, "weekday": WEEKDAYS[local.weekday()]}
    days = (local.date() - today).days
    words = {-1: _("昨天 %(time)s"), 0: _("今天 %(time)s"), 1: _("明天 %(time)s")}
    return words.get(days, _("%(day)s %(weekday)s %(time)s")) % said


def promised(promise: Promise) -> str:
    """Return a running promise as a sentence: who does what by when; an apology once it is late."""
    if promise.due_at is None:
        return held(promise.ticket, promise.at)
    if promise.tone == "paused":
        return _("%(held)s；%(then)s") % {
            "held": held(promise.ticket, promise.at),
            "then": _owed(promise, promise.due_at),
        }
    return _owed(promise, promise.due_at)


def _owed(promise: Promise, due_at: datetime) -> str:
    said = {"when": when(due_at, promise.at, promise.compiled.zone), "who": helper_of(promise.ticket)}
    if promise.tone == "breached":
        return str(LATE[promise.milestone.metric]) % said
    return str((THEIRS if said["who"] else OURS)[promise.milestone.metric]) % said


def held(ticket: Ticket, now: datetime) -> str:
    """Return why nothing runs at the moment, or how it ended."""
    who = helper_of(ticket)
    going_on = _("%(who)s在处理，有进展就告诉您") % {"who": who} if who else _("在处理，有进展就告诉您")
    words = {
        Status.WAITING_CUSTOMER: _("在等您补充，收到后马上继续"),
        Status.WAITING_THIRD_PARTY: _("在等第三方答复，我们盯着"),
        Status.SCHEDULED: _said_at(_("约好 %(when)s 继续"), ticket.waiting_until, now),
        Status.RESOLVED: _said_at(_("%(when)s 解决了，请您确认"), ticket.resolved_at, now),
        Status.CLOSED: _said_at(_("%(when)s 关闭"), ticket.closed_at, now),
        Status.MERGED: _("已并入另一张工单"),
    }
    return words.get(Status(ticket.status)) or going_on


def _said_at(words: str, at: datetime | None, now: datetime) -> str:
    return words % {"when": _clock(at, now, get_current_timezone())} if at else ""


def said_of(ticket: Ticket, promises: Iterable[Promise], now: datetime) -> str:
    """Return in one sentence what a customer wants to know first about a ticket."""
    current = None if ticket.is_ended else current_of(promises)
    if current is None or current.due_at is None:
        return held(ticket, now)
    return promised(current)


def helper_of(ticket: Ticket) -> str:
    """Return who works a ticket, or nothing while nobody does."""
    return name_of(ticket.assignee) if isinstance(ticket.assignee, User) else ""


def cited(plan: Plan, section: str) -> str:
    """Return a section with the plan that it belongs to."""
    return f"{plan_name(plan)} {section}".strip()
