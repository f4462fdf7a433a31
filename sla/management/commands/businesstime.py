"""Answer questions of business time, one JSON object a line in, one a line out."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from sla.calendar import Calendar, CalendarError
from sla.hours import MICROSECOND, refuse, whole_microseconds

MOST_CALENDARS = 1_000  # kept compiled; the oldest goes first

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)


class Command(BaseCommand):
    """A pipe: reads standard input, needs neither database nor running product."""

    help = "Answer questions of business time: one JSON object a line in, one a line out."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer every line as it comes, so that another program can hold a conversation."""
        lines: Iterable[bytes | str] = getattr(sys.stdin, "buffer", sys.stdin)
        try:
            for text in answers(lines):
                self.stdout.write(text)
                self.stdout.flush()
        except BrokenPipeError:
            # The reader has gone; what Python flushes on its way out goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def answers(lines: Iterable[bytes | str]) -> Iterator[str]:
    """Yield one JSON text for each line, in order; a calendar seen before is not compiled again."""
    calendars: dict[str, Calendar] = {}
    for line in lines:
        yield answer(line, calendars)


def answer(line: bytes | str, calendars: dict[str, Calendar]) -> str:
    """Return the result or the error of one line as JSON text."""
    ref = "null"
    try:
        question, repeats = _read(line)
        ref = _number_text(question.get("id"))
        if repeats:
            refuse("duplicate_key", f"Written twice in one object: {', '.join(repeats)}.")
        result = _result(question, calendars)
    except CalendarError as error:
        return _error(ref, error.code, error.detail)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        return _error(ref, "not_understood", f"This line cannot be worked out: {type(error).__name__}.")
    return f'{{"id": {ref}, "result": {result}}}'


def _error(ref: str, code: str, detail: str) -> str:
    return f'{{"id": {ref}, "error": {json.dumps({"code": code, "detail": detail})}}}'


def _read(line: bytes | str) -> tuple[dict[str, Any], list[str]]:
    """Return the object on a line, its numbers exact, and the keys that one object holds twice."""
    if not line.strip():
        refuse("blank_line", "A line holds one JSON object.")
    repeats: list[str] = []
    try:
        text = line if isinstance(line, str) else line.decode()
        question = json.loads(
            text,
            parse_int=_whole,
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=partial(_once, repeats),
        )
    except (ValueError, RecursionError) as error:
        raise CalendarError("bad_json", f"Not JSON: {error}") from error
    if not isinstance(question, dict):
        refuse("not_an_object", "A line holds one JSON object.")
    return question, repeats


def _whole(text: str) -> int | Decimal:
    """Return a whole number; one too long for Python's own reading of figures stays a decimal."""
    return int(text) if len(text) < 1_000 else Decimal(text)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON.")


def _once(repeats: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, noting keys written twice: which of the two was meant cannot be known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeats.extend(name for name in found if names.count(name) > 1)
    return found


def _number_text(value: Any) -> str:
    """Return JSON text of a value, a decimal as it was written."""
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)


def _result(question: Mapping[str, Any], calendars: dict[str, Calendar]) -> str:
    op = _get(question, "op")
    if not isinstance(op, str) or op not in OPERATIONS:
        refuse("unknown_op", f"`op` is one of {', '.join(OPERATIONS)}, not {op!r}.")
    given = _get(question, "input")
    if not isinstance(given, dict):
        refuse("wrong_type", "`input` is an object.")
    return OPERATIONS[op](_calendar(_get(question, "calendar"), calendars), given)


def _get(given: Mapping[str, Any], key: str) -> Any:
    if key not in given:
        refuse("missing_key", f"`{key}` is missing.")
    return given[key]


def _calendar(spec: Any, calendars: dict[str, Calendar]) -> Calendar:
    spelled = json.dumps(spec, sort_keys=True, default=str)
    if spelled not in calendars:
        calendar = Calendar.from_spec(spec)
        if len(calendars) >= MOST_CALENDARS:
            del calendars[next(iter(calendars))]
        calendars[spelled] = calendar
    return calendars[spelled]


def _add(calendar: Calendar, given: Mapping[str, Any]) -> str:
    start = _instant(given, "start")
    if ("seconds" in given) == ("working_days" in given):
        refuse("bad_input", "`add` takes either `seconds` or `working_days` with a `rule`.")
    if "seconds" in given:
        return _instant_text(calendar.due_at(start, _microseconds(given) * MICROSECOND))
    days, rule = _number(given, "working_days"), _get(given, "rule")
    return _instant_text(calendar.due_after_working_days(start, days, rule))


def _elapsed(calendar: Calendar, given: Mapping[str, Any]) -> str:
    elapsed = calendar.elapsed(_instant(given, "start"), _instant(given, "end"))
    sign, microseconds = "-" if elapsed.days < 0 else "", abs(elapsed) // MICROSECOND
    seconds, fraction = divmod(microseconds, 10**6)
    return f"{sign}{seconds}" + (f".{fraction:06}".rstrip("0") if fraction else "")


def _is_open(calendar: Calendar, given: Mapping[str, Any]) -> str:
    return json.dumps(calendar.is_open(_instant(given, "at")))


def _next_open(calendar: Calendar, given: Mapping[str, Any]) -> str:
    return _instant_text(calendar.next_open(_instant(given, "at")))


def _proof(calendar: Calendar, given: Mapping[str, Any]) -> str:
    start, budget = _instant(given, "start"), _microseconds(given) * MICROSECOND
    due = calendar.due_at(start, budget)
    pieces = ", ".join(
        f'{{"start": {_instant_text(piece.start)}, "end": {_instant_text(piece.end)}, '
        f'"counted": {json.dumps(piece.counted)}, "reason": "{piece.reason}"}}'
        for piece in calendar.proof(start, budget)
    )
    return f'{{"due_at": {_instant_text(due)}, "pieces": [{pieces}]}}'


OPERATIONS: dict[str, Callable[[Calendar, Mapping[str, Any]], str]] = {
    "add": _add,
    "elapsed": _elapsed,
    "is_open": _is_open,
    "next_open": _next_open,
    "proof": _proof,
}


def _instant(given: Mapping[str, Any], key: str) -> datetime:
    """Return an ISO 8601 instant; raise when it has no offset or is finer than a microsecond."""
    text = _get(given, key)
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        refuse("bad_instant", f"`{key}` is ISO 8601 with an offset, such as 2026-03-02T10:00:00+08:00, not {text!r}.")
    if match["offset"] is None:
        refuse("naive_instant", f"`{key}` needs an offset, such as Z or +08:00: {text}.")
    if (match["fraction"] or "")[6:].strip("0"):
        refuse("finer_than_microsecond", f"`{key}` is finer than a microsecond: {text}.")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise CalendarError("bad_instant", f"There is no such instant: {text}.") from error


def _microseconds(given: Mapping[str, Any]) -> int:
    return whole_microseconds(_number(given, "seconds"))


def _number(given: Mapping[str, Any], key: str) -> Decimal:
    value = _get(given, key)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    refuse("bad_number", f"`{key}` is a number, not {value!r}.")


def _instant_text(at: datetime | None) -> str:
    """Return an instant as JSON: ISO 8601 in UTC, fractions only when there are any."""
    return "null" if at is None else f'"{at.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"'
