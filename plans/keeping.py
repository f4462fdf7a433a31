"""Bytes that are kept: written once under their digest, given back by it."""

import hashlib
import os
import re
import tempfile
import time
import unicodedata
from pathlib import Path

from django.conf import settings

NAME_LIMIT = 120
# Seconds. Younger bytes are not removed: whoever stores the same ones may not have written the row that names them yet.
YOUNG = 24 * 3600
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
# What Windows takes for a device, whatever follows the dot.
DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def store(content: bytes) -> str:
    """Write bytes under their digest, once, and return it; a file that no row names later does no harm."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    if not _is_there(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    return digest


def _is_there(path: Path) -> bool:
    """Tell whether the bytes are kept already; if so they count as young again."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def drop(digest: str) -> None:
    """Remove bytes that no row names any more; what was stored within a day stays until somebody asks again."""
    path = path_of(digest)
    try:
        if path.stat().st_mtime < time.time() - YOUNG:
            path.unlink()
    except FileNotFoundError:
        return


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also when two write it at once or the power goes."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)


def path_of(digest: str) -> Path:
    """Return where the bytes with this digest lie."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest


def safe_name(name: str) -> str:
    """Return a file name that means the same on every system: no folders, no devices, no control characters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co"))
    plain = NOT_IN_NAMES.sub("_", printable).strip(" .")
    if DEVICES.match(plain):
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 10:
        plain = f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"
    return plain[:NAME_LIMIT] or "file"
