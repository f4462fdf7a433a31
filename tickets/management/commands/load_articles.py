"""`manage.py load_articles`: take in directories, articles and learning paths from files, and say what changed."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sla.clock import database_now
from sla.commands import Spoken
from sla.refusals import ActionRefusedError
from sla.rules.reading import ReadingError
from tickets.actions.knowledge.stocking import stock
from tickets.knowledge.loading import read


class Command(Spoken):
    help = gettext_noop("读入知识文章、目录、专题和学习路径；可重复执行，只写有变化的。")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help=_("YAML 文件"))
        parser.add_argument("--author", default="", help=_("写在版本上的作者"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            libraries = read(options["paths"])
            author = options["author"] or _("读入自文件")
            outcomes = stock(libraries=libraries, author=author, at=database_now())
        except ReadingError as error:
            raise CommandError(str(error)) from error
        except ActionRefusedError as refusal:
            raise CommandError(" ".join([refusal.message, *refusal.ways_on])) from refusal
        self.stdout.write(", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items())) or "0")
