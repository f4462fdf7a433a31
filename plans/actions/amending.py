"""A signed contract goes over to another plan, with what is open under it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.contracts import items_of
from plans.actions.news import OWN, announce
from plans.models import Amendment, Contract, Entitlement, Item, Plan, User
from plans.refusals import RefusedError


@transaction.atomic
def change_plan(*, contract: Contract, plan: Plan, reason: str, actor: User | None, at: datetime) -> Contract:
    """Put a contract on another plan of its vendor from now on, for what is open under it, too.

    What was agreed beside the plan's own words stays where the new plan has the same service. Raises RefusedError when
    it would be lost. Source: C41
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("plan").get(pk=contract.pk)
    before = contract.plan
    _check(before, plan, reason)
    kept = {_place(row.item): row for row in contract.entitlements.select_related("item").prefetch_related("overrides")}
    offered = {_place(item): item for item in items_of(plan)}
    _check_nothing_is_lost([row for place, row in kept.items() if place not in offered])
    contract.entitlements.filter(pk__in=[row.pk for place, row in kept.items() if place not in offered]).delete()
    for place, item in offered.items():
        _entitle(contract, item, kept.get(place))
    contract.plan = plan
    contract.save(update_fields=["plan"])
    changed = {"plan": _side("from", before) | _side("to", plan)}
    announce(contract=contract, kind=Amendment.Kind.PLAN, reason=reason, actor=actor, at=at, changed=changed)
    return contract


def _check(before: Plan, plan: Plan, reason: str) -> None:
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    if plan.vendor != before.vendor or plan.is_a_la_carte:
        raise RefusedError("other_kind_of_plan", _("只能换成同一厂商、整体出售的计划。"), ways_on=[_("另签一份合同。")])
    if plan.pk == before.pk:
        raise RefusedError("same_plan", _("合同已经是这个计划。"))


def _check_nothing_is_lost(dropped: list[Entitlement]) -> None:
    agreed = [row.item.promise for row in dropped if row.overrides.all()]
    if agreed:
        raise RefusedError(
            "agreement_would_be_lost",
            _("新计划没有已另作约定的服务项：%s。") % "、".join(sorted(agreed)),
            ways_on=[_("先撤销这些约定，或另签一份合同。")],
        )


def _place(item: Item) -> tuple[str, str]:
    return item.promise, item.service


def _entitle(contract: Contract, item: Item, kept: Entitlement | None) -> None:
    """Entitle a contract to an item; a policy of the contract's own stays."""
    if kept is None:
        Entitlement.objects.create(contract=contract, item=item, policy=item.policy)
        return
    kept.item = item
    kept.policy = kept.policy if OWN in kept.policy else item.policy
    kept.save(update_fields=["item", "policy"])


def _side(side: str, plan: Plan) -> dict[str, str]:
    return {side: plan.code, f"{side}_name": plan.name, f"{side}_name_en": plan.name_en}
