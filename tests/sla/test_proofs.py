"""The proof of a deadline: its pieces add up, each says why, and its digest can be derived again for ever."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override as translated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla import engine
from sla.models import CalendarVersion, Clock, Milestone, Policy
from sla.proof.explained import pieces_of
from sla.proof.proof_words import detail_of
from sla.proof.proofs import document, proof_of
from sla.proof.proving import derived, true_as_of
from tests.clocks import calendar_row, heard, policy_row
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing, hours

pytestmark = pytest.mark.django_db

NOTICE = {"name": "国庆节", "name_en": "National Day", "source": "国办发明电〔2025〕7号"}
PAUSES = ["customer", "third_party", "scheduled"]
RESOLUTION = {"metric": "resolution", "amount": Decimal(8 * 3600), "met_on": ["resolve"], "pauses_on": PAUSES}


@pytest.fixture(autouse=True)
def calendars():
    holidays = [f"2026-10-{day:02}" for day in range(1, 8)]
    row = calendar_row("a5", working_day_seconds=28800, closed_dates=holidays)
    row.reasons = {day: NOTICE | ({"name": "国庆节（假期内周末）"} if day.endswith("-03") else {}) for day in holidays}
    row.assumed_years = [2027]
    row.save()
    calendar_row("a12", intervals=TWELVE_HOURS, days=WEEKDAYS)


def start(at: str, *targets, **more) -> Clock:
    under = policy_row("plain", *(targets or (RESOLUTION,)), **more)
    return engine.start(policy=under, priority="", heard=heard("customer open", at, "T-1#1"))[0]


def only(clock: Clock) -> Milestone:
    return clock.milestones.select_related("target__policy").get()


def test_a_holiday_names_its_dates_and_the_notice_behind_them_in_the_readers_language():
    clock = start("2026-09-30 16:30")
    (holiday,) = [piece for piece in pieces_of(only(clock)) if piece.reason == "holiday"]
    assert (holiday.start, holiday.end) == (beijing("2026-10-01 00:00"), beijing("2026-10-08 00:00"))
    for language, words in (
        ("zh-hans", "国庆节·国办发明电〔2025〕7号"),
        ("en", "National Day · 国办发明电〔2025〕7号"),
    ):
        with translated(language):
            assert detail_of(holiday) == words


def test_a_pause_names_its_line_of_the_ledger_who_why_and_until_when__C24():
    clock = start("2026-03-06 10:00")
    until = "2026-03-20T10:00:00+08:00"
    wait = heard("wait", "2026-03-06 16:00", "T-1#4", hold="scheduled", until=until, remark="等停机窗口")
    engine.observe(clock, [wait, heard("customer resume", "2026-03-09 10:00", "T-1#6")])
    (pause,) = [piece for piece in proof_of(only(clock)).pieces if piece.reason == "pause"]
    with timezone.override("Asia/Shanghai"), translated("zh-hans"):
        assert detail_of(pause) == "已约定时间 · T-1#4 · 约定至 03-20 10:00"  # what a customer may read
        ours = detail_of(pause, lambda display, ref: f"{display}({ref})")
        assert ours == "已约定时间 · T-1#4 · 约定至 03-20 10:00 · 李工(user:1) · “等停机窗口”"


def test_what_lies_in_an_assumed_year_says_so__C13():
    clock = start("2026-12-31 16:30")
    said = [(piece.reason, piece.assumed, detail_of(piece)) for piece in pieces_of(only(clock))]
    assert said[0] == ("open", 0, "")
    assert said[1] == ("closed", 2027, "2027 年假日为推定，可能变动")


def test_a_proof_tells_what_it_rests_on_and_nothing_else():
    clock = start("2026-03-06 10:00")
    lines = ["reply", "wait", "reply", "resume", "note?", "resolve", "reopen", "resolve"]
    for place, (kind, at) in enumerate(zip(lines, range(11, 19), strict=True), start=2):
        if kind != "note?":
            hold = {"hold": "customer"} if kind == "wait" else {}
            engine.observe(clock, [heard(kind, f"2026-03-06 {at}:00", f"T-1#{place}", **hold)])
    proof = proof_of(only(clock))
    assert [(fact.kind, fact.ledger, fact.met) for fact in proof.facts] == [
        ("open", "T-1#1", False), ("wait", "T-1#3", False), ("resume", "T-1#5", False),
        ("resolve", "T-1#7", False), ("reopen", "T-1#8", False), ("resolve", "T-1#9", True),
    ]  # fmt: skip
    assert proof.thing == "T-1"


facts = st.lists(
    st.tuples(
        st.integers(1, 600),
        st.sampled_from(["wait customer", "wait third_party", "wait scheduled", "resume", "resolve", "reopen"]),
    ),
    max_size=7,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts, st.sampled_from(["a5", "a12"]))
def test_pieces_have_no_gap_add_up_to_the_budget_and_are_derived_again(lived, calendar):
    clock = Clock.objects.filter(pk=start_once(calendar).pk).get()
    at = beijing("2026-09-29 15:00")
    for place, (minutes, said) in enumerate(lived, start=2):
        at += timedelta(minutes=minutes)
        kind, _blank, hold = said.partition(" ")
        until = {"until": (at + timedelta(hours=30)).isoformat()} if hold == "scheduled" else {}
        engine.observe(clock, [heard(kind, at, f"T-1#{place}", **({"hold": hold} if hold else {}), **until)])
    milestone = only(clock)
    proof = proof_of(milestone)
    if proof.pieces:
        assert proof.pieces[0].start == milestone.started_at
    assert [piece.start for piece in proof.pieces[1:]] == [piece.end for piece in proof.pieces[:-1]]
    expected = milestone.budget if milestone.due_at else milestone.budget - (milestone.remaining or timedelta())
    assert proof.counted == expected
    again = derived(milestone)
    assert again is not None
    assert again.digest == proof.digest


def start_once(calendar: str) -> Clock:
    """Start a clock in a transaction of the test; a policy of that code may stand already."""
    from_before = Clock.objects.filter(policy__code=f"on-{calendar}").first()
    under = from_before.policy if from_before else policy_row(f"on-{calendar}", RESOLUTION | {"calendar": calendar})
    return engine.start(policy=under, priority="", heard=heard("customer open", "2026-09-29 15:00", "T-1#1"))[0]


def test_the_digest_is_the_same_in_every_language_and_process(settings):
    clock = start("2026-09-30 16:30")
    engine.observe(clock, [heard("wait", "2026-09-30 17:00", "T-1#2", hold="customer")])
    engine.observe(clock, [heard("resume", "2026-10-08 09:00", "T-1#3")])
    proofs = []
    for language, zone in (("zh-hans", "Asia/Shanghai"), ("en", "America/St_Johns")):
        with translated(language), timezone.override(zone):
            proofs.append(proof_of(only(clock)))
    assert proofs[0].digest == proofs[1].digest
    written = document("T-1", proofs[0].milestone, proofs[0].pieces, proofs[0].facts)
    program = "import json,sys,sla.proof.proofs as p; print(p.digest(json.loads(sys.stdin.read())))"
    prepared = f"import django; django.setup(); {program}"
    elsewhere = subprocess.run(
        [sys.executable, "-c", prepared],
        input=json.dumps(dict(reversed(written.items()))),
        env={**os.environ, "PYTHONHASHSEED": "7", "DJANGO_SETTINGS_MODULE": "config.settings", "LC_ALL": "C",
             "SHOUYUE_PROCESS": "test"},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert elsewhere == proofs[0].digest


def test_a_proof_of_last_year_is_derived_after_newer_hours_and_rules__C42():
    clock = start("2026-09-30 16:30")
    engine.observe(clock, [heard("resolve", "2026-10-08 10:00", "T-1#2")])
    first = proof_of(only(clock))
    CalendarVersion.objects.filter(code="a5").update(is_current=False)
    calendar_row("a5", version=2, intervals=(("00:00", "24:00"),), days=WEEKDAYS)
    Policy.objects.filter(code="plain").update(is_current=False)
    policy_row("plain", RESOLUTION | {"amount": Decimal(60)}, version=2)
    assert proof_of(only(clock)).digest == first.digest
    again = derived(only(clock))
    assert (again.digest, again.due_at) == (first.digest, first.due_at)


def test_a_digest_printed_before_more_happened_is_found_again():
    clock = start("2026-09-30 16:30")
    printed = [proof_of(only(clock)).digest]
    for fact in (
        heard("wait", "2026-09-30 17:00", "T-1#2", hold="customer"),
        heard("resume", "2026-10-08 09:00", "T-1#3"),
        heard("resolve", "2026-10-09 10:00", "T-1#4"),
    ):
        engine.observe(clock, [fact])
        printed.append(proof_of(only(clock)).digest)
    engine.withdraw(clock, source="T-1#4", at=beijing("2026-10-09 11:00"))
    assert len(set(printed)) == 4
    assert proof_of(only(clock)).digest == printed[2]
    found = [true_as_of(only(clock), digest) for digest in printed]
    assert found == [
        beijing(at) for at in ("2026-09-30 16:30", "2026-09-30 17:00", "2026-10-09 11:00", "2026-10-09 10:00")
    ]
    assert true_as_of(only(clock), "0" * 64) is None


def test_whatever_is_stored_otherwise_shows():
    clock = start("2026-09-30 16:30")
    Milestone.objects.filter(clock=clock).update(due_at=beijing("2026-10-20 10:00"))
    assert derived(only(clock)).digest != proof_of(only(clock)).digest


def test_a_year_of_pieces_adds_up():
    clock = start("2026-01-05 09:00", RESOLUTION | {"amount": Decimal(2000 * 3600)})
    assert len(pieces_of(only(clock))) > 900
    assert hours(2000) == proof_of(only(clock)).counted
