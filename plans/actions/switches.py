"""Writes of a contract's named switches: what the source leaves open, answered for one customer."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from plans.actions.history import Decided, Kind, changing
from plans.actions.news import announce
from plans.models import Amendment, Contract, Switch, User
from plans.refusals import RefusedError
from sla.clock import database_now
from sla.models import CalendarVersion

# Switches that name a calendar, and what leaves it open.
CLAUSES = {
    Switch.Name.HOTLINE_CALENDAR: {"promise": "K09", "clause": "§3.3.2"},
    Switch.Name.SIGN_OFF_CALENDAR: {"promise": "K06", "clause": "§3.2.3(6)"},
}
# The same of a contract that holds the diagnosis alone.
DIAGNOSIS = {"promise": "K12", "clause": "§3.4.2(5)"}


def set_switch(*, contract: Contract, name: str, value: str, reason: str, actor: User | None, at: datetime) -> Switch:
    """Record an answer to something the source leaves open, with who decided it and why; the one before stays readable.

    Raises RefusedError for an answer that cannot be. Source: Y19, K09
    """
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    _check_switch(contract, name, value)
    values = {"value": value, "reason": reason, "decided_by": actor, "decided_at": at}
    with changing(contract, Kind.SWITCH, Decided(actor, at, reason)):
        switch, _made = Switch.objects.update_or_create(contract=contract, name=name, defaults=values)
        announce(contract=contract, kind=Amendment.Kind.SWITCH, reason=reason, actor=actor, at=at)
    return switch


def switches_of(contract: Contract) -> list[Switch.Name]:
    """Return what the source leaves open for this contract: nothing about a service that it does not hold."""
    asked = {
        Switch.Name.HOTLINE_CALENDAR: Q(item__service="hotline"),
        Switch.Name.SIGN_OFF_CALENDAR: ~Q(item__deliverable=""),
    }
    held = contract.entitlements.all()
    return [name for name in Switch.Name if name not in asked or held.filter(asked[name]).exists()]


def unset_switch(
    *, contract: Contract, name: str, actor: User | None = None, reason: str = "", at: datetime | None = None
) -> None:
    """Take back a named switch: the source's own reading holds again."""
    at = at or database_now()
    with changing(contract, Kind.SWITCH, Decided(actor, at, reason)):
        contract.switches.filter(name=name).delete()
        announce(contract=contract, kind=Amendment.Kind.SWITCH, reason=reason, actor=actor, at=at)


def _cited(contract: Contract, name: str) -> dict[str, str]:
    signed = set(contract.entitlements.exclude(item__deliverable="").values_list("item__promise", flat=True))
    only_diagnosis = name == Switch.Name.SIGN_OFF_CALENDAR and "K12" in signed and "K06" not in signed
    return DIAGNOSIS if only_diagnosis else CLAUSES[Switch.Name(name)]


def _check_switch(contract: Contract, name: str, value: str) -> None:
    if name in CLAUSES:
        if not CalendarVersion.objects.current().filter(code=value).exists():
            raise RefusedError("unknown_calendar", _("没有名为“%s”的服务时间。") % value, **_cited(contract, name))
    elif name == Switch.Name.SERVED_BY_BRANCH:
        if value not in ("branch", "hq"):
            raise RefusedError("bad_switch", _("应为 branch 或 hq。"), promise="Y19", clause="§3.2")
        if value == "branch" and not (contract.branch and contract.branch.calendar):
            raise RefusedError(
                "no_branch", _("合同没有指明分公司，或分公司没有服务时间。"), promise="Y19", clause="§3.2"
            )
    else:
        raise RefusedError("unknown_switch", _("没有名为“%s”的开关。") % name)
