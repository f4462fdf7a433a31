"""A no to an action: what is refused, by which clause, and what can be done instead."""

from sla.refusals import ActionRefusedError


class RefusedError(ActionRefusedError):
    """Raised when an action on plans, contracts or keys must not be done; nothing was written."""
