"""Changes of terms, and what was taken back, in words: from what to what, and what that did to deadlines."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.actions.news import OWN
from plans.coverage.customisation import CARVE_OUT, yes_codes
from plans.models import Amendment
from plans.wording import is_english
from sla.models.policies import Metric
from tickets.models import Category, Priority, TicketEvent
from tickets.showing.names import Names
from tickets.showing.wording import wall

Kind = TicketEvent.Kind
Said = Mapping[str, Any]

CHANGED: dict[str, LazyText] = {
    "subject": gettext_lazy("主题由“%(from)s”改为“%(to)s”"),
    "priority": gettext_lazy("优先级由 %(from)s 改为 %(to)s"),
    "category": gettext_lazy("问题类别由 %(from)s 改为 %(to)s"),
    "product": gettext_lazy("产品由 %(from)s 改为 %(to)s"),
    "module": gettext_lazy("模块由 %(from)s 改为 %(to)s"),
    "customisation": gettext_lazy("是否二次开发由 %(from)s 改为 %(to)s"),
    "contract": gettext_lazy("合同由 %(from)s 改为 %(to)s"),
    "plan": gettext_lazy("成功计划由 %(from)s 改为 %(to)s"),
}
NONE_OF_THEM = "none"
LABELS = {"priority": Priority, "category": Category}
OUTCOMES: dict[str, LazyText] = {
    "chargeable": gettext_lazy("按计划外服务继续处理，可能另行计费"),
    "covered": gettext_lazy("在服务范围之内"),
    "redirected": gettext_lazy("转为工单受理"),
    "not_covered": gettext_lazy("不在服务范围之内"),
}


def reclassified(event: TicketEvent, names: Names) -> str:
    """Return who changed what, which deadlines that moved, and why where the reader may know."""
    said = event.fields
    words = _("%(who)s 变更：%(what)s") % {"who": names.actor(event), "what": changed_words(said)}
    words = _("；").join([words, *dues_words(event)])
    return _("%(words)s。理由：%(why)s") % {"words": words, "why": said["reason"]} if said.get("reason") else words


def overridden(event: TicketEvent, names: Names) -> str:
    """Return who decided otherwise than the plan, what that made of the service and of its deadlines, and why."""
    said = event.fields
    outcome = {side: OUTCOMES.get(said["outcome"][side], "") for side in ("from", "to")}
    words = _("%(who)s 改判服务范围：由“%(from)s”改为“%(to)s”") % {"who": names.actor(event), **outcome}
    words = _("；").join([words, *dues_words(event)])
    return _("%(words)s。理由：%(why)s") % {"words": words, "why": said["reason"]} if said.get("reason") else words


def changed_words(said: Said) -> str:
    """Return what was changed, each thing from what to what, and what that makes of the service."""
    changes = [change_words(name, change) for name, change in said.get("changed", {}).items()]
    outcome = [str(OUTCOMES.get(said["outcome"]["to"], ""))] if "outcome" in said else []
    amended = [str(dict(Amendment.Kind.choices).get(said["amendment"], ""))] if "amendment" in said else []
    return _("，").join([*amended, *changes, *outcome])


def change_words(name: str, change: Said) -> str:
    """Return one change from what to what, in the reader's language."""
    sides = {side: _side(name, change, side) or _("无") for side in ("from", "to")}
    return str(CHANGED.get(name, gettext_lazy("%(from)s → %(to)s"))) % sides


def _side(name: str, change: Said, side: str) -> str:
    code = change.get(side, "")
    if name == "customisation":
        return answers_words(code)
    if name in LABELS:
        return str(dict(LABELS[name].choices).get(code, code))
    return change.get(f"{side}_name_en" if is_english() else f"{side}_name", "") or code


def answers_words(codes: str) -> str:
    """Return what was answered to the questions about customisation: the codes answered with yes, or "none"."""
    if codes == NONE_OF_THEM:
        return _("都不是")
    if codes == CARVE_OUT:
        return _("只是字段或显示调整")
    numbers = [code for code in codes.split(",") if code and code != CARVE_OUT]
    return _("第 %(numbers)s 种情形") % {"numbers": _("、").join(numbers)} if numbers else ""


def answers_code(answers: Mapping[str, bool]) -> str:
    """Return answers as the ledger keeps them: the codes answered with yes, "none", or nothing where none is known."""
    return ",".join(yes_codes(answers)) or (NONE_OF_THEM if answers else "")


def dues_words(event: TicketEvent) -> list[str]:
    """Return each deadline that a change of terms moved, ended or started, in words."""
    return [_due(line, event.at) for line in event.fields.get("dues", ())]


def _due(line: Said, told_at: datetime) -> str:
    words = {
        "metric": _metric(line),
        "old": wall(line.get("from"), told_at),
        "new": wall(line.get("to"), told_at),
    }
    if line.get("ended"):
        return _("%(metric)s不再计时") % words
    if line.get("started"):
        told = _("%(metric)s开始计时，%(new)s 到期") % words if words["new"] else _("%(metric)s开始计时") % words
    else:
        told = _("%(metric)s时限由 %(old)s 改为 %(new)s") % {**words, "old": words["old"] or _("没有时限")}
    return _("%(told)s，因变更而超时") % {"told": told} if line.get("late") else told


def is_private(policy: str) -> bool:
    """Tell whether a policy was changed for reasons that only colleagues read: a contract's own, as was agreed."""
    return OWN in policy


def holding_words(paused: Iterable[str], running: Iterable[str]) -> str:
    """Return which promises a wait pauses and which go on, by their names; nothing where nothing is timed."""
    words = {"paused": _("、").join(paused), "running": _("、").join(running)}
    if words["paused"] and words["running"]:
        return _("%(paused)s暂停计时，%(running)s照常计时") % words
    if words["paused"]:
        return _("%(paused)s暂停计时") % words
    return _("%(running)s照常计时") % words if words["running"] else ""


def metric_name(metric: str) -> str:
    """Return what a metric is called."""
    return str(dict(Metric.choices).get(metric, ""))


def retracted(event: TicketEvent, names: Names) -> str:
    """Return who took back what, and which promise is owed again until when."""
    said = event.fields
    kind = dict(Kind.choices).get(said.get("kind", ""), "")
    words = {"who": names.actor(event), "at": wall(said.get("said_at"), event.at), "kind": kind}
    is_hidden = said.get("kind") == Kind.PUBLISHED
    told = (_("%(who)s 取消公开 %(at)s 公开的备注") if is_hidden else _("%(who)s 撤回 %(at)s 的%(kind)s")) % words
    owed = [_owed(line, event.at) for line in said.get("owed", ())]
    mailed = [_("邮件已经发出，收不回来")] if said.get("mailed") else []
    return _("；").join([told, *owed, *mailed])


def _owed(line: Said, told_at: datetime) -> str:
    words = {"metric": _metric(line), "due": wall(line.get("due_at"), told_at)}
    return (_("%(metric)s仍待完成，%(due)s 到期") if words["due"] else _("%(metric)s仍待完成")) % words


def _metric(line: Said) -> str:
    return metric_name(line.get("metric", ""))
