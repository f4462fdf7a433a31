"""The gates that a question passes, in one order; each lets it through, or says no with clause, reason and ways on."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from plans.agreements import Agreement
from plans.coverage.customisation import CUSTOMISATION, exclusion_of, is_in_scope, ticked
from plans.coverage.decisions import BY_TICKET, TICKET, Case, Decision
from plans.models import Entitlement, Item
from plans.quotas.words import amount_words
from plans.vocabulary import UNCERTIFIED
from plans.wording import clause_in, clause_of, list_of, name_of, sentences, worded, worded_list

THIRD_PARTY = "third_party"


def term(case: Case) -> Decision | None:
    """Refuse outside the term; who asks for a service by name may do so before it begins."""
    contract, state = case.agreement.contract, case.agreement.term_at(case.asked.at)
    if state == "in_force" or (state == "ahead" and not case.asked.channel):
        return None
    last = min(contract.ends_on, contract.ended_on or contract.ends_on)
    said = {"number": contract.number, "start": contract.starts_on.isoformat(), "end": last.isoformat()}
    ahead, over = (
        _("合同 %(number)s 的服务期自 %(start)s 起，尚未开始。"),
        _("合同 %(number)s 的服务期已于 %(end)s 结束。"),
    )
    return Decision(
        "not_covered",
        promise=_promise(case),
        clause=_("合同 %(number)s：服务期 %(start)s 至 %(end)s") % said,
        reason=(ahead if state == "ahead" else over) % said,
        ways_on=(_("联系客户成功经理办理续签或确认服务期。"), *_self_help(case.agreement)),
        rule="term",
    )


def _promise(case: Case) -> str:
    """Return the promise that would answer, did the contract not say no by itself."""
    ticket = case.agreement.find("ticket") if case.asked.item in BY_TICKET else case.right
    return ticket.item.promise if ticket else ""


def _self_help(agreement: Agreement) -> tuple[str, ...]:
    found = agreement.find("community")
    return (_("在社区自助查找或提问：%s。") % name_of(found.item),) if found else ()


def product(case: Case) -> Decision | None:
    """Refuse a product that the contract does not hold."""
    held = case.asked.product
    if held is None or case.agreement.holds(held):
        return None
    return _not_bought(case, "product", _("合同 %(number)s 不包含产品 %(product)s。"))


def deployment(case: Case) -> Decision | None:
    """Refuse what does not run as the contract says, or not as the service is meant for. Source: K04, K05"""
    asked, agreement, item = case.asked, case.agreement, case.item
    is_said = bool(asked.product and asked.deployment and agreement.owned)
    if is_said and asked.deployment not in agreement.deployments(asked.product):
        return _not_bought(case, "deployment", _("合同 %(number)s 中的 %(product)s 不是这种部署方式。"))
    if item is None or not item.deployments or case.where & set(item.deployments):
        return None
    return _no(case, "deployment", _("%s不适用于这种部署方式。") % name_of(item))


def _not_bought(case: Case, rule: str, words: str) -> Decision:
    said = {"number": case.agreement.contract.number, "product": name_of(case.asked.product)}
    return Decision(
        "not_covered",
        promise=_promise(case),
        clause=_("合同 %(number)s：所购产品") % said,
        reason=words % said,
        ways_on=(_("按所购产品和部署方式重新提交。"), _("联系客户成功经理增购产品或更正合同。")),
        rule=rule,
    )


def in_plan(case: Case) -> Decision | None:
    """Say what becomes of a service that the plan does not have; a ticket is taken all the same, beyond the plan."""
    if case.right:
        return None
    plan, terms = case.agreement.contract.plan, case.agreement.find("terms")
    if case.kind != TICKET:
        reason, ways_on = _("%s不含这项服务。") % name_of(plan), (_("联系客户成功经理。"),)
        number = {"number": case.agreement.contract.number, "plan": name_of(plan)}
        clause = _("合同 %(number)s：%(plan)s所含服务") % number
        return Decision("not_covered", clause=clause, reason=reason, ways_on=ways_on, rule="not_in_plan")
    return Decision(
        "chargeable",
        entitlement=terms,
        reason=_("服务说明没有写明%s含工单服务，也没有响应时限；本单照常受理，可能另行计费。") % name_of(plan),
        ways_on=(_("联系客户成功经理确认所含服务或费用。"),),
        promise=terms.item.promise if terms else "",
        clause=clause_of(terms.item) if terms else "",
        rule="not_in_plan",
    )


def certified(case: Case) -> Decision | None:
    """Refuse somebody who is not certified where entrance or service want it. Source: K02, K03, K09"""
    contact = case.asked.contact
    if contact is None or contact.is_certified:
        return None
    wanting = next((one for one in (case.entrance, case.right) if one and one.item.is_for_certified), None)
    if wanting is None:
        return None
    item = wanting.item
    shut = exclusion_of(item, UNCERTIFIED)
    return Decision(
        "not_covered",
        entitlement=wanting,
        promise=item.promise,
        clause=clause_in(shut) if shut else clause_of(item),
        reason=_("%s面向经注册认证的产品实际使用者提供，您尚未认证。") % name_of(item),
        ways_on=(_("完成注册认证后再提交。"), *(worded_list(shut, "ways_on") if shut else list_of(item, "ways_on"))),
        rule="certified",
    )


def customisation(case: Case) -> Decision | None:
    """Refuse what the plan counts as customisation, by what was answered to its definitions. Source: K02, Y07"""
    asked, item = case.asked, case.item
    shut = exclusion_of(item, CUSTOMISATION) if item and _is_sorted(case) else None
    if shut is None:
        return None
    theirs = ticked(shut, asked.answers)
    if theirs:
        return _excluded(case, shut, _join(_("您选的情形属于二次开发：%s。") % _("；").join(theirs), shut))
    if asked.category != CUSTOMISATION or is_in_scope(shut, asked.answers):
        return None
    return _excluded(case, shut, _defined(item, shut) if item else "")


def third_party(case: Case) -> Decision | None:
    """Refuse problems that other vendors' products cause. Source: K02, Y07"""
    shut = exclusion_of(case.item, THIRD_PARTY) if case.item and case.asked.category == THIRD_PARTY else None
    return _excluded(case, shut, _defined(case.item, shut)) if shut and case.item else None


