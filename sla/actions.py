"""Every write of calendars, holidays and policies: versions are added, never changed, and nothing is written twice."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from sla.actors import SYSTEM, Actor
from sla.clock import database_now
from sla.comparing import Span, spans_between
from sla.composing import BREAKS, Composed, Day, Hours, Year, compose, composed, digest, hours_of, years_known
from sla.ladder import WARNINGS, Mark
from sla.models import (
    CalendarVersion,
    EscalationRule,
    HolidayDate,
    HolidayNotice,
    HolidaySet,
    Policy,
    Recompute,
    Target,
)
from sla.models.policies import Metric

__all__ = [
    "BREAKS", "Again", "Change", "Day", "Hours", "Level", "Outcome", "PolicyError", "Promise", "Terms", "Year",
    "check_terms", "compose", "digest", "hours_of", "put_calendars", "put_holidays", "put_policy",
    "retire_policy", "terms_of", "with_target", "write_alone", "year_digest",
]  # fmt: skip

# Two who add versions at once would both add the same one.
WRITE_LOCK = 0x5301
# A ladder that nobody answers must end.
MOST_ROUNDS = 50
# Seconds and working days of ten years: what lies beyond is a slip of the keyboard, and fits no column.
LONGEST, LONGEST_DAYS = 3660 * 24 * 3600, 3660
MOST_PERCENT = 1000
# Why deadlines move where nobody said it in words.
CHANGED = "policy_changed"


class Outcome(StrEnum):
    """What a write came to."""

    ADDED = "added"
    NEW_VERSION = "new_version"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was to be written, and what came of it."""

    kind: str
    code: str
    outcome: Outcome
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changes calendars or a policy, why, by which notice, and when."""

    actor: Actor
    cause: str
    notice: HolidayNotice | None
    at: datetime
    # What readers of English are told; blank: the cause as it is.
    cause_en: str = ""


class PolicyError(ValueError):
    """Raised when a policy promises nonsense; `field` says where."""

    def __init__(self, field_name: str, message: str) -> None:
        self.field = field_name
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Promise:
    """One target of a policy; the fields are those of `Target`."""

    metric: str
    amount: Decimal
    unit: str
    rule: str
    calendar: str
    met_on: tuple[str, ...]
    promise: str
    clause: str
    clause_en: str = ""
    priority: str = ""
    pauses_on: tuple[str, ...] = ()

    @classmethod
    def of(cls, target: Target) -> Self:
        """Return the promise of a stored target."""
        kept = {name: getattr(target, name) for name in cls.__slots__}
        return cls(**{**kept, "met_on": tuple(target.met_on), "pauses_on": tuple(target.pauses_on)})


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a ladder; the fields are those of `EscalationRule`."""

    metric: str
    level: int
    mark: str
    amount: Decimal
    actions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Again:
    """Which levels of a metric's ladder come again: from `level` on, `times` times, `every` working seconds apart."""

    metric: str
    level: int
    every: int
    times: int


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy's whole content, which a version keeps for ever."""

    code: str
    name: str
    name_en: str
    targets: tuple[Promise, ...]
    levels: tuple[Level, ...] = ()
    basis: str = Policy.Basis.FROM_CREATION
    reopening: str = Policy.Reopening.RESUME
    note: str = field(default="")
    repeats: tuple[Again, ...] = ()

    @property
    def content(self) -> dict[str, Any]:
        """Return what a version's digest is of: what most policies do not have is left out where it is missing."""
        said = asdict(self)
        return said if self.repeats else {name: value for name, value in said.items() if name != "repeats"}


