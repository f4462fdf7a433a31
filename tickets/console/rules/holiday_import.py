"""Taking a place's year in from a page: asked for, looked at with everything that it moves, then confirmed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from sla.changing.proposals import propose
from sla.composing import Day, Year
from sla.holidays.files import MOST_BYTES, Wanted, year_from_file
from sla.holidays.importing import difference, import_year
from sla.holidays.package import VERSION, year_from_package
from sla.holidays.places import COUNTRIES, UnknownPlaceError, place_code, place_words
from sla.models import HolidaySet, Recompute
from sla.refusals import ActionRefusedError
from sla.rules.reading import Problem, ReadingError
from tickets.console.guard import Reader
from tickets.console.rules.effects import effects
from tickets.console.rules.guard import writers_only
from tickets.console.rules.holiday_words import row_words
from tickets.console.rules.nav import rules_page
from tickets.ledger import actor_of

SALT = "shouyue.holidays"
A_DAY = 86_400  # seconds
OTHER = "other"
REQUIRED = {"required": gettext_lazy("请填写。")}


def places() -> list[tuple[str, str]]:
    """Return every place that can be asked for, and one that is typed."""
    known = [
        (place_code(one.country, part), place_words(one.country, part))
        for one in COUNTRIES.values()
        for part in one.parts()
    ]
    return [*known, (OTHER, _("别的国家或地区（只能从文件）"))]


class ImportForm(forms.Form):
    """What is taken in, and from where."""

    use_required_attribute = False

    place = forms.ChoiceField(label=gettext_lazy("哪里"), error_messages=REQUIRED)
    other = forms.CharField(
        label=gettext_lazy("别的国家或地区"), required=False, max_length=11,
        help_text=gettext_lazy("两个大写字母，要分地区就加横线，如 JP 或 AU-NSW。"),
    )  # fmt: skip
    year = forms.IntegerField(
        label=gettext_lazy("哪一年"), min_value=2000, max_value=2100,
        error_messages={**REQUIRED, "invalid": gettext_lazy("请写四位年份，如 2027。")},
    )  # fmt: skip
    origin = forms.ChoiceField(
        label=gettext_lazy("从哪里取"), initial="package", widget=forms.RadioSelect,
        choices=[("package", gettext_lazy("随产品带的数据包")), ("file", gettext_lazy("文件（.ics 或 .csv）"))],
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("文件"), required=False,
        help_text=gettext_lazy(
            "ICS 取全天事件，一天一条或跨多天都行；CSV 第一行写 date,kind,name,name_en,stands_for。最大 1 MB。"
        ),
    )  # fmt: skip
    breaks = forms.ChoiceField(
        label=gettext_lazy("取哪些日子"), initial="whole", widget=forms.RadioSelect,
        choices=[
            ("whole", gettext_lazy("整个公布的假期，含调休和假期里的周末")),
            ("statutory", gettext_lazy("只取法定节假日当天")),
        ],
    )  # fmt: skip
    status = forms.ChoiceField(
        label=gettext_lazy("文件里的安排"), initial="published", widget=forms.RadioSelect,
        choices=[("published", gettext_lazy("已经公布")), ("assumed", gettext_lazy("还是推定的"))],
    )  # fmt: skip
    source = forms.CharField(
        label=gettext_lazy("出处"), required=False, max_length=200,
        help_text=gettext_lazy("通知的文号或网址，会写在每一天旁边；留空用文件里的标题。"),
    )  # fmt: skip
    source_en = forms.CharField(
        label=gettext_lazy("英文出处"), required=False, max_length=200,
        help_text=gettext_lazy("读英文的人看到它；留空则看到原出处。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices: Any = self.fields["place"]
        choices.choices = places()

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("place") == OTHER and not said.get("other"):
            self.add_error("other", _("请写是哪里。"))
        if said.get("place") == OTHER and said.get("origin") == "package":
            self.add_error("origin", _("数据包里没有它，请用文件。"))
        if said.get("origin") == "file" and not said.get("file") and not self.errors.get("file"):
            self.add_error("file", _("请选一个文件。"))
        if said.get("file") and said["file"].size > MOST_BYTES:
            self.add_error("file", _("文件超过 1 MB。"))
        return said

    def wanted(self) -> Wanted:
        """Return what is asked for."""
        said = self.cleaned_data
        named = said["other"].strip().upper() if said["place"] == OTHER else said["place"]
        country, _dash, subdivision = named.partition("-")
        told = (said["source"].strip(), said["source_en"].strip())
        return Wanted(country, subdivision, said["year"], said["breaks"], said["status"], *told)


@dataclass(frozen=True)
class Incoming:
    """A year on its way in, and what a reader should know about how it was understood."""

    year: Year
    notes: Sequence[str] = ()
    refusal: ActionRefusedError | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def import_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Answer one step of an import; what was chosen is still there after it."""
    if request.method != "POST":
        asked = {name: request.GET[name] for name in ("place", "year") if name in request.GET}
        return shown_form(request, reader, ImportForm(initial={"year": reader.at.year + 1, **asked}))
    if request.POST.get("step") == "save":
        return saved(request, reader)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return shown_form(request, reader, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return previewed(request, reader, incoming(form))
    except UnknownPlaceError as error:
        form.add_error("other" if form.cleaned_data["place"] == OTHER else "place", str(error))
        return shown_form(request, reader, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except ReadingError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return shown_form(request, reader, form, problems=error.problems, status=status)


def incoming(form: ImportForm) -> Incoming:
    """Return the year that a form asks for. Raises UnknownPlaceError, ReadingError."""
    wanted, file = form.wanted(), form.cleaned_data["file"]
    if form.cleaned_data["origin"] == "file":
        return Incoming(*year_from_file(file.name, file.read(), wanted))
    return Incoming(year_from_package(wanted.country, wanted.subdivision, wanted.year, breaks=wanted.breaks))


def previewed(request: HttpRequest, reader: Reader, taken: Incoming, status: int = HTTPStatus.OK) -> HttpResponse:
    """Show what taking a year in would change: its dates, calendars, and every open deadline."""
    year = taken.year
    found = difference(year)
    context = {
        "year": year,
        "name": place_words(year.country, year.subdivision),
        "found": found,
        "rows": [row_words(row) for row in found.rows],
        "status_words": HolidaySet.Status(year.status).label,
        "is_new_status": found.kept is not None and found.kept.status != year.status,
        "notes": taken.notes,
        "refusal": taken.refusal,
        "needs_word": found.overwrites_by_hand or found.loses_notice,
        "packed": packed(year),
        **effects(propose(years=[year]), reader.at),
        "next_after": None,
    }
    return rules_page(request, reader, ("holidays", "console/rules/holiday_preview.html"), context, status)


def saved(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take in the year that was looked at; when it may not be, show it again with the reason."""
    try:
        year = unpacked(request.POST.get("packed", ""))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        messages.error(request, _("预览已经过期，请再来一次。"))
        return redirect("console:rules:holiday_import")
    try:
        import_year(
            year=year,
            actor=actor_of(reader.user),
            at=reader.at,
            seen=request.POST.get("seen", ""),
            overwrite=request.POST.get("overwrite") == "yes",
        )
    except ActionRefusedError as refusal:
        return previewed(request, reader, Incoming(year, refusal=refusal), HTTPStatus.CONFLICT)
    words = {"place": place_words(year.country, year.subdivision), "year": year.year}
    if Recompute.objects.unfinished().exists():
        messages.success(request, _("%(place)s %(year)d 年已取入，进行中的时限正在重算。") % words)
    else:
        messages.success(request, _("%(place)s %(year)d 年已取入。") % words)
    return redirect("console:rules:holiday_year", place_code(year.country, year.subdivision), year.year)


def packed(year: Year) -> str:
    """Return a year as text that only this product can have written, to be sent back when confirming."""
    said = asdict(year)
    said["dates"] = [{**day, "date": day["date"].isoformat(), "kind": str(day["kind"])} for day in said["dates"]]
    return signing.dumps({**said, "status": str(year.status), "origin": str(year.origin)}, salt=SALT, compress=True)


def unpacked(text: str) -> Year:
    """Return the year that such text says. Raises BadSignature when it is no such text, or older than a day."""
    said = signing.loads(text, salt=SALT, max_age=A_DAY)
    dates = tuple(Day(**{**day, "date": date.fromisoformat(day["date"])}) for day in said["dates"])
    return Year(**{**said, "dates": dates})


def shown_form(
    request: HttpRequest,
    reader: Reader,
    form: ImportForm,
    *,
    problems: Sequence[Problem] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return the form as it was filled in; what is wrong with a file is told by line."""
    through = [(place_words(one.country), one.published_through) for one in COUNTRIES.values()]
    context = {"form": form, "problems": problems, "package": VERSION, "through": through}
    return rules_page(request, reader, ("holidays", "console/rules/holiday_import.html"), context, status)
