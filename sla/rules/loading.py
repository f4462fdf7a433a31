"""Calendars, holidays and policies as people write them in YAML."""

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.actions import BREAKS, Again, Hours, Level, PolicyError, Promise, Terms, check_terms, compose
from sla.calendar import Calendar, CalendarError
from sla.models import EscalationRule, Policy, Target
from sla.models.policies import Metric
from sla.rules.reading import (
    Described,
    Field,
    Place,
    agreed_code,
    amount,
    choice,
    code,
    day,
    described,
    flag,
    known,
    list_of,
    mapping,
    mapping_of,
    number,
    refuse_inside,
    schema_of,
    text,
)
from sla.timeline import FactKind, Hold

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Whom a ladder may name; who that is for a ticket is decided where tickets are known.
ROLES = ("owner", "team_lead", "duty_manager", "technical_manager", "success_manager", "account_team", "on_call")
# What an action needs besides its name; who is told is told by role, by user name, or both.
DEEDS: dict[str, tuple[str, ...]] = {
    "tell": (),
    "raise_priority": (),
    "reassign": ("role",),
    "side_task": ("title", "title_en", "role"),
    "webhook": ("endpoint",),
}
TOLD = ("roles", "people")
# What is wrong with hours in the reader's words, by the error's code; line and field name the day.
WRONG_HOURS = {
    "unknown_timezone": gettext_lazy("没有这个时区，应为 IANA 名称，如 Asia/Shanghai。"),
    "past_midnight": gettext_lazy("一天到 24:00 为止。"),
    "overlap": gettext_lazy("两段开放时间重叠。"),
    "end_before_start": gettext_lazy("结束须晚于开始；跨零点的班次写成两段：到 24:00，次日从 00:00 起。"),
    "bad_time": gettext_lazy("时刻写作 08:30。"),
    "wrong_type": gettext_lazy("每段开放时间写作“[开始, 结束]”。"),
}

# Which of two times is later, and whether there are two, the calendar tells.
SPAN = Described(
    list_of(text(8)),
    {"type": "array", "items": {"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$"}, "minItems": 2, "maxItems": 2},
)
HOLIDAYS = mapping({
    "country": Field(text(2), says="Two letters, as in ../holidays/. 两个字母的国家代码。"),
    "subdivision": Field(text(8), "", "A part of the country with holidays of its own. 有自己节假日的地区。"),
    "breaks": Field(choice(tuple(BREAKS)), says="Which days of a holiday are shut. 哪些假日不服务。"),
    "make_up": Field(flag, says="Whether a worked weekend opens these hours. 调休上班日是否开放。"),
})  # fmt: skip
SPECIAL = mapping({
    "date": Field(day),
    "hours": Field(list_of(SPAN)),
    "name": Field(text(120)),
    "name_en": Field(text(120)),
    "source": Field(text(200)),
    "source_en": Field(text(200, empty=True), ""),
})  # fmt: skip
CALENDAR_FIELDS = mapping({
    "code": Field(code, says="Small letters, digits, hyphens. 小写字母、数字和连字符。"),
    "name": Field(text(120)),
    "name_en": Field(text(120)),
    "timezone": Field(text(40), says="IANA name, such as Asia/Shanghai. 时区名。"),
    "weekly": Field(
        mapping_of(WEEKDAYS, list_of(SPAN)), says='Openings of each weekday: mon: [["08:30", "12:00"]]. 每周开放时间。'
    ),
    "working_day_seconds": Field(number(1, 90_000), says="Open time of one working day. 一个工作日的秒数。"),
    "holidays": Field(HOLIDAYS, None, "Whose holidays shut these hours. 遵循哪里的节假日。"),
    "special": Field(list_of(SPECIAL, once=["date"]), [], "Dates with hours of their own. 另有时间的日期。"),
    "remark": Field(text(), ""),
    "remark_en": Field(text(), ""),
})  # fmt: skip
TARGET = mapping({
    "metric": Field(choice(Metric.values), says="What is timed. 计什么时。"),
    "priority": Field(choice(("low", "normal", "high", "urgent")), "", "Only this priority; none: all. 仅此优先级。"),
    "amount": Field(amount, says="How much of the unit. 数量。"),
    "unit": Field(choice(Target.Unit.values), says="Seconds of open time, or working days. 开放时间的秒，或工作日。"),
    "rule": Field(choice(Target.Rule.values), Target.Rule.DURATION.value, "How the end is found. 到期的算法。"),
    "calendar": Field(known("calendar"), says="The code of the service hours. 服务时间的代码。"),
    "met_on": Field(
        list_of(choice([kind.value for kind in FactKind])), says="What keeps the promise. 什么动作算兑现。"
    ),
    "pauses_on": Field(list_of(choice([hold.value for hold in Hold])), [], "What stops the time. 什么会暂停计时。"),
    "promise": Field(known("promise"), says="A row of the promise book, within `promises`. 承诺编号。"),
    "clause": Field(text(), says="The document's own words. 原文。"),
    "clause_en": Field(text()),
})  # fmt: skip


@described({"type": "string", "maxLength": 150})
def person(node: yaml.Node, place: Place) -> str:
    """Return the user name of a colleague; whether there is one is checked where people are known."""
    value = text(150)(node, place)
    staff = place.known.get("person")
    if staff is not None and value and value not in staff:
        near = get_close_matches(value, staff, n=1)
        place.refuse(node, _("没有用户名为“%s”的同事。") % value + (_("是否要写“%s”？") % near[0] if near else ""))
    return value


