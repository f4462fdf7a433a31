"""The countries and states whose days off can be asked for, and how far what a package says of them is certain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.utils import translation
from django.utils.translation import gettext as _

HERE = Path(__file__).parent


class UnknownPlaceError(LookupError):
    """Raised for a country, or a state of one, that nothing is known about; the message is for people."""


@dataclass(frozen=True, slots=True)
class Part:
    """A state of a country with days off of its own."""

    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Country:
    """One entry of places.yaml; the file says what each field means."""

    country: str
    name: str
    name_en: str
    timezone: str
    published_through: int
    checked_on: date
    categories: Mapping[str, list[str]]
    note: str
    note_en: str
    leave: str = ""
    announces_breaks: bool = False
    adjoining: tuple[date, ...] = ()
    leave_out: tuple[str, ...] = ()
    notices: Mapping[int, str] = field(default_factory=dict)
    notices_en: Mapping[int, str] = field(default_factory=dict)
    assumed_source: str = ""
    assumed_source_en: str = ""
    subdivisions: Mapping[str, Part] = field(default_factory=dict)

    def parts(self) -> list[str]:
        """Return the codes of the states, or one blank where the whole country has the same days off."""
        return list(self.subdivisions) or [""]


def _country(row: dict[str, Any]) -> Country:
    parts = {code: Part(**words) for code, words in row.pop("subdivisions", {}).items()}
    return Country(**row, subdivisions=parts)


COUNTRIES: dict[str, Country] = {
    row["country"]: _country(row) for row in yaml.safe_load((HERE / "places.yaml").read_text(encoding="utf-8"))
}


def country_named(code: str, subdivision: str = "") -> Country:
    """Return a country. Raises UnknownPlaceError, also where a state is missing, unknown, or one too many."""
    country = COUNTRIES.get(code)
    if country is None:
        raise UnknownPlaceError(
            _("没有 %(code)s 的数据。可用：%(known)s。") % {"code": code, "known": _("、").join(COUNTRIES)}
        )
    if subdivision not in country.parts():
        raise UnknownPlaceError(_wrong_part(country, subdivision))
    return country


def _wrong_part(country: Country, subdivision: str) -> str:
    if not country.subdivisions:
        return _("%(code)s 不分下级区域，请去掉 %(part)s。") % {"code": country.country, "part": subdivision}
    parts = _("、").join(f"{code} {_in_language(part)}" for code, part in country.subdivisions.items())
    return _("%(code)s 要写明下级区域：%(parts)s。") % {"code": country.country, "parts": parts}


def place_code(country: str, subdivision: str = "") -> str:
    """Return how a place is written in one word, such as "MY-14"."""
    return f"{country}-{subdivision}" if subdivision else country


def place_words(country: str, subdivision: str = "") -> str:
    """Return a place's name in the language in use; its code where nothing is known about it."""
    known = COUNTRIES.get(country)
    if known is None:
        return place_code(country, subdivision)
    part = known.subdivisions.get(subdivision)
    if part is None:
        return " ".join(filter(None, (_in_language(known), subdivision)))
    return _("%(country)s · %(part)s") % {"country": _in_language(known), "part": _in_language(part)}


def _in_language(named: Country | Part) -> str:
    return named.name_en if is_english() else named.name


def is_english() -> bool:
    """Tell whether English is the language in use."""
    return (translation.get_language() or "").startswith("en")
