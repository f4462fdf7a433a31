"""The one question that every door asks: does a contract cover this, by which clause, under which policy."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from plans.agreements import Agreement, agreements_of, agreements_of_customer
from plans.coverage.amounts import standing_of
from plans.coverage.decisions import (
    BY_TICKET,
    ENTRANCES,
    OPERATED,
    OPERATIONS,
    SERVICE,
    TICKET,
    Case,
    Decision,
    Question,
    Told,
)
from plans.coverage.gates import GATES, in_plan
from plans.coverage.granting import GRANTED
from plans.models import Contact, Contract, Entitlement, Product
from plans.models.people import Language
from plans.terms import local_date

# What was said, in each language, by everything that it depends on: the oldest goes when there is too much.
_SAID: dict[tuple[object, ...], dict[str, Decision]] = {}
MOST_SAID = 512


def cover(  # noqa: PLR0913, PLR0917  the outside contract names the first eight
    contact: Contact,
    contract: Contract | None,
    item: str | None,
    product: Product | None,
    deployment: str,
    category: str,
    channel: str,
    at: datetime,
    *,
    priority: str = "",
    language: str = "",
    answers: Mapping[str, bool] | None = None,
    vendor: str = "",
) -> Decision:
    """Return what the plan answers to this contact, in their language or in another; never raises for a plan's no.

    Without a contract, the contact's own are asked, or those with one vendor: one in force that holds the product and
    has the service, the highest plan first.
    `item` is the service asked for, None the channel's own. A ticket runs its plan's ticket promise whatever its
    entrance. `answers` are those to the plan's questions about customisation, by code. Source: K02
    """
    asked = Question(contact, item, product, deployment or "", category, channel, at, priority, answers or {})
    agreements = [
        one for one in agreements_of(contact, contract) if vendor in ("", one.contract.plan.vendor)
    ]  # fmt: skip
    chosen = agreements[0] if agreements else None
    if len(agreements) > 1:
        chosen = min(agreements, key=lambda agreement: _suitability(agreement, asked))
    return _told(_case(asked, chosen) if chosen else None, contract, language or contact.reads)


def answer_for(right: Entitlement, contact: Contact | None, at: datetime) -> Decision:
    """Return what a contract answers to somebody who asks for one service of it by name, in the language in use.

    Before the term, as on its first day: what is to come may be asked for ahead.
    """
    contract = right.contract
    found = next(one for one in agreements_of_customer(contract.customer_id) if one.contract.pk == contract.pk)
    asked = Question(contact, right.item.service, None, "", "", "", at)
    return _told(_case(asked, found), contract, translation.get_language() or "")


def decide(asked: Question, agreement: Agreement) -> Decision:
    """Return what one agreement answers, in the language in use."""
    return _owned(_decide(_case(asked, agreement)), agreement)


def as_included(contact: Contact, contract: Contract, at: datetime) -> Decision:
    """Return what a contract promises for a plain ticket, whatever a question may be about: no gate is asked."""
    found = next(one for one in agreements_of_customer(contract.customer_id) if one.contract.pk == contract.pk)
    case = Case(Question(contact, "ticket", None, "", "", "", at), found, TICKET, found.find("ticket"))
    said = _worded(lambda: in_plan(case) or GRANTED[TICKET](case))
    return _owned(said[_known(contact.reads)], found)


def _told(case: Case | None, given: Contract | None, language: str) -> Decision:
    """Return a decision in a language, with its words in every one."""
    if case is None:
        return _worded(lambda: _without_contract(given))[_known(language)]
    key = _key(case)
    said = _SAID.get(key) if key else None
    if said is None:
        said = _worded(lambda: _decide(case))
    if key:
        _SAID[key] = said
        if len(_SAID) > MOST_SAID:
            _SAID.pop(next(iter(_SAID)), None)
    decision = said[_known(language)]
    if case.standing and decision.balance:
        # The words may be those of before; what is left is of now.
        decision = replace(decision, balance=case.standing.balance)
    return _owned(decision, case.agreement)


def _key(case: Case) -> tuple[object, ...] | None:
    """Return everything that a decision depends on; None where it depends on what may change by itself.

    A branch has a name of its own. Term, product, and what is told of an amount are what they are now.
    """
    asked, agreement = case.asked, case.agreement
    if agreement.version is None or agreement.is_served_by_branch:
        return None
    product, contract = asked.product, agreement.contract
    named = (product.pk, product.name, product.name_en) if product else None
    contact = None if asked.contact is None else asked.contact.is_certified
    return (
        contract.pk, agreement.version, agreement.term_at(asked.at), asked.item, named, asked.deployment,
        asked.category, asked.channel, asked.priority, contact, tuple(sorted(asked.answers.items())),
        case.standing.told if case.standing else None,
    )  # fmt: skip


def _worded(say: Callable[[], Decision]) -> dict[str, Decision]:
    """Return a decision in each language, each with the words of all of them."""
    found = {code: _in(code, say) for code in Language.values}
    told = {code: Told(one.clause, one.reason, one.ways_on) for code, one in found.items()}
    return {code: replace(one, told=told) for code, one in found.items()}


def _known(language: str) -> str:
    """Return which of the languages that plans are written in is nearest."""
    return Language.ENGLISH if language.startswith("en") else Language.CHINESE


def _in(language: str, say: Callable[[], Decision]) -> Decision:
    with translation.override(language):
        return say()


def _owned(decision: Decision, agreement: Agreement) -> Decision:
    """Return a decision with contract and right of its own, which nobody else holds."""
    right = agreement.bound(decision.entitlement) if decision.entitlement else None
    return replace(decision, contract=agreement.contract, entitlement=right)


def _decide(case: Case) -> Decision:
    """Ask the gates in turn; where none is shut, say yes."""
    return next((refusal for gate in GATES if (refusal := gate(case))), None) or GRANTED[case.kind](case)


def _suitability(agreement: Agreement, asked: Question) -> tuple[bool, bool, bool, int, int]:
    """Order agreements: in force, holding the product, having the service, of the highest rank, ending last."""
    contract = agreement.contract
    service = "ticket" if asked.item in BY_TICKET else asked.service
    return (
        agreement.term_at(asked.at) != "in_force",
        asked.product is not None and not agreement.holds(asked.product),
        agreement.find(service) is None,
        -contract.plan.rank,
        -contract.ends_on.toordinal(),
    )


def _without_contract(given: Contract | None) -> Decision:
    if given is not None:
        reason, way = _("合同 %s 不属于这位联系人的单位。") % given.number, _("用贵单位自己的合同提交。")
        clause = _("合同 %s：签约单位") % given.number
        return Decision("not_covered", clause=clause, reason=reason, ways_on=(way,), rule="no_contract")
    reason, way = _("没有找到这位联系人的合同。"), _("联系客户成功经理签订服务合同。")
    return Decision("not_covered", reason=reason, ways_on=(way,), rule="no_contract")


def _case(asked: Question, agreement: Agreement) -> Case:
    """Return a question with the right that answers it, and how much of that is left."""
    case = _placed(asked, agreement)
    if case.right is None:
        return case
    on = max(local_date(agreement.contract, asked.at), agreement.contract.starts_on)
    return replace(case, standing=standing_of(agreement, case.right, on))


def _placed(asked: Question, agreement: Agreement) -> Case:
    if asked.item not in BY_TICKET:
        return _by_service(asked, agreement)
    offered = [found for service in OPERATIONS if (found := agreement.find(service))]
    if asked.category == "operations" and offered:
        return _by_operations(Case(asked, agreement, OPERATED), offered)
    entrance = agreement.find(asked.service) if asked.service in ENTRANCES else None
    return Case(asked, agreement, TICKET, agreement.find("ticket"), entrance)


def _by_service(asked: Question, agreement: Agreement) -> Case:
    kind = OPERATED if asked.service in OPERATIONS else SERVICE
    return Case(asked, agreement, kind, agreement.find(asked.service))


def _by_operations(case: Case, offered: list[Entitlement]) -> Case:
    """Take the operations meant for where it runs, else the first, whose clause then says no. Source: K04, K05"""
    fitting = next((each for each in offered if case.where & set(each.item.deployments)), offered[0])
    return replace(case, right=fitting)
