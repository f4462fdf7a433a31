"""A no to an action: what is refused, by which clause, and what can be done instead."""

from collections.abc import Sequence


class RefusedError(Exception):
    """Raised when an action on plans, contracts or keys must not be done; nothing was written."""

    def __init__(
        self, code: str, message: str, *, promise: str = "", clause: str = "", ways_on: Sequence[str] = ()
    ) -> None:
        self.code = code
        self.message = message
        self.promise = promise
        self.clause = clause
        self.ways_on = list(ways_on)
        super().__init__(message)
