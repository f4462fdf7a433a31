"""What became of a promise, in words."""

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy, pgettext_lazy

from sla.backtest.replay import Verdict
from sla.models import Milestone

State = Milestone.State

VERDICT_NAMES: dict[str, LazyText] = {
    Verdict.KEPT: pgettext_lazy("verdict", "守约"),
    Verdict.MISSED: pgettext_lazy("verdict", "超时"),
    Verdict.CANCELLED: pgettext_lazy("verdict", "取消"),
    Verdict.OPEN: pgettext_lazy("verdict", "未结"),
    Verdict.NONE: gettext_lazy("没有这项承诺"),
}
# As `_state.html` names and colours them.
TONES: dict[str, str] = {
    State.MET: "kept",
    State.MET_LATE: "late",
    State.BREACHED: "breached",
    State.CANCELLED: "cancelled",
    State.RUNNING: "running",
    State.PAUSED: "paused",
}


# In the same words as on a ticket.
STATE_NAMES: dict[str, LazyText] = {
    State.MET: gettext_lazy("已守约"),
    State.MET_LATE: gettext_lazy("超时后办结"),
    State.BREACHED: gettext_lazy("已超时"),
    State.CANCELLED: gettext_lazy("已取消"),
    State.RUNNING: gettext_lazy("进行中"),
    State.PAUSED: gettext_lazy("暂停计时"),
}


def state_name(state: str) -> str:
    """Return a milestone's state in words; that there is no such promise where there is no such run."""
    return str(STATE_NAMES[state]) if state else str(VERDICT_NAMES[Verdict.NONE])
