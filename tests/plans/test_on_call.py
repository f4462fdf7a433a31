"""Who is on call: turns at a wall time of the rota's zone, swaps before turns, and nobody by accident."""

from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from plans.actions.rotas import Swap, keep_rota, set_members, swap, take_back
from plans.models import Role, Rota, RotaShift, Team, User
from plans.on_call import holder_of, is_on_call, on_call, roster, turn_start, turns, with_turns
from plans.refusals import RefusedError
from tests.hours import beijing, utc
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [person(f"p{n}", name) for n, name in enumerate(("甲", "乙", "丙"), start=1)]


def rota_of(people: list[User], code: str = "house", **changes) -> Rota:
    usual = {"name": code, "starts_on": date(2026, 9, 7), "hands_over_at": time(9), "days_each": 7}
    rota = Rota(code=code, **(usual | changes))
    keep_rota(rota=rota)
    set_members(rota=rota, order=people)
    return rota


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-09-07 08:59", []),  # before the first turn
        ("2026-09-07 09:00", ["甲"]),
        ("2026-09-14 08:59", ["甲"]),
        ("2026-09-14 09:00", ["乙"]),
        ("2026-09-21 09:00", ["丙"]),
        ("2026-09-28 09:00", ["甲"]),  # round again
        ("2027-09-06 09:00", ["乙"]),  # 52 turns on
    ],
)
def test_turns_change_hands_at_the_wall_time(people, at, who):
    rota_of(people)
    assert [str(user) for user in on_call(None, beijing(at))] == who


@pytest.mark.parametrize(
    ("zone", "on", "hands_over", "starts"),
    [
        ("Europe/London", date(2026, 3, 29), time(8), "2026-03-29 07:00"),  # summer time began that night
        ("Europe/London", date(2026, 10, 25), time(8), "2026-10-25 08:00"),
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08 07:30"),  # 02:30 is skipped that day
        ("Atlantic/Azores", date(2026, 10, 25), time(0), "2026-10-25 00:00"),  # midnight comes twice
        ("Atlantic/Azores", date(2026, 3, 29), time(0), "2026-03-29 01:00"),  # midnight never comes
    ],
)
def test_hand_over_follows_the_clocks_of_the_place__C11(people, zone, on, hands_over, starts):
    rota = rota_of(people, starts_on=on - timedelta(days=1), hands_over_at=hands_over, days_each=1, timezone=zone)
    handed = utc(starts)
    assert turn_start(rota, 1) == handed
    assert on_call(None, handed - timedelta(seconds=1)) == [people[0]]
    assert on_call(None, handed) == [people[1]]


def test_every_instant_of_a_year_belongs_to_exactly_one_turn__C11(people):
    rota_of(people, days_each=1, timezone="Atlantic/Azores", hands_over_at=time(0), starts_on=date(2026, 1, 1))
    (rota,) = roster(utc("2026-01-01 01:00")).rotas
    laid = list(turns(rota, utc("2026-01-01 01:00"), 370))
    assert all(one.end == following.start for one, following in pairwise(laid))
    assert {one.end - one.start for one in laid} == {timedelta(hours=length) for length in (23, 24, 25)}
    for one in laid:
        for at in (one.start, one.start + timedelta(minutes=90), one.end - timedelta(microseconds=1)):
            assert (next(turns(rota, at, 1)).start, holder_of(rota, at)) == (one.start, one.user)


def test_a_team_asks_its_own_rota_and_else_the_house(people):
    team, other = (Team.objects.create(code=code, name=code, name_en=code, vendor="yonsuite") for code in "ab")
    rota_of(people[:1], "house")
    rota_of(people[1:2], "own", team=team)
    at = beijing("2026-09-28 12:00")
    assert (on_call(team, at), on_call(other, at), on_call(None, at)) == ([people[1]], [people[0]], [people[0]])
    Rota.objects.filter(code="own").update(is_active=False)
    assert on_call(team, at) == [people[0]]


def test_a_swap_goes_before_a_turn_and_ends_with_its_end(people):
    rota = rota_of(people)
    agreed = Swap(people[2], beijing("2026-09-29 18:00"), beijing("2026-09-30 09:00"), "甲出差")
    swap(rota=rota, agreed=agreed, actor=people[0], at=beijing("2026-09-28 10:00"))
    found = [on_call(None, beijing(f"2026-09-{at}"))[0] for at in ("29 17:59", "29 18:00", "30 08:59", "30 09:00")]
    assert found == [people[0], people[2], people[2], people[0]]
    assert is_on_call(people[2], beijing("2026-09-29 20:00"))
    assert not is_on_call(people[0], beijing("2026-09-29 20:00"))


