"""Words and small pictures that the templates share."""

from datetime import UTC, datetime, timedelta

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from plans.wording import name_of
from tickets.showing.strip import WEEKDAYS

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the drawing `name` of the icon sheet; it says nothing to readers, so a word stands beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.filter
def called(row: object) -> str:
    """Return what a row is called in the reader's language."""
    return name_of(row)


@register.filter
def instant(at: datetime | None) -> str:
    """Return `at` for a machine: ISO 8601 in UTC, or nothing."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


@register.filter
def length_words(span: timedelta | None) -> str:
    """Return a length of time in words; seconds are said only below a minute."""
    seconds = int((span or timedelta()).total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if seconds < 60:
        return _("%(s)d 秒") % {"s": seconds}
    if not hours:
        return _("%(m)d 分钟") % {"m": minutes}
    if not minutes:
        return _("%(h)d 小时") % {"h": hours}
    return _("%(h)d 小时 %(m)d 分") % {"h": hours, "m": minutes}


@register.filter
def near(at: datetime | None, now: datetime) -> str:
    """Return `at` as people say it, in the viewer's zone: today 15:40, tomorrow 09:30, 10-09 Fri 11:00."""
    if at is None:
        return ""
    local, today = localtime(at), localtime(now).date()
    named = {-1: _("昨天"), 0: _("今天"), 1: _("明天")}.get((local.date() - today).days)
    if named:
        return f"{named} {local:%H:%M}"
    day = f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"
    return f"{day} {WEEKDAYS[local.weekday()]} {local:%H:%M}"


@register.filter
def age(at: datetime | None, now: datetime) -> str:
    """Return how long ago `at` was, by the wall clock, in one unit."""
    minutes = int((now - at).total_seconds() // 60) if at else 0
    if minutes < 1:
        return _("刚刚")
    if minutes < 60:
        return _("%(n)d 分钟前") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)d 小时前") % {"n": minutes // 60}
    return _("%(n)d 天前") % {"n": minutes // (24 * 60)}


@register.filter
def initial(name: str) -> str:
    """Return the one character that stands for a person."""
    return name.strip()[:1].upper()
