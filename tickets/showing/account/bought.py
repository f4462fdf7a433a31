"""What a customer bought, contract by contract, in words: plan, term, products, people, and what was agreed beside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from plans.history.states import agreement
from plans.history.words import Names, agreement_in
from plans.models import OwnedProduct, Switch
from plans.wording import name_of
from tickets.showing.account.reading import Account, Held
from tickets.showing.wording import name_of as called


@dataclass(frozen=True)
class Bought:
    """One contract on the page of its customer."""

    held: Held
    # Products that run alike together: their names, and how they run.
    products: Sequence[tuple[str, str]]
    seats: Sequence[tuple[str, str]]
    # What was agreed beside the plan's words, and how what the source leaves open was decided.
    agreements: Sequence[str]


def bought_of(account: Account) -> list[Bought]:
    """Return the contracts that run or will, in words; without one, the last that ended."""
    shown = account.current or account.held[:1]
    is_plain = not account.agreements and not any(one.contract.switches.all() for one in shown)
    names = Names() if is_plain else Names.known()
    return [_bought(one, account, names) for one in shown]


def _bought(one: Held, account: Account, names: Names) -> Bought:
    agreed = [row for row in account.agreements if row.entitlement.contract_id == one.contract.pk]
    return Bought(
        held=one,
        products=_products(one.contract.owned_products.all()),
        seats=[(str(seat.get_seat_display()), called(seat.user)) for seat in one.seats],
        agreements=[
            *(agreement_in(agreement(row), names) for row in agreed),
            *(_switch(row, names) for row in one.contract.switches.all()),
        ],
    )


def _products(rows: Iterable[OwnedProduct]) -> list[tuple[str, str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        parts = [row.get_deployment_display(), row.tenant, row.version]
        found.setdefault(" · ".join(str(part) for part in parts if part), []).append(name_of(row.product))
    return [(_("、").join(names), how) for how, names in found.items()]


def _switch(row: Switch, names: Names) -> str:
    served = {"branch": _("由分公司受理"), "hq": _("由总部受理")}
    value = served.get(row.value) or names.calendars.get(row.value, row.value)
    return f"{row.get_name_display()} · {value}"
