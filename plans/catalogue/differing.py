"""What differs between two versions of a plan: items added, removed and changed, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plans.models import Item

# What says where a row stands, not what it promises.
PLACE = ("id", "plan", "promise", "service")
FIELDS = tuple(field.name for field in Item._meta.concrete_fields if field.name not in PLACE)
# What only words a promise: another wording of the same thing.
WORDING = frozenset(
    {"section", "name", "name_en", "clause", "clause_en", "response", "response_en", "remark", "remark_en"}
)


class Verdict(StrEnum):
    """What became of an item."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else; `name` is that of `Item`."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item that differs, with what it was and what it is; the one that is missing is None."""

    verdict: Verdict
    before: Item | None
    after: Item | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def item(self) -> Item:
        """Return the item as it is now, or as it last was."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def is_wording(self) -> bool:
        """Tell whether nothing but words differ."""
        return self.verdict == Verdict.CHANGED and all(change.name in WORDING for change in self.fields)


def place_of(item: Item) -> tuple[str, str]:
    """Return what an item is found by in every version: its promise and its service."""
    return item.promise, item.service


def difference(before: Iterable[Item], after: Iterable[Item]) -> list[ItemChange]:
    """Return what differs between two lists of items: what is new first, then what changed, then what is gone."""
    old, new = ({place_of(item): item for item in items} for items in (before, after))
    added = [ItemChange(Verdict.ADDED, None, item) for place, item in new.items() if place not in old]
    removed = [ItemChange(Verdict.REMOVED, item, None) for place, item in old.items() if place not in new]
    both = [(old[place], item) for place, item in new.items() if place in old]
    changed = [ItemChange(Verdict.CHANGED, one, other, found) for one, other in both if (found := _fields(one, other))]
    return [*added, *changed, *removed]


def _fields(one: Item, other: Item) -> tuple[FieldChange, ...]:
    values = ((name, getattr(one, name), getattr(other, name)) for name in FIELDS)
    return tuple(FieldChange(name, before, after) for name, before, after in values if before != after)
