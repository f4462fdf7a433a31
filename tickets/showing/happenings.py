"""What happened, in one line of words for each kind of ledger event that says nothing itself."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.models import DueMove, EscalationRule
from sla.models.policies import Metric
from tickets.models import Priority, TicketEvent
from tickets.showing.names import Names
from tickets.showing.term_words import dues_words, holding_words, metric_name, overridden, reclassified, retracted
from tickets.showing.wording import cause_in, no_instant, wall
from tickets.templatetags.shouyue import length_words

Kind = TicketEvent.Kind
Mark = EscalationRule.Mark


def words_of(event: TicketEvent, names: Names) -> str:
    """Return what happened in an event, people by `names`; nothing in it is taken for markup."""
    return WORDS.get(Kind(event.kind), _plain)(event, names)


def _plain(event: TicketEvent, names: Names) -> str:
    return str(PLAIN[Kind(event.kind)]) % {"who": names.actor(event)}


def _assigned(event: TicketEvent, names: Names) -> str:
    to, ref = event.fields.get("to", ""), event.fields.get("to_ref", "")
    words = _("%(who)s 转给团队 %(to)s") if ref.startswith("team:") else _("%(who)s 分配给 %(to)s")
    return words % {"who": names.actor(event), "to": names.of(to, ref)}


def _note(event: TicketEvent, names: Names) -> str:
    told = next((name for name in NOTED if event.fields.get(name)), "")
    return str(NOTED[told]) % {"by": "", **event.fields} if told else _plain(event, names)


def _solved(event: TicketEvent, names: Names) -> str:
    recovered = event.fields.get("recovered")
    return _("监控：告警已全部恢复，自动解决") if recovered else _plain(event, names)


def _reopened(event: TicketEvent, names: Names) -> str:
    return _("监控：告警再次出现，重新打开") if event.fields.get("fires") else _plain(event, names)


# What a note without words of its own tells, by what it holds.
NOTED = {
    "merged_from": gettext_lazy("%(merged_from)s 并入本工单"),
    "auto_reply": gettext_lazy("%(by)s 的自动回复：%(auto_reply)s"),
    "follows": gettext_lazy("客户回复了已关闭的 %(follows)s，因此另立本单"),
    "flaps": gettext_lazy("监控：告警又恢复了，但一天内反复了 %(flaps)s 次以上，不再自动解决；请查明原因"),
    "recovered": gettext_lazy("监控：%(recovered)s 条告警已全部恢复；确认无误后可以解决工单"),
    "claims": gettext_lazy("来信自称属于 %(claims)s，但写信人不在那张工单里，因此另立本单"),
}


def _call(event: TicketEvent, names: Names) -> str:
    words = _("%(who)s 打了电话，已接通") if event.fields.get("answered") else _("%(who)s 打了电话，没有接通")
    return words % {"who": names.actor(event)}


def _waiting(event: TicketEvent, names: Names) -> str:
    is_elsewhere = event.fields.get("for") == "third_party"
    words = _("%(who)s 开始等待第三方") if is_elsewhere else _("%(who)s 开始等待客户")
    until = event.fields.get("until")
    parts = [words % {"who": names.actor(event)}]
    if until:
        parts.append(_("等到 %(until)s") % {"until": wall(until, event.at)})
    remark = event.fields.get("remark")
    told = _("，").join(parts) + (_("：%(remark)s") % {"remark": remark} if remark else "")
    held = (map(metric_name, event.fields.get(name, ())) for name in ("paused", "running"))
    return _("；").join(filter(None, (told, holding_words(*held))))


def _resumed(event: TicketEvent, names: Names) -> str:
    if event.actor_display:
        return _("%(who)s 恢复处理") % {"who": names.actor(event)}
    return _("约定的时间到了，恢复处理")


def _merged(event: TicketEvent, names: Names) -> str:
    return _("%(who)s 把本工单并入 %(number)s") % {"who": names.actor(event), "number": event.fields.get("into", "")}


def _priority(event: TicketEvent, names: Names) -> str:
    steps = dict(Priority.choices)
    said = {name: str(steps.get(event.fields.get(name, ""), "")) for name in ("from", "to")}
    return _("；").join([_("优先级由 %(from)s 升为 %(to)s") % said, *dues_words(event)])


def _task_added(event: TicketEvent, names: Names) -> str:
    """Return what somebody is asked to do; a rule asks without a name."""
    said = event.fields
    words = {
        "who": names.actor(event),
        "to": names.of(said.get("to", ""), said.get("to_ref", "")),
        "title": said.get("title", ""),
    }
    if said.get("from"):
        return _("%(who)s 把协办“%(title)s”转给 %(to)s") % words
    return (_("%(who)s 请 %(to)s 协办“%(title)s”") if words["to"] else _("%(who)s 新增协办“%(title)s”")) % words


def _task_done(event: TicketEvent, names: Names) -> str:
    words = {"who": names.actor(event), "title": event.fields.get("title", "")}
    return _("%(who)s 办完了协办“%(title)s”") % words


def _escalated(event: TicketEvent, names: Names) -> str:
    """Return the step of the ladder, what was done about it, who was told, and how late it was noticed."""
    said = event.fields
    metric = str(dict(Metric.choices).get(said.get("metric", ""), ""))
    parts = [_step(said.get("mark", "")) % {"metric": metric, "due": wall(said.get("due_at"), event.at)}]
    if said.get("superseded"):
        return _("，").join([*parts, _("随后已失效，没有再通知")])
    parts += [words(said[name], names) for name, words in DONE.items() if said.get(name)]
    return _("，").join(parts)


def _people(listed: Iterable[str], names: Names) -> str:
    return _("、").join(map(names.of, listed))


def _late(seconds: float, names: Names) -> str:
    return _("系统晚了 %(late)s 才发现") % {"late": length_words(timedelta(seconds=seconds))}


# What an escalation came to, in the order in which it is said.
DONE: dict[str, Callable[[Any, Names], str]] = {
    "raised_to": lambda to, names: _("优先级升为 %(to)s") % {"to": dict(Priority.choices).get(to, to)},
    "reassigned_to": lambda to, names: _("改派给 %(to)s") % {"to": names.of(to)},
    "nobody_on_call": lambda _nobody, names: _("无人值班，改找值班经理"),
    "told": lambda told, names: _("通知 %(people)s") % {"people": _people(told, names)},
    "without_address": lambda silent, names: _("%(people)s 没有邮箱，未能通知") % {"people": _people(silent, names)},
    "gone": lambda gone, names: _("%(people)s 已不在职，没有通知") % {"people": _people(gone, names)},
    "called": lambda called, names: _("已调用回调地址“%(name)s”") % {"name": _people(called, names)},
    "not_called": lambda lost, names: _("回调地址“%(name)s”不存在或已停用") % {"name": _people(lost, names)},
    "noticed_late_by": _late,
}


def _acknowledged(event: TicketEvent, names: Names) -> str:
    """Return who took a promise on, and what is silent from then on."""
    said = event.fields
    words = {
        "who": names.actor(event),
        "metric": str(dict(Metric.choices).get(said.get("metric", ""), "")),
        "due": wall(said.get("due_at"), event.at),
    }
    if said.get("is_late"):
        return _("%(who)s 已知悉%(metric)s超时（到期 %(due)s），到期时刻变动之前不再提醒") % words
    return _("%(who)s 已知悉%(metric)s将到期（%(due)s），不再预警；超时仍会通知") % words


def _step(mark: str) -> str:
    if mark == Mark.BREACH:
        return _("%(metric)s 超时（到期 %(due)s）")
    return _("%(metric)s 超时后仍未办（到期 %(due)s）") if mark == Mark.AFTER else _("%(metric)s 预警，%(due)s 到期")


def _deadline_moved(event: TicketEvent, names: Names) -> str:
    """Return each deadline that a changed rule moved or was kept from moving, and why."""
    said = _("；").join(_moved(move, event.at) for move in event.fields["moves"])
    if cause := _cause(event.fields):
        return _("%(moves)s。原因：%(cause)s") % {"moves": said, "cause": cause}
    return said


def _cause(said: Mapping[str, Any]) -> str:
    """Return why; of a policy that was changed for reasons of ours, that it was."""
    cause = CAUSES.get(said.get("cause", ""), cause_in(said))
    return str(cause or (CAUSES["policy_changed"] if "policy" in said else ""))


def _moved(move: Mapping[str, Any], told_at: datetime) -> str:
    old = wall(move.get("old_due_at"), told_at) or _("没有时限")
    new = wall(move.get("new_due_at"), told_at) or no_instant(move)
    words = {"metric": dict(Metric.choices).get(move.get("metric", ""), ""), "old": old, "new": new}
    if move.get("verdict") == DueMove.Verdict.HELD:
        return _("%(metric)s时限仍是 %(old)s（按新的服务时间是 %(new)s，已来不及）") % words
    line = _("%(metric)s时限由 %(old)s 改为 %(new)s") % words
    return _("%(line)s，记下的超时已撤销") % {"line": line} if move.get("undid_breach") else line


CAUSES: dict[str, LazyText] = {
    "self_check": gettext_lazy("自检时按事实重新推算"),
    "policy_changed": gettext_lazy("服务响应标准有了新版本"),
}
PLAIN: dict[TicketEvent.Kind, LazyText] = {
    Kind.OPENED: gettext_lazy("%(who)s 提交"),
    Kind.CUSTOMER_MESSAGE: gettext_lazy("%(who)s 留言"),
    Kind.BOT_REPLY: gettext_lazy("%(who)s 回复"),
    Kind.ACCEPTED: gettext_lazy("%(who)s 接单"),
    Kind.PROGRESS: gettext_lazy("%(who)s 反馈进展"),
    Kind.REPLY: gettext_lazy("%(who)s 回复"),
    Kind.NOTE: gettext_lazy("%(who)s 写了备注"),
    Kind.RESOLVED: gettext_lazy("%(who)s 解决"),
    Kind.REOPENED: gettext_lazy("%(who)s 重新打开"),
    Kind.CLOSED: gettext_lazy("%(who)s 关闭"),
}
WORDS: dict[TicketEvent.Kind, Callable[[TicketEvent, Names], str]] = {
    Kind.ASSIGNED: _assigned,
    Kind.NOTE: _note,
    Kind.RESOLVED: _solved,
    Kind.REOPENED: _reopened,
    Kind.CALL: _call,
    Kind.WAITING: _waiting,
    Kind.RESUMED: _resumed,
    Kind.MERGED: _merged,
    Kind.PRIORITY_CHANGED: _priority,
    Kind.ESCALATED: _escalated,
    Kind.DEADLINE_MOVED: _deadline_moved,
    Kind.ACKNOWLEDGED: _acknowledged,
    Kind.TASK_ADDED: _task_added,
    Kind.TASK_DONE: _task_done,
    Kind.RECLASSIFIED: reclassified,
    Kind.OVERRIDDEN: overridden,
    Kind.RETRACTED: retracted,
}
