"""A report's life: asked for, made, worded, delivered, made again, taken back; and every no on the way."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from plans.actions import obligations, quotas
from plans.actions.quotas import Posting
from plans.models import AccountNotice, Contract, Entitlement, Obligation, QuotaEntry
from plans.quotas.balances import balance_of
from plans.refusals import RefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import entitled, owed
from tests.world import World
from tickets.actions import reports
from tickets.actions.reports import Asked
from tickets.models import ServiceReport
from tickets.rounds.reports import step

pytestmark = pytest.mark.django_db

State = ServiceReport.State
Q1 = (date(2026, 1, 1), date(2026, 3, 31))
AFTER = "2026-04-08 10:00"


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Print nothing, and return what was printed; the print has tests of its own."""
    printed: list[str] = []

    def pretend(report: Any, *, reference: str, words: str, language: str) -> bytes:
        printed.append(f"{reference} {language} {words}".strip())
        return b"%PDF-1.7 " + printed[-1].encode()

    monkeypatch.setattr("tickets.actions.reports.making.report_pdf", pretend)
    return printed


def asked(contract: Contract, first: date = Q1[0], last: date = Q1[1], **more: Any) -> Asked:
    return Asked(contract, more.pop("kind", "operations"), first, last, **more)


def ask(world: World, at: str = AFTER, **more: Any) -> ServiceReport:
    return reports.ask_for(asked=asked(world.yonsuite.contract, **more), actor=world.manager, at=beijing(at))


def made(world: World, at: str = AFTER, **more: Any) -> ServiceReport:
    """Return a report of the first quarter that is ready to be read."""
    row = ask(world, at, **more)
    with clock_at(at):
        assert step()
    row.refresh_from_db()
    assert row.state == State.READY, row.error
    return row


def deliver(world: World, row: ServiceReport, at: str = AFTER) -> ServiceReport:
    return reports.deliver(report=row, actor=world.success_manager, at=beijing(at))


def told(kind: str) -> list[AccountNotice]:
    return list(AccountNotice.objects.filter(kind=kind).order_by("pk"))


def first_owed(world: World) -> Obligation:
    return owed(world.yonsuite.contract, "Y15")[0]


def right_of(world: World) -> Entitlement:
    return entitled(world.yonsuite.contract, "Y15")


def left(world: World) -> float:
    balance = balance_of(right_of(world), date(2026, 4, 8))
    assert balance
    return float(balance.left)


def test_from_asking_to_the_customer__Y15(world: World, unprinted: list[str]):
    row = made(world)
    assert (row.code, row.version, row.entitlement, row.obligation) == (
        f"R-2026-{row.pk:06}", 1, right_of(world), first_owed(world)
    )  # fmt: skip
    assert row.content["period"]["is_to_date"] is False
    assert row.content["kind"]["clause"]["zh"].startswith("§4.4.2.2 ")
    [draft] = told("report_waiting")
    assert draft.to == [f"user:{world.manager.pk}"]
    assert not ServiceReport.objects.visible_to(world.yonsuite.contact.user).exists(), "a draft is ours alone"

    done = deliver(world, row)
    assert (done.state, done.delivered_by) == (State.DELIVERED, world.success_manager)
    first = first_owed(world)
    assert (first.state, first.met_by_ref) == (Obligation.State.LATE, row.code), "owed by 31 March"
    assert left(world) == 3
    [letter] = told("report_delivered")
    assert letter.to == [f"contact:{world.yonsuite.contact.pk}"]
    assert ServiceReport.objects.visible_to(world.yonsuite.contact.user).get() == row
    assert not ServiceReport.objects.visible_to(world.stranger.user).exists()
    assert len(unprinted) == 1


def test_what_is_asked_for_twice_is_made_once(world: World):
    assert ask(world) == ask(world)
    assert ask(world, language="en") != ask(world), "another language is another report"
    assert ServiceReport.objects.count() == 2


