"""A contract's own policy: the plan's terms with what was agreed for one customer laid over them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from plans.actions.news import OWN, announce
from plans.models import Amendment, Contract, Entitlement, Override, User
from plans.refusals import RefusedError
from plans.terms import local_date
from plans.wording import clause_of, name_of
from sla.actions import Again, Level, PolicyError, Promise, Terms, check_terms, put_policy, terms_of, with_target
from sla.actors import SYSTEM, Actor
from sla.models import EscalationRule, Policy, Target
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
# Services whose reports are signed, each by a clause of its own. Source: K06, K12
REPORTS = ("critical_moment", "expert_consultation")
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


def refused(code: str, message: str, entitlement: Entitlement) -> RefusedError:
    """Return a refusal that names the promise and its clause."""
    item = entitlement.item
    return RefusedError(code, message, promise=item.promise, clause=clause_of(item))


def target_in(value: dict[str, Any]) -> NewTarget:
    """Return the target that an override keeps."""
    said = {name: value[name] for name in ("metric", "unit", "rule", "calendar")}
    return NewTarget(amount=Decimal(value["amount"]), met_on=tuple(value["met_on"]), **said)


def sharing(entitlement: Entitlement) -> list[Entitlement]:
    """Return what is timed by the same policy as an entitlement, itself in front."""
    if not entitlement.policy:
        return [entitlement]
    rows = Entitlement.objects.filter(contract=entitlement.contract_id, policy=entitlement.policy)
    return [entitlement, *rows.exclude(pk=entitlement.pk).select_related("item").order_by("pk")]


def timed_with(contract: Contract, metric: str) -> list[Entitlement]:
    """Return the entitlements whose policy a metric belongs to, the ticket's own first; locked.

    Raises RefusedError where the plan has no service to time.
    """
    service = REPORTS if metric == Metric.SIGN_OFF else ("ticket",)
    rows = list(contract.entitlements.select_for_update(of=("self",)).select_related("item"))
    first = sorted((row for row in rows if row.item.service in service), key=lambda row: row.pk)
    if not first:
        plan = contract.plan
        raise RefusedError(
            "not_in_plan", _("%s不含可约定此时限的服务。") % name_of(plan), ways_on=[_("先把该服务列入合同。")]
        )
    shared = [row for row in rows if row.policy and row.policy == first[0].policy and row not in first]
    return first + shared


def parted(timed: Iterable[Entitlement], metric: str) -> list[list[Entitlement]]:
    """Return what a metric times in groups that have a policy each: a report is signed by its own service's clause."""
    groups: dict[str, list[Entitlement]] = {}
    for one in timed:
        groups.setdefault(one.item.policy if metric == Metric.SIGN_OFF else "", []).append(one)
    return list(groups.values())


def lay_over(row: Override, edit: "Edit") -> None:
    """Have a target or calendar hold that was agreed, for everything that its promise's policy times."""
    entitlement = row.entitlement
    if row.kind == Override.Kind.CALENDAR and not entitlement.policy:
        return
    groups = [sharing(entitlement)]
    if row.kind == Override.Kind.TARGET:
        groups = parted(timed_with(entitlement.contract, row.value["metric"]), row.value["metric"])
    for group in groups:
        _time_by(group, put_own(group[0], replace(edit, change=partial(_laid, row=row, entitlement=group[0]))).code)
    entitlement.refresh_from_db(fields=["policy"])


def lay_anew(entitlement: Entitlement, edit: "Edit") -> None:
    """Have the plan's terms hold again, with what is still agreed laid over them; the plan's own where nothing is.

    Source: C16
    """
    shared = sharing(entitlement)
    agreed = Override.objects.in_force().filter(_reaching(shared))
    terms = _plain(entitlement)
    # As they began, which is not as they were agreed: the one that took force last holds.
    for row in sorted(agreed.select_related("entitlement__item", "entitlement__contract__plan"), key=_began):
        terms = _laid(terms, row, entitlement)
    if agreed and terms.targets:
        policy = put_own(entitlement, replace(edit, change=lambda own: _under(own, terms)))
        return _time_by(shared, policy.code)
    for one in shared:
        one.policy = one.item.policy
    Entitlement.objects.bulk_update(shared, ["policy"])
    kind, contract = Amendment.Kind.WITHDRAWN, entitlement.contract
    announce(contract=contract, kind=kind, reason=edit.reason, actor=edit.actor, at=edit.at)
    return None


