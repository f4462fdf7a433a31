"""What a contract owes by a date, from signing to the letters of the people who have to deliver it, by real mail."""

import re
from datetime import date
from email.message import EmailMessage

import pytest
from django.utils import translation

from plans.actions.obligations import agree_frequency, meet
from plans.models import Contract, Obligation, User
from plans.obligations.schedule import Frequency, Period
from sla.changing.notices import apply, post
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import entitled, owed, signed
from tests.stories.conftest import Walk
from tests.stories.test_holiday_notice import NOTICE
from tickets.ledger import actor_of
from tickets.models import Delivery
from tickets.telling.account_letters import write
from tickets.telling.occasions import Occasion

CHINESE = re.compile("[\u4e00-\u9fff]")
State = Obligation.State


def body_of(letter: EmailMessage) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


@pytest.fixture
def people(walk: Walk) -> Walk:
    """Return a walk on which the success manager reads Chinese and the technical manager English."""
    User.objects.filter(pk=walk.world.technical_manager.pk).update(language="en")
    return walk


def premier(walk: Walk) -> Contract:
    """Return a premier contract over 2026 of which the clocks of the first windows run."""
    contract = signed(walk.world, "yonsuite-premier", "C-Y-2026")
    walk.sweep("2026-01-01 00:01")
    return contract


def test_a_health_check_is_warned_of_escalated_and_delivered_late__Y14(people: Walk):
    walk, world = people, people.world
    contract = premier(walk)
    for row in owed(contract, "Y15")[:1]:
        meet(obligation=row, ref="R-2026-000001", at=beijing("2026-03-01 10:00"), actor=world.success_manager)

    walk.sweep("2026-03-11 08:29")
    assert not walk.letters_to(world.success_manager.email)
    walk.sweep("2026-03-11 08:31")
    [warning] = walk.letters_to(world.success_manager.email, "交付预警")
    assert "应用健康度评估 1/4" in str(warning["Subject"])
    assert "2026-03-31" in body_of(warning)
    assert "4次/年" in body_of(warning)
    [english] = walk.letters_to(world.technical_manager.email)
    assert english["Content-Language"] == "en"
    assert "Health check 1/4" in str(english["Subject"])
    assert not CHINESE.search(body_of(english).replace("印", "")), body_of(english)
    assert not walk.letters_to(world.lead.email), "the team's lead hears of what was missed, not of what is to come"

    walk.sweep("2026-03-25 08:31")
    walk.sweep("2026-03-31 20:29")
    assert not walk.letters_to(world.lead.email)
    walk.sweep("2026-03-31 20:31")
    walk.sweep("2026-03-31 20:32")
    for person in (world.success_manager, world.lead):
        [late] = walk.letters_to(person.email, "交付逾期")
        assert "/console/accounts/C-Y-2026/owed/" in body_of(late)
    walk.sweep("2026-04-07 20:31")
    assert len(walk.letters_to(world.lead.email, "交付逾期")) == 2, "and again a week later"

    row = owed(contract, "Y14")[0]
    row = meet(obligation=row, ref="E-2026-000001", at=beijing("2026-04-08 10:00"), actor=world.success_manager)
    assert row.state == State.LATE
    walk.sweep("2026-04-14 20:31")
    assert len(walk.letters_to(world.lead.email, "交付逾期")) == 2, "nobody is reminded of what was delivered"


def test_two_innovation_plans_a_year_are_followed_to_each_half_year__Y13(people: Walk):
    walk, world = people, people.world
    contract = premier(walk)
    for promise in ("Y14", "Y15"):
        for row in owed(contract, promise):
            meet(obligation=row, ref=f"E-{row.pk}", at=beijing("2026-01-05 10:00"), actor=world.success_manager)
    walk.sweep("2026-06-30 20:31")
    [late] = walk.letters_to(world.success_manager.email, "交付逾期")
    assert "业务创新规划蓝图 1/2" in str(late["Subject"])
    assert not walk.letters_to(world.success_manager.email, "健康度"), "what was delivered is never warned of"


