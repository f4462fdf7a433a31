"""One customer on one page: what it bought, what comes next, what was used, what may go wrong."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.models import Customer
from tickets.console.accounts.guard import SEE_ALL, accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.console.rows import Seal
from tickets.console.views import shown
from tickets.showing.account.bought import bought_of
from tickets.showing.account.coming import LATE
from tickets.showing.account.kept import is_quick, kept_of
from tickets.showing.account.reading import Account, account_of
from tickets.showing.account.risks import NOW, RULES, risks_of
from tickets.showing.account.timeline import coming_of
from tickets.showing.account.used import delivered_of, people_of, used_of

# So many things that come next are shown; the rest is folded.
SHOWN = 10


@require_safe
@agents_only
def customer_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show a customer over all its contracts that the reader may see; how promises were kept may come after.

    Those figures go through a year of tickets; where these are many, nobody should wait for them.
    """
    account = find_customer(reader, code)
    is_wanted = "kept" in request.GET or is_quick(account)
    kept = {"kept": kept_of(account) if is_wanted else None, "kept_url": f"{request.path}?kept=1"}
    if request.headers.get("HX-Request") and kept["kept"]:
        return shown(request, "console/accounts/_kept.html", kept)
    return desk_page(request, reader, ("list", "console/accounts/customer.html"), context_of(account) | kept)


def find_customer(reader: Reader, code: str) -> Account:
    """Return a customer. Raises Http404 for one of whose contracts the reader may see none."""
    customer = None if "\0" in code else Customer.objects.filter(code=code).first()
    if customer is None:
        raise Http404
    account = account_of(customer, accounts_of(reader.user), reader.user, reader.at)
    if not account.held and reader.user.role not in SEE_ALL:
        raise Http404
    return account


def context_of(account: Account) -> dict[str, Any]:
    """Return what the page needs."""
    coming, risks = coming_of(account), risks_of(account)
    return {
        "account": account,
        "customer": account.customer,
        "risks": risks,
        "rules": len(RULES),
        "worst": sum(risk.count for risk in risks if risk.severity == NOW),
        "next": [one for one in coming if one.tone != LATE][:1],
        "coming": coming[:SHOWN],
        "later": coming[SHOWN:],
        "late": sum(one.tone == LATE for one in coming),
        "bought": [(one, Seal.of(one.held.contract.plan)) for one in bought_of(account)],
        "used": used_of(account),
        "delivered": delivered_of(account),
        "people": people_of(account),
        "tickets": account.tickets.unfinished().count(),
    }


# A code is the customer's own, and may hold a slash.
urlpatterns = [path("customers/<path:code>/", customer_page, name="customer")]