ACTION = mapping({
    "do": Field(choice(tuple(DEEDS))),
    "roles": Field(list_of(choice(ROLES)), None),
    "people": Field(list_of(person), None),
    "role": Field(choice(ROLES), None),
    "title": Field(text(200), None),
    "title_en": Field(text(200), None),
    "endpoint": Field(text(80), None),
})  # fmt: skip


@described(schema_of(ACTION))
def action(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return one action of a ladder: tell people, raise the priority, reassign, ask for a side task, call a program."""
    read = {name: value for name, value in ACTION(node, place).items() if value is not None}
    if "do" in read and not _is_whole(read):
        needed = sorted(("do", *DEEDS[read["do"]])) if read["do"] != "tell" else ["do", _("roles 或 people")]
        place.refuse(node, _("应有：%s。") % _("、").join(needed))
    return read


def _is_whole(said: Mapping[str, Any]) -> bool:
    given = said.keys() - {"do"}
    if said["do"] == "tell":
        return bool(given) and given <= set(TOLD)
    return given == set(DEEDS.get(said["do"], given))


LEVEL = mapping({
    "mark": Field(choice(EscalationRule.Mark.values), says="When: before, at or after the deadline. 何时。"),
    "amount": Field(amount, Decimal(0), "Percent used, or seconds of open time. 百分比，或开放时间的秒。"),
    "actions": Field(list_of(action), says="What is done then. 做什么。"),
})  # fmt: skip
REPEAT = mapping({
    "from": Field(number(1)),
    "every": Field(number(1)),
    "times": Field(number()),
})  # fmt: skip
POLICY_FIELDS = mapping({
    "code": Field(agreed_code, says="Items name it. Other times for new contracts: another code. 服务项引用的代码。"),
    "name": Field(text(120)),
    "name_en": Field(text(120)),
    "basis": Field(
        choice(Policy.Basis.values), Policy.Basis.FROM_CREATION.value,
        "Since when changed times count. 改动后从何时算起。",
    ),
    "reopening": Field(
        choice(Policy.Reopening.values), Policy.Reopening.RESUME.value,
        "What a reopened ticket is owed. 重新打开后怎么算。",
    ),
    "targets": Field(list_of(TARGET, once=["metric", "priority"]), says="What is promised. 承诺的时限。"),
    "ladders": Field(mapping_of(Metric.values, list_of(LEVEL)), {}, "Who hears of it, and when. 预警和工单升级。"),
    "repeats": Field(mapping_of(Metric.values, REPEAT), {}, "Levels that come again. 重复提醒。"),
    "note": Field(text(), ""),
})  # fmt: skip


@described(schema_of(CALENDAR_FIELDS))
def calendar(node: yaml.Node, place: Place) -> Hours | None:
    """Return a calendar, or None after noting what is wrong: hours that overlap, or a week that never opens."""
    before = len(place.problems)
    read = CALENDAR_FIELDS(node, place)
    if len(place.problems) > before:
        return None
    hours = _hours(read)
    try:
        compiled = Calendar.from_spec(compose({**hours.rules, "holidays": None}, [])["spec"])
    except CalendarError as error:
        words = WRONG_HOURS.get(error.code)
        refuse_inside(node, place, _where(error, read), str(words or error.detail))
        return None
    if not compiled.opens_within_a_year:
        refuse_inside(node, place, "weekly", _("一年之内没有任何开放时间。"))
    return hours


@described(schema_of(POLICY_FIELDS))
def policy(node: yaml.Node, place: Place) -> Terms | None:
    """Return a policy, or None after noting what is wrong."""
    before = len(place.problems)
    read = POLICY_FIELDS(node, place)
    if len(place.problems) > before:
        return None
    terms = _terms(read)
    try:
        check_terms(terms)
    except PolicyError as error:
        refuse_inside(node, place, error.field, str(error))
    return terms


def _special(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {**row, "date": row["date"].isoformat()}
    return {name: value for name, value in said.items() if name != "source_en" or value}


def _where(error: CalendarError, read: Mapping[str, Any]) -> str:
    """Return the field of a calendar that an error is about."""
    if error.code == "unknown_timezone":
        return "timezone"
    about = error.detail.partition(":")[0]
    dates = [row["date"].isoformat() for row in read["special"]]
    return f"special.{dates.index(about) + 1}.hours" if about in dates else f"weekly.{about}"


def _hours(read: Mapping[str, Any]) -> Hours:
    rules: dict[str, Any] = {name: read[name] for name in ("timezone", "working_day_seconds", "holidays")}
    rules["weekly"] = {weekday: spans for weekday, spans in read["weekly"].items() if spans}
    rules["special"] = [_special(row) for row in read["special"]]
    return Hours(read["code"], read["name"], read["name_en"], rules, read["remark"], read["remark_en"])


def _terms(read: Mapping[str, Any]) -> Terms:
    levels = tuple(
        Level(metric, level, row["mark"], row["amount"], tuple(row["actions"]))
        for metric, ladder in read["ladders"].items()
        for level, row in enumerate(ladder or [], start=1)
    )
    targets = tuple(
        Promise(**{**row, "met_on": tuple(row["met_on"]), "pauses_on": tuple(row["pauses_on"])})
        for row in read["targets"]
    )
    plain = {name: read[name] for name in ("code", "name", "name_en", "basis", "reopening", "note")}
    repeats = tuple(
        Again(metric, said["from"], said["every"], said["times"]) for metric, said in read["repeats"].items() if said
    )
    return Terms(**plain, targets=targets, levels=levels, repeats=repeats)
