"""A customer's wish to have a product updated, step by step: asked for, audited, scheduled, done. Source: K11"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.accounts import zone_named
from plans.actions.history import Decided, changing
from plans.actions.history import Kind as Changed
from plans.actions.updates.journal import OURS, Kind, hold_request, inform, note, theirs, times
from plans.actions.updates.windows import LONGEST, LONGEST_HOURS, Span, check_not_too_far
from plans.models import Contact, Contract, Item, OwnedProduct, UpdateRequest, User
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from plans.updates.policies import UpdatePolicy, right_to_updates
from plans.updates.reading import Governed, governed, is_running_term, policy_of
from plans.wording import clause_of, name_of

State = UpdateRequest.State
EARLIEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: which running product, to which version, by when and why."""

    owned: OwnedProduct
    version: str = ""
    wish: str = ""
    wanted_on: date | None = None


@transaction.atomic
def ask(*, wanted: Wanted, contact: Contact | None, actor: User | None, at: datetime) -> UpdateRequest:
    """Ask for an update of a running product and return the request.

    Raises RefusedError outside the term, where the plan has no update on request for how it runs (saying when one comes
    by itself, or what the customer has instead), for a day without enough notice, and while one is open.
    """
    contract = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("plan", "customer")
        .get(pk=wanted.owned.contract_id)
    )
    policy = may_be_asked(contract, wanted.owned, at)
    if wanted.wanted_on:
        _notice_kept(policy, contract, wanted.wanted_on, at)
        _within_term(policy, contract, wanted.wanted_on)
    request = UpdateRequest.objects.create(
        contract=contract, item=policy.item, policy=policy.code, product=wanted.owned.product,
        deployment=wanted.owned.deployment, tenant=wanted.owned.tenant, version=wanted.version.strip()[:40],
        wish=wanted.wish.strip(), wanted_on=wanted.wanted_on, requested_by=contact, requested_at=at,
        timezone=contract.timezone,
    )  # fmt: skip
    step = note(request, Kind.REQUESTED, actor, at, version=request.version)
    inform(request, "requested", OURS, step)
    if contact:
        inform(request, "received", theirs(request), step)
    return request


def may_be_asked(contract: Contract, owned: OwnedProduct, at: datetime) -> UpdatePolicy:
    """Return the policy by which an update of a running product may be asked for now. Raises RefusedError for a no."""
    right = right_to_updates(contract)
    if right is None:
        raise RefusedError("no_right", _("合同里没有升级更新服务。"), ways_on=[_("请联系您的客户成功经理。")])
    if not is_running_term(contract, at):
        raise RefusedError(
            "outside_term", _("合同不在服务期内（%(start)s 至 %(end)s），不能申请更新。")
            % {"start": contract.starts_on, "end": last_day(contract)},
            **cite(right.item), ways_on=[_("续签后再申请。")],
        )  # fmt: skip
    found = next((one for one in governed(contract, at) if one.owned.pk == owned.pk), None)
    if found is None:
        raise RefusedError("not_owned", _("这个产品不在合同里。"), **cite(right.item))
    if found.request:
        raise RefusedError(
            "open_already", _("%(product)s 已有一份更新申请 %(number)s 在办理。")
            % {"product": name_of(owned.product), "number": found.request.number},
            **cite(right.item), ways_on=[_("在那份申请里补充，或先撤回它。")],
        )  # fmt: skip
    if found.on_request is None:
        raise _not_on_request(found, right.item)
    return found.on_request


def _not_on_request(found: Governed, item: Item) -> RefusedError:
    """Return why an update of this product cannot be asked for, and what there is instead."""
    product = name_of(found.owned.product)
    if found.own_plan:
        return RefusedError(
            "own_plan", _("%s 是私有部署，更新计划由客户的系统管理员自行制定。") % product, promise=item.promise,
            clause=found.own_plan.clause, ways_on=[_("在“产品更新”里下载最新的安装包和补丁。")],
        )  # fmt: skip
    if not found.policies:
        words = {"product": product, "deployment": found.owned.get_deployment_display()}
        return RefusedError(
            "no_policy", _("计划没有写 %(product)s（%(deployment)s）怎么更新。") % words, **cite(item),
            ways_on=[_("请联系您的客户成功经理。")],
        )  # fmt: skip
    return RefusedError(
        "comes_by_itself", _("%(product)s 的更新自动进行，不用申请。%(next)s")
        % {"product": product, "next": _next(found)},
        promise=item.promise, clause=found.policies[0].clause, ways_on=[_("在更新日历里查看以后的时间。")],
    )  # fmt: skip


