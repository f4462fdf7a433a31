"""What the engine keeps as codes is read as words, in both languages."""

from decimal import Decimal

import pytest
from django.utils import translation

from sla import wording
from sla.models import EscalationRule
from sla.rules.loading import ROLES
from sla.timeline import FactKind, Hold

DAY = [["08:30", "12:00"], ["13:00", "17:30"]]


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [("7200", "2 小时", "2 h"), ("5400", "90 分钟", "90 min"), ("61", "61 秒", "61 s"), ("0.5", "0.5 秒", "0.5 s")],
)
def test_lengths_are_said_in_the_largest_unit_that_says_them_exactly(seconds, chinese, english):
    assert wording.length(Decimal(seconds)) == chinese
    with translation.override("en"):
        assert wording.length(Decimal(seconds)) == english


@pytest.mark.parametrize(
    ("mark", "amount", "said"),
    [
        ("percent", "75.000", "用去时限的 75%"),
        ("before", "1800.000", "到期前 30 分钟"),
        ("breach", "0.000", "一超时"),
        ("after", "3600.000", "超时后 1 小时"),
    ],
)
def test_a_level_of_the_ladder_says_when_it_comes_true(mark, amount, said):
    assert wording.trigger(EscalationRule(mark=mark, amount=Decimal(amount))) == said


@pytest.mark.parametrize(
    ("weekly", "said"),
    [
        ({day: DAY for day in wording.DAYS}, ["周一至周日 08:30–12:00、13:00–17:30"]),
        ({"sat": [["09:00", "12:00"]]}, ["周一至周五 休息", "周六 09:00–12:00", "周日 休息"]),
        ({}, ["周一至周日 休息"]),
    ],
)
def test_neighbouring_days_with_the_same_hours_share_a_line(weekly, said):
    assert wording.week(weekly) == said


def test_every_code_has_its_word():
    assert set(wording.FACTS) == set(FactKind)
    assert set(wording.HOLDS) == set(Hold)
    assert set(wording.ROLES) == set(ROLES)