def _reaching(shared: list[Entitlement]) -> Q:
    """Return which rows change what is timed together: its own, and a time to sign that holds for every report."""
    own = Q(entitlement__in=shared, kind__in=(Override.Kind.TARGET, Override.Kind.CALENDAR))
    if shared[0].item.service not in REPORTS:
        return own
    reports = {"entitlement__contract": shared[0].contract_id, "entitlement__item__service__in": REPORTS}
    return own | Q(kind=Override.Kind.TARGET, value__metric=Metric.SIGN_OFF, **reports)


def _began(row: Override) -> tuple[date, datetime]:
    return row.starts_on or local_date(row.entitlement.contract, row.at), row.at


def _plain(entitlement: Entitlement) -> Terms:
    """Return the terms that the plan itself has for an entitlement."""
    policy = Policy.objects.current().filter(code=entitlement.item.policy).first() if entitlement.item.policy else None
    return terms_of(policy) if policy else _no_terms(entitlement)


def _under(own: Terms, terms: Terms) -> Terms:
    return replace(terms, code=own.code, name=own.name, name_en=own.name_en)


def check_kept(row: Override) -> None:
    """Refuse what could not be laid over the terms in force now, for an agreement whose day has not come."""
    entitlement = row.entitlement
    if row.kind == Override.Kind.CALENDAR and not entitlement.policy:
        return
    present = Policy.objects.current().filter(code=entitlement.policy).first() if entitlement.policy else None
    try:
        check_terms(_laid(terms_of(present) if present else _no_terms(entitlement), row, entitlement))
    except PolicyError as error:
        raise refused("bad_target", str(error), entitlement) from error


def _laid(terms: Terms, row: Override, entitlement: Entitlement) -> Terms:
    if row.kind == Override.Kind.CALENDAR:
        return moved_to(terms, str(row.value["calendar"]))
    return with_own_target(terms, target_in(row.value), entitlement)


def _time_by(entitlements: Iterable[Entitlement], policy: str) -> None:
    rows = list(entitlements)
    for row in rows:
        row.policy = policy
    Entitlement.objects.bulk_update(rows, ["policy"])


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


def put_own(entitlement: Entitlement, edit: Edit) -> Policy:
    """Save the contract's own policy, copied from the one in use and changed; return its version in force.

    A new version reaches open clocks by itself; the first is news for what is open under the contract.
    """
    present = Policy.objects.current().filter(code=entitlement.policy).first() if entitlement.policy else None
    own = _owned(terms_of(present) if present else _no_terms(entitlement), entitlement.contract)
    try:
        put_policy(terms=edit.change(own), cause=edit.reason, actor=edit.who, at=edit.at)
    except PolicyError as error:
        raise refused("bad_target", str(error), entitlement) from error
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
        name=f"{terms.name}（{contract.number}）",
        name_en=f"{terms.name_en} ({contract.number})",
    )


def _no_terms(entitlement: Entitlement) -> Terms:
    """Return the beginnings of a policy for an entitlement that nothing times yet."""
    item, plan = entitlement.item, entitlement.contract.plan
    return Terms(f"{plan.code}-{item.service}", item.name, item.name_en, targets=())


def with_own_target(terms: Terms, target: NewTarget, entitlement: Entitlement) -> Terms:
    """Return terms with a new target under the item's promise; its ladder is the metric's, or that of another one."""
    item = entitlement.item
    changed = Promise(
        metric=target.metric, amount=target.amount, unit=target.unit, rule=target.rule, calendar=target.calendar,
        met_on=tuple(target.met_on), pauses_on=_held(terms, target.metric), promise=item.promise,
        clause=f"{item.section} 本合同约定：{item.clause}"[:400],
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


def moved_to(terms: Terms, calendar: str) -> Terms:
    """Return terms with every target on another calendar."""
    return replace(terms, targets=tuple(replace(target, calendar=calendar) for target in terms.targets))
