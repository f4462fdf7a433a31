"""News of what a contract promises, for whoever works on what is open under it."""

from datetime import datetime
from typing import Any

from plans.models import Amendment, Contract, User

# Stands in the code of a policy that is one contract's own.
OWN = "@"


def announce(
    *,
    contract: Contract,
    kind: Amendment.Kind,
    reason: str,
    actor: User | None,
    at: datetime,
    changed: dict[str, Any] | None = None,
) -> Amendment:
    """Put up the news that a contract promises something else from now on, and return its row. Call inside atomic."""
    return Amendment.objects.create(
        contract=contract,
        kind=kind,
        reason=reason.strip()[:400],
        actor=actor,
        at=at,
        retry_at=at,
        changed=changed or {},
    )
