"""What a contract said on any day, and everything that was changed in it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.history import as_of
from plans.history.words import Names, agreement_in, all_lines
from plans.models import Contract, Switch
from plans.terms import local_date
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page

# The last so many changes; the API has them all.
SHOWN = 200


@require_safe
@for_account()
def history(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what applied on the day asked for, today at first, and the changes, the last in front."""
    today = local_date(contract, at)
    asked = request.GET.get("on", "")
    on, is_strange = _day(asked, today)
    applied = as_of(contract, on)
    names = Names.known()
    switches = [(Switch.Name(name).label, said) for name, said in sorted(applied.switches.items())]
    context = {
        "applied": applied,
        "today": today,
        "asked": asked if is_strange else on.isoformat(),
        "is_strange": is_strange,
        "agreed": [_told(said, agreement_in(said, names), names) for said in applied.overrides],
        "switched": [
            {**_told(said, names.calendars.get(said["value"], said["value"]), names), "name": label}
            for label, said in switches
        ],
        "rows": all_lines(contract.changes.select_related("actor").order_by("-number")[:SHOWN]),
    }
    return account_page(request, contract, at, ("history", "console/accounts/history.html"), context)


def _told(said: Mapping[str, Any], words: str, names: Names) -> dict[str, Any]:
    return {"words": words, "by": names.people.get(said["by"], said["by"]), "reason": said["reason"]}


def _day(asked: str, today: date) -> tuple[date, bool]:
    """Return the day asked for, and whether what was asked is none."""
    if not asked:
        return today, False
    try:
        found = date.fromisoformat(asked)
    except ValueError:
        return today, True
    return (found, False) if 1990 <= found.year <= 2200 else (today, True)


urlpatterns = [path("<str:number>/history/", history, name="history")]
