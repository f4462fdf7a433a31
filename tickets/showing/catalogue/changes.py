"""What differs between two versions of a plan, in the reader's words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from plans.catalogue.differing import FieldChange, ItemChange, Verdict
from plans.models import Item
from plans.wording import is_english, name_of, text_of
from tickets.showing.catalogue.values import Names, names_for, value_words

VERDICTS: dict[Verdict, LazyText] = {
    Verdict.ADDED: pgettext_lazy("item", "新增"),
    Verdict.CHANGED: pgettext_lazy("item", "改动"),
    Verdict.REMOVED: pgettext_lazy("item", "取消"),
}
ENGLISH = "_en"
# What the fields of an item are called.
TEXTS: dict[str, Any] = {field.name: field.verbose_name for field in Item._meta.concrete_fields}


@dataclass(frozen=True, slots=True)
class FieldTold:
    """One field, from what to what."""

    label: LazyText
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeTold:
    """One item that differs. `is_wording` is true where nothing but words do."""

    verdict: Verdict
    says: str
    name: str
    promise: str
    section: str
    clause: str
    fields: Sequence[FieldTold]
    is_wording: bool


def changes_told(changes: Sequence[ItemChange]) -> list[ChangeTold]:
    """Return changes in words, in their order."""
    items = [item for change in changes for item in (change.before, change.after) if item]
    names = names_for(items)
    return [_told(change, names) for change in changes]


def _told(change: ItemChange, names: Names) -> ChangeTold:
    item = change.item
    return ChangeTold(
        verdict=change.verdict,
        says=str(VERDICTS[change.verdict]),
        name=name_of(item),
        promise=item.promise,
        section=item.section,
        clause=text_of(item, "clause"),
        fields=list(_fields(change.fields, names)),
        is_wording=change.is_wording,
    )


def _fields(changes: Iterable[FieldChange], names: Names) -> Iterator[FieldTold]:
    """Yield each field in the reader's language; of what has words in both, the other only where it alone differs.

    Chinese words are never shown to an English reader.
    """
    by_name = {change.name: change for change in changes}
    for name, change in by_name.items():
        has_twin = f"{name}{ENGLISH}" in TEXTS
        is_other = has_twin if is_english() else name.endswith(ENGLISH) and name.removesuffix(ENGLISH) in by_name
        label = TEXTS[name.removesuffix(ENGLISH) if is_english() else name]
        told = FieldTold(label, *(value_words(name, value, names) for value in (change.before, change.after)))
        if not is_other and told.before != told.after:
            yield told
