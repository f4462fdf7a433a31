"""A customer's plan beside the others of its vendor: what the contract gives, and what another plan would."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.catalogue.lineup import chosen, versions_of
from plans.catalogue.versions import upgrade_of
from plans.models import Contract, Plan
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.showing.catalogue.cells import lines_of, sparse
from tickets.showing.catalogue.changes import changes_told


@dataclass(frozen=True, slots=True)
class Column:
    """One plan of the comparison, and whether it is the customer's."""

    plan: Plan
    is_mine: bool


@require_safe
@for_service
def plan_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a contract's plan, in the version that it holds, beside the other plans of its vendor as they are sold."""
    mine = contract.plan.code
    versions = versions_of(contract.plan.vendor)
    plans = chosen(versions, {mine: contract.plan.version})
    lines = lines_of(plans, contract)
    upgrade = upgrade_of(contract)
    asked = request.GET.get("show", "")
    context = {
        "columns": [Column(plan, plan.code == mine) for plan in plans],
        "lines": lines,
        "mine": mine,
        "shown": asked if asked in versions else mine,
        "sparse": sparse(lines),
        "upgrade": upgrade,
        "changes": changes_told(upgrade.changes) if upgrade else [],
    }
    return service_page(request, contract, at, ("plan", "portal/service/plan.html"), context)


urlpatterns = [path("<str:number>/plan/", plan_page, name="plan")]