def write_alone() -> None:
    """Wait for whoever else writes calendars, policies or plans, up to the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])


@transaction.atomic
def put_holidays(*, years: Iterable[Year]) -> list[Change]:
    """Save the holidays of whole years, each replacing what was known of that year, and return what changed."""
    write_alone()
    given = {(year.country, year.subdivision, year.year): (year, year_digest(year)) for year in years}
    kept = {(row.country, row.subdivision, row.year): row for row in HolidaySet.objects.all()}
    differing = {key: pair for key, pair in given.items() if key not in kept or kept[key].digest != pair[1]}
    HolidaySet.objects.filter(pk__in=[kept[key].pk for key in differing if key in kept]).delete()
    rows = HolidaySet.objects.bulk_create(_holiday_set(year, written) for year, written in differing.values())
    HolidayDate.objects.bulk_create(
        HolidayDate(set=row, **asdict(day))
        for row, (year, _written) in zip(rows, differing.values(), strict=True)
        for day in year.dates
    )
    return [
        Change("holidays", _year_code(year), _year_outcome(key in kept, key in differing))
        for key, (year, _written) in given.items()
    ]


def year_digest(year: Year) -> str:
    """Return the digest of a year's content, whoever brings it in."""
    said = {name: getattr(year, name) for name in Year.__slots__}
    dates = [{name: getattr(day, name) for name in Day.__slots__} for day in year.dates]
    # A text that is missing is no part of what is said.
    said = {name: value for name, value in said.items() if name != "source_en" or value}
    return digest({**said, "dates": dates, "origin": ""})


def _holiday_set(year: Year, written: str) -> HolidaySet:
    return HolidaySet(
        country=year.country, subdivision=year.subdivision, year=year.year, status=year.status, source=year.source,
        origin=year.origin, categories=year.categories, package=year.package, digest=written,
        source_en=year.source_en,
    )  # fmt: skip


def _year_code(year: Year) -> str:
    return f"{year.country}{'-' + year.subdivision if year.subdivision else ''} {year.year}"


def _year_outcome(was_known: bool, differs: bool) -> Outcome:
    if not differs:
        return Outcome.UNCHANGED
    return Outcome.CHANGED if was_known else Outcome.ADDED


@transaction.atomic
def put_calendars(
    *,
    calendars: Iterable[Hours],
    cause: str = "",
    cause_en: str = "",
    actor: Actor = SYSTEM,
    notice: HolidayNotice | None = None,
    at: datetime | None = None,
) -> list[Change]:
    """Compose calendars, and all others that follow holidays, anew; one that differs gets a new version.

    Each version that takes the place of another is on its way to the open milestones from then on: see
    `sla.changing.recomputing`. `cause` says why, in the words of `actor`; `at` is now unless said otherwise.
    Raises LookupError when a calendar follows a country whose holidays are not known, CalendarError when hours
    cannot be understood.
    """
    write_alone()
    edit = Edit(actor, cause, notice, at or database_now(), cause_en)
    return [_put_calendar(one, edit) for one in composed(calendars, years_known())]


def _put_calendar(calendar: Composed, edit: Edit) -> Change:
    kept = calendar.kept
    if kept and not calendar.is_changed:
        return Change("calendar", calendar.code, Outcome.UNCHANGED, kept.version)
    after = calendar.after
    version = _next_version(CalendarVersion, calendar.code)
    CalendarVersion.objects.create(
        code=calendar.code, version=version, digest=calendar.digest, created_by=edit.actor.display, cause=edit.cause,
        cause_en=edit.cause_en, **calendar.content,
    )  # fmt: skip
    spans = spans_between(calendar.before, after) if calendar.before else []
    if spans:
        _begin_recompute(Recompute.Kind.CALENDAR, calendar.code, version, edit, spans)
    return Change("calendar", calendar.code, Outcome.NEW_VERSION if kept else Outcome.ADDED, version)


def _begin_recompute(kind: Recompute.Kind, code: str, version: int, edit: Edit, spans: Iterable[Span] = ()) -> None:
    Recompute.objects.create(
        kind=kind, code=code, version=version, notice=edit.notice, cause=edit.cause, cause_en=edit.cause_en,
        actor_kind=edit.actor.kind, actor_ref=edit.actor.ref, actor_display=edit.actor.display,
        spans=[[start.isoformat(), end.isoformat()] for start, end in spans], created_at=edit.at, retry_at=edit.at,
    )  # fmt: skip


