"""The form of what a plan's file says of updates, with every mistake told at its field. Source: K11"""

import re
import zoneinfo
from datetime import date
from typing import Any

import yaml
from django.utils.translation import gettext as _

from plans.models.contracts import Deployment, Pace, Tenancy
from plans.updates.rules import SINCE, shortest_gap, wrong_with
from sla.rules.reading import (
    Described,
    Field,
    Place,
    choice,
    day,
    described,
    flag,
    known,
    list_of,
    number,
    refuse_inside,
    schema_of,
    text,
)

MOST_RULES = 8
CODE = "^[a-z][a-z0-9-]{0,39}$"
COUNTRIES = ("CN", "HK", "ID", "MO", "MY", "SG", "TH", "TW", "VN")
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


@described({"type": "string", "pattern": CODE})
def policy_code(node: yaml.Node, place: Place) -> str:
    """Return the code by which windows know the line that laid them out."""
    found: str = text(40)(node, place)
    if found and not re.match(CODE, found):
        place.refuse(node, _("代码用小写字母、数字和连字符，以字母开头。"))
    return found


@described({"type": "string", "pattern": "^FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)", "maxLength": 200})
def rule(node: yaml.Node, place: Place) -> str:
    """Return a recurrence rule that can be followed."""
    found: str = text(200)(node, place)
    if found and (message := wrong_with(found)):
        place.refuse(node, message)
    return found


@described({"type": "string", "pattern": CLOCK})
def clock(node: yaml.Node, place: Place) -> str:
    """Return a time of day such as 22:00."""
    found: str = text(5)(node, place)
    if found and not re.match(CLOCK, found):
        place.refuse(node, _("应为时刻，如 22:00。"))
    return found


@described({"type": "string", "format": "date"})
def start(node: yaml.Node, place: Place) -> str:
    """Return a date as it is kept: JSON has none."""
    found: date = day(node, place)
    return found.isoformat()


@described({"type": "string", "minLength": 1})
def zone(node: yaml.Node, place: Place) -> str:
    """Return the IANA name of a zone."""
    found: str = text(40)(node, place)
    try:
        zoneinfo.ZoneInfo(found or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        place.refuse(node, _("没有名为“%s”的时区。") % found)
    return found


FIELDS = {
    "code": Field(policy_code, says="Its code, the same in every plan of the vendor. 代码。"),
    "name": Field(text(80)),
    "name_en": Field(text(120)),
    "section": Field(text(40), says="§ of the document. 章节。"),
    "clause": Field(text(200), says="The document's own words. 原文。"),
    "clause_en": Field(text(300)),
    "products": Field(list_of(known("product")), says="Which products. 哪些产品。"),
    "deployments": Field(list_of(choice(Deployment.values)), says="How they run. 哪些部署方式。"),
    "tenancy": Field(choice(Tenancy.values), "", "Shared by tenants, or one tenant's own. 多租户或单租户。"),
    "customised": Field(flag, None, "With custom development, or without; either if left out. 是否有二次开发。"),
    "pace": Field(choice(Pace.values), "", "Which of the vendor's two paces. 敏态或稳态。"),
    "rules": Field(
        list_of(rule), [], "RFC 5545 rules of the days on which windows open, no more than daily. 重复规则。"
    ),
    "since": Field(start, SINCE.isoformat(), "The day from which “every other week” is counted. 从哪天数起。"),
    "opens": Field(clock, "", "When a window opens, by the clock of its zone. 窗口几点开始。"),
    "hours": Field(number(1, 72), None, "How long it stays open. 窗口几小时。"),
    "timezone": Field(zone, "Asia/Shanghai", "The zone of the window. 窗口的时区。"),
    "country": Field(choice(COUNTRIES), "CN", "Whose holidays a window is shown with. 看哪里的节假日。"),
    "notice_days": Field(number(1, 90), None, "Days ahead that a window is told of. 提前几天通知。"),
    "on_request": Field(flag, False, "Comes when the customer asks. 客户自主申请。"),
    "with_major_version": Field(flag, False, "Keeps step with major versions. 与产品大版本同步。"),
    "security_audit": Field(flag, False, "Operations audits security first. 运维平台安全审计。"),
    "own_plan": Field(flag, False, "The customer's administrators plan it. 客户自行制定更新计划。"),
    "gives": Field(list_of(text(200)), [], "What such a customer is given. 提供什么。"),
    "gives_en": Field(list_of(text(200)), []),
    "assumed": Field(text(300), "", "What the document leaves open, and what we assume. 原文没写、我们假定的。"),
    "assumed_en": Field(text(400), ""),
}  # fmt: skip


def checked(read: Any) -> Described:
    """Return a reader of one policy that tells what does not go together as well."""

    def read_checked(node: yaml.Node, place: Place) -> dict[str, Any]:
        before = len(place.problems)
        said: dict[str, Any] = read(node, place)
        if len(place.problems) == before:
            for name, message in _faults(said):
                refuse_inside(node, place, name, message)
        return said

    return Described(read_checked, schema_of(read))


def _faults(said: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what does not go together in one policy, each with its field."""
    faults = []
    if not (said["rules"] or said["on_request"] or said["own_plan"]):
        faults.append(("code", _("请写明更新怎么来：rules、on_request 或 own_plan。")))
    if said["own_plan"] and (said["rules"] or said["on_request"]):
        faults.append(("own_plan", _("客户自行制定更新计划时，不写 rules 与 on_request。")))
    if said["security_audit"] and not said["on_request"]:
        faults.append(("security_audit", _("安全审计只用于客户申请的更新。")))
    if said["rules"] and not (said["opens"] and said["hours"]):
        faults.append(("rules", _("有重复规则时，请写明窗口 opens 与 hours。")))
    elif said["rules"]:
        faults += _overlong(said)
    if len(said["rules"]) > MOST_RULES:
        faults.append(("rules", _("最多 %d 条规则。") % MOST_RULES))
    return faults


def _overlong(said: dict[str, Any]) -> list[tuple[str, str]]:
    gap = shortest_gap(said["rules"], date.fromisoformat(said["since"]))
    if gap and said["hours"] > gap * 24:
        return [("hours", _("窗口比两次更新之间还长。"))]
    return []
