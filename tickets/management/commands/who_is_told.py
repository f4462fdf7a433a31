"""Who will be told in the next hours, and why, if nobody does anything."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sla.clock import database_now
from sla.commands import Spoken
from tickets.rounds.account_foresight import ForeseenMatter, contracts_told
from tickets.rounds.foresight import Foreseen, who_is_told
from tickets.rounds.foretold import Line, line_of

LONGEST = 24 * 14


class Command(Spoken):
    """Print every step that will come true, with who is told by it; nothing is changed."""

    help = gettext_noop("推算今后几小时无人处理时，谁会因何收到什么通知。不改动任何内容。")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=24, help=_("往后几小时，最多 336"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Foresee and print."""
        hours = options["hours"]
        if not 1 <= hours <= LONGEST:
            raise CommandError(_("--hours 应在 1 到 %d 之间。") % LONGEST)
        since = database_now()
        found = who_is_told(since=since, until=since + timedelta(hours=hours))
        rows: list[Foreseen | ForeseenMatter] = [*found.rows, *contracts_told(since=since, until=found.until)]
        for line in map(line_of, sorted(rows, key=lambda one: one.at)):
            self.stdout.write(written(line))
        if not rows:
            self.stdout.write(_("到 %s 为止没有人会被通知。") % f"{localtime(found.until):%m-%d %H:%M}")
        if not found.is_whole:
            self.stdout.write(_("太多了：只推算到 %s。") % f"{localtime(found.until):%m-%d %H:%M}")


def written(line: Line) -> str:
    """Return a step as one line of text."""
    told = _("、").join(f"{told.name}({told.why},{told.how})" for told in line.told)
    said = [f"{localtime(line.at):%m-%d %H:%M}", line.number, line.what, told or _("不通知任何人"), *line.deeds]
    return "  ".join(said)
