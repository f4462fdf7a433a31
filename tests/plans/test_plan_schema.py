"""The published schema and the loader read a plan's file alike: spoil it anywhere, and both refuse it or neither."""

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from plans.catalogue.form import FILE
from plans.catalogue.schema import plan_schema
from sla.rules.parsing import compose_text
from sla.rules.reading import Place, mapping
from tests.plans.test_third_vendor import LANHAI

DOCUMENT = yaml.safe_load(LANHAI.read_text())
VALIDATOR = jsonschema.Draft202012Validator(plan_schema())
READ = mapping(FILE)
KINDS = ("promise", "calendar", "policy", "product", "plan", "service", "person")
Path = tuple[str | int, ...]


class Everything:
    """What every code is in: which codes there are is not a matter of form."""

    def __contains__(self, code: object) -> bool:
        return True


def loader_refuses(document: Any) -> bool:
    place = Place("plan.yaml", known=dict.fromkeys(KINDS, Everything()))  # type: ignore[arg-type]
    node = compose_text(yaml.safe_dump(document, allow_unicode=True), place)
    assert node
    READ(node, place)
    return bool(place.problems)


def places(part: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where something stands in a document."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, value in inside:
        yield (*path, step)
        yield from places(value, (*path, step))


def spoiled(path: Path, value: Any) -> Any:
    document = copy.deepcopy(DOCUMENT)
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return document


def test_whole_document_is_accepted_by_both():
    assert VALIDATOR.is_valid(DOCUMENT)
    assert not loader_refuses(DOCUMENT)


@pytest.mark.parametrize(("value", "start"), [(None, 0), ({}, 1), ([[]], 2), ("x" * 700, 3), (10**12, 4)])
def test_document_that_is_spoiled_anywhere_is_refused_by_both(value: Any, start: int):
    everywhere = list(places(DOCUMENT))[start::5]
    assert len(everywhere) > 30
    for path in everywhere:
        document = spoiled(path, value)
        # The loader takes a number for a text, as people write versions and telephone numbers.
        if VALIDATOR.is_valid(document) != (not loader_refuses(document)):
            assert isinstance(value, int), path
            assert not loader_refuses(document), path