def _next(found: Governed) -> str:
    if found.coming is None:
        return ""
    local = found.coming.starts_at.astimezone(zone_named(found.coming.timezone))
    return _("下一次是 %s。") % date_format(local, _("Y年n月j日 H:i"))


def cite(item: Item) -> dict[str, str]:
    """Return the promise and clause of the service, as a refusal names them."""
    return {"promise": item.promise, "clause": clause_of(item)}


def earliest_on(policy: UpdatePolicy, contract: Contract, at: datetime) -> date:
    """Return the first local date on which an update that is agreed now may begin; today is not counted."""
    ahead = timedelta(days=policy.notice_days) if policy.notice_days else EARLIEST
    return local_date(contract, at) + ahead


def _notice_kept(policy: UpdatePolicy, contract: Contract, on: date, at: datetime) -> None:
    earliest = earliest_on(policy, contract, at)
    if on < earliest:
        words = {"days": policy.notice_days or EARLIEST.days, "day": earliest.isoformat()}
        raise RefusedError(
            "short_notice", _("更新须提前 %(days)d 天约定，最早 %(day)s。") % words, promise=policy.item.promise,
            clause=policy.clause, ways_on=[_("请改到 %s 或以后。") % earliest.isoformat()],
        )  # fmt: skip


def _within_term(policy: UpdatePolicy, contract: Contract, on: date) -> None:
    if not contract.starts_on <= on <= last_day(contract):
        raise RefusedError(
            "outside_term", _("这一天不在合同的服务期内（%(start)s 至 %(end)s）。")
            % {"start": contract.starts_on, "end": last_day(contract)},
            promise=policy.item.promise, clause=policy.clause,
            ways_on=[_("选服务期内的日期；服务期之后的，续签后再约。")],
        )  # fmt: skip


@transaction.atomic
def begin_audit(*, request: UpdateRequest, actor: User, at: datetime) -> UpdateRequest:
    """Begin the security audit that an update of a customised product needs. Source: K11"""
    request = hold_request(request)
    _in(request, (State.REQUESTED,), pgettext("update deed", "开始审计"))
    if not _policy(request).needs_audit:
        raise RefusedError("no_audit", _("这项更新不需要安全审计。"), ways_on=[_("直接约定时间。")])
    request.state = State.AUDITING
    request.save(update_fields=["state"])
    inform(request, "auditing", theirs(request), note(request, Kind.AUDITING, actor, at))
    return request


@transaction.atomic
def clear(*, request: UpdateRequest, findings: str, actor: User, at: datetime) -> UpdateRequest:
    """Note that the audit was passed, with what it found; what did not pass is declined. Needs findings."""
    request = hold_request(request)
    _in(request, (State.AUDITING,), pgettext("update deed", "写审计结论"))
    if not findings.strip():
        raise RefusedError("findings_missing", _("请写明审计结论。"))
    request.state, request.findings = State.CLEARED, findings.strip()
    request.save(update_fields=["state", "findings"])
    inform(request, "cleared", theirs(request), note(request, Kind.CLEARED, actor, at, findings=request.findings))
    return request


@transaction.atomic
def schedule(*, request: UpdateRequest, span: Span, actor: User, at: datetime, short_notice: str = "") -> UpdateRequest:
    """Agree on a time, or another one; the notice of the policy is kept unless one of us says why less will do.

    Raises RefusedError before a needed audit is passed, and for a time that is too soon, past, or outside the term.
    """
    request = hold_request(request)
    policy = _policy(request)
    ready = (State.CLEARED,) if policy.needs_audit else (State.REQUESTED, State.AUDITING, State.CLEARED)
    if request.state in (State.REQUESTED, State.AUDITING) and policy.needs_audit:
        raise RefusedError(
            "audit_first", _("有二次开发的单租户，要先通过运维平台的安全审计。"), promise=policy.item.promise,
            clause=policy.clause, ways_on=[_("先开始审计，写下结论，再约时间。")],
        )  # fmt: skip
    _in(request, (*ready, State.SCHEDULED), pgettext("update deed", "约定时间"))
    _soon_enough(request, policy, span, at, short_notice)
    is_change = request.state == State.SCHEDULED
    request.state, request.starts_at, request.ends_at = State.SCHEDULED, span.starts_at, span.ends_at
    request.sequence += is_change
    request.save()
    step = note(request, Kind.SCHEDULED, actor, at, reason=short_notice, **times(request))
    inform(request, "moved" if is_change else "scheduled", [*theirs(request), *OURS], step)
    return request


