"""Every write of calendars, holidays and policies: versions are added, never changed, and nothing is written twice."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from sla.calendar import Calendar
from sla.models import CalendarVersion, EscalationRule, HolidayDate, HolidaySet, Policy, Target

# Two who add versions at once would both add the same one.
WRITE_LOCK = 0x5301
# Years after the last one that is known at all are as uncertain as an assumed one.
YEARS_AHEAD = 10
BREAKS = {
    "whole": (HolidayDate.Kind.STATUTORY, HolidayDate.Kind.SWAPPED_OFF, HolidayDate.Kind.WEEKEND_IN_BREAK),
    "statutory": (HolidayDate.Kind.STATUTORY,),
}


class Outcome(StrEnum):
    """What a write came to."""

    ADDED = "added"
    NEW_VERSION = "new_version"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was to be written, and what came of it."""

    kind: str
    code: str
    outcome: Outcome
    version: int | None = None


class PolicyError(ValueError):
    """Raised when a policy promises nonsense; `field` says where."""

    def __init__(self, field_name: str, message: str) -> None:
        self.field = field_name
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a holiday set."""

    date: date
    kind: str
    name: str
    name_en: str = ""
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """The holidays of a country, or of one part of it, in one year."""

    country: str
    year: int
    status: str
    source: str
    dates: tuple[Day, ...]
    subdivision: str = ""
    # As in `HolidaySet`: who brought it in, what was asked for, and the package or file with its version.
    origin: str = HolidaySet.Origin.NOTICE
    categories: str = ""
    package: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar as an administrator enters it; `rules` as in `CalendarVersion.rules`."""

    code: str
    name: str
    name_en: str
    rules: Mapping[str, Any]
    note: str = ""


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


def digest(content: Any) -> str:
    """Return the sha256 of a value's canonical JSON."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return dict(value)


def write_alone() -> None:
    """Wait for whoever else writes calendars, policies or plans, up to the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])


@transaction.atomic
def put_holidays(*, years: Iterable[Year]) -> list[Change]:
    """Save the holidays of whole years, each replacing what was known of that year, and return what changed."""
    write_alone()
    kept = {(row.country, row.subdivision, row.year): row for row in HolidaySet.objects.all()}
    return [_put_year(year, kept.get((year.country, year.subdivision, year.year))) for year in years]


def _put_year(year: Year, kept: HolidaySet | None) -> Change:
    written = digest(asdict(year))
    code = f"{year.country}{'-' + year.subdivision if year.subdivision else ''} {year.year}"
    if kept and kept.digest == written:
        return Change("holidays", code, Outcome.UNCHANGED)
    if kept:
        kept.delete()
    row = HolidaySet.objects.create(
        country=year.country, subdivision=year.subdivision, year=year.year, status=year.status, source=year.source,
        origin=year.origin, categories=year.categories, package=year.package, digest=written,
    )  # fmt: skip
    HolidayDate.objects.bulk_create(HolidayDate(set=row, **asdict(day)) for day in year.dates)
    return Change("holidays", code, Outcome.CHANGED if kept else Outcome.ADDED)


@transaction.atomic
def put_calendars(*, calendars: Iterable[Hours]) -> list[Change]:
    """Compose calendars, and all others that follow holidays, anew; one that differs gets a new version.

    Raises LookupError when a calendar follows a country whose holidays are not known, CalendarError when hours
    cannot be understood.
    """
    write_alone()
    sets = list(HolidaySet.objects.prefetch_related("dates"))
    kept = {row.code: row for row in CalendarVersion.objects.current()}
    given = list(calendars)
    others = {code for code, row in kept.items() if row.rules.get("holidays")} - {hours.code for hours in given}
    return [
        _put_calendar(hours, sets, kept.get(hours.code))
        for hours in [*given, *(hours_of(kept[code]) for code in sorted(others))]
    ]


def hours_of(version: CalendarVersion) -> Hours:
    """Return a stored calendar as an administrator entered it."""
    return Hours(version.code, version.name, version.name_en, version.rules, version.note)


def _put_calendar(hours: Hours, sets: Sequence[HolidaySet], kept: CalendarVersion | None) -> Change:
    content: dict[str, Any] = {"name": hours.name, "name_en": hours.name_en, "rules": hours.rules, "note": hours.note}
    content |= compose(hours.rules, sets)
    written = digest(content)
    if kept and kept.digest == written:
        return Change("calendar", hours.code, Outcome.UNCHANGED, kept.version)
    Calendar.from_spec(content["spec"])
    version = _next_version(CalendarVersion, hours.code)
    CalendarVersion.objects.create(code=hours.code, version=version, digest=written, **content)
    return Change("calendar", hours.code, Outcome.NEW_VERSION if kept else Outcome.ADDED, version)


