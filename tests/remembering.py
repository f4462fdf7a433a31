"""The shared world built once in a process, then laid down anew for each test: signing its contracts takes longer."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import connection

from sla.clock import database_now
from tests.clocks import USUAL, set_clock
from tests.emptying import laying
from tests.world import World

OURS = {"plans", "sla", "tickets"}
# Whether anybody is there, whether the clock was moved and to when, and the newest rows of what contracts stand on.
STATE = """SELECT
    EXISTS (SELECT 1 FROM plans_user), coalesce(current_setting('shouyue.offset', true), '') <> %s, shouyue_now(),
    ARRAY[(SELECT max(id) FROM plans_item), (SELECT max(id) FROM plans_plan), (SELECT max(id) FROM sla_policy),
          (SELECT max(id) FROM sla_calendarversion), (SELECT max(id) FROM sla_holidayset)]"""
# Seconds within which clocks that were moved to the same instant stand when the world is asked for.
NEAR = 10


@dataclass(frozen=True)
class Kept:
    """A world as it was built, the statements that lay its rows down, the rules it stands on, when it was built."""

    world: World
    statements: str
    rules: list[int | None]
    built_at: datetime


# By the moment that the clock was moved to, None where it was not.
_KEPT: dict[int | None, Kept] = {}


def remembered_world() -> World:
    """Return the shared world: laid down where nobody is there yet, and there was one at this time, else built."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, [USUAL])
        is_peopled, moved, now, rules = cursor.fetchone()
    if is_peopled:
        return World()
    moment = int(now.timestamp() // NEAR) if moved else None
    kept = _KEPT.get(moment)
    if kept is None or kept.rules != rules:
        _KEPT[moment] = kept = _built(rules)
    else:
        with connection.cursor() as cursor:
            cursor.execute(kept.statements)
        if moved and now < kept.built_at:
            # Nothing in it was done later than now.
            set_clock(kept.built_at)
    return deepcopy(kept.world)


def _built(rules: list[int | None]) -> Kept:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OURS]
    tables = sorted({model._meta.db_table for model in models if model._meta.pk.column == "id"})
    before = {table: _last(table) for table in tables}
    world = World()
    return Kept(deepcopy(world), laying(tables, before), rules, database_now())


def _last(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]
