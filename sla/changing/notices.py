"""Holiday notices: posted, looked at, applied or discarded; each step says no in words when it must. Source: Y17"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

from django.db import transaction
from django.utils.translation import gettext as _

from sla.actions import put_calendars, put_holidays, write_alone
from sla.actors import Actor
from sla.calendar import CalendarError
from sla.changing.proposals import Proposal, propose
from sla.compiled import calendar_of
from sla.composing import Day, Hours, Year, hours_of, years_known
from sla.hours import FIRST_YEAR, LAST_YEAR, WEEKDAYS
from sla.models import CalendarVersion, HolidayDate, HolidayNotice, HolidaySet
from sla.refusals import ActionRefusedError

State = HolidayNotice.State
Kind = HolidayDate.Kind

# A date is past once it is over in every zone.
OVER_EVERYWHERE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Posting:
    """A notice as somebody types it in, about a year of a country or about dates of one calendar.

    Rows of a year: {"date", "kind", "name", "name_en", "stands_for"}; of a calendar: {"date", "hours", "name",
    "name_en"} with hours such as [["08:30", "12:00"]], none to close. Dates are written YYYY-MM-DD.
    """

    title: str
    source: str
    dates: tuple[Mapping[str, Any], ...]
    published_on: date | None = None
    country: str = ""
    subdivision: str = ""
    year: int | None = None
    calendar: str = ""
    # What readers of English are told; blank: the title and the source as they are.
    title_en: str = ""
    source_en: str = ""


@transaction.atomic
def post(*, posting: Posting, actor: Actor, at: datetime) -> HolidayNotice:
    """Keep a notice as a draft and return it; nothing is in force by it yet. Raises ActionRefusedError."""
    write_alone()
    notice = HolidayNotice(
        title=posting.title.strip(), source=posting.source.strip() or posting.title.strip(), country=posting.country,
        subdivision=posting.subdivision, year=posting.year, calendar=posting.calendar, dates=list(posting.dates),
        published_on=posting.published_on, title_en=posting.title_en.strip(), source_en=posting.source_en.strip(),
        posted_by=actor.display, posted_at=at,
    )  # fmt: skip
    _check(notice, at)
    notice.save()
    return notice


def preview(notice: HolidayNotice) -> Proposal:
    """Return what would be in force with a notice. Raises ActionRefusedError when it cannot be laid in any more."""
    try:
        return propose(years=_years(notice), calendars=_calendars(notice))
    except CalendarError as error:
        _refuse("bad_hours", _("时段读不懂：%s") % error.detail, _("改正这一天的时段后再录入。"))
    except LookupError as error:
        _refuse("unknown_country", str(error), _("先导入这个地区的节假日。"))


@transaction.atomic
def apply(*, notice: HolidayNotice, actor: Actor, at: datetime) -> HolidayNotice:
    """Put a notice in force and return it: its dates, the calendars that follow them, and the work that this makes.

    Open deadlines are brought to it by the next sweeps. Raises ActionRefusedError.
    """
    write_alone()
    notice = _draft(notice)
    _check(notice, at)
    proposal = preview(notice)
    put_holidays(years=_years(notice))
    put_calendars(
        calendars=_calendars(notice), cause=notice.title, cause_en=notice.title_en, actor=actor, notice=notice, at=at
    )
    notice.state, notice.applied_by, notice.applied_at = State.APPLIED, actor.display, at
    notice.changes = _changes(proposal, at)
    notice.save()
    return notice


@transaction.atomic
def discard(*, notice: HolidayNotice, actor: Actor, at: datetime) -> HolidayNotice:
    """Put a draft away for good and return it; it stays readable. Raises ActionRefusedError."""
    notice = _draft(notice)
    notice.state, notice.applied_by, notice.applied_at = State.DISCARDED, actor.display, at
    notice.save()
    return notice


def _draft(notice: HolidayNotice) -> HolidayNotice:
    """Lock a notice and return it as it is now; refuse one that is done with."""
    notice = HolidayNotice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != State.DRAFT:
        words = {"title": notice.title, "state": notice.get_state_display(), "who": notice.applied_by}
        _refuse("notice_done", _("《%(title)s》%(state)s（%(who)s）。") % words, _("要再改，请另录一份通知。"))
    return notice


def _changes(proposal: Proposal, at: datetime) -> list[dict[str, Any]]:
    """Return what a notice changes, as it is kept for good."""
    versions = {
        code: (calendar.kept.version if calendar.kept else 0, calendar.after.version)
        for code, calendar in proposal.calendars.items()
    }
    return [
        {
            "calendar": day.code,
            "from": versions[day.code][0],
            "to": versions[day.code][1],
            "date": day.date.isoformat(),
            "before": day.before,
            "after": day.after,
        }
        for day in proposal.days(at=at)
    ]


def _source_en(notice: HolidayNotice) -> str:
    """Return the source as readers of English are told it; a source that is the title has the title's English."""
    return notice.source_en or (notice.title_en if notice.source == notice.title else "")


