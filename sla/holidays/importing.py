"""Taking a place's year in: what it would change, shown before it is done, and the one act that does it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from sla.actions import Change, Outcome, put_calendars, put_holidays, write_alone, year_digest
from sla.actors import Actor
from sla.composing import Day, Year
from sla.holidays.places import place_words
from sla.models import HolidaySet
from sla.refusals import ActionRefusedError

BY_HAND = (HolidaySet.Origin.NOTICE, HolidaySet.Origin.FILE)


class Sign(StrEnum):
    """What becomes of a date."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One date of a year that differs; `fields` are those that do. `is_by_hand`: somebody typed the old one in."""

    date: date
    sign: Sign
    before: Day | None
    after: Day | None
    is_by_hand: bool

    @property
    def fields(self) -> list[str]:
        """Return which fields of a date that stays are other ones."""
        if self.before is None or self.after is None:
            return []
        names = ("kind", "name", "name_en", "stands_for")
        return [name for name in names if getattr(self.before, name) != getattr(self.after, name)]


@dataclass(frozen=True, slots=True)
class Difference:
    """What taking a year in would change of what is known; `kept` is what is known, None for a year that is new."""

    year: Year
    kept: HolidaySet | None
    rows: tuple[RowChange, ...]
    same: int

    @property
    def is_empty(self) -> bool:
        """Tell whether it would change nothing at all."""
        return self.kept is not None and self.kept.digest == year_digest(self.year)

    @property
    def overwrites_by_hand(self) -> bool:
        """Tell whether it would undo what somebody typed in or uploaded, from another source."""
        return is_by_hand(self.kept, self.year) and not self.is_empty

    @property
    def loses_notice(self) -> bool:
        """Tell whether a published year would be assumed again."""
        published, assumed = HolidaySet.Status.PUBLISHED, HolidaySet.Status.ASSUMED
        return self.kept is not None and self.kept.status == published and self.year.status == assumed

    @property
    def seen(self) -> str:
        """Return what was known when this was worked out, to be told when confirming."""
        return self.kept.digest if self.kept else ""

    def count(self, sign: str) -> int:
        """Return how many dates have a sign."""
        return sum(row.sign == sign for row in self.rows)


def is_by_hand(kept: HolidaySet | None, year: Year) -> bool:
    """Tell whether what is known came from a person, and from elsewhere than the year that is taken in."""
    return kept is not None and kept.origin in BY_HAND and kept.source != year.source


def kept_of(year: Year) -> HolidaySet | None:
    """Return what is known of a place's year."""
    place = {"country": year.country, "subdivision": year.subdivision, "year": year.year}
    return HolidaySet.objects.prefetch_related("dates").filter(**place).first()


def difference(year: Year) -> Difference:
    """Return what taking a year in would change, date by date."""
    kept = kept_of(year)
    rows = kept.dates.all() if kept else []
    before = {row.date: Day(row.date, row.kind, row.name, row.name_en, row.stands_for) for row in rows}
    after = {day.date: day for day in year.dates}
    dates = sorted(day for day in before.keys() | after.keys() if before.get(day) != after.get(day))
    by_hand = is_by_hand(kept, year)
    changes = tuple(_row_change(day, before.get(day), after.get(day), by_hand) for day in dates)
    return Difference(year, kept, changes, same=len(before.keys() & after.keys()) - sum(_stays(row) for row in changes))


def _row_change(day: date, before: Day | None, after: Day | None, by_hand: bool) -> RowChange:
    if before is None:
        return RowChange(day, Sign.ADDED, None, after, is_by_hand=False)
    return RowChange(day, Sign.CHANGED if after else Sign.REMOVED, before, after, is_by_hand=by_hand)


def _stays(row: RowChange) -> bool:
    return row.sign == Sign.CHANGED


@transaction.atomic
def import_year(
    *, year: Year, actor: Actor, at: datetime, seen: str | None = None, overwrite: bool = False
) -> list[Change]:
    """Take a year in and recompose the calendars that follow it; return what changed, nothing the second time.

    `seen` is the digest of what was known when somebody confirmed. Raises ActionRefusedError when that is another by
    now, and, unless told to `overwrite`, when it would undo what people typed in or make a published year assumed.
    """
    write_alone()
    found = difference(year)
    if found.is_empty:
        return [Change("holidays", f"{place_words(year.country, year.subdivision)} {year.year}", Outcome.UNCHANGED)]
    _refuse(found, seen, overwrite=overwrite)
    changes = put_holidays(years=[year])
    return changes + put_calendars(
        calendars=(), cause=_cause(year, "zh-hans"), cause_en=_cause(year, "en"), actor=actor, at=at
    )


def _cause(year: Year, language: str) -> str:
    """Return why calendars change, as readers of a language are told it."""
    with translation.override(language):
        words = {"place": place_words(year.country, year.subdivision), "year": year.year}
        return _("导入%(place)s %(year)d 年节假日") % words


def _refuse(found: Difference, seen: str | None, *, overwrite: bool) -> None:
    if seen is not None and seen != found.seen:
        raise ActionRefusedError(
            "changed_meanwhile", _("预览之后有人改过这一年。"), promise="Y17", ways_on=[_("请再看一遍差异，然后确认。")]
        )
    if overwrite:
        return
    if found.overwrites_by_hand:
        raise ActionRefusedError(
            "kept_by_hand",
            _("这一年是人工录入的（%s），导入会覆盖它。") % (found.kept.source if found.kept else ""),
            promise="Y17",
            ways_on=[_("确认要覆盖，或改用放假通知补充。")],
        )
    if found.loses_notice:
        raise ActionRefusedError(
            "loses_notice",
            _("这一年已经公布，导入的却是推定的日期。"),
            promise="Y17",
            ways_on=[_("确认要覆盖，或等数据包收录公布的安排。")],
        )
