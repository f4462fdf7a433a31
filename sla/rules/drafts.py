"""Calendars and policies as somebody would have them, written in the form of the fixtures: read, with every mistake."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from string import ascii_uppercase
from typing import Any

import yaml
from django.utils.translation import gettext as _

from sla.actions import Terms
from sla.composing import Hours
from sla.models import CalendarVersion, HolidaySet
from sla.rules.loading import calendar, policy
from sla.rules.parsing import compose_text
from sla.rules.reading import Place, Problem, Reader, ReadingError, child, keys_of, list_of, refuse_inside

RULES = ("calendars", "policies")
# Parts of a plan's file that are no rules of timing: a whole file may be tried all the same.
BESIDE = (
    "vendor", "vendor_name", "vendor_name_en", "source", "source_en", "promises", "services", "plans", "products",
)  # fmt: skip
PROMISES = frozenset(f"{letter}{number:02d}" for letter, number in product(ascii_uppercase, range(1, 100)))
LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Written:
    """What a draft says. `notes` tell what of it was passed over."""

    calendars: tuple[Hours, ...]
    policies: tuple[Terms, ...]
    notes: tuple[str, ...] = ()


def read_draft(text: str, *, name: str = "", known: Mapping[str, Collection[str]] | None = None) -> Written:
    """Return what a draft says; `known` are codes of kinds that only those above know, such as people.

    Raises ReadingError with every mistake found, each with its line and field.
    """
    place = Place(name or _("草案"), known={"promise": PROMISES, **(known or {})})
    if len(text) > LONGEST:
        message = _("草案最长 %(longest)d 个字符，现有 %(length)d 个。") % {"longest": LONGEST, "length": len(text)}
        raise ReadingError([Problem(place.path, 1, "", message)])
    node = compose_text(text, place)
    if node is None:
        raise ReadingError(place.problems)
    written = _read(node, place)
    if place.problems:
        raise ReadingError(sorted(place.problems, key=lambda problem: problem.line))
    return written


def _read(node: yaml.Node, place: Place) -> Written:
    keys = keys_of(node)
    if not keys & set(RULES):
        place.refuse(node, _("草案里应有 calendars 或 policies。"))
    for strange in sorted(keys - {*RULES, *BESIDE}):
        refuse_inside(node, place, strange, _("不认识这个键。"))
    calendars = _present(_listed(calendar, node, place, "calendars"))
    codes = {*CalendarVersion.objects.current().values_list("code", flat=True), *_codes(node, "calendars")}
    policies = _present(_listed(policy, node, place.knowing("calendar", codes), "policies"))
    _refuse_twins(node, place)
    _refuse_unknown_countries(calendars, node, place)
    return Written(tuple(calendars), tuple(policies), tuple(_passed_over(keys)))


def _listed(read: Reader, node: yaml.Node, place: Place, name: str) -> list[Any]:
    part = child(node, name)
    return list_of(read)(part, place.at(name)) if part else []


def _present(found: Iterable[Any]) -> list[Any]:
    return [entry for entry in found if entry is not None]


def _codes(node: yaml.Node, name: str) -> list[str]:
    """Return the codes that one list brings, also of entries that cannot be read."""
    part = child(node, name)
    entries = part.value if isinstance(part, yaml.SequenceNode) else []
    codes = (child(entry, "code") for entry in entries)
    return [str(written.value) if written else "" for written in codes]


def _refuse_twins(node: yaml.Node, place: Place) -> None:
    for name in RULES:
        codes = _codes(node, name)
        for nth, code in enumerate(codes, start=1):
            if code and code in codes[: nth - 1]:
                refuse_inside(node, place, f"{name}.{nth}.code", _("重复：%s 已经出现过。") % code)


def _refuse_unknown_countries(calendars: Iterable[Hours], node: yaml.Node, place: Place) -> None:
    places = set(HolidaySet.objects.values_list("country", "subdivision"))
    codes = _codes(node, "calendars")
    for hours in calendars:
        rule = hours.rules["holidays"]
        if rule and (rule["country"], rule.get("subdivision", "")) not in places:
            named = "-".join(filter(None, (rule["country"], rule.get("subdivision", ""))))
            where = f"calendars.{codes.index(hours.code) + 1}.holidays"
            refuse_inside(node, place, where, _("没有 %s 的节假日。") % named)


def _passed_over(keys: Collection[str]) -> Iterator[str]:
    if beside := [name for name in BESIDE if name in keys]:
        yield _("%s 不影响计时，没有代入。") % _("、").join(beside)
