"""What was handed over is signed, objected to or left to silence: once, in time, by who may."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from plans.actions.deliverables import (
    Papers,
    acknowledge,
    due,
    hand_over_again,
    object_to,
    withdraw,
)
from plans.actions.engagements.delivering import Report, close, deliver, record
from plans.deliverables import find, waiting_for
from plans.deliverables.days import MAKE_UP, kept_days
from plans.models import AccountNotice, Deliverable, DeliverableStep, Outcome, QuotaEntry
from plans.refusals import RefusedError
from sla.models import Milestone
from tests.hours import beijing
from tests.plans.deliverables.papers import CLOSE, HANDED, PDF, granted, handed, last, left, office, paper, signed
from tests.plans.engagements.desk import agreed, asked, slot
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def kingdee(world: World):
    """Return the Kingdee side, whose contract grants eight person-days of critical-moment support."""
    granted(world.kingdee.contract, 8)
    return world.kingdee


def test_signing_records_name_and_digest_and_debits_the_balance__K06(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager)
    row = last(deliverable)
    assert (row.outcome, row.due_at) == ("open", beijing(CLOSE))
    assert left(kingdee.contract) == (8, 0)
    signed(deliverable, kingdee.contact.user, "2026-10-09 09:00")
    row = last(deliverable)
    assert (row.outcome, row.signed_name, row.contact) == ("signed", "刘主管", kingdee.contact)
    assert row.milestone.state == Milestone.State.MET
    assert left(kingdee.contract) == (6, 2)
    assert row.booked == [{"unit": "person_days", "refused": "", "needed": "2", "taken": "2", "beyond": "0"}]
    step = DeliverableStep.objects.get(deliverable=deliverable, kind="signed")
    assert step.fields == {"name": "刘主管", "digest": paper().sha256}


def test_silence_confirms_after_the_close_of_the_fifth_working_day_and_not_before__K06_K12(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager)
    assert due(at=beijing(CLOSE)) == 0, "on the close it is still in time"
    assert due(at=beijing("2026-10-14 17:30:01")) == 1
    assert due(at=beijing("2026-10-14 17:30:02")) == 0
    row = last(deliverable)
    assert (row.outcome, row.decided_at) == ("deemed", beijing(CLOSE))
    assert left(kingdee.contract) == (6, 2)
    assert AccountNotice.objects.filter(kind="deliverable_deemed").count() == 1
    days = row.proof["days"]
    assert [(day["on"], day["number"]) for day in days if day["number"]] == [
        ("2026-10-08", 1), ("2026-10-09", 2), ("2026-10-12", 3), ("2026-10-13", 4), ("2026-10-14", 5),
    ]  # fmt: skip
    assert (days[0]["kind"], days[0]["on"]) == ("first", "2026-09-30")
    assert "国庆" in next(day["why"] for day in days if day["on"] == "2026-10-01")
    assert len(row.proof["digest"]) == 64


@pytest.mark.parametrize(("at", "due", "shut"), [
    ("2026-09-29 10:00", "2026-10-13 17:30", ["2026-10-10"]),  # National Day, and the Saturday worked for it
    ("2026-09-30 23:59", "2026-10-14 17:30", ["2026-10-10"]),
    ("2026-10-07 10:00", "2026-10-14 17:30", ["2026-10-10"]),  # handed over on a day off
    ("2026-10-10 10:00", "2026-10-16 17:30", []),  # on the worked Saturday itself
    ("2026-12-29 10:00", "2027-01-06 17:30", []),  # over the turn into a year whose notice is not posted
])  # fmt: skip
def test_each_day_that_does_not_count_says_why__K06_K18(world, kingdee, at, due, shut):
    row = last(handed(kingdee, world.technical_manager, at))
    days = kept_days(row)
    assert row.due_at == beijing(due)
    assert [day.on.isoformat() for day in days if day.why == MAKE_UP[0]] == shut
    assert all(day.why or day.on.weekday() > 4 for day in days if day.kind == "shut")
    assert row.milestone.is_provisional == due.startswith("2027")


def test_an_objection_debits_nothing_and_new_files_open_a_new_round_with_a_new_clock__K06(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager)
    object_to(
        deliverable=deliverable, words="第 3 页的原因不对", actor=kingdee.contact.user, at=beijing("2026-10-08 09:00")
    )
    assert due(at=beijing("2026-10-20 09:00")) == 0
    assert left(kingdee.contract) == (8, 0)
    first = last(deliverable)
    assert (first.outcome, first.words, first.booked) == ("objected", "第 3 页的原因不对", [])
    papers = Papers([paper("改后.pdf", PDF + b"2")], person_days=Decimal("1.5"))
    hand_over_again(
        deliverable=deliverable, papers=papers, actor=world.technical_manager, at=beijing("2026-10-09 10:00")
    )
    second = last(deliverable)
    assert (second.number, second.due_at) == (2, beijing("2026-10-16 17:30"))
    assert second.clock_id != first.clock_id
    with pytest.raises(RefusedError) as refusal:
        signed(deliverable, kingdee.contact.user, "2026-10-10 09:00", digest=first.digest)
    assert refusal.value.code == "other_files"
    signed(deliverable, kingdee.contact.user, "2026-10-10 09:00")
    assert left(kingdee.contract) == (Decimal("6.5"), Decimal("1.5"))


@pytest.mark.parametrize(("outcome", "code"), [("signed", "already_signed"), ("deemed", "already_deemed"),
                                               ("objected", "already_objected")])  # fmt: skip
def test_what_is_decided_is_decided_once__K06(world, kingdee, outcome, code):
    deliverable, user = handed(kingdee, world.technical_manager), kingdee.contact.user
    if outcome == "signed":
        signed(deliverable, user, "2026-10-09 09:00")
    elif outcome == "deemed":
        due(at=beijing("2026-10-15 09:00"))
    else:
        object_to(deliverable=deliverable, words="不对", actor=user, at=beijing("2026-10-09 09:00"))
    entries = QuotaEntry.objects.count()
    with pytest.raises(RefusedError) as refusal:
        signed(deliverable, user, "2026-10-15 10:00")
    assert refusal.value.code == code
    assert refusal.value.promise == "K06"
    assert refusal.value.ways_on
    with pytest.raises(RefusedError, match="书面意见"):
        object_to(deliverable=deliverable, words="再看看", actor=user, at=beijing("2026-10-15 10:00"))
    assert QuotaEntry.objects.count() == entries
    row = last(deliverable)
    with pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(signed_name="别人", outcome="signed")


def test_past_the_close_nobody_signs_even_before_a_worker_has_looked__K06(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager)
    with pytest.raises(RefusedError) as refusal:
        signed(deliverable, kingdee.contact.user, "2026-10-14 17:30:01")
    assert refusal.value.code == "sign_off_over"
    signed(deliverable, kingdee.contact.user, CLOSE)
    assert last(deliverable).milestone.state == Milestone.State.MET


@pytest.mark.parametrize("who", ["stranger", "uncertified", "agent"])
def test_only_who_is_asked_signs__K06(world, kingdee, who):
    deliverable = handed(kingdee, world.technical_manager)
    person = getattr(world, who)
    user = person if who == "agent" else person.user
    with pytest.raises(RefusedError) as refusal:
        signed(deliverable, user, "2026-10-09 09:00")
    assert refusal.value.code == "not_signatory"
    assert kingdee.contact.name in refusal.value.ways_on[0]
    assert last(deliverable).is_open


def test_empty_words_and_names_are_no_objection_and_no_signature__K06(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager)
    with pytest.raises(RefusedError, match="不能是空的"):
        object_to(deliverable=deliverable, words=" \n ", actor=kingdee.contact.user, at=beijing("2026-10-09 09:00"))
    with pytest.raises(RefusedError, match="姓名"):
        signed(deliverable, kingdee.contact.user, "2026-10-09 09:00", name="  ")
    assert last(deliverable).is_open


def test_less_left_than_used_takes_what_is_left_and_says_what_went_beyond__K06(world):
    side = world.kingdee
    granted(side.contract, 1)
    deliverable = handed(side, world.technical_manager, person_days=Decimal("2.5"))
    due(at=beijing("2026-10-15 09:00"))
    [taken] = last(deliverable).booked
    assert (taken["taken"], taken["beyond"]) == ("1", "1.5")
    assert left(side.contract) == (0, 1)


def test_where_no_time_is_granted_it_is_recorded_without_debit__K06(world):
    deliverable = handed(world.kingdee, world.technical_manager)
    due(at=beijing("2026-10-15 09:00"))
    row = last(deliverable)
    assert (row.outcome, row.booked) == ("deemed", [])
    assert not QuotaEntry.objects.filter(key__startswith="sign-off").exists()


def engaged(world: World, person_days: Decimal = Decimal(3)):
    """Return a critical-moment engagement of three person-days, agreed and delivered."""
    side = world.kingdee
    engagement = asked(side.contract, "critical_moment", side.contact, person_days=person_days)
    agreed(engagement, world.technical_manager, side.contact.user, slot("2026-03-20 09:00"))
    return deliver(engagement=engagement, actor=world.technical_manager, at=beijing("2026-03-20 18:00"))


def test_what_an_engagement_held_is_used_by_the_signature_not_by_delivery__K06(world, kingdee):
    engagement = engaged(world)
    assert left(kingdee.contract) == (5, 0), "held"
    deliverable = handed(kingdee, world.technical_manager, engagement=engagement, person_days=None)
    object_to(deliverable=deliverable, words="缺附件", actor=kingdee.contact.user, at=beijing("2026-10-08 09:00"))
    assert left(kingdee.contract) == (5, 0), "an objection leaves it held"
    hand_over_again(
        deliverable=deliverable, papers=Papers([paper()]), actor=world.technical_manager, at=beijing("2026-10-09 09:00")
    )
    signed(deliverable, kingdee.contact.user, "2026-10-09 10:00")
    assert left(kingdee.contract) == (5, 3)
    engagement.refresh_from_db()
    assert engagement.reserved_key == ""


def test_two_reports_of_one_engagement_deduct_its_time_once__K12(world, kingdee):
    engagement = engaged(world)
    files = ([paper(content=PDF + bytes([number]))] for number in range(2))
    first, second = (handed(kingdee, world.technical_manager, engagement=engagement, files=each) for each in files)
    signed(first, kingdee.contact.user, "2026-10-09 10:00")
    due(at=beijing("2026-10-15 09:00"))
    assert last(second).booked == []
    assert left(kingdee.contract)[1] == 2


@pytest.mark.parametrize(("service", "promise"), [("critical_moment", "K06"), ("health_check", "Y14")])
def test_the_very_files_are_handed_over_once_unless_taken_back__K06_Y14(world, kingdee, service, promise):
    side = kingdee if promise == "K06" else world.yonsuite
    first = handed(side, world.success_manager, "2026-03-10 10:00", service=service)
    with pytest.raises(RefusedError, match=first.number) as refusal:
        handed(side, world.success_manager, "2026-03-10 10:00", service=service)
    assert refusal.value.code == "handed_over_already"
    assert Deliverable.objects.count() == 1
    withdraw(deliverable=first, reason="交错合同", actor=world.success_manager, at=beijing("2026-03-11 09:00"))
    assert last(handed(side, world.success_manager, "2026-03-11 10:00", service=service)).number == 1


def test_an_engagement_closes_with_its_report_confirmed_and_not_before__K06_K12(world, kingdee):
    ours, at = world.technical_manager, beijing("2026-09-30 09:00")
    engagement = engaged(world)
    record(engagement=engagement, report=Report("值守到结账完成"), actor=ours, at=at)
    with pytest.raises(RefusedError, match="关键时刻支持报告") as refusal:
        close(engagement=engagement, actor=ours, at=at)
    assert refusal.value.code == "report_owed"
    first, second = (
        handed(kingdee, ours, engagement=engagement, files=[paper(content=PDF + end)]) for end in (b"1", b"2")
    )
    with pytest.raises(RefusedError, match=first.number) as refusal:
        close(engagement=engagement, actor=ours, at=beijing("2026-10-08 09:00"))
    assert refusal.value.code == "sign_off_open"
    signed(first, kingdee.contact.user, "2026-10-09 10:00")
    engagement.refresh_from_db()
    assert engagement.state == "recorded", "the second report still waits"
    due(at=beijing("2026-10-15 09:00"))
    engagement.refresh_from_db()
    assert (engagement.state, engagement.ended_at) == ("closed", beijing("2026-10-15 09:00"))
    assert engagement.steps.get(kind="closed").fields == {"because": second.number}


def test_a_withdrawn_round_ends_its_clock_and_debits_nothing__K06(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager)
    with pytest.raises(RefusedError, match="理由"):
        withdraw(deliverable=deliverable, reason=" ", actor=world.technical_manager, at=beijing("2026-10-08 09:00"))
    withdraw(deliverable=deliverable, reason="传错文件", actor=world.technical_manager, at=beijing("2026-10-08 09:00"))
    assert due(at=beijing("2026-10-20 09:00")) == 0
    row = last(deliverable)
    assert (row.outcome, row.words, row.milestone.next_step_at) == ("withdrawn", "传错文件", None)
    assert left(kingdee.contract) == (8, 0)


@pytest.mark.parametrize(("service", "promise"), [("guidance", "Y12"), ("planning", "Y13"), ("health_check", "Y14")])
def test_plans_and_findings_are_kept_without_a_clock_and_may_be_acknowledged__Y12_Y13_Y14(world, service, promise):
    side = world.yonsuite
    deliverable = handed(side, world.success_manager, service=service, person_days=None, kind=Deliverable.Kind.PLAN)
    row = last(deliverable)
    assert (deliverable.item.promise, row.outcome, row.clock) == (promise, "kept", None)
    with pytest.raises(RefusedError) as refusal:
        signed(deliverable, side.contact.user, "2026-10-09 09:00")
    assert refusal.value.code == "no_signature_asked"
    for _twice in range(2):
        acknowledge(deliverable=deliverable, actor=side.contact.user, at=beijing("2026-10-09 09:00"))
    assert last(deliverable).outcome == "acknowledged"
    assert DeliverableStep.objects.filter(kind="acknowledged").count() == 1


def test_a_health_check_that_is_handed_over_meets_what_is_owed_next__Y14(world):
    side = world.yonsuite
    deliverable = handed(side, world.success_manager, "2026-03-10 10:00", service="health_check", person_days=None)
    met = side.contract.obligations.get(met_by_ref=deliverable.number)
    assert (met.item.promise, met.state) == ("Y14", "met")


@pytest.mark.parametrize(("said", "code"), [
    ({"title": "  "}, "no_title"),
    ({"person_days": Decimal(-1)}, "bad_figure"),
    ({"addressee": "stranger"}, "not_their_contract"),
    ({"service": "bot"}, "nothing_to_hand_over"),
    ({"addressee": None}, "nobody_to_sign"),
    ({"person_days": None}, "no_amount"),
])  # fmt: skip
def test_what_cannot_be_handed_over_is_refused_and_nothing_is_kept__K06(world, kingdee, said, code):
    said = {key: getattr(world, value) if value == "stranger" else value for key, value in said.items()}
    with pytest.raises(RefusedError) as refusal:
        handed(kingdee, world.technical_manager, **said)
    assert refusal.value.code == code
    assert not Deliverable.objects.exists()


def test_a_report_is_not_signed_before_the_service_was_delivered__K06(world, kingdee):
    engagement = asked(kingdee.contract, "critical_moment", kingdee.contact, person_days=Decimal(1))
    with pytest.raises(RefusedError) as refusal:
        handed(kingdee, world.technical_manager, engagement=engagement)
    assert refusal.value.code == "not_delivered"


@pytest.mark.parametrize(("name", "content", "expected"), [
    ("报告.pdf", PDF, ("报告.pdf", "application/pdf")),
    ("报告.exe", PDF, ("报告.exe.pdf", "application/pdf")),
    ("../../etc/passwd", PDF, ("passwd.pdf", "application/pdf")),
    ("图.jpeg", b"\xff\xd8\xff\xe0", ("图.jpeg", "image/jpeg")),
    ("图", b"\x89PNG\r\n\x1a\n.", ("图.png", "image/png")),
])  # fmt: skip
def test_a_file_is_what_it_holds_whatever_it_is_called__K06(name, content, expected):
    kept = paper(name, content)
    assert (kept.name, kept.content_type) == expected


@pytest.mark.parametrize(("name", "content", "code"), [
    ("报告.pdf", b"", "empty_file"),
    ("报告.pdf", b"<html><script>alert(1)</script>", "other_kind"),
    ("报告.pdf", b"PK\x03\x04broken", "other_kind"),
    ("报告.docx", office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
    ("报告.docx", office("evil.exe"), "other_kind"),
    ("报告.pdf", PDF + b"x" * (20 * 1024 * 1024), "too_large"),
])  # fmt: skip
def test_what_is_no_document_is_refused_by_its_content__K06(name, content, code):
    with pytest.raises(RefusedError) as refusal:
        paper(name, content)
    assert refusal.value.code == code


@pytest.mark.parametrize(("folder", "ending"), [("word", "docx"), ("xl", "xlsx"), ("ppt", "pptx")])
def test_office_documents_are_told_apart_by_their_parts__K06(folder, ending):
    assert paper("文档", office("[Content_Types].xml", f"{folder}/main.xml")).name == f"文档.{ending}"


def test_what_waits_is_found_by_contract_and_customer_and_by_its_readers_alone__K06(world, kingdee):
    deliverable = handed(kingdee, world.technical_manager, HANDED)
    assert waiting_for(kingdee.contract) == waiting_for(kingdee.customer) == [deliverable]
    assert waiting_for(kingdee.contract, kingdee.contact.user) == [deliverable]
    assert waiting_for(kingdee.contract, world.uncertified.user) == []
    assert waiting_for(world.yonsuite.contract) == []
    assert find(deliverable.number.lower()) == deliverable
    assert find("D-1999-000001") is None
    assert Deliverable.objects.visible_to(world.stranger.user).count() == 0
    assert deliverable.state == Outcome.OPEN


def test_the_journal_and_the_files_are_never_changed__K06(world, kingdee):
    row = last(handed(kingdee, world.technical_manager))
    for rows in (row.steps, row.files):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        row.steps.update(actor_display="别人")
