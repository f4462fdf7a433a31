"""What one contract says: its term, its people, its products, and what was agreed beside the plan's words."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.history.states import agreement
from plans.history.words import Names, agreement_in
from plans.models import Contract, Override, Switch
from plans.overlaps import Bought, overlaps_of, words_of
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page


@require_safe
@for_account()
def contract_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a contract."""
    names = Names.known()
    context = {
        "products": contract.owned_products.select_related("product"),
        "seats": contract.account_team.select_related("user"),
        "agreements": _agreements(contract, names),
        "switches": [(switch, _value(switch, names)) for switch in contract.switches.select_related("decided_by")],
        "follower": Contract.objects.filter(renews=contract).first(),
        "overlaps": [words_of(one) for one in overlaps_of(Bought.of(contract))],
    }
    return account_page(request, contract, at, ("contract", "console/accounts/contract.html"), context)


def _agreements(contract: Contract, names: Names) -> list[tuple[Any, str]]:
    """Return what was ever agreed, what holds or will in front, the last agreed first."""
    rows = Override.objects.filter(entitlement__contract=contract).exclude(kind=Override.Kind.WITHDRAWN)
    found = list(rows.select_related("entitlement__item", "actor").order_by("-at", "-pk"))
    return [(row, agreement_in(agreement(row), names)) for row in sorted(found, key=lambda row: not row.is_agreed)]


def _value(switch: Switch, names: Names) -> str:
    """Return what a switch answers, in words."""
    served = {"branch": _("由分公司受理"), "hq": _("由总部受理")}
    return served.get(switch.value) or names.calendars.get(switch.value, switch.value)


urlpatterns = [path("<str:number>/", contract_page, name="contract")]
