"""Asking for a service and agreeing on its time: what is refused, by which clause, and what is kept."""

from datetime import date
from types import SimpleNamespace

import pytest

from plans.actions.engagements import timing
from plans.actions.engagements.delivering import cancel
from plans.actions.engagements.requesting import Arrangement, arrange
from plans.engagements.notice import earliest_on
from plans.engagements.offered import bookable, is_bookable, is_gathered, left_out
from plans.models import AccountNotice, Engagement, EngagementStep, Item, TimeProposal
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.conftest import contract_of
from tests.plans.engagements.desk import agreed, asked, customer, slot, with_expert

State = Engagement.State


@pytest.mark.parametrize(
    ("asked_on", "earliest"),
    [
        (date(2026, 3, 2), date(2026, 3, 16)),  # the day of asking is not counted
        (date(2026, 2, 16), date(2026, 3, 2)),  # over the end of February
        (date(2028, 2, 16), date(2028, 3, 1)),  # and where it has 29 days
        (date(2026, 12, 20), date(2027, 1, 3)),  # over the end of the year
    ],
)
def test_two_weeks_are_fourteen_days_by_date__Y16(asked_on, earliest):
    assert earliest_on(Item(notice_days=14), asked_on) == earliest


def test_no_notice_is_needed_where_the_plan_asks_none():
    assert earliest_on(Item(notice_days=None), date(2026, 3, 2)) is None


@pytest.mark.parametrize(
    ("asked_at", "starts", "is_taken"),
    [
        ("2026-03-02 00:00", "2026-03-16 00:00", True),  # the first instant of the 14th day after
        ("2026-03-02 23:59", "2026-03-16 00:00", True),  # asked late on the day: it is the date that counts
        ("2026-03-03 00:00", "2026-03-16 23:00", False),  # a minute later it is another day
        ("2026-03-02 10:00", "2026-03-15 23:00", False),
    ],
)
def test_notice_goes_by_the_dates_of_the_contracts_zone__Y16(cast: SimpleNamespace, asked_at, starts, is_taken):
    engagement = asked(cast.yonsuite, "critical_moment", cast.ys, at=asked_at)
    when = slot(starts)
    if is_taken:
        timing.propose(engagement=engagement, slot=when, actor=customer(cast.ys), at=beijing(asked_at))
        assert Engagement.objects.get().state == State.PROPOSED
        return
    with pytest.raises(RefusedError) as refused:
        timing.propose(engagement=engagement, slot=when, actor=customer(cast.ys), at=beijing(asked_at))
    assert refused.value.code == "too_soon"


def test_a_refusal_names_the_clause_and_offers_the_earliest_date__Y16(cast: SimpleNamespace):
    engagement = asked(cast.yonsuite, "critical_moment", cast.ys)
    with pytest.raises(RefusedError) as refused:
        timing.propose(
            engagement=engagement,
            slot=slot("2026-03-10 09:00"),
            actor=customer(cast.ys),
            at=beijing("2026-03-02 10:00"),
        )
    assert refused.value.promise == "Y16"
    assert "§4.5.1.1" in refused.value.clause
    assert "需提前两周" in refused.value.clause
    assert "2026年3月16日" in refused.value.ways_on[0]
    assert not TimeProposal.objects.exists()


def test_one_of_us_may_take_less_notice_with_a_reason_that_is_kept__Y16(cast: SimpleNamespace):
    engagement = asked(cast.yonsuite, "critical_moment", cast.ys)
    soon, at = slot("2026-03-10 09:00"), beijing("2026-03-02 10:00")
    with pytest.raises(RefusedError):
        timing.propose(engagement=engagement, slot=soon, actor=cast.success, at=at)
    insisting = timing.Insisting(short_notice="客户月底切换上线")
    timing.propose(engagement=engagement, slot=soon, actor=cast.success, at=at, insisting=insisting)
    engagement = timing.accept(engagement=engagement, actor=customer(cast.ys), at=at)
    assert (engagement.short_notice_reason, engagement.short_notice_by) == ("客户月底切换上线", cast.success)
    line = engagement.steps.get(kind=EngagementStep.Kind.SHORT_NOTICE)
    assert (line.actor, line.fields["reason"]) == (cast.success, "客户月底切换上线")


def test_a_customer_cannot_take_less_notice_by_giving_a_reason__Y16(cast: SimpleNamespace):
    engagement, at = asked(cast.yonsuite, "critical_moment", cast.ys), beijing("2026-03-02 10:00")
    with pytest.raises(RefusedError) as refused:
        timing.propose(
            engagement=engagement, slot=slot("2026-03-10 09:00"), actor=customer(cast.ys), at=at,
            insisting=timing.Insisting(short_notice="很急"),
        )  # fmt: skip
    assert refused.value.code == "too_soon"


