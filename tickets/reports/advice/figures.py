"""The figures that rules may name, with what they are called and how they are said; one scope for each thing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.models.policies import Metric
from tickets.models import Category, Channel
from tickets.reports.shape import Area, Count, OwedLine, Promise, Repeated, Report, RightLine, System, Words
from tickets.reports.wording import count_words, share_words

# What is timed of a ticket.
TIMED = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.UPDATE, Metric.RESOLUTION)
BROKEN = ("missed", "late", "overdue")

Value = float | Words | None
Label = LazyText | str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by its name: what it is called, how it is said (count, share, times, days, name), and where it is."""

    label: Label
    unit: str
    read: Callable[[Any], Value]

    def said(self, value: Value) -> Words:
        """Return a value in words."""
        if isinstance(value, Words):
            return value
        plain = share_words(value) if self.unit == "share" else count_words(value)
        return Words(plain, plain)


def _worst(report: Report, metric: Metric) -> Promise | None:
    """Return the promise of a metric that was kept least; several clauses may promise the same thing."""
    found = [one for one in report.promises if one.metric == metric and one.share is not None]
    return min(found, key=lambda one: (one.share, -one.judged), default=None)


def _attainment(metric: Metric) -> Callable[[Report], Value]:
    return lambda report: one.share if (one := _worst(report, metric)) else None


def _change(metric: Metric) -> Callable[[Report], Value]:
    def read(report: Report) -> Value:
        one = _worst(report, metric)
        return (
            None if one is None or one.previous_share is None or one.share is None else one.share - one.previous_share
        )

    return read


def _summed(metric: Metric, field: str) -> Callable[[Report], Value]:
    return lambda report: sum(getattr(one, field) for one in report.promises if one.metric == metric)


def _promised() -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for metric in TIMED:
        name, label = metric.value, metric.label
        found |= {
            f"attainment.{name}": Figure(_worded(_("%s达成率"), label), "share", _attainment(metric)),
            f"change.{name}": Figure(_worded(_("%s达成率比上期"), label), "share", _change(metric)),
            f"judged.{name}": Figure(_worded(_("%s已评次数"), label), "count", _summed(metric, "judged")),
            f"missed.{name}": Figure(_worded(_("%s未做到次数"), label), "count", _summed(metric, "missed")),
            f"silent.{name}": Figure(
                _worded(_("未答复即解决，%s不计"), label), "count", _summed(metric, "cancelled_by_resolve")
            ),
        }
    return found


class _Filled:
    """A text with a word in it, filled in whatever language is in use when it is said."""

    def __init__(self, text: LazyText, word: Any) -> None:
        self.text, self.word = text, word

    def __str__(self) -> str:
        return str(self.text) % str(self.word)


def _worded(text: LazyText, word: Any) -> Any:
    return _Filled(text, word)


def _counted(counts: str, code: str) -> Callable[[Report], Count | None]:
    return lambda report: next((one for one in getattr(report, counts) if one.code == code), None)


def _sorted(scope: str, counts: str, codes: Iterable[tuple[str, Any]]) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for code, label in codes:
        one = _counted(counts, code)
        found |= {
            f"count.{scope}.{code}": Figure(label, "count", _of(one, lambda count: float(count.count))),
            f"share.{scope}.{code}": Figure(_worded(_("%s占比"), label), "share", _of(one, lambda count: count.share)),
            f"trend.{scope}.{code}": Figure(_worded(_("%s比上期（倍）"), label), "times", _of(one, _trend)),
        }
    return found


def _of(find: Callable[[Report], Count | None], read: Callable[[Count], Value]) -> Callable[[Report], Value]:
    return lambda report: None if (one := find(report)) is None else read(one)


