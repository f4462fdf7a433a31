"""The journal of windows and requests, and the news of their steps for those they concern."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plans.actions.news import tell
from plans.models import AccountNotice, Contract, UpdateRequest, UpdateStep, UpdateWindow, User
from plans.updates.reading import affected, local_day

Kind = UpdateStep.Kind
# Who answers for updates of an account. Source: K10, Y22
OURS = ("technical_manager", "success_manager")
# As many letters' rows as one statement writes.
BATCH = 500
REPLACED = "told anew"


def hold_window(window: UpdateWindow) -> UpdateWindow:
    """Return a window as it stands now, held until the end of the transaction. Call inside atomic."""
    return UpdateWindow.objects.select_for_update(of=("self",)).get(pk=window.pk)


def hold_request(request: UpdateRequest) -> UpdateRequest:
    """Return a request as it stands now, held until the end of the transaction. Call inside atomic."""
    related = ("contract__customer", "contract__plan", "item", "product", "requested_by__customer")
    return UpdateRequest.objects.select_for_update(of=("self",)).select_related(*related).get(pk=request.pk)


def note(
    thing: UpdateWindow | UpdateRequest, kind: Kind, actor: User | None, at: datetime, *, reason: str = "",
    **fields: Any,
) -> UpdateStep:  # fmt: skip
    """Write one line of the journal and return it."""
    return UpdateStep.objects.create(**line(thing, kind, actor, at), reason=reason.strip()[:400], fields=fields)


def line(thing: UpdateWindow | UpdateRequest, kind: Kind, actor: User | None, at: datetime) -> dict[str, Any]:
    """Return what every line of the journal says."""
    of = "window" if isinstance(thing, UpdateWindow) else "request"
    return {of: thing, "kind": kind, "actor": actor, "actor_display": str(actor or "")[:120], "at": at}


def times(thing: UpdateWindow | UpdateRequest) -> dict[str, str]:
    """Return the time of a window or request as a journal keeps it; nothing while there is none."""
    if thing.starts_at is None or thing.ends_at is None:
        return {}
    return {"starts_at": thing.starts_at.isoformat(), "ends_at": thing.ends_at.isoformat()}


def tell_affected(
    window: UpdateWindow, what: str, at: datetime, reason: str = "", was: dict[str, str] | None = None
) -> int:  # fmt: skip
    """Have every customer whom a window concerns told of it as it stands now, each once; return how many newly are.

    Whoever was told of it before is told of changes too, as long as their term runs.
    """
    told_before = AccountNotice.objects.filter(key__startswith=f"update_window:{window.pk}:").values("contract")
    today = Contract.objects.in_force(local_day(at, window.timezone)).filter(pk__in=told_before)
    keys = set(affected(window, at).values_list("pk", flat=True)) | set(today.values_list("pk", flat=True))
    _replace(window, at)
    about = {
        "window": window.pk, "what": what, "sequence": window.sequence, "reason": reason[:400], "was": was,
        **times(window),
    }  # fmt: skip
    return tell_many(
        kind="update_window", contracts=sorted(keys), about=about, at=at,
        key=f"update_window:{window.pk}:{window.sequence}",
    )  # fmt: skip


def _replace(window: UpdateWindow, at: datetime) -> None:
    """Keep back letters of an earlier state that have not been written yet: the new one says all."""
    waiting = AccountNotice.objects.filter(finished_at=None, key__startswith=f"update_window:{window.pk}:")
    current = f"update_window:{window.pk}:{window.sequence}:"
    waiting.exclude(key__startswith=current).update(finished_at=at, error=REPLACED)


def tell_many(*, kind: str, contracts: Sequence[int], about: dict[str, Any], at: datetime, key: str) -> int:
    """Have the administrators of many customers told of one thing, each contract once a key; return how many newly are.

    Two statements for each five hundred contracts. Call inside atomic.
    """
    known = set(AccountNotice.objects.filter(key__startswith=f"{key}:").values_list("contract", flat=True))
    rows = [
        AccountNotice(
            kind=kind, contract_id=pk, about=about, to=["customer_admins"], key=f"{key}:{pk}", at=at, not_before=at
        )
        for pk in contracts
        if pk not in known
    ]
    AccountNotice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def inform(request: UpdateRequest, kind: str, to: Sequence[str], step: UpdateStep) -> None:
    """Have people told of a step of a request."""
    about = {
        "request": request.pk, "sequence": request.sequence, "reason": step.reason, **times(request),
    }  # fmt: skip
    tell(
        kind=f"update_{kind}", contract=request.contract, about=about, to=list(dict.fromkeys(to)), at=step.at,
        key=f"update_request:{request.pk}:{kind}:{step.pk}",
    )  # fmt: skip


def theirs(request: UpdateRequest) -> list[str]:
    """Return the customer's people: whoever asked, else the administrators."""
    return [f"contact:{request.requested_by_id}"] if request.requested_by_id else ["customer_admins"]
