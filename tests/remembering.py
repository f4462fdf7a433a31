"""The shared world built once in a process, then laid down anew for each test: signing its contracts takes longer."""

from copy import deepcopy
from dataclasses import dataclass

from django.apps import apps
from django.db import connection

from tests.emptying import laying
from tests.world import World

OURS = {"plans", "sla", "tickets"}
STATE = """SELECT EXISTS (SELECT 1 FROM plans_user), coalesce(current_setting('shouyue.offset', true), ''),
    (SELECT coalesce(max(id), 0) FROM plans_item)"""


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
    return Kept(deepcopy(world), laying(tables, before), last_item)


def _last(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]
