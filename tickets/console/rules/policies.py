"""Policies in words: what is promised by which clause, the ladder to the deadline, versions, and findings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.linting import lint_house
from plans.wording import is_english, name_of, text_of
from sla import wording
from sla.actions import terms_of
from sla.compiled import UnknownCodeError, calendar_named
from sla.models import CalendarVersion, EscalationRule, Policy, Target
from sla.models.policies import Metric
from sla.rules.linting import Finding, Grade
from sla.rules.writing import written_out
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.texts import lines_between
from tickets.models import Priority
from tickets.showing.charts import Rung, rungs

SUBJECT = "policies"


@require_safe
@readers_only
def policy_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the policies in force with what they promise, and what is odd about the whole house."""
    findings = lint_house(reader.at)
    counted = Counter(finding.code for finding in findings if finding.kind == "policy")
    rows = Policy.objects.current().prefetch_related("targets").annotate(clocks_total=Count("clocks")).order_by("code")
    shown = [
        {"policy": row, "name": name_of(row), "targets": list(map(target_words, row.targets.all())),
         "findings": counted[row.code]}
        for row in rows
    ]  # fmt: skip
    context = {"policies": shown, "findings": findings, "counts": grade_counts(findings)}
    return rules_page(request, reader, (SUBJECT, "console/rules/policies.html"), context)


def grade_counts(findings: Iterable[Finding]) -> list[tuple[str, str, int]]:
    """Return how many findings there are of each grade, the worst first."""
    counted = Counter(finding.grade for finding in findings)
    return [(grade.value, str(grade.label), counted[grade]) for grade in Grade if counted[grade]]


def target_words(target: Target) -> str:
    """Return a promise in one line, such as first response within 2 hours."""
    words = {"metric": target.get_metric_display(), "budget": wording.budget(target.amount, target.unit)}
    said = _("%(metric)s：%(budget)s") % words
    if not target.priority:
        return said
    return _("%(promise)s（%(priority)s）") % {"promise": said, "priority": priority_name(target.priority)}


def priority_name(code: str) -> str:
    """Return a priority in words; blank is every one that has no target of its own."""
    return str(Priority(code).label) if code else _("其余优先级")


@dataclass(frozen=True)
class Ladder:
    """The levels of one metric, in words and on a line."""

    metric: str
    budget: str
    levels: list[dict[str, Any]]
    rungs: list[Rung]
    again: str

    @property
    def height(self) -> int:
        """Return the pixels that the drawing needs: levels that come close stand on top of each other."""
        return 72 + 20 * max((rung.tier for rung in self.rungs), default=0)


@require_safe
@readers_only
def policy_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show one policy, or an older version of it, and the difference to the one before."""
    versions = list(Policy.objects.filter(code=code).annotate(clocks_total=Count("clocks")))
    policy = found(versions, request.GET.get("version", ""))
    earlier = next((row for row in versions if row.version < policy.version), None)
    context = {
        "policy": policy,
        "name": name_of(policy),
        # Its writers' own words, which nobody has put into English.
        "note": "" if is_english() else policy.note,
        "targets": told(policy),
        "ladders": ladders(policy),
        "versions": versions,
        "earlier": earlier,
        "lines": lines_between(_text(earlier), _text(policy)) if earlier else [],
        "findings": [finding for finding in lint_house(reader.at) if finding.code == code] if policy.is_current else [],
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/policy.html"), context)


def found(versions: Sequence[Policy], version: str) -> Policy:
    """Return the version that is asked for, else the one in force or the last. Raises Http404 where there is none."""
    wanted = [row for row in versions if str(row.version) == version] if version else versions
    if not wanted:
        raise Http404
    return next((row for row in wanted if row.is_current), wanted[0])


def _text(policy: Policy) -> str:
    return written_out(policies=[terms_of(policy)])


def told(policy: Policy) -> list[dict[str, Any]]:
    """Return each promise with everything that bounds it, in words."""
    targets = policy.targets.all()
    codes = {target.calendar for target in targets}
    names = {row.code: name_of(row) for row in CalendarVersion.objects.current().filter(code__in=codes)}
    return [
        {
            "metric": target.get_metric_display(),
            "priority": priority_name(target.priority) if target.priority else "",
            "budget": wording.budget(target.amount, target.unit),
            "rule": target.get_rule_display() if target.rule != Target.Rule.DURATION else "",
            "calendar": target.calendar,
            "calendar_name": names.get(target.calendar, target.calendar),
            "met_on": wording.listed(target.met_on, wording.FACTS),
            "pauses_on": wording.listed(target.pauses_on, wording.HOLDS),
            "promise": target.promise,
            "clause": text_of(target, "clause"),
        }
        for target in targets
    ]


def ladders(policy: Policy) -> list[Ladder]:
    """Return the ladder of each metric that has one."""
    by_metric: dict[str, list[EscalationRule]] = {}
    for rule in policy.escalation_rules.all():
        by_metric.setdefault(rule.metric, []).append(rule)
    targets = {target.metric: target for target in policy.targets.all()}
    return [_ladder(policy, targets[metric], rules) for metric, rules in by_metric.items() if metric in targets]


def _ladder(policy: Policy, target: Target, rules: Sequence[EscalationRule]) -> Ladder:
    again = policy.repeats.get(target.metric)
    return Ladder(
        metric=str(Metric(target.metric).label),
        budget=wording.budget(target.amount, target.unit),
        levels=[
            {"number": rule.level, "when": wording.trigger(rule), "what": wording.deeds(rule.actions)} for rule in rules
        ],
        rungs=rungs([(rule.level, rule.mark, rule.amount) for rule in rules], _seconds(target)),
        again=wording.again(again) if again else "",
    )


def _seconds(target: Target) -> Decimal:
    """Return a budget in seconds, near enough to draw by: a working day is what the calendar says it is."""
    if target.unit == Target.Unit.SECONDS:
        return target.amount
    try:
        worth = calendar_named(target.calendar).calendar.hours.working_day
    except UnknownCodeError:
        worth = None
    return target.amount * Decimal((worth or 28_800_000_000) // 1_000_000)


urlpatterns = [
    path("policies/", policy_list, name="policies"),
    path("policies/<path:code>/", policy_page, name="policy"),
]
