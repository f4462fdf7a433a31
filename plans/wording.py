"""Plan data in the reader's language: each text has an English one beside it."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation

from plans.models import Item


def name_of(named: Any) -> str:
    """Return the name of a plan, item, product or branch in the language in use."""
    return text_of(named, "name")


def text_of(row: Any, field: str) -> str:
    """Return a text of a row in the language in use; the Chinese one where there is no English."""
    english = getattr(row, f"{field}_en", "") if is_english() else ""
    return english or getattr(row, field)


def list_of(row: Any, field: str) -> list[str]:
    """Return a list of texts of a row in the language in use."""
    english = getattr(row, f"{field}_en", []) if is_english() else []
    return english or getattr(row, field)


def worded(entry: Mapping[str, Any], field: str) -> str:
    """Return a text of an entry of plan data in the language in use."""
    return (entry[f"{field}_en"] if is_english() else "") or entry[field]


def worded_list(entry: Mapping[str, Any], field: str) -> list[str]:
    """Return a list of texts of an entry of plan data in the language in use."""
    return (entry[f"{field}_en"] if is_english() else []) or entry[field]


def sentences(*parts: str) -> str:
    """Return sentences one after the other; there is no space between them in Chinese."""
    return (" " if is_english() else "").join(part for part in parts if part)


def clause_of(item: Item) -> str:
    """Return an item's clause with its section."""
    return f"{item.section} {text_of(item, 'clause')}"


def clause_in(exclusion: Mapping[str, Any]) -> str:
    """Return an exclusion's clause with its section."""
    return f"{exclusion['section']} {worded(exclusion, 'clause')}"


def is_english() -> bool:
    """Tell whether English is the language in use."""
    return (translation.get_language() or "").startswith("en")
