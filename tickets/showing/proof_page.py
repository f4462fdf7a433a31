"""A deadline's proof as a page shows it, on the screen and on one sheet of paper."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _

from plans.wording import name_of
from sla.proof.proofs import ProofFact
from sla.timeline import FactKind
from sla.wording import FACTS
from tickets.showing.promises import Promise
from tickets.showing.proof_changes import changes_of
from tickets.showing.strip import ZERO
from tickets.templatetags.shouyue import length_words

# A longer list of intervals is folded up: the sheet tells the same, one line a day.
MANY = 60


@dataclass(frozen=True)
class FactLine:
    """Something that the deadline rests on; `who` and `why` are blank for customers."""

    at: datetime
    words: str
    ledger: str
    met: bool
    who: str = ""
    why: str = ""


def proof_context(promise: Promise) -> dict[str, Any]:
    """Return what the proof of a promise needs, besides its ticket and now."""
    promise = replace(promise, is_proved=True)
    proof, sheet, changes = promise.proof, promise.sheet, changes_of(promise)
    return {
        "milestone": promise,
        "verdict": promise.verdict_by(lambda at: dated(at, promise.zone)),
        "sheet": sheet,
        "is_long": len(sheet.rows) > MANY,
        "adds_up": adds_up(promise),
        "facts": [*_facts(promise, {change.ledger: change.words for change in changes if change.ledger})],
        "changes": changes,
        "is_held": proof.held is not None,
        "customer": name_of(promise.ticket.customer),
        "contract": promise.ticket.contract.number,
        "digest": proof.digest,
        "calendar_digest": proof.calendar.digest[:12],
        "zone": promise.zone,
        "zone_name": promise.zone_name,
    }


def dated(at: datetime | None, zone: tzinfo) -> str:
    """Return an instant with its date: a sheet is read on another day than it is printed."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def adds_up(promise: Promise) -> str:
    """Return in words that what counted, and what is left where a pause holds it, makes the promised time."""
    milestone, counted = promise.milestone, promise.proof.counted
    words = {
        "counted": length_words(counted),
        "budget": length_words(milestone.budget),
        "left": length_words(milestone.remaining or ZERO),
    }
    if milestone.budget is None:
        return ""
    if milestone.remaining is not None:
        return _("%(counted)s + 还剩 %(left)s = 承诺的 %(budget)s") % words
    if counted == milestone.budget:
        return _("%(counted)s = 承诺的 %(budget)s") % words
    return _("%(counted)s，承诺 %(budget)s") % words


def _facts(promise: Promise, changed: Mapping[str, str]) -> Iterator[FactLine]:
    """Yield what the deadline rests on; what changed its terms in the words of the change."""
    for fact in promise.proof.facts:
        usual = str(FACTS.get(fact.kind, fact.kind))
        words = changed.get(fact.ledger, usual) if fact.kind == FactKind.REPLAN else usual
        if promise.naming:
            yield FactLine(fact.at, words, fact.ledger, fact.met, _who(promise, fact), fact.cause)
        else:
            yield FactLine(fact.at, words, fact.ledger, fact.met)


def _who(promise: Promise, fact: ProofFact) -> str:
    return promise.naming(fact.actor, fact.actor_ref) if promise.naming and fact.actor else _("系统")