def test_reports_of_half_year_and_year_keep_the_working_days_of_the_plan__K13(people: Walk):
    walk, world = people, people.world
    contract = signed(world, "kingdee-advanced", "C-K-2026", date(2026, 4, 4), date(2027, 4, 3))
    walk.sweep("2026-04-04 00:01")
    half = owed(contract, "K13")[0]
    assert half.due_on == date(2026, 10, 3)
    half.refresh_from_db()
    assert half.due_at == beijing("2026-09-30 17:30"), "3 October lies in the National Day break"
    walk.sweep("2026-09-30 17:31")
    [late] = walk.letters_to(world.lead.email, "交付逾期")
    assert "最后一个工作日" in body_of(late)
    assert "专属服务报告 1/2" in str(late["Subject"])


@pytest.mark.parametrize(("plan", "promise", "line", "what"), [
    ("yonsuite-premier", "Y22", "strategy", "战略咨询"),
    ("kingdee-advanced", "K10", "", "工单问题总结分析与汇报"),
])  # fmt: skip
def test_a_frequency_agreed_in_the_contract_is_followed_like_the_plans_own__Y22_K10(
    people: Walk, plan, promise, line, what
):
    walk, world = people, people.world
    contract = signed(world, plan, "C-A-2026")
    agree_frequency(
        entitlement=entitled(contract, promise), line=line, frequency=Frequency(1, Period.QUARTER),
        reason="合同附件二约定每季度一次", actor=world.manager, at=beijing("2026-01-05 10:00"),
    )  # fmt: skip
    walk.sweep("2026-01-05 10:01")
    first = owed(contract, promise)[0]
    assert first.clock is not None
    walk.sweep("2026-03-31 20:31")
    found = [one for one in walk.letters_to(world.success_manager.email) if what in str(one["Subject"]) + body_of(one)]
    assert found


def test_a_notice_that_moves_what_is_owed_is_told_to_the_success_manager_once__Y17_K13(people: Walk):
    walk, world = people, people.world
    contract = signed(world, "kingdee-advanced", "C-K-2027", date(2026, 7, 5), date(2027, 7, 4))
    signed(world, "kingdee-advanced", "C-K-2028", date(2026, 7, 5), date(2027, 7, 4))
    walk.sweep("2026-07-05 00:01")
    half = owed(contract, "K13")[0]
    assert (half.due_on, half.due_at) == (date(2027, 1, 4), beijing("2027-01-04 17:30"))
    with clock_at("2026-11-24 10:00") as at:
        notice = post(posting=NOTICE, actor=actor_of(world.manager), at=at)
        apply(notice=notice, actor=actor_of(world.manager), at=at)
    for minute in range(3):
        walk.sweep(f"2026-11-24 10:0{minute + 1}")
    [half] = [row for row in owed(contract, "K13") if row.due_on == date(2027, 1, 4)]
    assert half.due_at == beijing("2026-12-31 17:30"), "the last working day on or before the date is another"
    [letter] = walk.letters_to(world.success_manager.email, "时限变更")
    body = body_of(letter)
    assert "2 项应交服务" in str(letter["Subject"])
    assert body.count("专属服务报告 1/2") == 2
    assert "国办发明电〔2026〕9号" in body
    assert "2027年1月4日" in body
    assert "12月31日" in body
    assert "/console/accounts/C-K-2027/owed/" in body
    assert not walk.letters_to(world.lead.email), "it was promised to nobody else"
    with translation.override("en"):
        said = write(Occasion(Delivery.objects.get(account_notice__kind="owed_moved"), beijing("2026-11-24 10:05")))
    [first, _second] = said.sections[0].rows
    words = [said.subject, said.lines[1], said.asked, said.link_words, first.title, first.due, first.state]
    assert not CHINESE.search(" ".join(words)), words
