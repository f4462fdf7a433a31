"""What a plan counts as customisation, asked as plain questions: first what stays in scope, then each definition.

Answers go by code: `carve_out` for "nothing but what stays in scope", and the number of each definition, from "1".
Source: K02
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from plans.models import Entitlement, Item
from plans.wording import worded, worded_list

CUSTOMISATION, CARVE_OUT = "customisation", "carve_out"
# As many definitions as any plan may give; the number of a definition is its code.
MOST = 20
CODES = frozenset({CARVE_OUT, *map(str, range(1, MOST + 1))})

Answers = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The questions of one plan, in the language in use: what stays in scope, and the definitions by code."""

    section: str
    clause: str
    carve_out: str
    definitions: Mapping[str, str]
    # What is asked for each code: the plan's own plain question, else its definition as one.
    questions: Mapping[str, str]

    def unanswered(self, answers: Answers) -> list[str]:
        """Return the codes that still have to be answered before the plan can say yes or no."""
        if any(answers.get(code) for code in (CARVE_OUT, *self.definitions)):
            return []
        asked = [*([CARVE_OUT] if self.carve_out else []), *self.definitions]
        return [code for code in asked if code not in answers]

    def contradicts(self, answers: Answers) -> bool:
        """Tell whether somebody says both that it is only what stays in scope, and that it is one of the others."""
        return bool(answers.get(CARVE_OUT)) and any(answers.get(code) for code in self.definitions)


def exclusion_of(item: Item, category: str) -> Mapping[str, Any] | None:
    """Return what an item's clause shuts out of a category; None where it says nothing of it."""
    return next((entry for entry in item.exclusions if entry["category"] == category), None)


def inquiry_of(item: Item | None) -> Inquiry | None:
    """Return what is asked about customisation, in the language in use; None where the plan defines none."""
    found = exclusion_of(item, CUSTOMISATION) if item else None
    if found is None or not found["definitions"]:
        return None
    numbered = {str(n): each for n, each in enumerate(worded_list(found, "definitions"), start=1)}
    carve_out = worded(found, "carve_out")
    return Inquiry(found["section"], worded(found, "clause"), carve_out, numbered, _asked(found, carve_out, numbered))


def _asked(found: Mapping[str, Any], carve_out: str, numbered: Mapping[str, str]) -> dict[str, str]:
    """Return the questions by code, what stays in scope first; what was signed earlier asks by its definitions."""
    plain = worded_list(found, "questions") if found.get("questions") else []
    first = worded(found, "carve_out_question") if found.get("carve_out_question") else ""
    asked = {code: _("%s？") % each for code, each in numbered.items()}
    asked |= dict(zip(numbered, plain, strict=False))
    return {CARVE_OUT: first or _("只是做了这些调整吗？“%s”") % carve_out} | asked if carve_out else asked


def inquiry_under(number: str) -> Inquiry | None:
    """Return what a contract's plan asks about customisation, by the contract's number; None where it asks nothing."""
    rights = Entitlement.objects.filter(contract__number=number, item__service="ticket").select_related("item")
    right = rights.order_by("pk").first()
    return inquiry_of(right.item) if right else None


def ticked(exclusion: Mapping[str, Any], answers: Answers) -> list[str]:
    """Return the definitions that somebody says are theirs, in the language in use."""
    defined = worded_list(exclusion, "definitions")
    return [each for n, each in enumerate(defined, start=1) if answers.get(str(n))]


def is_in_scope(exclusion: Mapping[str, Any], answers: Answers) -> bool:
    """Tell whether answers put something in scope: only what is carved out, or none of the definitions.

    A definition that is theirs puts it out, whatever else they say; what nobody answered puts nothing in.
    """
    numbers = [str(n) for n in range(1, len(exclusion["definitions"]) + 1)]
    if not numbers or any(answers.get(code) for code in numbers):
        return False
    return bool(answers.get(CARVE_OUT)) or all(answers.get(code) is False for code in numbers)


def yes_codes(answers: Answers) -> Iterable[str]:
    """Return the codes answered with yes, in their order."""
    return sorted((code for code, said in answers.items() if said), key=lambda code: (len(code), code))
