"""Writes of a contract's term and places: longer, shorter, ended early, served by another branch or team."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from plans.actions.history import Decided, Kind, changing
from plans.actions.news import announce
from plans.actions.obligations.laying import lay_out as lay_out_owed
from plans.actions.quotas import lay_out as lay_out_quotas
from plans.models import Amendment, Branch, Contract, Team, User
from plans.overlaps import Bought, check_overlaps
from plans.refusals import RefusedError
from sla.clock import database_now

FIELDS = ("starts_on", "ends_on", "ended_on", "timezone", "branch", "team")
# Nobody signs for longer; a slip of the pen in a year would lay out obligations for centuries.
LONGEST_YEARS = 20


def change_term(
    *, contract: Contract, starts_on: date, ends_on: date, reason: str, actor: User | None, at: datetime
) -> Contract:
    """Give a contract another term, both dates included; an early end is taken back, unless the last day stays it.

    Raises RefusedError without a reason, for a term that runs backwards, and where the customer has the same plan for
    the same product in the added time.
    """
    _check_reason(reason)
    ended_on = None
    if ends_on == contract.ended_on and starts_on <= ends_on:
        ends_on, ended_on = contract.ends_on, contract.ended_on
    values = {"starts_on": starts_on, "ends_on": ends_on, "ended_on": ended_on}
    return _save(contract, values, Decided(actor, at, reason))


def end(
    *, contract: Contract, on: date, actor: User | None = None, reason: str = "", at: datetime | None = None
) -> Contract:
    """End a contract before its term; `on` is its last day."""
    if not contract.starts_on <= on <= contract.ends_on:
        raise RefusedError(
            "outside_term",
            _("终止日须在服务期之内。"),
            clause=_("合同 %(number)s：服务期 %(start)s 至 %(end)s")
            % {"number": contract.number, "start": contract.starts_on, "end": contract.ends_on},
        )
    return _save(contract, {"ended_on": on}, Decided(actor, at or database_now(), reason))


def place(
    *,
    contract: Contract,
    branch: Branch | None,
    team: Team | None,
    reason: str,
    actor: User | None,
    at: datetime,
) -> Contract:
    """Have a contract served by another branch and team. Raises RefusedError without a reason."""
    _check_reason(reason)
    return _save(contract, {"branch": branch, "team": team}, Decided(actor, at, reason))


def amend(*, contract: Contract, actor: User | None = None, reason: str = "", at: datetime | None = None) -> None:
    """Save a contract's term and places as they were set on it. Raises RefusedError for a term that cannot be."""
    values = {name: getattr(contract, name) for name in FIELDS}
    _save(contract, values, Decided(actor, at or database_now(), reason))


def check_term(starts_on: date, ends_on: date, timezone: str) -> None:
    """Refuse a term that runs backwards or for ever, or lies in a zone that is none."""
    if ends_on < starts_on:
        raise RefusedError(
            "term_backwards", _("服务期结束于 %(end)s，早于开始的 %(start)s。") % {"end": ends_on, "start": starts_on}
        )
    if ends_on.year - starts_on.year > LONGEST_YEARS:
        raise RefusedError("term_too_long", _("服务期不能超过 %(years)d 年。") % {"years": LONGEST_YEARS})
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RefusedError("unknown_zone", _("没有名为“%s”的时区。") % timezone) from error


def _save(contract: Contract, values: dict[str, Any], decided: Decided) -> Contract:
    with changing(contract, Kind.TERM, decided):
        for name, value in values.items():
            setattr(contract, name, value)
        check_term(contract.starts_on, contract.ends_on, contract.timezone)
        check_overlaps(Bought.of(contract))
        contract.save(update_fields=list(values))
        lay_out_quotas(contract=contract, at=decided.at, actor=decided.actor, reason=decided.reason)
        lay_out_owed(contract=contract, at=decided.at)
        kind = Amendment.Kind.TERM
        announce(contract=contract, kind=kind, reason=decided.reason, actor=decided.actor, at=decided.at)
    return contract


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
