"""Kinds of report as data: the product's own in `fixtures/reports`, a vendor's in its plan file, one in each item."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings

from plans.catalogue.form import REPORT
from plans.models import Contract, Entitlement
from sla.rules.parsing import compose
from sla.rules.reading import Field, Place, ReadingError, list_of, mapping

KINDS = settings.ROOT / "fixtures" / "reports" / "kinds.yaml"
FILE = {"reports": Field(list_of(REPORT, once=["code"]))}

# As plan data has it: code, title, title_en, sections, since, ahead_days, audience.
Kind = Mapping[str, Any]


@cache
def shipped_kinds() -> dict[str, dict[str, Any]]:
    """Return the kinds that every vendor's items may name, by code. Raises ReadingError."""
    place = Place(str(KINDS.relative_to(settings.ROOT)))
    node = compose(KINDS, place)
    found = mapping(FILE)(node, place)["reports"] if node else []
    if place.problems:
        raise ReadingError(place.problems)
    return {kind["code"]: kind for kind in found}


def kinds_of(contract: Contract) -> dict[str, tuple[Kind, Entitlement | None]]:
    """Return the kinds of report that a contract can have, those that its plan promises first, each with its right."""
    rows = contract.entitlements.select_related("item").exclude(item__report={}).order_by("item__promise", "pk")
    found: dict[str, tuple[Kind, Entitlement | None]] = {}
    for row in rows:
        found.setdefault(row.item.report["code"], (row.item.report, row))
    for code, kind in shipped_kinds().items():
        found.setdefault(code, (kind, None))
    return found
