"""What becomes of what is owed: delivered, or waived with a reason; either can be taken back."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.obligations.timing import deliver, stop, undeliver
from plans.models import Entitlement, Obligation, User
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from plans.wording import clause_of, text_of

State = Obligation.State
SETTLED = ("state", "met_at", "met_by_ref", "reason", "actor", "actor_display", "settled_at", "clock")
NOON = time(12)


@transaction.atomic
def meet(*, obligation: Obligation, ref: str, at: datetime, actor: User | None) -> Obligation:
    """Note what is owed as delivered at an instant, in time or late, with what delivered it, such as "E-2026-000003".

    What a term ended without may still be delivered, late. Raises RefusedError for what is settled otherwise.
    """
    row = _locked(obligation)
    if row.state not in (State.OWED, State.MISSED):
        raise _refused(row)
    was_missed = row.state == State.MISSED
    is_in_time = deliver(row, at, actor, ref) and not was_missed
    row.state, row.met_at, row.met_by_ref = State.MET if is_in_time else State.LATE, at, ref[:64]
    return _settle(row, actor, at)


@transaction.atomic
def meet_next(
    *, entitlement: Entitlement, ref: str, on: date, at: datetime, actor: User | None, line: str = ""
) -> Obligation | None:
    """Note the first thing that is owed under an entitlement as delivered on a local date; None where none is open.

    `line` says which, where the item owes several; what the same `ref` met before is returned as it is.
    """
    item, contract = entitlement.item, entitlement.contract
    rows = contract.obligations.filter(item__promise=item.promise, item__service=item.service)
    met = rows.filter(met_by_ref=ref).first()
    if met or not ref:
        return met
    rows = rows.filter(line=line) if line else rows
    first = rows.open().select_for_update(of=("self",)).order_by("due_on", "pk").first()
    return meet_on(obligation=first, ref=ref, on=on, at=at, actor=actor) if first else None


def meet_on(*, obligation: Obligation, ref: str, on: date, at: datetime, actor: User | None) -> Obligation:
    """Note what is owed as delivered on a local date up to today, as `meet` does at an instant.

    Raises RefusedError for a day before the term too.
    """
    if on < obligation.contract.starts_on:
        raise RefusedError(
            "before_term",
            _("%(on)s 在服务期开始（%(first)s）之前。") % {"on": on, "first": obligation.contract.starts_on},
            clause=clause_of(obligation.item), promise=obligation.item.promise, ways_on=[_("填写实际交付的日期。")],
        )  # fmt: skip
    return meet(obligation=obligation, ref=ref, at=_instant_on(obligation, on, at), actor=actor)


def _instant_on(row: Obligation, on: date, at: datetime) -> datetime:
    """Return now for today, noon for a date before it: what was delivered on the last day was in time."""
    if on >= local_date(row.contract, at):
        return at
    return datetime.combine(on, NOON, ZoneInfo(row.contract.timezone))


@transaction.atomic
def waive(*, obligation: Obligation, reason: str, at: datetime, actor: User | None) -> Obligation:
    """Let what is owed go with a reason that the customer may read; nobody is warned of it any more.

    Raises RefusedError without a reason, and for what is settled.
    """
    row = _locked(obligation)
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"), clause=clause_of(row.item), promise=row.item.promise)
    if not row.is_open:
        raise _refused(row)
    stop(row, at)
    row.state, row.reason = State.WAIVED, reason.strip()[:400]
    return _settle(row, actor, at)


@transaction.atomic
def take_back(*, obligation: Obligation, reason: str, at: datetime, actor: User | None) -> Obligation:
    """Owe again what was noted as delivered or waived by mistake; its clock goes on as if nothing had been noted.

    Raises RefusedError without a reason, for what is open, and once the term is over.
    """
    row = _locked(obligation)
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"), clause=clause_of(row.item), promise=row.item.promise)
    if row.state not in (State.MET, State.LATE, State.WAIVED) or last_day(row.contract) < local_date(row.contract, at):
        raise _refused(row)
    if row.state == State.WAIVED:
        row.clock = None
    else:
        undeliver(row, at)
    row.state, row.met_at, row.met_by_ref, row.reason = State.OWED, None, "", reason.strip()[:400]
    _settle(row, actor, at)
    row.settled_at = None
    row.save(update_fields=["settled_at"])
    return row


def _locked(obligation: Obligation) -> Obligation:
    rows = Obligation.objects.select_for_update(of=("self",)).select_related("contract", "item", "clock")
    return rows.get(pk=obligation.pk)


def _settle(row: Obligation, actor: User | None, at: datetime) -> Obligation:
    row.actor, row.actor_display, row.settled_at = actor, str(actor) if actor else "", at
    row.save(update_fields=SETTLED)
    return row


def _refused(row: Obligation) -> RefusedError:
    words = {"what": text_of(row, "what"), "state": row.get_state_display()}
    return RefusedError(
        "obligation_settled",
        _("“%(what)s”的状态是“%(state)s”，不能这样处理。") % words,
        clause=clause_of(row.item), promise=row.item.promise, ways_on=[_("刷新页面，看看现在的状态。")],
    )  # fmt: skip
