"""A report's figures against a quarter that was reckoned by hand."""

from datetime import date, timedelta

import pytest

from plans.models import UpdateWindow
from tests.hours import beijing
from tests.tickets.reports.conftest import FIRST, LAST, asked, quarter_of
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket
from tickets.reports.figures import counting, flow, giving, recording
from tickets.reports.figures.promises import kept, kept_over
from tickets.reports.figures.recording import records
from tickets.reports.figures.repeating import repeated
from tickets.reports.shape import Promise
from tickets.reports.span import Span, before

pytestmark = pytest.mark.django_db


def first_response(span: Span, previous: Span | None = None) -> Promise:
    [found] = kept_over(span, previous)
    return found


def test_each_run_is_judged_once_by_the_deadline_that_holds__Y15_K13(quarter: World):
    one = first_response(quarter_of(quarter))
    assert (one.metric, one.promise, one.target.zh, one.target.en) == (
        "first_response", "K02", "0.5 个工作日", "0.5 working days"
    )  # fmt: skip
    assert one.clause.zh.startswith("§3.1.2(5) 0.5 个工作日内响应")
    assert (one.all, one.kept, one.missed, one.missed_open) == (9, 2, 2, 1)
    assert (one.running, one.paused) == (1, 1)
    assert one.kept + one.missed + one.running + one.paused + one.apart == one.all
    assert one.share == 0.5


def test_solved_without_a_word_stands_apart_and_counts_neither_way__K02(quarter: World):
    one = first_response(quarter_of(quarter))
    assert one.cancelled_by_resolve == 1
    assert one.cancelled_otherwise == 2, "closed, and merged into another"
    assert one.judged == 4


def test_what_was_kept_in_june_is_junes__K13(quarter: World):
    one = first_response(quarter_of(quarter), quarter_of(quarter, *before(FIRST, LAST)))
    assert one.previous_share == 1.0
    june = first_response(quarter_of(quarter, date(2026, 4, 1), date(2026, 6, 30)))
    assert (june.all, june.kept, june.running) == (2, 1, 1), "what is due in July is judged in July"


def test_the_open_time_is_working_time__K02(quarter: World):
    one = first_response(quarter_of(quarter))
    assert one.median == 4 * 3600
    assert one.p90 == 4 * 3600 + 0.8 * 3600, "one, four and five hours"


def test_months_without_anything_to_judge_have_no_share__K13(quarter: World):
    months = {one.month: (one.kept, one.missed, one.share) for one in first_response(quarter_of(quarter)).months}
    assert months == {"2026-07": (2, 2, 0.5), "2026-08": (0, 0, None), "2026-09": (0, 0, None)}


def test_kept_takes_contracts_and_instants_and_nothing_of_nothing(quarter: World):
    (one,) = kept([quarter.kingdee.contract], beijing("2026-07-01 00:00"), beijing("2026-10-01 00:00"))
    assert (one.kept, one.missed) == (2, 2)
    assert kept([], beijing("2026-07-01 00:00"), beijing("2026-10-01 00:00")) == ()
    (nothing,) = kept([quarter.kingdee.contract], beijing("2026-07-06 09:15"), beijing("2026-07-06 09:45"))
    assert (nothing.running, nothing.share, nothing.median) == (1, None, None), "nothing to judge is never 100 %"


def test_a_deadline_that_moved_counts_as_it_is_now__C41(quarter: World):
    late = Ticket.objects.get(subject="凭证断号")
    late.ticket_clocks.get().clock.milestones.update(due_at=beijing("2026-07-02 16:00"), state="met")
    one = first_response(quarter_of(quarter))
    assert (one.kept, one.missed) == (3, 1)


def test_what_a_team_owes_within_the_house_is_in_no_report__C32(quarter: World):
    clock = Ticket.objects.get(subject="凭证断号").ticket_clocks.get()
    clock.part = "team"
    clock.save()
    one = first_response(quarter_of(quarter))
    assert (one.all, one.missed) == (8, 1)
    assert flow.aside(quarter_of(quarter)) == (1, 1), "nothing that the customer was promised is timed on it"


def test_tickets_come_go_and_stay__K13(quarter: World):
    start, months = flow.flow(quarter_of(quarter))
    assert start == 2
    assert [(one.month, one.opened, one.resolved, one.reopened, one.open_at_end) for one in months] == [
        ("2026-07", 5, 3, 1, 5), ("2026-08", 0, 0, 0, 5), ("2026-09", 2, 0, 0, 7),
    ]  # fmt: skip
    assert flow.aside(quarter_of(quarter)) == (1, 0)


def test_hotline_chat_and_portal_are_told_apart__K13(quarter: World):
    sorts = counting.sorts_of(quarter_of(quarter), None)
    found = {one.code: (one.count, one.share, one.previous) for one in counting.channels(sorts)}
    assert found == {"hotline": (1, 0.1429, None), "im": (1, 0.1429, None), "portal": (5, 0.7143, None)}
    assert [(one.code, one.count) for one in counting.categories(sorts)] == [("fault", 5), ("how_to", 2)]


def test_areas_fold_what_was_only_written_differently__K13(quarter: World):
    previous = quarter_of(quarter, *before(FIRST, LAST))
    sorts = counting.sorts_of(quarter_of(quarter), previous)
    found = counting.areas(sorts, counting.product_words(sorts))
    assert [(one.module, one.count, one.previous, one.trend) for one in found] == [
        ("", 4, 2, 2.0), ("总账", 2, 0, None), ("应付", 1, 0, None),
    ]  # fmt: skip
    assert found[0].product.en == "Kingdee Cloud Galaxy"


