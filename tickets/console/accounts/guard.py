"""Which contracts somebody may see and change: the account team theirs, leads, managers and administrators all."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from plans.models import Contract, Role, User
from tickets.console.guard import Reader, agents_only

SEE_ALL = (Role.LEAD, Role.MANAGER, Role.ADMIN)
AMENDERS = (Role.MANAGER, Role.ADMIN)
RELATED = ("customer", "plan", "branch", "team")


def accounts_of(user: User) -> QuerySet[Contract]:
    """Return the contracts that one of our people may see."""
    if user.role in SEE_ALL:
        return Contract.objects.all()
    return Contract.objects.filter(pk__in=user.accounts.values("contract"))


def may_write(user: User, contract: Contract) -> bool:
    """Tell whether a user may do an account's daily work: book, hand over, record."""
    return user.role in SEE_ALL or contract.account_team.filter(user=user).exists()


def may_amend(user: User) -> bool:
    """Tell whether a user may sign contracts and change what they say."""
    return user.role in AMENDERS


def for_account(
    *, write: bool = False, amend: bool = False
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return what makes a page one of an account: called with its contract and the instant it is made for.

    Somebody else's contract is not found; who may see it but not write, or not amend, is refused.
    """

    def wrap(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(page)
        def guarded(request: HttpRequest, reader: Reader, number: str, *args: object, **more: object) -> HttpResponse:
            contract = find_account(reader.user, number)
            if (write and not may_write(reader.user, contract)) or (amend and not may_amend(reader.user)):
                raise PermissionDenied
            return page(request, contract, reader.at, *args, **more)

        return agents_only(guarded)

    return wrap


def amenders_only(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the page for those who may sign contracts, called with its reader; others are refused."""

    @wraps(page)
    def guarded(request: HttpRequest, reader: Reader, *args: object, **more: object) -> HttpResponse:
        if not may_amend(reader.user):
            raise PermissionDenied
        return page(request, reader, *args, **more)

    return agents_only(guarded)


def find_account(user: User, number: str) -> Contract:
    """Return a contract. Raises Http404 for one that the user may not see as for one that never was."""
    found = None if "\0" in number else accounts_of(user).select_related(*RELATED).filter(number=number).first()
    if found is None:
        raise Http404
    return found
