"""What a contract would come to: it is signed, read and undone, so that what is shown is what would be signed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction

from plans.models import Contract, Obligation
from plans.overlaps import Bought, Overlap, overlaps_of
from plans.quotas.rights import Right, rights_of


@dataclass(frozen=True, slots=True)
class Preview:
    """What a contract would give and owe, and which other contracts it would meet."""

    contract: Contract
    rights: Sequence[Right]
    owed: Sequence[Obligation]
    overlaps: Sequence[Overlap]


def preview(signing: Callable[[], Contract]) -> Preview:
    """Return what signing would come to; nothing stays of it. Raises whatever RefusedError the signing raises."""
    with transaction.atomic():
        contract = signing()
        found = Preview(
            contract,
            rights_of(contract, contract.starts_on),
            list(contract.obligations.select_related("item").order_by("due_on", "pk")),
            overlaps_of(Bought.of(contract)),
        )
        transaction.set_rollback(True)
    return found