def _next_version(model: type[models.Model], code: str) -> int:
    """Put the version in force of a code out of force and return the number of the next one."""
    rows = model._default_manager.filter(code=code)
    rows.filter(is_current=True).update(is_current=False)
    return (rows.aggregate(last=models.Max("version"))["last"] or 0) + 1


@transaction.atomic
def put_policy(
    *, terms: Terms, cause: str = CHANGED, cause_en: str = "", actor: Actor = SYSTEM, at: datetime | None = None
) -> Change:
    """Save a policy as a new version when its content differs from the version in force. Raises PolicyError.

    A version that takes the place of another is on its way to the open clocks from then on (`sla.changing.replanning`).
    What is this policy on other service hours follows it.
    """
    check_terms(terms)
    write_alone()
    written = digest(terms.content)
    kept = Policy.objects.current().filter(code=terms.code).first()
    if kept and kept.digest == written:
        return Change("policy", terms.code, Outcome.UNCHANGED, kept.version)
    version = _next_version(Policy, terms.code)
    row = Policy.objects.create(
        code=terms.code, version=version, name=terms.name, name_en=terms.name_en, note=terms.note,
        basis=terms.basis, reopening=terms.reopening, digest=written,
        repeats={one.metric: {"from": one.level, "every": one.every, "times": one.times} for one in terms.repeats},
    )  # fmt: skip
    Target.objects.bulk_create(Target(policy=row, **_listed(asdict(target))) for target in terms.targets)
    EscalationRule.objects.bulk_create(EscalationRule(policy=row, **_listed(asdict(level))) for level in terms.levels)
    if kept or version > 1:
        edit = Edit(actor, cause, None, at or database_now(), cause_en)
        _begin_recompute(Recompute.Kind.POLICY, terms.code, version, edit)
    for code, hours in Policy.objects.on_other_hours(terms.code):
        moved = tuple(replace(target, calendar=hours) for target in terms.targets)
        put_policy(terms=replace(terms, code=code, targets=moved), cause=cause, cause_en=cause_en, actor=actor, at=at)
    return Change("policy", terms.code, Outcome.NEW_VERSION if kept else Outcome.ADDED, version)


@transaction.atomic
def retire_policy(*, code: str, cause: str, actor: Actor = SYSTEM, at: datetime | None = None) -> Change:
    """Put a policy out of force: open clocks end what it promised, without a further alert, and nothing new starts.

    Verdicts and history stay. Raises LookupError when no version of it is in force. Source: C16
    """
    write_alone()
    kept = Policy.objects.current().filter(code=code).first()
    if kept is None:
        raise LookupError(_("没有名为“%s”的服务响应标准。") % code)
    Policy.objects.filter(pk=kept.pk).update(is_current=False)
    _begin_recompute(Recompute.Kind.POLICY, code, kept.version, Edit(actor, cause, None, at or database_now()))
    for moved, _hours in Policy.objects.on_other_hours(code):
        retire_policy(code=moved, cause=cause, actor=actor, at=at)
    return Change("policy", code, Outcome.RETIRED, kept.version)


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def terms_of(policy: Policy) -> Terms:
    """Return the whole content of a stored policy version."""
    levels = tuple(
        Level(rule.metric, rule.level, rule.mark, rule.amount, tuple(rule.actions))
        for rule in policy.escalation_rules.all()
    )
    repeats = tuple(Again(metric, one["from"], one["every"], one["times"]) for metric, one in policy.repeats.items())
    return Terms(
        code=policy.code, name=policy.name, name_en=policy.name_en, basis=policy.basis, reopening=policy.reopening,
        note=policy.note, targets=tuple(Promise.of(target) for target in policy.targets.all()), levels=levels,
        repeats=repeats,
    )  # fmt: skip