def test_who_left_is_not_called_their_turn_falls_to_the_next(people):
    rota = rota_of(people)
    swap(
        rota=rota, agreed=Swap(people[2], beijing("2026-09-28 09:00"), beijing("2026-10-01 09:00")), actor=people[0],
        at=beijing("2026-09-27 10:00"),
    )  # fmt: skip
    User.objects.filter(pk=people[2].pk).update(is_active=False)
    assert on_call(None, beijing("2026-09-28 12:00")) == [people[0]]  # the swap is void
    assert on_call(None, beijing("2026-09-22 12:00")) == [people[0]]  # the turn of the third
    User.objects.filter(pk__in=[user.pk for user in people]).update(is_active=False)
    assert on_call(None, beijing("2026-09-28 12:00")) == []


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-09-30 09:00", "2026-09-29 09:00", "ends_before_start"),
        ("2026-09-29 09:00", "2026-09-29 09:00", "ends_before_start"),
        ("2026-09-20 09:00", "2026-09-21 09:00", "swap_is_past"),
        ("2026-10-01 17:59", "2026-10-01 18:01", "swap_overlaps"),
        ("2026-09-29 09:00", "2026-12-29 09:00", "swap_too_long"),
    ],
)
def test_a_swap_that_cannot_be_is_refused(people, start, end, code):
    rota = rota_of(people)
    at = beijing("2026-09-28 10:00")
    taken = Swap(people[1], beijing("2026-10-01 18:00"), beijing("2026-10-02 09:00"))
    swap(rota=rota, agreed=taken, actor=people[0], at=at)
    with pytest.raises(RefusedError) as refused:
        swap(rota=rota, agreed=Swap(people[2], beijing(start), beijing(end)), actor=people[0], at=at)
    assert (refused.value.code, RotaShift.objects.count()) == (code, 1)


def test_swaps_may_touch_and_only_staff_of_a_rota_in_use_stand_in(people):
    rota = rota_of(people)
    at, noon = beijing("2026-09-28 10:00"), beijing("2026-09-29 12:00")
    for start in (noon, noon + timedelta(hours=6)):
        swap(rota=rota, agreed=Swap(people[1], start, start + timedelta(hours=6)), actor=people[0], at=at)
    customer = person("buyer", "客户", Role.CUSTOMER)
    for who, code in ((customer, "cannot_stand"), (people[2], "rota_off")):
        Rota.objects.update(is_active=who == customer)
        with pytest.raises(RefusedError) as refused:
            swap(rota=rota, agreed=Swap(who, noon, noon + timedelta(days=9)), actor=people[0], at=at)
        assert refused.value.code == code


def test_what_of_a_swap_has_passed_stays_as_it_was(people):
    rota = rota_of(people)
    began = Swap(people[1], beijing("2026-09-28 09:00"), beijing("2026-09-28 18:00"))
    shift = swap(rota=rota, agreed=began, actor=people[0], at=beijing("2026-09-28 10:00"))
    assert on_call(None, beijing("2026-09-28 09:30")) == [people[0]]
    take_back(shift=shift, actor=people[0], at=beijing("2026-09-28 15:00"))
    found = [on_call(None, beijing(f"2026-09-28 {at}"))[0] for at in ("14:59", "15:00")]
    assert found == [people[1], people[0]]
    with pytest.raises(RefusedError, match="已经结束"):
        take_back(shift=shift, actor=people[0], at=beijing("2026-09-28 16:00"))
    later = Swap(people[1], beijing("2026-09-29 09:00"), beijing("2026-09-29 18:00"))
    take_back(
        shift=swap(rota=rota, agreed=later, actor=people[0], at=beijing("2026-09-28 16:00")), actor=people[0],
        at=beijing("2026-09-28 17:00"),
    )  # fmt: skip
    assert RotaShift.objects.count() == 1


def test_a_rota_without_people_or_with_a_customer_is_refused(people):
    rota = rota_of(people)
    for order in ([], [person("buyer", "客户", Role.CUSTOMER)]):
        with pytest.raises(RefusedError):
            set_members(rota=rota, order=order)
    rota.timezone = "Mars/Olympus"
    with pytest.raises(RefusedError, match="Mars/Olympus"):
        keep_rota(rota=rota)
    assert [member.user for member in Rota.objects.get().members.all()] == people


def test_any_number_of_rotas_takes_three_queries(people, django_assert_num_queries):
    for n in range(5):
        rota_of(people, f"r{n}")
    at = beijing("2026-09-28 12:00")
    with django_assert_num_queries(3):
        found = roster(at)
        assert found.on_call(None, at) == [people[0]]
    with django_assert_num_queries(3):
        assert [len(list(turns(rota, at, 4))) for rota in with_turns(Rota.objects.all(), at)] == [4] * 5
