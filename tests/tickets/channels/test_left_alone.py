"""Programs that ask to be left alone, and programs that take nothing: called again when they say, or no more."""

from datetime import timedelta

import pytest

from sla.clock import database_now
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.channels.test_webhook import Receiver, endpoint, queued, receiver, say, state  # noqa: F401
from tests.world import World
from tickets.channels.webhook import Heard
from tickets.models import Bulletin, Delivery, DeliveryTry, WebhookEndpoint
from tickets.rounds.calling import PATIENCE, call_webhooks
from tickets.telling import mail
from tickets.telling.outbox import TRIES

State = Delivery.State


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [("600", 600), (" 1 ", 1), ("0", 1), ("Mon, 28 Sep 2026 03:10:00 GMT", 600), ("Mon, 28 Sep 2026 02:00:00 GMT", 1),
     ("9" * 40, 86_400), ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400), ("", None), ("soon", None), ("-5", None)],
)  # fmt: skip
def test_a_wish_to_be_left_alone_is_read_as_seconds_or_as_a_date(wish: str, seconds: int | None):
    found = Heard(429, b"", wish).wish(beijing("2026-09-28 11:00"))
    assert (found and found.total_seconds()) == seconds


def test_who_says_when_to_come_again_is_left_alone_until_then(
    world: World,
    endpoint: WebhookEndpoint,  # noqa: F811
    receiver: Receiver,  # noqa: F811
):
    [row] = queued(world, endpoint)
    receiver.answer = lambda handler: say(handler, 503, **{"Retry-After": "7200"})
    due = beijing("2026-09-28 11:00:10")
    with clock_at(due):
        call_webhooks()
    receiver.answer = lambda handler: say(handler, 200)
    assert state(row) == (State.QUEUED, 1)
    assert row.not_before >= due + timedelta(hours=2)
    assert DeliveryTry.objects.get().outcome == "busy"
    with clock_at(due + timedelta(minutes=119)):
        assert call_webhooks() == 0
    with clock_at(due + timedelta(minutes=121)):
        assert call_webhooks() == 1
    assert state(row) == (State.SENT, 2)


def test_somebody_is_told_once_that_nothing_gets_through_long_before_it_is_given_up(
    world: World,
    endpoint: WebhookEndpoint,  # noqa: F811
    receiver: Receiver,  # noqa: F811
):
    rows = queued(world, endpoint, 2)
    Delivery.objects.filter(channel="webhook").update(attempts=PATIENCE - 1)
    receiver.answer = lambda handler: say(handler, 500)
    for _time in rows:
        call_webhooks()
        WebhookEndpoint.objects.update(rests_until=None)
    endpoint.refresh_from_db()
    assert (endpoint.is_active, Bulletin.objects.get().fields["is_off"]) == (True, False)
    letter = Delivery.objects.get(kind="bulletin", user=world.manager)
    mail.render(letter, at=database_now())
    assert "消息送不到" in letter.subject


def test_a_program_that_takes_nothing_for_two_days_is_switched_off_and_somebody_told(
    world: World,
    endpoint: WebhookEndpoint,  # noqa: F811
    receiver: Receiver,  # noqa: F811
):
    [row] = queued(world, endpoint)
    Delivery.objects.filter(pk=row.pk).update(attempts=TRIES - 1)
    receiver.answer = lambda handler: say(handler, 404)
    call_webhooks()
    endpoint.refresh_from_db()
    assert (state(row)[0], endpoint.is_active, endpoint.note) == (State.FAILED, False, "HTTP 404")
    assert Bulletin.objects.get().fields == {"name": endpoint.name, "why": "HTTP 404", "kind": "webhook"}
