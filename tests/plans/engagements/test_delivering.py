"""What an agreed engagement uses of the contract's quotas, and how it is delivered, recorded and closed."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from plans.actions.engagements import timing
from plans.actions.engagements.delivering import Report, Took, advance, cancel, close, deliver, record
from plans.actions.engagements.people import Guest, add_attendee, give_feedback, post, remove_attendee
from plans.actions.engagements.recalling import remind_next_day
from plans.actions.engagements.requesting import Arrangement, arrange
from plans.actions.obligations import lay_out as lay_out_owed
from plans.actions.quotas import lay_out
from plans.engagements.reading import offers_of
from plans.models import AccountNotice, Attendee, Engagement
from plans.quotas.balances import balance_of
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.engagements.desk import agreed, asked, customer, slot, with_expert

State = Engagement.State


@pytest.fixture
def ledger(cast: SimpleNamespace) -> SimpleNamespace:
    """Lay the quotas of both contracts out."""
    for contract in (cast.yonsuite, cast.kingdee):
        lay_out(contract=contract, at=beijing("2026-01-01 09:00"))
    return cast


def left(contract, service: str, on: date = date(2026, 3, 20)) -> Decimal:
    balance = balance_of(contract.entitlements.get(item__service=service), on)
    assert balance
    return balance.left


def test_a_time_agreed_holds_one_of_the_years_health_checks__Y14(ledger: SimpleNamespace):
    engagement = asked(ledger.yonsuite, "health_check", ledger.ys)
    assert left(ledger.yonsuite, "health_check") == 4
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    assert left(ledger.yonsuite, "health_check") == 3
    cancel(engagement=engagement, reason="改到明年", actor=customer(ledger.ys), at=beijing("2026-03-05 09:00"))
    assert left(ledger.yonsuite, "health_check") == 4


def test_a_moved_time_holds_no_more_than_one__Y14(ledger: SimpleNamespace):
    engagement, theirs = asked(ledger.yonsuite, "health_check", ledger.ys), customer(ledger.ys)
    for day in ("2026-03-20 09:00", "2026-03-25 09:00", "2026-04-02 09:00"):
        agreed(engagement, ledger.success, theirs, slot(day), at="2026-03-03 09:00")
        assert left(ledger.yonsuite, "health_check") == 3
    deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-04-02 12:00"))
    assert left(ledger.yonsuite, "health_check") == 3


def test_what_is_delivered_meets_what_is_owed_next__Y14(ledger: SimpleNamespace):
    lay_out_owed(contract=ledger.yonsuite, at=beijing("2026-01-01 09:00"))
    engagement = asked(ledger.yonsuite, "health_check", ledger.ys)
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-03-20 12:00"))
    owed = ledger.yonsuite.obligations.filter(item__service="health_check").order_by("due_on")
    assert [(row.state, row.met_by_ref) for row in owed[:2]] == [("met", engagement.number), ("owed", "")]


def test_a_third_planning_of_a_year_is_refused__Y13(ledger: SimpleNamespace):
    theirs = customer(ledger.ys)
    first, second, third = (asked(ledger.yonsuite, "planning", ledger.ys) for _time in range(3))
    agreed(first, ledger.success, theirs, slot("2026-03-20 09:00"))
    agreed(second, ledger.success, theirs, slot("2026-03-25 09:00"))
    with pytest.raises(RefusedError) as refused:
        agreed(third, ledger.success, theirs, slot("2026-04-01 09:00"))
    assert (refused.value.code, refused.value.promise) == ("quota_used_up", "Y13")
    third.refresh_from_db()
    assert third.state in (State.REQUESTED, State.PROPOSED)


def test_what_is_used_up_to_the_end_of_the_term_is_not_even_asked_for__Y13(ledger: SimpleNamespace):
    for day in ("2026-03-20 09:00", "2026-03-25 09:00"):
        agreed(asked(ledger.yonsuite, "planning", ledger.ys), ledger.success, customer(ledger.ys), slot(day))
    with pytest.raises(RefusedError) as refused:
        asked(ledger.yonsuite, "planning", ledger.ys)
    assert (refused.value.code, refused.value.promise) == ("quota_used_up", "Y13")


def test_person_days_are_held_as_planned_and_used_as_they_were__K05(ledger: SimpleNamespace):
    engagement = asked(ledger.kingdee, "private_operations", ledger.kd, person_days=Decimal(2))
    engagement = agreed(engagement, ledger.success, customer(ledger.kd), slot("2026-03-20 09:00"))
    assert left(ledger.kingdee, "private_operations") == 1
    at = beijing("2026-03-20 18:00")
    with pytest.raises(RefusedError) as refused:
        deliver(engagement=engagement, actor=ledger.technical, at=at, took=Took(Decimal("3.5")))
    assert refused.value.code == "quota_used_up"
    deliver(engagement=engagement, actor=ledger.technical, at=at, took=Took(Decimal("1.5")))
    assert left(ledger.kingdee, "private_operations") == Decimal("1.5")


def test_an_installation_uses_environments_and_the_person_days_it_shares__K05(ledger: SimpleNamespace):
    said = {"person_days": Decimal(2), "amount": Decimal(1)}
    engagement = asked(ledger.kingdee, "private_installation", ledger.kd, **said)
    engagement = agreed(engagement, ledger.success, customer(ledger.kd), slot("2026-03-20 09:00"))
    assert (left(ledger.kingdee, "private_installation"), left(ledger.kingdee, "private_operations")) == (1, 1)
    more = asked(ledger.kingdee, "private_installation", ledger.kd, **said)
    with pytest.raises(RefusedError, match="人天"):
        agreed(more, ledger.success, customer(ledger.kd), slot("2026-03-25 09:00"))
    deliver(engagement=engagement, actor=ledger.technical, at=beijing("2026-03-20 18:00"), took=Took(Decimal("1.5")))
    assert (left(ledger.kingdee, "private_installation"), left(ledger.kingdee, "private_operations")) == (
        1,
        Decimal("1.5"),
    )
    engagement.refresh_from_db()
    assert engagement.reserved_key == ""


@pytest.mark.parametrize(("service", "said"), [
    ("private_operations", {}), ("private_installation", {"amount": Decimal(1)}),
    ("private_installation", {"person_days": Decimal(1)}),
])  # fmt: skip
def test_what_is_counted_in_figures_wants_them_before_we_propose_a_time__K05(ledger: SimpleNamespace, service, said):
    engagement = asked(ledger.kingdee, service, ledger.kd, **said)
    usual = {"engagement": engagement, "slot": slot("2026-03-20 09:00"), "at": beijing("2026-03-02 11:00")}
    with pytest.raises(RefusedError) as refused:
        timing.propose(**usual, actor=ledger.success)
    assert refused.value.code == "no_amount"
    timing.propose(**usual, actor=customer(ledger.kd))  # customers wish, and leave the figures to us
    arrangement = Arrangement(planned_person_days=Decimal("1.5"), amount=Decimal(1))
    arrange(engagement=engagement, arrangement=arrangement, actor=ledger.success, at=beijing("2026-03-02 12:00"))
    timing.accept(engagement=engagement, actor=ledger.success, at=beijing("2026-03-02 12:00"))
    assert left(ledger.kingdee, "private_operations") == Decimal("1.5")


def test_what_is_held_follows_the_figures_of_an_agreed_engagement__K05(ledger: SimpleNamespace):
    said = {"person_days": Decimal(1), "amount": Decimal(1)}
    engagement = asked(ledger.kingdee, "private_installation", ledger.kd, **said)
    agreed(engagement, ledger.success, customer(ledger.kd), slot("2026-03-20 09:00"))
    at = beijing("2026-03-02 11:00")  # the very instant at which it was agreed
    more = Arrangement(planned_person_days=Decimal(3), amount=Decimal(2))
    arrange(engagement=engagement, arrangement=more, actor=ledger.success, at=at)
    assert (left(ledger.kingdee, "private_installation"), left(ledger.kingdee, "private_operations")) == (0, 0)
    beyond = Arrangement(planned_person_days=Decimal("3.5"))
    with pytest.raises(RefusedError, match="人天"):
        arrange(engagement=engagement, arrangement=beyond, actor=ledger.success, at=beijing("2026-03-03 11:00"))
    cancel(engagement=engagement, reason="不装了", actor=ledger.success, at=beijing("2026-03-04 11:00"))
    assert (left(ledger.kingdee, "private_installation"), left(ledger.kingdee, "private_operations")) == (2, 3)


def test_an_installation_is_offered_with_both_amounts_that_it_draws_on__K05(ledger: SimpleNamespace):
    offered = {one.item.service: one for one in offers_of(ledger.kingdee, beijing("2026-03-02 10:00"))}
    installation = offered["private_installation"]
    assert [(one.unit, one.left) for one in installation.amounts] == [("environments", 2), ("person_days", 3)]
    assert installation.figures == ("environments", "person_days")
    assert not installation.is_used_up
    work = asked(ledger.kingdee, "private_operations", ledger.kd, person_days=Decimal(3))
    agreed(work, ledger.success, customer(ledger.kd), slot("2026-03-20 09:00"))
    offered = {one.item.service: one for one in offers_of(ledger.kingdee, beijing("2026-03-02 12:00"))}
    assert offered["private_installation"].is_used_up, "environments are left, and no days to install them in"


def test_a_time_on_the_table_goes_with_the_delivery(ledger: SimpleNamespace):
    engagement, theirs = asked(ledger.yonsuite, "training", ledger.ys), customer(ledger.ys)
    agreed(engagement, ledger.success, theirs, slot("2026-03-20 09:00"))
    later = slot("2026-03-25 09:00")
    timing.propose(engagement=engagement, slot=later, actor=ledger.success, at=beijing("2026-03-19 09:00"))
    deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-03-20 12:00"))
    assert [row.answer for row in engagement.proposals.order_by("pk")] == ["accepted", "withdrawn"]


def test_what_a_signature_books_is_not_booked_by_delivery__K06(ledger: SimpleNamespace):
    engagement = asked(ledger.kingdee, "critical_moment", ledger.kd)
    agreed(engagement, ledger.success, customer(ledger.kd), slot("2026-03-20 09:00"))
    engagement = deliver(engagement=engagement, actor=ledger.technical, at=beijing("2026-03-20 18:00"))
    assert engagement.state == State.DELIVERED


def test_nothing_is_delivered_before_it_begins(ledger: SimpleNamespace):
    engagement = agreed(
        asked(ledger.yonsuite, "training", ledger.ys), ledger.success, customer(ledger.ys), slot("2026-03-20 09:00")
    )
    with pytest.raises(RefusedError, match="还没有到"):
        deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-03-20 08:59"))
    deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-03-20 09:00"))


@pytest.mark.parametrize("figure", [Decimal(0), Decimal(-1), Decimal(1001)])
def test_a_figure_that_cannot_be_is_refused(ledger: SimpleNamespace, figure):
    engagement = agreed(
        asked(ledger.yonsuite, "training", ledger.ys), ledger.success, customer(ledger.ys), slot("2026-03-20 09:00")
    )
    with pytest.raises(RefusedError, match="大于 0"):
        deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-03-20 12:00"), took=Took(figure))


def test_a_record_says_who_came_and_keeps_what_stood_before(ledger: SimpleNamespace):
    engagement = agreed(
        asked(ledger.yonsuite, "training", ledger.ys), ledger.success, customer(ledger.ys), slot("2026-03-20 09:00")
    )
    at = beijing("2026-03-20 18:00")
    guest = add_attendee(
        engagement=engagement, who=Guest("外部顾问", "guest@partner.example"), actor=ledger.success, at=at
    )
    deliver(engagement=engagement, actor=ledger.success, at=at)
    ours = engagement.attendees.get(contact=ledger.ys)
    record(
        engagement=engagement,
        report=Report("讲了月结。", {ours.pk: True, guest.pk: False}),
        actor=ledger.success,
        at=at,
    )
    engagement = record(engagement=engagement, report=Report("讲了月结和年结。"), actor=ledger.success, at=at)
    assert (engagement.state, engagement.done) == (State.RECORDED, "讲了月结和年结。")
    assert [row.state for row in engagement.attendees.all()] == ["attended", "absent"]
    first, second = engagement.steps.filter(kind="recorded")
    assert (first.fields["attended"], second.fields["before"]) == (["王会计"], "讲了月结。")
    assert AccountNotice.objects.filter(kind="engagement_recorded").count() == 1
    close(engagement=engagement, actor=ledger.success, at=at)
    with pytest.raises(RefusedError, match="已关闭"):
        record(engagement=engagement, report=Report("又一次"), actor=ledger.success, at=at)


def test_the_lecturer_answers_after_the_training__Y10(ledger: SimpleNamespace):
    engagement = with_expert(asked(ledger.yonsuite, "training", ledger.ys), ledger.technical)
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    at = beijing("2026-03-21 09:00")
    engagement = deliver(engagement=engagement, actor=ledger.technical, at=at)
    assert engagement.item.stages[engagement.stage] == "课后互动"
    post(engagement=engagement, body="  凭证模板在哪里下载？", actor=customer(ledger.ys), at=at)
    post(engagement=engagement, body="在帮助中心，链接如下。", actor=ledger.technical, at=at)
    to_us, to_them = AccountNotice.objects.filter(kind="engagement_posted").order_by("pk")
    assert f"user:{ledger.technical.pk}" in to_us.to
    assert to_them.to == [f"contact:{ledger.ys.pk}"]
    question = engagement.posts.all()[0]
    assert (question.is_theirs, question.body) == (True, "凭证模板在哪里下载？")


def test_a_series_goes_from_its_plans_to_topic_sessions__Y12(ledger: SimpleNamespace):
    plan = agreed(
        asked(ledger.yonsuite, "guidance", ledger.ys, topic="全面预算"), ledger.success, customer(ledger.ys),
        slot("2026-03-20 09:00"),
    )  # fmt: skip
    at = beijing("2026-03-20 12:00")
    assert plan.stage == 0
    advance(engagement=plan, stage=1, actor=ledger.success, at=at)
    plan = advance(engagement=plan, stage=2, actor=ledger.success, at=at)
    session = asked(ledger.yonsuite, "guidance", ledger.ys, topic="预算编制", part_of=plan, at="2026-03-20 13:00")
    agreed(session, ledger.success, customer(ledger.ys), slot("2026-04-01 09:00"), at="2026-03-20 14:00")
    deliver(engagement=plan, actor=ledger.success, at=at)
    record(engagement=plan, report=Report("两份计划已确认。"), actor=ledger.success, at=at)
    with pytest.raises(RefusedError, match="没结束的主题培训"):
        close(engagement=plan, actor=ledger.success, at=at)
    cancel(engagement=session, reason="合并", actor=ledger.success, at=at)
    assert close(engagement=plan, actor=ledger.success, at=at).state == State.CLOSED
    with pytest.raises(RefusedError):
        advance(engagement=plan, stage=0, actor=ledger.success, at=at)


def test_a_session_belongs_to_a_series_of_the_same_contract__Y12(ledger: SimpleNamespace):
    series = asked(ledger.yonsuite, "guidance", ledger.ys)
    with pytest.raises(RefusedError, match="另一份合同"):
        asked(ledger.kingdee, "critical_moment", ledger.kd, part_of=series)


@pytest.mark.parametrize(("name", "email", "said"), [
    ("外部顾问", "not an address", "邮箱"), ("外部顾问", "", "邮箱"), ("  ", "a@b.example", "姓名"),
])  # fmt: skip
def test_a_guest_needs_a_name_and_an_address(ledger: SimpleNamespace, name, email, said):
    engagement = asked(ledger.yonsuite, "workshop", ledger.ys)
    with pytest.raises(RefusedError, match=said):
        add_attendee(
            engagement=engagement, who=Guest(name, email), actor=ledger.success, at=beijing("2026-03-02 11:00")
        )


def test_nobody_of_another_customer_takes_part(ledger: SimpleNamespace):
    engagement = asked(ledger.yonsuite, "workshop", ledger.ys)
    with pytest.raises(RefusedError, match="不属于"):
        add_attendee(engagement=engagement, who=ledger.kd, actor=ledger.success, at=beijing("2026-03-02 11:00"))


def test_who_does_not_come_gets_the_invitation_cancelled(ledger: SimpleNamespace):
    engagement = agreed(
        asked(ledger.yonsuite, "workshop", ledger.ys), ledger.success, customer(ledger.ys), slot("2026-03-20 09:00")
    )
    row = engagement.attendees.get()
    remove_attendee(attendee=row, actor=ledger.success, at=beijing("2026-03-05 09:00"))
    assert AccountNotice.objects.get(kind="engagement_excused").to == [f"contact:{ledger.ys.pk}"]
    again = add_attendee(engagement=engagement, who=ledger.ys, actor=ledger.success, at=beijing("2026-03-05 10:00"))
    assert (again.pk, again.state) == (row.pk, Attendee.State.ENROLLED)


@pytest.mark.parametrize(("now", "is_told"), [
    ("2026-03-19 08:59", False), ("2026-03-19 09:00", True), ("2026-03-20 08:59", True), ("2026-03-20 09:00", False),
])  # fmt: skip
def test_everybody_is_reminded_once_the_day_before(ledger: SimpleNamespace, now, is_told):
    engagement = with_expert(asked(ledger.yonsuite, "training", ledger.ys), ledger.technical)
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    assert remind_next_day(at=beijing(now)) == int(is_told)
    assert remind_next_day(at=beijing(now)) == 0
    told = AccountNotice.objects.filter(kind="engagement_tomorrow")
    assert [set(one.to) for one in told] == (
        [{f"contact:{ledger.ys.pk}", f"user:{ledger.technical.pk}", "success_manager", "technical_manager"}]
        if is_told
        else []
    )


def test_a_moved_time_is_reminded_of_anew(ledger: SimpleNamespace):
    engagement = asked(ledger.yonsuite, "training", ledger.ys)
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    remind_next_day(at=beijing("2026-03-19 10:00"))
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-25 09:00"), at="2026-03-19 11:00")
    assert remind_next_day(at=beijing("2026-03-20 10:00")) == 0
    assert remind_next_day(at=beijing("2026-03-24 10:00")) == 1


def test_feedback_is_from_one_to_five_and_after_it_took_place__K17(ledger: SimpleNamespace):
    engagement = asked(ledger.yonsuite, "workshop", ledger.ys)
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    row, at = engagement.attendees.get(), beijing("2026-03-20 12:00")
    said = {"attendee": row, "comment": "很好", "actor": customer(ledger.ys), "at": at}
    with pytest.raises(RefusedError, match="时间已定"):
        give_feedback(rating=5, **said)
    deliver(engagement=engagement, actor=ledger.success, at=at)
    with pytest.raises(RefusedError, match="1 到 5"):
        give_feedback(rating=6, **said)
    assert give_feedback(rating=4, **said).rating == 4


def test_a_delivered_time_is_proposed_no_more(ledger: SimpleNamespace):
    engagement = asked(ledger.yonsuite, "workshop", ledger.ys)
    agreed(engagement, ledger.success, customer(ledger.ys), slot("2026-03-20 09:00"))
    deliver(engagement=engagement, actor=ledger.success, at=beijing("2026-03-20 12:00"))
    with pytest.raises(RefusedError, match="已交付"):
        timing.propose(
            engagement=engagement, slot=slot("2026-04-20 09:00"), actor=ledger.success, at=beijing("2026-03-21 09:00")
        )
