"""Rules of advice as people write them: comparisons of named figures with numbers, and what is then said."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from plans.catalogue.form import own_service, paired
from plans.vocabulary import SERVICES
from sla.rules.parsing import compose
from sla.rules.reading import (
    Described,
    Field,
    Place,
    ReadingError,
    choice,
    list_of,
    mapping,
    meant,
    number,
    refuse_inside,
    schema_of,
    text,
)
from tickets.reports.advice.figures import SCOPES, figures_of
from tickets.reports.shape import Words

RULES = settings.ROOT / "fixtures" / "reports" / "advice.yaml"
COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip
# area.trend >= 1.5, attainment.first_response < 95%
CONDITION = re.compile(r"([a-z][a-z_.]*)\s*(<=|>=|<|>|==)\s*(-?\d{1,9}(?:\.\d{1,4})?)\s*(%?)")
NAMED = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a figure with a number."""

    figure: str
    sign: str
    number: float

    def holds(self, value: object) -> bool:
        """Tell whether it is so; of what is not known, nothing is."""
        return isinstance(value, int | float) and COMPARED[self.sign](value, self.number)


@dataclass(frozen=True, slots=True)
class Rule:
    """When something is advised, what, on which figures it rests, and what of the plan would help."""

    code: str
    scope: str
    when: tuple[Condition, ...]
    most: int
    text: Words
    because: tuple[str, ...]
    offers: tuple[str, ...]


def _condition(node: yaml.Node, place: Place) -> Condition | None:
    """Return a comparison, or None after noting that it is none."""
    written = text(120)(node, place)
    found = CONDITION.fullmatch(written)
    if found is None:
        if written:
            place.refuse(node, _("应写作“名称 比较 数字”，如 area.trend >= 1.5。"))
        return None
    figure, sign, digits, percent = found.groups()
    return Condition(figure, sign, float(digits) / 100 if percent else float(digits))


CONDITION_OF_RULE = Described(_condition, {"type": "string", "pattern": f"^{CONDITION.pattern}$"})
WRITTEN = paired({
    "code": Field(own_service),
    "each": Field(choice(tuple(SCOPES)), "report"),
    "when": Field(list_of(CONDITION_OF_RULE)),
    "most": Field(number(1, 10), 1),
    "text": Field(text(300)),
    "text_en": Field(text(400)),
    "because": Field(list_of(text(60)), []),
    "offers": Field(list_of(choice(SERVICES)), []),
})  # fmt: skip


def _rule(node: yaml.Node, place: Place) -> Rule | None:
    """Return one rule, or None after noting what is wrong with it: every figure that it names must be there."""
    before = len(place.problems)
    said: dict[str, Any] = WRITTEN(node, place)
    if len(place.problems) > before:
        return None
    known = figures_of(said["each"])
    if not said["when"]:
        refuse_inside(node, place, "when", _("至少写一个条件。"))
    for field, name in _named(said):
        if name not in known:
            refuse_inside(node, place, field, _("没有叫“%s”的数字。") % name + meant(name, known))
    if len(place.problems) > before:
        return None
    return Rule(
        said["code"], said["each"], tuple(said["when"]), said["most"], Words(said["text"], said["text_en"]),
        tuple(said["because"]), tuple(said["offers"]),
    )  # fmt: skip


def _named(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each figure that a rule names, with the field in which it does."""
    conditions = [(f"when.{nth}", one.figure) for nth, one in enumerate(said["when"], start=1)]
    because = [(f"because.{nth}", name) for nth, name in enumerate(said["because"], start=1)]
    filled = [(field, name) for field in ("text", "text_en") for name in NAMED.findall(said[field])]
    return [*conditions, *because, *filled]


FILE = {"advice": Field(list_of(Described(_rule, schema_of(WRITTEN))))}


def read_rules(node: yaml.Node, place: Place) -> list[Rule]:
    """Return the rules of a file, in their order. Raises ReadingError with every mistake, by file, line and field."""
    found: list[Rule | None] = mapping(FILE)(node, place).get("advice") or []
    rules = [rule for rule in found if rule]
    twice = {rule.code for rule in rules if sum(one.code == rule.code for one in rules) > 1}
    for code in sorted(twice):
        refuse_inside(node, place, "advice", _("重复：%s 已经出现过。") % code)
    if place.problems:
        raise ReadingError(place.problems)
    return rules


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rules that the product comes with. Raises ReadingError."""
    place = Place(str(RULES.relative_to(settings.ROOT)))
    node = compose(RULES, place)
    if node is None:
        raise ReadingError(place.problems)
    return tuple(read_rules(node, place))
