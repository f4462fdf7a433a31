"""The journal of contracts: whoever changes one does it inside `changing`, and what differs afterwards is written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from plans.actions.news import tell
from plans.history.states import Changed, State, applied, difference, folded, state_of, states_of
from plans.models import Contract, ContractChange, User
from plans.terms import local_date

Kind = ContractChange.Kind
# Who is told of a change that touches what is promised, and which changes do.
TOLD = ("success_manager", "customer_admins")
TOLD_KINDS = (
    Kind.TERM, Kind.PLAN, Kind.PRODUCTS, Kind.SWITCH, Kind.OVERRIDE, Kind.WITHDRAWN, Kind.BEGUN, Kind.LAPSED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decides a change, when and why."""

    actor: User | None
    at: datetime
    reason: str = ""


@contextmanager
def changing(contract: Contract, kind: Kind, decided: Decided) -> Iterator[None]:
    """Lock a contract, let it be changed, and write down what differs; nothing where nothing does.

    What was changed before without being written down is written first, as found.
    """
    with transaction.atomic():
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        _catch_up(contract, decided)
        yield
        write(contract, kind, decided, difference(_known(contract), state_of(contract)))


def write_first(contract: Contract, kind: Kind, decided: Decided) -> None:
    """Write down a contract that was signed just now."""
    write(contract, kind, decided, difference({}, state_of(contract)))


def write(contract: Contract, kind: Kind, decided: Decided, changed: Changed) -> ContractChange | None:
    """Write one row of a contract's history and return it; None where nothing changed. Call inside atomic."""
    if not changed:
        return None
    row = _row(contract, kind, decided, changed)
    row.number = contract.changes.count() + 1
    row.save()
    if kind in TOLD_KINDS:
        key = f"contract_changed:{contract.number}:{row.number}"
        tell(kind="contract_changed", contract=contract, about={"change": row.pk}, to=TOLD, at=decided.at, key=key)
    return row


def write_many(contracts: Iterable[Contract], decided: Decided) -> None:
    """Write down what a bulk load made of contracts, as far as it differs from what was known of them.

    Nobody is told: whoever loads many at once brings in what both sides know.
    """
    by_key = {contract.pk: contract for contract in contracts}
    known: dict[int, State] = {}
    last: Counter[int] = Counter()
    kept = ContractChange.objects.filter(contract__in=by_key).order_by("number").values_list("contract", "changed")
    for pk, changed in kept:
        known[pk] = applied(known.get(pk, {}), changed)
        last[pk] += 1
    rows = []
    for pk, state in states_of(by_key).items():
        if found := difference(known.get(pk, {}), state):
            row = _row(by_key[pk], Kind.IMPORTED if pk in known else Kind.SIGNED, decided, found)
            row.number = last[pk] + 1
            rows.append(row)
    ContractChange.objects.bulk_create(rows, batch_size=2000)


def _row(contract: Contract, kind: Kind, decided: Decided, changed: Changed) -> ContractChange:
    actor = decided.actor
    return ContractChange(
        contract=contract, kind=kind, changed=changed, reason=decided.reason.strip()[:400], actor=actor,
        actor_display=str(actor) if actor else "", at=decided.at, on=local_date(contract, decided.at),
    )  # fmt: skip


def _known(contract: Contract) -> State:
    return folded(contract.changes.order_by("number").values_list("changed", flat=True))


def _catch_up(contract: Contract, decided: Decided) -> None:
    """Write what the history does not know yet: all of a contract older than its history, or what was found changed."""
    found = difference(_known(contract), state_of(contract))
    if not found:
        return
    is_known = contract.changes.exists()
    at = decided.at if is_known else min(contract.signed_at, decided.at)
    write(contract, Kind.FOUND if is_known else Kind.SIGNED, Decided(None, at), found)
