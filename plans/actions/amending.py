"""A signed contract goes over to another plan, with what is open under it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.history import Decided, Kind, changing
from plans.actions.news import OWN, announce
from plans.actions.obligations.laying import lay_out as lay_out_owed
from plans.actions.quotas import lay_out as lay_out_quotas
from plans.catalogue.items import items_of
from plans.models import Amendment, Contract, Entitlement, Item, Plan, User
from plans.overlaps import Bought, check_overlaps
from plans.refusals import RefusedError


@transaction.atomic
def change_plan(*, contract: Contract, plan: Plan, reason: str, actor: User | None, at: datetime) -> Contract:
    """Put a contract on another plan of its vendor from now on, for what is open under it, too.

    What was agreed beside the plan's own words stays where the new plan has the same service. Raises RefusedError when
    it would be lost. Source: C41
    """
    contract = locked(contract)
    _check(contract.plan, plan, reason)
    return go_over(contract=contract, plan=plan, items=items_of(plan), reason=reason, actor=actor, at=at)


def locked(contract: Contract) -> Contract:
    """Return a contract with its plan, for this transaction alone to change."""
    return Contract.objects.select_for_update(of=("self",)).select_related("plan").get(pk=contract.pk)


def go_over(
    *, contract: Contract, plan: Plan, items: Iterable[Item], reason: str, actor: User | None, at: datetime
) -> Contract:
    """Put a locked contract under a plan, entitled to these items, with the news of it. Call inside atomic."""
    before = contract.plan
    with changing(contract, Kind.PLAN, Decided(actor, at, reason)):
        _put_under(contract, plan, items)
        if plan.code != before.code:
            check_overlaps(Bought.of(contract))
        lay_out_quotas(contract=contract, at=at, actor=actor, reason=reason)
        lay_out_owed(contract=contract, at=at)
        changed = {"plan": _side("from", before, _version(before, plan)) | _side("to", plan, _version(plan, before))}
        announce(contract=contract, kind=Amendment.Kind.PLAN, reason=reason, actor=actor, at=at, changed=changed)
    return contract


def _put_under(contract: Contract, plan: Plan, items: Iterable[Item]) -> None:
    kept = {_place(row.item): row for row in contract.entitlements.select_related("item").prefetch_related("overrides")}
    offered = {_place(item): item for item in items}
    _check_nothing_is_lost([row for place, row in kept.items() if place not in offered])
    contract.entitlements.filter(pk__in=[row.pk for place, row in kept.items() if place not in offered]).delete()
    for place, item in offered.items():
        _entitle(contract, item, kept.get(place))
    contract.plan = plan
    contract.save(update_fields=["plan"])


def _check(before: Plan, plan: Plan, reason: str) -> None:
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    if plan.vendor != before.vendor or plan.is_a_la_carte:
        raise RefusedError("other_kind_of_plan", _("只能换成同一厂商、整体出售的计划。"), ways_on=[_("另签一份合同。")])
    if plan.code == before.code:
        raise RefusedError("same_plan", _("合同已经是这个计划。"), ways_on=[_("有新版本时，请升级到新版本。")])


def _check_nothing_is_lost(dropped: list[Entitlement]) -> None:
    agreed = [row.item.promise for row in dropped if any(one.is_agreed for one in row.overrides.all())]
    if agreed:
        raise RefusedError(
            "agreement_would_be_lost",
            _("新计划没有已另作约定的服务项：%s。") % _("、").join(sorted(agreed)),
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


def _side(side: str, plan: Plan, version: str) -> dict[str, str]:
    return {side: plan.code + version, f"{side}_name": plan.name + version, f"{side}_name_en": plan.name_en + version}


def _version(plan: Plan, other: Plan) -> str:
    """Return what tells a plan from another version of itself; nothing where its name does."""
    return f" v{plan.version}" if plan.code == other.code else ""
