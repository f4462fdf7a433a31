"""Lay out what a contract owes over its term, and bring what is open up to what it says now."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from plans.actions.obligations.timing import stop
from plans.models import Contract, Entitlement, Item, Obligation
from plans.obligations.wanted import Wanted, hours_of, key_of, line_of, lines_of, wanted_of
from plans.terms import last_day, local_date

State = Obligation.State
BATCH = 2000
# What a changed contract may change of what is still owed.
LAID = (
    "item", "entitlement", "line", "number", "of", "opens_on", "due_on", "what", "what_en", "policy", "state",
    "laid_on", "settled_at", "clock",
)  # fmt: skip


@transaction.atomic
def lay_out(*, contract: Contract, at: datetime) -> None:
    """Lay out all that a contract owes by when; what is settled or late stands, the rest follows what it says now.

    May be called as often as one likes. What was over before a change of the contract is not owed for it.
    """
    today = local_date(contract, at)
    wanted = wanted_of(contract, lines_of(contract))
    rows = list(contract.obligations.select_related("item", "clock").select_for_update(of=("self",)))
    kept = {key_of(row.item, row.line, row.opens_on): row for row in rows}
    changed = [row for key, row in kept.items() if _bring(row, wanted.get(key), contract, at)]
    Obligation.objects.bulk_update(changed, LAID, batch_size=BATCH)
    # At signing all is laid out; a later change owes nothing for the time before it.
    is_signing = at <= contract.signed_at
    missing = [one for key, one in wanted.items() if key not in kept and (is_signing or one.window.due_on >= today)]
    _create(contract, missing, today)


def lay_out_new(*, contracts: Iterable[Contract], at: datetime) -> None:
    """Lay out what contracts owe that have just been signed, many at once. Call inside atomic."""
    by_key = {contract.pk: contract for contract in contracts}
    prefetch_related_objects(list(by_key.values()), "branch")
    # An item is wide, and the same for thousands of contracts: it is read once, and nothing is joined to it.
    items = Item.objects.exclude(frequency=[]).in_bulk()
    rows = Entitlement.objects.filter(contract__in=by_key, item__in=items.keys()).order_by("contract_id", "pk")
    laid = []
    for row in rows:
        contract, row.item = by_key[row.contract_id], items[row.item_id]
        wanted = wanted_of(contract, [line_of(row, said, hours_of(contract)) for said in row.item.frequency])
        laid += [_row(contract, one, local_date(contract, at)) for one in wanted.values()]
    Obligation.objects.bulk_create(laid, batch_size=BATCH)


def _create(contract: Contract, wanted: Iterable[Wanted], today: date) -> None:
    Obligation.objects.bulk_create([_row(contract, one, today) for one in wanted], batch_size=BATCH)


def _row(contract: Contract, one: Wanted, today: date) -> Obligation:
    return Obligation(contract=contract, laid_on=today, **one.fields)


def _bring(row: Obligation, wanted: Wanted | None, contract: Contract, at: datetime) -> bool:
    """Let one row follow what the contract says now; tell whether it is to be saved."""
    today = local_date(contract, at)
    if row.state == State.CANCELLED:
        return wanted is not None and _revive(row, wanted.fields, today)
    if row.state != State.OWED or row.due_on < today:
        return False
    is_over = last_day(contract) < today
    if wanted is None or is_over:
        return _cancel(row, at)
    return _change(row, wanted.fields, at)


def _cancel(row: Obligation, at: datetime) -> bool:
    stop(row, at)
    row.state, row.settled_at, row.clock = State.CANCELLED, at, None
    return True


def _revive(row: Obligation, fields: Mapping[str, object], today: date) -> bool:
    if row.due_on < today and fields["due_on"] == row.due_on:
        return False
    _take(row, fields)
    row.state, row.settled_at, row.laid_on = State.OWED, None, today
    return True


def _change(row: Obligation, fields: Mapping[str, object], at: datetime) -> bool:
    """Give an open row new values; where its date or policy is another, a new clock will follow it."""
    if all(getattr(row, name) == value for name, value in fields.items()):
        return False
    if (row.due_on, row.policy) != (fields["due_on"], fields["policy"]):
        stop(row, at)
        row.clock = None
    _take(row, fields)
    return True


def _take(row: Obligation, fields: Mapping[str, object]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
