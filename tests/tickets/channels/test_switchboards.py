"""What the forms of switchboards make of recorded payloads, and how they check and answer: pure, without a database."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tickets.actions.calls.folding import Told, fold
from tickets.channels.base import MalformedError
from tickets.channels.hook import Asked, KeyFacts, Outcome, SignatureError, Verdict
from tickets.channels.huawei_cec import HuaweiCec
from tickets.channels.huawei_cec import signed as huawei_signed
from tickets.channels.tencent import Tencent
from tickets.channels.twilio import Twilio
from tickets.channels.twilio import signed as twilio_signed

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "hotline"
URL = "https://desk.example/hooks/twilio/syk_x/"
TWILIO, TENCENT, HUAWEI = Twilio(), Tencent(), HuaweiCec()


def asked(form, name, *, query=None, headers=None, url=URL):
    body = (PAYLOADS / form.key / name).read_bytes().rstrip(b"\n")
    return Asked("POST", url, headers or {}, query or {}, body)


def story(form, *names, query=None, options=None):
    happenings = [one for name in names for one in form.read(asked(form, name, query=query), options or {})]
    return fold(Told(one.kind, one.key, one.at, one.fields) for one in happenings if one.at)


def test_twilio_tells_a_call_from_ring_to_end__Y08():
    folded = story(TWILIO, "completed.txt", "leg-answered.txt", "ringing.txt", "leg-ringing.txt")
    assert (folded.state, folded.caller, folded.called) == ("ended", "+8613800000001", "+864006600588")
    assert (folded.extension, folded.direction) == ("8001", "in")
    assert (folded.answered_at - folded.rang_at).total_seconds() == 12
    assert story(TWILIO, "ringing.txt", "no-answer.txt").state == "missed"
    (menu,) = TWILIO.read(asked(TWILIO, "digits.txt"), {})
    assert (menu.kind, menu.fields["menu"], menu.at) == ("menu", "6", None)
    (recording,) = TWILIO.read(asked(TWILIO, "recording.txt"), {})
    assert recording.fields == {"url": "https://api.twilio.com/2010-04-01/Accounts/AC0a/Recordings/RE33"}


@pytest.mark.parametrize("zone", ["%2B0000", "-0000", "GMT"])
def test_twilio_tells_time_in_utc_however_it_says_so__Y08(zone):
    body = (PAYLOADS / "twilio" / "ringing.txt").read_bytes().strip()
    said = [pair for pair in body.decode().split("&") if not pair.startswith("Timestamp=")]
    sent = "&".join([*said, f"Timestamp=Mon%2C+28+Sep+2026+01%3A00%3A00+{zone}"]).encode()
    (rang,) = TWILIO.read(Asked("POST", URL, {}, {}, sent), {})
    assert rang.at == datetime(2026, 9, 28, 1, tzinfo=UTC)


def test_a_menu_or_a_voice_bot_answers_for_no_person__K02_K08():
    (said,) = TWILIO.read(asked(TWILIO, "bot.txt"), {})
    assert (said.kind, said.fields["hand_off"]) == ("transcript", True)
    assert [line["who"] for line in said.fields["lines"]] == ["caller", "bot"]
    body = (PAYLOADS / "twilio" / "ringing.txt").read_bytes().replace(b"ringing", b"in-progress")
    answered = Asked("POST", URL, {}, {}, body.strip())
    assert [one.kind for one in TWILIO.read(answered, {})] == ["answered"]
    assert TWILIO.read(answered, {"answers": "ivr"}) == []


@pytest.mark.parametrize("url", [URL, "https://desk.example:443/hooks/twilio/syk_x/"])
def test_twilio_signs_the_address_and_the_sorted_fields__Y08(url):
    params = parse_qsl((PAYLOADS / "twilio" / "ringing.txt").read_text().strip())
    headers = {"x-twilio-signature": twilio_signed(url, params, "token")}
    TWILIO.check(asked(TWILIO, "ringing.txt", headers=headers), KeyFacts("token"))
    # As the vendor's own library signs it: worked out once by hand.
    assert (
        twilio_signed("https://a.example/x", [("b", "2"), ("a", "1")], "12345")
        == base64.b64encode(__import__("hmac").new(b"12345", b"https://a.example/xa1b2", "sha1").digest()).decode()
    )
    with pytest.raises(SignatureError):
        TWILIO.check(asked(TWILIO, "completed.txt", headers=headers), KeyFacts("token"))


@pytest.mark.parametrize(
    ("form", "name", "headers"),
    [
        (TWILIO, "ringing.txt", {}),
        (TWILIO, "ringing.txt", {"x-twilio-signature": "é\udcff"}),
        (TENCENT, "cdr.json", {}),
        (TENCENT, "cdr.json", {"authorization": "Basic d3Jvbmc6b25l"}),
        (HUAWEI, "release.json", {}),
        (HUAWEI, "missing-key.json", {}),
    ],
)
def test_what_is_not_signed_by_the_secret_is_refused(form, name, headers):
    with pytest.raises(SignatureError):
        form.check(asked(form, name, headers=headers), KeyFacts("user:secret"))
    form.check(asked(form, name, headers=headers), KeyFacts())


def test_tencent_tells_a_whole_call_and_takes_basic_authentication__Y08():
    folded = story(TENCENT, "record.json", query={"action": "record", "version": "1"})
    assert folded.recording_url.startswith("http://recorder.cos")
    folded = story(TENCENT, "cdr.json", query={"action": "cdr"})
    assert (folded.state, folded.menu, folded.extension) == ("ended", "6", "8001")
    assert (folded.caller, (folded.answered_at - folded.rang_at).total_seconds()) == ("008613800000001", 12)
    assert story(TENCENT, "missed.json", query={"action": "cdr"}).state == "missed"
    assert story(TENCENT, "transcript.json", query={"action": "transcript"}).state == "ringing"
    headers = {"authorization": "Basic " + base64.b64encode(b"user:secret").decode()}
    TENCENT.check(asked(TENCENT, "cdr.json", headers=headers), KeyFacts("user:secret"))
    TENCENT.check(asked(TENCENT, "cdr.json", headers={"authorization": "Bearer tok"}), KeyFacts("tok"))
    assert TENCENT.read(asked(TENCENT, "cdr.json", query={"action": "voicemail"}), {}) == []


def test_huawei_tells_calls_by_the_list_in_local_time_and_signs_each__Y08():
    folded = story(HUAWEI, "release.json")
    assert (folded.state, folded.extension, folded.menu) == ("ended", "8001", "6")
    assert folded.rang_at.isoformat() == "2026-09-28T01:00:06+00:00"
    assert story(HUAWEI, "release.json", options={"zone": "UTC"}).rang_at.hour == 9
    assert folded.recording_url == ""
    near = story(HUAWEI, "release.json", options={"recordings": "https://rec.example/r/"})
    assert near.recording_url == "https://rec.example/r/Y:/record/20260928/1037058396471308289.V3"
    assert len({one.external_id for one in HUAWEI.read(asked(HUAWEI, "missed.json"), {})}) == 2
    said = {"b": "2", "a": 1, "c": "x y", "timestamp": 5, "nonce": "n"}
    expected = base64.b64encode(hashlib.sha256(b"key_5_n_a=1,b=2,c=xy").digest()).decode()
    assert huawei_signed(said, "key") == expected
    body = json.dumps(said | {"signature": expected}).encode()
    HUAWEI.check(Asked("POST", URL, {}, {}, body), KeyFacts("key"))


@pytest.mark.parametrize(
    ("form", "name", "query"),
    [(TWILIO, "missing-key.txt", {}), (TENCENT, "missing-key.json", {}), (HUAWEI, "missing-key.json", {})],
)
def test_a_call_without_its_id_cannot_be_read_and_is_told_so(form, name, query):
    with pytest.raises(MalformedError) as found:
        form.read(asked(form, name, query=query), {})
    assert found.value.errors[0].code == "missing"


BROKEN = [b"", b"\xff\xfe\x00", b"[", b"[]", b"7", b'"x"', b"[" * 5000, b"null", b"[1]", b'{"SessionId": {}}', b"\x00"]


@pytest.mark.parametrize("form", [TENCENT, HUAWEI, TWILIO])
@pytest.mark.parametrize("body", BROKEN)
def test_no_body_breaks_a_form(form, body):
    request = Asked("POST", URL, {}, {}, body)
    with pytest.raises((MalformedError, SignatureError)):
        form.check(request, KeyFacts("user:secret"))
    with pytest.raises(MalformedError):
        form.read(request, {})


@pytest.mark.parametrize("form", [TWILIO, HUAWEI])
def test_an_event_that_is_none_of_ours_tells_nothing(form):
    name = "unknown-event.txt" if form is TWILIO else "unknown-event.json"
    assert form.read(asked(form, name), {}) == []


@pytest.mark.parametrize(
    ("form", "fine", "refused"),
    [
        (TWILIO, b"<Response/>", b"<Response><!-- no\xe2\x80\x90no -->"),
        (TENCENT, b'{"ErrCode":0,"ErrMsg":"ok"}', b'{"ErrCode":403,"ErrMsg":"no-no"}'),
        (HUAWEI, b'{"retCode":"0","retMsg":"success"}', b'{"retCode":"403","retMsg":"no-no"}'),
    ],
)
def test_every_switchboard_is_answered_in_its_own_form__Y08(form, fine, refused):
    reply = form.answer(Outcome(Verdict.TAKEN))
    assert (reply.status, fine in reply.body) == (200, True)
    reply = form.answer(Outcome(Verdict.BAD_SIGNATURE, "no-no"))
    assert (reply.status, refused in reply.body) == (403, True)
