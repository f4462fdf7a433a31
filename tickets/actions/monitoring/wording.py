"""What monitoring says in a ticket, in the language of whom it is opened for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from plans.accounts import zone_named
from plans.models import Contact
from tickets.models import Alert, Priority

# So many alerts are written out; of the others only their number is told.
LISTED, LONGEST_SUBJECT = 20, 200
# Labels that say where it is, in the order in which they help.
WHERE = ("instance", "host", "node", "pod", "namespace", "cluster", "job", "service", "tenant")
# What others call how bad it is; a key's option `severity` says otherwise.
SEVERITIES: Mapping[str, str] = {
    "critical": Priority.URGENT, "page": Priority.URGENT, "emergency": Priority.URGENT, "disaster": Priority.URGENT,
    "error": Priority.HIGH, "high": Priority.HIGH, "major": Priority.HIGH,
    "warning": Priority.NORMAL, "average": Priority.NORMAL, "minor": Priority.NORMAL,
    "info": Priority.LOW, "none": Priority.LOW, "notice": Priority.LOW,
}  # fmt: skip
RANKS = (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT)


def priority_of(rows: Sequence[Alert], options: Mapping[str, Any]) -> str:
    """Return the priority of the worst of these alerts."""
    said = options.get("severity")
    told = (
        {**SEVERITIES, **{str(name).lower(): str(to) for name, to in said.items()}}
        if isinstance(said, dict)
        else SEVERITIES
    )
    found = (told.get(row.severity, Priority.NORMAL) for row in rows)
    ranked = [RANKS.index(Priority(one)) for one in found if one in Priority.values]
    return RANKS[max(ranked)] if ranked else Priority.NORMAL


def subject_of(rows: Sequence[Alert], contact: Contact) -> str:
    """Return what a ticket about alerts is called."""
    names = list(dict.fromkeys(row.name for row in rows))
    with translation.override(contact.reads):
        if len(rows) == 1:
            told = _where(rows[0])
            said = f"{names[0]} · {told}" if told else names[0]
        else:
            said = _("%(name)s 等 %(count)d 条告警") % {"name": names[0], "count": len(rows)}
        return (_("【监控】%(said)s") % {"said": said})[:LONGEST_SUBJECT]


def body_of(rows: Sequence[Alert], contact: Contact, left_out: int = 0) -> str:
    """Return what alerts say, one a line, with since when."""
    zone = zone_named(contact.zone)
    with translation.override(contact.reads):
        lines = [
            _("- %(name)s（%(severity)s）%(where)s，自 %(since)s 起%(summary)s")
            % {
                "name": row.name,
                "severity": row.severity or _("未注明级别"),
                "where": f" {where}" if (where := _where(row)) else "",
                "since": f"{row.starts_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
                "summary": _("：%(summary)s") % {"summary": row.summary} if row.summary else "",
            }
            for row in rows[:LISTED]
        ]
        more = len(rows) - LISTED
        lines += [_("另有 %(count)d 条告警。") % {"count": more}] if more > 0 else []
        lines += [_("监控系统另外省略了 %(count)d 条。") % {"count": left_out}] if left_out else []
        return "\n".join([_("监控系统报告："), *lines])


def _where(row: Alert) -> str:
    return ", ".join(f"{name}={row.labels[name]}" for name in WHERE if row.labels.get(name))[:200]
