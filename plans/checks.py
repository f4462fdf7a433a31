"""System checks of what is kept sealed: `manage.py check --database default`."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections
from django.utils.translation import gettext as _

from plans.actions.sealing import columns, standing


@register(Tags.database)
def check_sealed(
    app_configs: Sequence[AppConfig] | None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Return which secrets no key opens, and which wait for the key of now; nothing before the first migration."""
    if "default" not in (databases or ()):
        return []
    tables = set(connections["default"].introspection.table_names())
    found: list[CheckMessage] = []
    for column in columns():
        if column.model._meta.db_table in tables:
            found += _told(column.field.place, standing(column))
    return found


def _told(place: str, counts: dict[str, int]) -> Iterable[CheckMessage]:
    if lost := counts.get("lost", 0):
        message = _("%(place)s：%(n)d 个密钥打不开。") % {"place": place, "n": lost}
        hint = _("把原来的 SECRET_KEY 或 SECRETS_KEY 加进 SECRET_KEY_FALLBACKS，再执行 manage.py reseal。")
        yield Warning(message, hint=hint, id="plans.W001")
    if waiting := counts.get("before", 0) + counts.get("plain", 0):
        message = _("%(place)s：%(n)d 个密钥还没有用现在的主密钥加密。") % {"place": place, "n": waiting}
        yield Warning(message, hint=_("执行 manage.py reseal。"), id="plans.W002")
