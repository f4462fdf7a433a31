"""What was handed over under a contract, and what waits for a signature in all of the reader's accounts."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.deliverables import still_to_hand_over
from plans.deliverables.asking import can_be_handed_over
from plans.models import Contract, Deliverable, Engagement, Entitlement
from tickets.console.accounts.guard import accounts_of, for_account
from tickets.console.accounts.nav import account_page, desk_page
from tickets.console.guard import Reader, agents_only
from tickets.showing.deliverables import shown

SHOWN = 200


def rights_to_hand_over(contract: Contract) -> list[Entitlement]:
    """Return the rights of a contract that come with something to hand over, those whose plan names it in front."""
    rows = contract.entitlements.select_related("item__plan", "contract").order_by("item__section", "pk")
    found = [row for row in rows if can_be_handed_over(row.item)]
    return sorted(found, key=lambda row: not row.item.deliverable)


@require_safe
@for_account()
def deliverables_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what was handed over under a contract, what waits for the customer in front."""
    rows = list(contract.deliverables.all().brought()[:SHOWN])
    context = {
        "waiting": shown([row for row in rows if row.state == "open"], at),
        "past": shown([row for row in rows if row.state != "open"], at),
        "rights": rights_to_hand_over(contract),
    }
    return account_page(request, contract, at, ("deliverables", "console/accounts/deliverables/list.html"), context)


@require_safe
@agents_only
def sign_offs(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show what waits for a signature in all accounts of the reader, what was objected to, and what is still owed."""
    accounts = accounts_of(reader.user)
    rows = Deliverable.objects.filter(contract__in=accounts)
    delivered = Engagement.objects.filter(contract__in=accounts).select_related("contract__customer", "item")
    context = {
        "to_hand_over": still_to_hand_over(delivered)[:SHOWN],
        "waiting": shown(rows.waiting().brought()[:SHOWN], reader.at),
        "objected": shown(rows.filter(state="objected").brought()[:SHOWN], reader.at),
    }
    return desk_page(request, reader, ("sign_offs", "console/accounts/deliverables/desk.html"), context)


urlpatterns = [
    path("-/deliverables/", sign_offs, name="sign_offs"),
    path("<str:number>/deliverables/", deliverables_page, name="deliverables"),
]