def _years(notice: HolidayNotice) -> list[Year]:
    if notice.year is None:
        return []
    dates = tuple(
        Day(
            date=date.fromisoformat(row["date"]),
            kind=row["kind"],
            name=row["name"],
            name_en=row.get("name_en", ""),
            stands_for=row.get("stands_for", ""),
        )
        for row in sorted(notice.dates, key=lambda row: row["date"])
    )
    return [
        Year(
            country=notice.country, subdivision=notice.subdivision, year=notice.year, dates=dates,
            status=HolidaySet.Status.PUBLISHED, source=notice.source, source_en=_source_en(notice),
            origin=HolidaySet.Origin.NOTICE,
        )
    ]  # fmt: skip


def _calendars(notice: HolidayNotice) -> list[Hours]:
    if not notice.calendar:
        return []
    hours = hours_of(CalendarVersion.objects.current().get(code=notice.calendar))
    english = _source_en(notice)
    added = [
        {
            "date": row["date"],
            "hours": row.get("hours") or [],
            "name": row["name"],
            "name_en": row.get("name_en") or row["name"],
            "source": notice.source,
            **({"source_en": english} if english else {}),
        }
        for row in notice.dates
    ]
    special = sorted([*hours.rules["special"], *added], key=lambda row: row["date"])
    return [replace(hours, rules={**hours.rules, "special": special})]


def _check(notice: HolidayNotice, at: datetime) -> None:
    """Refuse a notice that says nothing, says a thing twice, speaks of the past or over somebody else's word."""
    if not notice.title:
        _refuse("title_missing", _("通知没有标题。"), _("写上标题，如“关于2027年部分节假日安排的通知”。"))
    if notice.published_on and notice.published_on > (at + OVER_EVERYWHERE).date():
        words = _("发布日期 %s 还没有到。") % notice.published_on
        _refuse("published_later", words, _("写它发布的那一天，或留空。"))
    if not notice.dates:
        _refuse("notice_empty", _("通知里没有日期。"), _("至少写一个日期。"))
    for row in notice.dates:
        _check_row(row, notice.year)
    dates = Counter(str(row["date"]) for row in notice.dates)
    if doubled := [day for day, count in dates.items() if count > 1]:
        words = _("这些日期写了两次：%s。") % _("、").join(sorted(doubled))
        _refuse("date_twice", words, _("每个日期只留一行。"))
    if notice.year is None:
        _check_calendar(notice, at)
    else:
        _check_year(notice, at)
    if not preview(notice).calendars and not _changes_year(notice):
        _refuse("nothing_changes", _("通知里的日期已经都在用，没有什么会变。"), _("不用再录。"))


