"""What the database says when two requests want the same thing at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.db import OperationalError
from django.utils.translation import gettext as _

from sla.api.problems import ProblemError

LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def busy_is_conflict() -> Iterator[None]:
    """Turn a lock that was not given in time into 409: the same request is still being worked on."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        message = _("同一请求仍在处理中，请稍后重试。")
        raise ProblemError("in_progress", message, status=HTTPStatus.CONFLICT, headers={"Retry-After": "1"}) from error
