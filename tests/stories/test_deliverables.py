"""A report from handing over to the signature, or to silence, by real mail. Source: K06, K12"""

import re
from dataclasses import replace
from decimal import Decimal
from email.message import EmailMessage

import pytest

from plans.actions.deliverables import Papers, hand_over_again, object_to
from plans.actions.switches import set_switch
from plans.models import Contact, Role, Switch, User
from sla.actions import hours_of, put_calendars
from sla.models import CalendarVersion
from tests.clocks import calendar_row, clock_at
from tests.hours import beijing, published
from tests.plans.deliverables.papers import CLOSE, granted, handed, last, left, paper, signed
from tests.stories.conftest import Walk
from tests.tickets.portal.conftest import signed_in
from tickets.rounds import dispatch

CHINESE = re.compile("[\u4e00-\u9fff]")
REPORTS = pytest.mark.parametrize(
    ("service", "clause"), [("critical_moment", "K06 §3.2.3(6)"), ("expert_consultation", "K12 §3.4.2(5)")]
)


def body_of(letter: EmailMessage) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


def sweep(walk: Walk, at: str) -> None:
    """Let the workers look once at a wall time and send what is then queued, however busy the machine is."""
    with clock_at(at):
        while not (dispatch.sweep() and dispatch.send_mail()):
            pass


def shut_on(day: str, at: str) -> None:
    """Have the plan's calendar be shut on a date, as a notice does."""
    hours = hours_of(CalendarVersion.objects.current().get(code="kingdee-5x8"))
    row = {"date": day, "hours": [], "name": "停电", "name_en": "Power cut", "source": "停电通知"}
    with clock_at(at) as now:
        put_calendars(calendars=[replace(hours, rules={**hours.rules, "special": [row]})], cause="停电通知", at=now)


@REPORTS
def test_silence_to_the_close_of_the_fifth_working_day_confirms_and_deducts_once__K06_K12(walk: Walk, service, clause):
    world, side = walk.world, walk.world.kingdee
    User.objects.filter(pk=world.technical_manager.pk).update(language="en")
    granted(side.contract, 8, service=service)
    with clock_at("2026-09-30 10:00"):
        deliverable = handed(side, world.technical_manager, service=service, remark="附录是日志。")
    sweep(walk, "2026-09-30 10:01")
    [asked] = walk.letters_to(side.contact.email)
    assert "请签字确认" in str(asked["Subject"])
    text = body_of(asked)
    for said in (
        "10月14日",
        "17:30",
        "1）10-08",
        "5）10-14",
        "扣减 2 人天，现有 8 人天",
        "附录是日志。",
        paper().sha256,
        clause,
    ):
        assert said in text, said

    sweep(walk, "2026-10-13 08:29")
    assert len(walk.letters_to(side.contact.email)) == 1
    for number, day in enumerate(("2026-10-13 08:31", "2026-10-14 08:31"), start=1):
        sweep(walk, day)
        for address in (side.contact.email, world.success_manager.email):
            assert len(walk.letters_to(address, "签字期限将至")) == number, "two working days and one ahead"
    sweep(walk, "2026-10-14 17:20")
    assert left(side.contract, service) == (8, 0)
    assert last(deliverable).is_open

    for _twice in range(2):
        sweep(walk, "2026-10-14 17:31")
    assert left(side.contract, service) == (6, 2)
    [deemed] = walk.letters_to(side.contact.email, "视同确认")
    assert "已扣减 2 人天" in body_of(deemed)
    assert "5）10-14" in body_of(deemed)
    [english] = [one for one in walk.letters_to(world.technical_manager.email) if "confirmed" in str(one["Subject"])]
    assert not CHINESE.search(
        body_of(english).replace("印", "").replace("九月结账关键时刻支持报告", "").replace("关键时刻支持报告.pdf", "")
    )
    assert len(walk.letters_to(world.success_manager.email, "视同确认")) == 1
    assert last(deliverable).decided_at == beijing(CLOSE)


