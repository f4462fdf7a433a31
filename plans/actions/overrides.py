"""What a customer has instead of the plan's own words: a target, a calendar, an amount; with who and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.news import OWN, announce
from plans.actions.quotas import lay_out as lay_out_quotas
from plans.models import Amendment, Contract, Entitlement, Override, Switch, User
from plans.refusals import RefusedError
from plans.wording import clause_of, name_of
from sla.actions import Again, Level, PolicyError, Promise, Terms, put_policy, terms_of, with_target
from sla.actors import SYSTEM, Actor
from sla.models import CalendarVersion, EscalationRule, Policy, Target
from sla.models.policies import Metric
from sla.timeline import ActorKind, FactKind, Hold

# What may meet a metric; the first of each pair is also what meets it unless said otherwise.
# A response that a customer was promised by name is human contact, by phone or online. Source: Y07, K02
HUMAN = (FactKind.REPLY, FactKind.CALL)
MEETS: dict[str, tuple[tuple[FactKind, ...], tuple[FactKind, ...]]] = {
    Metric.FIRST_RESPONSE: (HUMAN, (FactKind.ACCEPT, FactKind.ASSIGN, FactKind.PROGRESS, *HUMAN)),
    Metric.NEXT_RESPONSE: (HUMAN, (FactKind.PROGRESS, *HUMAN)),
    Metric.UPDATE: ((FactKind.PROGRESS, *HUMAN), (FactKind.PROGRESS, *HUMAN)),
    Metric.RESOLUTION: ((FactKind.RESOLVE,), (FactKind.RESOLVE,)),
    Metric.SIGN_OFF: ((FactKind.SIGN, FactKind.OBJECT), (FactKind.SIGN, FactKind.OBJECT)),
}
# What holds a metric where the plan times it not at all: no solution is owed while the customer is asked. Source: C24
HELD: dict[str, tuple[str, ...]] = {Metric.UPDATE: (Hold.CUSTOMER.value,), Metric.RESOLUTION: (Hold.CUSTOMER.value,)}
# Beyond a working year no target is a promise.
MOST = {Target.Unit.SECONDS.value: Decimal(366 * 86400), Target.Unit.WORKING_DAYS.value: Decimal(366)}
TELL_OWNER: dict[str, Any] = {"do": "tell", "roles": ["owner"]}
TELL_ALL: dict[str, Any] = {"do": "tell", "roles": ["owner", "account_team", "duty_manager"]}
TAKE_OVER: dict[str, Any] = {"do": "reassign", "role": "duty_manager"}
TELL_DUTY: dict[str, Any] = {"do": "tell", "roles": ["duty_manager"]}
# The ladder of a target whose plan times nothing itself.
LADDER = (
    (EscalationRule.Mark.PERCENT, Decimal(75), (TELL_OWNER,)),
    (EscalationRule.Mark.BREACH, Decimal(0), (TELL_ALL, {"do": "raise_priority"})),
    (EscalationRule.Mark.AFTER, Decimal(3600), (TAKE_OVER, TELL_DUTY)),
)


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A target of one customer's own; blank calendar and facts are taken from the plan's."""

    metric: str
    amount: Decimal
    unit: str = Target.Unit.SECONDS
    rule: str = Target.Rule.DURATION
    calendar: str = ""
    met_on: tuple[str, ...] = ()


@transaction.atomic
def override(*, contract: Contract, target: NewTarget, reason: str, actor: User | None, at: datetime) -> Override:
    """Give a contract its own target from now on, by a policy of its own; return the row that says who and why.

    A ticket's metrics change the ticket's policy, `sign_off` that of the reports. Raises RefusedError for a target
    that nobody could keep. Source: Y07, Y20
    """
    timed = _timed(contract, target.metric)
    first = timed[0]
    _check_reason(reason, first)
    _check_target(target, first)
    chosen = _filled(target, first)
    policy = _put_own(first, Edit(lambda terms: _with(terms, chosen, first), reason, actor, at))
    for entitlement in timed:
        entitlement.policy = policy.code
    Entitlement.objects.bulk_update(timed, ["policy"])
    value = {
        "metric": chosen.metric, "amount": format(chosen.amount.normalize(), "f"), "unit": str(chosen.unit),
        "rule": str(chosen.rule), "calendar": chosen.calendar, "met_on": [str(kind) for kind in chosen.met_on],
    }  # fmt: skip
    return _journal(first, kind=Override.Kind.TARGET, value=value, reason=reason, actor=actor, at=at)