def test_a_time_moved_later_counts_its_notice_from_that_day__Y16(cast: SimpleNamespace):
    engagement = asked(cast.yonsuite, "critical_moment", cast.ys)
    agreed(engagement, cast.success, customer(cast.ys), slot("2026-03-20 09:00"))
    with pytest.raises(RefusedError):
        timing.propose(
            engagement=engagement,
            slot=slot("2026-03-25 09:00"),
            actor=customer(cast.ys),
            at=beijing("2026-03-12 09:00"),
        )
    timing.propose(
        engagement=engagement, slot=slot("2026-03-26 09:00"), actor=customer(cast.ys), at=beijing("2026-03-12 09:00")
    )


@pytest.mark.parametrize(("when", "refused_as"), [
    (("2026-12-31 22:00", "2026-12-31 23:00"), None),  # the last day belongs to the term
    (("2026-12-31 22:00", "2027-01-01 00:00"), None),  # and so does its end
    (("2026-12-31 22:00", "2027-01-01 00:01"), "outside_term"),
    (("2027-01-04 09:00", "2027-01-04 10:00"), "outside_term"),
])  # fmt: skip
def test_nothing_is_booked_after_the_term(cast: SimpleNamespace, when, refused_as):
    engagement = asked(cast.yonsuite, "training", cast.ys)
    propose = {"engagement": engagement, "slot": slot(*when), "actor": cast.success, "at": beijing("2026-03-02 11:00")}
    if refused_as is None:
        timing.propose(**propose)
        return
    with pytest.raises(RefusedError) as refused:
        timing.propose(**propose)
    assert refused.value.code == refused_as
    assert "2026-12-31" in refused.value.message
    assert refused.value.promise == "Y10"
    assert len(refused.value.ways_on) == 2


def test_nothing_is_asked_for_once_the_term_is_over(cast: SimpleNamespace):
    with pytest.raises(RefusedError) as refused:
        asked(cast.yonsuite, "training", cast.ys, at="2027-01-01 00:00")
    assert refused.value.code == "outside_term"


@pytest.mark.parametrize("when", [("2026-03-20 09:00", "2026-03-20 09:00"), ("2026-03-20 10:00", "2026-03-20 09:00"),
                                  ("2026-03-20 09:00", "2026-05-20 09:00")])  # fmt: skip
def test_a_time_must_run_on_and_end(cast: SimpleNamespace, when):
    engagement = asked(cast.yonsuite, "training", cast.ys)
    with pytest.raises(RefusedError, match="结束须晚于开始"):
        timing.propose(engagement=engagement, slot=slot(*when), actor=cast.success, at=beijing("2026-03-02 11:00"))


def test_each_side_answers_the_others_time_and_never_its_own(cast: SimpleNamespace):
    engagement, theirs = asked(cast.yonsuite, "training", cast.ys), customer(cast.ys)
    at = beijing("2026-03-02 11:00")
    timing.propose(engagement=engagement, slot=slot("2026-03-20 09:00"), actor=cast.success, at=at)
    with pytest.raises(RefusedError, match="要由对方接受"):
        timing.accept(engagement=engagement, actor=cast.success, at=at)
    timing.propose(engagement=engagement, slot=slot("2026-03-21 09:00"), actor=theirs, at=at, remark="20 日要结账")
    with pytest.raises(RefusedError, match="要由对方接受"):
        timing.accept(engagement=engagement, actor=theirs, at=at)
    engagement = timing.accept(engagement=engagement, actor=cast.success, at=at)
    assert engagement.state == State.AGREED
    assert engagement.starts_at == beijing("2026-03-21 09:00")
    answers = engagement.proposals.values_list("side", "answer")
    assert list(answers) == [("ours", "countered"), ("theirs", "accepted")]


def test_what_a_customer_agreed_to_on_the_phone_is_written_down(cast: SimpleNamespace):
    engagement, at = asked(cast.yonsuite, "training", cast.ys), beijing("2026-03-02 11:00")
    timing.propose(engagement=engagement, slot=slot("2026-03-20 09:00"), actor=cast.success, at=at)
    timing.accept(engagement=engagement, actor=cast.success, at=at, heard="王会计电话确认")
    assert engagement.steps.get(kind="agreed").fields["heard"] == "王会计电话确认"


def test_an_agreed_time_stands_until_another_is_accepted(cast: SimpleNamespace):
    engagement, theirs = asked(cast.yonsuite, "training", cast.ys), customer(cast.ys)
    agreed(engagement, cast.success, theirs, slot("2026-03-20 09:00"))
    at = beijing("2026-03-05 09:00")
    timing.propose(engagement=engagement, slot=slot("2026-03-25 09:00"), actor=theirs, at=at)
    engagement.refresh_from_db()
    assert (engagement.state, engagement.starts_at) == (State.AGREED, beijing("2026-03-20 09:00"))
    engagement = timing.accept(engagement=engagement, actor=cast.success, at=at)
    assert (engagement.starts_at, engagement.sequence) == (beijing("2026-03-25 09:00"), 1)


