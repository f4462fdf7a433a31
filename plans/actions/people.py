"""Writes of people: users, teams, branches, customers and contacts, one at a time as an administrator keeps them."""

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Branch, Contact, Contract, Customer, Team, User
from plans.refusals import RefusedError

Person = User | Team | Branch | Customer | Contact


@transaction.atomic
def keep(*, row: Person) -> None:
    """Save a person or place. Raises RefusedError where what it says does not fit together."""
    if isinstance(row, User) and row.is_customer and (row.is_staff or row.is_superuser):
        raise RefusedError("customer_is_staff", _("客户方用户不能进入后台。"))
    if isinstance(row, Team) and row.lead and row.lead.is_customer:
        raise RefusedError("customer_leads", _("组长须是我方人员。"))
    row.save()


@transaction.atomic
def amend(*, contract: Contract) -> None:
    """Save a contract's term and places. Raises RefusedError when the term runs backwards."""
    if contract.ends_on < contract.starts_on:
        raise RefusedError("term_backwards", _("服务期结束早于开始。"))
    fields = ["starts_on", "ends_on", "ended_on", "timezone", "branch", "team"]
    contract.save(update_fields=fields)
