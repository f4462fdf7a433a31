"""The journal of a deliverable, and the news of each step for those it concerns."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from plans.actions.news import tell
from plans.deliverables.access import signatories
from plans.models import AccountNotice, Deliverable, DeliverableStep, SignOffRound, User

Kind = DeliverableStep.Kind
# Who answers for what is handed over, beside who did it. Source: Y22, K10
ARRANGERS = ("success_manager", "technical_manager")
RELATED = ("contract__customer", "contract__plan", "item", "entitlement", "engagement__requested_by", "addressee")


def lock(deliverable: Deliverable) -> Deliverable:
    """Return a deliverable as it stands now, held until the end of the transaction. Call inside atomic."""
    rows = Deliverable.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related(*RELATED).get(pk=deliverable.pk)


def standing_round(deliverable: Deliverable) -> SignOffRound:
    """Return the last round of a locked deliverable."""
    row = deliverable.rounds.select_related("clock", "handed_over_by").order_by("number").last()
    if row is None:
        raise LookupError(f"{deliverable} was never handed over.")
    row.deliverable = deliverable
    return row


def note(row: SignOffRound, kind: Kind, actor: User | None, at: datetime, **fields: Any) -> DeliverableStep:
    """Write one line of the journal and return it."""
    return DeliverableStep.objects.create(
        deliverable=row.deliverable, round=row, kind=kind, at=at, actor=actor, actor_display=str(actor or ""),
        fields=fields,
    )  # fmt: skip


def decide(row: SignOffRound, outcome: str, at: datetime, **fields: Any) -> None:
    """Save what came of a round, and that it stands for the deliverable."""
    row.outcome, row.decided_at = outcome, at
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=["outcome", "decided_at", *fields])
    row.deliverable.state = outcome
    row.deliverable.save(update_fields=["state"])


def inform(
    row: SignOffRound, kind: str, to: Iterable[str], at: datetime, *, key: str = "", **more: Any
) -> AccountNotice | None:
    """Have people told of a step of a round, once for each kind and `key`."""
    readers, deliverable = [*dict.fromkeys(to)], row.deliverable
    if not readers:
        return None
    return tell(
        kind=f"deliverable_{kind}", contract=deliverable.contract, about={"round": row.pk, **more}, to=readers, at=at,
        key=f"deliverable:{deliverable.pk}:{row.number}:{kind}{f':{key}' if key else ''}",
    )  # fmt: skip


def theirs(deliverable: Deliverable) -> list[str]:
    """Return the customer's people who are told: those who may sign."""
    return [f"contact:{one.pk}" for one in signatories(deliverable)]


def ours(row: SignOffRound) -> list[str]:
    """Return our people who are told: who handed it over, and who answers for the contract."""
    handed = [f"user:{row.handed_over_by_id}"] if row.handed_over_by_id else []
    return [*handed, *ARRANGERS]
