"""What a test that commits leaves is deleted, and the plans are laid down again: sooner done than Django's flush.

Flush empties all tables, of which a test has written to few, and works out content types and permissions anew.
"""

import json

from django.apps import apps
from django.db import connection, transaction

# What the migrations leave.
KEPT = {"django_content_type", "auth_permission", "django_migrations"}
COLUMNS = """SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_name = ANY(%s) AND is_generated = 'NEVER' GROUP BY table_name"""
# Neither the guards of the ledger nor foreign keys may refuse; a server's thread that is still there only waits.
UNGUARDED = "SET LOCAL session_replication_role = replica"


def tables() -> list[str]:
    """Return the tables whose rows come and go with tests."""
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.managed} - KEPT)


def written(names: list[str]) -> list[str]:
    """Return those of the tables that have rows."""
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [name for (name,) in cursor.fetchall()]


def laying(names: list[str], after: dict[str, int] | None = None) -> str:
    """Return the statements that lay the tables' rows down, those behind a key where one is given."""
    found = {name: _rows(name, f"WHERE id > {after[name]}" if after else "") for name in names}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [names])
        columns = dict(cursor.fetchall())
    return ";\n".join(_statement(name, columns[name], rows) for name, rows in found.items() if rows)


def empty(statements: str) -> None:
    """Delete all rows, then lay down what the statements say."""
    deleted = [f"DELETE FROM {name}" for name in written(tables())]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(";\n".join([UNGUARDED, *deleted, statements]))


def _rows(table: str, which: str) -> str | None:
    """Return rows of a table as JSON, or None where there are none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT jsonb_agg(to_jsonb(one))::text FROM {table} AS one {which}")
        return cursor.fetchone()[0]


def _statement(table: str, columns: str, rows: str) -> str:
    text = json.dumps(json.loads(rows), ensure_ascii=False).replace("'", "''")
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, '{text}')"
