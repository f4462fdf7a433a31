"""`manage.py plan_schema`: print the JSON Schema of a plan's file, or bring the published one up to date."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.catalogue.schema import NAME, written
from plans.loading import FIXTURES
from sla.commands import Spoken


class Command(Spoken):
    help = gettext_noop("打印服务计划文件的 JSON Schema；--write 则更新 fixtures/plans/ 里的那一份。")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help=_("写入 fixtures/plans/plan.schema.json"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            (FIXTURES / "plans" / NAME).write_text(written(), encoding="utf-8")
        else:
            self.stdout.write(written(), ending="")
