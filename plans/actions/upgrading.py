"""A signed contract goes up to the version of its plan that is sold now, with what is open under it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.amending import go_over, locked
from plans.catalogue.versions import Upgrade, upgrade_of
from plans.models import Contract, Plan, User
from plans.refusals import RefusedError
from plans.terms import standing_of
from plans.wording import name_of


@transaction.atomic
def upgrade_plan(*, contract: Contract, plan: Plan, reason: str, actor: User | None, at: datetime) -> Contract:
    """Put a contract on a newer version of its own plan from now on, for what is open under it, too.

    `plan` is the version that was looked at; it must still be the one that is sold. What the contract agreed beside
    the plan's own words stays. Raises RefusedError. Source: C41
    """
    contract = locked(contract)
    if standing_of(contract, at).state == "over":
        raise RefusedError("term_over", _("服务期已结束，不能再升级。"), ways_on=[_("续签一份合同，用现行版本。")])
    upgrade = _checked(contract, plan)
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    return go_over(contract=contract, plan=plan, items=upgrade.items, reason=reason, actor=actor, at=at)


def _checked(contract: Contract, plan: Plan) -> Upgrade:
    held = contract.plan
    words = {"plan": name_of(plan), "version": plan.version, "held": held.version}
    if plan.code != held.code:
        raise RefusedError(
            "other_plan", _("合同的计划是%s；升级只在同一计划的版本之间。") % name_of(held), ways_on=[_("另换计划。")]
        )
    if plan.version < held.version:
        raise RefusedError(
            "older_version",
            _("合同已在 v%(held)d，不能退回 v%(version)d：未结的工单已按新版承诺处理，退回会收走已答应客户的内容。")
            % words,
            ways_on=[_("要保留旧版的某一项，请作为合同约定写明理由。"), _("或按客户同意的条款另签一份合同。")],
        )
    upgrade = upgrade_of(contract)
    if upgrade is None:
        raise RefusedError("same_version", _("合同已经是%(plan)s现行的 v%(version)d。") % words)
    if upgrade.plan.pk != plan.pk:
        raise RefusedError(
            "not_sold_now",
            _("v%(version)d 已不是现行版本，现行的是 v%(now)d。") % {**words, "now": upgrade.plan.version},
            ways_on=[_("重新看一遍改动，再升级到现行版本。")],
        )
    return upgrade
