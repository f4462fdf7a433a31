"""`manage.py import_tickets --from zendesk --mapping m.yaml FILE…`: take in tickets with their history."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sla.actors import SYSTEM
from sla.clock import database_now
from sla.commands import Spoken
from sla.refusals import ActionRefusedError
from sla.rules.reading import ReadingError
from tickets.actions.importing.runs import Asked, Kept, go_on, resume_run, start_run
from tickets.importing.mapping import SOURCES
from tickets.importing.report import figures, lines, plain
from tickets.models import ImportRun

# Seconds between two looks at a run that another process works on.
LOOK = 0.3
SHOWN = 20


class Command(Spoken):
    """Import an export batch by batch; killed at any moment, `--resume` goes on where it was."""

    help = gettext_noop("导入另一系统的历史工单（Zendesk、Zammad 的 JSON 导出）。写法见 fixtures/imports/README.md。")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=_("导出的 .json 或 .jsonl 文件"))
        parser.add_argument("--from", dest="source", choices=SOURCES, help=_("来源系统"))
        parser.add_argument("--mapping", type=Path, help=_("对应关系，YAML 文件"))
        parser.add_argument("--dry-run", action="store_true", help=_("只读、只查、只报告，什么都不写入"))
        parser.add_argument("--resume", type=int, metavar="RUN", help=_("接着做这一次导入"))
        parser.add_argument("--attachments", type=Path, metavar="DIR", help=_("附件文件所在的目录"))
        parser.add_argument("--json", type=Path, help=_("把报告以 JSON 写到这个文件"))

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._taken_up(options["resume"]) if options["resume"] else self._begun(options)
        self.stderr.write(_("导入 %(run)d；中断后用 --resume %(run)d 接着做。") % {"run": run.pk})
        self._work(run)
        self._tell(run, options["json"])
        if run.state != ImportRun.State.DONE:
            raise CommandError(f"{run.get_state_display()}: {run.error}")

    def _taken_up(self, pk: int) -> ImportRun:
        try:
            return resume_run(run=ImportRun.objects.get(pk=pk))
        except ImportRun.DoesNotExist as error:
            raise CommandError(_("没有第 %(run)d 次导入。") % {"run": pk}) from error
        except ActionRefusedError as refusal:
            raise CommandError(_words(refusal)) from refusal

    def _begun(self, options: dict[str, Any]) -> ImportRun:
        if not options["source"] or not options["mapping"]:
            raise CommandError(_("请写 --from 和 --mapping。"))
        if missing := [str(path) for path in options["files"] if not path.is_file()]:
            raise CommandError(_("没有这个文件：%(files)s。") % {"files": _("、").join(missing)})
        try:
            return start_run(asked=_asked(options), actor=SYSTEM, at=database_now())
        except (ReadingError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        except ActionRefusedError as refusal:
            raise CommandError(_words(refusal)) from refusal

    def _work(self, run: ImportRun) -> None:
        began = time.monotonic()
        already = run.done
        while run.is_unfinished:
            if not go_on(run):
                time.sleep(LOOK)
            run.refresh_from_db()
            rate = (run.done - already) / max(time.monotonic() - began, 0.001)
            words = {"done": f"{run.done:,}", "total": f"{run.total:,}", "rate": f"{rate:,.0f}"}
            said = _("%(done)s / %(total)s，每秒 %(rate)s 张") % words
            if self.stderr.isatty():
                self.stderr.write(f"\r{said}", ending="" if run.is_unfinished else "\n")
        if not self.stderr.isatty():
            self.stderr.write(said if run.total else "")

    def _tell(self, run: ImportRun, path: Path | None) -> None:
        title = _("试运行，什么都没有写入") if run.is_dry_run else _("导入")
        self.stdout.write(f"{title}: {run.get_state_display()}")
        for name, number in figures(run.counts):
            self.stdout.write(f"  {name}: {number:,}")
        for one in lines(run.problems)[:SHOWN]:
            what = f"{one.field}={one.value}" if one.field else ""
            told = " ".join(filter(None, (one.where, one.id and f"#{one.id}", what)))
            self.stdout.write(f"{told}: {one.message}{one.todo}")
        if path:
            report = {"run": run.pk, "state": run.state, **plain(run.counts, run.problems)}
            path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _asked(options: dict[str, Any]) -> Asked:
    mapping: Path = options["mapping"]
    folder: Path | None = options["attachments"]
    return Asked(
        files=[Kept(path.resolve(), path.name) for path in options["files"]],
        mapping=mapping.read_text(encoding="utf-8-sig"),
        is_dry_run=options["dry_run"],
        source=options["source"],
        attachments_at=str(folder.resolve()) if folder else "",
        mapping_name=mapping.name,
    )


def _words(refusal: ActionRefusedError) -> str:
    return " ".join([refusal.message, *map(str, refusal.ways_on)])