def with_target(terms: Terms, changed: Promise) -> Terms:
    """Return terms whose target of the same metric, for every priority, is another one."""
    others = tuple(target for target in terms.targets if target.metric != changed.metric)
    return replace(terms, targets=(*others, changed))


def check_terms(terms: Terms) -> None:
    """Raise PolicyError when a target cannot be kept by anyone or a level belongs to nothing."""
    if not terms.targets:
        raise PolicyError("targets", _("至少要有一个时限。"))
    for number, target in enumerate(terms.targets, start=1):
        _check_target(target, f"targets.{number}")
    metrics = {target.metric for target in terms.targets}
    for level in terms.levels:
        if level.metric not in metrics:
            raise PolicyError(f"ladders.{level.metric}", _("没有对应的时限。"))
        _check_level(level)
    for again in terms.repeats:
        _check_again(again, [level for level in terms.levels if level.metric == again.metric])


def _check_again(again: Again, levels: list[Level]) -> None:
    """Refuse what comes again before the deadline, never, for ever, or before its own last level has come."""
    where = f"repeats.{again.metric}"
    first = next((level for level in levels if level.level == again.level), None)
    if first is None:
        raise PolicyError(f"{where}.from", _("没有第 %d 级。") % again.level)
    if first.mark in WARNINGS:
        raise PolicyError(f"{where}.from", _("只有超时和超时之后的级别可以重复。"))
    if again.every > LONGEST:
        raise PolicyError(f"{where}.every", _("最长十年。"))
    if not 1 <= again.times <= MOST_ROUNDS:
        raise PolicyError(f"{where}.times", _("重复次数应在 1 到 %d 之间。") % MOST_ROUNDS)
    marks = [level.amount for level in levels if level.level >= again.level and level.mark not in WARNINGS]
    if again.every <= max(marks) - min(marks):
        raise PolicyError(f"{where}.every", _("间隔须长于要重复的各级所跨的时间。"))


def _check_level(level: Level) -> None:
    where, is_share = f"ladders.{level.metric}.{level.level}.amount", level.mark == Mark.PERCENT
    if level.amount > (MOST_PERCENT if is_share else LONGEST):
        message = _("百分比最大 %d。") % MOST_PERCENT if is_share else _("最长十年。")
        raise PolicyError(where, message)
    if level.amount.as_tuple().exponent < -3:  # type: ignore[operator]
        raise PolicyError(where, _("最多三位小数。"))


def _check_target(target: Promise, where: str) -> None:
    if target.amount <= 0:
        raise PolicyError(f"{where}.amount", _("时限必须大于零。"))
    if target.amount > (LONGEST_DAYS if target.unit == Target.Unit.WORKING_DAYS else LONGEST):
        raise PolicyError(f"{where}.amount", _("最长十年。"))
    if target.amount.as_tuple().exponent < -6:  # type: ignore[operator]
        raise PolicyError(f"{where}.amount", _("时限最多六位小数。"))
    if not target.met_on:
        raise PolicyError(f"{where}.met_on", _("没有任何动作能满足这个时限。"))
    _check_rule(target, where)


def _check_rule(target: Promise, where: str) -> None:
    """Refuse a way of counting that does not go with what is timed, or with its unit."""
    if (target.rule == Target.Rule.BY_DATE) != (target.metric == Metric.DELIVERY):
        raise PolicyError(f"{where}.rule", _("by_date 只用于 delivery，delivery 也只按日期计。"))
    if target.rule == Target.Rule.DURATION:
        return
    if target.unit != Target.Unit.WORKING_DAYS:
        raise PolicyError(f"{where}.rule", _("这个规则按工作日计，单位应为 working_days。"))
    if target.amount != int(target.amount):
        raise PolicyError(f"{where}.amount", _("这个规则只接受整数工作日。"))
