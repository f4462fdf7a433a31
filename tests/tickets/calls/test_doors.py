"""Bad input at the doors of switchboards, each answered in its sender's form; and calls as programs read them."""

import base64
import json
from urllib.parse import parse_qsl

import pytest

from plans.models import ApiKey
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.tickets.calls.conftest import FORM, PAYLOADS
from tickets.channels.huawei_cec import signed as huawei_signed
from tickets.channels.twilio import signed as twilio_signed
from tickets.models import Call, CallEvent, InboundEvent

pytestmark = pytest.mark.django_db
SECRET = "user:secret"
# A call of each form, and how it is signed by the secret.
FORMS = {"twilio": "completed.txt", "tencent": "cdr.json", "huawei-cec": "ring.json"}


@pytest.fixture(autouse=True)
def at_nine():
    with clock_at("2026-09-28 09:05"):
        yield


@pytest.fixture
def knock(client, world, settings):
    """Return a function that calls one form's door, signed unless told otherwise, and gives status and words."""
    settings.PUBLIC_URL = "https://desk.example"
    key = new_key("intake:hotline", signing_secret=SECRET, options={"vendor": "yonsuite"})

    def call(adapter, body=None, *, signs=True, query=""):
        body = (PAYLOADS / adapter / FORMS[adapter]).read_bytes().rstrip(b"\n") if body is None else body
        path = f"/hooks/{adapter}/{key}/{query}"
        headers = {}
        if signs and adapter == "twilio":
            params = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
            headers["HTTP_X_TWILIO_SIGNATURE"] = twilio_signed(f"https://desk.example{path}", params, SECRET)
        elif signs and adapter == "tencent":
            headers["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(SECRET.encode()).decode()
        elif signs and body.endswith(b"}"):
            said = json.loads(body) | {"timestamp": "1", "nonce": "n"}
            body = json.dumps(said | {"signature": huawei_signed(said, SECRET)}).encode()
        answer = client.post(path, body, content_type=FORM if adapter == "twilio" else "application/json", **headers)
        return answer.status_code, answer.content.decode()

    return call


OK = {"twilio": "<Response/>", "tencent": '"ErrCode":0', "huawei-cec": '"retCode":"0"'}
NO = {"twilio": "<Response><!--", "tencent": '"ErrCode":%d', "huawei-cec": '"retCode":"%d"'}


def refused(adapter, status):
    return NO[adapter] % status if "%d" in NO[adapter] else NO[adapter]


@pytest.mark.parametrize("adapter", FORMS)
def test_a_signed_event_is_taken_and_told_again_it_changes_nothing__Y08(knock, adapter):
    for _turn in range(2):
        status, words = knock(adapter)
        assert (status, OK[adapter] in words) == (200, True)
    assert Call.objects.count() == 1
    assert CallEvent.objects.count() == (3 if adapter == "tencent" else 1) + (adapter == "tencent")
    assert [event.state for event in InboundEvent.objects.all()] == ["accepted", "accepted"]


TRUNCATED = {
    "twilio": b"CallSid=CA1&CallStatus=%ff%fe",
    "tencent": b'{"SessionId": "x',
    "huawei-cec": b'{"callSerialNo',
}
CHARSET = {"twilio": b"CallSid=\xd6\xd0", "tencent": '{"SessionId":"中"}'.encode("gb18030"), "huawei-cec": b"\xd6\xd0"}
MISSING = {"twilio": b"CallStatus=ringing", "tencent": b'{"Caller":"138"}', "huawei-cec": b'{"called":"400"}'}
UNKNOWN = {
    "twilio": b"CallSid=CA1&StreamEvent=started",
    "tencent": b"{}",
    "huawei-cec": b'{"event":"x","callSerialNo":"1"}',
}


@pytest.mark.parametrize("adapter", FORMS)
def test_bad_input_is_answered_in_the_senders_form_and_kept__Y08(knock, adapter):
    assert knock(adapter, signs=False) == (403, knock(adapter, signs=False)[1])
    assert refused(adapter, 403) in knock(adapter, signs=False)[1]
    for body in (TRUNCATED[adapter], CHARSET[adapter]):
        status, words = knock(adapter, body)
        # What cannot be read cannot be shown to be signed either.
        assert status in (400, 403)
        assert refused(adapter, status) in words
        assert bytes(InboundEvent.objects.latest("pk").raw) == body
    status, words = knock(adapter, MISSING[adapter])
    assert (status, refused(adapter, 400) in words) == (400, True)
    status, words = knock(adapter, b"x" * (1024 * 1024 + 1))
    assert (status, refused(adapter, 413) in words) == (413, True)
    status, words = knock(adapter, UNKNOWN[adapter], query="?action=other" if adapter == "tencent" else "")
    assert (status, OK[adapter] in words) == (200, True)
    assert InboundEvent.objects.latest("pk").state == "passed"
    ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    status, words = knock(adapter)
    assert (status, refused(adapter, 401) in words) == (401, True)
    assert Call.objects.count() == 0


def test_programs_of_ours_read_calls_and_customers_do_not__Y08(client, hotline, world):
    for name in ("ringing", "digits", "leg-answered", "completed"):
        hotline(f"twilio/{name}.txt")
    hotline("tencent/missed.json")
    agent = bearer(new_key("api", user=world.agent))
    answer = client.get("/api/v1/calls/?page_size=1", **agent).json()
    assert (len(answer["results"]), bool(answer["next"])) == (1, True)
    (ended,) = client.get("/api/v1/calls/?state=ended", **agent).json()["results"]
    assert (ended["tenant"], ended["agent"], ended["contact"]) == ("YS", "agent", world.yonsuite.contact.pk)
    assert ended["answered_at"] == "2026-09-28T01:00:12Z"
    found = client.get(f"/api/v1/calls/{ended['code']}/", **agent).json()
    assert [event["kind"] for event in found["events"]][:2] == ["rang", "answered"]
    assert client.get("/api/v1/calls/?state=sleeping", **agent).status_code == 400
    assert client.get("/api/v1/calls/TEL-1/", **agent).status_code == 404
    customer = bearer(new_key("api", user=world.yonsuite.contact.user))
    assert client.get("/api/v1/calls/", **customer).status_code == 403
    assert client.get(f"/api/v1/calls/{ended['code']}/", **customer).status_code == 403
