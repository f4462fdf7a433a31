"""Lists of names in the order in which their reader looks for one: English by letters, Chinese by sound."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.forms.models import ModelChoiceIterator

from plans.wording import is_english, name_of

Row = TypeVar("Row")


def place_of(name: str) -> tuple[bytes | str, str]:
    """Return what a name is sorted by in the language in use."""
    # Its common characters stand by their sound in this encoding; a database need not know a Chinese order.
    return (name.casefold() if is_english() else name.casefold().encode("gb18030", "replace")), name


def by_name(rows: Iterable[Row]) -> list[Row]:
    """Return people, teams or customers by the names that the reader sees."""
    return sorted(rows, key=lambda row: place_of(name_of(row)))


class ByName(ModelChoiceIterator):
    """The choices of a field by their labels, after the one that chooses nothing."""

    def __iter__(self) -> Iterator[Any]:
        """Yield each choice."""
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from sorted(map(self.choice, self.queryset.all()), key=lambda one: place_of(str(one[1])))
