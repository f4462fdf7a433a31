"""What a customer has instead of the plan's own words: a target, a calendar, an amount; who, why, on which days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from plans.actions.history import Decided, Kind, changing
from plans.actions.news import OWN
from plans.actions.obligations.laying import lay_out as lay_out_owed
from plans.actions.own_terms import (
    MEETS,
    MOST,
    Edit,
    NewTarget,
    check_kept,
    lay_anew,
    lay_over,
    parted,
    refused,
    timed_with,
)
from plans.actions.quotas import lay_out as lay_out_quotas
from plans.models import Contract, Entitlement, Override, Switch, User
from plans.quotas.rules import Rule, rules_of, written
from plans.quotas.words import amount_words, unit_name
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from plans.vocabulary import IN_PARTS
from plans.wording import name_of
from sla.models import CalendarVersion, Target

__all__ = ["Dates", "NewTarget", "granted", "override", "override_calendar", "override_quota", "rescind", "withdraw"]


@dataclass(frozen=True, slots=True)
class Dates:
    """The days on which something agreed holds, both included, by the contract's zone.

    Without a first day it holds from now on, without a last one as long as the contract.
    """

    starts_on: date | None = None
    ends_on: date | None = None


FROM_NOW_ON = Dates()
MOST_OF_ANYTHING = 10_000


def override(
    *,
    contract: Contract,
    target: NewTarget,
    reason: str,
    actor: User | None,
    at: datetime,
    dates: Dates = FROM_NOW_ON,
) -> Override:
    """Give a contract its own target, by a policy of its own; return the row that says who, why and on which days.

    A ticket's metrics change the ticket's policy, `sign_off` that of the reports. Raises RefusedError for a target
    that nobody could keep. Source: Y07, Y20
    """
    decided = Decided(actor, at, reason)
    with changing(contract, Kind.OVERRIDE, decided):
        first = timed_with(contract, target.metric)[0]
        _check_reason(reason, first)
        _check_target(target, first)
        chosen = _filled(target, first)
        value = {
            "metric": str(chosen.metric), "amount": format(chosen.amount.normalize(), "f"), "unit": str(chosen.unit),
            "rule": str(chosen.rule), "calendar": chosen.calendar, "met_on": [str(kind) for kind in chosen.met_on],
        }  # fmt: skip
        row = _row(first, Override.Kind.TARGET, value, decided, dates)
        return _agree(row, decided)


def override_calendar(  # noqa: PLR0913  an agreement has this many sides
    *,
    contract: Contract,
    promise: str,
    calendar: str,
    reason: str,
    actor: User | None,
    at: datetime,
    dates: Dates = FROM_NOW_ON,
) -> Override:
    """Give a contract its own service hours for one promise, and move what is timed on it there. Source: Y20"""
    decided = Decided(actor, at, reason)
    with changing(contract, Kind.OVERRIDE, decided):
        entitlement = _entitled(contract, promise)
        _check_reason(reason, entitlement)
        _check_calendar(calendar, entitlement)
        return _agree(_row(entitlement, Override.Kind.CALENDAR, {"calendar": calendar}, decided, dates), decided)


def override_quota(  # noqa: PLR0913  an agreement has this many sides
    *,
    contract: Contract,
    promise: str,
    amount: Decimal,
    reason: str,
    actor: User | None,
    at: datetime,
    dates: Dates = FROM_NOW_ON,
    unit: str = "",
) -> Override:
    """Give a contract another amount of a counted service, in each window that its days reach into.

    `unit` says which amount is meant where a promise counts several; without one, its first. Raises RefusedError for
    what is not counted, and for parts of what comes whole. Source: Y20, K05
    """
    decided = Decided(actor, at, reason)
    with changing(contract, Kind.OVERRIDE, decided):
        entitlement, unit = _counted(contract, promise, unit)
        _check_reason(reason, entitlement)
        _check_amount(amount, unit, entitlement)
        value = {"amount": float(amount), "unit": unit}
        return _agree(_row(entitlement, Override.Kind.QUOTA, value, decided, dates), decided)


def withdraw(*, contract: Contract, metric: str, reason: str, actor: User | None, at: datetime) -> Override:
    """Take back a contract's own targets: the plan's hold again, on the hours that were agreed if there are any.

    Returns the row that says who and why. Raises RefusedError where nothing was agreed. Source: C16
    """
    decided = Decided(actor, at, reason)
    with changing(contract, Kind.WITHDRAWN, decided):
        timed = timed_with(contract, metric)
        first = timed[0]
        _check_reason(reason, first)
        ahead = _own_targets(timed, Override.State.AHEAD)
        if OWN not in first.policy and not ahead:
            raise refused("nothing_agreed", _("合同没有另行约定的时限可以撤销。"), first)
        _take_back([*ahead, *_own_targets(timed, Override.State.IN_FORCE)])
        for group in parted(timed, metric):
            if OWN in group[0].policy:
                lay_anew(group[0], _edit(decided))
        return _journal(_row(first, Override.Kind.WITHDRAWN, {"metric": metric}, decided, FROM_NOW_ON))


def rescind(*, row: Override, reason: str, actor: User | None, at: datetime) -> Override:
    """Take back one thing that was agreed, whether it holds already or not yet; return it.

    Raises RefusedError without a reason, and for what holds no longer.
    """
    decided, contract = Decided(actor, at, reason), row.entitlement.contract
    with changing(contract, Kind.WITHDRAWN, decided):
        row = Override.objects.select_related("entitlement__item", "entitlement__contract__plan").get(pk=row.pk)
        _check_reason(reason, row.entitlement)
        if not row.is_agreed:
            raise refused("not_agreed_now", _("这条约定已经不再有效。"), row.entitlement)
        held = row.state == Override.State.IN_FORCE
        _take_back([row])
        if held:
            cease(row, decided)
    return row


def take_force(row: Override, decided: Decided) -> None:
    """Have what was agreed hold. Call inside `changing`. Raises RefusedError where its hours are in force no longer."""
    if row.kind == Override.Kind.QUOTA:
        lay_out_quotas(contract=row.entitlement.contract, at=decided.at, actor=decided.actor, reason=decided.reason)
        return
    _check_calendar(row.value["calendar"], row.entitlement)
    lay_over(row, _edit(decided))
    if row.pk:
        _lay_out_owed(row, decided)


def cease(row: Override, decided: Decided) -> None:
    """Have the plan hold again where something agreed was taken back or has lapsed. Call inside `changing`.

    An amount that lapsed stays what it was for the windows that it reached into.
    """
    if row.kind == Override.Kind.QUOTA:
        lay_out_quotas(contract=row.entitlement.contract, at=decided.at, actor=decided.actor, reason=decided.reason)
        return
    timed = [row.entitlement]
    if row.kind == Override.Kind.TARGET:
        timed = [
            one[0] for one in parted(timed_with(row.entitlement.contract, row.value["metric"]), row.value["metric"])
        ]
    for one in timed:
        if OWN in one.policy:
            lay_anew(one, _edit(decided))
    _lay_out_owed(row, decided)


def _agree(row: Override, decided: Decided) -> Override:
    if row.state == Override.State.AHEAD:
        if row.kind != Override.Kind.QUOTA:
            check_kept(row)
        return _journal(row)
    # An amount is laid out from the rows, a policy is laid over before there is one.
    if row.kind == Override.Kind.QUOTA:
        _journal(row)
    take_force(row, decided)
    kept = row if row.pk else _journal(row)
    _lay_out_owed(row, decided)
    return kept


def _lay_out_owed(row: Override, decided: Decided) -> None:
    """Have what is owed by a date follow other service hours."""
    if row.kind == Override.Kind.CALENDAR:
        lay_out_owed(contract=row.entitlement.contract, at=decided.at)


def _journal(row: Override) -> Override:
    row.save()
    return row


def _row(entitlement: Entitlement, kind: str, value: dict[str, Any], decided: Decided, dates: Dates) -> Override:
    """Return the row of an agreement, not saved. Raises RefusedError for days that cannot be."""
    today = local_date(entitlement.contract, decided.at)
    _check_dates(entitlement, dates, today)
    is_ahead = dates.starts_on is not None and dates.starts_on > today
    return Override(
        entitlement=entitlement, kind=kind, value=value, reason=decided.reason, actor=decided.actor,
        actor_display=str(decided.actor) if decided.actor else "", at=decided.at,
        starts_on=dates.starts_on, ends_on=dates.ends_on,
        state=Override.State.AHEAD if is_ahead else Override.State.IN_FORCE,
    )  # fmt: skip


def _check_dates(entitlement: Entitlement, dates: Dates, today: date) -> None:
    first, last = dates.starts_on or today, dates.ends_on
    if first < today:
        said = _("约定只能从今天（%s）起生效：已经过去的日子按当时的承诺算。") % today.isoformat()
        raise refused("starts_in_the_past", said, entitlement)
    if last and last < first:
        raise refused("dates_backwards", _("约定的截止日早于起始日。"), entitlement)
    end = last_day(entitlement.contract)
    if dates.starts_on and dates.starts_on > end:
        raise refused("after_the_term", _("服务期到 %s 为止，约定不能从那以后开始。") % end.isoformat(), entitlement)


def _own_targets(timed: Iterable[Entitlement], state: str) -> list[Override]:
    rows = Override.objects.filter(entitlement__in=list(timed), kind=Override.Kind.TARGET, state=state)
    return list(rows.order_by("at", "pk"))


def _take_back(rows: Iterable[Override]) -> None:
    for row in rows:
        row.state = Override.State.WITHDRAWN
        row.save(update_fields=["state"])


def _edit(decided: Decided) -> Edit:
    return Edit(lambda terms: terms, decided.reason, decided.actor, decided.at)


def granted(entitlement: Entitlement) -> dict[str, Any]:
    """Return the first quota a contract has of an item, with the amount of the last override of it."""
    quota: dict[str, Any] = next(iter(written(entitlement.item)), {})
    rows = entitlement.overrides.in_force().filter(kind=Override.Kind.QUOTA)
    agreed = [row for row in rows if row.value.get("unit", quota.get("unit")) == quota.get("unit")]
    return {**quota, "amount": agreed[-1].value["amount"]} if agreed else quota


def counted(contract: Contract) -> list[tuple[Entitlement, Rule]]:
    """Return everything of which a contract counts an amount of its own, in the plan's order."""
    rows = contract.entitlements.select_related("item").order_by("item__promise", "pk")
    return [(row, rule) for row in rows for rule in rules_of(row.item) if not rule.draws_on]


