"""Forms of engagements that our people alone fill in."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.accounts import zone_named
from plans.actions.engagements.holding import figures_for
from plans.engagements.providers import providers_of
from plans.models import Branch, Contact, Engagement, Mode, User
from plans.models.people import STAFF_ROLES
from plans.wording import name_of as named
from plans.wording import worded
from tickets.console.ordering import ByName
from tickets.engagement_forms import THINGS, TimeForm, count_things, figure, short, words
from tickets.showing.wording import ZONES, name_of


class Person(forms.ModelMultipleChoiceField):
    """Colleagues by name."""

    iterator = ByName

    def label_from_instance(self, obj: Any) -> str:
        return f"{name_of(obj)} · {obj.get_role_display()}"


class One(forms.ModelChoiceField):
    """One row by its name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return named(obj) or str(obj)


class ProposeForm(TimeForm):
    """A time that one of us proposes, with what they go on in spite of."""

    short_notice = short(
        gettext_lazy("不足提前期仍约定的理由"),
        400,
        help_text=gettext_lazy("只在短于条款要求时填写；会记入台账和报表。"),
    )
    despite_conflict = forms.BooleanField(label=gettext_lazy("专家有冲突也照约"), required=False)


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
    amount = figure(THINGS["environments"])
    despite_conflict = forms.BooleanField(label=gettext_lazy("专家有冲突也照约"), required=False)

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        staff = User.objects.filter(is_active=True, role__in=STAFF_ROLES)
        fields["experts"].queryset = staff
        fields["experts"].widget.attrs["size"] = 6
        fields["provider"].choices = [
            (one.value, one.label) for one in providers_of(engagement.item, engagement.contract)
        ]
        fields["branch"].queryset = Branch.objects.filter(vendor=engagement.contract.plan.vendor)
        fields["timezone"].choices = zone_choices(engagement.timezone)
        count_things(self, figures_for(engagement, engagement.requested_at))


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
        "amount": engagement.amount,
    }


class HeardForm(forms.Form):
    """How the customer agreed to our own proposal; nothing where theirs is accepted."""

    heard = short(gettext_lazy("客户怎样确认的"), 200, help_text=gettext_lazy("如：王会计 3 月 2 日电话确认。"))


class DeliverForm(forms.Form):
    """How much it really took."""

    person_days = figure(gettext_lazy("实际人天"))
    amount = figure(THINGS["environments"])
    line = forms.ChoiceField(label=gettext_lazy("交付的是"), required=False)

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        count_things(self, figures_for(engagement, engagement.requested_at))
        owed = engagement.item.frequency
        fields["line"].choices = [("", "—"), *((one["line"], worded(one, "what")) for one in owed)]
        if len(owed) < 2:
            del fields["line"]


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


def zone_of(engagement: Engagement) -> ZoneInfo:
    """Return the zone in which an engagement's wall times are said."""
    return zone_named(engagement.timezone)
