"""What may stand in a draft, for whoever writes one: every key that the loader reads, with what it takes."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sla.models.policies import Metric
from sla.rules.loading import CALENDAR_FIELDS, POLICY_FIELDS, WEEKDAYS
from sla.rules.reading import Schema, schema_of

# A description says the same in English and, after it, in Chinese.
IN_BOTH = re.compile(r"\A(.*?)\s+([\u4e00-\u9fff].*)\Z", re.DOTALL)
# Keys that all take the same are one line.
ALIKE: tuple[Collection[str], ...] = (WEEKDAYS, Metric.values)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, how deep it stands, whether it must be there, what it says, and the words it takes."""

    names: tuple[str, ...]
    depth: int
    is_required: bool
    says: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a draft: its own key and those that each entry of it may have."""

    name: str
    keys: tuple[Key, ...]


def parts() -> list[Part]:
    """Return the parts of a draft with their keys, in the order in which they are written."""
    read = {"policies": POLICY_FIELDS, "calendars": CALENDAR_FIELDS}
    return [Part(name, tuple(_keys(schema_of(fields), 0))) for name, fields in read.items()]


def _keys(schema: Schema, depth: int) -> Iterator[Key]:
    """Yield the keys of a mapping, each followed by those inside it."""
    needed = schema.get("required", ())
    for names, inside in _together(schema.get("properties", {})):
        entry = inside.get("items", inside)
        words = tuple(entry.get("enum", ()))
        yield Key(names, depth, names[0] in needed, said(inside.get("description", "")), words)
        yield from _keys(entry, depth + 1)


def _together(properties: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    if any(set(properties) == set(names) for names in ALIKE):
        yield tuple(properties), next(iter(properties.values()))
        return
    yield from (((name,), inside) for name, inside in properties.items())


def said(description: str) -> str:
    """Return what a description says in the reader's language."""
    both = IN_BOTH.match(description)
    if both is None:
        return description
    return both[1] if (get_language() or "").startswith("en") else both[2]


def example() -> str:
    """Return a policy that can be read as it stands."""
    return EXAMPLE % {"name": _("夜间响应"), "clause": _("夜间两小时内答复")}


EXAMPLE = """policies:
  - code: night-response
    name: %(name)s
    name_en: Night response
    targets:
      - metric: first_response
        amount: 7200
        unit: seconds
        calendar: yonsuite-7x24
        met_on: [reply, call]
        promise: Y18
        clause: %(clause)s
        clause_en: An answer within two hours at night
    ladders:
      first_response:
        - {mark: percent, amount: 75, actions: [{do: tell, roles: [owner]}]}
        - {mark: breach, actions: [{do: tell, roles: [owner, on_call]}]}
        - {mark: after, amount: 3600, actions: [{do: reassign, role: team_lead}]}
"""
