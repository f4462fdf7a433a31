"""Seal anew what is kept sealed: by the key of now, whichever it was; what no key opens stays as it is."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import models, transaction
from django.db.models import Value

from plans.models.sealed import Sealed, SealedText
from plans.sealing import UnopenedError, keys, sealed_by, unseal


class Column(NamedTuple):
    """One column that is kept sealed."""

    model: type[models.Model]
    field: SealedText

    @property
    def kept(self) -> Iterator[tuple[int, str]]:
        """Yield each row's key with what lies there, rows without a secret left out."""
        rows = self.model._base_manager.exclude(**{self.field.attname: ""}).order_by("pk")
        for pk, value in rows.values_list("pk", self.field.attname):
            yield pk, value.text if isinstance(value, Sealed) else value


def columns(apps: Apps = installed, app: str = "") -> list[Column]:
    """Return every column that is kept sealed, or one app's, as they are now or at a migration."""
    models_of = [model for model in apps.get_models() if app in ("", model._meta.app_label)]
    found = [(model, field) for model in models_of for field in model._meta.concrete_fields]
    return [Column(model, field) for model, field in found if isinstance(field, SealedText)]


def standing(column: Column) -> Counter[str]:
    """Count a column's secrets: "now" by the key of now, "before" by another that opens, "plain", "lost" by none."""
    names = [key.name for key in keys()]
    kinds = {"": "plain", **dict.fromkeys(names, "before"), **dict.fromkeys(names[:1], "now")}
    return Counter(kinds.get(sealed_by(text), "lost") for _pk, text in column.kept)


@transaction.atomic
def reseal(*, column: Column) -> Counter[str]:
    """Seal a column's secrets by the key of now; return how many were "sealed", were so "already", or are "lost"."""
    list(column.model._base_manager.select_for_update().order_by("pk").values_list("pk", flat=True))
    return Counter(_resealed(column, pk, text) for pk, text in list(column.kept))


def _resealed(column: Column, pk: int, text: str) -> str:
    try:
        secret = unseal(text, column.field.place)
    except UnopenedError:
        return "lost"
    if sealed_by(text) == next((key.name for key in keys()), None):
        return "already"
    column.model._base_manager.filter(pk=pk).update(**{column.field.attname: secret})
    return "sealed"


@transaction.atomic
def open_up(*, column: Column) -> None:
    """Write a column's secrets as they are: the way back of a migration. Raises UnopenedError."""
    for pk, text in list(column.kept):
        plain = Value(unseal(text, column.field.place), output_field=models.TextField())
        column.model._base_manager.filter(pk=pk).update(**{column.field.attname: plain})
