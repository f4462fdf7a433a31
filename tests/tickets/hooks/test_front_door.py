"""The front door of webhooks, with a form made up here: what every form can rely on."""

import json
import logging
from datetime import timedelta

import pytest
import structlog
from django.db import connection

from config.masking import masked
from plans.models import ApiKey
from sla.clock import database_now
from tests.clocks import set_clock
from tests.keys import new_key
from tickets.actions import hooks
from tickets.actions.redriving import redrive_inbound
from tickets.channels.base import FieldError, MalformedError
from tickets.channels.hook import Happening, Hook, Outcome, SignatureError, Verdict, in_json, is_same_secret
from tickets.channels.registry import HOOKS
from tickets.models import InboundEvent

pytestmark = pytest.mark.django_db


class Bell(Hook):
    """A form that rings: signed by a plain secret, answered with a number."""

    key, channel = "bell", "hotline"
    methods = frozenset({"GET", "POST"})
    keeps = ("x-bell-sign",)
    limit = 1000

    def check(self, request, key):
        if key.secret and not is_same_secret(request.headers.get("x-bell-sign", ""), key.secret):
            raise SignatureError("wrong sign")

    def challenge(self, request, key):
        return in_json(200, {"echo": request.query["echo"]}) if "echo" in request.query else None

    def read(self, request, options):
        said = json.loads(request.body) if request.body.startswith(b"{") else None
        if said is None:
            raise MalformedError([FieldError("", "malformed_json", "no JSON")])
        return [Happening(said["kind"], said["id"])] if said["kind"] == "rang" else []

    def answer(self, outcome):
        return in_json(outcome.status, {"bell": 0 if outcome.is_fine else 1, "said": outcome.message})


@pytest.fixture
def rung(monkeypatch):
    """Have the form known here, and return what its taker was given."""
    told: list[str] = []

    def take(event, happenings, at):
        told.extend(one.external_id for one in happenings)
        event.external_id = happenings[0].external_id
        return Outcome(Verdict.TAKEN)

    monkeypatch.setitem(HOOKS, "bell", Bell())
    monkeypatch.setitem(hooks.TAKERS, "bell", take)
    return told


@pytest.fixture
def ring(client, rung):
    """Return a function that calls the door, each time with the same key unless another is given."""
    own = new_key("intake:hotline", signing_secret="s3cret")

    def call(body=b'{"kind": "rang", "id": "c-1"}', *, key=own, method="post", sign="s3cret", query=""):
        return getattr(client, method)(
            f"/hooks/bell/{key}/{query}", body, content_type="application/json", HTTP_X_BELL_SIGN=sign
        )  # fmt: skip

    return call


def kept():
    return [(event.adapter, event.channel, bytes(event.raw), event.state) for event in InboundEvent.objects.all()]


def test_what_came_is_kept_with_what_reading_needs_and_taken_once__Y08(ring, rung):
    answer = ring(query="?version=1")
    assert (answer.status_code, answer.json()) == (200, {"bell": 0, "said": ""})
    assert kept() == [("bell", "hotline", b'{"kind": "rang", "id": "c-1"}', "accepted")]
    event = InboundEvent.objects.get()
    assert event.headers == {":method": "POST", ":query": "version=1", "x-bell-sign": "s3cret"}
    assert (event.external_id, rung) == ("c-1", ["c-1"])
    assert answer["Referrer-Policy"] == "no-referrer"
    assert hooks.take(event=event, at=database_now()).is_fine
    assert rung == ["c-1"]


@pytest.mark.parametrize(
    ("said", "status", "state"),
    [
        ({"sign": "other"}, 403, "refused"),
        ({"sign": ""}, 403, "refused"),
        ({"body": b"\xff\xfe"}, 400, "refused"),
        ({"body": b'{"kind": "moved", "id": "c-1"}'}, 200, "passed"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_in_its_form_and_its_bytes_are_kept__Y08(ring, rung, said, status, state):
    answer = ring(**said)
    assert answer.status_code == status
    assert answer.json()["bell"] == (0 if status == 200 else 1)
    ((_adapter, _channel, raw, found),) = kept()
    assert (raw, found) == (said.get("body", b'{"kind": "rang", "id": "c-1"}'), state)
    assert InboundEvent.objects.get().error
    assert rung == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"key": "syk_nobody_has_this_one"}, 401),
        ({"body": b"x" * 1001}, 413),
        ({"method": "put"}, 405),
    ],
)
def test_who_may_not_come_in_is_told_so_in_its_form_and_leaves_nothing__Y08(ring, said, status):
    answer = ring(**said)
    assert (answer.status_code, answer.json()["bell"]) == (status, 1)
    assert answer.json()["said"]
    assert kept() == []


