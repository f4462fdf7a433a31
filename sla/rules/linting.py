"""What is odd about calendars and policies before anybody is promised anything by them. Nothing is saved here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.actions import Level, Promise, Terms, terms_of
from sla.calendar import CalendarError, Interval
from sla.compiled import CompiledCalendar, calendar_of, pure_target
from sla.composing import Hours, Year, compose, years_known
from sla.ladder import Mark
from sla.models import CalendarVersion, Policy, Target
from sla.rules.drafts import Written
from sla.timeline import ASKING, STARTED_BY, Metric
from sla.wording import length

PRIORITIES = ("low", "normal", "high", "urgent")
YEAR = timedelta(days=365)
QUARTER = timedelta(days=91)
# Nobody waits for two weeks in a row without a word on why.
LONGEST_GAP = timedelta(days=14)
# Closer than this, levels that come again are noise.
DENSEST = 15 * 60
MOST_MESSAGES = 40
# Assumed holidays are a matter of course until a notice could be there.
REMIND_FROM = (11, 1)


class Grade(TextChoices):
    """How bad a finding is: an error stops a draft, a warning wants a look, a note is only to be known."""

    ERROR = "error", gettext_lazy("错误")
    WARNING = "warning", gettext_lazy("警告")
    NOTE = "note", gettext_lazy("提示")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is odd: where, what, and what to do, in the language that is active.

    `kind` and `code` name the row, such as policy and yonsuite-premier-ticket; `field` the place in it, as the
    loader writes it.
    """

    grade: Grade
    kind: str
    code: str
    field: str
    message: str
    remedy: str

    @property
    def place(self) -> str:
        """Return the whole place."""
        return " ".join(part for part in (self.code, self.field) if part)


def lint_in_force(at: datetime) -> list[Finding]:
    """Return what is odd about the policies in force and the calendars that they use."""
    policies = [terms_of(row) for row in Policy.objects.current().prefetch_related("targets", "escalation_rules")]
    calendars = _in_force()
    used = {promise.calendar for terms in policies for promise in terms.targets}
    return lint(policies, calendars, [code for code in calendars if code in used], at)


def lint_draft(written: Written, at: datetime) -> list[Finding]:
    """Return what is odd about a draft, and about the policies in force on the calendars that it changes."""
    years = years_known()
    drafted = {hours.code: _compiled(hours, years) for hours in written.calendars}
    calendars = {**_in_force(), **drafted}
    own = {terms.code for terms in written.policies}
    others = Policy.objects.current().filter(targets__calendar__in=drafted).exclude(code__in=own).distinct()
    standing = [terms_of(row) for row in others.prefetch_related("targets", "escalation_rules")]
    return lint([*written.policies, *standing], calendars, list(drafted), at)


def _in_force() -> dict[str, CompiledCalendar]:
    rows = CalendarVersion.objects.current().values_list("code", "pk")
    return {code: calendar_of(pk) for code, pk in rows}


def _compiled(hours: Hours, years: Sequence[Year]) -> CompiledCalendar:
    plain = {"code": hours.code, "version": 0, "name": hours.name, "name_en": hours.name_en}
    return CompiledCalendar(CalendarVersion(**plain, **compose(hours.rules, years)))


def lint(
    policies: Iterable[Terms], calendars: Mapping[str, CompiledCalendar], looked_at: Iterable[str], at: datetime
) -> list[Finding]:
    """Return what is odd, the worst first: of policies on these calendars, and of the calendars to be looked at."""
    found = [finding for terms in policies for finding in _of_policy(terms, calendars, at)]
    found += [finding for code in looked_at for finding in _of_calendar(code, calendars[code], at)]
    return sorted(found, key=lambda one: (Grade.values.index(one.grade), one.kind, one.code, one.field))


def _of_policy(terms: Terms, calendars: Mapping[str, CompiledCalendar], at: datetime) -> Iterator[Finding]:
    for number, promise in enumerate(terms.targets, start=1):
        where = f"targets.{number}"
        compiled = calendars.get(promise.calendar)
        if compiled is None:
            yield _policy(
                Grade.ERROR, terms, f"{where}.calendar",
                _("没有名为“%s”的服务时间。") % promise.calendar, _("改用现有的服务时间，或先建立它。"),
            )  # fmt: skip
            continue
        yield from _of_target(terms, where, promise, compiled, at)
    yield from _of_priorities(terms)
    for metric in dict.fromkeys(promise.metric for promise in terms.targets):
        yield from _of_ladder(terms, metric)
    yield from _of_repeats(terms)


