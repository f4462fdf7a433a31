"""The journal of contracts: whoever changes one does it inside `changing`, and what differs afterwards is written."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from plans.history.states import Changed, State, difference, folded, state_of, states_of
from plans.models import Contract, ContractChange, User
from plans.terms import local_date

Kind = ContractChange.Kind


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
    return row


def write_many(contracts: Iterable[Contract], known: dict[int, State], decided: Decided) -> None:
    """Write down what a bulk load made of contracts; `known` is what the kept ones said before it."""
    by_key = {contract.pk: contract for contract in contracts}
    rows = []
    for pk, state in states_of(by_key).items():
        changed = difference(known.get(pk, {}), state)
        if changed:
            kind = Kind.IMPORTED if pk in known else Kind.SIGNED
            rows.append(_row(by_key[pk], kind, decided, changed))
    last = dict(ContractChange.objects.filter(contract__in=by_key).order_by("number").values_list("contract", "number"))
    for row in rows:
        row.number = last.get(row.contract_id, 0) + 1
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
