"""Insert new rows of several tables in one statement: a round trip and a compiled query each would cost far more."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.fields import Field


def insert_all(rows: Sequence[models.Model]) -> None:
    """Insert new rows, which may point to each other, all or none, and give each its key.

    Their keys are taken first, so the order does not matter. Call inside atomic. Defaults that the database gives are
    not read back.
    """
    _give_keys(rows)
    parts, values = [], []
    for place, row in enumerate(rows):
        row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
        columns = _columns(type(row))
        given = [field for field in columns if not _is_left_to_database(row, field)]
        parts.append(f"r{place} AS ({_insert(type(row), tuple(given))})")
        values += [field.get_db_prep_save(getattr(row, field.attname), connection) for field in given]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT 1", values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _give_keys(rows: Sequence[models.Model]) -> None:
    names = [f"{row._meta.db_table}_{row._meta.pk.column}_seq" for row in rows]
    with connection.cursor() as cursor:
        # The sequences are read in the order of the names: each row of the answer is a call of its own.
        cursor.execute(
            "SELECT nextval(name::regclass) FROM unnest(%s::text[]) WITH ORDINALITY AS s (name, n) ORDER BY n", [names]
        )
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key


@cache
def _columns(model: type[models.Model]) -> "tuple[Field[Any, Any], ...]":
    return tuple(field for field in model._meta.concrete_fields if not field.generated)


def _is_left_to_database(row: models.Model, field: "Field[Any, Any]") -> bool:
    return isinstance(getattr(row, field.attname), models.expressions.DatabaseDefault)


@cache
def _insert(model: type[models.Model], given: "tuple[Field[Any, Any], ...]") -> str:
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in given)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({', '.join(['%s'] * len(given))})"
