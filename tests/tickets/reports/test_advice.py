"""Advice: each shipped rule can speak and can be silent, and a rule that is written wrong is told where."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from plans.vocabulary import SERVICES
from sla.rules.parsing import compose_text
from sla.rules.reading import Place, ReadingError
from tests.tickets.reports import made
from tests.tickets.reports.made import LAST, area, count, promise, report, right, tickets
from tickets.reports.advice.advising import MOST, advise
from tickets.reports.advice.figures import SCOPES, figures_of
from tickets.reports.advice.rules import Rule, read_rules, shipped_rules
from tickets.reports.shape import Advice, Report, Words

# Of each shipped rule: a report in view of which it speaks, and one as near to it as can be in which it does not.
CASES: dict[str, tuple[Report, Report]] = {
    "promise_missed": (report(promises=(promise(9, 1),)), report(promises=(promise(19, 1),))),
    "response_worse": (
        report(promises=(promise(18, 2, previous_share=0.96),)),
        report(promises=(promise(18, 2, previous_share=0.95),)),
    ),
    "silent_resolve": (
        report(promises=(promise(cancelled_by_resolve=3),)),
        report(promises=(promise(cancelled_by_resolve=2),)),
    ),
    "how_to_many": (
        report(tickets=tickets(10), categories=(count("how_to", 5, 0.5),)),
        report(tickets=tickets(10), categories=(count("how_to", 4, 0.4),)),
    ),
    "fault_rising": (
        report(categories=(count("fault", 8, 0.5, 5),)),
        report(categories=(count("fault", 8, 0.5, None),)),
    ),
    "area_rising": (report(areas=(area("总账", 8, 0.2, 5),)), report(areas=(area("总账", 8, 0.2, 0),))),
    "area_heavy": (report(areas=(area("总账", 10, 0.31),)), report(areas=(area("总账", 10, 0.3),))),
    "problem_repeated": (report(repeated=(made.repeated("断号", 3),)), report(repeated=(made.repeated("断号", 2),))),
    "reopened_often": (
        report(tickets=tickets(20, resolved=20, reopened=3)), report(tickets=tickets(20, resolved=30, reopened=3)),
    ),
    "backlog": (report(tickets=tickets(19, open_at_end=5)), report(tickets=tickets(20, open_at_end=5))),
    "one_asks": (
        report(tickets=tickets(10), voices=(count("contacts", 1), count("registered", 3))),
        report(tickets=tickets(10), voices=(count("contacts", 1), count("registered", 2))),
    ),
    "hotline_many": (
        report(tickets=tickets(10), channels=(count("hotline", 6, 0.6),)),
        report(tickets=tickets(9), channels=(count("hotline", 6, 0.66),)),
    ),
    "beside_the_plan": (
        report(systems=(made.system(3, is_owned=False),)), report(systems=(made.system(3, is_owned=True),)),
    ),
    "right_unused": (
        report(rights=(right(2, 3, LAST + timedelta(days=120)),)),
        report(rights=(right(2, 3, LAST + timedelta(days=121)),)),
    ),
    "owed_broken": (report(owed=(made.owed("missed"),)), report(owed=(made.owed("owed"), made.owed("met")))),
    "quiet": (report(), report(tickets=tickets(1))),
}  # fmt: skip


def spoken(rule: Rule, found: Report, offered: dict[str, Words] | None = None) -> tuple[Advice, ...]:
    return advise(found, [rule], offered or {})


@pytest.mark.parametrize("rule", shipped_rules(), ids=lambda rule: rule.code)
def test_each_shipped_rule_can_speak_and_be_silent__Y15_K13(rule: Rule):
    speaks, silent = CASES[rule.code]
    [advice] = spoken(rule, speaks)
    assert advice.rule == rule.code
    assert "{" not in advice.text.zh + advice.text.en, "every figure is filled in"
    assert [one.figure for one in advice.because] == list(rule.because)
    assert spoken(rule, silent) == ()


def test_figures_are_said_as_people_read_them():
    rule = next(rule for rule in shipped_rules() if rule.code == "area_rising")
    [advice] = spoken(rule, report(areas=(area("总账", 9, 0.2, 5),)))
    assert advice.text.zh == "“星空 · 总账”的工单增加到上期的 1.8 倍，共 9 件。建议就这个模块做一次专题指导。"
    assert [one.said.en for one in advice.because] == ["9", "5", "1.8"]


def test_only_what_the_plan_offers_is_offered__Y15():
    rule = next(rule for rule in shipped_rules() if rule.code == "how_to_many")
    [advice] = spoken(
        rule, CASES["how_to_many"][0], {"training": Words("专题培训", "Training"), "im": Words("云", "IM")}
    )
    assert [one.en for one in advice.offers] == ["Training"]


def test_a_rule_says_it_of_no_more_things_than_it_may():
    rule = next(rule for rule in shipped_rules() if rule.code == "area_rising")
    many = report(areas=tuple(area(f"模块{n}", 20 - n, 0.1, 5) for n in range(6)))
    assert len(spoken(rule, many)) == rule.most == 3
    assert len(advise(many, [replace(rule, code=f"r{n}") for n in range(9)], {})) == MOST


def test_what_is_not_known_holds_nothing():
    worse = next(rule for rule in shipped_rules() if rule.code == "response_worse")
    assert spoken(worse, report(promises=(promise(1, 19),))) == (), "nothing to compare with"
    assert spoken(worse, report()) == ()


def rules_of(*written: dict[str, Any]) -> list[Rule]:
    node = compose_text(yaml.safe_dump({"advice": list(written)}, allow_unicode=True, sort_keys=False), Place("a.yaml"))
    assert node
    return read_rules(node, Place("a.yaml"))


PLAIN = {
    "code": "late",
    "when": ["tickets.opened > 3"],
    "text": "共 {tickets.opened} 件",
    "text_en": "{tickets.opened}",
}


def test_a_rule_of_somebody_elses_is_data_alone():
    [rule] = rules_of({**PLAIN, "when": ["tickets.opened >= 4", "share.category.fault < 50%"]})
    assert [(one.figure, one.sign, one.number) for one in rule.when] == [
        ("tickets.opened", ">=", 4.0), ("share.category.fault", "<", 0.5),
    ]  # fmt: skip
    [advice] = spoken(rule, report(tickets=tickets(4), categories=(count("fault", 1, 0.25),)))
    assert advice.text == Words("共 4 件", "4")


@pytest.mark.parametrize(("changed", "field", "words"), [
    ({"when": ["tickets.openned > 3"]}, "advice.1.when.1", "tickets.opened"),
    ({"when": ["tickets.opened"]}, "advice.1.when.1", "area.trend >= 1.5"),
    ({"when": ["__import__('os').system('true') > 1"]}, "advice.1.when.1", "area.trend >= 1.5"),
    ({"when": ["tickets.opened > 1 or 1 == 1"]}, "advice.1.when.1", "area.trend >= 1.5"),
    ({"when": []}, "advice.1.when", "条件"),
    ({"when": ["area.count > 1"]}, "advice.1.when.1", "area.count"),
    ({"text": "{area.name}"}, "advice.1.text", "area.name"),
    ({"text_en": "{}"}, "advice.1.text_en", ""),
    ({"because": ["tickets"]}, "advice.1.because.1", "tickets"),
    ({"offers": ["trainings"]}, "advice.1.offers.1", "training"),
    ({"each": "module"}, "advice.1.each", "module"),
    ({"unless": 1}, "advice.1.unless", "because"),
])  # fmt: skip
def test_a_rule_that_is_written_wrong_is_told_where(changed: dict[str, Any], field: str, words: str):
    with pytest.raises(ReadingError) as told:
        rules_of({**PLAIN, **changed})
    [problem] = told.value.problems
    assert (problem.path, problem.field) == ("a.yaml", field)
    assert problem.line > 1
    assert words in problem.message


def test_two_rules_of_one_code_are_told():
    with pytest.raises(ReadingError, match="late"):
        rules_of(PLAIN, PLAIN)


def test_shipped_rules_name_services_that_there_are_and_no_figure_is_without_words():
    assert {service for rule in shipped_rules() for service in rule.offers} <= set(SERVICES)
    assert all(str(figure.label) for scope in SCOPES for figure in figures_of(scope).values())
    assert {rule.code for rule in shipped_rules()} == set(CASES)


def test_a_right_that_has_lapsed_is_not_to_be_used():
    rule = next(rule for rule in shipped_rules() if rule.code == "right_unused")
    assert spoken(rule, report(rights=(right(2, 3, LAST - timedelta(days=1)),))) == ()
    assert spoken(rule, report(rights=(right(2, 3, date(2026, 10, 1)),)))
