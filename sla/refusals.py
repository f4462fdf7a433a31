"""A refusal: what is refused, by which clause, and what can be done instead."""

from collections.abc import Sequence


class ActionRefusedError(Exception):
    """Raised by an action that may not be done as things stand; nothing was changed.

    `message`, `clause` and `ways_on` are for people, in the language active when it was raised; `code` is stable.
    """

    def __init__(
        self, code: str, message: str, *, promise: str = "", clause: str = "", ways_on: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.promise = promise
        self.clause = clause
        self.ways_on = list(ways_on)
