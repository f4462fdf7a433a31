"""What a contract would come to: it is signed, read and undone, so that what is shown is what would be signed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction

from plans.history import Applied, as_of
from plans.models import Contract, Obligation
from plans.overlaps import Bought, Overlap, overlaps_of
from plans.quotas.rights import Right, rights_of


@dataclass(frozen=True, slots=True)
class Preview:
    """What a contract says on its first day, gives and owes, and which other contracts it meets."""

    contract: Contract
    applied: Applied
    rights: Sequence[Right]
    owed: Sequence[Obligation]
    overlaps: Sequence[Overlap]


def preview(signing: Callable[[], Contract]) -> Preview:
    """Return what signing would come to; nothing stays of it. Raises whatever RefusedError the signing raises."""
    with transaction.atomic():
        found = come_to(signing())
        transaction.set_rollback(True)
    return found


def come_to(contract: Contract) -> Preview:
    """Return what a contract comes to."""
    owed = contract.obligations.select_related("item").order_by("due_on", "pk")
    return Preview(
        contract,
        as_of(contract, contract.starts_on),
        rights_of(contract, contract.starts_on),
        list(owed),
        overlaps_of(Bought.of(contract)),
    )
