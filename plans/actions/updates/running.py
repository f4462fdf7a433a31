"""How a product runs, as far as its updates depend on it: written down with its contract's history. Source: K11"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from plans.actions.history import Decided, Kind, changing
from plans.models import OwnedProduct, User
from plans.refusals import RefusedError


@dataclass(frozen=True, slots=True)
class Running:
    """Shared by tenants or one's own, at which pace, with custom development or without; blank or None: not known."""

    tenancy: str = ""
    pace: str = ""
    is_customised: bool | None = None


def describe(*, owned: OwnedProduct, running: Running, reason: str, actor: User, at: datetime) -> OwnedProduct:
    """Write down how a product of a contract runs. Raises RefusedError without a reason."""
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    with changing(owned.contract, Kind.PRODUCTS, Decided(actor, at, reason)):
        owned.tenancy, owned.pace, owned.is_customised = running.tenancy, running.pace, running.is_customised
        owned.save(update_fields=["tenancy", "pace", "is_customised"])
    return owned