def _check_row(row: Mapping[str, Any], year: int | None) -> None:
    try:
        day = date.fromisoformat(row["date"])
    except (TypeError, ValueError):
        _refuse("bad_date", _("“%s”不是日期。") % row["date"], _("日期写成 2027-01-01 这样。"))
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        _refuse("bad_date", _("%s 太远了。") % day, _("日期写成 2027-01-01 这样。"))
    if not str(row.get("name", "")).strip():
        _refuse("name_missing", _("%s 没有写名称。") % day, _("写上这一天是什么，如“春节”。"))
    if year is None:
        return
    if day.year != year:
        words = {"day": day, "year": year}
        _refuse("other_year", _("%(day)s 不在 %(year)d 年。") % words, _("一份通知只写一个年份的日期。"))
    if row.get("kind") not in Kind.values:
        _refuse("bad_kind", _("%s 的类别不认识。") % day, _("类别是法定节假日、调休放假、假期内周末、调休上班之一。"))
    if (row["kind"] == Kind.MAKE_UP) != (row.get("stands_for") in WEEKDAYS):
        _refuse("stands_for", _("调休上班日（且只有它）要写明代替星期几。"), _("改正 %s 这一行。") % day)


def _check_calendar(notice: HolidayNotice, at: datetime) -> None:
    version = CalendarVersion.objects.current().filter(code=notice.calendar).first()
    if version is None:
        words = _("没有名为“%s”的服务时间在用。") % notice.calendar
        _refuse("unknown_calendar", words, _("从在用的服务时间里选一份。"))
    today = at.astimezone(calendar_of(version.pk).zone).date()
    dates = {str(row["date"]) for row in notice.dates}
    _refuse_past({day for day in dates if day < today.isoformat()})
    taken = dates & {row["date"] for row in version.rules["special"]}
    if taken:
        words = _("这些日期已经有特别时段：%s。") % _("、").join(sorted(taken))
        _refuse("date_taken", words, _("要改它们，请直接编辑这份服务时间。"))
    _refuse_overlap(notice, dates)


def _refuse_overlap(notice: HolidayNotice, dates: set[str]) -> None:
    others = HolidayNotice.objects.filter(state=State.DRAFT, calendar=notice.calendar).exclude(pk=notice.pk)
    for other in others:
        if both := dates & {row["date"] for row in other.dates}:
            words = {"title": other.title, "dates": _("、").join(sorted(both))}
            _refuse("drafted_twice", _("《%(title)s》也写了：%(dates)s。") % words, _("先让那一份生效，或把它作废。"))


def _check_year(notice: HolidayNotice, at: datetime) -> None:
    today = (at - OVER_EVERYWHERE).date()
    if notice.year is not None and notice.year < today.year:
        words = _("%d 年已经过去，通知不再改变任何事。") % notice.year
        _refuse("past", words, _("过去的日期可以从数据包或文件导入。"))
    [year] = _years(notice)
    told = _days(year)
    known = _days({_place(one): one for one in years_known()}.get(_place(year)))
    _refuse_past({day for day in known.keys() | told.keys() if day < str(today) and known.get(day) != told.get(day)})
    others = HolidayNotice.objects.filter(
        state=State.DRAFT, country=notice.country, subdivision=notice.subdivision, year=notice.year
    )
    if other := others.exclude(pk=notice.pk).first():
        words = _("这一年另有一份草拟的通知：《%s》。") % other.title
        _refuse("drafted_twice", words, _("先让那一份生效，或把它作废。"))


def _place(year: Year) -> tuple[str, str, int]:
    return (year.country, year.subdivision, year.year)


def _days(year: Year | None) -> dict[str, tuple[str, str]]:
    """Return what a year says of each date, as far as it changes hours."""
    return {str(day.date): (day.kind, day.stands_for) for day in year.dates} if year else {}


def _changes_year(notice: HolidayNotice) -> bool:
    """Tell whether the dates or the standing of a year would be other than they are, even if no calendar follows."""
    known = {_place(year): year for year in years_known()}
    return any(
        (kept := known.get(_place(year))) is None or (kept.status, kept.dates) != (year.status, year.dates)
        for year in _years(notice)
    )


def _refuse_past(dates: set[str]) -> None:
    if dates:
        words = _("已经过去的日期不能再改：%s。") % _("、").join(sorted(dates))
        _refuse("past", words, _("通知里的过去日期要与在用的一致。"))


def _refuse(code: str, message: str, way_on: str) -> NoReturn:
    raise ActionRefusedError(code, message, promise="Y17", clause="3.1.1", ways_on=[way_on])
