"""Who may see the rules and who may change them: leads read, managers and administrators write."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from plans.models import Role, User
from tickets.console.guard import Reader, agents_only

WRITERS = (Role.MANAGER, Role.ADMIN)
READERS = (Role.LEAD, *WRITERS)


def may_read(user: User) -> bool:
    """Tell whether a user may look at the rules."""
    return user.role in READERS


def may_write(user: User) -> bool:
    """Tell whether a user may change the rules."""
    return user.role in WRITERS


def readers_only(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the page for those who may look at the rules, called with its reader; other agents are refused."""
    return _only(may_read, page)


def writers_only(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the page for those who may change the rules, called with its reader; other agents are refused."""
    return _only(may_write, page)


def _only(may: Callable[[User], bool], page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(page)
    def guarded(request: HttpRequest, reader: Reader, *args: str | int, **kwargs: str | int) -> HttpResponse:
        if not may(reader.user):
            raise PermissionDenied
        return page(request, reader, *args, **kwargs)

    return agents_only(guarded)
