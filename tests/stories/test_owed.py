"""What a contract owes by a date, from signing to the letters of the people who have to deliver it, by real mail."""

import re
from datetime import date
from email.message import EmailMessage

import pytest

from plans.actions.obligations import agree_frequency, meet
from plans.models import Contract, Obligation, User
from plans.obligations.schedule import Frequency, Period
from tests.hours import beijing
from tests.owing import entitled, owed, signed
from tests.stories.conftest import Walk

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
