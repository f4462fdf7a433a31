"""Every worked example, by the calendar itself and through the command."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sla.calendar import Calendar
from sla.management.commands.businesstime import answers
from tests.hours import vectors


def _ask(calendar: Calendar, op: str, given: dict[str, Any]) -> object:
    at = {key: datetime.fromisoformat(given[key]) for key in ("start", "end", "at") if key in given}
    if op == "add" and "rule" in given:
        return calendar.due_after_working_days(at["start"], Decimal(given["working_days"]), given["rule"])
    if op == "add":
        return calendar.due_at(at["start"], timedelta(seconds=given["seconds"]))
    if op == "elapsed":
        return calendar.elapsed(at["start"], at["end"]).total_seconds()
    return getattr(calendar, op)(at["at"])


def _instant(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@pytest.mark.parametrize(("spec", "vector"), vectors(), ids=[vector["id"] for _, vector in vectors()])
def test_worked_example(spec: dict[str, Any], vector: dict[str, Any]) -> None:
    assert _ask(Calendar.from_spec(spec), vector["op"], vector["input"]) == _instant(vector["expected"])


def test_worked_examples_over_the_pipe_come_out_in_order() -> None:
    keys = ("id", "op", "input")
    lines = [json.dumps({"calendar": spec, **{key: vector[key] for key in keys}}) for spec, vector in vectors()]
    found = [json.loads(line) for line in answers(lines)]
    assert [(row["id"], _instant(row["result"])) for row in found] == [
        (vector["id"], _instant(vector["expected"])) for _, vector in vectors()
    ]
