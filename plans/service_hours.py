"""Who goes by which service hours: plans, branches, contracts and people, each by a calendar's code."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.models import Branch, Item, Override, Switch, User
from plans.wording import name_of
from sla.models import Target


@dataclass
class Users:
    """How many of each kind go by one calendar."""

    targets: int = 0
    items: int = 0
    branches: int = 0
    contracts: int = 0
    people: int = 0

    @property
    def words(self) -> list[str]:
        """Return the kinds that there are, each with its figure."""
        told = [
            (self.targets, ngettext("%(n)d 个时限", "%(n)d 个时限", self.targets)),
            (self.items, ngettext("%(n)d 个服务项", "%(n)d 个服务项", self.items)),
            (self.branches, ngettext("%(n)d 家机构", "%(n)d 家机构", self.branches)),
            (self.contracts, ngettext("%(n)d 份合同", "%(n)d 份合同", self.contracts)),
            (self.people, ngettext("%(n)d 人的提醒时间", "%(n)d 人的提醒时间", self.people)),
        ]
        return [text % {"n": number} for number, text in told if number]


def users_by_calendar() -> dict[str, Users]:
    """Return who goes by each calendar, in one query a kind."""
    found: dict[str, Users] = {}
    kinds = {
        "targets": Target.objects.filter(policy__is_current=True).values_list("calendar", flat=True),
        "items": Item.objects.filter(plan__is_current=True).values_list("calendar", flat=True),
        "branches": Branch.objects.values_list("calendar", flat=True),
        "contracts": [code for code, _number in _agreed()],
        "people": User.objects.filter(is_active=True).values_list("alert_calendar", flat=True),
    }
    for kind, codes in kinds.items():
        for code, number in Counter(codes).items():
            setattr(found.setdefault(code, Users()), kind, number)
    return found


def _agreed() -> set[tuple[str, str]]:
    """Return calendars with the numbers of the contracts that agreed on them."""
    held = (Override.State.AHEAD, Override.State.IN_FORCE)
    overrides = Override.objects.filter(kind=Override.Kind.CALENDAR, state__in=held).annotate(
        code=KeyTextTransform("calendar", "value"), number=F("entitlement__contract__number")
    )
    named = (Switch.Name.HOTLINE_CALENDAR, Switch.Name.SIGN_OFF_CALENDAR)
    switched = Switch.objects.filter(name__in=named).annotate(number=F("contract__number"))
    return {*overrides.values_list("code", "number"), *switched.values_list("value", "number")}


def users_in_words(code: str) -> list[str]:
    """Return who goes by one calendar, by name."""
    items = Item.objects.filter(plan__is_current=True, calendar=code).select_related("plan")
    named = {
        _("服务项 %s"): [f"{name_of(item.plan)} {name_of(item)}" for item in items],
        _("机构 %s"): [name_of(branch) for branch in Branch.objects.filter(calendar=code)],
        _("合同 %s"): sorted(number for agreed, number in _agreed() if agreed == code),
        _("%s 的提醒时间"): [name_of(user) or user.username for user in _alerted(code)],
    }
    return [text % _("、").join(names) for text, names in named.items() if names]


def _alerted(code: str) -> list[User]:
    return list(User.objects.filter(is_active=True, alert_calendar=code))
