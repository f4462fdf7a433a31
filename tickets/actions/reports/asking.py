"""Asking for a service report: what it may be about, and never the same one twice at once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Contract, Entitlement, Obligation, User
from plans.models.people import Language
from plans.refusals import RefusedError
from plans.report_kinds import Kind, kinds_of
from plans.terms import last_day, local_date
from tickets.models import ServiceReport
from tickets.models.reports import ServiceReportQuerySet

State = ServiceReport.State
# Longer than any term is sold for.
LONGEST = timedelta(days=5 * 366)
OPEN = (Obligation.State.OWED, Obligation.State.MISSED)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report of a contract: its kind, local dates, both included, and the language of its print."""

    contract: Contract
    kind: str
    starts_on: date
    ends_on: date
    language: str = Language.CHINESE
    # What it is made for; found by its period where nobody says.
    obligation: Obligation | None = None


@transaction.atomic
def ask_for(*, asked: Asked, actor: User | None, at: datetime) -> ServiceReport:
    """Queue a report and return it; the one that is being made already where there is one, else a further version.

    Raises RefusedError for a kind or language that is not known, and for dates that make no sense.
    """
    contract = _locked(asked.contract)
    _kind, entitlement = _checked(asked, at)
    latest = _same(asked).last_versions().order_by("-pk").first()
    if latest is not None:
        return _again(latest, actor, at)
    obligation = asked.obligation or _obligation(entitlement, asked)
    report = ServiceReport.objects.create(
        contract=contract, kind=asked.kind, entitlement=entitlement, obligation=obligation, starts_on=asked.starts_on,
        ends_on=asked.ends_on, language=asked.language, requested_by=actor, requested_at=at, retry_at=at,
    )  # fmt: skip
    report.code = f"R-{at.year}-{report.pk:06}"
    report.save(update_fields=["code"])
    return report


def _locked(contract: Contract) -> Contract:
    """Return a contract that nobody else asks for a report of until the transaction ends."""
    return Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)


def _same(asked: Asked) -> ServiceReportQuerySet:
    return ServiceReport.objects.filter(
        contract=asked.contract, kind=asked.kind, starts_on=asked.starts_on, ends_on=asked.ends_on,
        language=asked.language,
    )  # fmt: skip


def _again(latest: ServiceReport, actor: User | None, at: datetime) -> ServiceReport:
    """Return what becomes of a report that is asked for once more."""
    if latest.state in (State.QUEUED, State.MAKING):
        return latest
    if latest.state == State.FAILED:
        return retry(report=latest, actor=actor, at=at)
    return remake(report=latest, actor=actor, at=at)


def _checked(asked: Asked, at: datetime) -> tuple[Kind, Entitlement | None]:
    found = kinds_of(asked.contract).get(asked.kind)
    if found is None:
        raise RefusedError("unknown_kind", _("没有这种报告：%s。") % asked.kind)
    if asked.language not in Language.values:
        raise RefusedError(
            "unknown_language", _("报告没有这种语言：%s。") % asked.language, ways_on=list(Language.values)
        )
    _check_dates(asked, local_date(asked.contract, at))
    return found


def _check_dates(asked: Asked, today: date) -> None:
    """Refuse a period that no report can be about."""
    first, last = asked.contract.starts_on, last_day(asked.contract)
    if asked.ends_on < asked.starts_on:
        raise RefusedError("bad_period", _("起止日期颠倒。"), ways_on=[_("让开始早于结束。")])
    if asked.ends_on - asked.starts_on > LONGEST:
        raise RefusedError("period_too_long", _("期间最长五年。"), ways_on=[_("分几份生成。")])
    if asked.starts_on < first or asked.ends_on > last:
        raise RefusedError(
            "outside_term", _("期间超出服务期（%(first)s 至 %(last)s）。") % {"first": first, "last": last},
            ways_on=[_("选服务期内的日期。")],
        )  # fmt: skip
    if asked.starts_on > today:
        raise RefusedError("period_ahead", _("这段时间还没有开始。"), ways_on=[_("到那天以后再生成。")])


def _obligation(entitlement: Entitlement | None, asked: Asked) -> Obligation | None:
    """Return what is owed under the right and not delivered, whose time the period mostly is; None where nothing is."""
    if entitlement is None:
        return None
    item = entitlement.item
    rows = asked.contract.obligations.filter(item__promise=item.promise, item__service=item.service, state__in=OPEN)
    near = rows.filter(opens_on__lte=asked.ends_on, due_on__gte=asked.starts_on).exclude(reports__state__in=_LIVING)
    return next((row for row in near.order_by("due_on", "pk") if _is_mostly(row, asked)), None)


_LIVING = (State.QUEUED, State.MAKING, State.READY, State.DELIVERED)


def _is_mostly(row: Obligation, asked: Asked) -> bool:
    shared = (min(row.due_on, asked.ends_on) - max(row.opens_on, asked.starts_on)).days + 1
    return 2 * shared >= (row.due_on - row.opens_on).days + 1


@transaction.atomic
def remake(*, report: ServiceReport, actor: User | None, at: datetime) -> ServiceReport:
    """Queue a further version of a report, counted anew, and return it; the former one stays as it is.

    Raises RefusedError where there is a further version already that was not withdrawn, or this one is not made yet.
    """
    _locked(report.contract)
    report.refresh_from_db()
    if report.state not in (State.READY, State.DELIVERED, State.WITHDRAWN):
        raise refused(report)
    check_latest(report)
    return ServiceReport.objects.create(
        code=report.code, version=report.version + 1, supersedes=report, contract=report.contract, kind=report.kind,
        entitlement=report.entitlement, obligation=report.obligation, starts_on=report.starts_on,
        ends_on=report.ends_on, language=report.language, words=report.words, requested_by=actor, requested_at=at,
        retry_at=at,
    )  # fmt: skip


@transaction.atomic
def retry(*, report: ServiceReport, actor: User | None, at: datetime) -> ServiceReport:
    """Queue a report that could not be made once more, and return it. Raises RefusedError for any other."""
    _locked(report.contract)
    row = ServiceReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if row.state != State.FAILED:
        raise refused(row)
    row.state, row.attempts, row.error, row.retry_at = State.QUEUED, 0, "", at
    row.requested_by = actor or row.requested_by
    row.save(update_fields=["state", "attempts", "error", "retry_at", "requested_by"])
    return row


def check_latest(report: ServiceReport) -> None:
    """Refuse what was to be done to a version that a further one has taken the place of."""
    if (newer := ServiceReport.objects.filter(supersedes=report).first()) is not None:
        raise RefusedError(
            "superseded", _("报告 %(code)s 已有第 %(version)s 版。") % {"code": newer.code, "version": newer.version},
            ways_on=[_("打开最新的一版。")],
        )  # fmt: skip


def refused(report: ServiceReport) -> RefusedError:
    """Return the refusal of what cannot be done to a report as it stands."""
    said = {"code": report.code, "state": report.get_state_display()}
    return RefusedError(
        "report_state",
        _("报告 %(code)s 的状态是“%(state)s”，不能这样处理。") % said,
        ways_on=[_("刷新页面，看看现在的状态。")],
    )
