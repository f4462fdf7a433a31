"""A rota as it is typed: its turns, and who takes them in which order."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import Rota, Team, User
from plans.models.people import STAFF_ROLES
from tickets.console.ordering import ByName, by_name
from tickets.console.rules.calendar_forms import CODE, REQUIRED
from tickets.showing.wording import name_of

# Words that stand for other pages where a rota's code would.
TAKEN_CODES = ("new", "swaps")
MOST_MEMBERS, SPARE = 40, 3
LONGEST_TURN = 366
# A first turn farther off is a slip of the keyboard.
FARTHEST = timedelta(days=3660)
TURN_FIELDS = ("timezone", "hands_over_at", "days_each", "starts_on", "is_active")


class Named(forms.ModelChoiceField):
    """A row by the name that the reader's language has for it."""

    iterator = ByName

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class Order(forms.MultipleChoiceField):
    """Colleagues in the order of their turns; what is left empty is passed over, and one may come twice."""

    def to_python(self, value: Any) -> list[str]:
        return [key for key in super().to_python(value) if key]


class RotaForm(forms.Form):
    """Everything of a rota; the code is asked for once."""

    use_required_attribute = False

    code = forms.CharField(
        label=gettext_lazy("代码"), max_length=40, validators=[CODE], error_messages=REQUIRED,
        help_text=gettext_lazy("以后不能改。如 house、kd-operations。"),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("名称"), max_length=80, error_messages=REQUIRED)
    name_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=80, required=False)
    team = Named(
        Team.objects.all(), label=gettext_lazy("为哪个团队"), required=False,
        empty_label=gettext_lazy("全公司"), help_text=gettext_lazy("没有自己的值班表的团队，用全公司的。"),
    )  # fmt: skip
    timezone = forms.CharField(
        label=gettext_lazy("时区"), max_length=40, error_messages=REQUIRED,
        widget=forms.TextInput({"list": "zones", "autocomplete": "off"}),
    )  # fmt: skip
    hands_over_at = forms.TimeField(
        label=gettext_lazy("几点交班"), widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages={**REQUIRED, "invalid": gettext_lazy("请写时刻，如 09:00。")},
    )  # fmt: skip
    days_each = forms.IntegerField(
        label=gettext_lazy("几天一班"), min_value=1, max_value=LONGEST_TURN, error_messages=REQUIRED
    )
    starts_on = forms.DateField(
        label=gettext_lazy("第一位从哪天起"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={**REQUIRED, "invalid": gettext_lazy("请选日期。")},
        help_text=gettext_lazy("这天交班时，轮到下面的第一位。"),
    )  # fmt: skip
    order = Order(label=gettext_lazy("轮流的次序"), error_messages={"required": gettext_lazy("至少选一个人。")})
    is_active = forms.BooleanField(label=gettext_lazy("启用"), required=False)

    def __init__(self, said: Any = None, *, today: date, rota: Rota | None = None, **more: Any) -> None:
        super().__init__(said, **more)
        self.today = today
        staff = by_name(User.objects.filter(is_active=True, role__in=STAFF_ROLES))
        self.people = {str(person.pk): person for person in staff}
        self.fields["order"].choices = [(key, name_of(person)) for key, person in self.people.items()]  # type: ignore[attr-defined]
        if rota:
            del self.fields["code"]

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code in TAKEN_CODES or Rota.objects.filter(code=code).exists():
            raise forms.ValidationError(_("这个代码已经用了。"))
        return code

    def clean_timezone(self) -> str:
        zone = str(self.cleaned_data["timezone"])
        if zone not in available_timezones():
            raise forms.ValidationError(_("没有名为“%s”的时区。") % zone)
        return zone

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if abs(day - self.today) > FARTHEST:
            raise forms.ValidationError(_("只能是前后十年之内的日期。"))
        return day

    def clean_order(self) -> list[User]:
        keys = self.cleaned_data["order"]
        if len(keys) > MOST_MEMBERS:
            raise forms.ValidationError(_("最多 %d 位。") % MOST_MEMBERS)
        return [self.people[key] for key in keys]

    def laid_on(self, rota: Rota) -> Rota:
        """Return a rota as it was typed, not saved yet."""
        for name, said in self.cleaned_data.items():
            if name != "order":
                setattr(rota, name, said)
        return rota

    def slots(self) -> list[str]:
        """Return whom each line of the order has chosen, by key, and a few empty lines."""
        chosen = [key for key in (self["order"].value() or []) if key]
        return [*chosen, *[""] * min(SPARE, max(MOST_MEMBERS - len(chosen), 0))]


def typed(rota: Rota, order: Sequence[User], number: int) -> Mapping[str, Any]:
    """Return a rota as the form has it, counted from one of its turns: whose it is stands first."""
    first = max(number, 0)
    day = rota.starts_on + timedelta(days=first * rota.days_each)
    shift = first % len(order) if order else 0
    plain = {name: getattr(rota, name) for name in ("name", "name_en", "team", *TURN_FIELDS)}
    keys = [str(person.pk) for person in (*order[shift:], *order[:shift]) if person.is_active]
    return {**plain, "starts_on": day, "order": keys}
