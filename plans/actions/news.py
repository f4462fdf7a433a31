"""News of what a contract promises, for whoever works on what is open under it, and for people to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from plans.models import AccountNotice, Amendment, Contract, User

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


def tell(  # noqa: PLR0913  one piece of news has this many sides
    *,
    kind: str,
    contract: Contract,
    about: dict[str, Any],
    to: Sequence[str],
    at: datetime,
    key: str,
    not_before: datetime | None = None,
) -> AccountNotice | None:
    """Have people told something about a contract and return its row; None where its key was told before.

    `to` holds roles of the contract (success_manager, technical_manager, account_team, partner, team_lead,
    customer_admins) or single people (contact:<key>, user:<key>). `about` is what the letter of this kind needs, as
    JSON. With `not_before` the letter waits until then. Call inside atomic.
    """
    said = {
        "kind": kind,
        "contract": contract,
        "about": about,
        "to": list(to),
        "at": at,
        "not_before": not_before or at,
    }
    row, is_new = AccountNotice.objects.get_or_create(key=key, defaults=said)
    return row if is_new else None


def tell_many(rows: Iterable[AccountNotice]) -> None:
    """Have people told many things at once, in as many questions as for one; what its key told before is left out."""
    AccountNotice.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def withhold_news(*, before: datetime, kinds: str, reason: str) -> int:
    """Keep news for good that was to be told before an instant, of kinds that begin with `kinds`; return how many."""
    rows = AccountNotice.objects.filter(finished_at=None, not_before__lt=before, kind__startswith=kinds)
    return rows.update(finished_at=before, error=reason)