@transaction.atomic
def override_calendar(
    *, contract: Contract, promise: str, calendar: str, reason: str, actor: User | None, at: datetime
) -> Override:
    """Give a contract its own service hours for one promise, and move what is timed on it there. Source: Y20"""
    entitlement = _entitled(contract, promise)
    _check_reason(reason, entitlement)
    _check_calendar(calendar, entitlement)
    if entitlement.policy:
        policy = _put_own(entitlement, Edit(lambda terms: _moved(terms, calendar), reason, actor, at))
        contract.entitlements.filter(policy=entitlement.policy).update(policy=policy.code)
    value = {"calendar": calendar}
    return _journal(entitlement, kind=Override.Kind.CALENDAR, value=value, reason=reason, actor=actor, at=at)


@transaction.atomic
def override_quota(
    *, contract: Contract, promise: str, amount: Decimal, reason: str, actor: User | None, at: datetime
) -> Override:
    """Give a contract another amount of a counted service. Source: Y20"""
    entitlement = _entitled(contract, promise, counted=True)
    _check_reason(reason, entitlement)
    if amount < 0 or amount > 10_000:
        raise _refused("bad_amount", _("数量应在 0 到 10000 之间。"), entitlement)
    value = {"amount": float(amount)}
    row = _journal(entitlement, kind=Override.Kind.QUOTA, value=value, reason=reason, actor=actor, at=at)
    lay_out_quotas(contract=contract, at=at, actor=actor, reason=reason)
    return row


@transaction.atomic
def withdraw(*, contract: Contract, metric: str, reason: str, actor: User | None, at: datetime) -> Override:
    """Take back a contract's own targets: the plan's hold again, on the hours that were agreed if there are any.

    Returns the row that says who and why. Raises RefusedError where nothing was agreed. Source: C16
    """
    timed = _timed(contract, metric)
    first = timed[0]
    _check_reason(reason, first)
    if OWN not in first.policy:
        raise _refused("nothing_agreed", _("合同没有另行约定的时限可以撤销。"), first)
    agreed = first.overrides.filter(kind=Override.Kind.CALENDAR).order_by("at", "pk").last()
    plain = Policy.objects.current().filter(code=first.item.policy).first() if first.item.policy else None
    if agreed and plain:
        terms = _moved(terms_of(plain), str(agreed.value["calendar"]))
        _put_own(
            first,
            Edit(lambda own: replace(terms, code=own.code, name=own.name, name_en=own.name_en), reason, actor, at),
        )
    else:
        for entitlement in timed:
            entitlement.policy = entitlement.item.policy
        Entitlement.objects.bulk_update(timed, ["policy"])
        announce(contract=contract, kind=Amendment.Kind.WITHDRAWN, reason=reason, actor=actor, at=at)
    return _journal(first, kind=Override.Kind.WITHDRAWN, value={"metric": metric}, reason=reason, actor=actor, at=at)


def granted(entitlement: Entitlement) -> dict[str, Any]:
    """Return the quota a contract has: the item's, with the amount of the last override."""
    quota: dict[str, Any] = entitlement.item.quota
    last = entitlement.overrides.filter(kind=Override.Kind.QUOTA).order_by("at", "pk").last()
    return {**quota, "amount": last.value["amount"]} if last else quota


def _refused(code: str, message: str, entitlement: Entitlement) -> RefusedError:
    item = entitlement.item
    return RefusedError(code, message, promise=item.promise, clause=clause_of(item))