def test_while_our_own_secret_cannot_be_opened_the_sender_is_told_to_come_again(ring, rung, settings):
    settings.SEALING_KEYS = ["n" * 40]
    answer = ring()
    assert (answer.status_code, answer.json()["bell"], rung) == (503, 1, [])
    event = InboundEvent.objects.get()
    assert (event.state, "plans.apikey.signing_secret" in event.error) == ("refused", True)
    assert "plans.apikey" not in answer.json()["said"]


def test_a_key_of_another_channel_or_a_revoked_one_opens_nothing(ring):
    other = new_key("intake:im")
    assert ring(key=other).status_code == 401
    ApiKey.objects.filter(prefix=other[:8]).update(scopes=["intake:hotline"], revoked_at=database_now())
    assert ring(key=other).status_code == 401
    assert kept() == []


def test_a_form_that_nobody_knows_is_a_problem_with_the_names_of_those_we_know(client):
    answer = client.post("/hooks/gramophone/syk_whatever/", b"{}", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "unknown_adapter"


def test_a_question_whether_we_are_there_is_answered_and_not_kept(ring):
    assert ring({}, method="get", query="?echo=hello").json() == {"echo": "hello"}
    assert kept() == []


def test_no_last_slash_is_no_redirect(client, ring, rung):
    secret = new_key("intake:hotline")
    answer = client.post(f"/hooks/bell/{secret}", b'{"kind": "rang", "id": "c-2"}', content_type="text/plain")
    assert (answer.status_code, rung) == (200, ["c-2"])


def test_too_many_in_a_minute_are_told_when_to_come_again(ring, settings):
    settings.REQUESTS_PER_MINUTE = {"hooks": 2}
    assert [ring().status_code for _turn in range(3)] == [200, 200, 429]
    answer = ring()
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["bell"] == 1


def test_what_fell_between_the_two_transactions_is_taken_by_itself__Y08(ring, rung, monkeypatch):
    fine = hooks.TAKERS["bell"]
    monkeypatch.setitem(hooks.TAKERS, "bell", lambda *given: 1 // 0)
    answer = ring()
    assert (answer.status_code, answer.json()["bell"]) == (200, 0)
    assert [state for *_rest, state in kept()] == ["received"]
    monkeypatch.setitem(hooks.TAKERS, "bell", fine)
    assert redrive_inbound() == 0
    set_clock(database_now() + timedelta(seconds=10))
    assert redrive_inbound() == 1
    assert ([state for *_rest, state in kept()], rung) == (["accepted"], ["c-1"])
    set_clock(database_now() - timedelta(seconds=10))


def test_what_never_succeeds_is_given_up_and_says_why(ring, monkeypatch):
    monkeypatch.setitem(hooks.TAKERS, "bell", lambda *given: 1 // 0)
    ring()
    InboundEvent.objects.update(attempts=9, received_at=database_now() - timedelta(hours=1))
    assert redrive_inbound() == 1
    event = InboundEvent.objects.get()
    assert (event.state, event.error.split(":")[0]) == ("failed", "ZeroDivisionError")


def test_no_log_ever_holds_a_key(ring, caplog):
    secret = new_key("intake:hotline")
    line = f'{{"event": "Not Found: /hooks/bell/{secret}/", "referer": "https://x.example/hooks/bell/{secret}?a=1"}}'
    assert secret not in masked(line)
    assert masked(line).count("/hooks/bell/•••") == 2
    assert secret[4:] not in masked(f"Traceback: hash of {secret} is wrong")
    for path in ("console/accounts/-/calendar/{}/owed.ics", "portal/service/-/updates/{}/", "password/new/Mg/{}/"):
        assert "s3cr-et" not in masked(f"Not Found: /{path.format('s3cr-et_0')}")
    assert masked("syv_abcdefgh whsec_MfKQ9r/8+g== sent") == "••• ••• sent"
    told = 'DETAIL: (tencent, 013800000001, +60312345678, 8613900000012) "at": 13800000001, 2026-11-22T18:11:37.240447Z'
    kept = 'DETAIL: (tencent, •••01, •••78, •••12) "at": 13800000001, 2026-11-22T18:11:37.240447Z'
    assert masked(told) == kept
    steps = logging.getLogger().handlers
    formatters = [one.formatter for one in steps if isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)]
    assert formatters
    record = logging.LogRecord("django.request", 40, __file__, 1, "Not Found: %s", (f"/hooks/bell/{secret}/",), None)
    assert all(secret not in one.format(record) and "•••" in one.format(record) for one in formatters)


def test_every_form_is_done_by_somebody():
    assert HOOKS.keys() == hooks.TAKERS.keys()
    assert all(form.key == name for name, form in HOOKS.items())
    assert connection.vendor == "postgresql"
