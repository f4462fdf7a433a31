"""A difference that the self-check found, in words: what is stored, and what the facts say."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.models import Drift, Milestone

FIELDS = {
    "milestone": gettext_lazy("时限节点"),
    "target_id": gettext_lazy("响应时长"),
    "calendar_version_id": gettext_lazy("服务时间"),
    "state": gettext_lazy("状态"),
    "started_at": gettext_lazy("起算时刻"),
    "due_at": gettext_lazy("到期时刻"),
    "completed_at": gettext_lazy("达成于"),
    "stopped_at": gettext_lazy("终止于"),
    "met_by_id": gettext_lazy("达成动作"),
    "budget": gettext_lazy("承诺时长"),
    "remaining": gettext_lazy("剩余时长"),
    "pauses": gettext_lazy("暂停记录"),
    "is_provisional": gettext_lazy("暂定"),
    "next_step_at": gettext_lazy("下一步时刻"),
}
STATES = {state.value: state.label for state in Milestone.State}


@dataclass(frozen=True)
class Difference:
    """One field: its name, what is stored, and what the facts say."""

    name: str
    stored: str
    folded: str


def differences_in_words(drift: Drift) -> list[Difference]:
    """Return each field that differs, in the reader's language and zone."""
    return [
        Difference(str(FIELDS.get(name, name)), _words(name, stored), _words(name, folded))
        for name, (stored, folded) in drift.differences.items()
    ]


def _words(name: str, value: str | None) -> str:
    if value is None:
        return _("没有")
    if name in ("state", "milestone"):
        return str(STATES.get(value, value))
    if name.endswith("_at"):
        return f"{localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M:%S}"
    return {"True": _("是"), "False": _("否")}.get(value, value)
