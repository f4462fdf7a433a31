"""What is kept of an export's records until each ticket is put together, as their readers see it."""

from collections.abc import Callable
from dataclasses import dataclass

from tickets.importing.records import Raw

# Return a record by its kind and id, None where the export has none.
Look = Callable[[str, str], Raw | None]


@dataclass(frozen=True, slots=True)
class Filed:
    """A record with what it is; `ticket` where it hangs on one. Of two with one id the one updated last counts."""

    kind: str
    id: str
    raw: Raw
    ticket: str = ""
    updated: str = ""
