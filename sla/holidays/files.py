"""A file of days off as the year of a place, whatever kind of file it is."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePath
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from sla.composing import BREAKS, Day, Year
from sla.holidays.ics import Asked, Taken, read_ics
from sla.holidays.places import COUNTRIES, UnknownPlaceError, country_named
from sla.holidays.rows import read_rows
from sla.models import HolidayDate, HolidaySet
from sla.rules.reading import Problem, ReadingError

MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody takes in: a place's year, all of the break or the statutory days only, and where it comes from."""

    country: str
    subdivision: str
    year: int
    breaks: str = "whole"
    status: str = HolidaySet.Status.PUBLISHED
    source: str = ""
    source_en: str = ""

    def check(self) -> None:
        """Raise UnknownPlaceError for no place at all; a country of which nothing is known may come by file."""
        if self.country in COUNTRIES:
            country_named(self.country, self.subdivision)
        elif not re.fullmatch(r"[A-Z]{2}", self.country) or not re.fullmatch(r"[A-Za-z0-9-]{0,8}", self.subdivision):
            raise UnknownPlaceError(_("国家或地区写两个大写字母，如 MY；下级区域最多 8 个字母或数字。"))


def year_from_file(name: str, content: bytes, wanted: Wanted) -> tuple[Year, list[str]]:
    """Return the year that a file gives, and what a reader should know about how it was understood.

    Raises ReadingError with every mistake, UnknownPlaceError.
    """
    wanted.check()
    shown = PurePath(name).name[:80]
    if len(content) > MOST_BYTES:
        raise ReadingError([Problem(shown, 1, "", _("文件超过 1 MB。"))])
    taken = _taken(shown, content, wanted)
    kinds = BREAKS["statutory"] if wanted.breaks == "statutory" else tuple(HolidayDate.Kind)
    dates = tuple(day for day in taken.days if day.kind in kinds)
    year = Year(
        country=wanted.country,
        subdivision=wanted.subdivision,
        year=wanted.year,
        status=str(wanted.status),
        source=(wanted.source or taken.title or shown)[:200],
        source_en=wanted.source_en[:200],
        dates=dates,
        origin=HolidaySet.Origin.FILE,
        package=f"{shown[:50]} sha256:{hashlib.sha256(content).hexdigest()[:12]}",
    )
    return year, [*taken.notes, *_doubts(dates)]


def _taken(shown: str, content: bytes, wanted: Wanted) -> Taken:
    if shown.lower().endswith((".ics", ".ical", ".ifb")) or content.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"BEGIN:V"):
        known = COUNTRIES.get(wanted.country)
        return read_ics(content, Asked(shown, wanted.year, ZoneInfo(known.timezone if known else "UTC")))
    if shown.lower().endswith((".csv", ".tsv", ".txt")):
        return Taken(days=read_rows(content, shown, wanted.year))
    raise ReadingError([Problem(shown, 1, "", _("只认 .ics 和 .csv 文件。"))])


def _doubts(dates: tuple[Day, ...]) -> list[str]:
    """Return what looks odd without being wrong: weekends that are worked for days off which the year does not have."""
    worked = sum(day.kind == HolidayDate.Kind.MAKE_UP for day in dates)
    off = sum(day.kind == HolidayDate.Kind.SWAPPED_OFF for day in dates)
    if worked and off and worked != off:
        return [_("调休上班 %(worked)d 天，调休放假 %(off)d 天，数目不等。") % {"worked": worked, "off": off}]
    return []
