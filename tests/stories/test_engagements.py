"""Engagements from the request to the mail, as SMTP got it. Source: Y09–Y13, Y16, K16, K17"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage

import pytest
from icalendar import Calendar, Event

from plans.actions import quotas
from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.engagements import gathering as events
from plans.actions.engagements import timing
from plans.actions.engagements.delivering import Report, cancel, close, deliver, record
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.people import Guest, add_attendee, give_feedback, post, remove_attendee
from plans.actions.engagements.requesting import Arrangement, Wanted, arrange, request
from plans.models import AccountNotice, Branch, Customer, Engagement, Gathering, Product, Role
from plans.quotas.balances import balance_of
from plans.refusals import RefusedError
from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.hours import beijing, local
from tests.owing import signed
from tests.plans.engagements.desk import slot
from tests.world import Side, World
from tickets.rounds import dispatch

ASKED = "2026-03-02 10:00"


def ask(world: World, side: Side, service: str, **wanted) -> Engagement:
    right = side.contract.entitlements.select_related("item", "contract__branch").get(item__service=service)
    said = Wanted(**{"topic": "月结加速"} | wanted)
    return request(entitlement=right, wanted=said, contact=side.contact, actor=side.contact.user, at=beijing(ASKED))


def agree(world: World, side: Side, engagement: Engagement, when: Slot, at: str = "2026-03-02 11:00") -> Engagement:
    timing.propose(engagement=engagement, slot=when, actor=world.success_manager, at=beijing(at))
    return timing.accept(engagement=engagement, actor=side.contact.user, at=beijing(at))


def mailed(mailbox: Mailbox, at: str = "2026-03-02 12:00") -> dict[str, list[EmailMessage]]:
    """Let what is due be told and sent; return what came since the last time, by address."""
    before = len(mailbox.messages)
    with clock_at(at):
        # A tick ends when its seconds are up, which a busy machine feels.
        while not (dispatch.sweep() and dispatch.send_mail()):
            pass
    came: dict[str, list[EmailMessage]] = {}
    for letter in mailbox.messages[before:]:
        came.setdefault(letter["To"].addresses[0].addr_spec, []).append(letter)
    return came


def invited_in(letter: EmailMessage) -> tuple[Calendar, Event]:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    found = Calendar.from_ical(part.get_content())
    assert part["Content-Type"].params["method"] == found["METHOD"]
    return found, next(iter(found.walk("VEVENT")))


def text_of(letter: EmailMessage) -> str:
    return letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize(("service", "name"), [
    ("developer_support", "开发者支持"), ("training", "专属定制培训"), ("workshop", "互动研讨会"),
])  # fmt: skip
def test_a_service_goes_from_request_to_close_by_mail__Y09_Y10_Y11(world: World, mailbox: Mailbox, service, name):
    side, ours = world.yonsuite, world.success_manager
    engagement = ask(world, side, service, wish="应付模块月结慢")
    came = mailed(mailbox)
    assert "应付模块月结慢" in text_of(came[ours.email][0])
    assert name in text_of(came[side.contact.email][0])
    arrange(
        engagement=engagement, arrangement=Arrangement(experts=[world.expert], place="https://meet.example/1"),
        actor=ours, at=beijing(ASKED),
    )  # fmt: skip
    agree(world, side, engagement, slot("2026-03-20 09:00", "2026-03-20 11:30"))
    came = mailed(mailbox, "2026-03-02 13:00")
    for address in (side.contact.email, world.expert.email):
        calendar, event = invited_in(came[address][-1])
        assert (calendar["METHOD"], event["SEQUENCE"]) == ("REQUEST", 0)
        assert event.decoded("DTSTART") == beijing("2026-03-20 09:00")
        assert event.decoded("DTEND") == beijing("2026-03-20 11:30")
        assert event["LOCATION"] == "https://meet.example/1"
    at = beijing("2026-03-20 12:00")
    deliver(engagement=engagement, actor=world.expert, at=at)
    record(engagement=engagement, report=Report("一起跑通了月结。"), actor=world.expert, at=at)
    close(engagement=engagement, actor=ours, at=at)
    assert "一起跑通了月结。" in text_of(mailed(mailbox, "2026-03-20 13:00")[side.contact.email][-1])


def test_a_moved_time_updates_the_invitation_and_a_cancelled_one_takes_it_away(world: World, mailbox: Mailbox):
    side = world.yonsuite
    engagement = agree(world, side, ask(world, side, "training"), slot("2026-03-20 09:00"))
    first = invited_in(mailed(mailbox)[side.contact.email][-1])[1]
    agree(world, side, engagement, slot("2026-03-25 14:00"), at="2026-03-04 09:00")
    moved = invited_in(mailed(mailbox, "2026-03-04 10:00")[side.contact.email][-1])[1]
    cancel(engagement=engagement, reason="改到下季度", actor=world.success_manager, at=beijing("2026-03-05 09:00"))
    letter = mailed(mailbox, "2026-03-05 10:00")[side.contact.email][-1]
    calendar, gone = invited_in(letter)
    assert first["UID"] == moved["UID"] == gone["UID"]
    assert [one["SEQUENCE"] for one in (first, moved, gone)] == [0, 1, 2]
    assert moved.decoded("DTSTART") == beijing("2026-03-25 14:00")
    assert (calendar["METHOD"], gone["STATUS"]) == ("CANCEL", "CANCELLED")
    assert "改到下季度" in text_of(letter)


@pytest.mark.parametrize(("day", "hours_off"), [("2026-10-24", 2), ("2026-10-25", 1), ("2026-10-26", 1)])
def test_a_time_abroad_keeps_its_wall_clock_over_the_change_of_clocks__Y19(
    world: World, mailbox: Mailbox, day, hours_off
):
    side = world.yonsuite
    engagement = ask(world, side, "workshop")
    arrange(
        engagement=engagement, arrangement=Arrangement(timezone="Europe/Berlin"), actor=world.success_manager,
        at=beijing(ASKED),
    )  # fmt: skip
    start = local(f"{day} 09:00", "Europe/Berlin")
    agree(world, side, engagement, Slot(start, start + timedelta(hours=2)))
    calendar, event = invited_in(mailed(mailbox)[side.contact.email][-1])
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    begins = event.decoded("DTSTART")
    assert (begins.hour, begins.utcoffset()) == (9, timedelta(hours=hours_off))
    assert begins == datetime.fromisoformat(f"{day}T09:00:00+00:00").astimezone(UTC) - timedelta(hours=hours_off)


def test_an_english_reader_reads_english_and_a_guest_gets_no_link(world: World, mailbox: Mailbox):
    side = world.yonsuite
    side.contact.language = "en"
    side.contact.save()
    engagement = ask(world, side, "training", topic="Closing faster")
    guest = Guest("Ann Lee", "ann@partner.example", "en")
    row = add_attendee(engagement=engagement, who=guest, actor=world.success_manager, at=beijing(ASKED))
    agree(world, side, engagement, slot("2026-03-20 09:00"))
    came = mailed(mailbox)
    for address in (side.contact.email, guest.email):
        letter = came[address][-1]
        assert letter["Content-Language"] == "en"
        said = f"{letter['Subject']} {text_of(letter)} {invited_in(letter)[1].to_ical().decode()}"
        chinese = [one for one in said if "\u4e00" <= one <= "\u9fff"]
        assert set(chinese) <= set(side.contact.name), said
    assert "/portal/" in text_of(came[side.contact.email][-1])
    assert "/portal/" not in text_of(came[guest.email][-1])
    assert "/console/" not in text_of(came[guest.email][-1])
    remove_attendee(attendee=row, actor=world.success_manager, at=beijing("2026-03-05 09:00"))
    assert invited_in(mailed(mailbox, "2026-03-05 10:00")[guest.email][-1])[0]["METHOD"] == "CANCEL"


def test_the_lecturer_is_asked_afterwards_and_answers__Y10(world: World, mailbox: Mailbox):
    side = world.yonsuite
    engagement = ask(world, side, "training")
    arrange(
        engagement=engagement, arrangement=Arrangement(experts=[world.expert]), actor=world.success_manager,
        at=beijing(ASKED),
    )  # fmt: skip
    agree(world, side, engagement, slot("2026-03-20 09:00"))
    deliver(engagement=engagement, actor=world.expert, at=beijing("2026-03-20 12:00"))
    mailed(mailbox, "2026-03-20 12:30")
    post(engagement=engagement, body="模板在哪？", actor=side.contact.user, at=beijing("2026-03-21 09:00"))
    assert "模板在哪？" in text_of(mailed(mailbox, "2026-03-21 09:01")[world.expert.email][-1])
    post(engagement=engagement, body="在帮助中心。", actor=world.expert, at=beijing("2026-03-21 10:00"))
    assert "在帮助中心。" in text_of(mailed(mailbox, "2026-03-21 10:01")[side.contact.email][-1])


def test_guidance_is_a_plan_and_then_topic_sessions__Y12(world: World, mailbox: Mailbox):
    side = world.yonsuite
    plan = agree(world, side, ask(world, side, "guidance", topic="全面预算"), slot("2026-03-10 09:00"))
    for topic, day in (("预算编制", "2026-03-20 09:00"), ("预算控制", "2026-03-27 09:00")):
        agree(world, side, ask(world, side, "guidance", topic=topic, part_of=plan), slot(day))
    assert [one.topic for one in plan.sessions.order_by("pk")] == ["预算编制", "预算控制"]
    subjects = [letter["Subject"] for letter in mailed(mailbox)[side.contact.email]]
    assert [subject for subject in subjects if "时间已定" in subject and "预算控制" in subject], subjects


def test_planning_abroad_goes_to_the_local_expert_in_local_time__Y13(world: World, mailbox: Mailbox):
    side = world.yonsuite
    side.contract.branch = Branch.objects.create(
        code="my", name="马来西亚分公司", name_en="Malaysia", vendor="yonsuite", kind="branch",
        timezone="Asia/Kuala_Lumpur",
    )  # fmt: skip
    side.contract.save()
    engagement = agree(world, side, ask(world, side, "planning"), slot("2026-03-20 09:00"))
    assert (engagement.provider, engagement.branch) == ("local_expert", side.contract.branch)
    assert "属地专家 · 马来西亚分公司" in text_of(mailed(mailbox)[side.contact.email][-1])


def test_two_weeks_ahead_or_a_reason_that_is_reported__Y16(world: World, mailbox: Mailbox):
    side = world.yonsuite
    engagement = ask(world, side, "critical_moment", topic="年结")
    with pytest.raises(RefusedError) as refused:
        timing.propose(engagement=engagement, slot=slot("2026-03-15 09:00"), actor=side.contact.user, at=beijing(ASKED))
    assert (refused.value.promise, refused.value.ways_on[0]) == ("Y16", "最早可约 2026年3月16日。")
    timing.propose(
        engagement=engagement, slot=slot("2026-03-15 09:00"), actor=world.success_manager, at=beijing(ASKED),
        insisting=timing.Insisting(short_notice="上市审计提前"),
    )  # fmt: skip
    engagement = timing.accept(engagement=engagement, actor=side.contact.user, at=beijing(ASKED))
    assert invited_in(mailed(mailbox)[side.contact.email][-1])[1].decoded("DTSTART") == beijing("2026-03-15 09:00")
    assert engagement.steps.filter(kind="short_notice", actor=world.success_manager).count() == 1


def published(world: World, service: str, **more) -> Gathering:
    said = {
        "service": service, "vendor": "kingdee", "title": "财务共享认证", "title_en": "Shared services certificate",
        "slot": slot("2026-05-10 09:00", "2026-05-11 17:00"), "text": "两天课程加考试。", "text_en": "Two days.",
    }  # fmt: skip
    return events.publish(event=events.Event(**said | more), actor=world.manager, at=beijing(ASKED))


def test_certification_goes_from_notice_to_certificate__K16(world: World, mailbox: Mailbox):
    side = world.kingdee
    side.contact.user.role = Role.CUSTOMER_ADMIN
    side.contact.user.save()
    event = published(world, "vocational_certification")
    assert "财务共享认证" in mailed(mailbox)[side.contact.email][-1]["Subject"]
    row = events.enrol(gathering=event, contact=side.contact, actor=side.contact.user, at=beijing("2026-04-01 09:00"))
    assert invited_in(mailed(mailbox, "2026-04-01 10:00")[side.contact.email][-1])[0]["METHOD"] == "REQUEST"
    at = beijing("2026-05-11 18:00")
    for stage in (2, 3):
        event.refresh_from_db()
        events.move_on(gathering=event, stage=stage, actor=world.manager, at=at)
    with pytest.raises(RefusedError, match="通过考试后"):
        events.note_result(attendee=row, result=events.Result(certificate="C-1"), actor=world.manager, at=at)
    events.note_result(
        attendee=row, result=events.Result(came=True, has_passed=True, score="92", certificate="KD-2026-0092"),
        actor=world.manager, at=at,
    )  # fmt: skip
    assert "KD-2026-0092" in text_of(mailed(mailbox, "2026-05-11 19:00")[side.contact.email][-1])
    steps = Engagement.objects.get(gathering=event).steps.filter(kind="stage")
    assert [step.fields["stage"] for step in steps] == ["enrol", "train", "exam"]


def test_only_those_invited_see_an_event_for_executives__K17(world: World, mailbox: Mailbox):
    side = world.kingdee
    event = published(world, "executive_events", title="创见者沙龙", title_en="Founders' salon")
    assert mailed(mailbox) == {}
    admin = world.uncertified
    admin.user.role = Role.CUSTOMER_ADMIN
    admin.user.save()
    [row] = events.invite(gathering=event, contacts=[side.contact], actor=world.manager, at=beijing(ASKED))
    letters = mailed(mailbox)
    assert list(letters) == [side.contact.email]
    assert "诚邀您参加" in text_of(letters[side.contact.email][0])
    assert Gathering.objects.open_to(side.contact).get() == event
    assert not Gathering.objects.open_to(admin).exists()
    engagement = Engagement.objects.get(gathering=event)
    assert not Engagement.objects.visible_to(admin.user).exists()
    assert Engagement.objects.visible_to(side.contact.user).get() == engagement
    with pytest.raises(RefusedError, match="没有邀请您"):
        events.enrol(gathering=event, contact=admin, actor=admin.user, at=beijing(ASKED))
    events.enrol(gathering=event, contact=side.contact, actor=side.contact.user, at=beijing(ASKED))
    at = beijing("2026-05-11 18:00")
    events.note_result(attendee=row, result=events.Result(came=True), actor=world.manager, at=at)
    with pytest.raises(RefusedError, match="还没有结束"):
        events.conclude(gathering=event, done="圆桌", actor=world.manager, at=beijing("2026-05-11 16:59"))
    events.conclude(gathering=event, done="八位企业家的圆桌。", actor=world.manager, at=at)
    with pytest.raises(RefusedError, match="已经办结"):
        events.conclude(gathering=event, done="又一次", actor=world.manager, at=at)
    asked = mailed(mailbox, "2026-05-11 18:30")[side.contact.email][-1]
    assert "也请告诉我们您的评价" in text_of(asked)
    row.refresh_from_db()
    give_feedback(attendee=row, rating=5, comment="收获很大", actor=side.contact.user, at=at)
    came = mailed(mailbox, "2026-05-11 19:00")
    assert "收获很大" in text_of(came[world.success_manager.email][-1])
    event.refresh_from_db()
    assert engagement.item.stage_codes[event.stage] == "feedback"


def test_an_event_called_off_is_taken_from_the_calendars__K17(world: World, mailbox: Mailbox):
    side = world.kingdee
    event = published(world, "executive_events")
    events.invite(gathering=event, contacts=[side.contact], actor=world.manager, at=beijing(ASKED))
    events.enrol(gathering=event, contact=side.contact, actor=side.contact.user, at=beijing(ASKED))
    mailed(mailbox)
    events.call_off(gathering=event, reason="场地不可用", actor=world.manager, at=beijing("2026-04-01 09:00"))
    letter = mailed(mailbox, "2026-04-01 10:00")[side.contact.email][-1]
    assert invited_in(letter)[0]["METHOD"] == "CANCEL"
    assert "场地不可用" in text_of(letter)


def test_an_event_is_published_to_many_in_as_many_questions_as_to_few__K16(world: World, django_assert_max_num_queries):
    for number in range(12):
        signed(world, "kingdee-advanced", f"C-K-{number + 10}", date(2026, 1, 1), date(2026, 12, 31))
    customer, plan = Customer.objects.create(code="two", name="两份合同", name_en="Two"), world.kingdee.contract.plan
    term = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
    for number, product in (("C-K-98", "galaxy"), ("C-K-99", "cosmic")):
        owned = Agreed(products=(Owned(Product.objects.get(code=product)),))
        sign(customer=customer, plan=plan, number=number, agreed=owned, **term)
    with django_assert_max_num_queries(15):
        event = published(world, "vocational_certification")
    assert event.engagements.count() == 14, "one a customer, however many contracts"
    assert AccountNotice.objects.filter(kind="engagement_published").count() == 14
    row = event.engagements.get(contract__number="C-K-11")
    assert [step.fields["topic"] for step in row.steps.all()] == ["财务共享认证"]


@pytest.mark.parametrize("until", [date(2026, 3, 1), date(2026, 5, 11)])
def test_enrolment_ends_between_today_and_the_day_of_the_event__K16(world: World, until: date):
    with pytest.raises(RefusedError, match="报名截止"):
        published(world, "vocational_certification", enrol_until=until)


def test_places_of_who_did_not_come_are_free_again__K15_K16(world: World):
    side = world.kingdee
    item = side.contract.entitlements.get(item__service="vocational_certification").item
    at = beijing("2026-03-01 09:00")
    quotas.publish(item=item, amount=Decimal(3), notice="培训通知", actor=world.manager, at=at)
    right = side.contract.entitlements.get(item=item)
    event = published(world, "vocational_certification")
    people = [side.contact, world.uncertified, world._contact(side.customer, "第三位")]
    rows = [events.enrol(gathering=event, contact=one, actor=one.user, at=beijing(ASKED)) for one in people]

    def sums() -> tuple[int, int, int]:
        found = balance_of(right, date(2026, 5, 10))
        assert found
        return int(found.reserved), int(found.used), int(found.left)

    assert sums() == (3, 0, 0)
    after = beijing("2026-05-11 18:00")
    for came, row in zip((True, False), rows, strict=False):
        events.note_result(attendee=row, result=events.Result(came=came), actor=world.manager, at=after)
    assert sums() == (1, 1, 1)
    absent = rows[1]
    absent.refresh_from_db()
    events.note_result(attendee=absent, result=events.Result(came=True), actor=world.manager, at=after)
    assert sums() == (1, 2, 0)
    events.conclude(gathering=event, done="考了试。", actor=world.manager, at=after)
    assert sums() == (0, 2, 1), "nobody noted that the third one came"


def test_nobody_is_reminded_of_an_event_that_nobody_of_the_customer_comes_to__K16(world: World, mailbox: Mailbox):
    side = world.kingdee
    event = published(world, "vocational_certification")
    engagement = Engagement.objects.get(gathering=event)
    assert not side.contract.engagements.joined().exists()
    mailed(mailbox)
    assert mailed(mailbox, "2026-05-09 10:00") == {}
    events.enrol(gathering=event, contact=side.contact, actor=side.contact.user, at=beijing("2026-05-08 10:00"))
    assert list(side.contract.engagements.joined()) == [engagement]
    told = mailed(mailbox, "2026-05-09 10:30")
    assert "即将开始" in told[side.contact.email][-1]["Subject"]
    other = signed(world, "kingdee-advanced", "C-K-9", date(2026, 1, 1), date(2026, 12, 31))
    unused = events.joined(event, other.entitlements.get(item__service=event.service), beijing(ASKED), world.manager)
    events.conclude(gathering=event, done="考了试。", actor=world.manager, at=beijing("2026-05-11 18:00"))
    engagement.refresh_from_db()
    unused.refresh_from_db()
    assert (engagement.state, unused.state, unused.delivered_at) == ("closed", "cancelled", None)


def test_who_declines_twice_has_declined_once__K16(world: World):
    side = world.kingdee
    event = published(world, "vocational_certification", enrol_until=date(2026, 5, 10))
    row = events.enrol(gathering=event, contact=side.contact, actor=side.contact.user, at=beijing("2026-04-01 09:00"))
    for minute in range(2):
        at = beijing(f"2026-04-02 09:0{minute}")
        events.decline(attendee=row, actor=side.contact.user, at=at)
    assert row.engagement.steps.filter(kind="attendee").count() == 2
    events.call_off(gathering=event, reason="场地不可用", actor=world.manager, at=beijing("2026-04-03 09:00"))
    event.refresh_from_db()
    with pytest.raises(RefusedError, match="取消"):
        events.move_on(gathering=event, stage=1, actor=world.manager, at=beijing("2026-04-04 09:00"))


def test_a_reminder_comes_the_day_before_once(world: World, mailbox: Mailbox):
    side = world.yonsuite
    agree(world, side, ask(world, side, "training"), slot("2026-03-20 09:00"))
    mailed(mailbox)
    assert mailed(mailbox, "2026-03-19 08:00") == {}
    [letter] = mailed(mailbox, "2026-03-19 09:30")[side.contact.email]
    assert "即将开始" in letter["Subject"]
    assert mailed(mailbox, "2026-03-19 10:30") == {}