@REPORTS
def test_an_objection_stops_the_clock_and_the_next_round_is_signed__K06_K12(walk: Walk, service, clause):
    world, side = walk.world, walk.world.kingdee
    granted(side.contract, 1, service=service)
    deliverable = handed(side, world.technical_manager, service=service)
    object_to(
        deliverable=deliverable, words="第 2 节的时间不对。", actor=side.contact.user, at=beijing("2026-10-12 09:00")
    )
    sweep(walk, "2026-10-12 09:01")
    [told] = walk.letters_to(world.technical_manager.email, "书面修改意见")
    assert "第 2 节的时间不对。" in body_of(told)
    sweep(walk, "2026-10-15 09:00")
    assert left(side.contract, service) == (1, 0)
    papers = Papers([paper("第二稿.pdf")], person_days=Decimal("1.5"))
    hand_over_again(
        deliverable=deliverable, papers=papers, actor=world.technical_manager, at=beijing("2026-10-15 10:00")
    )
    signed(deliverable, side.contact.user, "2026-10-16 11:00")
    sweep(walk, "2026-10-16 11:01")
    [receipt] = walk.letters_to(side.contact.email, "已签字确认")
    assert "另有 0.5 人天 超出" in body_of(receipt)
    assert clause in body_of(receipt)
    sweep(walk, "2026-10-23 09:00")
    assert not walk.letters_to(side.contact.email, "视同确认")
    assert left(side.contract, service) == (0, 1)


def test_the_customers_own_working_days_count_where_the_contract_says_so__K06_C39(walk: Walk):
    world, side = walk.world, walk.world.kingdee
    row = calendar_row("customer-make-up")
    CalendarVersion.objects.filter(pk=row.pk).update(spec=published("kingdee-5x8-makeup"))
    set_switch(
        contract=side.contract, name=Switch.Name.SIGN_OFF_CALENDAR, value="customer-make-up", reason="客户调休上班",
        actor=world.manager, at=beijing("2026-09-01 09:00"),
    )  # fmt: skip
    deliverable = handed(side, world.technical_manager)
    assert last(deliverable).due_at == beijing("2026-10-13 17:30"), "Saturday 10 October is worked"


def test_a_holiday_notice_moves_the_end_and_both_sides_hear_of_it__K06_Y17(walk: Walk):
    world, side = walk.world, walk.world.kingdee
    deliverable = handed(side, world.technical_manager, "2026-06-01 10:00")
    assert last(deliverable).due_at == beijing("2026-06-08 17:30")
    shut_on("2026-06-04", "2026-06-02 09:00")
    sweep(walk, "2026-06-02 09:10")
    assert last(deliverable).due_at == beijing("2026-06-09 17:30")
    [told] = walk.letters_to(side.contact.email, "签字期限有变")
    assert "6月9日" in body_of(told)
    sweep(walk, "2026-06-08 17:31")
    assert last(deliverable).is_open
    sweep(walk, "2026-06-09 17:31")
    assert last(deliverable).outcome == "deemed"


def test_an_end_in_a_year_without_a_notice_is_said_to_be_assumed__K06_Y17(walk: Walk):
    world, side = walk.world, walk.world.kingdee
    with clock_at("2026-12-29 10:00"):
        deliverable = handed(side, world.technical_manager, "2026-12-29 10:00")
        page = signed_in(side.contact).get(f"/portal/service/C-K-1/deliverables/{deliverable.number}/")
    assert "放假通知尚未公布，时限可能变动" in page.content.decode()
    sweep(walk, "2026-12-29 10:01")
    [told] = walk.letters_to(side.contact.email)
    assert "这个时间是推定的，可能变动" in body_of(told)


def test_administrators_hear_and_colleagues_do_not__K06(walk: Walk):
    world, side = walk.world, walk.world.kingdee
    admin = Contact.objects.get(pk=world.uncertified.pk)
    User.objects.filter(pk=admin.user_id).update(role=Role.CUSTOMER_ADMIN)
    handed(side, world.technical_manager)
    sweep(walk, "2026-09-30 10:01")
    assert len(walk.letters_to(admin.email)) == 1
    assert not walk.letters_to(world.stranger.email)
