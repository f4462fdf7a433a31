"""A draft laid over the rules in force: which terms and which calendar a clock would have had. Nothing is saved."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sla import timeline
from sla.actions import Promise, Terms
from sla.backtest.history import Past, facts_of
from sla.backtest.replay import Key, Outcome, outcomes
from sla.calendar import Calendar
from sla.compiled import calendar_of, chosen, policy_of, pure_target
from sla.composing import compose, years_known
from sla.models import CalendarVersion, Policy, Target
from sla.rules.drafts import Written


def ground_of(written: Written) -> dict[str, Any]:
    """Return all that a draft comes to at this moment, as JSON: every process then computes with the same.

    Raises LookupError when a calendar of it follows a country whose holidays are not known.
    """
    years = years_known() if any(hours.rules["holidays"] for hours in written.calendars) else []
    return {
        "calendars": {hours.code: compose(hours.rules, years)["spec"] for hours in written.calendars},
        "policies": {terms.code: _plain(terms) for terms in written.policies},
        "versions": dict(CalendarVersion.objects.current().values_list("code", "pk")),
    }


def _plain(terms: Terms) -> dict[str, Any]:
    targets = [{**asdict(promise), "amount": str(promise.amount)} for promise in terms.targets]
    return {"basis": terms.basis, "reopening": terms.reopening, "targets": targets}


class Overlay:
    """A draft, ready to compute with: its policies and calendars by code, over the calendar versions in force."""

    def __init__(self, ground: Mapping[str, Any]) -> None:
        self.calendars = {code: Calendar.from_spec(spec) for code, spec in ground["calendars"].items()}
        self.policies = {code: _compiled(content) for code, content in ground["policies"].items()}
        self.versions: Mapping[str, int] = ground["versions"]
        self._named: dict[tuple[int, str], timeline.Terms] = {}
        self._codes: dict[int, str] = {}

    def naming(self, policy: int, priority: str) -> timeline.Terms:
        """Return the terms of a policy version for a priority: the draft's where it has a policy of that code."""
        found = self._named.get((policy, priority))
        if found is None:
            found = self._named[policy, priority] = self._terms(policy, priority)
        return found

    def _terms(self, policy: int, priority: str) -> timeline.Terms:
        code = self.code_of(policy)
        return self.drafted(code, priority) if code in self.policies else policy_of(policy).terms(priority)

    def drafted(self, policy: str, priority: str) -> timeline.Terms:
        """Return the terms of a policy of the draft for a priority."""
        targets, basis, reopening = self.policies[policy]
        return timeline.Terms(chosen(targets, priority), basis, reopening)

    def code_of(self, policy: int) -> str:
        """Return the code of a policy version."""
        if policy not in self._codes:
            self._codes[policy] = Policy.objects.values_list("code", flat=True).get(pk=policy)
        return self._codes[policy]

    def outcomes(self, past: Past, at: datetime) -> dict[Key, Outcome]:
        """Return what a past clock would have come to by `at`.

        A calendar that the draft does not change is the version that the clock was timed on, the run's own first.
        """
        pins = {(metric, number): version for _clock, metric, number, _state, _due, version in past.milestones}
        by_code = {calendar_of(version).code: version for version in pins.values()}

        def calendars(code: str, metric: str, number: int) -> Calendar:
            drafted = self.calendars.get(code)
            if drafted is not None:
                return drafted
            kept = pins.get((metric, number))
            if kept is not None and calendar_of(kept).code == code:
                return calendar_of(kept).calendar
            return calendar_of(by_code.get(code) or self.versions[code]).calendar

        return outcomes(facts_of(past, self.naming), calendars, at)


Drafted = tuple[list[tuple[str, timeline.Target]], str, str]


def _compiled(content: Mapping[str, Any]) -> Drafted:
    """Return the targets of a policy with the priority of each, its basis and what it does on reopening."""
    promises = [Promise(**{**given, "amount": Decimal(given["amount"])}) for given in content["targets"]]
    targets = [(promise.priority, pure_target(Target(**asdict(promise)))) for promise in promises]
    return targets, content["basis"], content["reopening"]


def touched_by(ground: Mapping[str, Any]) -> list[int]:
    """Return the keys of the policy versions that a draft changes: by their code, or by a calendar they use."""
    by_code = Policy.objects.filter(code__in=ground["policies"]).values_list("pk", flat=True)
    by_hours = Target.objects.filter(calendar__in=ground["calendars"]).values_list("policy", flat=True)
    return sorted({*by_code, *by_hours})
