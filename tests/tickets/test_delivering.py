"""Hop 3: rows become mail at least once, under one id and the same bytes, over a real SMTP server."""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from sla.clock import database_now
from tests.clocks import clock_at, reset_clock, set_clock
from tests.conftest import Mailbox
from tests.world import World
from tickets.channels import email
from tickets.models import Delivery
from tickets.rounds import delivering, dispatch
from tickets.rounds.delivering import deliver
from tickets.telling import mail, outbox
from tickets.telling.gathering import GATHERING
from tickets.telling.outbox import LEASE, TRIES, TRIES_TO_RENDER

State = Delivery.State


@pytest.fixture
def receipt(world: World) -> Delivery:
    """Return the queued receipt of a new ticket."""
    return Delivery.objects.get(ticket=world.open_ticket())


def later(delta: timedelta) -> None:
    """Move the database clock on."""
    set_clock(database_now() + delta)


@pytest.fixture(autouse=True)
def _clock_back(db: None):
    yield
    reset_clock()


def test_a_queued_mail_is_sent_once(mailbox: Mailbox, receipt: Delivery):
    assert deliver() == 1
    assert deliver() == 0
    receipt.refresh_from_db()
    assert (receipt.state, receipt.attempts, receipt.unknown_sends, receipt.lease_until) == (State.SENT, 1, 0, None)
    assert [message["Message-ID"] for message in mailbox.messages] == [receipt.message_id]


def test_one_connection_carries_a_whole_batch(mailbox: Mailbox, world: World, monkeypatch):
    for n in range(5):
        world.open_ticket(f"第{n}张")
    opened = []
    real = email.connected
    monkeypatch.setattr(email, "connected", lambda: opened.append(1) or real())
    assert deliver() == 5
    assert (len(mailbox.messages), len(opened)) == (5, 1)


def test_a_refusal_for_now_is_tried_again_later_with_the_same_bytes(mailbox: Mailbox, receipt: Delivery):
    mailbox.refuse = lambda envelope: "451 try later"
    deliver()
    receipt.refresh_from_db()
    first = bytes(receipt.rendered)
    assert (receipt.state, receipt.attempts, receipt.error[:3]) == (State.QUEUED, 1, "451")
    assert receipt.not_before > database_now() + timedelta(seconds=5)
    assert deliver() == 0
    mailbox.refuse = lambda envelope: None
    later(timedelta(minutes=1))
    deliver()
    receipt.refresh_from_db()
    assert (receipt.state, receipt.attempts, bytes(receipt.rendered)) == (State.SENT, 2, first)


def test_a_refusal_for_good_ends_it_and_the_others_go_on(mailbox: Mailbox, world: World):
    bad, good = (Delivery.objects.get(ticket=world.open_ticket(name)) for name in ("甲", "乙"))
    Delivery.objects.filter(pk=bad.pk).update(address="gone@nowhere.example")
    mailbox.refuse = lambda envelope: "550 no such user" if "gone@" in envelope.rcpt_tos[0] else None
    deliver()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.error[:3], good.state) == (State.FAILED, "550", State.SENT)
    later(timedelta(days=3))
    assert deliver() == 0


def test_waits_grow_and_end_in_a_dead_letter_after_two_days(mailbox: Mailbox, receipt: Delivery, monkeypatch):
    monkeypatch.setattr(outbox.random, "uniform", lambda low, high: 1.0)
    mailbox.refuse = lambda envelope: "421 busy"
    waits, began = [], database_now()
    while deliver():
        receipt.refresh_from_db()
        if receipt.state != State.QUEUED:
            break
        now = database_now()
        waits.append(round((receipt.not_before - now).total_seconds()))
        later(receipt.not_before - now + timedelta(milliseconds=1))
    assert waits[:5] == [15, 30, 60, 120, 240]
    assert (max(waits), receipt.state, receipt.attempts) == (3600, State.FAILED, TRIES)
    assert timedelta(days=1, hours=20) < database_now() - began < timedelta(days=3)


def test_a_server_that_is_away_costs_one_try_and_no_mail(settings, receipt: Delivery, world: World):
    other = Delivery.objects.get(ticket=world.open_ticket("乙"))
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert deliver() == 2
    for row in (receipt, other):
        row.refresh_from_db()
        assert (row.state, row.attempts, row.lease_until) == (State.QUEUED, 1, None)
        assert "refused" in row.error.lower()


def test_a_process_that_died_between_send_and_mark_sends_the_same_id_again__C34(
    mailbox: Mailbox, receipt: Delivery, monkeypatch
):
    def die(*_args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "end", die)
        with pytest.raises(SystemExit):
            deliver()
    assert deliver() == 0, "the lease is still held"
    later(LEASE + timedelta(seconds=1))
    deliver()
    receipt.refresh_from_db()
    assert (receipt.state, receipt.unknown_sends, receipt.attempts) == (State.SENT, 1, 2)
    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"] == receipt.message_id
    assert first.as_bytes() == second.as_bytes()