def _policy(grade: Grade, terms: Terms, field: str, message: str, remedy: str) -> Finding:
    return Finding(grade, "policy", terms.code, field, message, remedy)


def _of_target(
    terms: Terms, where: str, promise: Promise, compiled: CompiledCalendar, at: datetime
) -> Iterator[Finding]:
    """Yield what is odd about one target on its calendar."""
    if starters := set(promise.met_on) & _starters(promise.metric):
        yield _policy(
            Grade.ERROR, terms, f"{where}.met_on",
            _("%s 既是开始计时的动作，又算达成：一开始就达成了。") % _("、").join(sorted(starters)),
            _("从 met_on 中去掉它。"),
        )  # fmt: skip
    try:
        due_at = _due_at(promise, compiled, at)
    except CalendarError:
        due_at = None
    if due_at is None:
        yield _policy(
            Grade.ERROR, terms, f"{where}.amount",
            _("在服务时间 %s 上永远到不了期。") % promise.calendar, _("缩短时限，或为服务时间补上开放时段。"),
        )  # fmt: skip
        return
    if due_at > at + YEAR:
        yield _policy(
            Grade.WARNING, terms, f"{where}.amount",
            _("比服务时间 %s 一年里开放的时间还长。") % promise.calendar, _("核对时限的数量和单位。"),
        )  # fmt: skip
    for level in _levels(terms, promise.metric):
        yield from _of_mark(terms, level, promise, compiled, (at, due_at))


def _starters(metric: str) -> set[str]:
    """Return the facts that start a metric, as far as a person does them."""
    if metric == Metric.NEXT_RESPONSE:
        return {str(kind) for kind in ASKING}
    return {str(kind) for kind, metrics in STARTED_BY.items() if metric in metrics}


def _due_at(promise: Promise, compiled: CompiledCalendar, at: datetime) -> datetime | None:
    # A date is owed by whatever brings it along; here the end of a quarter stands for it.
    due_on = (at + QUARTER).astimezone(compiled.zone).date()
    return pure_target(_target(promise)).by(due_on).due_at(compiled.calendar, at)


def _target(promise: Promise) -> Target:
    return Target(**{name: getattr(promise, name) for name in Promise.__slots__})


def _levels(terms: Terms, metric: str) -> list[Level]:
    return sorted((level for level in terms.levels if level.metric == metric), key=lambda level: level.level)


def _of_mark(
    terms: Terms, level: Level, promise: Promise, compiled: CompiledCalendar, span: tuple[datetime, datetime]
) -> Iterator[Finding]:
    """Yield whether a warning comes when it is no warning any more, or from the very start."""
    where = f"ladders.{level.metric}.{level.level}"
    if level.mark == Mark.PERCENT and level.amount >= 100:
        yield _policy(
            Grade.ERROR, terms, where,
            _("用去 %s%% 时已经到期，不再是预警。") % f"{level.amount.normalize():f}",
            _("用小于 100 的百分比，或改为 breach。"),
        )  # fmt: skip
    budget = Decimal(compiled.calendar.elapsed(*span) / timedelta(seconds=1))
    if level.mark == Mark.BEFORE and level.amount >= budget:
        words = {"time": length(level.amount), "metric": _shown(promise)}
        yield _policy(
            Grade.WARNING, terms, where,
            _("到期前 %(time)s 已早于开始：%(metric)s 一开始就会预警。") % words, _("让预警的提前量小于时限。"),
        )  # fmt: skip


def _shown(promise: Promise) -> str:
    return f"{promise.metric}/{promise.priority}" if promise.priority else promise.metric


def _of_priorities(terms: Terms) -> Iterator[Finding]:
    """Yield the priorities that a metric promises nothing, and targets that no priority is left for."""
    own: dict[str, set[str]] = {}
    for promise in terms.targets:
        own.setdefault(promise.metric, set()).add(promise.priority)
    for metric, priorities in own.items():
        missing = [priority for priority in PRIORITIES if priority not in priorities]
        if "" in priorities and not missing:
            yield _policy(
                Grade.WARNING, terms, "targets",
                _("%s 的通用时限没有优先级用得上：每个优先级都另有自己的。") % metric, _("去掉通用时限。"),
            )  # fmt: skip
        elif "" not in priorities and missing:
            yield _policy(
                Grade.WARNING, terms, "targets",
                _("%(metric)s 没有优先级 %(missing)s 的时限：这些工单没有承诺。")
                % {"metric": metric, "missing": _("、").join(missing)},
                _("补上它们的时限，或写一个不带优先级的。"),
            )  # fmt: skip


