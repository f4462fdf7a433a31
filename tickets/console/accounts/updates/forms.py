"""Forms of updates that our people fill in. Wall times are those of the window's own zone, or the contract's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.actions.updates.packages import Released
from plans.actions.updates.running import Running
from plans.actions.updates.windows import Planned, Span, Words
from plans.models import OwnedProduct, Product, UpdatePackage, UpdateWindow
from plans.models.contracts import Deployment, Pace, Tenancy
from plans.updates.policies import Scope
from plans.wording import name_of
from tickets.console.accounts.fields import REQUIRED, Named, day
from tickets.engagement_forms import ReasonForm, ZonedForm, short, wall, words
from tickets.showing.wording import ZONES

ANY: tuple[str, Any] = ("", _("不限"))
UNKNOWN: tuple[str, Any] = ("", _("没有记录"))
CUSTOMISED = (("yes", _("有二次开发")), ("no", _("无二次开发")))
MOST_NOTICE = 90


class SpanForm(ZonedForm):
    """From when to when, and why."""

    starts_at = wall(_("开始"))
    ends_at = wall(_("结束"))
    reason = short(_("理由"), 400, required=True, error_messages=REQUIRED, help_text=_("客户在通知里看得到这句话。"))

    def span(self) -> Span:
        """Return the time that was typed."""
        return Span(self.cleaned_data["starts_at"], self.cleaned_data["ends_at"])


class EndForm(ZonedForm):
    """Until when it lasts instead, and why."""

    ends_at = wall(_("改到几点结束"))
    reason = short(_("理由"), 400, required=True, error_messages=REQUIRED, help_text=_("客户在通知里看得到这句话。"))


class VersionForm(forms.Form):
    """Which version runs now."""

    version = short(_("更新到的版本"), 40)


class WordsForm(forms.Form):
    """What a window is about."""

    title = short(_("标题"), 120, required=True, error_messages=REQUIRED)
    title_en = short(_("英文标题"), 160)
    version = short(_("版本"), 40)
    notes = words(_("更新说明"), 4000, required=False)
    notes_en = words(_("英文更新说明"), 4000, required=False)

    def words(self) -> Words:
        """Return what was typed."""
        return Words(**{name: self.cleaned_data[name] for name in Words.__slots__})


class Products(forms.ModelMultipleChoiceField):
    """Products by name."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class WindowForm(WordsForm, ZonedForm):
    """A window that is set by hand: what, for whom, when, and how long ahead customers are told."""

    kind = forms.ChoiceField(label=_("类别"), choices=UpdateWindow.Kind.choices, initial=UpdateWindow.Kind.MAINTENANCE)
    products = Products(
        Product.objects.order_by("vendor", "code"), label=_("产品"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少选一个产品。")},
    )  # fmt: skip
    deployments = forms.MultipleChoiceField(
        label=_("部署方式"), choices=Deployment.choices, widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("一个都不勾就是全部。"),
    )  # fmt: skip
    tenancy = forms.ChoiceField(label=_("租户形态"), choices=[ANY, *Tenancy.choices], required=False)
    pace = forms.ChoiceField(label=_("更新节奏"), choices=[ANY, *Pace.choices], required=False)
    customised = forms.ChoiceField(label=_("二次开发"), choices=[ANY, *CUSTOMISED], required=False)
    starts_at = wall(_("开始"))
    ends_at = wall(_("结束"))
    timezone = forms.ChoiceField(label=_("按哪里的时间"), choices=list(ZONES.items()), initial="Asia/Shanghai")
    notice_days = forms.IntegerField(
        label=_("提前几天通知"), min_value=0, max_value=MOST_NOTICE, required=False, initial=7,
        help_text=_("到那天早上 9 点写信给受影响的客户；不填就只在改期时写信。"),
    )  # fmt: skip

    def full_clean(self) -> None:
        """Read wall times in the zone that was picked."""
        picked = self.data.get(self.add_prefix("timezone"), "") if self.is_bound else ""
        self.zone = ZoneInfo(picked) if picked in ZONES else self.zone
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        """Want the products of one vendor."""
        said = super().clean() or {}
        if len({one.vendor for one in said.get("products", ())}) > 1:
            self.add_error("products", _("一个窗口只能是一家厂商的产品。"))
        return said

    def planned(self) -> Planned:
        """Return what was typed."""
        said = self.cleaned_data
        scope = Scope(
            tuple(one.code for one in said["products"]), tuple(said["deployments"]), said["tenancy"], said["pace"],
            known(said["customised"]),
        )  # fmt: skip
        return Planned(
            vendor=said["products"][0].vendor, kind=said["kind"], scope=scope, title=said["title"],
            title_en=said["title_en"], span=Span(said["starts_at"], said["ends_at"]), timezone=said["timezone"],
            version=said["version"], notes=said["notes"], notes_en=said["notes_en"], notice_days=said["notice_days"],
        )  # fmt: skip


def known(written: str) -> bool | None:
    """Return yes, no, or None where nobody says."""
    return {"yes": True, "no": False}.get(written)


class FindingsForm(forms.Form):
    """What an audit found."""

    findings = words(_("审计结论"), 4000)


class ScheduleForm(ZonedForm):
    """When a request is carried out."""

    starts_at = wall(_("开始"))
    ends_at = wall(_("结束"))
    short_notice = short(_("不足提前期仍约定的理由"), 400, help_text=_("只在短于计划要求的提前期时填写；会记入台账。"))

    def span(self) -> Span:
        """Return the time that was typed."""
        return Span(self.cleaned_data["starts_at"], self.cleaned_data["ends_at"])


class WithdrawForm(forms.Form):
    """Why a request is taken back."""

    reason = short(_("理由"), 400)


class RunningForm(ReasonForm):
    """How a product runs."""

    tenancy = forms.ChoiceField(label=_("租户形态"), choices=[UNKNOWN, *Tenancy.choices], required=False)
    pace = forms.ChoiceField(label=_("更新节奏"), choices=[UNKNOWN, *Pace.choices], required=False)
    customised = forms.ChoiceField(label=_("二次开发"), choices=[UNKNOWN, *CUSTOMISED], required=False)
    field_order = ("tenancy", "pace", "customised", "reason")

    def running(self) -> Running:
        """Return what was typed."""
        said = self.cleaned_data
        return Running(said["tenancy"], said["pace"], known(said["customised"]))


def as_it_runs(owned: OwnedProduct) -> dict[str, str]:
    """Return how a product runs as the form has it."""
    customised = {True: "yes", False: "no", None: ""}[owned.is_customised]
    return {"tenancy": owned.tenancy, "pace": owned.pace, "customised": customised}


class PackageForm(forms.Form):
    """Something that private customers may download."""

    product = Named(
        Product.objects.order_by("vendor", "code"),
        label=_("产品"),
        empty_label=_("选一个产品"),
        error_messages=REQUIRED,
    )
    kind = forms.ChoiceField(label=_("类别"), choices=UpdatePackage.Kind.choices, initial=UpdatePackage.Kind.PATCH)
    name = short(_("名称"), 120, required=True, error_messages=REQUIRED)
    name_en = short(_("英文名称"), 160)
    version = short(_("版本"), 40, required=True, error_messages=REQUIRED)
    released_on = day(_("发布日期"))
    size = forms.IntegerField(label=_("大小（字节）"), min_value=1, max_value=10**15, required=False)
    sha256 = short("SHA-256", 64, help_text=_("客户用它核对下载的文件。"))
    link = forms.URLField(label=_("下载地址"), max_length=400, required=False, assume_scheme="https")
    how = short(_("如何获取"), 400, help_text=_("没有下载地址时，写明找谁、要什么。"))
    how_en = short(_("如何获取（英文）"), 600)
    tells = forms.BooleanField(label=_("写信告诉私有部署的客户"), required=False, initial=True)

    def released(self) -> Released:
        """Return what was typed."""
        return Released(**{name: self.cleaned_data[name] for name in Released.__slots__})


class AskForm(forms.Form):
    """An update that is asked for; the product comes by the address."""

    version = short(_("希望更新到的版本"), 40)
    wanted_on = day(_("希望的日期"), required=False)
    wish = words(_("说明"), 4000, required=False)


def local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return an instant as the wall time that a form shows."""
    return at.astimezone(zone).replace(tzinfo=None) if at else None


def at_once(form: type[forms.Form], said: Mapping[str, Any] | None) -> forms.Form:
    """Return a form that needs nothing of what it is about."""
    return form(said, label_suffix="")
