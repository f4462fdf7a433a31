"""What a plan says of a ticket as it is classified, or would be; and what one of us says in the plan's place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Self

from django.utils import translation
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.coverage import Decision, Told, as_included, cover
from plans.models import Contract, Product
from sla.refusals import ActionRefusedError
from tickets.actions.deciding import keep
from tickets.models import CoverageDecision, Ticket
from tickets.models.decisions import Outcome

INSISTED, OVERRIDE = "insisted", "override"
# What may change without the plan having to be asked anew whether it covers it.
INDIFFERENT = {"priority", "module"}
# What an agent says instead of the plan, to the customer too.
SAID: dict[str, LazyText] = {
    Outcome.COVERED: gettext_lazy("经服务人员判定，按服务范围内受理。"),
    Outcome.CHARGEABLE: gettext_lazy("经服务人员判定，按计划外服务处理，可能另行计费，不再计时。"),
    Outcome.NOT_COVERED: gettext_lazy("经服务人员判定，这件事不在服务范围内，不再计时。"),
}


@dataclass(frozen=True, slots=True)
class Classification:
    """What decides under which terms a ticket is worked."""

    priority: str
    category: str
    product: Product | None
    module: str
    contract: Contract
    # Answers to the plan's questions about customisation; None leaves them as they are. Source: K02
    customisation: Mapping[str, bool] | None = None

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """Return how a ticket is classified now."""
        return cls(
            ticket.priority, ticket.category, ticket.product, ticket.module, ticket.contract, ticket.customisation
        )


def decided(ticket: Ticket, to: Classification, at: datetime, language: str = "") -> Decision:
    """Ask the plan anew, as of the ticket's opening: who asked within the term is served, whenever that is corrected.

    A contract that began later is asked as of now.
    """
    asked_at = ticket.opened_at
    decision = asked(ticket, to, asked_at, language)
    if decision.is_open or to.contract == ticket.contract:
        return decision
    return asked(ticket, to, at, language)


def asked(ticket: Ticket, to: Classification, at: datetime, language: str = "") -> Decision:
    """Return what the plan says at an instant."""
    return cover(
        ticket.contact, to.contract, None, to.product, deployment_under(ticket, to), to.category, ticket.channel, at,
        priority=to.priority, language=language, answers=to.customisation,
    )  # fmt: skip


def deployment_under(ticket: Ticket, to: Classification) -> str:
    """Return how the product runs, as far as it is known: what was said of another product says nothing of this."""
    is_same = ticket.product_id == (to.product.pk if to.product else None) and ticket.contract == to.contract
    return ticket.deployment if is_same else ""


def put_under(ticket: Ticket, to: Classification, decision: Decision) -> None:
    """Write a classification and what the plan says of it on a ticket, not saved."""
    ticket.deployment = deployment_under(ticket, to)
    for one in fields(to):
        setattr(ticket, one.name, getattr(to, one.name))
    keep(ticket, decision, to.contract)


def refused(decision: Decision) -> ActionRefusedError:
    """Return the plan's no to an agent, who may insist."""
    return ActionRefusedError(
        "not_covered",
        decision.reason,
        promise=decision.promise,
        clause=decision.clause,
        ways_on=[*decision.ways_on, _("或坚持继续处理：按计划外服务，可能另行计费，不再计时。")],
    )


def beyond(decision: Decision) -> Decision:
    """Return a no as work beyond the plan, which the agent insists on."""
    added = gettext_lazy("经服务人员确认，按计划外服务继续处理，可能另行计费。")
    plain = replace(decision, outcome=Outcome.CHARGEABLE.value, policy=None, rule=INSISTED)
    return _reworded(plain, lambda said: f"{said.reason} {added}".strip())


def overruled(ticket: Ticket, to: Classification, outcome: str, at: datetime) -> Decision:
    """Return what an agent decides in the plan's place; what is covered runs the plan's own promise of tickets.

    The clause stays that of the plan: of its no where it says no, else of its tickets.
    """
    plan = decided(ticket, to, at)
    included = as_included(ticket.contact, to.contract, ticket.opened_at)
    is_covered = outcome == Outcome.COVERED
    cited = included if is_covered and not plan.is_open else plan
    policy = (plan.policy or included.policy) if is_covered else None
    ruled = replace(cited, outcome=outcome, contract=to.contract, policy=policy, rule=OVERRIDE)
    worded = _reworded(ruled, lambda _said: str(SAID[outcome]))
    return worded if not is_covered else replace(worded, told=_without_ways(worded.told), ways_on=())


def _without_ways(told: Mapping[str, Told]) -> dict[str, Told]:
    return {language: replace(said, ways_on=()) for language, said in told.items()}


def _reworded(decision: Decision, words: Callable[[Told], str]) -> Decision:
    """Return a decision with another reason, in both languages."""
    told = {}
    for language, said in decision.told.items():
        with translation.override(language):
            told[language] = replace(said, reason=words(said))
    return replace(decision, told=told)


def standing_override(ticket: Ticket) -> CoverageDecision | None:
    """Return the decision of one of us that a ticket still stands under; None where the plan's own holds."""
    last = ticket.decisions.order_by("-pk").first()
    return last if last and last.rule == OVERRIDE else None
