"""What is to be delivered by when, from how often a contract gives it."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from plans.models import Contract
from plans.quotas.rights import Right
from plans.quotas.windows import windows
from plans.terms import last_day
from plans.wording import name_of


def owed_under(contract: Contract, rights: Iterable[Right], today: date) -> list[dict[str, Any]]:
    """Return what is to be delivered so many times a year or term, spread evenly over it. Source: Y13–Y15, K13"""
    rows = []
    for right in rights:
        for due_on in due_dates(contract, right.quota):
            state = "due" if due_on < today else "upcoming"
            item = right.entitlement.item
            rows.append({"promise": item.promise, "what": name_of(item), "due_on": due_on, "state": state})
    return sorted(rows, key=lambda one: one["due_on"])


def due_dates(contract: Contract, quota: dict[str, Any]) -> list[date]:
    """Return the last day of each equal part of the year, or of the term, that a counted delivery divides it into."""
    times = quota.get("amount")
    if quota.get("unit") not in ("times", "reports") or not times:
        return []
    count = int(times)
    return [
        first + timedelta(days=((last - first).days + 1) * part // count - 1)
        for first, last in windows(quota.get("period") or "term", contract.starts_on, last_day(contract))
        for part in range(1, count + 1)
    ]
