"""`manage.py load_plans`: take in products, calendars, holidays, policies and plans, and say what changed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.catalogue.checking import counted, told, try_out
from plans.loading import load, summary
from sla.actions import Outcome
from sla.commands import Spoken
from sla.rules.reading import ReadingError


class Command(Spoken):
    help = gettext_noop("读入产品、节假日、服务时间、响应标准和服务计划；可重复执行，只写有变化的。")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help=_("YAML 文件；不写则读入 fixtures/ 下全部"))
        parser.add_argument("--dry-run", action="store_true", help=_("只说会改什么，不保存"))
        parser.add_argument("--check", action="store_true", help=_("只检查：逐项说明会改什么、波及哪些合同，不保存"))
        parser.add_argument("--json", action="store_true", help=_("以 JSON 输出"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check(options["paths"])
            return
        try:
            changes = load(options["paths"], dry_run=options["dry_run"])
        except ReadingError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            written = {"changes": [asdict(change) for change in changes], "summary": summary(changes)}
            self.stdout.write(json.dumps(written, ensure_ascii=False))
            return
        for change in changes:
            if change.outcome != Outcome.UNCHANGED:
                self.stdout.write(told(change))
        self.stdout.write((_("未保存：") if options["dry_run"] else "") + counted(changes))

    def _check(self, paths: list[Path]) -> None:
        try:
            tried = try_out(paths)
        except ReadingError as error:
            raise CommandError(f"{error}\n" + _("共 %d 处错误，什么都没有读入。") % len(error.problems)) from error
        for line in tried.lines:
            self.stdout.write(line)
        for one in tried.odd:
            self.stdout.write(f"{one.grade.label}  {one.place}: {one.message} {one.remedy}")
        self.stdout.write(_("可以读入。这次只是检查，什么都没有保存。"))
