"""Queries compiled once: on a hot path, building a queryset and compiling it costs more than asking the database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)

# Values that no caller sends stand in for what is given later. They must pass the checks of their fields.
PLACES: dict[type, Callable[[int], Any]] = {
    int: lambda number: -9_007_199_254_740_000 - number,
    str: lambda number: f"\x02{number}\x03",
    date: lambda number: date.min + timedelta(number),
}


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Row]):
    """A compiled query for whole rows of a model, with what it annotates besides."""

    model: type[Row]
    sql: str
    parameters: tuple[Any, ...]
    places: dict[Any, str]
    annotations: tuple[str, ...]

    def rows(self, **given: Any) -> list[Row]:
        """Return the rows for these values. What is annotated as JSON comes as text."""
        values = [given[self.places[one]] if _is_place(one, self.places) else one for one in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            return [self._row(found) for found in cursor.fetchall()]

    def _row(self, found: tuple[Any, ...]) -> Row:
        names, readers = columns(self.model)
        values = [read(value) if read else value for read, value in zip(readers, found, strict=False)]
        row = self.model.from_db(connection.alias, names, values)
        for name, value in zip(self.annotations, found[len(names) :], strict=True):
            setattr(row, name, value)
        return row


def prepare(build: Callable[..., models.QuerySet[Row]], **types: type) -> Prepared[Row]:
    """Compile the queryset that `build` makes of named values of these types."""
    places = {name: PLACES[kind](number) for number, (name, kind) in enumerate(types.items())}
    queryset = build(**places)
    sql, parameters = queryset.query.sql_with_params()
    by_place = {place: name for name, place in places.items()}
    return Prepared(queryset.model, sql, tuple(parameters), by_place, tuple(queryset.query.annotation_select))


def _is_place(value: Any, places: dict[Any, str]) -> bool:
    return isinstance(value, int | str | date) and value in places


@cache
def columns(model: type[models.Model]) -> tuple[list[str], list[Callable[[Any], Any] | None]]:
    """Return the names of a model's columns, in order, and how each is read where it must be."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields], [_reader(field) for field in fields]


def _reader(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """Return how a field makes its value of what the database keeps, None where that is the value."""
    read = getattr(field, "from_db_value", None)
    return read and (lambda kept: read(kept, None, connection))
