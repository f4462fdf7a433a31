"""Reports that wait for a signature: reminders by the ladder, moved ends, and at the close silence. Source: K06, K12"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from plans.actions.deliverables.deeming import due
from plans.actions.deliverables.following import note_moved, remind
from plans.actions.deliverables.journal import inform, ours
from plans.models import Outcome, SignOffRound, User
from sla.batching import BACKOFF, in_batches
from sla.ladder import WARNINGS
from sla.models import DueMove, Escalation
from tickets.answers import NOTICEABLE
from tickets.rounds.account_escalations import put_off, settle
from tickets.telling.account_roles import readers_of

State = Escalation.State
ROUND = "milestone__clock__sign_off_round"
RELATED = (
    "milestone__target", f"{ROUND}__handed_over_by", f"{ROUND}__deliverable__contract__customer",
    f"{ROUND}__deliverable__contract__team__lead", f"{ROUND}__deliverable__item",
    f"{ROUND}__deliverable__engagement__requested_by",
)  # fmt: skip


def follow_sign_offs(*, at: datetime, later_than: timedelta = timedelta()) -> int:
    """Remind of what is to be signed soon, tell of moved ends, confirm what nobody answered; return how many."""
    return act_on_sign_offs(later_than=later_than) + tell_moved_ends(later_than=later_than) + due(at=at)


def act_on_sign_offs(*, limit: int = 25, later_than: timedelta = timedelta()) -> int:
    """Act on up to `limit` steps of the ladders of open rounds, and return how many were claimed."""
    return in_batches(lambda now: _claim(now - later_than, limit), _act, put_off)


def _claim(before: datetime, limit: int) -> list[Escalation]:
    pending = Escalation.objects.pending(before).filter(**{f"{ROUND}__isnull": False}).select_related(*RELATED)
    return list(pending.select_for_update(skip_locked=True, of=("self",))[:limit])


def _act(steps: Sequence[Escalation], now: datetime) -> None:
    for step in steps:
        row = round_of(step)
        void = _void(step, row, now)
        if void:
            settle(step, State.SUPERSEDED, now, void)
            continue
        if step.mark in WARNINGS:
            remind(row=row, also=_told(step.actions), key=f"{step.level}:{step.due_at.isoformat()}", at=now)
        else:
            _tell_others(step, row, now)
        settle(step, State.DONE, now)


def round_of(step: Escalation | DueMove) -> SignOffRound:
    """Return the round whose clock something is about; it was claimed by having one."""
    row: SignOffRound = step.milestone.clock.sign_off_round
    return row


def _void(step: Escalation, row: SignOffRound, now: datetime) -> str:
    """Return why a step no longer holds, if it does not."""
    if step.milestone.due_at != step.due_at:
        return "deadline_moved"
    if row.outcome not in (Outcome.OPEN, Outcome.DEEMED):
        return "stopped"
    return "overtaken" if step.mark in WARNINGS and now > step.due_at else ""


def _told(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return whom the actions of a step tell, by role and by key."""
    tells = [action for action in actions if action["do"] == "tell"]
    names = {name for action in tells for name in action.get("people", ())}
    named = User.objects.filter(username__in=names, is_active=True).values_list("pk", flat=True) if names else ()
    return [*(role for action in tells for role in action.get("roles", ())), *(f"user:{key}" for key in named)]


def _tell_others(step: Escalation, row: SignOffRound, now: datetime) -> None:
    """Tell those of the ladder of a time that is over who do not hear of the confirmation anyhow."""
    contract = row.deliverable.contract
    told = readers_of(contract, ours(row))
    others = [one for one in readers_of(contract, _told(step.actions)) if one not in told and isinstance(one, User)]
    inform(row, "deemed", [f"user:{one.pk}" for one in others], now, key=f"{step.level}")


def tell_moved_ends(*, limit: int = 100, later_than: timedelta = timedelta()) -> int:
    """Tell of up to `limit` moved ends of open rounds, and return how many were claimed. Source: Y17"""
    return in_batches(lambda now: _claim_moves(now - later_than, limit), _tell_moves, _put_move_off)


def _claim_moves(before: datetime, limit: int) -> list[DueMove]:
    pending = DueMove.objects.pending(before).filter(**{f"{ROUND}__isnull": False})
    related = ("recompute", *(name for name in RELATED if name.startswith(ROUND)))
    return list(pending.select_for_update(skip_locked=True, of=("self",)).select_related(*related)[:limit])


def _tell_moves(moves: Sequence[DueMove], now: datetime) -> None:
    for move in moves:
        if _is_news(move):
            cause = (move.recompute.cause, move.recompute.cause_en)
            note_moved(
                row=round_of(move), old=move.old_due_at, new=move.new_due_at, cause=cause, key=f"{move.pk}", at=now
            )  # fmt: skip
    DueMove.objects.filter(pk__in=[move.pk for move in moves]).update(acted_at=now, error="")


def _is_news(move: DueMove) -> bool:
    """Tell whether a round still waits, and its end reads otherwise than before."""
    old, new = move.old_due_at, move.new_due_at
    if not round_of(move).is_open or move.verdict == DueMove.Verdict.HELD:
        return False
    return old is None or new is None or abs(new - old) >= NOTICEABLE


def _put_move_off(move: DueMove, now: datetime, error: str) -> None:
    move.attempts += 1
    is_hopeless = move.attempts > len(BACKOFF)
    move.acted_at = now if is_hopeless else None
    move.retry_at = now if is_hopeless else now + BACKOFF[move.attempts - 1]
    move.error = error
    move.save(update_fields=["attempts", "retry_at", "acted_at", "error"])
