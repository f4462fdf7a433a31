"""Calendars and policies written out as people write them in YAML; what is written reads back as the same."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import yaml

from sla.actions import Terms
from sla.composing import Hours
from sla.models import Policy, Target

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WIDTH = 120


class Line(dict[str, Any]):
    """A mapping that stands on one line."""


class Row(list[Any]):
    """A list that stands on one line."""


class Dumper(yaml.SafeDumper):
    """Writes blocks, indented under their keys."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _amount(dumper: yaml.SafeDumper, number: Decimal) -> yaml.Node:
    kind = "int" if number == number.to_integral_value() else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", f"{number.normalize():f}")


Dumper.add_representer(Decimal, _amount)
Dumper.add_representer(Line, lambda dumper, said: dumper.represent_mapping("tag:yaml.org,2002:map", said, True))
Dumper.add_representer(Row, lambda dumper, said: dumper.represent_sequence("tag:yaml.org,2002:seq", said, True))


def written_out(*, calendars: Iterable[Hours] = (), policies: Iterable[Terms] = ()) -> str:
    """Return a draft that says what these calendars and policies say."""
    parts = {"calendars": [_calendar(hours) for hours in calendars], "policies": [_policy(terms) for terms in policies]}
    said = {name: part for name, part in parts.items() if part}
    return yaml.dump(said, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=WIDTH, default_flow_style=False)


def _calendar(hours: Hours) -> dict[str, Any]:
    rules = hours.rules
    weekly = {day: _spans(rules["weekly"][day]) for day in WEEKDAYS if rules["weekly"].get(day)}
    special = [Line({**row, "hours": _spans(row["hours"])}) for row in rules["special"]]
    followed = rules.get("holidays")
    holidays = {"holidays": Line(_followed(followed))} if followed else {}
    return {
        "code": hours.code,
        "name": hours.name,
        "name_en": hours.name_en,
        "timezone": rules["timezone"],
        "weekly": weekly,
        "working_day_seconds": rules["working_day_seconds"],
        **holidays,
        **({"special": special} if special else {}),
        **({"remark": hours.note} if hours.note else {}),
        **({"remark_en": hours.note_en} if hours.note_en else {}),
    }


def _spans(spans: Iterable[Sequence[str]]) -> Row:
    return Row(Row(span) for span in spans)


def _followed(said: Mapping[str, Any]) -> dict[str, Any]:
    names = ("country", "subdivision", "breaks", "make_up")
    return {name: said[name] for name in names if said.get(name, "") != ""}


def _policy(terms: Terms) -> dict[str, Any]:
    plain = {
        "basis": (terms.basis, Policy.Basis.FROM_CREATION),
        "reopening": (terms.reopening, Policy.Reopening.RESUME),
    }
    repeats = {one.metric: Line({"from": one.level, "every": one.every, "times": one.times}) for one in terms.repeats}
    ladders = _ladders(terms)
    return {
        "code": terms.code,
        "name": terms.name,
        "name_en": terms.name_en,
        **{name: str(value) for name, (value, usual) in plain.items() if value != usual},
        "targets": [_target(promise) for promise in terms.targets],
        **({"ladders": ladders} if ladders else {}),
        **({"repeats": repeats} if repeats else {}),
        **({"note": terms.note} if terms.note else {}),
    }


def _target(promise: Any) -> dict[str, Any]:
    rule = {} if promise.rule == Target.Rule.DURATION else {"rule": str(promise.rule)}
    return {
        "metric": str(promise.metric),
        **({"priority": promise.priority} if promise.priority else {}),
        "amount": promise.amount,
        "unit": str(promise.unit),
        **rule,
        "calendar": promise.calendar,
        "met_on": Row(str(kind) for kind in promise.met_on),
        **({"pauses_on": Row(str(hold) for hold in promise.pauses_on)} if promise.pauses_on else {}),
        "promise": promise.promise,
        "clause": promise.clause,
        **({"clause_en": promise.clause_en} if promise.clause_en else {}),
    }


def _ladders(terms: Terms) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for level in sorted(terms.levels, key=lambda level: (level.metric, level.level)):
        amount = {"amount": level.amount} if level.amount else {}
        actions = Row(Line({name: _flat(value) for name, value in action.items()}) for action in level.actions)
        found.setdefault(str(level.metric), []).append(Line({"mark": str(level.mark), **amount, "actions": actions}))
    return found


def _flat(value: Any) -> Any:
    return Row(value) if isinstance(value, list | tuple) else value
