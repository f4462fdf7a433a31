"""How a contract says yes: by its ticket's promise, through the entrance that was used, or by a service's own."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from plans.agreements import Agreement
from plans.coverage.customisation import CARVE_OUT, CUSTOMISATION, exclusion_of
from plans.coverage.decisions import ENTRANCES, OPERATED, SERVICE, TICKET, Case, Decision
from plans.models import Entitlement, Item
from plans.wording import clause_in, clause_of, list_of, name_of, sentences, text_of, worded


def by_ticket(case: Case) -> Decision:
    """Answer what becomes a ticket, by whichever entrance it came."""
    right = _held(case)
    decision = _in_scope(case, _on_ticket(case.agreement, right), right.item)
    decision = replace(decision, balance=case.standing.balance) if case.standing else decision
    if case.asked.service not in ENTRANCES:
        return decision
    return _through(case, decision, case.entrance.item if case.entrance else None)


def _held(case: Case) -> Entitlement:
    if case.right is None:
        raise LookupError("A gate lets nothing through that no right answers.")
    return case.right


def _on_ticket(agreement: Agreement, ticket: Entitlement) -> Decision:
    """Return the plain yes: the ticket's own promise, or what the branch that serves it keeps. Source: Y19"""
    item = ticket.item
    policy = agreement.policy_of(ticket)
    promised = text_of(item, "response") if policy else _("本计划含在线工单，但服务说明没有承诺响应时限。")
    plain = Decision(
        "covered", entitlement=ticket, policy=policy, promise=item.promise, clause=clause_of(item), reason=promised,
        rule="included",
    )  # fmt: skip
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
        rule="branch",
    )


def _in_scope(case: Case, decision: Decision, item: Item) -> Decision:
    """Say why what was called customisation is in scope after all: by the clause that carves it out. Source: K02"""
    shut = exclusion_of(item, CUSTOMISATION) if case.asked.category == CUSTOMISATION else None
    if shut is None:
        return decision
    if case.asked.answers.get(CARVE_OUT):
        rule, told = "carve_out", _("条款写明“%s”，因此不算二次开发。") % worded(shut, "carve_out")
    else:
        rule = "none_of_them"
        told = _("您说 %(count)d 种情形都不是，因此不算二次开发。") % {"count": len(shut["definitions"])}
    return replace(decision, clause=clause_in(shut), reason=sentences(told, decision.reason), rule=rule)


def _through(case: Case, decision: Decision, item: Item | None) -> Decision:
    """Hold a ticket that came by chat or call against what that entrance is for. Source: K03, Y08"""
    asked = case.asked
    if item is None:
        lacking = {"im": _("人工在线客服"), "hotline": _("人工热线")}[asked.service]
        reason = _("本计划不含%s，按工单受理。") % lacking
        return replace(decision, outcome="redirected", reason=reason, rule="entrance")
    if outside := _outside(case, item):
        decision = replace(decision, outcome="redirected", reason=outside, rule="entrance")
    elif item.priorities and asked.priority not in item.priorities:
        decision = replace(decision, reason=_("热线为紧急问题而设；您的问题已受理。"), rule="not_urgent")
    elif asked.item in ENTRANCES:
        return replace(decision, promise=item.promise, clause=clause_of(item))
    else:
        return decision
    return replace(decision, promise=item.promise, clause=clause_of(item), ways_on=tuple(list_of(item, "ways_on")))


def _outside(case: Case, item: Item) -> str:
    """Return why a question lies outside an entrance's own list of products or categories, or nothing."""
    product = case.asked.product
    names = {"item": name_of(item), "product": name_of(product) if product else _("未注明产品")}
    if item.products and (product is None or product.code not in item.products):
        return _("%(item)s不适用于 %(product)s，按工单受理。") % names
    if item.categories and case.asked.category not in item.categories:
        return _("%(item)s只解答产品应用类咨询，其他问题按工单受理。") % names
    return ""


def operated(case: Case) -> Decision:
    """Return the yes of an operations item; its ticket runs the plan's ticket promise."""
    right, ticket = _held(case), case.agreement.find("ticket")
    return Decision(
        "covered",
        entitlement=right,
        policy=case.agreement.policy_of(ticket) if ticket else None,
        promise=right.item.promise,
        clause=clause_of(right.item),
        reason=_("按%s受理。") % name_of(right.item),
        rule="included",
        balance=case.standing.balance if case.standing else None,
    )


def as_service(case: Case) -> Decision:
    """Return the yes of a service that does not end as a ticket, by its own item alone."""
    right = _held(case)
    item = right.item
    return Decision(
        "covered",
        entitlement=right,
        policy=case.agreement.policy_of(right),
        promise=item.promise,
        clause=clause_of(item),
        reason=text_of(item, "response") or _("%s包含在本计划内。") % name_of(item),
        rule="included",
        balance=case.standing.balance if case.standing else None,
    )


GRANTED: dict[str, Callable[[Case], Decision]] = {TICKET: by_ticket, OPERATED: operated, SERVICE: as_service}
