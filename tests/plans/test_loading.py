"""Both plans are data: one command loads them, twice changes nothing, and a mistake is told with its line."""

import time

import pytest

from plans.loading import load
from sla.actions import Outcome

pytestmark = pytest.mark.django_db


def test_loading_twice_changes_nothing_and_is_quick():
    first = load()
    assert {change.outcome for change in first} == {Outcome.ADDED}
    began = time.perf_counter()
    second = load()
    print(time.perf_counter() - began)
    assert {change.outcome for change in second} == {Outcome.UNCHANGED}
