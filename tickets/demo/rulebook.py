"""The rules of the demo's house: what a team owes within it, and, once history is lived, what is being considered."""

from datetime import datetime, timedelta

from plans.actions.alerts import Alerts, set_alerts
from plans.models import User
from sla import self_checking
from sla.backtest import running as backtests
from sla.backtest.running import Trial, start_backtest
from sla.changing.drafting import Typed, enact_draft, keep_draft
from sla.changing.notices import Posting, post
from sla.models import Draft
from sla.rules.drafts import read_draft
from tickets.demo import script
from tickets.demo.cast import Cast
from tickets.demo.timetable import BEIJING
from tickets.ledger import actor_of

# Before the first ticket of the demo, and as far back as a draft is usually tried.
LONG_AGO = timedelta(days=120)
TRIED_OVER = timedelta(days=90)
INSIDE = ("云运维组内部响应", "Cloud operations, within the house")
SHORTER = ("试算：金蝶首次人工联系缩短到 3 个工作小时", "Trial: Kingdee first human contact within 3 working hours")


def put_in_force(cast: Cast, *, now: datetime) -> None:
    """Put what teams owe within the house in force, long ago, by way of a draft like any other. Call inside atomic."""
    decider, at = cast.users["gao.lan"], now - LONG_AGO
    draft = _kept(INSIDE, script.text("inside.yaml"), decider, at)
    enact_draft(draft=draft, written=read_draft(draft.text), is_untried=True, actor=actor_of(decider), at=at)


def consider(cast: Cast, *, now: datetime) -> None:
    """Leave on the managers' desks what they are about to decide, and what the engine found. Call inside atomic."""
    _wish_alerts(cast)
    _post_notice(cast.users["zheng.hao"], now)
    _try_draft(cast.users["gao.lan"], now)
    self_checking.begin(at=now)
    while self_checking.go_on():
        pass


def _wish_alerts(cast: Cast) -> None:
    for entry in script.people()["alerts"]:
        user = cast.users[entry["user"]]
        alerts = Alerts(entry["calendar"], entry["every"], user.language, user.timezone)
        set_alerts(user=user, alerts=alerts, actor=user)


def _post_notice(decider: User, now: datetime) -> None:
    """Post the example of a notice; once its year has come, nobody posts it any more."""
    said = script.notice()
    if now.astimezone(BEIJING).year < said["year"]:
        posting = Posting(**{**said, "dates": tuple(said["dates"])})
        post(posting=posting, actor=actor_of(decider), at=now)


def _try_draft(decider: User, now: datetime) -> None:
    draft = _kept(SHORTER, script.text("shorter.yaml"), decider, now)
    trial = Trial(
        text=draft.text, written=read_draft(draft.text), since=now - TRIED_OVER, until=now, name=draft.name,
        name_en=draft.name_en, draft=draft,
    )  # fmt: skip
    start_backtest(trial=trial, actor=actor_of(decider), at=now)
    while backtests.step():
        pass


def _kept(names: tuple[str, str], text: str, decider: User, at: datetime) -> Draft:
    typed = Typed(names[0], text, names[1])
    return keep_draft(draft=None, typed=typed, seen_at=None, actor=actor_of(decider), at=at)