def _next_version(model: type[models.Model], code: str) -> int:
    """Put the version in force of a code out of force and return the number of the next one."""
    rows = model._default_manager.filter(code=code)
    rows.filter(is_current=True).update(is_current=False)
    return (rows.aggregate(last=models.Max("version"))["last"] or 0) + 1


def compose(rules: Mapping[str, Any], sets: Iterable[HolidaySet]) -> dict[str, Any]:
    """Lay the holidays into a calendar's rules; return its spec, the reason of each date, and the assumed years."""
    followed = _followed(rules.get("holidays"), sets)
    dates = [(row, day) for row in followed for day in row.dates.all()]
    kinds = BREAKS[rules["holidays"]["breaks"]] if followed else ()
    closed = [(row, day) for row, day in dates if day.kind in kinds]
    worked = [(row, day) for row, day in dates if day.kind == HolidayDate.Kind.MAKE_UP and rules["holidays"]["make_up"]]
    return {
        "spec": {
            "timezone": rules["timezone"],
            "weekly": rules["weekly"],
            "working_day_seconds": rules["working_day_seconds"],
            "closed_dates": [day.date.isoformat() for _row, day in closed],
            "extra_open_dates": [{"date": day.date.isoformat(), "as": day.stands_for} for _row, day in worked],
            "overrides": [{"date": row["date"], "intervals": row["hours"]} for row in rules["special"]],
        },
        "reasons": _reasons(closed + worked, rules["special"]),
        "assumed_years": _assumed(followed),
    }


def _followed(holidays: Mapping[str, Any] | None, sets: Iterable[HolidaySet]) -> list[HolidaySet]:
    if not holidays:
        return []
    place = (holidays["country"], holidays.get("subdivision", ""))
    followed = sorted((row for row in sets if (row.country, row.subdivision) == place), key=lambda row: row.year)
    if not followed:
        raise LookupError(_("没有 %s 的节假日。") % "-".join(part for part in place if part))
    return followed


def _reasons(dates: Iterable[tuple[HolidaySet, HolidayDate]], special: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    reasons = {
        day.date.isoformat(): {"name": day.name, "name_en": day.name_en, "source": row.source} for row, day in dates
    }
    return reasons | {row["date"]: {key: row[key] for key in ("name", "name_en", "source")} for row in special}


def _assumed(sets: Sequence[HolidaySet]) -> list[int]:
    if not sets:
        return []
    last = sets[-1].year
    assumed = [row.year for row in sets if row.status == HolidaySet.Status.ASSUMED]
    return [*assumed, *range(last + 1, last + 1 + YEARS_AHEAD)]


@transaction.atomic
def put_policy(*, terms: Terms) -> Change:
    """Save a policy as a new version when its content differs from the version in force. Raises PolicyError."""
    check_terms(terms)
    write_alone()
    written = digest(asdict(terms))
    kept = Policy.objects.current().filter(code=terms.code).first()
    if kept and kept.digest == written:
        return Change("policy", terms.code, Outcome.UNCHANGED, kept.version)
    version = _next_version(Policy, terms.code)
    row = Policy.objects.create(
        code=terms.code, version=version, name=terms.name, name_en=terms.name_en, note=terms.note,
        basis=terms.basis, reopening=terms.reopening, digest=written,
    )  # fmt: skip
    Target.objects.bulk_create(Target(policy=row, **_listed(asdict(target))) for target in terms.targets)
    EscalationRule.objects.bulk_create(EscalationRule(policy=row, **_listed(asdict(level))) for level in terms.levels)
    return Change("policy", terms.code, Outcome.NEW_VERSION if kept else Outcome.ADDED, version)


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def terms_of(policy: Policy) -> Terms:
    """Return the whole content of a stored policy version."""
    levels = tuple(
        Level(rule.metric, rule.level, rule.mark, rule.amount, tuple(rule.actions))
        for rule in policy.escalation_rules.all()
    )
    return Terms(
        code=policy.code, name=policy.name, name_en=policy.name_en, basis=policy.basis, reopening=policy.reopening,
        note=policy.note, targets=tuple(Promise.of(target) for target in policy.targets.all()), levels=levels,
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


def _check_target(target: Promise, where: str) -> None:
    if target.amount <= 0:
        raise PolicyError(f"{where}.amount", _("时限必须大于零。"))
    if target.amount.as_tuple().exponent < -6:  # type: ignore[operator]
        raise PolicyError(f"{where}.amount", _("时限最多六位小数。"))
    if not target.met_on:
        raise PolicyError(f"{where}.met_on", _("没有任何动作能满足这个时限。"))
    if target.rule == Target.Rule.DURATION:
        return
    if target.unit != Target.Unit.WORKING_DAYS:
        raise PolicyError(f"{where}.rule", _("这个规则按工作日计,单位应为 working_days。"))
    if target.amount != int(target.amount):
        raise PolicyError(f"{where}.amount", _("这个规则只接受整数工作日。"))