def _trend(one: Count) -> Value:
    return one.count / one.previous if one.previous else None


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return a part of a whole; None of nothing."""
    return part / whole if part is not None and whole else None


OF_REPORT: Mapping[str, Figure] = {
    "tickets.opened": Figure(_("新工单"), "count", lambda one: one.tickets.opened),
    "tickets.resolved": Figure(pgettext_lazy("report", "解决"), "count", lambda one: one.tickets.resolved),
    "tickets.reopened": Figure(pgettext_lazy("report", "重新打开"), "count", lambda one: one.tickets.reopened),
    "tickets.open_at_end": Figure(_("期末未结"), "count", lambda one: one.tickets.open_at_end),
    "tickets.untimed": Figure(_("没有时限的工单"), "count", lambda one: one.tickets.untimed),
    "tickets.trend": Figure(
        _("新工单比上期（倍）"), "times", lambda one: ratio(one.tickets.opened, one.tickets.previous_opened)
    ),
    "tickets.reopened_share": Figure(
        _("重新打开占解决"), "share", lambda one: ratio(one.tickets.reopened, one.tickets.resolved)
    ),
    "tickets.open_share": Figure(
        _("期末未结占新工单"), "share", lambda one: ratio(one.tickets.open_at_end, one.tickets.opened)
    ),
    **_promised(),
    **_sorted("category", "categories", [(one.value, one.label) for one in Category]),
    **_sorted("channel", "channels", [(one.value, one.label) for one in Channel]),
    "contacts.asking": Figure(_("提问的人"), "count", lambda one: _voice(one, "contacts")),
    "contacts.registered": Figure(_("登记的联系人"), "count", lambda one: _voice(one, "registered")),
    "repeated.problems": Figure(_("反复出现的问题"), "count", lambda one: len(one.repeated)),
    "repeated.tickets": Figure(
        _("反复出现的问题涉及工单"), "count", lambda one: sum(found.count for found in one.repeated)
    ),
    "repeated.share": Figure(
        _("反复出现的问题占新工单"),
        "share",
        lambda one: ratio(sum(found.count for found in one.repeated), one.tickets.opened),
    ),
    "owed.broken": Figure(
        _("逾期或未交付"), "count", lambda one: sum(found.state in BROKEN for found in one.owed)
    ),
    "delivered.count": Figure(_("交付的服务"), "count", lambda one: len(one.delivered)),
    "period.days": Figure(
        _("期间天数"), "days", lambda one: (one.period.through_on - one.period.starts_on).days + 1
    ),
}  # fmt: skip


def _voice(report: Report, code: str) -> Value:
    return next((float(one.count) for one in report.voices if one.code == code), None)


def _area_name(area: Area) -> Words:
    names = [(area.product.zh, area.product.en), (area.module, area.module)]
    return Words(*(" · ".join(name for name in part if name) or "—" for part in zip(*names, strict=True)))


def _problem_name(problem: Repeated) -> Words:
    return Words(problem.subject, problem.subject)


@dataclass(frozen=True, slots=True)
class RightAt:
    """A right beside how many days are left to use it in."""

    right: RightLine
    days_left: int


def _right_share(one: RightAt) -> Value:
    return ratio(one.right.left, one.right.granted)


SCOPES: Mapping[str, Mapping[str, Figure]] = {
    "report": {},
    "promise": {
        "promise.name": Figure(pgettext_lazy("report", "承诺"), "name", lambda one: one.label),
        "promise.share": Figure(_("达成率"), "share", lambda one: one.share),
        "promise.previous": Figure(_("上期达成率"), "share", lambda one: one.previous_share),
        "promise.judged": Figure(_("已评次数"), "count", lambda one: one.judged),
        "promise.missed": Figure(_("未做到次数"), "count", lambda one: one.missed),
    },
    "area": {
        "area.name": Figure(_("领域"), "name", _area_name),
        "area.count": Figure(_("本期工单"), "count", lambda one: one.count),
        "area.previous": Figure(_("上期工单"), "count", lambda one: one.previous),
        "area.share": Figure(_("占全部"), "share", lambda one: one.share),
        "area.trend": Figure(_("比上期（倍）"), "times", lambda one: one.trend),
    },
    "problem": {
        "problem.name": Figure(pgettext_lazy("report", "问题"), "name", _problem_name),
        "problem.count": Figure(_("出现次数"), "count", lambda one: one.count),
    },
    "right": {
        "right.name": Figure(pgettext_lazy("report", "权益"), "name", lambda one: one.right.name),
        "right.unit": Figure(_("单位"), "name", lambda one: one.right.unit),
        "right.left": Figure(_("剩余"), "count", lambda one: one.right.left),
        "right.granted": Figure(pgettext_lazy("report", "授予"), "count", lambda one: one.right.granted),
        "right.left_share": Figure(_("剩余占比"), "share", _right_share),
        "right.days_left": Figure(_("距到期天数"), "days", lambda one: one.days_left),
    },
    "system": {
        "system.name": Figure(_("产品"), "name", lambda one: one.product),
        "system.owned": Figure(_("已购买"), "count", lambda one: float(one.is_owned)),
        "system.tickets": Figure(pgettext_lazy("report", "工单"), "count", lambda one: one.tickets),
    },
    "owed": {
        "owed.name": Figure(pgettext_lazy("report", "应交服务"), "name", lambda one: one.what),
        "owed.is_broken": Figure(_("逾期或未交付"), "count", lambda one: float(one.state in BROKEN)),
    },
}

Thing = Promise | Area | Repeated | RightAt | System | OwedLine


def things_of(report: Report, scope: str) -> Iterable[Thing | None]:
    """Return what a rule of a scope looks at, one by one; a rule of the whole report looks once."""
    found: dict[str, Iterable[Thing | None]] = {
        "report": (None,),
        "promise": report.promises,
        "area": report.areas,
        "problem": report.repeated,
        "right": (_right_at(one, report) for one in report.rights if one.ends_on),
        "system": report.systems,
        "owed": report.owed,
    }
    return found[scope]


def _right_at(right: RightLine, report: Report) -> RightAt:
    return RightAt(right, (right.ends_on - report.period.through_on).days if right.ends_on else 0)


def figures_of(scope: str) -> Mapping[str, Figure]:
    """Return the figures that a rule of a scope may name."""
    return {**OF_REPORT, **SCOPES[scope]}


def value_of(name: str, report: Report, thing: Thing | None) -> Value:
    """Return a figure's value; None where there is nothing to say."""
    if name in OF_REPORT:
        return OF_REPORT[name].read(report)
    scope = name.partition(".")[0]
    return SCOPES[scope][name].read(thing)
