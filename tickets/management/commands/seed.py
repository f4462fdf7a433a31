"""`manage.py seed`: load the plans and fill an empty database with the demo."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.refusals import RefusedError
from sla.commands import Spoken
from tickets.demo.seeding import seed


class Command(Spoken):
    help = gettext_noop("读入两份服务计划，并在空数据库里写入演示数据；可重复执行，第二次不再写入。")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help=_("数据库里已有别的客户时，不写入也不报错"))
        parser.add_argument("--json", action="store_true", help=_("以 JSON 输出"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # The demo is the same whatever its terminal speaks.
            with translation.override(settings.LANGUAGE_CODE):
                seeded = asdict(seed(only_if_empty=options["if_empty"]))
        except RefusedError as error:
            raise CommandError(f"{error} {' '.join(error.ways_on)}") from error
        if options["json"]:
            self.stdout.write(json.dumps(seeded))
        elif seeded["tickets"]:
            said = _("已写入演示数据：%(customers)d 家客户、%(contacts)d 位联系人、%(tickets)d 张工单。") % seeded
            self.stdout.write(said)