def test_a_further_version_leaves_the_former_as_it_was__K13(world: World):
    row = deliver(world, made(world))
    content = row.content
    world.open_ticket("月结报错", at="2026-03-02 10:00")
    newer = made(world, "2026-04-20 10:00")
    assert (newer.code, newer.version, newer.supersedes) == (row.code, 2, row)
    row.refresh_from_db()
    assert (row.state, row.content) == (State.DELIVERED, content)
    assert (row.content["tickets"]["opened"], newer.content["tickets"]["opened"]) == (0, 1)
    first = first_owed(world)
    deliver(world, newer, "2026-04-21 10:00")
    again = first_owed(world)
    assert (again.met_at, again.met_by_ref) == (first.met_at, row.code), "met once"
    assert left(world) == 3, "and used once"
    with pytest.raises(RefusedError) as refused:
        reports.remake(report=row, actor=world.manager, at=beijing("2026-04-22 10:00"))
    assert refused.value.code == "superseded"


def test_words_are_printed_with_the_figures_as_they_were(world: World, unprinted: list[str]):
    row = made(world)
    content = row.content
    reports.say(report=row, words=" 感谢配合。 ", actor=world.success_manager, at=beijing(AFTER))
    with pytest.raises(RefusedError):
        deliver(world, row)
    world.open_ticket("月结报错", at="2026-03-02 10:00")
    with clock_at("2026-04-08 10:01"):
        assert step()
    row.refresh_from_db()
    assert (row.state, row.words, row.content) == (State.READY, "感谢配合。", content)
    assert unprinted[1] == f"{row.code} v1 zh-hans 感谢配合。"
    with pytest.raises(RefusedError, match="现在是：感谢配合。"):
        reports.say(report=row, words="另一位写的", read="", actor=world.manager, at=beijing(AFTER))
    assert len(told("report_waiting")) == 1, "told of once"
    deliver(world, row)
    with pytest.raises(RefusedError):
        reports.say(report=row, words="改了", actor=world.success_manager, at=beijing(AFTER))


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("bad_period", {"first": date(2026, 3, 1), "last": date(2026, 2, 28)}, AFTER),
    ("outside_term", {"first": date(2025, 12, 31)}, AFTER),
    ("outside_term", {"last": date(2028, 1, 1)}, "2028-02-01 10:00"),
    ("period_too_long", {"last": date(2031, 1, 10)}, AFTER),
    ("period_ahead", {"first": date(2026, 4, 9), "last": date(2026, 6, 30)}, AFTER),
    ("unknown_kind", {"kind": "gossip"}, AFTER),
    ("unknown_language", {"language": "fr"}, AFTER),
]


@pytest.mark.parametrize(("code", "wanted", "at"), REFUSED)
def test_a_report_of_nonsense_is_refused_with_a_way_on(world: World, code: str, wanted: dict[str, Any], at: str):
    with pytest.raises(RefusedError) as refused:
        ask(world, at, **wanted)
    assert refused.value.code == code
    assert refused.value.message
    assert not ServiceReport.objects.exists()


def test_a_time_that_goes_on_makes_a_draft_and_nothing_to_deliver(world: World):
    row = made(world, "2026-02-10 10:00")
    period = row.content["period"]
    assert (period["is_to_date"], period["through_on"]) == (True, "2026-02-10")
    assert {note["code"] for note in row.content["notes"]} >= {"to_date", "no_tickets"}
    with pytest.raises(RefusedError) as refused:
        deliver(world, row, "2026-02-10 11:00")
    assert refused.value.code == "period_not_over"
    with pytest.raises(RefusedError) as refused:
        deliver(world, row, "2026-04-02 11:00")
    assert refused.value.code == "made_before_the_end"


def test_what_is_owed_by_the_last_day_is_handed_over_before_it__K13(world: World):
    row = made(world, "2026-03-27 10:00")
    assert row.content["period"]["is_to_date"] is False
    [note] = [note for note in row.content["notes"] if note["code"] == "to_date"]
    assert "2026-03-27" in note["text"]["zh"]
    deliver(world, row, "2026-03-27 15:00")
    assert first_owed(world).state == Obligation.State.MET


