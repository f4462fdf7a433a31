"""What is advised in view of a report's figures: each rule asked, each answer with the figures that it rests on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from tickets.reports.advice.figures import Figure, Thing, figures_of, things_of, value_of
from tickets.reports.advice.rules import NAMED, Rule
from tickets.reports.shape import Advice, Because, Report, Words
from tickets.reports.wording import both

# More than this nobody follows.
MOST = 8


@dataclass(frozen=True, slots=True)
class _Look:
    """One look of a rule at a thing."""

    rule: Rule
    report: Report
    thing: Thing | None
    known: Mapping[str, Figure]

    def said(self, name: str) -> Words:
        return self.known[name].said(value_of(name, self.report, self.thing))

    def label(self, name: str) -> Words:
        return both(lambda: self.known[name].label)

    def filled(self, language: str) -> str:
        """Return the rule's text in a language, with its figures in place of their names."""
        return NAMED.sub(lambda match: self.said(match[1]).said(language), self.rule.text.said(language))

    @property
    def holds(self) -> bool:
        return all(one.holds(value_of(one.figure, self.report, self.thing)) for one in self.rule.when)


def advise(report: Report, rules: Iterable[Rule], offered: Mapping[str, Words]) -> tuple[Advice, ...]:
    """Return what rules advise, in their order; `offered` names what the contract's plan gives, by its service."""
    found = (advice for rule in rules for advice in islice(_advised(rule, report, offered), rule.most))
    return tuple(islice(found, MOST))


def _advised(rule: Rule, report: Report, offered: Mapping[str, Words]) -> Iterator[Advice]:
    known = figures_of(rule.scope)
    for thing in things_of(report, rule.scope):
        look = _Look(rule, report, thing, known)
        if look.holds:
            because = tuple(Because(name, look.label(name), look.said(name)) for name in rule.because)
            offers = tuple(offered[service] for service in rule.offers if service in offered)
            yield Advice(rule.code, Words(look.filled("zh-hans"), look.filled("en")), because, offers)