def test_who_overslept_the_lease_does_not_write_over_the_outcome(mailbox: Mailbox, receipt: Delivery, monkeypatch):
    real = email.send

    def slow(delivery: Delivery, server: object) -> None:
        real(delivery, server)
        Delivery.objects.filter(pk=delivery.pk).update(state=State.SENT, lease_until=None, error="by another")

    monkeypatch.setattr(email, "send", slow)
    deliver()
    receipt.refresh_from_db()
    assert receipt.error == "by another"


def test_a_mail_that_cannot_be_written_is_put_off_then_given_up(mailbox: Mailbox, world: World, monkeypatch):
    bad, good = (Delivery.objects.get(ticket=world.open_ticket(name)) for name in ("坏", "好"))
    real = mail.render

    def render(delivery: Delivery, *, at) -> bytes:
        if delivery.pk == bad.pk:
            raise ZeroDivisionError("a template that fails")
        return real(delivery, at=at)

    monkeypatch.setattr(mail, "render", render)
    for _ in range(TRIES_TO_RENDER):
        deliver()
        later(timedelta(hours=2))
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (good.state, bad.state, bad.attempts) == (State.SENT, State.FAILED, TRIES_TO_RENDER)
    assert bad.error == "ZeroDivisionError: a template that fails"


def test_what_the_tick_has_no_time_for_is_given_back_untouched(mailbox: Mailbox, receipt: Delivery):
    assert deliver(within=0) == 0
    receipt.refresh_from_db()
    assert (receipt.attempts, receipt.lease_until, receipt.state) == (0, None, State.QUEUED)


def test_the_watchdog_leaves_alone_what_is_not_late(mailbox: Mailbox, world: World):
    row = Delivery.objects.get(ticket=world.open_ticket(at=database_now()))
    assert deliver(later_than=timedelta(seconds=3)) == 0
    later(timedelta(seconds=4))
    assert deliver(later_than=timedelta(seconds=3)) == 1
    row.refresh_from_db()
    assert row.state == State.SENT


def breached(world: World, count: int) -> None:
    for n in range(count):
        world.open_ticket(f"第{n}张", at="2026-09-28 09:00")
    Delivery.objects.all().delete()


def by_reader(mailbox: Mailbox) -> dict[str, list[EmailMessage]]:
    found: dict[str, list[EmailMessage]] = {}
    for message in mailbox.messages:
        found.setdefault(str(message["To"].addresses[0].addr_spec), []).append(message)
    return found


@pytest.mark.parametrize("count", [1, 2, 60])
def test_many_breaches_at_once_are_one_mail_a_reader__C30(mailbox: Mailbox, world: World, count: int):
    breached(world, count)
    with clock_at("2026-09-28 11:01"):
        while not dispatch.sweep():
            pass
        later(GATHERING)
        while not dispatch.send_mail():
            pass
    received = by_reader(mailbox)
    assert set(received) == {person.email for person in (world.lead, world.success_manager, world.technical_manager)}
    assert {len(messages) for messages in received.values()} == {1}
    assert Delivery.objects.filter(state=State.SENT).count() == 3 * count
    [digest] = received[world.lead.email]
    text = digest.get_body(("plain",)).get_content()
    assert text.count("/console/tickets/") == count
    lead = Delivery.objects.get(message_id=str(digest["Message-ID"]))
    assert lead.carried.count() == count - 1


def test_a_digest_that_is_refused_for_good_ends_all_it_carries(mailbox: Mailbox, world: World):
    breached(world, 12)
    mailbox.refuse = lambda envelope: "550 no" if world.lead.email in envelope.rcpt_tos else None
    with clock_at("2026-09-28 11:01"):
        dispatch.sweep()
        dispatch.send_mail()
    assert set(Delivery.objects.filter(user=world.lead).values_list("state", flat=True)) == {State.FAILED}
    assert Delivery.objects.filter(state=State.FAILED).count() == 12


def test_an_administrator_sends_a_dead_letter_again(mailbox: Mailbox, receipt: Delivery, admin_client):
    mailbox.refuse = lambda envelope: "550 no such user"
    deliver()
    mailbox.refuse = lambda envelope: None
    assert "550" in admin_client.get("/admin/tickets/delivery/?state__exact=failed").content.decode()
    admin_client.post("/admin/tickets/delivery/", {"action": "send_again", "_selected_action": [receipt.pk]})
    assert deliver() == 1
    receipt.refresh_from_db()
    assert (receipt.state, receipt.error) == (State.SENT, "")
    assert [message["Message-ID"] for message in mailbox.messages] == [receipt.message_id]
