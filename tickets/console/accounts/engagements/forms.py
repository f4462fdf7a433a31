"""Forms of engagements. Wall times are those of the engagement's own zone, wherever the reader lives."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.accounts import zone_named
from plans.actions.engagements.gates import Slot
from plans.engagements.providers import providers_of
from plans.engagements.services import left_out
from plans.models import Branch, Contact, Engagement, Entitlement, Mode, User
from plans.models.people import STAFF_ROLES, Language
from plans.wording import name_of as named
from tickets.showing.wording import ZONES, name_of

WALL = "%Y-%m-%dT%H:%M"
WANTED = {"required": gettext_lazy("请选日期和时间。"), "invalid": gettext_lazy("请选日期和时间。")}


class Person(forms.ModelMultipleChoiceField):
    """Colleagues by name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{name_of(obj)} · {obj.get_role_display()}"


class One(forms.ModelChoiceField):
    """One row by its name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return named(obj) or str(obj)


def wall(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """Return a field for a wall time."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=WALL)
    formats = [WALL, f"{WALL}:%S", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(
        label=label, input_formats=formats, widget=widget, required=required, error_messages=WANTED
    )


def figure(label: Any, **more: Any) -> forms.DecimalField:
    """Return a field for an amount in halves or quarters."""
    return forms.DecimalField(label=label, max_digits=6, decimal_places=2, min_value=0, required=False, **more)


def short(label: Any, limit: int, *, required: bool = False, **more: Any) -> forms.CharField:
    """Return a field for a line of words."""
    return forms.CharField(label=label, max_length=limit, required=required, **more)


def words(label: Any, limit: int = 20_000, *, required: bool = True) -> forms.CharField:
    """Return a field for several lines."""
    return forms.CharField(
        label=label, max_length=limit, required=required, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("请写一句话。")},
    )  # fmt: skip


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


class ProposeForm(TimeForm):
    """A time that one of us proposes, with what they go on in spite of."""

    short_notice = short(
        gettext_lazy("不足提前期仍约定的理由"),
        400,
        help_text=gettext_lazy("只在短于条款要求时填写；会记入台账和报表。"),
    )
    despite_conflict = forms.BooleanField(label=gettext_lazy("专家有冲突也照约"), required=False)


class RequestForm(ZonedForm):
    """What is asked for. The questions of what a clause leaves out are asked as they are, and so are its figures."""

    topic = short(
        gettext_lazy("主题"), 160, required=True, error_messages={"required": gettext_lazy("请用一句话写明主题。")}
    )
    wish = words(gettext_lazy("希望解决什么"), 4000, required=False)
    mode = forms.ChoiceField(label=gettext_lazy("方式"), choices=Mode.choices, initial=Mode.REMOTE)
    place = short(gettext_lazy("地点"), 300, help_text=gettext_lazy("现场服务请写地址。"))
    person_days = figure(gettext_lazy("预计人天"))
    amount = figure(gettext_lazy("几套环境"))
    starts_at = wall(gettext_lazy("希望开始"), required=False)
    ends_at = wall(gettext_lazy("希望结束"), required=False)

    def __init__(self, *args: Any, entitlement: Entitlement, unit: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        item = entitlement.item
        asked = left_out(item)
        if asked:
            self.fields["ticked"] = forms.MultipleChoiceField(
                label=_("要做的事里有下面这些吗？有就勾上"), required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(one.code, one.what) for one in asked],
            )  # fmt: skip
        if unit != "person_days":
            del self.fields["person_days"]
        if unit not in ("environments", "sets"):
            del self.fields["amount"]

    def clean(self) -> dict[str, Any]:
        """Want both ends of a time, or none. Raises ValidationError."""
        said = super().clean() or {}
        if bool(said.get("starts_at")) != bool(said.get("ends_at")) and not self.errors:
            raise ValidationError(_("开始和结束请都写，或都不写。"))
        return said

    def slot(self) -> Slot | None:
        """Return the time that is wished for, if one is."""
        said = self.cleaned_data
        return Slot(said["starts_at"], said["ends_at"]) if said.get("starts_at") else None