def _entitled(contract: Contract, promise: str) -> Entitlement:
    rows = contract.entitlements.select_for_update(of=("self",)).select_related("item").filter(item__promise=promise)
    found = rows.order_by("pk").first()
    if found is None:
        raise _not_in_plan(contract, promise)
    return found


def _counted(contract: Contract, promise: str, unit: str) -> tuple[Entitlement, str]:
    """Return what is entitled to an amount, locked, and the unit that it is counted in."""
    offered = counted(contract)
    for row, rule in offered:
        if row.item.promise == promise and unit in ("", rule.unit):
            return Entitlement.objects.select_for_update(of=("self",)).select_related("item").get(pk=row.pk), rule.unit
    told = _("、").join(f"{row.item.promise} {name_of(row.item)} ({unit_name(rule.unit)})" for row, rule in offered)
    raise _not_in_plan(contract, promise, [_("可以约定数量的：%s。") % told] if told else [])


def _not_in_plan(contract: Contract, promise: str, ways_on: Sequence[str] = ()) -> RefusedError:
    names = {"number": contract.number, "promise": promise}
    message = _("合同 %(number)s 没有可这样约定的服务项 %(promise)s。") % names
    return RefusedError("not_in_plan", message, promise=promise, ways_on=list(ways_on))


def _check_amount(amount: Decimal, unit: str, entitlement: Entitlement) -> None:
    if not 0 <= amount <= MOST_OF_ANYTHING:
        raise refused("bad_amount", _("数量应在 0 到 10000 之间。"), entitlement)
    if amount % 1 and unit != IN_PARTS:
        raise refused("not_whole", _("按整数计，不能约定 %s。") % amount_words(amount, unit), entitlement)


