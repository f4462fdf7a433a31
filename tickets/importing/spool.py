"""A file beside the export in which its records are found again: memory stays flat, whatever the export's size."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from tickets.importing import zammad, zendesk
from tickets.importing.records import Past, Problem, Raw, RecordError
from tickets.importing.spooled import Filed
from tickets.importing.streams import Record, records

READERS: Mapping[str, ModuleType] = {"zendesk": zendesk, "zammad": zammad}
LAYOUT = """
CREATE TABLE ticket (place INTEGER PRIMARY KEY, id TEXT UNIQUE, updated TEXT, stands TEXT, raw TEXT);
CREATE TABLE hanging (ticket TEXT, kind TEXT, id TEXT, raw TEXT, PRIMARY KEY (ticket, kind, id)) WITHOUT ROWID;
CREATE TABLE named (kind TEXT, id TEXT, updated TEXT, raw TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""
# An export may list a ticket several times, as it was at different times: the latest counts.
TICKET = """
INSERT INTO ticket (id, updated, stands, raw) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET updated = excluded.updated, stands = excluded.stands, raw = excluded.raw
WHERE excluded.updated >= ticket.updated
"""
NAMED = """
INSERT INTO named (kind, id, updated, raw) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET updated = excluded.updated, raw = excluded.raw
WHERE excluded.updated >= named.updated
"""
HANGING = "INSERT OR REPLACE INTO hanging (ticket, kind, id, raw) VALUES (?, ?, ?, ?)"
NEXT = "SELECT place, id, stands, raw FROM ticket WHERE place > ? ORDER BY place LIMIT ?"


@dataclass(frozen=True, slots=True)
class Placed:
    """A ticket of an export, or why it cannot be understood, with its place in the order of reading."""

    place: int
    past: Past | None
    problem: Problem | None = None


def fill(path: Path, source: str, files: Iterable[tuple[Path, str]]) -> Iterator[Problem]:
    """Read files through into a new spool, yielding what cannot be read; the spool stands once this has ended."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as spool:
        spool.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;" + LAYOUT)
        for file, name in files:
            for found in records(file, name):
                yield from _keep(spool, source, found) if isinstance(found, Record) else (found,)
        spool.commit()
    draft.replace(path)


def _keep(spool: sqlite3.Connection, source: str, record: Record) -> Iterator[Problem]:
    try:
        for one in READERS[source].filed(record.section, record.raw):
            _write(spool, one, record.where)
    except RecordError as error:
        yield error.told(record.where, str(record.raw.get("id", ""))[:64])


def _write(spool: sqlite3.Connection, one: Filed, where: str) -> None:
    # Lone surrogates, which no UTF-8 can hold, stay escaped.
    raw = json.dumps(one.raw)
    if one.ticket:
        spool.execute(HANGING, (one.ticket, one.kind, one.id, raw))
    elif one.kind == "ticket":
        spool.execute(TICKET, (one.id, one.updated, where, raw))
    else:
        spool.execute(NAMED, (one.kind, one.id, one.updated, raw))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a spool that stands, to read."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as spool:
        yield spool


def count(spool: sqlite3.Connection) -> int:
    """Return how many tickets there are."""
    found: int = spool.execute("SELECT count(*) FROM ticket").fetchone()[0]
    return found


def batch(spool: sqlite3.Connection, source: str, *, after: int, limit: int) -> list[Placed]:
    """Return the next tickets with all that hangs on them."""
    rows = spool.execute(NEXT, (after, limit)).fetchall()
    hanging = _hanging(spool, [id for _place, id, _stands, _raw in rows])
    return [_placed(spool, source, row, hanging.get(row[1], {})) for row in rows]


def _hanging(spool: sqlite3.Connection, ids: Sequence[str]) -> Mapping[str, Mapping[str, Sequence[Raw]]]:
    marks = ", ".join("?" * len(ids))
    found: dict[str, dict[str, list[Raw]]] = defaultdict(lambda: defaultdict(list))
    query = f"SELECT ticket, kind, raw FROM hanging WHERE ticket IN ({marks})"
    for ticket, kind, raw in spool.execute(query, ids):
        found[ticket][kind].append(json.loads(raw))
    return found


def _placed(
    spool: sqlite3.Connection, source: str, row: tuple[int, str, str, str], hanging: Mapping[str, Sequence[Raw]]
) -> Placed:
    place, id, where, raw = row

    def look(kind: str, named: str) -> Raw | None:
        query = "SELECT raw FROM named WHERE kind = ? AND id = ?"
        found = spool.execute(query, (kind, named)).fetchone() if named else None
        return json.loads(found[0]) if found else None

    try:
        past: Past = READERS[source].past_of(json.loads(raw), hanging, look)
    except RecordError as error:
        return Placed(place, None, error.told(where, id))
    return Placed(place, replace(past, where=where))
