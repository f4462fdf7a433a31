"""Who was on call on a past day: as the rota stood then, whatever was changed since and whoever left."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from plans.actions.people import keep
from plans.actions.rotas import Swap, keep_rota, swap
from plans.models import FormerRota, Rota, RotaShift, Team, User
from plans.on_call import on_call
from plans.past_call import stints, was_on_call
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import person

pytestmark = pytest.mark.django_db

MADE, CHANGED = beijing("2026-09-07 09:00"), beijing("2026-09-30 12:00")


@pytest.fixture
def people() -> list[User]:
    return [person(f"p{n}", name) for n, name in enumerate(("甲", "乙", "丙"), start=1)]


@pytest.fixture
def rota(people: list[User]) -> Rota:
    made = Rota(code="house", name="全公司", starts_on=date(2026, 9, 7), hands_over_at=time(9), since=MADE)
    keep_rota(rota=made, order=people, at=MADE)
    return made


def was(rota: Rota, *walls: str) -> list[str]:
    return [str(was_on_call(rota, beijing(f"2026-{wall}")) or "") for wall in walls]


PAST = ("09-07 08:59", "09-07 09:00", "09-14 09:00", "09-21 09:00", "09-30 11:59")
THEN = ["", "甲", "乙", "丙", "甲"]


def test_another_order_counts_from_the_instant_of_the_change(rota, people):
    assert was(rota, *PAST, "09-30 12:00", "10-05 09:00") == [*THEN, "甲", "乙"]
    keep_rota(rota=rota, order=[people[2], people[0]], actor=people[1], at=CHANGED)
    assert was(rota, *PAST) == THEN
    assert was(rota, "09-30 12:00", "10-05 09:00") == ["甲", "丙"]
    (former,) = FormerRota.objects.all()
    assert (former.until, former.changed_by) == (CHANGED, "乙")


@pytest.mark.parametrize(
    "change",
    [
        {"hands_over_at": time(18)},
        {"days_each": 1},
        {"starts_on": date(2026, 9, 28)},
        {"timezone": "Asia/Bangkok"},
        {"is_active": False},
    ],
)
def test_whatever_is_changed_the_past_stands(rota, change):
    for name, value in change.items():
        setattr(rota, name, value)
    keep_rota(rota=rota, at=CHANGED)
    assert was(rota, *PAST) == THEN
    assert FormerRota.objects.count() == 1


def test_a_rota_out_of_use_calls_nobody_from_then_on(rota):
    rota.is_active = False
    keep_rota(rota=rota, at=CHANGED)
    assert was(rota, "09-30 11:59", "09-30 12:00") == ["甲", ""]


def test_what_changes_no_turn_leaves_no_trace(rota, people):
    rota.name = "总部"
    keep_rota(rota=rota, order=people, at=CHANGED)
    assert not FormerRota.objects.exists()


def test_who_leaves_was_on_call_until_then_and_who_comes_back_from_then_on(rota, people):
    swap(
        rota=rota, agreed=Swap(people[0], beijing("2026-09-22 09:00"), beijing("2026-10-02 09:00")), actor=people[1],
        at=beijing("2026-09-20 09:00"),
    )  # fmt: skip
    people[0].is_active = False
    with clock_at("2026-09-24 12:00") as left:
        keep(row=people[0])
    assert was(rota, "09-07 09:00", "09-24 11:59", "09-24 12:01", "09-28 09:00") == ["甲", "甲", "丙", "乙"]
    assert RotaShift.objects.get().end - left < timedelta(minutes=1)
    people[0].is_active = True
    with clock_at("2026-09-29 12:00"):
        keep(row=people[0])
        assert on_call(None, beijing("2026-09-29 12:00")) == [people[0]]
    assert was(rota, "09-24 11:59", "09-28 09:00", "09-29 11:59", "09-29 12:01") == ["甲", "乙", "乙", "甲"]


def test_a_month_is_told_without_a_gap_swaps_and_changes_in_it(rota, people, django_assert_max_num_queries):
    agreed = Swap(people[2], beijing("2026-09-15 18:00"), beijing("2026-09-16 09:00"), "体检")
    swap(rota=rota, agreed=agreed, actor=people[0], at=beijing("2026-09-10 09:00"))
    keep_rota(rota=rota, order=[people[1]], at=CHANGED)
    with django_assert_max_num_queries(5):
        month = stints(rota, beijing("2026-09-01 00:00"), beijing("2026-10-08 00:00"))
    assert [one.end for one in month[:-1]] == [one.start for one in month[1:]]
    assert [(f"{one.start.astimezone(ZoneInfo('Asia/Shanghai')):%d %H}", str(one.user or "")) for one in month] == [
        ("01 00", ""), ("07 09", "甲"), ("14 09", "乙"), ("15 18", "丙"), ("16 09", "乙"), ("21 09", "丙"),
        ("28 09", "甲"), ("30 12", "乙"),
    ]  # fmt: skip
    assert month[3].swap.note == "体检"


def test_another_team_is_another_standing(rota):
    rota.team = Team.objects.create(code="own", name="own", name_en="own", vendor="yonsuite")
    keep_rota(rota=rota, at=CHANGED)
    assert FormerRota.objects.get().team is None
