"""Forms of engagements that both sides fill in, and what comes of them. Wall times are the engagement's own zone's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted
from plans.engagements.offered import left_out
from plans.models import Engagement, Entitlement, Mode, User
from plans.models.people import Language
from sla.refusals import ActionRefusedError

WALL = "%Y-%m-%dT%H:%M"
# How many of what, by the unit that is counted.
THINGS = {"environments": gettext_lazy("几套环境"), "sets": gettext_lazy("几套")}
# Acts of a button alone.
FORMLESS = ("withdraw", "remove", "stage")
WANTED = {"required": gettext_lazy("请选日期和时间。"), "invalid": gettext_lazy("请选日期和时间。")}


@dataclass(frozen=True)
class Deed:
    """One act on one engagement, with what was typed."""

    engagement: Engagement
    form: Any
    actor: User
    at: datetime

    @property
    def said(self) -> dict[str, Any]:
        """Return what was typed, read."""
        return self.form.cleaned_data

    @property
    def usual(self) -> dict[str, Any]:
        """Return what every action takes."""
        return {"engagement": self.engagement, "actor": self.actor, "at": self.at}


@dataclass(frozen=True)
class Attempt:
    """What was tried and typed, and why it was not done."""

    name: str = ""
    form: forms.Form | None = None
    refusal: ActionRefusedError | None = None

    def stray(self, possible: Collection[str]) -> ActionRefusedError | None:
        """Return the refusal of what has no form on the page, or none that would tell it: it is told on top."""
        has_place = self.name in possible and self.name not in FORMLESS
        return None if has_place else self.refusal

    @property
    def typed(self) -> str:
        """Return the words that were typed, so that they are not lost with a form that is gone."""
        if self.form is None or not self.form.is_valid():
            return ""
        wordy = [name for name, field in self.form.fields.items() if isinstance(field, forms.CharField)]
        return "\n".join(filter(None, (self.form.cleaned_data[name] for name in wordy)))


def wall(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """Return a field for a wall time."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=WALL)
    formats = [WALL, f"{WALL}:%S", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(
        label=label, input_formats=formats, widget=widget, required=required, error_messages=WANTED
    )


def figure(label: Any, **more: Any) -> forms.DecimalField:
    """Return a field for an amount in hundredths; none of something is left blank."""
    least = Decimal("0.01")
    return forms.DecimalField(label=label, max_digits=6, decimal_places=2, min_value=least, required=False, **more)


def short(label: Any, limit: int, *, required: bool = False, **more: Any) -> forms.CharField:
    """Return a field for a line of words."""
    return forms.CharField(label=label, max_length=limit, required=required, **more)


def words(label: Any, limit: int = 20_000, *, required: bool = True) -> forms.CharField:
    """Return a field for several lines."""
    return forms.CharField(
        label=label, max_length=limit, required=required, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("请写一句话。")},
    )  # fmt: skip


def count_things(form: forms.Form, units: Collection[str]) -> None:
    """Ask for how many things of a kind where such are counted, and leave the question out where none are."""
    things = next((unit for unit in units if unit in THINGS), None)
    if things:
        form.fields["amount"].label = THINGS[things]
    else:
        del form.fields["amount"]


class ZonedForm(forms.Form):
    """A form whose wall times are those of one zone."""

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def full_clean(self) -> None:
        """Read wall times as the zone's own."""
        with timezone.override(self.zone):
            super().full_clean()


class TimeForm(ZonedForm):
    """A time to propose."""

    starts_at = wall(gettext_lazy("开始"))
    ends_at = wall(gettext_lazy("结束"))
    remark = short(gettext_lazy("附言"), 400)

    def slot(self) -> Slot:
        """Return the time that was typed."""
        return Slot(self.cleaned_data["starts_at"], self.cleaned_data["ends_at"])


class RequestForm(ZonedForm):
    """What is asked for. The questions of what a clause leaves out are asked as they are, and so are its figures."""

    topic = short(
        gettext_lazy("主题"), 160, required=True, error_messages={"required": gettext_lazy("请用一句话写明主题。")}
    )
    wish = words(gettext_lazy("希望解决什么"), 4000, required=False)
    mode = forms.ChoiceField(label=gettext_lazy("方式"), choices=Mode.choices, initial=Mode.REMOTE)
    place = short(gettext_lazy("地点"), 300, help_text=gettext_lazy("现场服务请写地址。"))
    person_days = figure(gettext_lazy("预计人天"))
    amount = figure(THINGS["environments"])
    starts_at = wall(gettext_lazy("希望开始"), required=False)
    ends_at = wall(gettext_lazy("希望结束"), required=False)

    def __init__(self, *args: Any, entitlement: Entitlement, units: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        item = entitlement.item
        asked = left_out(item)
        if asked:
            self.fields["ticked"] = forms.MultipleChoiceField(
                label=_("要做的事里有下面这些吗？有就勾上"), required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(one.code, one.what) for one in asked],
            )  # fmt: skip
        if "person_days" not in units:
            del self.fields["person_days"]
        count_things(self, units)

    def clean(self) -> dict[str, Any]:
        """Want both ends of a time, or none. Raises ValidationError."""
        said = super().clean() or {}
        if bool(said.get("starts_at")) != bool(said.get("ends_at")) and not self.errors:
            raise ValidationError(_("开始和结束请都写，或都不写。"))
        return said

    def wanted(self, series: Engagement | None = None) -> Wanted:
        """Return what was typed."""
        said: dict[str, Any] = self.cleaned_data
        return Wanted(
            topic=said["topic"], wish=said["wish"], mode=said["mode"], place=said["place"],
            ticked=tuple(said.get("ticked", ())), person_days=said.get("person_days"), amount=said.get("amount"),
            part_of=series,
        )  # fmt: skip

    def slot(self) -> Slot | None:
        """Return the time that is wished for, if one is."""
        said = self.cleaned_data
        return Slot(said["starts_at"], said["ends_at"]) if said.get("starts_at") else None


class GuestForm(forms.Form):
    """Somebody who takes part and is no contact."""

    name = short(gettext_lazy("姓名"), 80, required=True, error_messages={"required": gettext_lazy("请写姓名。")})
    email = forms.EmailField(
        label=gettext_lazy("邮箱"),
        error_messages={
            "required": gettext_lazy("请写正确的邮箱，邀请会发到那里。"),
            "invalid": gettext_lazy("请写正确的邮箱，邀请会发到那里。"),
        },
    )
    language = forms.ChoiceField(label=gettext_lazy("语言"), choices=Language.choices, initial=Language.CHINESE)


class PostForm(forms.Form):
    """What is said."""

    body = words(gettext_lazy("留言"))


class ReasonForm(forms.Form):
    """Why."""

    reason = short(gettext_lazy("理由"), 400, required=True, error_messages={"required": gettext_lazy("请写明理由。")})


class KeyForm(forms.Form):
    """Which of those who take part."""

    attendee = forms.IntegerField(min_value=1)
