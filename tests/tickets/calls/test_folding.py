"""How a call stands by what was told of it, in any order and however often. Source: Y08, K08"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets.actions.calls.folding import Told, fold

START = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


def told(kind, seconds=0, key="", **fields):
    return Told(kind, key or kind, START + timedelta(seconds=seconds), fields)


RANG = told("rang", caller="13800000001", called="4006600588", direction="in")
LEGS = [told("answered", 9, "a1", leg="1"), told("answered", 20, "a2", leg="2"), told("ended", 21, "e1", leg="1")]
TALK = [{"who": "caller", "text": "怎么反结账"}, {"who": "bot", "text": "请打开总账"}]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([RANG], "ringing"),
        ([RANG, told("menu", 5, menu="6")], "ringing"),
        ([RANG, told("answered", 12, agent="8001")], "answered"),
        ([RANG, told("answered", 12), told("ended", 60)], "ended"),
        ([told("ended", 60), told("answered", 12), RANG], "ended"),
        ([RANG, told("ended", 40)], "missed"),
        ([RANG, told("bot", 1)], "voice_bot"),
        # The voice bot helped: nobody waits for a call.
        ([RANG, told("bot", 1), told("transcript", 50, lines=TALK), told("ended", 60)], "ended"),
        # They asked it for a person and none came.
        ([RANG, told("transcript", 50, lines=TALK, hand_off=True)], "ringing"),
        ([RANG, told("transcript", 50, lines=TALK, hand_off=True), told("ended", 90)], "missed"),
        ([told("rang", direction="out", called="1380"), told("ended", 30)], "ended"),
        # What was said to a machine that says nothing is a voice mail: somebody waits for a call.
        ([RANG, told("ended", 40), told("transcript", 50, lines=TALK[:1])], "missed"),
        # A menu picks up, and a colleague does not: the next is rung.
        ([RANG, told("answered", 1), told("rang", 5, "r1", leg="1", agent="8001")], "ringing"),
        ([RANG, told("answered", 1), told("menu", 5, menu="6")], "ringing"),
        ([RANG, told("answered", 1), told("menu", 5, menu="6"), told("ended", 9)], "missed"),
        ([RANG, told("rang", 5, "r1", leg="1"), told("ended", 25, "e1", leg="1")], "ringing"),
        ([RANG, told("rang", 5, "r1", leg="1"), told("ended", 25, "e1", leg="1"), told("ended", 30)], "missed"),
        # One hangs up, to whom the call was passed on talks; then nobody does.
        ([RANG, *LEGS], "answered"),
        ([RANG, *LEGS, told("ended", 50, "e2", leg="2")], "ended"),
        # A machine is nobody.
        ([told("rang", direction="out"), told("answered", 9), told("ended", 30, by_machine=True)], "ended"),
    ],
)
def test_a_call_stands_as_what_was_told_of_it_says__Y08(events, state):
    assert fold(events).state == state


def test_what_a_call_is_about_is_gathered_from_all_that_was_told__Y08_K08():
    folded = fold([
        RANG,
        told("menu", 4, "a", menu="6"),
        told("menu", 6, "b", menu="1"),
        told("rang", 8, "ring", agent="8001"),
        told("answered", 12, agent="8001"),
        told("answered", 40, "transferred", agent="8002"),
        told("ended", 90),
        told("recording", 100, url="https://rec.example/1.mp3"),
        told("transcript", 3, lines=TALK),
        told("transcript", 4, "more", lines=[*TALK, {"who": "caller", "text": "人工"}]),
    ])  # fmt: skip
    assert (folded.menu, folded.extension, folded.caller) == ("61", "8002", "13800000001")
    assert folded.answered_at == START + timedelta(seconds=12)
    assert folded.ended_at == START + timedelta(seconds=90)
    assert [line["text"] for line in folded.transcript] == ["怎么反结账", "请打开总账", "人工"]
    assert folded.recording_url == "https://rec.example/1.mp3"


def test_of_several_who_are_rung_at_once_nobody_is_meant__Y08():
    rung = [RANG, told("rang", 1, "a", leg="1", agent="8001"), told("rang", 1, "b", leg="2", agent="8002")]
    assert fold(rung).extension == ""
    assert fold([*rung, told("ended", 9, "c", leg="1", agent="8001")]).extension == "8002"
    assert fold([*rung, told("answered", 9, "d", leg="1", agent="8001")]).extension == "8001"


def test_who_was_not_reached_but_by_a_machine_was_not_answered__Y18():
    assert fold([told("rang", direction="out"), told("answered", 9, by_machine=True)]).answered_at is None


KINDS = st.sampled_from(["rang", "menu", "bot", "answered", "ended", "recording", "transcript"])
SAID = st.fixed_dictionaries(
    {},
    optional={
        "caller": st.sampled_from(["138", "139"]),
        "direction": st.sampled_from(["in", "out"]),
        "menu": st.sampled_from(["1", "6"]),
        "agent": st.sampled_from(["8001", "8002"]),
        "url": st.sampled_from(["https://a.example", "https://b.example"]),
        "hand_off": st.booleans(),
        "leg": st.sampled_from(["1", "2"]),
        "by_machine": st.booleans(),
        "lines": st.just(TALK),
    },
)
EVENTS = st.lists(
    st.builds(told, KINDS, st.integers(0, 5), st.sampled_from("abc")).flatmap(
        lambda one: SAID.map(lambda fields: Told(one.kind, one.key, one.at, fields))
    ),
    min_size=1,
    max_size=8,
)


# A busy machine draws slowly.
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS, st.data())
def test_order_and_repetition_change_nothing__Y08(events, data):
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    shuffled = data.draw(st.permutations(events + again))
    assert fold(shuffled) == fold(events)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS)
def test_times_of_a_call_are_in_order__Y08(events):
    folded = fold(events)
    times = [one for one in (folded.rang_at, folded.answered_at, folded.ended_at) if one]
    assert times == sorted(times)
    assert (folded.state in ("ended", "missed")) == (folded.ended_at is not None)


def test_a_call_of_which_nothing_was_told_is_none():
    with pytest.raises(ValueError, match="none"):
        fold([])
