"""On which hours a service is given."""

from plans.agreements import Agreement
from plans.models import Entitlement, Switch


def hours_of(agreement: Agreement, entitlement: Entitlement) -> str:
    """Return the code of the calendar on which a service is given, or "" where the source gives no hours.

    What the contract agreed comes first, then its switch for the hotline, then the branch that serves it.
    Source: Y20, K09, Y19
    """
    item, contract = entitlement.item, agreement.contract
    if agreed := agreement.calendars.get(entitlement.pk):
        return agreed
    if item.service == "hotline" and (switched := agreement.switches.get(Switch.Name.HOTLINE_CALENDAR)):
        return switched
    if item.service in ("im", "hotline", "ticket") and agreement.is_served_by_branch and contract.branch:
        return contract.branch.calendar
    return item.calendar
