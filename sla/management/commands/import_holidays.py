"""`manage.py import_holidays`: take a place's days off in from the package or a file, after showing the changes."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sla.actions import Outcome
from sla.actors import Actor
from sla.changing.proposals import moves, propose
from sla.clock import database_now
from sla.commands import Spoken
from sla.composing import BREAKS, Day, Year
from sla.holidays.files import Wanted, year_from_file
from sla.holidays.importing import Difference, RowChange, Sign, difference, import_year
from sla.holidays.package import year_from_package
from sla.holidays.places import UnknownPlaceError, place_code
from sla.holidays.written import written
from sla.models import DueMove, HolidayDate, HolidaySet
from sla.refusals import ActionRefusedError
from sla.rules.reading import ReadingError
from sla.timeline import ActorKind

SIGNS = {Sign.ADDED: "+", Sign.REMOVED: "-", Sign.CHANGED: "~"}
SHOWN = 20


def a_year(text: str) -> int:
    """Return a year of four digits. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 2000 <= int(text) <= 2100:
        raise ArgumentTypeError(_("年份应为 2000 到 2100。"))
    return int(text)


class Command(Spoken):
    help = gettext_noop("导入一个地区一年的节假日：先列出变化和受影响的时限，确认后一次写入；重复导入不会有变化。")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--country", required=True, help=_("国家或地区，两位代码，如 MY"))
        parser.add_argument("--subdivision", default="", help=_("下级区域，如 14（吉隆坡）"))
        parser.add_argument("--year", required=True, type=a_year)
        parser.add_argument("--from", dest="origin", default="package", help=_("package，或 .ics、.csv 文件"))
        parser.add_argument("--breaks", choices=list(BREAKS), default="whole", help=_("整段假期，或只取法定节假日"))
        parser.add_argument(
            "--status", choices=HolidaySet.Status.values, default="published", help=_("文件里的安排是否已公布")
        )
        parser.add_argument("--source", default="", help=_("出处，如通知的文号；只用于文件"))
        parser.add_argument("--yes", action="store_true", help=_("不再询问"))
        parser.add_argument("--overwrite", action="store_true", help=_("覆盖人工录入的，或把已公布的改为推定"))
        parser.add_argument("--dry-run", action="store_true", help=_("只列出变化"))
        parser.add_argument("--to", type=Path, help=_("不写数据库，写成 fixtures/holidays 用的 YAML 文件"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            year = self.year(options)
        except (ReadingError, UnknownPlaceError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["to"]:
            options["to"].write_text(written([year]), encoding="utf-8")
            return
        found = difference(year)
        self.show(found)
        if found.is_empty or options["dry_run"]:
            return
        if not options["yes"] and not self.confirmed():
            self.stdout.write(_("未写入。"))
            return
        self.take_in(found, overwrite=options["overwrite"])

    def year(self, options: dict[str, Any]) -> Year:
        """Return what is to be taken in, telling what should be known about how it was understood."""
        place = options["country"].upper(), options["subdivision"]
        if options["origin"] == "package":
            return year_from_package(*place, options["year"], breaks=options["breaks"])
        path = Path(options["origin"])
        wanted = Wanted(*place, options["year"], options["breaks"], options["status"], options["source"])
        year, notes = year_from_file(path.name, path.read_bytes(), wanted)
        for note in notes:
            self.stdout.write(f"! {note}")
        return year

    def show(self, found: Difference) -> None:
        """Write what would change: the dates of the year, the hours of calendars, the deadlines."""
        year, kept = found.year, found.kept
        self.stdout.write(f"{place_code(year.country, year.subdivision)} {year.year} · {year.status} · {year.source}")
        if found.is_empty:
            self.stdout.write(_("没有变化。"))
            return
        if kept and (kept.status, kept.source) != (year.status, year.source):
            self.stdout.write(f"  {kept.status} · {kept.source} → {year.status} · {year.source}")
        for row in found.rows:
            self.stdout.write(_line(row))
        self.stdout.write(_("不变 %d 天。") % found.same)
        self.show_effects(year)

    def show_effects(self, year: Year) -> None:
        """Write which dates of which calendars open otherwise, and how many deadlines move."""
        at = database_now()
        proposal = propose(years=[year])
        days = proposal.days(at=at)
        for change in days[:SHOWN]:
            self.stdout.write(f"  {change.code} {change.date}: {_hours(change.before)} → {_hours(change.after)}")
        if len(days) > SHOWN:
            self.stdout.write(_("  …… 另有 %d 天。") % (len(days) - SHOWN))
        counts = moves(proposal, at=at, limit=0).counts
        figures = {verdict.label: getattr(counts, verdict.value) for verdict in DueMove.Verdict}
        told = _("、").join(f"{label} {count}" for label, count in figures.items() if count)
        self.stdout.write(_("未完成的时限：%s") % (told or _("都不变")))

    def confirmed(self) -> bool:
        """Ask on the terminal; whoever cannot answer has not confirmed."""
        try:
            return input(_("写入吗？[y/N] ")).strip().lower() in ("y", "yes")
        except EOFError:
            return False

    def take_in(self, found: Difference, *, overwrite: bool) -> None:
        """Do it, and write which calendars have a new version."""
        actor = Actor(ActorKind.SYSTEM, display="import_holidays")
        try:
            changes = import_year(year=found.year, actor=actor, at=database_now(), seen=found.seen, overwrite=overwrite)
        except ActionRefusedError as refusal:
            raise CommandError("\n".join([refusal.message, *refusal.ways_on, "--overwrite"])) from refusal
        for change in changes:
            if change.outcome != Outcome.UNCHANGED:
                self.stdout.write(f"{change.outcome} {change.kind} {change.code} v{change.version or ''}".rstrip(" v"))


def _line(row: RowChange) -> str:
    mark = _("（人工录入，将被覆盖）") if row.is_by_hand else ""
    told = " → ".join(_words(day) for day in (row.before, row.after) if day)
    return f"  {SIGNS[row.sign]} {row.date} {told}{mark}"


def _words(day: Day) -> str:
    return " ".join(filter(None, (str(HolidayDate.Kind(day.kind).label), day.name, day.stands_for)))


def _hours(openings: list[tuple[str, str]]) -> str:
    return " ".join(f"{opens}–{closes}" for opens, closes in openings) or _("休息")