def test_a_time_that_is_taken_back_leaves_the_request_open(cast: SimpleNamespace):
    engagement = asked(cast.yonsuite, "training", cast.ys)
    at = beijing("2026-03-02 11:00")
    timing.propose(engagement=engagement, slot=slot("2026-03-20 09:00"), actor=cast.success, at=at)
    engagement = timing.withdraw(engagement=engagement, actor=cast.success, at=at)
    assert (engagement.state, engagement.starts_at) == (State.REQUESTED, None)
    with pytest.raises(RefusedError, match="没有待答复的时间"):
        timing.accept(engagement=engagement, actor=customer(cast.ys), at=at)


def test_an_experts_other_engagement_is_shown_before_a_time_is_proposed(cast: SimpleNamespace):
    first = with_expert(asked(cast.yonsuite, "training", cast.ys), cast.technical)
    agreed(first, cast.success, customer(cast.ys), slot("2026-03-20 09:00"))
    second = with_expert(asked(cast.kingdee, "critical_moment", cast.kd), cast.technical)
    at = beijing("2026-03-03 09:00")
    with pytest.raises(RefusedError) as refused:
        timing.propose(engagement=second, slot=slot("2026-03-20 10:59"), actor=cast.success, at=at)
    assert refused.value.code == "expert_busy"
    assert first.number in refused.value.message
    timing.propose(engagement=second, slot=slot("2026-03-20 11:00"), actor=cast.success, at=at)


def test_a_customer_is_not_told_with_whom_an_expert_is_busy(cast: SimpleNamespace):
    first = with_expert(asked(cast.yonsuite, "training", cast.ys), cast.technical)
    agreed(first, cast.success, customer(cast.ys), slot("2026-03-20 09:00"))
    second = with_expert(asked(cast.kingdee, "critical_moment", cast.kd), cast.technical)
    with pytest.raises(RefusedError) as refused:
        timing.propose(
            engagement=second, slot=slot("2026-03-20 10:00"), actor=customer(cast.kd), at=beijing("2026-03-03 09:00")
        )
    assert first.number not in refused.value.message


def test_one_of_us_may_book_a_busy_expert_and_the_journal_says_so(cast: SimpleNamespace):
    first = with_expert(asked(cast.yonsuite, "training", cast.ys), cast.technical)
    agreed(first, cast.success, customer(cast.ys), slot("2026-03-20 09:00"))
    second = with_expert(asked(cast.kingdee, "critical_moment", cast.kd), cast.technical)
    at = beijing("2026-03-03 09:00")
    timing.propose(
        engagement=second, slot=slot("2026-03-20 10:00"), actor=cast.success, at=at,
        insisting=timing.Insisting(despite_conflict=True),
    )  # fmt: skip
    second = timing.accept(engagement=second, actor=customer(cast.kd), at=at)
    assert second.state == State.AGREED
    assert first.number in second.steps.get(kind="despite_conflict").fields["busy"]


def test_whoever_accepts_second_finds_the_expert_taken(cast: SimpleNamespace):
    at, when = beijing("2026-03-03 09:00"), slot("2026-03-20 09:00")
    first = with_expert(asked(cast.yonsuite, "training", cast.ys), cast.technical)
    second = asked(cast.kingdee, "critical_moment", cast.kd)
    timing.propose(engagement=second, slot=when, actor=cast.success, at=at)
    with_expert(second, cast.technical)
    with pytest.raises(RefusedError, match="已有安排"):
        timing.propose(engagement=first, slot=when, actor=cast.success, at=at)
    timing.propose(engagement=first, slot=when, actor=customer(cast.ys), at=at)
    timing.accept(engagement=first, actor=cast.success, at=at)
    with pytest.raises(RefusedError) as refused:
        timing.accept(engagement=second, actor=customer(cast.kd), at=at)
    assert refused.value.code == "expert_busy"
    second.refresh_from_db()
    assert second.state == State.PROPOSED


def test_a_change_of_experts_at_an_agreed_time_wants_them_free(cast: SimpleNamespace):
    first = with_expert(asked(cast.yonsuite, "training", cast.ys), cast.technical)
    agreed(first, cast.success, customer(cast.ys), slot("2026-03-20 09:00"))
    second = asked(cast.kingdee, "critical_moment", cast.kd)
    agreed(second, cast.success, customer(cast.kd), slot("2026-03-20 10:00"))
    with pytest.raises(RefusedError, match="已有安排"):
        with_expert(second, cast.technical)
    second = with_expert(second, cast.lead)
    assert second.sequence == 1