class ArrangeForm(forms.Form):
    """Who delivers it, where and how."""

    topic = short(gettext_lazy("主题"), 160, required=True)
    experts = Person(User.objects.none(), label=pgettext_lazy("engagement", "专家"), required=False)
    provider = forms.ChoiceField(label=gettext_lazy("交付主体"))
    branch = One(Branch.objects.none(), label=gettext_lazy("哪家机构或伙伴"), required=False, empty_label="—")
    mode = forms.ChoiceField(label=gettext_lazy("方式"), choices=Mode.choices)
    place = short(gettext_lazy("地点或会议链接"), 300)
    timezone = forms.ChoiceField(label=gettext_lazy("按哪里的时间"))
    planned_person_days = figure(gettext_lazy("计划人天"))
    despite_conflict = forms.BooleanField(label=gettext_lazy("专家有冲突也照约"), required=False)

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        staff = User.objects.filter(is_active=True, role__in=STAFF_ROLES)
        fields["experts"].queryset = staff.order_by("name", "pk")
        fields["experts"].widget.attrs["size"] = 6
        fields["provider"].choices = [
            (one.value, one.label) for one in providers_of(engagement.item, engagement.contract)
        ]
        fields["branch"].queryset = Branch.objects.filter(vendor=engagement.contract.plan.vendor)
        fields["timezone"].choices = zone_choices(engagement.timezone)


def zone_choices(current: str) -> list[tuple[str, str]]:
    """Return every zone by its name, those that people call otherwise in front."""
    known = [(key, str(name)) for key, name in ZONES.items()]
    others = sorted(available_timezones() - ZONES.keys() | ({current} - ZONES.keys()))
    return [*known, *((key, key) for key in others if "/" in key)]


def arranged(engagement: Engagement) -> dict[str, Any]:
    """Return how an engagement is arranged now, as the form shows it."""
    return {
        "topic": engagement.topic,
        "experts": [row.user_id for row in engagement.experts.all()],
        "provider": engagement.provider,
        "branch": engagement.branch_id,
        "mode": engagement.mode,
        "place": engagement.place,
        "timezone": engagement.timezone,
        "planned_person_days": engagement.planned_person_days,
    }


class HeardForm(forms.Form):
    """How the customer agreed to our own proposal; nothing where theirs is accepted."""

    heard = short(gettext_lazy("客户怎样确认的"), 200, help_text=gettext_lazy("如：王会计 3 月 2 日电话确认。"))


class DeliverForm(forms.Form):
    """How much it really took."""

    person_days = figure(gettext_lazy("实际人天"))
    amount = figure(gettext_lazy("几套环境"))


class RecordForm(forms.Form):
    """What was done, and who came."""

    done = words(gettext_lazy("做了什么"))
    came = forms.MultipleChoiceField(
        label=gettext_lazy("到场的人"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = dict(people)
        self.fields["came"].choices = list(self.people.items())  # type: ignore[attr-defined]

    def attended(self) -> Mapping[int, bool]:
        """Return who came and who did not."""
        came = {int(key) for key in self.cleaned_data["came"]}
        return {key: key in came for key in self.people}


class ReasonForm(forms.Form):
    """Why."""

    reason = short(gettext_lazy("理由"), 400, required=True, error_messages={"required": gettext_lazy("请写明理由。")})


class StageForm(forms.Form):
    """Which stage from now on."""

    stage = forms.IntegerField(min_value=0, max_value=99)


class ContactForm(forms.Form):
    """A contact of the customer who takes part."""

    contact = One(Contact.objects.none(), label=gettext_lazy("联系人"), empty_label=gettext_lazy("选一位联系人"))

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["contact"].queryset = Contact.objects.active().filter(customer=engagement.contract.customer_id)


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


class KeyForm(forms.Form):
    """Which of those who take part."""

    attendee = forms.IntegerField(min_value=1)


def zone_of(engagement: Engagement) -> ZoneInfo:
    """Return the zone in which an engagement's wall times are said."""
    return zone_named(engagement.timezone)