def _soon_enough(
    request: UpdateRequest, policy: UpdatePolicy, span: Span, at: datetime, short_notice: str
) -> None:  # fmt: skip
    if span.ends_at <= span.starts_at or (span.ends_at - span.starts_at).total_seconds() > LONGEST:
        raise RefusedError("wrong_span", _("结束须晚于开始，最长 %d 小时。") % LONGEST_HOURS)
    if span.starts_at <= at:
        raise RefusedError("past", _("这个时间已经过去。"), ways_on=[_("请填以后的时间。")])
    check_not_too_far(span, at)
    day = local_date(request.contract, span.starts_at)
    _within_term(policy, request.contract, day)
    request.short_notice_reason = ""
    try:
        _notice_kept(policy, request.contract, day, at)
    except RefusedError:
        if not short_notice.strip():
            raise
        request.short_notice_reason = short_notice.strip()[:400]


@transaction.atomic
def begin(*, request: UpdateRequest, actor: User, at: datetime) -> UpdateRequest:
    """Note that the update is under way."""
    request = hold_request(request)
    _in(request, (State.SCHEDULED,), pgettext("update deed", "开始"))
    request.state = State.UNDER_WAY
    request.save(update_fields=["state"])
    inform(request, "begun", theirs(request), note(request, Kind.BEGUN, actor, at))
    return request


@transaction.atomic
def finish(*, request: UpdateRequest, version: str, actor: User, at: datetime) -> UpdateRequest:
    """Note that the update is done; the contract's product then has the version that runs now."""
    request = hold_request(request)
    _in(request, (State.UNDER_WAY,), pgettext("update deed", "完成"))
    request.done_version = (version.strip() or request.version)[:40]
    _bring_up(request, actor, at)
    step = note(request, Kind.FINISHED, actor, at, version=request.done_version)
    _end(request, State.DONE, at)
    inform(request, "done", [*theirs(request), *OURS], step)
    return request


def _bring_up(request: UpdateRequest, actor: User, at: datetime) -> None:
    """Write the version that runs now into the contract, with its history."""
    rows = request.contract.owned_products.filter(
        product=request.product_id, deployment=request.deployment, tenant=request.tenant
    )
    if request.done_version and rows.exclude(version=request.done_version).exists():
        decided = Decided(actor, at, _("更新申请 %s 已完成") % request.number)
        with changing(request.contract, Changed.PRODUCTS, decided):
            rows.update(version=request.done_version)


@transaction.atomic
def decline(*, request: UpdateRequest, reason: str, actor: User, at: datetime) -> UpdateRequest:
    """Say no to a request with a reason that the customer reads."""
    request = hold_request(request)
    _in(request, (State.REQUESTED, State.AUDITING, State.CLEARED, State.SCHEDULED), pgettext("update deed", "不受理"))
    return _give_up(request, State.DECLINED, reason, actor, at)


@transaction.atomic
def withdraw(*, request: UpdateRequest, reason: str, actor: User, at: datetime) -> UpdateRequest:
    """Take a request back; what is under way can only be finished."""
    request = hold_request(request)
    _in(request, (State.REQUESTED, State.AUDITING, State.CLEARED, State.SCHEDULED), pgettext("update deed", "撤回"))
    return _give_up(request, State.WITHDRAWN, reason.strip() or _("客户撤回"), actor, at)


def _give_up(request: UpdateRequest, state: State, reason: str, actor: User, at: datetime) -> UpdateRequest:
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    request.reason = reason.strip()[:400]
    request.sequence += request.starts_at is not None
    kind = Kind.DECLINED if state == State.DECLINED else Kind.WITHDRAWN
    step = note(request, kind, actor, at, reason=reason, **times(request))
    _end(request, state, at)
    inform(request, str(state), [*theirs(request), *OURS], step)
    return request


def _end(request: UpdateRequest, state: State, at: datetime) -> None:
    request.state, request.ended_at = state, at
    request.save()


def _policy(request: UpdateRequest) -> UpdatePolicy:
    policy = policy_of(request)
    if policy is None:
        raise RefusedError("no_policy", _("计划里已没有这项更新策略。"), **cite(request.item))
    return policy


def _in(request: UpdateRequest, states: tuple[Any, ...], what: str) -> None:
    """Refuse what a request's state does not allow."""
    if request.state not in states:
        words = {"number": request.number, "state": request.get_state_display(), "what": what}
        raise RefusedError(
            "wrong_state", _("申请 %(number)s 的状态是“%(state)s”，不能%(what)s。") % words, **cite(request.item),
            ways_on=[_("刷新页面，看看现在的状态。")],
        )  # fmt: skip