def _timed(contract: Contract, metric: str) -> list[Entitlement]:
    """Return the entitlements whose policy a metric belongs to, the ticket's own first; locked."""
    service = ("critical_moment", "expert_consultation") if metric == Metric.SIGN_OFF else ("ticket",)
    rows = list(contract.entitlements.select_for_update(of=("self",)).select_related("item"))
    first = sorted((row for row in rows if row.item.service in service), key=lambda row: row.pk)
    if not first:
        plan = contract.plan
        raise RefusedError(
            "not_in_plan", _("%s不含可约定此时限的服务。") % name_of(plan), ways_on=[_("先把该服务列入合同。")]
        )
    shared = [row for row in rows if row.policy and row.policy == first[0].policy and row not in first]
    return first + shared


def _entitled(contract: Contract, promise: str, *, counted: bool = False) -> Entitlement:
    rows = contract.entitlements.select_for_update(of=("self",)).select_related("item").filter(item__promise=promise)
    found = next((row for row in rows.order_by("pk") if row.item.quota or not counted), None)
    if found is None:
        names = {"number": contract.number, "promise": promise}
        raise RefusedError(
            "not_in_plan", _("合同 %(number)s 没有可这样约定的服务项 %(promise)s。") % names, promise=promise
        )
    return found


def _check_reason(reason: str, entitlement: Entitlement) -> None:
    if not reason.strip():
        raise _refused("reason_missing", _("请写明理由。"), entitlement)


def _check_calendar(calendar: str, entitlement: Entitlement) -> None:
    if not CalendarVersion.objects.current().filter(code=calendar).exists():
        raise _refused("unknown_calendar", _("没有名为“%s”的服务时间。") % calendar, entitlement)


def _check_target(target: NewTarget, entitlement: Entitlement) -> None:
    if target.unit not in Target.Unit.values or target.rule not in Target.Rule.values:
        raise _refused("bad_rule", _("不认识的单位或规则。"), entitlement)
    if not 0 < target.amount <= MOST[str(target.unit)]:
        raise _refused("bad_amount", _("时限必须大于零，且不超过一年。"), entitlement)
    if target.calendar:
        _check_calendar(target.calendar, entitlement)
    allowed = {str(kind) for kind in MEETS[target.metric][1]}
    if strange := [kind for kind in target.met_on if kind not in allowed]:
        names = {"strange": "、".join(strange), "allowed": "、".join(sorted(allowed))}
        raise _refused("bad_met_on", _("%(strange)s 不能满足这个时限；可用：%(allowed)s。") % names, entitlement)


def _filled(target: NewTarget, entitlement: Entitlement) -> NewTarget:
    met_on = target.met_on or tuple(kind.value for kind in MEETS[target.metric][0])
    return replace(target, calendar=target.calendar or _usual_calendar(target.metric, entitlement), met_on=met_on)


def _usual_calendar(metric: str, entitlement: Entitlement) -> str:
    """Return the calendar agreed for the contract, else of the branch that serves it, of the target, or of the item."""
    agreed = entitlement.overrides.filter(kind=Override.Kind.CALENDAR).order_by("at", "pk").last()
    if agreed:
        return str(agreed.value["calendar"])
    contract = entitlement.contract
    branched = contract.switches.filter(name=Switch.Name.SERVED_BY_BRANCH, value="branch").exists()
    if branched and contract.branch and contract.branch.calendar:
        return contract.branch.calendar
    present = Target.objects.filter(policy__code=entitlement.policy, policy__is_current=True, metric=metric).first()
    usual = present.calendar if present else entitlement.item.calendar
    if not usual:
        raise _refused("calendar_missing", _("服务说明没有写服务时间，请指明 calendar。"), entitlement)
    return usual


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a contract's own policy: what it makes of the terms, why, by whom and when."""

    change: Callable[[Terms], Terms]
    reason: str
    actor: User | None
    at: datetime

    @property
    def who(self) -> Actor:
        """Return who decides it, as the engine names people."""
        return Actor(ActorKind.AGENT, f"user:{self.actor.pk}", str(self.actor)) if self.actor else SYSTEM


