"""`manage.py reseal`: seal every kept secret by the key of now, after `SECRET_KEY` or `SECRETS_KEY` was changed."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from plans.actions.sealing import Column, columns, reseal
from plans.sealing import UnopenedError
from sla.commands import Spoken


def resealed(column: Column) -> Counter[str]:
    """Return what became of a column. Raises CommandError where there is no key to seal by."""
    try:
        return reseal(column=column)
    except UnopenedError as error:
        raise CommandError(" ".join([error.message, *error.ways_on])) from error


class Command(Spoken):
    help = gettext_noop(
        "用 SECRETS_KEY 的第一个值（没有则用 SECRET_KEY）重新加密保存的全部密钥；有打不开的，退出码为 1。"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell what became of each column."""
        lost = 0
        for column in columns():
            counts = resealed(column)
            lost += counts["lost"]
            words = _("%(place)s：新加密 %(sealed)d，无需改动 %(already)d，打不开 %(lost)d。")
            told = {name: counts[name] for name in ("sealed", "already", "lost")}
            self.stdout.write(words % {"place": column.field.place, **told})
        if lost:
            self.stderr.write(_("打不开的没有改动。把原来的值加进 SECRET_KEY_FALLBACKS 再执行一次，或重新填写。"))
            sys.exit(1)
