"""Customers that a search may mean, beside the tickets that it finds."""

from django.db.models import Q

from plans.models import Customer
from tickets.console.accounts.guard import SEE_ALL, accounts_of
from tickets.console.guard import Reader

MOST = 5


def customers_for(query: str, reader: Reader) -> list[Customer]:
    """Return the first customers whose name or code holds `query`, of those whose page the reader may see."""
    if not query:
        return []
    holds = Q(name__icontains=query) | Q(name_en__icontains=query) | Q(code__iexact=query)
    rows = Customer.objects.filter(holds)
    if reader.user.role not in SEE_ALL:
        rows = rows.filter(pk__in=accounts_of(reader.user).values("customer"))
    return list(rows.order_by("name", "pk")[:MOST])
