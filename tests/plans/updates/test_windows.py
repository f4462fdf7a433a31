"""Windows are laid out by rules, follow them while nobody was told, and tell those whom they concern, once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.actions.history import Decided
from plans.actions.renewing import Renewal, renew
from plans.actions.updates import following
from plans.actions.updates import windows as acts
from plans.actions.updates.following import due, look_ahead
from plans.actions.updates.windows import Planned, Span
from plans.models import AccountNotice, Contract, Item, Product, UpdateStep, UpdateWindow, User
from plans.refusals import RefusedError
from plans.updates import ahead
from plans.updates.policies import Scope
from plans.updates.reading import affected, governed, holidays_in, windows_of, windows_of_any
from tests.hours import beijing
from tests.plans.updates.ops import AGILE, GALAXY, STABLE, STELLAR, contract_with, laid_out, running, windows

pytestmark = pytest.mark.django_db
State = UpdateWindow.State


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create(username="operator", name="林运维", role="manager")


def told(window: UpdateWindow) -> list[tuple[str, str]]:
    """Return who was told what of a window: contract and kind of news, in order."""
    rows = AccountNotice.objects.filter(kind="update_window", about__window=window.pk).order_by("pk")
    return [(row.contract.number, row.about["what"]) for row in rows]


def test_windows_of_a_year_ahead_are_laid_out_and_looking_again_changes_nothing__K11():
    laid_out("2026-01-01 00:05")
    assert [row.slot_on for row in windows(GALAXY)][:3] == [date(2026, 1, 17), date(2026, 2, 14), date(2026, 3, 14)]
    assert windows(GALAXY)[0].starts_at == beijing("2026-01-17 22:00")
    assert windows(GALAXY)[0].ends_at == beijing("2026-01-18 06:00")
    assert windows(GALAXY)[0].announce_at == beijing("2026-01-10 09:00")
    assert [len(windows(one, slot_on__year=2026)) for one in (AGILE, STABLE, STELLAR)] == [27, 2, 105]
    before = list(UpdateWindow.objects.order_by("pk").values())
    steps = UpdateStep.objects.count()
    assert steps == len(before)
    assert look_ahead(at=beijing("2026-01-01 00:06")) == 0
    assert list(UpdateWindow.objects.order_by("pk").values()) == before
    laid_out("2026-01-02 00:05")
    assert UpdateStep.objects.count() - steps == UpdateWindow.objects.count() - len(before)


def changed_rule(code: str, **said: Any) -> None:
    """Let every plan say something else of one policy."""
    for item in Item.objects.filter(service="updates").exclude(updates=[]):
        item.updates = [{**one, **(said if one["code"] == code else {})} for one in item.updates]
        item.save(update_fields=["updates"])


def test_changed_rule_moves_only_what_nobody_was_told_of__K11():
    laid_out("2026-01-01 00:05")
    first, second, third = windows(GALAXY)[:3]
    due(at=beijing("2026-01-10 09:00"))
    aside = Span(beijing("2026-02-15 22:00"), beijing("2026-02-16 04:00"))
    acts.move(window=second, span=aside, reason="避开春节", actor=None, at=beijing("2026-01-10 10:00"))
    changed_rule(GALAXY, opens="20:00", rules=["FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=15,16,17,18,19,20,21"])
    laid_out("2026-01-10 11:00")
    for row in (first, second, third):
        row.refresh_from_db()
    assert (first.state, first.starts_at) == (State.ANNOUNCED, beijing("2026-01-17 22:00"))
    assert second.starts_at == beijing("2026-02-15 22:00")
    assert third.state == State.CANCELLED, "the 14th of March is no day of the new rule"
    assert third.steps.last().kind == UpdateStep.Kind.CANCELLED
    assert windows(GALAXY, slot_on=date(2026, 3, 21))[0].starts_at == beijing("2026-03-21 20:00")
    assert third not in UpdateWindow.objects.shown()
    changed_rule(GALAXY, opens="22:00", rules=["FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=12,13,14,15,16,17,18"])
    laid_out("2026-01-10 12:00")
    third.refresh_from_db()
    assert third.state == State.PLANNED, "a rule that comes back brings its windows back"


RUNS = (
    # How a product runs, and the policies whose windows concern it.
    ("galaxy", "public_cloud", "multi", "", None, [GALAXY]),
    ("galaxy", "public_cloud", "single", "", False, []),
    ("galaxy", "public_cloud", "single", "", True, []),
    ("galaxy", "public_cloud", "", "", None, [GALAXY]),  # nobody wrote down how it runs: told rather than surprised
    ("galaxy", "private_cloud", "", "", None, []),
    ("cosmic", "public_cloud", "", "agile", None, [AGILE]),
    ("constellation", "public_cloud", "", "stable", None, [STABLE]),
    ("cosmic", "private_subscription", "", "agile", None, []),
    ("stellar", "public_cloud", "", "", None, [STELLAR]),
    ("eas-cloud", "public_cloud", "", "", None, []),
)


def test_window_concerns_who_runs_the_product_in_its_way__K11():
    laid_out("2026-01-01 00:05")
    at = beijing("2026-01-01 10:00")
    first = {policy: windows(policy)[0] for policy in (GALAXY, AGILE, STABLE, STELLAR)}
    contracts = [
        contract_with(running(product, deployment, tenancy, pace=pace, customised=customised), code=f"runs{nth}")
        for nth, (product, deployment, tenancy, pace, customised, _policies) in enumerate(RUNS)
    ]
    by_database = {policy: set(affected(row, at)) for policy, row in first.items()}
    for contract, (*_how, policies) in zip(contracts, RUNS, strict=True):
        found = {row.policy for row in windows_of(contract, at, at + timedelta(days=380))}
        assert sorted(found) == policies, contract
        assert {policy for policy, told_to in by_database.items() if contract in told_to} == found, contract
        assert [row.policy for row in ahead(contract, at, 2)] == policies * min(2, 2 * len(policies))


def test_customers_are_told_once_ahead_and_again_of_a_new_time__K11(operator):
    contract = contract_with(running(tenancy="multi"))
    contract_with(running(tenancy="single", customised=False), code="own")
    laid_out("2026-01-01 00:05")
    window = windows(GALAXY)[0]
    due(at=beijing("2026-01-10 08:59"))
    assert told(window) == []
    due(at=beijing("2026-01-10 09:00"))
    due(at=beijing("2026-01-10 09:01"))
    assert told(window) == [(contract.number, "announced")]
    later = Span(beijing("2026-01-24 22:00"), beijing("2026-01-25 06:00"))
    acts.move(window=window, span=later, reason="补丁还在测试", actor=operator, at=beijing("2026-01-12 10:00"))
    acts.postpone(window=window, reason="发现缺陷", actor=operator, at=beijing("2026-01-13 10:00"))
    acts.move(window=window, span=later, reason="缺陷已修", actor=operator, at=beijing("2026-01-14 10:00"))
    assert [what for _number, what in told(window)] == ["announced", "moved", "postponed", "moved"]
    window.refresh_from_db()
    assert (window.state, window.sequence) == (State.ANNOUNCED, 3)
    steps = list(window.steps.order_by("pk").values_list("kind", "reason", "actor_display"))
    assert steps[-1] == ("moved", "缺陷已修", str(operator))
    assert [kind for kind, _reason, _actor in steps] == ["laid_out", "announced", "moved", "postponed", "moved"]


def test_letters_not_written_yet_are_replaced_by_what_holds_now(operator):
    contract_with(running(tenancy="multi"))
    laid_out("2026-01-01 00:05")
    window = acts.announce(window=windows(GALAXY)[0], actor=operator, at=beijing("2026-01-05 10:00"))
    acts.cancel(window=window, reason="并入下月", actor=operator, at=beijing("2026-01-05 10:01"))
    rows = AccountNotice.objects.filter(kind="update_window").order_by("pk")
    assert [(row.about["what"], row.finished_at is None) for row in rows] == [("announced", False), ("cancelled", True)]


@pytest.mark.parametrize(("first", "last"), [("2026-02-01", "2026-12-31"), ("2025-01-01", "2026-01-16")])
def test_nobody_is_told_outside_their_term__K11(first, last):
    contract_with(running(tenancy="multi"), first=date.fromisoformat(first), last=date.fromisoformat(last))
    laid_out("2026-01-01 00:05")
    due(at=beijing("2026-01-10 09:00"))
    assert not AccountNotice.objects.filter(kind="update_window").exists()


def test_who_renews_hears_of_the_first_window_of_the_new_term_as_far_ahead__K11():
    former = contract_with(running(tenancy="multi"), first=date(2025, 1, 12), last=date(2026, 1, 11))
    follower = renew(
        contract=former, renewal=Renewal("C-tide-2", date(2027, 1, 11)),
        decided=Decided(None, beijing("2026-01-05 10:00")),
    )  # fmt: skip
    laid_out("2026-01-05 00:05")
    due(at=beijing("2026-01-10 09:00"))
    assert told(windows(GALAXY)[0]) == [(follower.number, "announced")]


def test_who_signs_after_the_notice_hears_of_the_window_too():
    laid_out("2026-01-01 00:05")
    due(at=beijing("2026-01-10 09:00"))
    contract = contract_with(running(tenancy="multi"))
    laid_out("2026-01-11 00:05")
    laid_out("2026-01-11 01:05")
    assert told(windows(GALAXY)[0]) == [(contract.number, "announced")]


def test_two_a_week_are_not_told_of_but_their_changes_are__K11(operator):
    contract_with(running("stellar"))
    laid_out("2026-01-01 00:05")
    window = windows(STELLAR)[3]
    due(at=window.starts_at - timedelta(hours=1))
    assert told(window) == []
    span = Span(window.starts_at + timedelta(days=1), window.ends_at + timedelta(days=1))
    acts.move(window=window, span=span, reason="机房演练", actor=operator, at=window.starts_at - timedelta(hours=1))
    assert [what for _number, what in told(window)] == ["moved"]


def test_window_of_a_rule_begins_and_ends_by_the_clock():
    laid_out("2026-01-01 00:05")
    window = windows(GALAXY)[0]
    seen = []
    for wall in ("2026-01-17 21:59", "2026-01-17 22:00", "2026-01-18 05:59", "2026-01-18 06:00"):
        while due(at=beijing(wall)):
            pass
        window.refresh_from_db()
        seen.append(str(window.state))
    assert seen == ["announced", "under_way", "under_way", "done"]
    assert window.steps.last().actor is None


def planned(wall: str = "2026-03-07 00:00", hours: int = 4, **more: Any) -> Planned:
    span = Span(beijing(wall), beijing(wall) + timedelta(hours=hours))
    scope = Scope(("galaxy",), ("public_cloud",))
    return Planned("kingdee", "maintenance", scope, "数据库维护", "Database maintenance", span, **more)


def test_maintenance_set_by_hand_waits_for_people_and_is_told__K11(operator):
    contract = contract_with(running(tenancy="single", customised=True))
    at = beijing("2026-03-01 10:00")
    window = acts.add(planned=planned(notice_days=3), actor=operator, at=at)
    due(at=beijing("2026-03-04 09:00"))
    assert told(window) == [(contract.number, "announced")]
    assert due(at=beijing("2026-03-07 01:00")) == 0
    acts.begin(window=window, actor=operator, at=beijing("2026-03-07 00:10"))
    acts.extend(
        window=window, ends_at=beijing("2026-03-07 06:00"), reason="索引重建未完", actor=operator,
        at=beijing("2026-03-07 03:00"),
    )  # fmt: skip
    done = acts.finish(window=window, actor=operator, at=beijing("2026-03-07 05:30"), version="8.2")
    assert (done.state, done.version, done.ends_at) == (State.DONE, "8.2", beijing("2026-03-07 06:00"))
    assert [what for _number, what in told(window)] == ["announced", "extended"]


def test_next_update_is_neither_maintenance_nor_one_put_off__K11(operator):
    contract, at = contract_with(running(tenancy="multi")), beijing("2026-03-01 10:00")
    laid_out("2026-03-01 00:05")
    maintenance = acts.add(planned=planned(), actor=operator, at=at)
    march, april = windows(GALAXY)[:2]
    assert [row.pk for row in ahead(contract, at, 3)] == [maintenance.pk, march.pk, april.pk], "all are in the calendar"
    assert governed(contract, at)[0].coming == march
    acts.postpone(window=march, reason="回归未完", actor=operator, at=at)
    assert governed(contract, at)[0].coming == april


def before(at: datetime) -> Span:
    return Span(at - timedelta(hours=2), at)


def far(at: datetime) -> Span:
    return Span(at.replace(year=9999), at.replace(year=9999) + timedelta(hours=2))


@pytest.mark.parametrize(("act", "code"), [
    (lambda window, by, at: acts.postpone(window=window, reason=" ", actor=by, at=at), "reason_missing"),
    (lambda window, by, at: acts.finish(window=window, actor=by, at=at), "wrong_state"),
    (lambda window, by, at: acts.move(window=window, span=before(at), reason="x", actor=by, at=at), "past"),
    (lambda window, by, at: acts.move(window=window, span=Span(at, at), reason="x", actor=by, at=at), "backwards"),
    (lambda window, by, at: acts.add(planned=planned(hours=100), actor=by, at=at), "too_long"),
    (lambda window, by, at: acts.move(window=window, span=far(at), reason="x", actor=by, at=at), "too_far"),
    (lambda window, by, at: acts.add(
        planned=Planned("yonsuite", "update", Scope(("galaxy",)), "x", "x", planned().span), actor=by, at=at),
     "no_such_product"),
])  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(operator, act, code):
    laid_out("2026-01-01 00:05")
    window = windows(GALAXY)[0]
    before = (UpdateWindow.objects.count(), UpdateStep.objects.count())
    with pytest.raises(RefusedError) as refused:
        act(window, operator, beijing("2026-01-05 10:00"))
    assert refused.value.code == code
    assert (UpdateWindow.objects.count(), UpdateStep.objects.count()) == before


def test_window_whose_step_fails_is_left_to_people_and_holds_up_no_other(monkeypatch):
    laid_out("2026-01-01 00:05")
    broken, sound = windows(STELLAR)[:2]

    def begin(*, window, actor, at):
        if window.pk == broken.pk:
            raise ValueError("no such table")
        return acts.begin(window=window, actor=actor, at=at)

    monkeypatch.setattr(following, "begin", begin)
    due(at=sound.starts_at)
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.state, broken.is_by_clock, str(sound.state)) == (State.PLANNED, False, "under_way")
    assert broken.steps.latest("pk").reason == "ValueError: no such table"


def test_windows_of_many_contracts_take_no_more_queries_than_of_one__K11():
    laid_out("2026-01-01 00:05")
    scopes = (running(tenancy="multi"), running("stellar"), running("stellar"))
    for place, scope in enumerate(scopes):
        contract_with(scope, code=f"many-{place}")
    span = beijing("2026-01-01 00:00"), beijing("2026-03-01 00:00")
    rows = Contract.objects.select_related("plan").order_by("pk")
    counts = []
    for some in (list(rows[:1]), list(rows)):
        with CaptureQueriesContext(connection) as queries:
            found = windows_of_any(some, *span)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert {row.policy for row in found} == {GALAXY, STELLAR}
    assert len({row.pk for row in found}) == len(found), "each once"


def test_window_on_a_holiday_says_so():
    laid_out("2026-09-01 00:05")
    laid_out_on = {str(row.slot_on): holidays_in([row]).get(row.pk) for row in windows(STELLAR)[:15]}
    assert laid_out_on["2026-10-01"].name.startswith("国庆")
    assert laid_out_on["2026-09-15"] is None
    assert laid_out_on["2026-10-08"] is None


@pytest.mark.parametrize("number", [2, 12])
def test_telling_many_takes_no_more_statements(operator, number):
    for nth in range(number):
        contract_with(running(tenancy="multi"), code=f"many{nth}")
    laid_out("2026-01-01 00:05")
    window = windows(GALAXY)[0]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        acts.announce(window=window, actor=operator, at=beijing("2026-01-05 10:00"))
    assert len(told(window)) == number
    assert len(queries) <= 11, [one["sql"][:80] for one in queries]


def test_product_without_a_right_to_updates_is_told_nothing():
    laid_out("2026-01-01 00:05")
    contract = contract_with(plan="yonsuite-premier", code="ys")
    at = beijing("2026-01-01 10:00")
    assert ahead(contract, at) == []
    assert not any(contract in affected(row, at) for row in windows(GALAXY)[:1])
    assert Product.objects.filter(code="galaxy").exists()