def category(case: Case) -> Decision | None:
    """Refuse a kind of question that the clause shuts out, or does not name."""
    asked, item = case.asked.category, case.item
    if item is None or not _is_sorted(case):
        return None
    if asked == CUSTOMISATION and exclusion_of(item, CUSTOMISATION):
        return None
    if shut := exclusion_of(item, asked):
        return _excluded(case, shut, _defined(item, shut))
    if not item.categories or asked in item.categories:
        return None
    return _no(case, "category", _outside(item))


def _is_sorted(case: Case) -> bool:
    """Tell whether it was said what kind of question it is; a service may be asked for without."""
    return case.kind == TICKET or bool(case.asked.category)


def scope(case: Case) -> Decision | None:
    """Refuse a service for a product that it is not meant for; entrances have their own lists."""
    held, item = case.asked.product, case.item
    if item is None or not item.products or held is None or held.code in item.products:
        return None
    return _no(case, "scope", _("%(item)s不适用于 %(product)s。") % {"item": name_of(item), "product": name_of(held)})


def used_up(case: Case) -> Decision | None:
    """Refuse, or charge, what goes beyond an amount of which nothing is left, with when there is more. Source: K05"""
    standing, item = case.standing, case.item
    if standing is None or item is None or not standing.is_used_up:
        return None
    balance = standing.balance
    said = {
        "name": name_of(item),
        "granted": amount_words(balance.granted, balance.unit),
        "until": balance.ends_on.isoformat(),
    }
    refused = _("%(name)s到 %(until)s 为止共 %(granted)s，已用完或已预留。") % said
    charged = _("%(name)s到 %(until)s 为止共 %(granted)s，已用完；本次照常受理，可能另行计费。") % said
    return Decision(
        "chargeable" if standing.is_chargeable else "not_covered",
        entitlement=case.right,
        promise=item.promise,
        clause=clause_of(item),
        reason=charged if standing.is_chargeable else refused,
        ways_on=(*_more(case), _("联系客户成功经理增购，或查看已预留的能否释放。"), *list_of(item, "ways_on")),
        rule="used_up",
        balance=balance,
    )


def _more(case: Case) -> tuple[str, ...]:
    """Return from when there is more, if there is."""
    following = case.standing.following if case.standing else None
    if following is None:
        return ()
    said = {"day": following.starts_on.isoformat(), "more": amount_words(following.amount, following.unit)}
    return (_("自 %(day)s 起另有 %(more)s。") % said,)


def _excluded(case: Case, shut: Mapping[str, Any], reason: str) -> Decision:
    rule = shut["category"] if shut["category"] in (CUSTOMISATION, THIRD_PARTY) else "category"
    return Decision(
        "not_covered",
        entitlement=case.right,
        promise=case.item.promise if case.item else "",
        clause=clause_in(shut),
        reason=reason,
        ways_on=tuple(worded_list(shut, "ways_on")),
        rule=rule,
    )


def _no(case: Case, rule: str, reason: str) -> Decision:
    """Return the plain no of the right that would answer, by its own clause."""
    right: Entitlement | None = case.right
    if right is None:
        return Decision("not_covered", reason=reason, rule=rule)
    item = right.item
    ways_on = tuple(list_of(item, "ways_on")) or (_("联系客户成功经理。"),)
    return Decision(
        "not_covered", entitlement=right, promise=item.promise, clause=clause_of(item), reason=reason,
        ways_on=ways_on, rule=rule,
    )  # fmt: skip


def _outside(item: Item) -> str:
    return _("这类问题不在%s的服务范围内。") % name_of(item)


def _defined(item: Item, shut: Mapping[str, Any]) -> str:
    """Return why a category is out, with the definitions that the clause gives and what they leave in scope."""
    if not shut["definitions"]:
        return _outside(item)
    definitions = _("；").join(f"({n}) {each}" for n, each in enumerate(worded_list(shut, "definitions"), start=1))
    return _join(sentences(_outside(item), _("其中包括：%s。") % definitions), shut)


def _join(reason: str, shut: Mapping[str, Any]) -> str:
    """Return a reason with what the clause leaves in scope."""
    carve_out = worded(shut, "carve_out")
    return sentences(reason, _("条款写明“%s”。") % carve_out) if carve_out else reason


GATES: tuple[Callable[[Case], Decision | None], ...] = (
    term, product, deployment, in_plan, certified, customisation, third_party, category, scope, used_up,
)  # fmt: skip
