"""A notice as it is typed in: its title and source, and its dates as pasted words, rows or lines."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.wording import name_of
from sla.changing.notices import Posting
from sla.composing import Day
from sla.holidays.package import year_from_package
from sla.holidays.pasted import read_pasted, read_special, special_lines
from sla.holidays.places import COUNTRIES, place_code, place_words
from sla.holidays.rows import write_rows
from sla.models import CalendarVersion, HolidayNotice, HolidaySet

REQUIRED = {"required": gettext_lazy("请填写。")}
LONGEST = 40_000
SAID = ("title", "title_en", "source", "source_en", "published_on")


class NoticeForm(forms.Form):
    """What every notice says."""

    use_required_attribute = False
    about = ""

    title = forms.CharField(
        label=gettext_lazy("标题"), max_length=200, error_messages=REQUIRED,
        help_text=gettext_lazy("会原样写进时限因此变动的工单和给客户的信。"),
    )  # fmt: skip
    title_en = forms.CharField(
        label=gettext_lazy("英文标题"), max_length=200, required=False,
        help_text=gettext_lazy("读英文的客户和同事看到它；留空则看到原标题。"),
    )  # fmt: skip
    source = forms.CharField(
        label=gettext_lazy("出处"), max_length=200, required=False,
        help_text=gettext_lazy("文号或网址，写在每一天旁边；留空用标题。"),
    )  # fmt: skip
    source_en = forms.CharField(
        label=gettext_lazy("英文出处"), max_length=200, required=False,
        help_text=gettext_lazy("读英文的人看到它；留空则看到原出处。"),
    )  # fmt: skip
    published_on = forms.DateField(
        label=gettext_lazy("发布日期"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("请选一个日期。")},
    )  # fmt: skip

    def posting(self) -> Posting:
        """Return the notice. Raises ReadingError with every line that cannot be understood."""
        raise NotImplementedError

    def said(self) -> dict[str, Any]:
        """Return what every notice says."""
        return {name: self.cleaned_data[name] for name in SAID}


class YearForm(NoticeForm):
    """A notice about the days off of a place's year: all of them, so that it takes the place of what was known."""

    about = "year"

    place = forms.ChoiceField(label=gettext_lazy("哪里"), error_messages=REQUIRED)
    year = forms.IntegerField(
        label=gettext_lazy("哪一年"), min_value=2000, max_value=2100,
        error_messages={**REQUIRED, "invalid": gettext_lazy("请写四位年份，如 2027。")},
    )  # fmt: skip
    dates = forms.CharField(
        label=gettext_lazy("通知的日期"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 12}),
        error_messages={"required": gettext_lazy("请粘贴通知的原文，或逐行写日期。")},
        help_text=gettext_lazy(
            "直接粘贴通知原文（“二、春节：2月15日至23日放假调休……2月14日上班。”），"
            "或每行一天，写作“日期,类别,名称,英文名称,补哪一天”。要写全这一年，没写到的日期照常上班。"
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices: Any = self.fields["place"]
        choices.choices = places()

    def posting(self) -> Posting:
        said = self.cleaned_data
        country, _dash, subdivision = said["place"].partition("-")
        known = _known(country, subdivision, said["year"])
        rows = tuple(_row(day) for day in read_pasted(said["dates"], said["year"], known))
        return Posting(**self.said(), dates=rows, country=country, subdivision=subdivision, year=said["year"])


class CalendarNoticeForm(NoticeForm):
    """A notice about one calendar's hours on some dates."""

    about = "calendar"

    calendar = forms.ChoiceField(label=gettext_lazy("哪份服务时间"), error_messages=REQUIRED)
    dates = forms.CharField(
        label=gettext_lazy("日期和时段"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 8}),
        error_messages={"required": gettext_lazy("请至少写一天。")},
        help_text=gettext_lazy(
            "每行一天或一段：2026-12-31 08:30-12:00 元旦前夕 | New Year's Eve；"
            "全天不开放写“休息”，几天连着写 2027-02-05至2027-02-11。"
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices: Any = self.fields["calendar"]
        current = CalendarVersion.objects.current().only("code", "name", "name_en")
        choices.choices = [("", _("请选择")), *((row.code, name_of(row)) for row in current)]

    def posting(self) -> Posting:
        said = self.cleaned_data
        return Posting(**self.said(), dates=tuple(read_special(said["dates"])), calendar=said["calendar"])


ABOUT: dict[str, type[NoticeForm]] = {"year": YearForm, "calendar": CalendarNoticeForm}


def places() -> list[tuple[str, str]]:
    """Return every place that is known, or that calendars follow."""
    stored = HolidaySet.objects.values_list("country", "subdivision").distinct()
    asked = [(one.country, part) for one in COUNTRIES.values() for part in one.parts()]
    return [(place_code(*place), place_words(*place)) for place in dict.fromkeys([*asked, *sorted(stored)])]


def form_for(about: str, asked: Mapping[str, str], this_year: int) -> NoticeForm:
    """Return an empty form; one that is asked for a place's year holds the dates that are known."""
    if about == "calendar":
        return CalendarNoticeForm(initial={"calendar": asked.get("calendar", "")})
    year = asked.get("year", "")
    initial = {"place": asked.get("place", "CN"), "year": int(year) if year.isdecimal() else this_year + 1}
    if asked.get("place") in dict(places()) and year.isdecimal():
        initial["dates"] = _rows_text(_kept(*asked["place"].partition("-")[::2], int(year)))
    return YearForm(initial=initial)


def as_typed(notice: HolidayNotice) -> dict[str, Any]:
    """Return a draft as somebody would type it in."""
    said = {name: getattr(notice, name) for name in SAID}
    if notice.calendar:
        return {**said, "calendar": notice.calendar, "dates": special_lines(notice.dates)}
    rows = [Day(**{**row, "date": date.fromisoformat(row["date"])}) for row in notice.dates]
    place = place_code(notice.country, notice.subdivision)
    return {**said, "place": place, "year": notice.year, "dates": _rows_text(rows)}


def _rows_text(days: list[Day]) -> str:
    text = write_rows(days).decode("utf-8-sig")
    return text.partition("\n")[2].replace("\r\n", "\n") if days else ""


def _kept(country: str, subdivision: str, year: int) -> list[Day]:
    found = HolidaySet.objects.prefetch_related("dates").filter(country=country, subdivision=subdivision, year=year)
    rows = [day for one in found for day in one.dates.all()]
    return [Day(row.date, row.kind, row.name, row.name_en, row.stands_for) for row in rows]


def _known(country: str, subdivision: str, year: int) -> list[Day]:
    """Return the statutory dates that a place's rules give, which a notice's words do not mark."""
    if country in COUNTRIES:
        return list(year_from_package(country, subdivision, year, breaks="statutory").dates)
    return _kept(country, subdivision, year)


def _row(day: Day) -> dict[str, str]:
    return {"date": day.date.isoformat(), "kind": str(day.kind), "name": day.name, "name_en": day.name_en,
            "stands_for": day.stands_for}  # fmt: skip