def _put_own(entitlement: Entitlement, edit: Edit) -> Policy:
    """Save the contract's own policy, copied from the one in use and changed; return its version in force.

    A new version reaches open clocks by itself; the first is news for what is open under the contract.
    """
    present = Policy.objects.current().filter(code=entitlement.policy).first() if entitlement.policy else None
    own = _owned(terms_of(present) if present else _no_terms(entitlement), entitlement.contract)
    try:
        put_policy(terms=edit.change(own), cause=edit.reason, actor=edit.who, at=edit.at)
    except PolicyError as error:
        raise _refused("bad_target", str(error), entitlement) from error
    if own.code != entitlement.policy:
        kind, contract = Amendment.Kind.OVERRIDE, entitlement.contract
        announce(contract=contract, kind=kind, reason=edit.reason, actor=edit.actor, at=edit.at)
    return Policy.objects.current().get(code=own.code)


def _owned(terms: Terms, contract: Contract) -> Terms:
    """Return terms under the contract's own code, such as `kingdee-advanced-ticket@C-2026-001`."""
    if OWN in terms.code:
        return terms
    return replace(
        terms,
        code=f"{terms.code}@{contract.number}",
        name=f"{terms.name}({contract.number})",
        name_en=f"{terms.name_en} ({contract.number})",
    )


def _no_terms(entitlement: Entitlement) -> Terms:
    """Return the beginnings of a policy for an entitlement that nothing times yet."""
    item, plan = entitlement.item, entitlement.contract.plan
    return Terms(f"{plan.code}-{item.service}", item.name, item.name_en, targets=())


def _with(terms: Terms, target: NewTarget, entitlement: Entitlement) -> Terms:
    """Return terms with a new target under the item's promise; its ladder is the metric's, or that of another one."""
    item = entitlement.item
    changed = Promise(
        metric=target.metric, amount=target.amount, unit=target.unit, rule=target.rule, calendar=target.calendar,
        met_on=tuple(target.met_on), pauses_on=_held(terms, target.metric), promise=item.promise,
        clause=f"{item.section} 本合同约定:{item.clause}"[:400],
        clause_en=f"{item.section} Agreed in this contract: {item.clause_en}"[:400],
    )  # fmt: skip
    if any(level.metric == target.metric for level in terms.levels):
        return with_target(terms, changed)
    return replace(
        with_target(terms, changed),
        levels=(*terms.levels, *_ladder(terms, target.metric)),
        repeats=(*terms.repeats, *_rounds(terms, target.metric)),
    )


def _held(terms: Terms, metric: str) -> tuple[str, ...]:
    """Return what pauses a target: what pauses the present one of its metric, else what does by its nature."""
    present = next((target for target in terms.targets if target.metric == metric), None)
    return present.pauses_on if present else HELD.get(metric, ())


def _ladder(terms: Terms, metric: str) -> list[Level]:
    copied = [replace(level, metric=metric) for level in terms.levels if level.metric == terms.levels[0].metric]
    usual = [Level(metric, number, mark, amount, actions) for number, (mark, amount, actions) in enumerate(LADDER, 1)]
    return copied or usual


def _rounds(terms: Terms, metric: str) -> list[Again]:
    """Return the rounds of the ladder that a metric without one of its own copies."""
    return [replace(again, metric=metric) for again in terms.repeats if again.metric == terms.levels[0].metric]


def _moved(terms: Terms, calendar: str) -> Terms:
    return replace(terms, targets=tuple(replace(target, calendar=calendar) for target in terms.targets))


def _journal(
    entitlement: Entitlement, *, kind: str, value: dict[str, Any], reason: str, actor: User | None, at: datetime
) -> Override:
    display = str(actor) if actor else ""
    return Override.objects.create(
        entitlement=entitlement, kind=kind, value=value, reason=reason, actor=actor, actor_display=display, at=at
    )