def test_systems_say_what_was_bought_and_what_was_used__K13(quarter: World):
    sorts = counting.sorts_of(quarter_of(quarter), None)
    [one] = counting.systems(quarter.kingdee.contract, sorts, "Asia/Shanghai")
    assert (one.code, one.is_owned, one.quantity, one.tickets, one.last_ticket_on) == (
        "galaxy", True, 1, 7, date(2026, 9, 30)
    )  # fmt: skip
    assert one.modules == ("总账", "应付")


def test_product_that_runs_for_two_tenants_is_counted_for_each__K13(quarter: World):
    contract = quarter.kingdee.contract
    mine = contract.owned_products.get()
    contract.owned_products.create(product=mine.product, deployment=mine.deployment, tenant="plant-2", quantity=3)
    Ticket.objects.filter(subject="审批流卡住").update(tenant="plant-2")
    found = counting.systems(contract, counting.sorts_of(quarter_of(quarter), quarter_of(quarter)), "Asia/Shanghai")
    assert [(one.tenant, one.tickets, one.previous) for one in found] == [(mine.tenant, 6, 6), ("plant-2", 1, 1)]


def test_what_was_said_is_counted_and_what_was_taken_back_is_not__K13_C21(quarter: World):
    ticket = Ticket.objects.get(subject="月末结账报错")
    line = ticket.events.get(kind="reply")
    at = line.at + timedelta(hours=1)
    span = quarter_of(quarter)
    found = {one.code: one.count for one in counting.voices(quarter.kingdee.contract, span, None)}
    assert (found["reply"], found["contacts"], found["registered"]) == (4, 1, 2)
    actions.retract(ticket=ticket, event=line.number, actor=quarter.agent, at=at)
    found = {one.code: one.count for one in counting.voices(quarter.kingdee.contract, span, None)}
    assert found["reply"] == 3


def test_problems_that_come_again_are_found_by_merging_and_by_likeness__K10(quarter: World):
    [one] = repeated(quarter_of(quarter), {})
    assert (one.count, one.last_on) == (3, date(2026, 7, 8))
    assert set(one.tickets) == set(
        Ticket.objects.filter(subject__in=["月末结账报错", "结账月末报错", "月末结账报错 2"]).values_list(
            "number", flat=True
        )
    )


def test_rights_stand_as_they_were_at_the_end__K13(quarter: World):
    found = {(one.promise, one.unit.zh): one for one in giving.rights(quarter.kingdee.contract, FIRST, LAST)}
    reports = found["K13", "份报告"]
    assert (reports.granted, reports.used_in_period, reports.left) == (2.0, 0.0, 2.0)
    assert reports.clause.en.startswith("§3.4.3 ")


@pytest.mark.parametrize(("at", "inside"), [
    ("2026-06-30 23:59", False), ("2026-07-01 00:00", True), ("2026-09-30 23:59", True), ("2026-10-01 00:00", False),
])  # fmt: skip
def test_a_day_begins_at_local_midnight(world: World, at: str, inside: bool):
    asked(world, at, "月结报错")
    _start, months = flow.flow(quarter_of(world))
    assert sum(month.opened for month in months) == inside
    assert bool(counting.sorts_of(quarter_of(world), None).now) == inside


def test_updates_of_one_title_are_one_line_and_what_is_planned_is_none__K11(world: World):
    usual = {"vendor": "kingdee", "title": "星空例行更新", "title_en": "Routine update", "state": "done"}
    for day in (4, 8, 11):
        at = beijing(f"2026-08-{day:02} 22:00")
        UpdateWindow.objects.create(**usual, version=f"9.0.{day}", starts_at=at, ends_at=at + timedelta(hours=2))
    later = beijing("2026-09-15 22:00")
    ahead = usual | {"state": "planned", "title": "大版本", "announced_at": beijing("2026-09-01 10:00")}
    UpdateWindow.objects.create(**ahead, starts_at=later, ends_at=later + timedelta(hours=2))
    [one] = giving.delivered(world.kingdee.contract, quarter_of(world))
    assert (one.sort, one.name.zh, one.name.en, one.topic, one.on) == (
        "update", "星空例行更新（3 次）", "Routine update (3 times)", "9.0.11", date(2026, 8, 12)
    )  # fmt: skip


def test_what_is_owed_says_how_it_stands__K13(world: World):
    contract = world.kingdee.contract
    [half] = giving.owed(contract, date(2026, 7, 1), date(2026, 12, 31), beijing("2027-01-10 10:00"))
    assert (half.what.en, half.number, half.of, half.state, half.state_words.zh) == (
        "Service report", 1, 2, "overdue", "已逾期"
    )  # fmt: skip
    own = contract.obligations.get(number=1, item__promise="K13").pk
    assert giving.owed(contract, date(2026, 7, 1), date(2026, 12, 31), beijing("2027-01-10 10:00"), but=own) == ()


def test_every_ticket_of_the_period_is_listed_the_newest_first_as_it_stood_then__K13(quarter: World):
    span = quarter_of(quarter)
    found = records(span, {})
    opened = Ticket.objects.filter(
        contract=quarter.kingdee.contract, opened_at__gte=span.start, opened_at__lt=span.until
    ).order_by("-opened_at", "-pk")
    assert [one.number for one in found] == [ticket.number for ticket in opened]
    assert [one.subject for one in found] == [ticket.subject for ticket in opened]
    solved_later = [one for one in found if one.resolved_on and one.resolved_on > LAST]
    assert solved_later == []


def test_a_long_period_lists_the_latest_and_says_how_many_it_leaves_out__K13(
    quarter: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recording, "MOST", 3)
    assert len(records(quarter_of(quarter), {})) == 3
