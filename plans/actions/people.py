"""Writes of people: users, teams, branches, customers and contacts, one at a time as an administrator keeps them."""

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.rotas import come_or_go
from plans.models import BACK_OFFICE_ROLES, Branch, Contact, Customer, Role, Team, User
from plans.refusals import RefusedError

Person = User | Team | Branch | Customer | Contact


@transaction.atomic
def keep(*, row: Person) -> None:
    """Save a person or place; a user's role alone decides who gets into the back office.

    Raises RefusedError where what a row says does not fit together.
    """
    if isinstance(row, User):
        row.is_superuser = row.role == Role.ADMIN
        row.is_staff = row.role in BACK_OFFICE_ROLES
        if User.objects.filter(pk=row.pk, is_active=not row.is_active).exists():
            come_or_go(user=row)
    if isinstance(row, Team) and row.lead and row.lead.is_customer:
        raise RefusedError("customer_leads", _("组长须是我方人员。"))
    row.save()
