"""What one contract says: its term, its people, its products, and what was agreed beside the plan's words."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.accounts import account_team
from plans.models import Contract
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page


@require_safe
@for_account()
def contract_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a contract."""
    context = {
        "products": contract.owned_products.select_related("product"),
        "seats": contract.account_team.select_related("user"),
        "team_count": len(account_team(contract)),
    }
    return account_page(request, contract, at, ("contract", "console/accounts/contract.html"), context)


urlpatterns = [path("<str:number>/", contract_page, name="contract")]
