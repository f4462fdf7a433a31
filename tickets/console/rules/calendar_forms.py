"""A calendar as it is typed into the editor: its fields, its week, its dated hours, each wrong one told in place."""

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.composing import Hours
from sla.holidays.places import place_code, place_words
from sla.hours import LAST_YEAR, WEEKDAYS, CalendarError, Span, read_hours
from sla.models import CalendarVersion, HolidaySet
from sla.rules.editing import HoursError, check_hours
from sla.rules.typed_hours import TypedHoursError, read_typed, stored, typed
from sla.wording import DAYS

HOUR = 3600
# Five fields a row, and a form takes a thousand fields.
MOST_SPECIAL = 180
REQUIRED = {"required": gettext_lazy("请填写。")}
CODE = RegexValidator(re.compile(r"\A[a-z0-9][a-z0-9-]{0,62}\Z"), gettext_lazy("代码只能用小写字母、数字和连字符。"))
BREAK_NAMES = [
    ("whole", gettext_lazy("整个公布的假期，含调休和假期里的周末")),
    ("statutory", gettext_lazy("只有法定节假日当天")),
]
# Where a refusal of the action is shown, when its field has another name here.
PLACES = {"working_day_seconds": "working_day", "holidays": "follows", "weekly": "mon"}


@cache
def zones() -> list[str]:
    """Return the names of every zone that a place has, and UTC."""
    named = (zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return ["UTC", *sorted(named)]


def places() -> list[tuple[str, str]]:
    """Return the countries and states whose holidays are known, and none."""
    known = HolidaySet.objects.order_by("country", "subdivision").values_list("country", "subdivision").distinct()
    return [("", _("不随节假日")), *((place_code(*place), place_words(*place)) for place in known)]


class CalendarForm(forms.Form):
    """Everything of a calendar but its dated hours."""

    use_required_attribute = False

    base = forms.IntegerField(min_value=0)
    code = forms.CharField(
        label=gettext_lazy("代码"), max_length=63, validators=[CODE], error_messages=REQUIRED,
        help_text=gettext_lazy("标准和合同用它认这份服务时间，以后不能改。如 kingdee-5x8。"),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("名称"), max_length=120, error_messages=REQUIRED)
    name_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=120, error_messages=REQUIRED)
    timezone = forms.CharField(
        label=gettext_lazy("时区"), max_length=40, error_messages=REQUIRED,
        widget=forms.TextInput({"list": "zones", "autocomplete": "off"}),
        help_text=gettext_lazy("下面的时刻都按它的当地时间，夏令时自动照算。"),
    )  # fmt: skip
    working_day = forms.DecimalField(
        label=gettext_lazy("一个工作日算几小时"), min_value=Decimal("0.01"), max_value=24,
        error_messages={**REQUIRED, "invalid": gettext_lazy("请写小时数，如 8 或 7.5。")},
        widget=forms.TextInput({"inputmode": "decimal"}),
        help_text=gettext_lazy("“0.5 个工作日”这样的承诺按它折成小时。"),
    )  # fmt: skip
    follows = forms.ChoiceField(
        label=gettext_lazy("随哪里的节假日"), required=False,
        help_text=gettext_lazy("那里的放假安排一公布，这份服务时间就跟着变。"),
    )  # fmt: skip
    breaks = forms.ChoiceField(
        label=gettext_lazy("哪些日子放假"),
        required=False,
        initial="whole",
        widget=forms.RadioSelect,
        choices=BREAK_NAMES,
    )
    make_up = forms.BooleanField(
        label=gettext_lazy("调休上班日照常上班"), required=False,
        help_text=gettext_lazy("打开后，调休的周末按它所补的那一天的时段开放。"),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("备注"), max_length=400, required=False, widget=forms.Textarea({"rows": 2})
    )
    note_en = forms.CharField(
        label=gettext_lazy("英文备注"), max_length=400, required=False, widget=forms.Textarea({"rows": 2})
    )
    cause = forms.CharField(
        label=gettext_lazy("为什么改"), max_length=400,
        error_messages={"required": gettext_lazy("请写明为什么改，以后查得到。")},
        help_text=gettext_lazy("会留在版本里，也会原样写进时限因此变动的工单和给客户的信。"),
    )  # fmt: skip
    cause_en = forms.CharField(
        label=gettext_lazy("为什么改（英文）"), max_length=400, required=False,
        help_text=gettext_lazy("读英文的客户和同事看到它；留空则看到原文。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices: Any = self.fields["follows"]
        choices.choices = places()
        for day in WEEKDAYS:
            self.fields[day] = forms.CharField(label=str(DAYS[day]), required=False, max_length=200)
        self.order_fields(["code", "name", "name_en", "timezone", "working_day", *WEEKDAYS])

    def clean_timezone(self) -> str:
        name = str(self.cleaned_data["timezone"])
        if name not in zoneinfo.available_timezones():
            raise forms.ValidationError(_("没有“%s”这个时区，请从列表里选，如 Asia/Shanghai。") % name)
        return name

    def clean_working_day(self) -> int:
        seconds = self.cleaned_data["working_day"] * HOUR
        if seconds != int(seconds):
            raise forms.ValidationError(_("请写成整秒的小时数，如 7.5。"))
        return int(seconds)

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["weekly"] = self._week()
        return self.cleaned_data

    def _week(self) -> dict[str, list[list[str]]]:
        """Return the week; what runs on over midnight is the next weekday's, Sunday's is Monday's."""
        openings: dict[str, list[Span]] = {day: [] for day in WEEKDAYS}
        for number, day in enumerate(WEEKDAYS):
            try:
                read = read_typed(self.cleaned_data.get(day, ""))
            except TypedHoursError as error:
                self.add_error(day, str(error))
                continue
            openings[day] += read.today
            openings[WEEKDAYS[(number + 1) % 7]] += read.tomorrow
        return {day: self._day(number, spans) for number, (day, spans) in enumerate(openings.items()) if spans}

    def _day(self, number: int, spans: Sequence[Span]) -> list[list[str]]:
        """Return a weekday's hours; a shift of the day before that runs on into them is told at both."""
        day, before = WEEKDAYS[number], WEEKDAYS[number - 1]
        rows = stored(tuple(sorted(spans)))
        try:
            read_hours({"timezone": "UTC", "weekly": {day: rows}})
        except CalendarError:
            words = {"before": DAYS[before], "day": DAYS[day], "until": rows[0][1]}
            self.add_error(day, _("%(before)s的班次到这一天 %(until)s 才结束，和这一天的时段重叠了。") % words)
            swapped = _("它过零点到%(day)s %(until)s，和%(day)s的时段重叠了。是不是把开始和结束写反了？")
            self.add_error(before, swapped % words)
        return rows


class SpecialForm(forms.Form):
    """The hours of one date; blank hours close it."""

    use_required_attribute = False

    date = forms.DateField(
        label=gettext_lazy("日期"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={**REQUIRED, "invalid": gettext_lazy("请写成 2026-02-13 这样的日期。")},
    )  # fmt: skip
    hours = forms.CharField(label=gettext_lazy("时段"), required=False, max_length=200)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=120, error_messages=REQUIRED)
    name_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=120, error_messages=REQUIRED)
    source = forms.CharField(label=gettext_lazy("出处"), max_length=200, required=False)

    def clean_hours(self) -> list[list[str]]:
        try:
            read = read_typed(self.cleaned_data["hours"])
        except TypedHoursError as error:
            raise forms.ValidationError(str(error)) from error
        if read.tomorrow:
            raise forms.ValidationError(_("某一天的时段写到 24:00 为止，过零点的部分请另写在第二天那一行。"))
        return stored(read.today)


class SpecialRows(forms.BaseFormSet):
    """The dated hours; one date has one row."""

    default_error_messages = {
        "missing_management_form": gettext_lazy("表单没有收全，请从头再填一次。"),
        "too_many_forms": gettext_lazy("特别日期最多写 %(num)d 行。"),
    }

    def __init__(self, *args: Any, since: date = date.min, **more: Any) -> None:
        super().__init__(*args, **more)
        self.since = since

    def clean(self) -> None:
        seen: set[date] = set()
        for form in self.forms:
            on = form.cleaned_data.get("date") if form.is_valid() else None
            if on and (wrong := self._wrong(on, seen)):
                form.add_error("date", wrong)
            seen |= {on} if on else set()

    def _wrong(self, on: date, seen: set[date]) -> str:
        if on in seen:
            return _("这一天已经写过一行了。")
        if on < self.since:
            return _("%s 以前的日期在这里改不了。") % self.since
        return _("%d 年以后的日期太远了。") % LAST_YEAR if on.year > LAST_YEAR else ""


SpecialFormSet: Any = forms.formset_factory(
    SpecialForm, formset=SpecialRows, extra=0, max_num=MOST_SPECIAL, absolute_max=MOST_SPECIAL, validate_max=True
)
PREFIX = "special"
REMOVE = "remove-"


@dataclass(frozen=True)
class Edited:
    """The version that is edited, if any; its dated hours before `since` are not shown and stay as they are."""

    kept: CalendarVersion | None
    since: date

    @property
    def special(self) -> list[dict[str, Any]]:
        """Return the dated hours that are stored."""
        return list(self.kept.rules["special"]) if self.kept else []

    def is_over(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row lies too far back to be edited."""
        return str(row["date"]) < self.since.isoformat()

    @property
    def over(self) -> list[dict[str, Any]]:
        """Return the rows that are not shown."""
        return [row for row in self.special if self.is_over(row)]


@dataclass(frozen=True)
class Editor:
    """What is in the editor: typed by somebody, or taken from a stored version."""

    form: CalendarForm
    special: Any
    edited: Edited

    @classmethod
    def of_stored(cls, edited: Edited) -> "Editor":
        """Return an editor as it opens."""
        initial = _typed(edited.kept) if edited.kept else BLANK
        shown = [{**row, "hours": typed(row["hours"])} for row in edited.special if not edited.is_over(row)]
        return cls(CalendarForm(initial=initial), SpecialFormSet(initial=shown, prefix=PREFIX), edited)

    @classmethod
    def of_sent(cls, sent: QueryDict, edited: Edited) -> "Editor":
        """Return an editor with what was sent; a calendar that is kept keeps its code."""
        if edited.kept:
            sent = sent.copy()
            sent["code"] = edited.kept.code
        special = SpecialFormSet(sent, prefix=PREFIX, since=edited.since)
        return cls(CalendarForm(sent), special, edited)

    @classmethod
    def of_typed(cls, sent: QueryDict, step: str, edited: Edited) -> "Editor":
        """Return an editor with what was typed, nothing of it checked yet."""
        said, rows = rearranged({name: str(value) for name, value in sent.items()}, step)
        return cls(CalendarForm(initial=said), SpecialFormSet(initial=rows, prefix=PREFIX), edited)

    @property
    def kept(self) -> CalendarVersion | None:
        """Return the version that is edited, if any."""
        return self.edited.kept

    def is_valid(self) -> bool:
        """Tell whether a calendar can be made of it; each thing that is wrong is told at its field."""
        # Both, so that everything wrong is told at once.
        if not all([self.form.is_valid(), self.special.is_valid()]):
            return False
        try:
            check_hours(self.hours)
        except HoursError as error:
            self.refuse(error)
            return False
        return True

    def refuse(self, error: HoursError) -> None:
        """Tell what an action refused at the field it named."""
        field = PLACES.get(error.field, error.field)
        self.form.add_error(field if field in self.form.fields else None, str(error))

    @cached_property
    def hours(self) -> Hours:
        """Return the calendar that was typed, once it is valid."""
        said = self.form.cleaned_data
        rules = {
            "timezone": said["timezone"],
            "weekly": said["weekly"],
            "working_day_seconds": said["working_day"],
            "holidays": _followed(said),
            "special": self._special(),
        }
        return Hours(said["code"], said["name"], said["name_en"], rules, said["note"], said["note_en"])

    def _special(self) -> list[dict[str, Any]]:
        """Return the dated hours in order; what a notice wrote beside them stays."""
        kept = {row["date"]: row for row in self.edited.special}
        found = {row["date"].isoformat(): row for row in self.special.cleaned_data if row}
        rows = {on: {**kept.get(on, {}), **row, "date": on} for on, row in found.items()}
        return [row for _on, row in sorted(({row["date"]: row for row in self.edited.over} | rows).items())]

    def over_midnight(self) -> list[str]:
        """Return the weekdays with a shift that runs on into the next one."""
        return [str(DAYS[day]) for day in WEEKDAYS if read_typed(self.form.cleaned_data.get(day, "")).tomorrow]


def _followed(said: Mapping[str, Any]) -> dict[str, Any] | None:
    if not said["follows"]:
        return None
    country, _dash, subdivision = said["follows"].partition("-")
    rule = {"country": country, "subdivision": subdivision, "breaks": said["breaks"] or "whole"}
    return {**rule, "make_up": said["make_up"]}


def _typed(kept: CalendarVersion) -> dict[str, Any]:
    """Return a stored calendar as somebody would type it."""
    rules, rule = kept.rules, kept.rules.get("holidays") or {}
    return {
        "base": kept.version,
        "code": kept.code,
        "name": kept.name,
        "name_en": kept.name_en,
        "timezone": rules["timezone"],
        "working_day": f"{Decimal(rules['working_day_seconds']) / HOUR:.10g}",
        "follows": place_code(rule["country"], rule.get("subdivision", "")) if rule else "",
        "breaks": rule.get("breaks", "whole"),
        "make_up": rule.get("make_up", False),
        "note": kept.note,
        "note_en": kept.note_en,
        **{day: typed(rules["weekly"].get(day, [])) for day in WEEKDAYS},
    }


USUAL = "08:30–12:00, 13:00–17:30"
BLANK = {
    "base": 0, "timezone": "Asia/Shanghai", "working_day": "8", "breaks": "whole",
    **dict.fromkeys(WEEKDAYS[:5], USUAL),
}  # fmt: skip


def rows_of(sent: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows of dated hours as they were typed."""
    said = sent.get(f"{PREFIX}-TOTAL_FORMS", "")
    total = min(int(said), MOST_SPECIAL) if said.isdecimal() and len(said) < 5 else 0
    return [
        {field: sent.get(f"{PREFIX}-{number}-{field}", "") for field in SpecialForm.base_fields}
        for number in range(total)
    ]


def rearranged(sent: Mapping[str, str], step: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return what was typed and the rows of dated hours, after a button that only changes the form."""
    said: dict[str, Any] = {**sent, "make_up": "make_up" in sent}
    rows = rows_of(sent)
    if step == "copy":
        said |= dict.fromkeys(WEEKDAYS[1:5], sent.get("mon", ""))
    if step == "add":
        rows.append({})
    gone = step.removeprefix(REMOVE)
    if step.startswith(REMOVE) and gone.isdecimal():
        rows = [row for number, row in enumerate(rows) if number != int(gone)]
    return said, rows
