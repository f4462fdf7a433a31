"""How mail says instants, people and promises, in the reader's language and zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.functional import Promise as LazyText
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from plans.models import Contact, Team, User
from sla.models import Target
from sla.timeline import FactKind

ZONES: dict[str, LazyText] = {
    "Asia/Shanghai": gettext_lazy("北京时间"),
    "Asia/Hong_Kong": gettext_lazy("香港时间"),
    "Asia/Singapore": gettext_lazy("新加坡时间"),
    "Asia/Kuala_Lumpur": gettext_lazy("吉隆坡时间"),
    "Asia/Bangkok": gettext_lazy("曼谷时间"),
    "Asia/Ho_Chi_Minh": gettext_lazy("越南时间"),
}
# What an agent can do to meet a promise, by the fact that the clock hears.
ACTS: dict[str, LazyText] = {
    FactKind.ACCEPT: gettext_lazy("接单"),
    FactKind.ASSIGN: gettext_lazy("分配"),
    FactKind.PROGRESS: gettext_lazy("进展反馈"),
    FactKind.REPLY: gettext_lazy("回复"),
    FactKind.CALL: gettext_lazy("电话"),
    FactKind.RESOLVE: pgettext_lazy("act", "解决"),
    FactKind.SIGN: gettext_lazy("签字"),
    FactKind.OBJECT: gettext_lazy("提出书面意见"),
}


def in_english() -> bool:
    """Tell whether the reader reads English."""
    return (get_language() or "").startswith("en")


def said(at: datetime, now: datetime, zone: ZoneInfo, beside: ZoneInfo | None = None) -> str:
    """Return an instant as a letter says it, in `zone`; in `beside` too where its wall clock shows another time.

    The year is said where it is another one than that of `now`.
    """
    here = _wall(at, now, zone)
    if beside is None or at.astimezone(beside).utcoffset() == at.astimezone(zone).utcoffset():
        return here
    words = {"here": here, "zone": zone_words(zone), "there": _wall(at, now, beside), "other": zone_words(beside)}
    return _("%(here)s（%(zone)s；%(other)s %(there)s）") % words


def _wall(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    is_near = local.year == now.astimezone(zone).year
    return dateformat.format(local, _("n月j日 D H:i") if is_near else _("Y年n月j日 D H:i"))


def wall(at: str | None, told_at: datetime) -> str:
    """Return an instant of the ledger in the reader's zone, with its year where that is not the one of the line."""
    if not at:
        return ""
    local = localtime(datetime.fromisoformat(at))
    return f"{local:%m-%d %H:%M}" if local.year == localtime(told_at).year else f"{local:%Y-%m-%d %H:%M}"


def zone_words(zone: ZoneInfo) -> str:
    """Return what people call a zone; its IANA name where nothing better is known."""
    return str(ZONES.get(zone.key, zone.key))


def name_of(person: User | Contact | Team | None) -> str:
    """Return a person's or a team's name in the reader's language."""
    if person is None:
        return ""
    return (person.name_en if in_english() else person.name) or str(person)


def clause_of(target: Target) -> str:
    """Return the clause that a target stands on, in the reader's language."""
    return (target.clause_en if in_english() else "") or target.clause


def acts_of(target: Target) -> str:
    """Return what meets a target, in words. Source: Y18, K02"""
    known = [str(words).lower() for fact, words in ACTS.items() if fact in target.met_on]
    return _("、").join(known)


def one_line(text: str) -> str:
    """Return text fit for a header: every line end and control character is a space."""
    spaced = "".join(" " if not character.isprintable() else character for character in text)
    return " ".join(spaced.split())


def cause_in(fields: Mapping[str, Any]) -> str:
    """Return why a line of the ledger says that deadlines moved, in the reader's language where it was given in it."""
    return str((fields.get("cause_en") if in_english() else "") or fields.get("cause", ""))


def source_in(fields: Mapping[str, Any]) -> str:
    """Return where the notice that a line of the ledger rests on stands, in the reader's language if given in it."""
    return str((fields.get("source_en") if in_english() else "") or fields.get("source", ""))


def because(fields: Mapping[str, Any]) -> str:
    """Return why hours changed: the notice and where it stands, or the words of whoever changed them."""
    cause, source = cause_in(fields), source_in(fields)
    if not cause:
        return _("因为服务时间有调整。")
    if source and source != cause:
        return _("因为《%(cause)s》（%(source)s）。") % {"cause": cause, "source": source}
    return _("因为：%(cause)s。") % {"cause": cause}


def no_instant(move: Mapping[str, Any]) -> str:
    """Return what a line of the ledger says instead of a new deadline: none is set yet, or nothing is owed any more."""
    return _("暂停，恢复后再定") if move.get("paused") else _("没有时限")