def _check_reason(reason: str, entitlement: Entitlement) -> None:
    if not reason.strip():
        raise refused("reason_missing", _("请写明理由。"), entitlement)


def _check_calendar(calendar: str, entitlement: Entitlement) -> None:
    if not CalendarVersion.objects.current().filter(code=calendar).exists():
        raise refused("unknown_calendar", _("没有名为“%s”的服务时间。") % calendar, entitlement)


def _check_target(target: NewTarget, entitlement: Entitlement) -> None:
    known = target.unit in Target.Unit.values and target.rule in Target.Rule.values
    if not known or target.metric not in MEETS:
        raise refused("bad_rule", _("不认识的指标、单位或规则。"), entitlement)
    if not 0 < target.amount <= MOST[str(target.unit)]:
        raise refused("bad_amount", _("时限必须大于零，且不超过一年。"), entitlement)
    if target.calendar:
        _check_calendar(target.calendar, entitlement)
    allowed = {str(kind) for kind in MEETS[target.metric][1]}
    if strange := [kind for kind in target.met_on if kind not in allowed]:
        names = {"strange": _("、").join(strange), "allowed": _("、").join(sorted(allowed))}
        raise refused("bad_met_on", _("%(strange)s 不能满足这个时限；可用：%(allowed)s。") % names, entitlement)


def _filled(target: NewTarget, entitlement: Entitlement) -> NewTarget:
    met_on = target.met_on or tuple(kind.value for kind in MEETS[target.metric][0])
    return replace(target, calendar=target.calendar or _usual_calendar(target.metric, entitlement), met_on=met_on)


def _usual_calendar(metric: str, entitlement: Entitlement) -> str:
    """Return the calendar agreed for the contract, else of the branch that serves it, of the target, or of the item."""
    agreed = entitlement.overrides.in_force().filter(kind=Override.Kind.CALENDAR).last()
    if agreed:
        return str(agreed.value["calendar"])
    contract = entitlement.contract
    branched = contract.switches.filter(name=Switch.Name.SERVED_BY_BRANCH, value="branch").exists()
    if branched and contract.branch and contract.branch.calendar:
        return contract.branch.calendar
    present = Target.objects.filter(policy__code=entitlement.policy, policy__is_current=True, metric=metric).first()
    usual = present.calendar if present else entitlement.item.calendar
    if not usual:
        raise refused("calendar_missing", _("服务说明没有写服务时间，请指明 calendar。"), entitlement)
    return usual
