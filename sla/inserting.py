"""Insert new rows of several tables in one statement: a round trip and a compiled query each would cost far more."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.fields import Field

# What a column is given: the key of a new row, or a value.
Given = tuple[str, Any]


def insert_all(rows: Sequence[models.Model]) -> None:
    """Insert new rows, which may point to each other, all or none, and give each its key.

    The keys are taken first, in the same statement, so the order of the rows does not matter. Defaults that the
    database gives are not read back.
    """
    places = {id(row): place for place, row in enumerate(rows)}
    taken = ", ".join(f"nextval('{_sequence(type(row))}') AS k{place}" for place, row in enumerate(rows))
    parts, values = [f"keys AS (SELECT {taken})"], []
    for place, row in enumerate(rows):
        columns, given = zip(*_given(row, places), strict=True)
        expressions = ", ".join(expression for expression, _value in given)
        table = connection.ops.quote_name(row._meta.db_table)
        parts.append(f"r{place} AS (INSERT INTO {table} ({', '.join(columns)}) SELECT {expressions} FROM keys)")
        values += [value for expression, value in given if "%s" in expression]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT * FROM keys", values)
        keys = cursor.fetchone()
    _note_as_stored(rows, keys)


def _given(row: models.Model, places: Mapping[int, int]) -> Iterator[tuple[str, Given]]:
    """Yield each column that is written, with what it is given; what is left out gets the database's default."""
    for field, column, cast in _columns(type(row)):
        if field.primary_key:
            yield column, (f"k{places[id(row)]}", None)
            continue
        other = field.get_cached_value(row, default=None) if field.is_relation else None  # type: ignore[attr-defined]
        if id(other) in places:
            yield column, (f"k{places[id(other)]}", None)
            continue
        value = getattr(row, field.attname)
        if not isinstance(value, DatabaseDefault):
            yield column, (cast, field.get_db_prep_save(value, connection))


@cache
def _columns(model: type[models.Model]) -> list[tuple["Field[Any, Any]", str, str]]:
    """Return the columns of a model with their quoted names and, for a value among others, their types."""
    return [
        (field, connection.ops.quote_name(str(field.column)), f"%s::{field.cast_db_type(connection)}")
        for field in model._meta.concrete_fields
        if not field.generated
    ]


@cache
def _sequence(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}_{model._meta.pk.column}_seq"


def _note_as_stored(rows: Sequence[models.Model], keys: Sequence[int]) -> None:
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias
    for row in rows:
        # Keys of rows that were new a moment ago are taken over from the objects.
        row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