def test_of_nothing_no_share_is_said__K13(world: World):
    row = made(world)
    assert row.content["tickets"]["opened"] == 0
    assert row.content["promises"] == []
    assert "100%" not in str(row.content["summary"])
    assert {(one["value"], one["previous"]) for one in row.content["headlines"]} == {(0, None)}
    assert "quiet" in [one["rule"] for one in row.content["advice"]]


def test_taken_back_it_is_owed_again_and_given_back(world: World):
    row = deliver(world, made(world, "2026-03-27 10:00"), "2026-03-27 15:00")
    at = beijing("2026-03-28 10:00")
    with pytest.raises(RefusedError):
        reports.withdraw(report=row, reason="  ", actor=world.manager, at=at)
    gone = reports.withdraw(report=row, reason="六月的数字有误。", actor=world.manager, at=at)
    assert gone.state == State.WITHDRAWN
    assert first_owed(world).state == Obligation.State.OWED
    assert left(world) == 4
    assert QuotaEntry.objects.filter(key__startswith="report:").count() == 2
    [letter] = told("report_withdrawn")
    assert letter.to == [f"contact:{world.yonsuite.contact.pk}"]
    assert not ServiceReport.objects.visible_to(world.yonsuite.contact.user).exists()
    with pytest.raises(RefusedError):
        reports.withdraw(report=row, reason="再来", actor=world.manager, at=at)
    again = made(world, "2026-03-29 10:00")
    assert (again.version, again.obligation) == (2, first_owed(world))
    deliver(world, again, "2026-03-29 11:00")
    assert left(world) == 3, "what was given back is used again"


def test_report_in_two_languages_is_one_report_of_the_right__Y15(world: World):
    chinese = made(world)
    deliver(world, chinese)
    english = made(world, language="en")
    deliver(world, english)
    assert left(world) == 3
    act = {"reason": "数字有误", "actor": world.manager, "at": beijing(AFTER)}
    reports.withdraw(report=chinese, **act)
    assert (left(world), first_owed(world).state) == (3, Obligation.State.LATE), "the English one stands"
    reports.withdraw(report=english, **act)
    assert (left(world), first_owed(world).state) == (4, Obligation.State.OWED)


def test_nothing_left_to_use_is_no_reason_to_keep_a_report_back(world: World):
    balance = balance_of(right_of(world), date(2026, 4, 8))
    assert balance
    posting = Posting(beijing(AFTER), "test:used", "用完", "Used", world.manager)
    quotas.consume(
        entitlement=right_of(world), amount=balance.left, on=date(2026, 4, 1), posting=posting, unit="reports"
    )
    deliver(world, made(world))
    assert left(world) == 0


@pytest.mark.parametrize("act", [
    lambda row, world, at: reports.deliver(report=row, actor=world.manager, at=at),
    lambda row, world, at: reports.remake(report=row, actor=world.manager, at=at),
    lambda row, world, at: reports.say(report=row, words="好", actor=world.manager, at=at),
    lambda row, world, at: reports.retry(report=row, actor=world.manager, at=at),
])  # fmt: skip
def test_what_is_not_made_yet_is_neither_delivered_nor_changed(world: World, act: Callable[..., object]):
    row = ask(world)
    with pytest.raises(RefusedError) as refused:
        act(row, world, beijing(AFTER))
    assert refused.value.code == "report_state"
    assert row.code in refused.value.message


def test_what_was_met_by_hand_stays_met(world: World):
    first = first_owed(world)
    row = made(world)
    obligations.meet(obligation=first, ref="OR-1", at=beijing("2026-03-20 10:00"), actor=world.manager)
    deliver(world, row)
    assert first_owed(world).met_by_ref == "OR-1"
