"""The shared world built once in a process, then laid down anew for each test: signing its contracts takes longer."""

import json
from copy import deepcopy
from dataclasses import dataclass

from django.apps import apps
from django.db import connection

from tests.world import World

OURS = {"plans", "sla", "tickets"}
STATE = """SELECT EXISTS (SELECT 1 FROM plans_user), coalesce(current_setting('shouyue.offset', true), ''),
    (SELECT coalesce(max(id), 0) FROM plans_item)"""
COLUMNS = """SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_name = ANY(%s) AND is_generated = 'NEVER' GROUP BY table_name"""


@dataclass(frozen=True)
class Kept:
    """A world as it was built, the statements that lay its rows down, and the last item of the plans it stands on."""

    world: World
    statements: str
    last_item: int


_KEPT: dict[str, Kept] = {}


def remembered_world() -> World:
    """Return the shared world: laid down where nobody is there yet and the clock was not moved, else built."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        is_peopled, moved, last_item = cursor.fetchone()
    if is_peopled or moved:
        return World()
    kept = _KEPT.get("world")
    if kept is None or kept.last_item != last_item:
        _KEPT["world"] = kept = _built(last_item)
    else:
        with connection.cursor() as cursor:
            cursor.execute(kept.statements)
    return deepcopy(kept.world)


def _built(last_item: int) -> Kept:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OURS]
    tables = sorted({model._meta.db_table for model in models if model._meta.pk.column == "id"})
    before = {table: _last(table) for table in tables}
    world = World()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [tables])
        columns = dict(cursor.fetchall())
        rows = {table: _rows(table, before[table]) for table in tables}
    laid = [_statement(table, columns[table], found) for table, found in rows.items() if found]
    return Kept(deepcopy(world), ";\n".join(laid), last_item)


def _last(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]


def _rows(table: str, after: int) -> str | None:
    """Return the rows of a table behind a key as JSON, or None where there are none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT jsonb_agg(to_jsonb(one) ORDER BY id)::text FROM {table} AS one WHERE id > {after}")
        return cursor.fetchone()[0]


def _statement(table: str, columns: str, rows: str) -> str:
    text = json.dumps(json.loads(rows), ensure_ascii=False).replace("'", "''")
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, '{text}')"
