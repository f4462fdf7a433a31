"""The house's style, as far as a machine can measure it."""

import ast
import functools
import hashlib
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "sla", "plans", "tickets")
VAGUE = {"data", "info", "manager", "helper"}
VAGUE_FILES = {"utils.py", "services.py", "helpers.py", "common.py", "misc.py"}
# A longer function says why, in a comment that begins with these words.
EXCUSE = "# Long because"


def sources(*folders: str) -> list[Path]:
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return sorted(file for file in files if "migrations" not in file.parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Return the lines of code in a function's body: no docstring, no comments, no empty lines."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    text = lines[body[0].lineno - 1 : function.end_lineno]
    return sum(1 for line in text if line.strip() and not line.strip().startswith("#"))


def measured(path: Path) -> Iterator[tuple[str, int, str]]:
    lines = path.read_text().splitlines()
    for function in functions(path):
        text = "\n".join(lines[function.lineno - 1 : function.end_lineno])
        yield f"{path.relative_to(ROOT)}:{function.name}", length(function, lines), text


@functools.cache
def measures() -> list[tuple[str, int, str]]:
    """Return what is measured of every function; worked out by the process that runs these tests alone."""
    return [one for path in sources(*APPS) for one in measured(path)]


def test_functions_are_short_as_a_rule() -> None:
    assert statistics.median(size for _, size, _ in measures()) <= 8


def test_a_long_function_says_why() -> None:
    assert [name for name, size, text in measures() if size > 25 and EXCUSE not in text] == []


def test_no_function_is_longer_than_fifty_lines() -> None:
    assert [name for name, size, _ in measures() if size > 50] == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources(*APPS, "tests")}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [str(path.relative_to(ROOT)) for path in sources(*APPS, "tests") if path.name in VAGUE_FILES] == []


def named(path: Path) -> Iterator[str]:
    """Yield the names that a file chose itself: what a method takes may be a framework's word."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            taken = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
            yield from [node.name, *([] if "self" in taken else taken)]
        if isinstance(node, ast.ClassDef):
            yield node.name
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_nothing_has_a_name_that_says_nothing() -> None:
    found = {f"{path.relative_to(ROOT)}: {name}" for path in sources(*APPS) for name in named(path) if name in VAGUE}
    assert found == set()


def test_imports_stand_at_the_top() -> None:
    hidden = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*APPS, "tests")
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert hidden == set()


@pytest.mark.parametrize(
    ("habit", "why"),
    [
        (r"\b(eta|countdown)\s*=", "a deadline is a row, never a delayed task"),
        (r"\b(timezone\.now|datetime\.utcnow|auto_now(_add)?)\b", "the database's is the only clock"),
        (r"@receiver\b|\.connect\(.*sender=", "news travels as rows, not as signals"),
        (r"^\s*#\s*(-{4,}|={4,}|\*{4,})", "no banners"),
        (r"#.*\b(TODO|FIXME|XXX)\b", "nothing is left for later in a comment"),
    ],
)
def test_habits_that_the_house_does_not_have(habit: str, why: str) -> None:
    sinners = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(*APPS)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(habit, line)
    ]
    assert sinners == [], why


def test_vendored_files_are_unmodified() -> None:
    notes = [note for note in ROOT.rglob("VENDORED.md") if ".venv" not in note.parts]
    assert (ROOT / "config/vendor/VENDORED.md") in notes
    assert [problem for note in notes for problem in modified(note)] == []


def modified(note: Path) -> Iterator[str]:
    text = note.read_text()
    for file in sorted(note.parent.rglob("*")):
        if file.is_file() and file != note and file.name != "LICENSE" and sha256(file) not in text:
            yield f"{file.relative_to(ROOT)} is not in {note.relative_to(ROOT)} with its sum"


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_locked_requirements_name_no_address() -> None:
    locks = sorted((ROOT / "config/requirements").glob("*.txt"))
    assert len(locks) == 4
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []
