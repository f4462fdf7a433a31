"""`manage.py upsert_customers FILE`: take in customers from CSV or JSON, as often as one likes."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.actions.customers import Report, upsert_customers
from plans.upsert import read_csv, read_json
from sla.commands import Spoken

READERS = {".csv": read_csv, ".json": read_json}


class Command(Spoken):
    help = gettext_noop(
        "从 CSV 或 JSON 读入客户、联系人、合同和产品；可重复执行。有一处错误就什么都不保存，除非 --keep-good。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help=_("只说会改什么，不保存"))
        parser.add_argument("--keep-good", action="store_true", help=_("跳过有错的客户，保存其余"))
        parser.add_argument("--json", action="store_true", help=_("以 JSON 输出"))

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        reader = READERS.get(path.suffix.lower())
        if reader is None:
            raise CommandError(_("只读 .csv 和 .json 文件。"))
        try:
            rows, errors = reader(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        if errors:
            raise CommandError("\n".join(str(error) for error in errors))
        report = upsert_customers(rows=rows, keep_good=options["keep_good"], dry_run=options["dry_run"])
        self.stdout.write(json.dumps(asdict(report), ensure_ascii=False) if options["json"] else told(report))
        if report.errors and not options["keep_good"]:
            raise CommandError(_("有 %d 处错误，什么都没有保存。") % len(report.errors))


def told(report: Report) -> str:
    """Return a report as lines to read."""
    counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    lines = [
        f"{word}: " + ", ".join(f"{kind} {n}" for kind, n in sorted(by.items())) for word, by in counts.items() if by
    ]
    return "\n".join([*map(str, report.errors), *lines])
