"""Fields that the forms of contracts share: dates, people, places and reasons, each in the reader's words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.models import CUSTOMER_ROLES, Branch, Team, User
from plans.wording import name_of
from sla.models import CalendarVersion
from tickets.console.ordering import ByName

REQUIRED = {"required": _("请填写。")}
LONGEST_REASON = 400


class Named(forms.ModelChoiceField):
    """One row of the catalogue or one person, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj) or str(obj)


class Sorted(Named):
    """One of many, in the order of their names."""

    iterator = ByName


def day(label: Any, *, required: bool = True, why: Any = "") -> forms.DateField:
    """Return a field for a date."""
    widget = forms.DateInput(attrs={"type": "date", "min": "2000-01-01", "max": "2099-12-31"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=why, widget=widget, input_formats=["%Y-%m-%d"],
        error_messages={**REQUIRED, "invalid": _("请写成 2026-03-01 这样的日期。")},
    )  # fmt: skip


def reason(*, required: bool = True) -> forms.CharField:
    """Return a field for why something is decided."""
    return forms.CharField(
        label=_("理由"), max_length=LONGEST_REASON, required=required, error_messages=REQUIRED,
        help_text=_("会写进合同的变更历史，客户看得到。"), widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


def branch() -> Named:
    """Return a field for who serves a contract."""
    return Sorted(Branch.objects.all(), label=_("服务机构"), required=False, empty_label=_("总部"))


def team() -> Named:
    """Return a field for the team that works its tickets."""
    return Sorted(Team.objects.all(), label=_("团队"), required=False, empty_label=_("不指定"))


def colleague(label: Any, *, required: bool = True) -> Named:
    """Return a field for one of our own people."""
    people = User.objects.filter(is_active=True).exclude(role__in=CUSTOMER_ROLES)
    return Sorted(people, label=label, required=required, empty_label=_("选一位同事"), error_messages=REQUIRED)


def calendar(*, required: bool = True, why: Any = "") -> forms.ChoiceField:
    """Return a field for service hours in force."""
    return forms.ChoiceField(
        label=_("服务时间"), required=required, help_text=why, error_messages=REQUIRED, choices=_calendars
    )


def _calendars() -> list[tuple[str, Any]]:
    rows = CalendarVersion.objects.current().order_by("code")
    return [("", _("请选择")), *((row.code, f"{name_of(row)} · {row.code}") for row in rows)]


def switch_values() -> list[tuple[Any, Any]]:
    """Return what may be answered to what the source leaves open, by what it is about; none takes an answer back."""
    served = [("branch", _("由分公司受理")), ("hq", _("由总部受理"))]
    return [("", _("回到原文的读法")), (_("由谁受理"), served), (_("服务时间"), _calendars()[1:])]
