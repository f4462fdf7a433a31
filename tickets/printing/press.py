"""Documents as PDF: a template of ours, filled with content that is shown as text and never read as markup."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
CHARACTERS = HERE / "fonts" / "characters.txt"
# Seconds that a document may take; one of thirty pages takes one.
PATIENCE = 30.0
LARGEST_CONTENT = 4 << 20  # bytes
NAME = re.compile(r"[a-z][a-z0-9_]*")
PICTURE = re.compile(r"[a-z0-9][a-z0-9_-]*\.(svg|png)")
# What a text may not hold: what is no character, and what PDF viewers would do odd things with.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")


class PrintingError(Exception):
    """A document could not be set: too large, too slow, or its template and its content do not fit."""


def print_pdf(
    template: str,
    content: Mapping[str, Any],
    *,
    language: str,
    files: Mapping[str, bytes] | None = None,
    patience: float = PATIENCE,
) -> bytes:
    """Return a document as PDF: `templates/<template>.typ`, filled with `content`, in "zh" or "en".

    `content` is what JSON can say, dates included; `files` are pictures by name (`kept.svg`), which the template
    places. The same content gives the same bytes. Takes a second or two in a process of its own: not for a page that
    somebody waits for. Raises PrintingError.
    """
    said = json.dumps(_printable(content), ensure_ascii=False, allow_nan=False).encode()
    if len(said) > LARGEST_CONTENT:
        raise PrintingError(f"{template}: {len(said)} bytes of content, at most {LARGEST_CONTENT}.")
    with tempfile.TemporaryDirectory(prefix="shouyue-print-") as name:
        folder = Path(name)
        _lay_out(folder, template, said, files or {})
        drawn = [picture.decode() for name, picture in (files or {}).items() if name.endswith(".svg")]
        fonts = "own-fonts" if all(map(_is_in_own_type, [said.decode(), *drawn])) else "system-fonts"
        _run(template, [str(folder), "en" if language.startswith("en") else "zh", fonts], patience)
        return (folder / "out.pdf").read_bytes()


def _lay_out(folder: Path, template: str, said: bytes, files: Mapping[str, bytes]) -> None:
    """Put everything that the template may read into a folder of its own: it can read nothing else."""
    if not NAME.fullmatch(template) or not (TEMPLATES / f"{template}.typ").is_file():
        raise PrintingError(f"No template {template!r}.")
    for part in TEMPLATES.glob("*.typ"):
        shutil.copy(part, folder / part.name)
    shutil.copy(TEMPLATES / f"{template}.typ", folder / "main.typ")
    (folder / "content.json").write_bytes(said)
    for name, picture in files.items():
        if not PICTURE.fullmatch(name):
            raise PrintingError(f"{name!r} is no name for a picture.")
        (folder / name).write_bytes(picture)


def _run(template: str, words: list[str], patience: float) -> None:
    """Let the typesetter work, and end it when it takes too long. Raises PrintingError with what it said."""
    with tempfile.TemporaryFile() as complaint:
        # Nothing of our own environment goes along: no address of a database, no secret.
        child = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "typesetter.py"), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaint,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "RAYON_NUM_THREADS": "2"},
            start_new_session=True,
        )
        try:
            code = child.wait(patience)
        except subprocess.TimeoutExpired:
            raise PrintingError(f"{template}: not set within {patience:g} seconds.") from None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if code != 0:
            complaint.seek(0)
            raise PrintingError(f"{template}: {complaint.read(4000).decode(errors='replace').strip() or code}")


def _printable(value: Any) -> Any:
    """Return content without what cannot be printed; the order of what is in it stays."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("", value)
    if isinstance(value, Mapping):
        return {str(key): _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _is_in_own_type(text: str) -> bool:
    """Tell whether our own fonts have every character of a text; where not, the machine's are asked too."""
    return own_characters().issuperset(text)


@cache
def own_characters() -> frozenset[str]:
    """Return every character that our own fonts hold, and the line ends."""
    return frozenset("\n\t").union(*(_span(line) for line in CHARACTERS.read_text().split()))


def _span(line: str) -> Iterator[str]:
    first, _, last = line.partition("-")
    return map(chr, range(int(first, 16), int(last or first, 16) + 1))
