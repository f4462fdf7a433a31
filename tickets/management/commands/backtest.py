"""`manage.py backtest draft.yaml`: try a draft over past tickets and print what it would have come to."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import close_old_connections
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.loading import staff
from sla.actors import SYSTEM
from sla.backtest import running
from sla.backtest.report import Report, Stack, plain, report_of
from sla.changing.proposals import things_of
from sla.clock import database_now
from sla.commands import Spoken
from sla.models import Backtest
from sla.refusals import ActionRefusedError
from sla.rules.drafts import read_draft
from sla.rules.reading import ReadingError
from tickets.tasks import wake_jobs

State = Backtest.State
USUAL_DAYS = 90
# Seconds: between two looks at the progress, and until nobody seems to work on it.
LOOK, ALONE_AFTER = 0.5, 15.0
SHOWN = 20


class Command(Spoken):
    """Run a draft over the facts of past clocks; stored verdicts are not touched."""

    help = gettext_noop("用草案重算过去的工单：达成率前后对比，以及结论会变的工单。已有的结论不会改写。")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("draft", type=Path, help=_("YAML 文件，写法同 fixtures；整份方案文件也可以"))
        parser.add_argument("--since", type=date.fromisoformat, help=_("自这一天起提交的工单；默认 90 天前"))
        parser.add_argument("--until", type=date.fromisoformat, help=_("到这一天为止（不含）；默认至今"))
        parser.add_argument("--policy", default="", help=_("只看这份响应标准的代码"))
        parser.add_argument("--json", type=Path, help=_("把结果以 JSON 写到这个文件"))
        parser.add_argument("--here", action="store_true", help=_("就在本进程里算，不用 Celery"))

    def handle(self, *args: Any, **options: Any) -> None:
        backtest = self._begin(options)
        began = time.monotonic()
        while backtest.state in (State.WAITING, State.RUNNING):
            self._go_on(options["here"], time.monotonic() - began, backtest)
            backtest.refresh_from_db()
            self._progress(backtest, time.monotonic() - began)
        self.stderr.write("")
        if backtest.state != State.DONE:
            raise CommandError(f"{backtest.get_state_display()}: {backtest.error}")
        self._tell(backtest, options["json"])

    def _begin(self, options: dict[str, Any]) -> Backtest:
        at, path = database_now(), options["draft"]
        since = _midnight(options["since"]) if options["since"] else at - timedelta(days=USUAL_DAYS)
        until = _midnight(options["until"]) if options["until"] else at
        try:
            text = path.read_text(encoding="utf-8")
            written = read_draft(text, name=path.name, known={"person": staff()})
            trial = running.Trial(text, written, since, until, path.name[:120], policy=options["policy"])
            backtest = running.start_backtest(trial=trial, actor=SYSTEM, at=at)
        except (ReadingError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        except ActionRefusedError as refusal:
            raise CommandError(" ".join([refusal.message, *refusal.ways_on])) from refusal
        for note in written.notes:
            self.stderr.write(note)
        return backtest

    def _go_on(self, here: bool, waited: float, backtest: Backtest) -> None:
        """Do a piece here, or wait for those who do."""
        if here:
            if not running.step():
                time.sleep(LOOK)
            return
        if waited < LOOK:
            wake_jobs()
        if backtest.state == State.WAITING and waited > ALONE_AFTER:
            raise CommandError(_("没有 jobs 进程在工作；可加 --here 就在这里算。"))
        close_old_connections()
        time.sleep(LOOK)

    def _progress(self, backtest: Backtest, spent: float) -> None:
        if not backtest.total:
            return
        rate = backtest.done / max(spent, 0.001)
        words = {
            "done": f"{backtest.done:,}",
            "total": f"{backtest.total:,}",
            "percent": f"{backtest.done / backtest.total:.0%}",
            "rate": f"{rate:,.0f}",
        }
        said = _("%(done)s / %(total)s（%(percent)s），每秒 %(rate)s 件") % words
        self.stderr.write(f"\r{said}", ending="" if self.stderr.isatty() else "\n")

    def _tell(self, backtest: Backtest, path: Path | None) -> None:
        report = report_of(backtest)
        for line in _table(report):
            self.stdout.write(line)
        listed = _listed(backtest)
        self.stdout.write(_("结论会变的：%d 个") % report.tally.changes)
        for row in listed[:SHOWN]:
            due = f"{row['old_due_at'] or '–'} → {row['new_due_at'] or '–'}"
            self.stdout.write(
                f"  {row['ticket']} {row['metric']}: {row['before'] or '–'} → {row['after'] or '–'}  {due}"
            )
        if path:
            written = json.dumps({**plain(report), "changed": listed}, ensure_ascii=False, indent=2)
            path.write_text(written + "\n", encoding="utf-8")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, wall(), get_current_timezone()).astimezone(UTC)


def _table(report: Report) -> list[str]:
    """Return one line for each metric: what was kept and missed, before and after."""
    if not report.metrics:
        return [_("期间没有工单按草案里的响应标准或服务时间计时。")]
    return [f"{row.name[0]:<16} {_side(row.before)}  →  {_side(row.after)}" for row in report.metrics]


def _side(stack: Stack) -> str:
    share = "–" if stack.share is None else f"{stack.share:.1%}"
    words = {"share": share, "kept": f"{stack.kept:,}", "missed": f"{stack.missed:,}"}
    return _("守约 %(share)s（%(kept)s），超时 %(missed)s") % words


def _listed(backtest: Backtest) -> list[dict[str, Any]]:
    changes = list(backtest.changes.all())
    things = things_of({change.clock_id for change in changes})
    return [
        {
            "ticket": things.get(change.clock_id, ""),
            "metric": change.metric,
            "number": change.number,
            "before": change.before,
            "after": change.after,
            "old_due_at": change.old_due_at.isoformat() if change.old_due_at else None,
            "new_due_at": change.new_due_at.isoformat() if change.new_due_at else None,
        }
        for change in changes
    ]
