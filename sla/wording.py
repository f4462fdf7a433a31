"""What the engine keeps as codes, in the words of whoever reads the back office."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from sla.ladder import Rule
from sla.models import EscalationRule, Target
from sla.timeline import FactKind, Hold

FACTS: dict[str, LazyText] = {
    FactKind.OPEN: pgettext_lazy("fact", "提交"),
    FactKind.CUSTOMER_MESSAGE: pgettext_lazy("fact", "客户留言"),
    FactKind.ACCEPT: pgettext_lazy("fact", "接单"),
    FactKind.ASSIGN: pgettext_lazy("fact", "分配"),
    FactKind.PROGRESS: pgettext_lazy("fact", "进展反馈"),
    FactKind.REPLY: pgettext_lazy("fact", "回复"),
    FactKind.CALL: pgettext_lazy("fact", "电话"),
    FactKind.WAIT: pgettext_lazy("fact", "等待"),
    FactKind.RESUME: pgettext_lazy("fact", "恢复处理"),
    FactKind.RESOLVE: pgettext_lazy("fact", "解决"),
    FactKind.REOPEN: pgettext_lazy("fact", "重新打开"),
    FactKind.CLOSE: pgettext_lazy("fact", "关闭"),
    FactKind.MERGE: pgettext_lazy("fact", "合并"),
    FactKind.LEAVE: pgettext_lazy("fact", "转出团队"),
    FactKind.REPLAN: pgettext_lazy("fact", "更换标准"),
    FactKind.HAND_OVER: pgettext_lazy("fact", "交付"),
    FactKind.OWE: pgettext_lazy("fact", "列入应交"),
    FactKind.DELIVER: pgettext_lazy("fact", "已交付"),
    FactKind.SIGN: pgettext_lazy("fact", "签字"),
    FactKind.OBJECT: pgettext_lazy("fact", "提出书面意见"),
}
HOLDS: dict[str, LazyText] = {
    Hold.CUSTOMER: pgettext_lazy("hold", "等待客户"),
    Hold.THIRD_PARTY: pgettext_lazy("hold", "等待第三方"),
    Hold.SCHEDULED: pgettext_lazy("hold", "已约定时间"),
}
ROLES: dict[str, LazyText] = {
    "owner": pgettext_lazy("role", "处理人"),
    "team_lead": pgettext_lazy("role", "组长"),
    "duty_manager": pgettext_lazy("role", "值班经理"),
    "technical_manager": pgettext_lazy("role", "专属技术经理"),
    "success_manager": pgettext_lazy("role", "客户成功经理"),
    "account_team": pgettext_lazy("role", "客户团队"),
    "on_call": pgettext_lazy("role", "值班人"),
}
DAYS: dict[str, LazyText] = {
    "mon": pgettext_lazy("weekday", "周一"),
    "tue": pgettext_lazy("weekday", "周二"),
    "wed": pgettext_lazy("weekday", "周三"),
    "thu": pgettext_lazy("weekday", "周四"),
    "fri": pgettext_lazy("weekday", "周五"),
    "sat": pgettext_lazy("weekday", "周六"),
    "sun": pgettext_lazy("weekday", "周日"),
}
HOUR, MINUTE = 3600, 60  # seconds


def listed(codes: Iterable[str], words: Mapping[str, LazyText]) -> str:
    """Return codes as a list of words; a code without one stands for itself."""
    return _("、").join(str(words.get(code, code)) for code in codes)


def length(seconds: Decimal) -> str:
    """Return a length of working time, in the largest unit that says it exactly."""
    for size, text in ((HOUR, _("%(n)s 小时")), (MINUTE, _("%(n)s 分钟"))):
        if seconds % size == 0:
            return text % {"n": _plain(seconds / size)}
    return _("%(n)s 秒") % {"n": _plain(seconds)}


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def budget(amount: Decimal, unit: str) -> str:
    """Return a target's promised time."""
    if unit != Target.Unit.WORKING_DAYS:
        return length(amount)
    return ngettext("%(n)s 个工作日", "%(n)s 个工作日", 1 if amount == 1 else 2) % {"n": _plain(amount)}


def trigger(rule: EscalationRule | Rule) -> str:
    """Return when a level of a ladder comes true."""
    if rule.mark == EscalationRule.Mark.PERCENT:
        return _("用去时限的 %(n)s%%") % {"n": _plain(rule.amount)}
    if rule.mark == EscalationRule.Mark.BREACH:
        return _("一超时")
    words = {"time": length(rule.amount)}
    return (_("到期前 %(time)s") if rule.mark == EscalationRule.Mark.BEFORE else _("超时后 %(time)s")) % words


def deeds(actions: Iterable[Mapping[str, Any]]) -> str:
    """Return what a level of a ladder does."""
    return _("；").join(_deed(action) for action in actions)


def _deed(action: Mapping[str, Any]) -> str:
    if action["do"] == "tell":
        return _("告知%(whom)s") % {"whom": _told(action)}
    if action["do"] == "webhook":
        return _("调用回调地址“%(name)s”") % {"name": action["endpoint"]}
    if action["do"] == "raise_priority":
        return _("提高优先级")
    whom = listed([action["role"]], ROLES)
    if action["do"] == "reassign":
        return _("改派给%(whom)s") % {"whom": whom}
    return _("请%(whom)s协办：%(title)s") % {"whom": whom, "title": title_of(action)}


def _told(action: Mapping[str, Any]) -> str:
    """Return whom an action tells; single people by their user names, which the engine alone knows of them."""
    return listed([*action.get("roles", ()), *action.get("people", ())], ROLES)


def in_language(chinese: str, english: str) -> str:
    """Return a text in the language in use; the Chinese one where there is no English."""
    return (english if (get_language() or "").startswith("en") else "") or chinese


def title_of(action: Mapping[str, Any]) -> str:
    """Return what a side task is called, in the language in use."""
    return in_language(str(action["title"]), str(action["title_en"]))


def again(said: Mapping[str, int]) -> str:
    """Return which levels of a ladder come again, how often, and how many times at most."""
    words = {"level": said["from"], "every": length(Decimal(said["every"])), "times": said["times"]}
    return _("从第 %(level)s 级起，每隔 %(every)s（工作时间）再来一轮，最多 %(times)s 轮；有人知悉即停。") % words


def week(weekly: Mapping[str, list[list[str]]]) -> list[str]:
    """Return weekly hours line by line, neighbouring days with the same hours in one."""
    lines = []
    for hours, days in groupby(DAYS, key=lambda day: weekly.get(day, [])):
        run = [str(DAYS[day]) for day in days]
        named = run[0] if len(run) == 1 else _("%(first)s至%(last)s") % {"first": run[0], "last": run[-1]}
        said = _("、").join("–".join(span) for span in hours) or _("休息")
        lines.append(f"{named} {said}")
    return lines
