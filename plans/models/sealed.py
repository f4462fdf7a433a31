"""Columns whose text is sealed on its way into the database, and opened when somebody asks for it, not before."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from plans.sealing import MARK, UnopenedError, seal, unseal


@dataclass(frozen=True, slots=True)
class Sealed:
    """What lies in the database: written back as it is where nobody changed it."""

    text: str


class Opening(DeferredAttribute):
    """Opens a sealed column when it is read; rows whose secret nobody needs cost nothing. Raises UnopenedError."""

    field: "SealedText"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        kept = super().__get__(instance, cls)
        return unseal(kept.text, self.field.place) if isinstance(kept, Sealed) else kept

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedText(models.Field):
    """What makes a column of text a sealed one. It can be compared with the empty text only."""

    descriptor_class = Opening

    @property
    def place(self) -> str:
        """Return what its secrets are bound to: sealed in one column, none opens in another."""
        return f"{self.model._meta.label_lower}.{self.attname}"

    def db_type(self, connection: Any) -> str:
        """Return a column that holds more than `max_length`, which limits what people enter."""
        return "text"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | str | None:
        return Sealed(value) if value else value

    def to_python(self, value: Any) -> Any:
        """Return what was typed, or what `dumpdata` wrote."""
        if isinstance(value, Sealed):
            return value
        return Sealed(value) if isinstance(value, str) and value.startswith(MARK) else super().to_python(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        return model_instance.__dict__[self.attname]

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, Sealed):
            return value.text
        is_secret = isinstance(value, str) and value
        return seal(value, self.place) if is_secret else super().get_db_prep_save(value, connection)

    def value_to_string(self, obj: Any) -> str:
        """Return what a dump may hold: never the secret."""
        kept = self.pre_save(obj, False)
        return kept.text if isinstance(kept, Sealed) else seal(kept, self.place) if kept else ""


class SealedCharField(SealedText, models.CharField):
    """A secret. No form is ever told it: left blank there, it stays."""

    def value_from_object(self, obj: Any) -> Any:
        return ""


class SealedURLField(SealedText, models.URLField):
    """An address that lets whoever knows it write."""

    def value_from_object(self, obj: Any) -> Any:
        return opened(obj, self.attname) or ""


def opened(row: models.Model, name: str) -> str | None:
    """Return what a sealed column of a row says, None where it cannot be opened."""
    try:
        return str(getattr(row, name))
    except UnopenedError:
        return None
