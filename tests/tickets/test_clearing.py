"""What is not kept for ever: removed at night in pieces, by the days of its kind, never what is open or proves."""

import hashlib
import os
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from plans import keeping
from sla.clock import database_now
from tests.clocks import clock_at
from tests.world import World
from tickets.actions import clearing
from tickets.models import (
    Attachment,
    Call,
    CallEvent,
    Chat,
    ChatFile,
    ChatMessage,
    Clearing,
    Delivery,
    DeliveryTry,
    InboundEvent,
    Mail,
    Visitor,
)
from tickets.rounds import clearing as nights

pytestmark = pytest.mark.django_db
OLD = timedelta(days=400)


def came(state: str, **more) -> InboundEvent:
    """Return what came in long ago."""
    at = database_now() - OLD
    return InboundEvent.objects.create(channel="im", raw=b"{}", headers={"x": "1"}, received_at=at, state=state, **more)


def cleared() -> dict[str, int]:
    """Remove all there is to remove and return how much of each kind it was."""
    clearing.begin(at=database_now())
    while clearing.go_on(at=database_now()):
        pass
    return Clearing.objects.latest("pk").removed


def test_bytes_go_after_their_days_and_never_of_what_is_open(world: World, settings):
    ended, working = world.open_ticket("旧的"), world.open_ticket("还在办")
    type(ended).objects.filter(pk=ended.pk).update(status="closed")
    done, lost = came("accepted", ticket=ended), came("failed")
    kept = [came("accepted", ticket=working), came("received"), came("refused")]
    at = kept[2].received_at
    Mail.objects.create(event=kept[2], digest="a", kind="human", state="waiting", received_at=at)
    fresh = InboundEvent.objects.create(channel="im", raw=b"{}", received_at=database_now(), state="accepted")
    left = came("passed")
    Mail.objects.create(event=left, digest="b", kind="list", state="ignored", received_at=at)
    letters = Delivery.objects.filter(ticket=ended)
    letters.update(state="sent", rendered=b"MIME", queued_at=at)
    (letter,) = letters[:1]
    tried = DeliveryTry.objects.create(delivery=letter, at=at, outcome="sent")
    told = cleared()
    assert {name: told[name] for name in ("raw", "dead", "mails", "tries")} == {
        "raw": 2, "dead": 1, "mails": 1, "tries": 1,
    }  # fmt: skip
    assert told["letters"] == letters.count()
    for row in (done, lost, left):
        row.refresh_from_db()
        assert (bytes(row.raw), row.headers, row.state in ("accepted", "failed", "passed")) == (b"", {}, True)
    for row in (*kept, fresh):
        row.refresh_from_db()
        assert bytes(row.raw) == b"{}"
    letter.refresh_from_db()
    assert (letter.rendered, letter.address != "", DeliveryTry.objects.filter(pk=tried.pk).exists()) == (
        None,
        True,
        False,
    )
    assert Mail.objects.get().state == "waiting"
    settings.KEEP_DAYS = dict.fromkeys(settings.KEEP_DAYS, 0)
    came("accepted", ticket=ended)
    assert cleared() == {}


def test_what_strangers_said_goes_and_that_they_were_there_stays(
    world: World, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    at = database_now() - OLD
    known, unknown = [
        Visitor.objects.create(token_hash=name, expires_at=at, contact=contact)
        for name, contact in (("a", world.yonsuite.contact), ("b", None))
    ]
    chats = {}
    for number, visitor in enumerate((known, unknown)):
        chat = Chat.objects.create(
            code=f"C-{number}", vendor="yonyou", visitor=visitor, contact=visitor.contact, state="ended", opened_at=at,
            ended_at=at, page="https://erp.example/?me=1", message_count=1,
        )  # fmt: skip
        said = ChatMessage.objects.create(chat=chat, number=1, author_kind="customer", body="我叫张三", at=at)
        digests = [keeping.store(b"own"), keeping.store(b"shared")] if visitor is unknown else []
        ChatFile.objects.bulk_create(
            [ChatFile(message=said, name="a", content_type="x", size=3, sha256=one) for one in digests]
        )
        chats[visitor.pk] = chat
    ticket = world.open_ticket("月结报错")
    Attachment.objects.create(ticket=ticket, name="a", content_type="x", size=6, sha256=keeping.store(b"shared"))
    long_ago = 1_000_000_000
    for digest in (keeping.store(b"own"), keeping.store(b"shared")):
        os.utime(keeping.path_of(digest), (long_ago, long_ago))
    with django_capture_on_commit_callbacks(execute=True):
        assert cleared()["chats"] == 1
    digests = [hashlib.sha256(one).hexdigest() for one in (b"own", b"shared")]
    assert [keeping.path_of(one).exists() for one in digests] == [False, True]
    chat = Chat.objects.get(pk=chats[unknown.pk].pk)
    assert (chat.visitor, chat.page, chat.messages.get().body, chat.message_count) == (None, "", "", 1)
    assert list(Visitor.objects.all()) == [known]
    assert chats[known.pk].messages.get().body == "我叫张三"
    assert not ChatFile.objects.exists()


def test_recordings_and_transcripts_go_with_what_told_of_them(world: World):
    at = database_now() - OLD
    said = {"rang_at": at, "recording_url": "https://x.example/1.mp3", "transcript": [{"who": "caller", "text": "喂"}]}
    over, going = [Call.objects.create(code=state, state=state, **said) for state in ("ended", "answered")]
    for kind in ("rang", "recording", "transcript"):
        CallEvent.objects.create(call=over, kind=kind, key=kind, at=at, fields={"url": "https://x.example/1.mp3"})
    told = cleared()
    assert (told["recordings"], told["transcripts"]) == (1, 1)
    over.refresh_from_db()
    assert (over.recording_url, over.transcript, over.rang_at) == ("", [], at)
    assert list(over.events.values_list("kind", flat=True)) == ["rang"]
    going.refresh_from_db()
    assert going.recording_url


def test_it_goes_on_by_night_piece_by_piece_and_once_a_day(world: World, monkeypatch):
    monkeypatch.setattr(clearing, "PIECE", 2)
    with clock_at("2026-11-03 02:59"):
        assert not nights.step()
    with clock_at("2026-11-03 03:00"):
        old = database_now() - timedelta(days=1)
        Session.objects.bulk_create([Session(session_key=f"k{n}", session_data="", expire_date=old) for n in range(3)])
        assert nights.step()
        assert (Session.objects.count(), Clearing.objects.get().finished_at) == (1, None)
        # Killed and begun anew, it goes on where it was; another one is not begun beside it.
        clearing.begin(at=database_now())
        assert Clearing.objects.count() == 1
        assert [nights.step() for _piece in range(3)] == [True, True, False]
    row = Clearing.objects.get()
    assert (row.removed, row.finished_at is None) == ({"sessions": 3}, False)
    with clock_at("2026-11-04 09:00"):
        assert nights.step()
    assert Clearing.objects.count() == 2