def _of_ladder(terms: Terms, metric: str) -> Iterator[Finding]:
    """Yield whether nobody is told of a breach, and levels that come in another order than they stand."""
    levels, where = _levels(terms, metric), f"ladders.{metric}"
    late = [level for level in levels if level.mark in (Mark.BREACH, Mark.AFTER)]
    if not any(action["do"] in ("tell", "reassign", "side_task") for level in late for action in level.actions):
        yield _policy(
            Grade.WARNING,
            terms,
            where,
            _("%s 超时后没有人会被告知。") % metric,
            _("写一个 mark 为 breach 的级别，告知处理人。"),
        )
    for before, after in pairwise(levels):
        if _rank(before) > _rank(after):
            words = {"before": before.level, "after": after.level}
            yield _policy(
                Grade.WARNING, terms, f"{where}.{after.level}",
                _("第 %(after)d 级比第 %(before)d 级先到。") % words, _("按先后排列各级。"),
            )  # fmt: skip


def _rank(level: Level) -> tuple[int, Decimal]:
    """Order marks as they come true, as far as that can be told without a budget."""
    if level.mark == Mark.PERCENT:
        return 0, level.amount
    if level.mark == Mark.BEFORE:
        return 0, Decimal(100) - level.amount / Decimal(10**9)
    return 1, level.amount


def _of_repeats(terms: Terms) -> Iterator[Finding]:
    for again in terms.repeats:
        where = f"repeats.{again.metric}"
        rounds = len([one for one in _levels(terms, again.metric) if one.level >= again.level]) * again.times
        if again.every < DENSEST:
            yield _policy(
                Grade.WARNING, terms, f"{where}.every",
                _("每 %s 就再来一轮：太密，没有人会再看。") % length(Decimal(again.every)), _("至少隔 15 分钟。"),
            )  # fmt: skip
        if rounds > MOST_MESSAGES:
            yield _policy(
                Grade.WARNING, terms, f"{where}.times", _("一个时限最多会再通知 %d 次。") % rounds, _("减少轮数。")
            )


def _of_calendar(code: str, compiled: CompiledCalendar, at: datetime) -> Iterator[Finding]:
    """Yield what is odd about the hours that are ahead."""
    openings = compiled.calendar.openings(at, at + YEAR)
    if not openings:
        yield Finding(
            Grade.ERROR,
            "calendar",
            code,
            "weekly",
            _("今后一年没有任何开放时间。"),
            _("补上每周时段，或停用以它计时的标准。"),
        )
        return
    if compiled.calendar.next_open(at + YEAR) is None:
        words = {"date": openings[-1].end.astimezone(compiled.zone).date().isoformat()}
        yield Finding(
            Grade.WARNING, "calendar", code, "weekly",
            _("%(date)s 之后再也不开放：此后的时限都到不了期。") % words, _("补上之后的时段。"),
        )  # fmt: skip
    yield from _of_gaps(code, compiled, openings, at)
    yield from _of_years(code, compiled, at)


def _of_gaps(code: str, compiled: CompiledCalendar, openings: Sequence[Interval], at: datetime) -> Iterator[Finding]:
    ends = [at, *(opening.end for opening in openings)]
    starts = [*(opening.start for opening in openings), at + YEAR]
    for end, start in zip(ends, starts, strict=True):
        if start - end > LONGEST_GAP and start < at + YEAR:
            since, until = (moment.astimezone(compiled.zone).date().isoformat() for moment in (end, start))
            yield Finding(
                Grade.WARNING, "calendar", code, "special",
                _("自 %(since)s 至 %(until)s 一直不开放。") % {"since": since, "until": until},
                _("核对这段日期的放假和特别安排。"),
            )  # fmt: skip


def _of_years(code: str, compiled: CompiledCalendar, at: datetime) -> Iterator[Finding]:
    """Yield this year or the next where its holidays are assumed: the next one is a warning from November on."""
    today = at.astimezone(compiled.zone).date()
    for year in (today.year, today.year + 1):
        if year in compiled.assumed_years:
            is_near = year == today.year or (today.month, today.day) >= REMIND_FROM
            yield Finding(
                Grade.WARNING if is_near else Grade.NOTE, "calendar", code, "holidays",
                _("%d 年的节假日是推定的。") % year, _("放假通知公布后导入，时限会随之重算。"),
            )  # fmt: skip
