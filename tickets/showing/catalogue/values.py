"""What the fields of an item say, in the reader's words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from plans.models import Item, Plan, Product
from plans.models.contracts import Deployment
from plans.quotas.rules import Rule, rules_of
from plans.quotas.words import promised_words, unit_name
from plans.updates.policies import policies_of
from plans.vocabulary import UNCERTIFIED
from plans.wording import name_of, worded, worded_list
from sla.models import CalendarVersion, Policy
from tickets.models import Category, Channel, Priority
from tickets.showing.promises import budget_words
from tickets.showing.updates import how_words

# Fields that hold codes, with the words for them.
LABELS: dict[str, Any] = {
    "deployments": Deployment, "categories": Category, "channels": Channel, "priorities": Priority,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """Names of what items name by code: service hours, policies with their targets, products, plans."""

    calendars: Mapping[str, str]
    policies: Mapping[str, str]
    products: Mapping[str, str]
    plans: Mapping[str, str]


def names_for(items: Iterable[Item]) -> Names:
    """Return the names that these items need: four queries however many."""
    rows = list(items)
    policies = Policy.objects.current().filter(code__in={item.policy for item in rows})
    products = {code for item in rows for code in item.products}
    calendars = CalendarVersion.objects.current().filter(code__in={item.calendar for item in rows})
    return Names(
        calendars={row.code: name_of(row) for row in calendars},
        policies={row.code: _policy_words(row) for row in policies.prefetch_related("targets")},
        products={row.code: name_of(row) for row in Product.objects.filter(code__in=products)},
        plans={row.code: name_of(row) for row in Plan.objects.current()},
    )


def _policy_words(policy: Policy) -> str:
    targets = [f"{target.get_metric_display()} {budget_words(target)}" for target in policy.targets.all()]
    return _("：").join([name_of(policy), _("，").join(targets)])


def amounts(item: Item) -> list[str]:
    """Return how much there is of an item, and how often; nothing where nothing is counted."""
    return [_amount(rule) for rule in rules_of(item) if not rule.draws_on]


def _amount(rule: Rule) -> str:
    if rule.is_as_published:
        return _("名额以实际发布为准")
    if rule.draws_on:
        return _("%(unit)s与同一承诺的其他服务项合计") % {"unit": unit_name(rule.unit)}
    return _("不限次数") if rule.amount is None else promised_words(rule.amount, rule.unit, rule.period)


def listed(words: Iterable[str]) -> str:
    """Return several things in one line."""
    return _("、").join(words)


def steps(words: Iterable[str]) -> str:
    """Return stages in their order."""
    return " → ".join(words)


def codes(name: str, values: Sequence[str]) -> str:
    """Return codes of one field in words."""
    known = dict(LABELS[name].choices)
    return listed(str(known.get(value, value)) for value in values)


@dataclass(frozen=True, slots=True)
class Shut:
    """One thing that an item does not include."""

    what: str
    clause: str
    definitions: Sequence[str]
    carve_out: str


def shut_out(item: Item) -> list[Shut]:
    """Return what an item does not include, each with its clause."""
    return [_shut(entry) for entry in item.exclusions]


def _shut(entry: Mapping[str, Any]) -> Shut:
    is_about_people = entry["category"] == UNCERTIFIED
    what = (
        _("未认证的使用者")
        if is_about_people
        else str(dict(Category.choices).get(entry["category"], entry["category"]))
    )
    clause = f"{entry['section']} {worded(entry, 'clause')}"
    return Shut(what, clause, worded_list(entry, "definitions"), worded(entry, "carve_out"))


def _exclusions(values: Sequence[Mapping[str, Any]], names: Names) -> str:
    told = [_shut(entry) for entry in values]
    return "\n".join("\n".join([f"{one.what}{_('：')}{one.clause}", *one.definitions, one.carve_out]) for one in told)


def _quota(value: Any, names: Names) -> str:
    return _("；").join(amounts(Item(quota=value)))


def _frequency(values: Sequence[Mapping[str, Any]], names: Names) -> str:
    return _("；").join(f"{worded(one, 'what')} {one.get('times') or ''}/{one['period']}" for one in values)


def updates(item: Item) -> str:
    """Return how products are updated, a line a policy; nothing where an item says nothing of it."""
    lines = [_("%(name)s：%(how)s") % {"name": one.name, "how": listed(how_words(one))} for one in policies_of(item)]
    return "\n".join(lines)


# How a field is put in words where it is more than text.
SAID: dict[str, Callable[[Any, Names], str]] = {
    "calendar": lambda code, names: names.calendars.get(code, code),
    "policy": lambda code, names: names.policies.get(code, code),
    "requires_plan": lambda code, names: names.plans.get(code, code),
    "products": lambda values, names: listed(names.products.get(code, code) for code in values),
    "quota": _quota,
    "frequency": _frequency,
    "exclusions": _exclusions,
    "updates": lambda values, names: updates(Item(updates=values)),
    "is_for_certified": lambda value, names: _("是") if value else _("否"),
    "notice_days": lambda value, names: _("%d 天") % value if value else "",
}


def value_words(name: str, value: Any, names: Names) -> str:
    """Return what a field of an item says; nothing where it says nothing."""
    if name in SAID:
        return SAID[name](value, names) if value not in (None, "", [], {}) else ""
    if name in LABELS:
        return codes(name, value)
    return listed(map(str, value)) if isinstance(value, list) else str(value or "")
