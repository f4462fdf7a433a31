"""`manage.py retire_policy`: put a response policy out of force; open clocks end what it promised, history stays."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sla.actions import retire_policy
from sla.commands import Spoken


class Command(Spoken):
    help = gettext_noop("停用一个服务响应标准：未结的计时随之终止，不再提醒，结论和历史保留。")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help=_("服务响应标准的代码"))
        parser.add_argument("--because", required=True, help=_("停用的理由，写进每张工单的台账"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            change = retire_policy(code=options["code"], cause=options["because"])
        except LookupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("已停用 %(code)s v%(version)d。") % {"code": change.code, "version": change.version or 0})