def test_high_availability_is_asked_about_and_refused__K05(cast: SimpleNamespace):
    item = cast.kingdee.entitlements.get(item__service="private_installation").item
    named = {one.what: one.code for one in left_out(item)}
    assert set(named) == {"高可用部署", "集群部署", "第三方产品安装部署"}
    for what, code in named.items():
        with pytest.raises(RefusedError) as refused:
            asked(cast.kingdee, "private_installation", cast.kd, ticked=[code])
        assert what in refused.value.message
        assert refused.value.clause.startswith("§3.2.2(4)")
        assert refused.value.ways_on == ["联系专属技术经理另行评估（§3.3.3）"]


def test_putting_a_solution_in_place_is_not_part_of_a_diagnosis__K12(cast: SimpleNamespace):
    item = cast.kingdee.entitlements.get(item__service="expert_consultation").item
    [place, _check] = left_out(item)
    with pytest.raises(RefusedError) as refused:
        asked(cast.kingdee, "expert_consultation", cast.kd, ticked=[place.code])
    assert "方案落地实施" in refused.value.message
    assert refused.value.promise == "K12"


def test_private_installation_is_for_private_deployments_only__K05(cast: SimpleNamespace):
    public = contract_of("pub", "kingdee-advanced", [("galaxy", "public_cloud")])
    offered = {one.item.service for one in bookable(public)}
    assert "private_installation" not in offered
    assert "expert_consultation" in offered
    with pytest.raises(RefusedError) as refused:
        asked(public, "private_installation")
    assert refused.value.code == "not_deployed"


def test_who_delivers_is_of_those_that_the_plan_names__Y09(cast: SimpleNamespace):
    engagement = asked(cast.yonsuite, "developer_support", cast.ys)
    assert engagement.provider == "partner"
    at = beijing("2026-03-02 11:00")
    arrange(engagement=engagement, arrangement=Arrangement(provider="branch"), actor=cast.success, at=at)
    with pytest.raises(RefusedError, match="伙伴、机构"):
        arrange(engagement=engagement, arrangement=Arrangement(provider="hq"), actor=cast.success, at=at)


def test_planning_of_a_branch_abroad_goes_to_the_local_expert__Y13(cast: SimpleNamespace):
    at_home = asked(cast.yonsuite, "planning", cast.ys)
    abroad = contract_of("my", "yonsuite-premier", [("yonsuite-finance", "public_cloud")], branch=cast.branch)
    planned = asked(abroad, "planning")
    assert at_home.provider == "hq"
    assert (planned.provider, planned.branch) == ("local_expert", cast.branch)
    with pytest.raises(RefusedError, match="属地专家"):
        arrange(
            engagement=planned, arrangement=Arrangement(provider="hq"), actor=cast.success,
            at=beijing("2026-03-02 11:00"),
        )  # fmt: skip


def test_what_was_never_agreed_is_cancelled_without_invitations(cast: SimpleNamespace):
    engagement = asked(cast.yonsuite, "training", cast.ys)
    cancel(engagement=engagement, reason="不需要了", actor=customer(cast.ys), at=beijing("2026-03-02 12:00"))
    told = AccountNotice.objects.get(kind="engagement_cancelled")
    assert told.to == ["success_manager", "technical_manager"]
    assert told.about["was_agreed"] is False
    with pytest.raises(RefusedError, match="已取消"):
        timing.propose(
            engagement=engagement, slot=slot("2026-03-20 09:00"), actor=cast.success, at=beijing("2026-03-03 09:00")
        )


def test_every_step_is_one_line_of_the_journal(cast: SimpleNamespace):
    engagement = with_expert(asked(cast.yonsuite, "training", cast.ys), cast.technical)
    agreed(engagement, cast.success, customer(cast.ys), slot("2026-03-20 09:00"))
    cancel(engagement=engagement, reason="改到下季度", actor=cast.success, at=beijing("2026-03-04 09:00"))
    kinds = engagement.steps.values_list("kind", flat=True)
    assert list(kinds) == ["requested", "experts", "proposed", "agreed", "cancelled"]
    assert engagement.steps.get(kind="cancelled").fields == {"reason": "改到下季度"}


@pytest.mark.parametrize(
    ("item", "is_booked", "is_held_for_many"),
    [
        (Item(service="training"), True, False),
        (Item(service="ticket", providers=["hq"]), False, False),
        (Item(service="site_visit"), False, False),
        (Item(service="site_visit", providers=["partner"]), True, False),
        (Item(service="summit", providers=["hq"], stage_codes=["publish", "enrol"]), False, True),
        (Item(service="executive_events"), False, True),
    ],
)
def test_a_vendors_own_service_is_booked_once_it_names_who_delivers_it(item, is_booked, is_held_for_many):
    assert (is_bookable(item), is_gathered(item)) == (is_booked, is_held_for_many)
