"""Keep the English catalogues complete and compiled, without any program but Python.

`python -m config.quality.translations` adds what is new in the sources (untranslated), drops what is gone, compiles;
with `--check` it only reports.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

from config.launch.environment import ROOT

APPS = ("sla", "plans", "tickets", "config")
CATALOGUE = "locale/en/LC_MESSAGES/django.po"
# Function name to the places of context, singular and plural among its arguments.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], (None, 0, None)),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (None, 0, 1)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], (0, 1, None)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], (0, 1, 2)),
}
TEMPLATE_CALL = re.compile(r"\b(n?p?gettext|_)\(((?:\s*u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\s*,?)+)")
# A half-width mark beside Chinese; what stands between quotation marks is shown as it is typed.
QUOTED = re.compile("“[^”]*”")
HOLE = re.compile(r"%\(\w+\)\d*[sd]|%[sd]|\{\w+\}")
HAN = "[\u4e00-\u9fff”）]"
HALF_WIDTH = re.compile(rf"{HAN} ?[,;:!?](?!\d)|[,;!?] ?{HAN}|\([^()]*{HAN}|{HAN}[^()]*\)")
LITERAL = re.compile(r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")


class Message(NamedTuple):
    """A text in the sources that a person may read."""

    context: str | None
    singular: str
    plural: str | None


def from_call(name: str, words: list[str | None]) -> Message | None:
    """Return the message of one gettext call, None when it is not one or its text is not a literal."""
    if name not in CALLS:
        return None
    context, singular, plural = (words[at] if at is not None and at < len(words) else None for at in CALLS[name])
    return Message(context, singular, plural) if singular else None


def in_python(source: str) -> Iterator[Message]:
    """Yield the messages of a Python file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            message = from_call(name, [literal(argument) for argument in node.args])
            if message:
                yield message


def literal(node: ast.expr) -> str | None:
    """Return the text of a string constant, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_template(source: str) -> Iterator[Message]:
    """Yield the messages of a template, by way of the form that Django itself hands to gettext."""
    for name, words in TEMPLATE_CALL.findall(templatize(source)):
        message = from_call(name, [ast.literal_eval(word) for word in LITERAL.findall(words)])
        if message:
            yield message


def in_app(folder: Path) -> dict[Message, str]:
    """Return the messages of an app, each with the first file that holds it."""
    found: dict[Message, str] = {}
    for file in sorted(folder.rglob("*")):
        reader = {".py": in_python, ".html": in_template, ".txt": in_template, ".svg": in_template}.get(file.suffix)
        if reader and "migrations" not in file.parts:
            for message in reader(file.read_text()):
                found.setdefault(message, str(file.relative_to(folder)))
    return found


def is_half_width(text: str) -> bool:
    """Tell whether a Chinese text has a half-width mark where a full-width one belongs."""
    plain = QUOTED.sub("字", text)
    return bool(re.search(HAN, plain)) and bool(HALF_WIDTH.search(HOLE.sub("字", plain)))


def entry_of(message: Message, file: str) -> polib.POEntry:
    """Return a new, untranslated entry."""
    plural = {"msgid_plural": message.plural, "msgstr_plural": {0: "", 1: ""}} if message.plural else {}
    return polib.POEntry(msgid=message.singular, msgctxt=message.context, occurrences=[(file, "")], **plural)


def opened(path: Path) -> polib.POFile:
    """Return a catalogue, a new one when there is none."""
    if path.exists():
        return polib.pofile(str(path), wrapwidth=120)
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = {
        "Language": "en",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return catalogue


def key(entry: polib.POEntry) -> Message:
    return Message(entry.msgctxt, entry.msgid, entry.msgid_plural or None)


def problems(folder: Path) -> list[str]:
    """Return what is wrong with an app's catalogue: missing, untranslated, half-width, left over, not compiled."""
    catalogue, messages = opened(folder / CATALOGUE), in_app(folder)
    entries = {key(entry): entry for entry in catalogue if not entry.obsolete}
    unsaid = [f"missing: {message.singular!r} ({file})" for message, file in messages.items() if message not in entries]
    open_ones = [f"untranslated or fuzzy: {m.singular!r}" for m, entry in entries.items() if not entry.translated()]
    gone = [f"no longer used: {message.singular!r}" for message in entries if message not in messages]
    halves = [
        f"half-width mark: {message.singular!r} ({file})"
        for message, file in messages.items()
        if is_half_width(message.singular)
    ]
    compiled = (folder / CATALOGUE).with_suffix(".mo")
    stale = bool(entries) and (not compiled.exists() or compiled.read_bytes() != catalogue.to_binary())
    return [*unsaid, *open_ones, *gone, *halves, *(["not compiled: run `make translations`"] if stale else [])]


def clashes(folders: Iterable[Path]) -> list[str]:
    """Return the texts that two apps translate each in its own way: Django shows one of them, wherever they stand."""
    said: dict[tuple[str | None, str], dict[str, str]] = {}
    for folder in folders:
        for entry in opened(folder / CATALOGUE):
            if entry.translated():
                english = entry.msgstr or " / ".join(entry.msgstr_plural.values())
                said.setdefault((entry.msgctxt, entry.msgid), {})[folder.name] = english
    found = [(text, told) for (_context, text), told in said.items() if len(set(told.values())) > 1]
    return [f"two English texts, give one a context: {text!r} {told}" for text, told in found]


def update(folder: Path) -> None:
    """Add what is new, drop what is gone, compile."""
    path, messages = folder / CATALOGUE, in_app(folder)
    if not messages and not path.exists():
        return
    catalogue = opened(path)
    kept = {key(entry): entry for entry in catalogue if not entry.obsolete}
    catalogue.clear()
    catalogue.extend(kept.get(message) or entry_of(message, file) for message, file in messages.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))


def main(words: list[str]) -> int:
    """Update all catalogues; with `--check` change nothing. Return 1 when anything is left to translate."""
    left = False
    for app in APPS:
        if "--check" not in words:
            update(ROOT / app)
        for problem in problems(ROOT / app):
            left = True
            print(f"{app}: {problem}")
    for clash in clashes(ROOT / app for app in APPS):
        left = True
        print(clash)
    return int(left)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
