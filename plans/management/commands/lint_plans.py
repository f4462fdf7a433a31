"""`manage.py lint_plans`: say what is odd about the policies, calendars, plans and contracts in force."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.linting import lint_house
from sla.clock import database_now
from sla.commands import Spoken
from sla.rules.linting import Finding, Grade


class Command(Spoken):
    help = gettext_noop(
        "检查现行的响应标准、服务时间、方案和合同：漏洞、永远到不了期的时限、没有人被告知的超时。有错误时退出码为 1。"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help=_("以 JSON 输出"))

    def handle(self, *args: Any, **options: Any) -> None:
        found = lint_house(database_now())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        else:
            for one in found:
                self.stdout.write(_line(one))
            self.stdout.write(_summary(found))
        if any(one.grade == Grade.ERROR for one in found):
            sys.exit(1)


def _line(one: Finding) -> str:
    return f"{one.grade.label}  {one.place}: {one.message} {one.remedy}"


def _summary(found: list[Finding]) -> str:
    if not found:
        return _("没有发现问题。")
    counted = Counter(one.grade for one in found)
    return _("、").join(f"{grade.label} {counted[grade]}" for grade in Grade if counted[grade])
