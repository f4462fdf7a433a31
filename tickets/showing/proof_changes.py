"""How a deadline came to be where it is: each change of terms, hours or rules that touched it, in order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.wording import text_of
from sla.models import DueMove, Recompute
from sla.proof.proofs import ProofFact, ProofMove
from sla.timeline import FactKind
from tickets.answers import NOTICEABLE
from tickets.models import TicketEvent
from tickets.showing.promises import Promise
from tickets.showing.term_words import changed_words, is_private

Kind = TicketEvent.Kind
# By which a ticket came under other terms.
TERMS = (Kind.RECLASSIFIED, Kind.OVERRIDDEN, Kind.PRIORITY_CHANGED)
RULES: dict[str, LazyText] = {
    Recompute.Kind.POLICY: gettext_lazy("服务响应标准有了新版本"),
    Recompute.Kind.CALENDAR: gettext_lazy("服务时间有变动"),
}


@dataclass(frozen=True)
class Change:
    """What was changed, and what that did to one deadline; no instant where there was none, or is none any more."""

    at: datetime
    words: str
    old_due_at: datetime | None
    new_due_at: datetime | None
    effect: str
    # Where the ledger tells of it; blank where a rule was changed for everybody.
    ledger: str = ""
    because: str = ""

    @property
    def is_within_a_minute(self) -> bool:
        """Tell whether only the seconds tell old and new apart."""
        return bool(self.old_due_at and self.new_due_at and abs(self.new_due_at - self.old_due_at) < NOTICEABLE)


def changes_of(promise: Promise) -> list[Change]:
    """Return every change that touched a promise that is proved, in the order in which it happened."""
    return sorted([*_of_rules(promise), *_of_terms(promise)], key=lambda change: change.at)


def moves_of(promise: Promise) -> list[tuple[str, ProofMove]]:
    """Return each move by changed hours or rules with the kind of rule, as its viewer may read it.

    Why a contract has terms of its own is for colleagues.
    """
    rules = promise.milestone.moves.order_by("pk").values_list("recompute__kind", "recompute__code")
    told = zip(rules, promise.proof.moves, strict=True)
    return [(kind, _as_read(move, promise, kind, code)) for (kind, code), move in told]


def _as_read(move: ProofMove, promise: Promise, kind: str, code: str) -> ProofMove:
    is_ours = kind == Recompute.Kind.POLICY and is_private(code)
    if promise.viewer.is_agent or not is_ours:
        return move
    return replace(move, cause="", cause_en="")


def _of_rules(promise: Promise) -> Iterator[Change]:
    for kind, move in moves_of(promise):
        yield Change(
            at=move.at,
            words=str(RULES.get(kind, "")),
            old_due_at=move.old_due_at,
            new_due_at=move.new_due_at,
            effect=str(DueMove.Verdict(move.verdict).label),
            because=_because(move) if move.cause else "",
        )


def _because(move: ProofMove) -> str:
    """Return why a deadline was to be moved: the notice, and what was said with it."""
    said = (text_of(move, "notice"), text_of(move, "cause"))
    return " · ".join(dict.fromkeys(text for text in said if text))


def _of_terms(promise: Promise) -> Iterator[Change]:
    put = [fact for fact in promise.proof.facts if fact.kind == FactKind.REPLAN and fact.ledger]
    lines = {line.number: line for line in promise.ticket.events.filter(kind__in=TERMS)} if put else {}
    for fact in put:
        line = lines.get(int(fact.ledger.rpartition("#")[2]))
        # What was changed before a promise began is not news of it; what moved its beginning is.
        if line and (fact.at >= promise.started_at or _due_in(promise, line)):
            yield _by_line(promise, fact, line)


def _by_line(promise: Promise, fact: ProofFact, line: TicketEvent) -> Change:
    due = _due_in(promise, line)
    return Change(
        at=fact.at,
        words=terms_words(line, is_for_us=promise.viewer.is_agent),
        old_due_at=_instant(due.get("from")),
        new_due_at=_instant(due.get("to")),
        effect=_effect(due),
        ledger=fact.ledger,
        because=fact.cause if promise.viewer.is_agent else "",
    )


def terms_words(line: TicketEvent, *, is_for_us: bool = True) -> str:
    """Return what a line changed from what to what; a customer reads no more of one that is ours than that it was."""
    if not line.is_public and not is_for_us:
        return str(line.get_kind_display())
    said = {"changed": {"priority": line.fields}} if line.kind == Kind.PRIORITY_CHANGED else line.fields
    return changed_words(said)


def _due_in(promise: Promise, line: TicketEvent) -> Mapping[str, Any]:
    """Return what a line says of the deadline of a promise; it says nothing of what a team owes within the house."""
    row, dues = promise.milestone, line.fields.get("dues", ())
    if promise.is_internal:
        return {}
    found = (due for due in dues if (due["metric"], due["number"]) == (row.metric, row.number))
    return next(found, {})


def _effect(due: Mapping[str, Any]) -> str:
    """Return what became of a deadline."""
    old, new = _instant(due.get("from")), _instant(due.get("to"))
    if due.get("ended"):
        return _("不再计时")
    if due.get("started"):
        return _("开始计时")
    if due.get("late"):
        return _("因变更而超时")
    if old and new:
        return str(DueMove.Verdict.LATER.label if new > old else DueMove.Verdict.EARLIER.label)
    return _("暂停，恢复后再定") if due else _("没有变动")


def _instant(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
