"""The same message many times at once, and messages that were left half-way: one ticket each, none lost."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection

import pytest
from django.db import OperationalError, connection, transaction

from sla.clock import database_now
from tests.clocks import set_clock
from tests.keys import new_key
from tests.world import World
from tickets.actions import inbound
from tickets.actions.inbound import receive
from tickets.actions.redriving import redrive_inbound
from tickets.models import Delivery, IdempotencyKey, InboundEvent, Ticket

TWINS = 10


@pytest.fixture
def knock(transactional_db, live_server) -> Callable[..., list[tuple[int, dict, dict]]]:
    """Return a function that sends the same bodies at one instant over as many connections."""
    secret = new_key("intake:portal")

    def send(bodies: list[dict], key: str = "") -> list[tuple[int, dict, dict]]:
        together = threading.Barrier(len(bodies))

        def one(said: dict) -> tuple[int, dict, dict]:
            wire = HTTPConnection(live_server.thread.host, live_server.thread.port, timeout=30)
            headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            headers |= {"Idempotency-Key": key} if key else {}
            together.wait()
            wire.request("POST", "/api/v1/intake/portal/", json.dumps(said), headers)
            answer = wire.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.headers)

        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(one, bodies))

    return send


@pytest.fixture
def said(transactional_db):
    world = World()
    return {
        "external_id": "form-1",
        "contact": {"id": world.yonsuite.contact.pk},
        "product": world.yonsuite.product.code,
        "category": "fault",
        "subject": "月结报错",
        "body": "结账时提示科目余额不平。",
    }


def one_ticket(answers):
    assert [status for status, _body, _headers in answers] == [201] * len(answers), answers
    assert len({body["ticket"] for _status, body, _headers in answers}) == 1
    assert Ticket.objects.count() == 1
    assert Delivery.objects.count() == 1
    assert Ticket.objects.get().ticket_clocks.count() == 1
    assert sum("Idempotent-Replayed" in headers for _status, _body, headers in answers) == len(answers) - 1


def test_ten_at_once_with_one_external_id_are_one_ticket__C44(knock, said):
    one_ticket(knock([said] * TWINS))
    assert InboundEvent.objects.filter(state="accepted", ticket=Ticket.objects.get()).count() == TWINS


def test_ten_at_once_with_one_key_are_one_ticket_and_one_answer__C44(knock, said):
    answers = knock([said] * TWINS, key="k-1")
    one_ticket(answers)
    assert len({json.dumps(body, sort_keys=True) for _status, body, _headers in answers}) == 1
    assert IdempotencyKey.objects.get().status == 201


def test_ten_at_once_of_different_messages_are_ten_tickets(knock, said):
    answers = knock([said | {"external_id": f"form-{number}"} for number in range(TWINS)])
    assert len({body["ticket"] for _status, body, _headers in answers}) == TWINS


def test_a_twin_that_waits_too_long_is_told_to_come_again(knock, said):
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            key = inbound.ApiKey.objects.get()
            IdempotencyKey.objects.create(scope=str(key.series), route="intake:portal", key="k-1", fingerprint="x")
            begun.set()
            done.wait(20)
            transaction.set_rollback(True)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    ((status, body, headers),) = knock([said], key="k-1")
    done.set()
    holder.join()
    assert (status, body["code"]) == (409, "in_progress")
    assert headers["Retry-After"] == "1"
    # What came in was kept, so it is taken in even if its sender never comes again.
    set_clock(database_now() + timedelta(minutes=1))
    assert redrive_inbound() == 1
    assert InboundEvent.objects.get().ticket == Ticket.objects.get()
    set_clock(database_now() - timedelta(minutes=1))


@pytest.fixture
def left(world, body):
    """Return a function that keeps a message whose request was cut off before it was understood."""
    secret = new_key("intake:portal")
    key = inbound.ApiKey.objects.get(prefix=secret[:8])

    def keep(**change) -> InboundEvent:
        raw = json.dumps(body | change).encode()
        at = database_now() - timedelta(seconds=6)
        return receive(
            channel="portal", api_key=key, raw=raw, content_type="application/json", idempotency_key="", at=at
        )

    return keep


def test_what_was_left_half_way_becomes_a_ticket_as_of_when_it_came(left):
    event = left()
    assert redrive_inbound() == 1
    event.refresh_from_db()
    assert (event.state, event.ticket.opened_at) == ("accepted", event.received_at)
    assert redrive_inbound() == 0


def test_what_has_just_come_is_left_to_its_request(left):
    event = left()
    InboundEvent.objects.filter(pk=event.pk).update(received_at=database_now() - timedelta(seconds=4))
    assert redrive_inbound() == 0


def test_what_was_left_and_cannot_be_read_is_refused(left):
    event = left(category="weather")
    assert redrive_inbound() == 1
    event.refresh_from_db()
    assert (event.state, "category" in event.error) == ("refused", True)


def test_one_poisoned_message_stops_no_other_and_is_given_up_after_five_tries(left, monkeypatch):
    bad, good = left(external_id="bad"), left(external_id="good")
    real = inbound.stand_up

    def fail(*, opening, at, told_at):
        if opening.external_id == "bad":
            raise OperationalError("disk full")
        return real(opening=opening, at=at, told_at=told_at)

    monkeypatch.setattr(inbound, "stand_up", fail)
    assert redrive_inbound() == 2
    good.refresh_from_db()
    assert good.state == "accepted"
    assert redrive_inbound() == 0
    for _try in range(4):
        InboundEvent.objects.filter(pk=bad.pk).update(retry_at=None)
        assert redrive_inbound() == 1
    bad.refresh_from_db()
    assert (bad.state, bad.attempts, bad.error) == ("failed", 5, "OperationalError: disk full")


def test_a_message_whose_key_was_deleted_is_refused(left):
    event = left()
    inbound.ApiKey.objects.all().delete()
    redrive_inbound()
    event.refresh_from_db()
    assert event.state == "refused"


def test_keys_are_forgotten_after_seven_days(post, body):
    post(body, HTTP_IDEMPOTENCY_KEY="k-1")
    IdempotencyKey.objects.update(created_at=database_now() - timedelta(days=6, hours=23))
    redrive_inbound()
    assert IdempotencyKey.objects.count() == 1
    IdempotencyKey.objects.update(created_at=database_now() - timedelta(days=7, minutes=1))
    redrive_inbound()
    assert IdempotencyKey.objects.count() == 0
    assert post(body, HTTP_IDEMPOTENCY_KEY="k-1").json()["ticket"] == Ticket.objects.get().number
