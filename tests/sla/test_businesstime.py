"""The pipe: one JSON object a line in, one a line out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sla.calendar import Calendar
from sla.management.commands.businesstime import answers
from tests.hours import published, spec

KINGDEE = published("kingdee-5x8")
NEST = {"timezone": "Asia/Shanghai", "weekly": {"mon": "nest"}}
START = "2026-03-02T10:00:00+08:00"


def _line(op: str = "add", calendar: Any = KINGDEE, ref: Any = 1, **given: Any) -> str:
    return json.dumps({"id": ref, "calendar": calendar, "op": op, "input": given})


def _answer(line: bytes | str) -> Any:
    (text,) = answers([line])
    assert "\n" not in text
    return json.loads(text)


def _result(op: str = "add", calendar: Any = KINGDEE, **given: Any) -> Any:
    return _answer(_line(op, calendar, **given))["result"]


def _code(line: bytes | str) -> str:
    return _answer(line)["error"]["code"]


@pytest.mark.parametrize(
    ("seconds", "due"),
    [
        (7200, "2026-03-02T04:00:00Z"),
        ("7200", "2026-03-02T04:00:00Z"),
        (7200.0, "2026-03-02T04:00:00Z"),
        (0.5, "2026-03-02T02:00:00.500000Z"),
        ("0.000001", "2026-03-02T02:00:00.000001Z"),
        (0, "2026-03-02T02:00:00Z"),
        (-3600, "2026-03-02T01:00:00Z"),
    ],
)
def test_seconds_may_be_whole_decimal_text_zero_or_negative(seconds: Any, due: str) -> None:
    assert _result(start=START, seconds=seconds) == due


def test_decimals_are_read_as_written() -> None:
    line = _line(start=START, seconds=0).replace('"seconds": 0', '"seconds": 100000000.123456')
    back = _line("elapsed", start=START, end=_answer(line)["result"])
    (text,) = answers([back])
    assert text == '{"id": 1, "result": 100000000.123456}'


@pytest.mark.parametrize(
    ("op", "given", "result"),
    [
        ("elapsed", {"start": START, "end": "2026-03-02T07:00:00Z"}, 14400),
        ("elapsed", {"start": "2026-03-02T07:00:00Z", "end": START}, -14400),
        ("elapsed", {"start": START, "end": "2026-03-02T10:00:00.000001+08:00"}, 0.000001),
        ("is_open", {"at": START}, True),
        ("next_open", {"at": "2026-03-02 12:15+0800"}, "2026-03-02T05:00:00Z"),
        ("add", {"start": START, "working_days": "0.5", "rule": "duration"}, "2026-03-02T07:00:00Z"),
        ("add", {"start": START, "working_days": 5, "rule": "end_of_nth_day"}, "2026-03-09T09:30:00Z"),
    ],
)
def test_each_operation_answers(op: str, given: dict[str, Any], result: Any) -> None:
    assert _result(op, **given) == result


def test_never_is_null() -> None:
    never = spec(days=())
    assert _result("add", never, start=START, seconds=1) is None
    assert _result("next_open", never, at=START) is None
    assert _result("proof", never, start=START, seconds=1) == {"due_at": None, "pieces": []}


def test_a_proof_lists_its_pieces() -> None:
    assert _result("proof", start="2026-03-02T11:00:00+08:00", seconds=7200) == {
        "due_at": "2026-03-02T06:00:00Z",
        "pieces": [
            {"start": "2026-03-02T03:00:00Z", "end": "2026-03-02T04:00:00Z", "counted": True, "reason": "open"},
            {"start": "2026-03-02T04:00:00Z", "end": "2026-03-02T05:00:00Z", "counted": False, "reason": "break"},
            {"start": "2026-03-02T05:00:00Z", "end": "2026-03-02T06:00:00Z", "counted": True, "reason": "open"},
        ],
    }
    assert _result("proof", start=START, seconds=0) == {"due_at": "2026-03-02T02:00:00Z", "pieces": []}


@pytest.mark.parametrize("ref", ["a", "守约", 7, 1.5, None, True, ["x", 1], {"a": None}])
def test_the_id_comes_back_as_it_was(ref: Any) -> None:
    assert _answer(_line("is_open", ref=ref, at=START)) == {"id": ref, "result": True}
    assert _answer(_line("is_shut", ref=ref, at=START))["id"] == ref


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "blank_line"),
        ("  \r\n", "blank_line"),
        ("{", "bad_json"),
        (b"\xff\xfe{}", "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"id": NaN}', "bad_json"),
        ("[]", "not_an_object"),
        ("7", "not_an_object"),
        ('{"id": 1}', "missing_key"),
        ('{"id": 1, "id": 2}', "duplicate_key"),
        (_line("add", start=START, seconds=1).replace('"seconds"', '"seconds": 2, "seconds"'), "duplicate_key"),
        (_line("divide", start=START), "unknown_op"),
        (_line(["add"], start=START), "unknown_op"),  # type: ignore[arg-type]
        (_line(start=START), "bad_input"),
        (_line(start=START, seconds=1, working_days="1", rule="duration"), "bad_input"),
        (_line(start=START, working_days="1"), "missing_key"),
        (_line(start=START, working_days="1", rule=[]), "unknown_rule"),
        (_line(start=START, working_days="1.5", rule="end_of_nth_day"), "bad_working_days"),
        (_line(start=START, working_days="one", rule="duration"), "bad_number"),
        (_line(seconds=1), "missing_key"),
        (_line(start="2026-03-02T10:00:00", seconds=1), "naive_instant"),
        (_line(start="2026-03-02", seconds=1), "bad_instant"),
        (_line(start="2026-02-30T10:00:00Z", seconds=1), "bad_instant"),
        (_line(start="2026-03-02T10:00:00+99:00", seconds=1), "bad_instant"),
        (_line(start=1772416800, seconds=1), "bad_instant"),
        (_line(start="2026-03-02T10:00:00.1234567Z", seconds=1), "finer_than_microsecond"),
        (_line(start=START, seconds="0.0000001"), "finer_than_microsecond"),
        (_line(start=START, seconds="1e-7"), "finer_than_microsecond"),
        (_line(start=START, seconds="NaN"), "bad_number"),
        (_line(start=START, seconds="١"), "bad_number"),
        (_line(start=START, seconds=True), "bad_number"),
        (_line(start=START, seconds=None), "bad_number"),
        (_line(start=START, seconds=10**100), "out_of_range"),
        (_line(start=START, seconds=0).replace('"seconds": 0', '"seconds": 1e999999'), "out_of_range"),
        (_line(start=START, seconds=0).replace('"seconds": 0', f'"seconds": 1{"0" * 9000}'), "out_of_range"),
        (_line("is_open", at="9999-12-31T23:59:59-12:00"), "out_of_range"),
        (_line("is_open", {"timezone": "Mars"}, at=START), "missing_key"),
        (_line("is_open", spec(zone="Mars"), at=START), "unknown_timezone"),
        (_line("is_open", "kingdee-5x8", at=START), "wrong_type"),
        (_line("is_open").replace("{}", "[]"), "wrong_type"),
        (_line("is_open", spec(closed_dates=[["x"]]), at=START), "bad_date"),
        (_line("is_open", NEST, at=START).replace('"nest"', "[" * 900 + "]" * 900), "wrong_type"),
    ],
    ids=lambda value: value[-60:] if isinstance(value, str) else repr(value),
)
def test_a_bad_line_is_an_error_with_a_code(line: bytes | str, code: str) -> None:
    assert _code(line) == code


def test_a_bad_line_does_not_end_the_run() -> None:
    lines = [_line("is_open", at=START, ref="first"), "{", "", _line("is_open", at=START, ref="last")]
    found = [json.loads(text) for text in answers(lines)]
    assert [("result" in row, row["id"]) for row in found] == [
        (True, "first"),
        (False, None),
        (False, None),
        (True, "last"),
    ]


def test_a_calendar_seen_before_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    from_spec = Calendar.from_spec
    monkeypatch.setattr(Calendar, "from_spec", lambda spec: compiled.append(spec) or from_spec(spec))
    respelled = dict(reversed(KINGDEE.items()))
    lines = [_line("is_open", spec_, at=START) for spec_ in (KINGDEE, respelled, spec(), KINGDEE)]
    assert len(list(answers(lines))) == 4
    assert len(compiled) == 2


def test_another_program_can_hold_a_conversation() -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, str(root / "manage.py"), "businesstime"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for count in range(3):
            program.stdin.write(_line("is_open", at=START, ref=count).encode() + b"\n")
            program.stdin.flush()
            assert json.loads(program.stdout.readline()) == {"id": count, "result": True}
        program.stdin.write(_line("is_open", at=START, ref="no newline").encode())
        program.stdin.close()
        assert json.loads(program.stdout.read()) == {"id": "no newline", "result": True}
        assert program.wait() == 0
