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


def state_name(state: str) -> str:
    """Return a milestone's state in words; blank where there is no such run."""
    return str(State(state).label) if state else str(VERDICT_NAMES[Verdict.NONE])
