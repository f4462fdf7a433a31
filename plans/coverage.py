"""Whether a contract covers what is asked, by which clause, under which policy; a plan's no is an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from plans.agreements import Agreement, agreements_of
from plans.models import Contact, Contract, Entitlement, Item, Product, Switch
from plans.models.people import Language
from plans.vocabulary import UNCERTIFIED
from plans.wording import clause_in, clause_of, list_of, name_of, text_of, worded, worded_list
from sla.models import Policy

ENTRANCES = ("im", "hotline")
OPERATIONS = ("public_operations", "private_operations")
# These all end as a ticket, whichever of them was asked for.
BY_TICKET = (None, "", "ticket", *ENTRANCES)


@dataclass(frozen=True, slots=True)
class Told:
    """What a decision says in one language."""

    clause: str
    reason: str
    ways_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a contract answers; the words are in the contact's language, and in `told` in every one.

    `policy` None means that nothing is timed; `ways_on` say what the customer can do instead.
    """

    outcome: str
    contract: Contract | None = None
    entitlement: Entitlement | None = None
    policy: Policy | None = None
    promise: str = ""
    clause: str = ""
    reason: str = ""
    ways_on: tuple[str, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Tell whether a ticket is opened."""
        return self.outcome != "not_covered"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a contract."""

    contact: Contact
    item: str | None
    product: Product | None
    deployment: str
    category: str
    channel: str
    at: datetime
    priority: str = ""

    @property
    def service(self) -> str:
        """Return the service asked for: the one named, else the channel's own, else the ticket."""
        return self.item or (self.channel if self.channel in ENTRANCES else "ticket")


def cover(  # noqa: PLR0913, PLR0917  the outside contract names these eight
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
) -> Decision:
    """Return what the plan answers to this contact, in their language or in another; never raises for a plan's no.

    Without a contract, the contact's own are asked: one in force that holds the product and has the service, the
    highest plan first.
    `item` is the service asked for, None the channel's own. A ticket runs its plan's ticket promise whatever its
    entrance.
    """
    asked = Question(contact, item, product, deployment or "", category, channel, at, priority)
    agreements = agreements_of(contact, contract)
    chosen = min(agreements, key=lambda agreement: _suitability(agreement, asked)) if agreements else None
    found = {code: _in(code, asked, chosen, contract) for code in Language.values}
    told = {code: Told(one.clause, one.reason, one.ways_on) for code, one in found.items()}
    return replace(found[_known(language or contact.reads)], told=told)


def _known(language: str) -> str:
    """Return which of the languages that plans are written in is nearest."""
    return Language.ENGLISH if language.startswith("en") else Language.CHINESE


def _in(language: str, asked: Question, agreement: Agreement | None, given: Contract | None) -> Decision:
    """Return what one agreement answers, in a language."""
    with translation.override(language):
        return decide(asked, agreement) if agreement else _without_contract(given)


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
        return Decision("not_covered", reason=_("合同 %s 不属于这位联系人的单位。") % given.number)
    return Decision(
        "not_covered", reason=_("没有找到这位联系人的合同。"), ways_on=(_("联系客户成功经理签订服务合同。"),)
    )


def decide(asked: Question, agreement: Agreement) -> Decision:
    """Ask the gates in turn: term, product, then the service."""
    refusal = _outside_term(asked, agreement) or _not_held(asked, agreement)
    if refusal is None:
        refusal = _by_kind(asked, agreement)
    return replace(refusal, contract=agreement.contract)


def _by_kind(asked: Question, agreement: Agreement) -> Decision:
    if asked.item not in BY_TICKET:
        return _by_service(asked, agreement)
    if asked.category == "operations" and any(agreement.find(service) for service in OPERATIONS):
        return _by_operations(asked, agreement)
    return _by_ticket(asked, agreement)


def _outside_term(asked: Question, agreement: Agreement) -> Decision | None:
    contract, state = agreement.contract, agreement.term_at(asked.at)
    if state == "in_force":
        return None
    last = min(contract.ends_on, contract.ended_on or contract.ends_on)
    term = {"number": contract.number, "start": contract.starts_on.isoformat(), "end": last.isoformat()}
    ahead, over = (
        _("合同 %(number)s 的服务期自 %(start)s 起，尚未开始。"),
        _("合同 %(number)s 的服务期已于 %(end)s 结束。"),
    )
    return Decision(
        "not_covered",
        promise=_ticket_promise(agreement),
        clause=_("合同 %(number)s：服务期 %(start)s 至 %(end)s") % term,
        reason=(ahead if state == "ahead" else over) % term,
        ways_on=(_("联系客户成功经理办理续签或确认服务期。"), *_self_help(agreement)),
    )


def _ticket_promise(agreement: Agreement) -> str:
    ticket = agreement.find("ticket")
    return ticket.item.promise if ticket else ""


def _self_help(agreement: Agreement) -> tuple[str, ...]:
    found = agreement.find("community")
    return (_("在社区自助查找或提问：%s。") % name_of(found.item),) if found else ()


def _not_held(asked: Question, agreement: Agreement) -> Decision | None:
    """Refuse a product that the contract does not hold, or not in this deployment."""
    product = asked.product
    if product is None:
        return None
    names = {"number": agreement.contract.number, "product": name_of(product)}
    if not agreement.holds(product):
        reason = _("合同 %(number)s 不包含产品 %(product)s。") % names
    elif asked.deployment and agreement.owned and asked.deployment not in agreement.deployments(product):
        reason = _("合同 %(number)s 中的 %(product)s 不是这种部署方式。") % names
    else:
        return None
    return Decision(
        "not_covered",
        promise=_ticket_promise(agreement),
        clause=_("合同 %(number)s：所购产品") % names,
        reason=reason,
        ways_on=(_("按所购产品和部署方式重新提交。"), _("联系客户成功经理增购产品或更正合同。")),
    )


def _by_ticket(asked: Question, agreement: Agreement) -> Decision:
    """Answer what becomes a ticket, by whichever entrance it came."""
    ticket = agreement.find("ticket")
    if ticket is None:
        return _beyond_plan(agreement)
    entrance = agreement.find(asked.service) if asked.service in ENTRANCES else None
    refusal = _excluded(asked, ticket) or _uncertified(asked, entrance or ticket) or _uncertified(asked, ticket)
    if refusal:
        return refusal
    decision = _on_ticket(agreement, ticket)
    if asked.service not in ENTRANCES:
        return decision
    return _through(asked, decision, entrance.item if entrance else None)


def _beyond_plan(agreement: Agreement) -> Decision:
    """Answer for a plan whose document lists no tickets: one is opened, beyond what is included, and not timed."""
    plan = agreement.contract.plan
    terms = agreement.find("terms")
    return Decision(
        "chargeable",
        entitlement=terms,
        promise=terms.item.promise if terms else "",
        clause=clause_of(terms.item) if terms else "",
        reason=_("服务说明没有写明%s含工单服务，也没有响应时限；本单照常受理，可能另行计费。") % name_of(plan),
        ways_on=(_("联系客户成功经理确认所含服务或费用。"),),
    )


def _excluded(asked: Question, entitlement: Entitlement) -> Decision | None:
    """Refuse a category that the item's clause excludes, or that it does not name."""
    item = entitlement.item
    exclusion = _exclusion(item, asked.category)
    if exclusion is None and (not item.categories or asked.category in item.categories):
        return None
    return Decision(
        "not_covered",
        entitlement=entitlement,
        promise=item.promise,
        clause=clause_in(exclusion) if exclusion else clause_of(item),
        reason=_exclusion_reason(exclusion, item),
        ways_on=tuple(worded_list(exclusion, "ways_on") if exclusion else list_of(item, "ways_on")),
    )


def _exclusion(item: Item, category: str) -> Mapping[str, Any] | None:
    return next((entry for entry in item.exclusions if entry["category"] == category), None)


def _exclusion_reason(exclusion: Mapping[str, Any] | None, item: Item) -> str:
    """Return why a category is out, with the definitions that the clause gives and what they leave in scope."""
    reason = _("这类问题不在%s的服务范围内。") % name_of(item)
    if not exclusion or not exclusion["definitions"]:
        return reason
    definitions = _(";").join(f"({n}) {each}" for n, each in enumerate(worded_list(exclusion, "definitions"), start=1))
    carve_out = worded(exclusion, "carve_out")
    return " ".join(part for part in (reason, _("其中包括：%s。") % definitions, carve_out) if part)


def _uncertified(asked: Question, entitlement: Entitlement) -> Decision | None:
    item = entitlement.item
    if not item.is_for_certified or asked.contact.is_certified:
        return None
    shut = _exclusion(item, UNCERTIFIED)
    return Decision(
        "not_covered",
        entitlement=entitlement,
        promise=item.promise,
        clause=clause_in(shut) if shut else clause_of(item),
        reason=_("%s面向经注册认证的产品实际使用者提供，您尚未认证。") % name_of(item),
        ways_on=(_("完成注册认证后再提交。"), *(worded_list(shut, "ways_on") if shut else list_of(item, "ways_on"))),
    )


def _on_ticket(agreement: Agreement, ticket: Entitlement) -> Decision:
    """Return the plain yes: the ticket's own promise, or what the branch that serves it keeps. Source: Y19"""
    item = ticket.item
    policy = agreement.policy_of(ticket)
    promised = text_of(item, "response") if policy else _("本计划含在线工单，但服务说明没有承诺响应时限。")
    plain = Decision(
        "covered", entitlement=ticket, policy=policy, promise=item.promise, clause=clause_of(item), reason=promised
    )
    if ticket.policy != item.policy:
        return replace(plain, reason=_("按本合同约定的响应时限受理。"))
    if not agreement.is_served_by_branch:
        return plain
    standard = agreement.promised("Y19")
    branch = agreement.contract.branch
    return replace(
        plain,
        policy=None,
        clause=clause_of(standard.item) if standard else plain.clause,
        reason=_("由%s按属地工作时间受理；总部的响应承诺不适用。") % (name_of(branch) if branch else _("属地分公司")),
    )


def _through(asked: Question, decision: Decision, item: Item | None) -> Decision:
    """Hold a ticket that came by chat or call against what that entrance is for. Source: K03, Y08"""
    if item is None:
        lacking = {"im": _("人工在线客服"), "hotline": _("人工热线")}[asked.service]
        reason = _("本计划不含%s，已转为工单受理。") % lacking
        return replace(decision, outcome="redirected", reason=reason)
    if outside := _outside_scope(asked, item):
        decision = replace(decision, outcome="redirected", reason=outside)
    elif item.priorities and asked.priority not in item.priorities:
        decision = replace(decision, reason=_("热线为紧急问题而设；您的问题已受理。"))
    elif asked.item in ENTRANCES:
        return replace(decision, promise=item.promise, clause=clause_of(item))
    else:
        return decision
    return replace(decision, promise=item.promise, clause=clause_of(item), ways_on=tuple(list_of(item, "ways_on")))


def _outside_scope(asked: Question, item: Item) -> str:
    """Return why a question lies outside an entrance's own list of products or categories, or nothing."""
    names = {"item": name_of(item), "product": name_of(asked.product) if asked.product else _("未注明产品")}
    if item.products and (asked.product is None or asked.product.code not in item.products):
        return _("%(item)s不适用于 %(product)s，已转为工单受理。") % names
    if item.categories and asked.category not in item.categories:
        return _("%(item)s只解答产品应用类咨询，已转为工单受理。") % names
    return ""


def _by_operations(asked: Question, agreement: Agreement) -> Decision:
    """Answer for the operations of an environment: by where it runs. Source: K04, K05"""
    where = {asked.deployment} if asked.deployment else agreement.deployments(asked.product)
    offered = [found for service in OPERATIONS if (found := agreement.find(service))]
    fitting = next((each for each in offered if where & set(each.item.deployments)), None)
    if fitting is None:
        return _wrong_deployment(offered[0])
    return _operated(agreement, fitting)


def _operated(agreement: Agreement, entitlement: Entitlement) -> Decision:
    """Return the yes of an operations item; its ticket runs the plan's ticket promise."""
    item = entitlement.item
    ticket = agreement.find("ticket")
    return Decision(
        "covered",
        entitlement=entitlement,
        policy=agreement.policy_of(ticket) if ticket else None,
        promise=item.promise,
        clause=clause_of(item),
        reason=_("按%s受理。") % name_of(item),
    )


def _wrong_deployment(entitlement: Entitlement) -> Decision:
    item = entitlement.item
    return Decision(
        "not_covered",
        entitlement=entitlement,
        promise=item.promise,
        clause=clause_of(item),
        reason=_("%s不适用于这种部署方式。") % name_of(item),
        ways_on=tuple(list_of(item, "ways_on")),
    )


def _by_service(asked: Question, agreement: Agreement) -> Decision:
    """Answer for a service that does not end as a ticket, by its own item alone."""
    entitlement = agreement.find(asked.service)
    if entitlement is None:
        plan = name_of(agreement.contract.plan)
        return Decision("not_covered", reason=_("%s不含这项服务。") % plan, ways_on=(_("联系客户成功经理。"),))
    item = entitlement.item
    where = {asked.deployment} if asked.deployment else agreement.deployments(asked.product)
    if item.deployments and not where & set(item.deployments):
        return _wrong_deployment(entitlement)
    if refusal := (_excluded(asked, entitlement) if asked.category else None) or _uncertified(asked, entitlement):
        return refusal
    if item.products and asked.product and asked.product.code not in item.products:
        return replace(_wrong_deployment(entitlement), reason=_outside_scope(asked, item))
    if item.service in OPERATIONS:
        return _operated(agreement, entitlement)
    policy = agreement.policy_of(entitlement)
    reason = text_of(item, "response") or _("%s包含在本计划内。") % name_of(item)
    return Decision(
        "covered", entitlement=entitlement, policy=policy, promise=item.promise, clause=clause_of(item), reason=reason
    )


def hours_of(agreement: Agreement, entitlement: Entitlement) -> str:
    """Return the code of the calendar on which a service is given, or "" where the source gives no hours.

    What the contract agreed comes first, then its switch for the hotline, then the branch that serves it.
    Source: Y20, K09, Y19
    """
    item, contract = entitlement.item, agreement.contract
    if agreed := agreement.calendars.get(entitlement.pk):
        return agreed
    if item.service == "hotline" and (switched := agreement.switches.get(Switch.Name.HOTLINE_CALENDAR)):
        return switched
    if item.service in ("im", "hotline", "ticket") and agreement.is_served_by_branch and contract.branch:
        return contract.branch.calendar
    return item.calendar
