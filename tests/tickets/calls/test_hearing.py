"""What switchboards tell comes to one call, whatever the order, and to a call that we owe if nobody answered."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from plans.actions.switches import set_switch
from plans.models import ApiKey, Contact, Switch
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import new_key
from tests.world import World
from tickets.actions.calls import hearing, owing
from tickets.actions.calls.hearing import end_lost
from tickets.actions.calls.placing import candidates, number_of
from tickets.models import Call, CallBack, CallEvent, InboundEvent
from tickets.senders import plain_number

pytestmark = pytest.mark.django_db
STORY = (
    "twilio/ringing.txt",
    "twilio/digits.txt",
    "twilio/leg-ringing.txt",
    "twilio/leg-answered.txt",
    "twilio/completed.txt",
)


@pytest.fixture(autouse=True)
def at_nine():
    with clock_at("2026-09-28 09:05"):
        yield


def test_a_call_is_who_rang_for_which_tenant_and_who_took_it__Y08(hotline, world):
    for name in STORY:
        assert hotline(name).status_code == 200
    call = Call.objects.get()
    assert (call.state, call.contact, call.customer) == ("ended", world.yonsuite.contact, world.yonsuite.customer)
    assert (call.tenant, call.product, call.vendor) == ("YS", world.yonsuite.product, "yonsuite")
    assert (call.contract, call.agent, call.menu) == (world.yonsuite.contract, world.agent, "6")
    assert call.code.startswith("TEL-2026-")
    assert CallBack.objects.count() == 0
    assert {event.state for event in InboundEvent.objects.all()} == {"accepted"}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1:])
def test_reordered_and_doubled_events_change_nothing__Y08(hotline, order):
    names = [("twilio/ringing.txt", "twilio/leg-answered.txt", "twilio/completed.txt")[place] for place in order]
    for name in (*names, *names):
        assert b"<Response/>" in hotline(name).content
    call = Call.objects.get()
    assert (call.state, call.events.count(), (call.answered_at - call.rang_at).seconds) == ("ended", 3, 12)
    # Told of the end first it seemed missed; what was owed for it is owed no more, and nothing rings of it.
    assert not CallBack.objects.open().exists()
    assert not Milestone.objects.filter(stopped_at=None, state="running").exists()
    assert CallEvent.objects.count() == 3


def test_a_missed_call_is_owed_one_call_within_half_an_hour__Y08(hotline, world):
    hotline("tencent/missed.json")
    call, owed = Call.objects.get(), CallBack.objects.get()
    assert (call.state, call.call_back, owed.number) == ("missed", owed, "13800000001")
    assert (owed.contact, owed.contract) == (world.yonsuite.contact, world.yonsuite.contract)
    milestone = owed.clock.milestones.get()
    assert milestone.due_at == call.ended_at + timedelta(minutes=30)
    hotline("tencent/missed.json", change=("000000000002", "000000000003"))
    assert (Call.objects.count(), CallBack.objects.count()) == (2, 1)
    # They ring again and somebody answers: that was all they wanted.
    hotline("tencent/cdr.json", change=("17905572", "17905580"))
    owed.refresh_from_db()
    milestone.refresh_from_db()
    assert (owed.result, owed.done_by, milestone.state) == ("rang_again", world.agent, "met")


def test_a_menu_that_picks_up_meets_nothing_that_is_owed__K02(hotline):
    hotline("tencent/missed.json")
    hotline("twilio/ringing.txt")
    rang = (
        "CallStatus=ringing&CallbackSource=call-progress-events&SequenceNumber=0&Timestamp=Mon%2C+28+Sep+2026+01%3A00"
    )
    hotline("twilio/ringing.txt", change=(rang, "CallStatus=in-progress&Timestamp=Mon%2C+28+Sep+2026+01%3A02"))
    assert Call.objects.latest("pk").state == "answered"
    hotline("twilio/leg-ringing.txt")
    assert (Call.objects.latest("pk").state, CallBack.objects.get().result) == ("ringing", "")
    hotline("twilio/leg-answered.txt", change=("01%3A00%3A12", "01%3A02%3A12"))
    assert CallBack.objects.get().result == "rang_again"


def test_only_a_talk_meets_what_is_owed__Y18(hotline, world):
    hotline("tencent/missed.json")
    owed = CallBack.objects.get()
    at = beijing("2026-09-28 09:10")
    owing.claim(owed=owed, actor=world.agent, at=at)
    with pytest.raises(ActionRefusedError, match="认领"):
        owing.claim(owed=owed, actor=world.expert, at=at)
    with pytest.raises(ActionRefusedError, match="认领"):
        owing.release(owed=owed, actor=world.expert, at=at)
    owing.attempt(owed=owed, was_reached=False, words="没人接\x00", actor=world.agent, at=at)
    assert owed.clock.milestones.get().state == "running"
    with pytest.raises(ActionRefusedError) as refused:
        owing.give_up(owed=owed, result="unreachable", words="打不通", actor=world.agent, at=at)
    assert refused.value.ways_on
    owing.attempt(owed=owed, was_reached=True, words="已说明", actor=world.agent, at=at)
    assert owed.clock.milestones.get().state == "met"
    with pytest.raises(ActionRefusedError):
        owing.attempt(owed=owed, was_reached=True, words="", actor=world.agent, at=at)


@pytest.mark.parametrize(
    ("switched", "calendar", "due"),
    [("", "kingdee-5x8", "2026-09-21 09:00"), ("kingdee-7x8", "kingdee-7x8", "2026-09-19 10:30"),
     ("kingdee-7x24", "kingdee-7x24", "2026-09-19 10:30")],
)  # fmt: skip
def test_the_hotline_has_no_hours_but_those_that_were_decided__K09(hotline, options, world, switched, calendar, due):
    options(vendor="kingdee", menu={})
    contract = world.kingdee.contract
    if switched:
        set_switch(
            contract=contract, name=Switch.Name.HOTLINE_CALENDAR, value=switched, reason="双方约定", actor=None,
            at=beijing("2026-09-01 09:00"),
        )  # fmt: skip
    owed = _missed(hotline, world.kingdee.contact.phone)
    assert owed.contract == contract
    milestone = owed.clock.milestones.select_related("target").get()
    assert (milestone.target.calendar, milestone.due_at) == (calendar, beijing(due))


def _missed(hotline, phone):
    """Have a number ring in vain on a Saturday at ten."""
    with clock_at("2026-09-19 10:05"):
        hotline("huawei-cec/lost.json", change=("13800000001", phone))
    assert Call.objects.get().state == "missed"
    return Call.objects.get().call_back


def test_a_hidden_number_is_owed_nothing_and_a_call_is_kept(hotline):
    hotline("tencent/missed.json", change=("008613800000001", "anonymous"))
    # ANONYMOUS, as dialled by letters.
    hotline("twilio/no-answer.txt", change=("%2B8613800000001", "%2B266696687"))
    assert [(call.state, call.contact, call.call_back) for call in Call.objects.all()] == [("missed", None, None)] * 2
    assert {number_of(call) for call in Call.objects.all()} == {""}


@pytest.mark.parametrize(
    ("kept", "rings"),
    [("010-6666 8888", "+861066668888"), ("010-6666 8888", "01066668888"), ("13800000009", "013800000009"),
     ("+86 138 0000 0009", "8613800000009"), ("13800000009", "008613800000009")],
)  # fmt: skip
def test_a_number_is_known_with_or_without_country_and_long_distance_zero__Y08(world, kept, rings):
    contact = world.yonsuite.contact
    Contact.objects.filter(pk=contact.pk).update(phone=kept)
    assert candidates(rings) == [contact]
    assert plain_number(kept) == plain_number(rings)
    assert plain_number("00000000") == ""


def test_of_several_with_one_number_nobody_is_guessed__Y08(hotline, options, world):
    options(vendor="")
    other = world.uncertified
    Contact.objects.filter(pk=other.pk).update(phone="+86 138-0000-0001")
    hotline("twilio/ringing.txt")
    call = Call.objects.get()
    assert (call.contact, call.customer) == (None, None)
    assert candidates(call.caller) == [world.yonsuite.contact, other]
    # Whose products the number stands for tells which of them it is.
    hotline("twilio/digits.txt")
    call.refresh_from_db()
    assert (call.contact, call.tenant) == (world.yonsuite.contact, "YS")


def test_a_key_bound_to_one_customer_knows_nobody_else(hotline, world):
    key = new_key("intake:hotline", customer=world.kingdee.customer)
    hotline("twilio/ringing.txt", key=key)
    assert (Call.objects.get().contact, Call.objects.get().customer) == (None, None)


def test_two_switchboards_may_use_the_same_ids_and_a_new_key_of_one_continues_it(hotline, world):
    hotline("twilio/ringing.txt")
    series = ApiKey.objects.get().series
    hotline("twilio/completed.txt", key=new_key("intake:hotline", series=series))
    assert Call.objects.count() == 1
    hotline("twilio/ringing.txt", key=new_key("intake:hotline"))
    assert Call.objects.count() == 2


def test_a_clock_that_runs_ahead_is_not_believed(hotline):
    hotline("tencent/missed.json", change=("17905572", "17995572"))
    assert abs(Call.objects.get().ended_at - beijing("2026-09-28 09:05")) < timedelta(seconds=60)


@pytest.mark.parametrize("pressed", [r'"\u0000"', r'"\ud800"', '{"Key": [6]}'])
def test_keys_that_cannot_be_kept_are_refused_at_once__Y08(hotline, pressed):
    answer = hotline("tencent/missed.json", change=('"6"', pressed))
    assert (answer.status_code, "IVRKeyPressed" in answer.content.decode()) == (400, True)
    assert InboundEvent.objects.get().state == "refused"


def test_a_clock_that_was_set_back_is_not_believed(hotline):
    # 1 January 1970.
    hotline("tencent/missed.json", change=("179055", "1"))
    assert abs(Call.objects.get().ended_at - beijing("2026-09-28 09:05")) < timedelta(seconds=60)


def test_whoever_is_rung_next_is_told_and_who_is_not_known_here_is_nobody__Y08(hotline, world, monkeypatch):
    told = []
    monkeypatch.setattr(hearing, "tell", lambda topic, news: told.append(topic))
    world.expert.extension = "8002"
    world.expert.save()
    for extension, agent in (("8001", world.agent), ("8002", world.expert), ("9999", None)):
        told.clear()
        hotline("tencent/ring.json", query="?action=ring", change=("8001", extension))
        assert Call.objects.get().agent == agent
        assert told == ["desk:yonsuite", *([f"agent:{agent.pk}"] if agent else [])]
        told.clear()
        hotline("tencent/ring.json", query="?action=ring", change=("8001", extension))
        assert told == []


def test_a_voice_mail_is_owed_a_call__Y08_K08(hotline):
    hotline("twilio/no-answer.txt")
    hotline("twilio/recording.txt", change=("RecordingDuration=63", "TranscriptionText=call+me"))
    call = Call.objects.get()
    assert (call.state, call.call_back.done_at, call.transcript[0]["text"]) == ("missed", None, "call me")


def test_a_voice_bot_is_no_person_and_its_talk_is_kept__K08(hotline, world):
    hotline("tencent/transcript.json", query="?action=transcript")
    call = Call.objects.get()
    assert (call.state, call.answered_at) == ("ringing", None)
    assert [line["who"] for line in call.transcript] == ["bot", "caller"]
    hotline("tencent/transcript.json", query="?action=transcript", change=("true", "false"))
    assert Call.objects.get().state == "ringing"


def test_a_call_whose_end_was_lost_is_owed_all_the_same_until_it_is_told__Y08(hotline, world):
    hotline("twilio/ringing.txt")
    assert end_lost(at=beijing("2026-09-28 09:29")) == 0
    assert end_lost(at=beijing("2026-09-28 09:31")) == 1
    assert end_lost(at=beijing("2026-09-28 09:32")) == 0
    call = Call.objects.get()
    assert (call.state, call.call_back.owed_at) == ("missed", beijing("2026-09-28 09:30"))
    hotline("twilio/leg-answered.txt")
    call.refresh_from_db()
    assert (call.state, call.call_back, CallBack.objects.get().result) == ("ended", None, "not_needed")


@pytest.mark.django_db(transaction=True)
def test_told_by_many_at_once_it_is_one_call_and_one_call_back__Y08():
    World()
    key = new_key("intake:hotline", options={"vendor": "yonsuite"})
    at = int(beijing("2026-09-28 09:04").timestamp())
    said = {"Caller": "13800000001", "Callee": "4006600588", "Direction": 0, "StartTimestamp": at, "EndedTimestamp": at}

    def tell(call: str) -> int:
        try:
            body = said | {"SessionId": call}
            return Client().post(f"/hooks/tencent/{key}/", body, content_type="application/json").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(tell, ["same"] * 8 + [f"other-{n}" for n in range(4)]))
    assert answers == [200] * 12
    assert {event.state for event in InboundEvent.objects.all()} == {"accepted"}
    assert (Call.objects.count(), CallBack.objects.count(), CallEvent.objects.count()) == (5, 1, 10)
