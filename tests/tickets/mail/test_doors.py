"""The doors of mail against real ones: an IMAP server, a pipe, and signed HTTP."""

import imaplib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from imaplib import IMAP4
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from config.launch.ports import free_port
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import new_key
from tests.tickets.mail.conftest import Post
from tests.world import World
from tickets.actions import hooks
from tickets.actions.mail import Settings, keep_mailbox
from tickets.channels import imap, secrecy
from tickets.channels.secrecy import SecretError, secret_at
from tickets.channels.webhook import new_secret, signature
from tickets.models import InboundEvent, Mail, Mailbox, Ticket
from tickets.rounds import polling


class Server:
    """A real IMAP server on loopback, with one mailbox."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connected(self) -> IMAP4:
        connection = IMAP4("127.0.0.1", self.port, timeout=5)
        connection.login("demouser", "demopass")
        return connection

    def put(self, raw: bytes) -> None:
        connection = self.connected()
        connection.append("INBOX", None, None, raw)
        connection.logout()

    def read(self, place: int) -> None:
        """Read a mail as a person in another program does."""
        connection = self.connected()
        connection.select("INBOX")
        number = connection.uid("SEARCH", "ALL")[1][0].split()[place].decode()
        connection.uid("STORE", number, "+FLAGS", r"(\Seen)")
        connection.logout()

    def unseen(self) -> int:
        connection = self.connected()
        connection.select("INBOX", readonly=True)
        found = connection.uid("SEARCH", "UNSEEN")[1][0]
        connection.logout()
        return len(found.split())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return an IMAP server that runs for this module's tests."""
    port = free_port()
    program = Path(sys.executable).parent / "pymap"
    command = [str(program), "--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = Server(port)
    for _try in range(100):
        try:
            found.connected().logout()
            break
        except OSError:
            time.sleep(0.1)
    yield found
    child.terminate()
    child.wait(10)


@pytest.fixture
def read_box(server: Server, post: Post, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """Return YonSuite's mailbox, on that server, with what lies there read already."""
    found = Settings(
        "YonSuite", post.mailbox.address, "yonsuite", host="127.0.0.1", port=server.port, security="plain",
        username="demouser", password="env:MAILBOX_TEST",
    )  # fmt: skip
    monkeypatch.setenv("MAILBOX_TEST", "demopass")
    monkeypatch.setenv("MAILBOX_WRONG", "hunter2x")
    keep_mailbox(mailbox=post.mailbox, settings=found, actor=post.world.agent)
    polling.poll_mail()
    Mail.objects.all().delete()
    post.mailbox.refresh_from_db()
    assert post.mailbox.error == ""
    return post.mailbox


def test_new_mail_is_fetched_taken_in_and_marked_as_read_once(server: Server, read_box: Mailbox, post: Post):
    unseen = server.unseen()
    server.put(post.written(post.world.yonsuite.contact.email, "月结", "正文").as_bytes())
    with clock_at("2026-11-24 10:00"):
        assert polling.poll_mail() == 1
        assert polling.poll_mail() == 0
    assert (Mail.objects.get().ticket.subject, server.unseen()) == ("月结", unseen)


def test_a_mail_that_cannot_be_understood_stops_no_other(
    server: Server, read_box: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch
):
    server.put(b"Subject: bad\r\n\r\nbad")
    server.put(post.written(post.world.yonsuite.contact.email, "好的", "正文").as_bytes())
    take = hooks.take

    def failing(*, event: InboundEvent, at: object) -> object:
        if b"Subject: bad" in bytes(event.raw):
            raise RuntimeError("poison")
        return take(event=event, at=at)  # type: ignore[arg-type]

    monkeypatch.setattr(hooks, "take", failing)
    assert polling.poll_mail() == 2
    assert Mail.objects.get().subject == "好的"
    assert bytes(InboundEvent.objects.get(state="received").raw).startswith(b"Subject: bad")


def test_a_server_that_counts_anew_brings_nothing_twice(server: Server, read_box: Mailbox, post: Post):
    server.put(post.written(post.world.yonsuite.contact.email, "月结", "正文").as_bytes())
    polling.poll_mail()
    Mailbox.objects.update(uid_validity=1)
    connection = server.connected()
    connection.select("INBOX")
    connection.uid("STORE", "1:*", "-FLAGS", r"(\Seen)")
    connection.logout()
    assert polling.poll_mail() > 0
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"password": "env:MAILBOX_WRONG"}, "error"),
        ({"password": "env:MAILBOX_NONE"}, "MAILBOX_NONE"),
        ({"folder": "没有"}, "NO"),
        ({"port": 1}, "Refused"),
        ({"security": "tls"}, "Error"),
    ],
)
def test_a_mailbox_that_cannot_be_read_says_why_and_stops_no_other(
    change: dict[str, str], word: str, read_box: Mailbox, server: Server
):
    Mailbox.objects.update(**change)
    assert polling.poll_mail() == 0
    read_box.refresh_from_db()
    assert word.lower() in read_box.error.lower()
    assert "hunter2x" not in read_box.error
    assert read_box.polled_at is not None


def test_a_mail_longer_than_we_take_is_read_as_far_as_that(
    server: Server, read_box: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "LARGEST", 2_000)
    server.put(post.written(post.world.yonsuite.contact.email, "很长", "x" * 70 + "\n" * 9_000).as_bytes())
    polling.poll_mail()
    assert Mail.objects.get().ticket.subject == "很长"


def test_what_people_had_read_before_is_not_ours_and_what_they_read_since_is(
    server: Server, read_box: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch
):
    who = post.world.yonsuite.contact.email
    for subject in ("旧的未读一", "旧的已读", "旧的未读二"):
        server.put(post.written(who, subject, "正文").as_bytes())
    server.read(-2)
    Mailbox.objects.update(uid_validity=None, last_uid=0)
    monkeypatch.setattr(polling, "MOST", 1)
    polling.poll_mail()
    polling.poll_mail()
    polling.poll_mail()
    server.put(post.written(who, "刚来就被人读了", "正文").as_bytes())
    server.read(-1)
    polling.poll_mail()
    subjects = Mail.objects.order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == ["旧的未读一", "旧的未读二", "刚来就被人读了"]


def test_a_mail_that_the_server_will_not_hand_over_stops_no_other(
    server: Server, read_box: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch
):
    for subject in ("坏的", "好的"):
        server.put(post.written(post.world.yonsuite.contact.email, subject, "正文").as_bytes())
    uid, spoilt = imaplib.IMAP4.uid, read_box.last_uid + 1

    def refusing(self: IMAP4, command: str, *args: str) -> tuple[str, list[bytes]]:
        return ("NO", [b"spoilt"]) if (command, args[0]) == ("FETCH", str(spoilt)) else uid(self, command, *args)

    monkeypatch.setattr(imaplib.IMAP4, "uid", refusing)
    assert (polling.poll_mail(), polling.poll_mail()) == (2, 0)
    assert Mail.objects.get().subject == "好的"
    assert InboundEvent.objects.get(state="failed").error == f"IMAP {spoilt}: NO spoilt"


def test_a_password_is_only_looked_for_where_mailboxes_have_theirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("MAILBOX_DESK", "s3cret")
    monkeypatch.setattr(secrecy, "FOLDER", tmp_path)
    (tmp_path / "desk").write_text("from a file\n")
    assert [secret_at(place) for place in ("env:MAILBOX_DESK", "file:desk", "")] == ["s3cret", "from a file", ""]
    for place in ("env:SECRET_KEY", "env:PATH", "file:../../etc/passwd", "file:/etc/passwd", "file:none", "hunter2x"):
        with pytest.raises(SecretError):
            secret_at(place)


def test_a_folder_s_name_is_written_as_imap_has_it():
    assert imap._quoted('收件箱 "a"&b') == '"&ZTZO9nux- \\"a\\"&-b"'


def piped(address: str, raw: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
    with pytest.raises(SystemExit) as ended:
        call_command("receive_mail", mailbox=address, stdout=io.StringIO(), stderr=io.StringIO())
    return int(ended.value.code or 0)


def test_a_piped_mail_is_answered_as_mail_servers_expect(world: World, post: Post, monkeypatch: pytest.MonkeyPatch):
    raw = post.written(world.yonsuite.contact.email, "月结", "正文").as_bytes()
    assert piped("Support@YonSuite.example", raw, monkeypatch) == 0
    assert piped("support@yonsuite.example", raw, monkeypatch) == 0
    assert Ticket.objects.count() == 1
    assert piped("nobody@yonsuite.example", raw, monkeypatch) == 67
    assert piped("support@yonsuite.example", b"", monkeypatch) == 65
    monkeypatch.setattr(hooks, "take", lambda **_given: 1 / 0)
    assert piped("support@yonsuite.example", b"Subject: x\n\ny", monkeypatch) == 0
    monkeypatch.setattr(
        "tickets.management.commands.receive_mail.keep", lambda **_given: (_ for _ in ()).throw(OSError)
    )
    assert piped("support@yonsuite.example", raw, monkeypatch) == 75


SECRET = new_secret()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"webhook-signature": "v1,AAAA"}, 403),
        ({"webhook-signature": ""}, 403),
        ({"webhook-timestamp": "1"}, 403),
        ({"webhook-timestamp": "x"}, 403),
        ({"webhook-id": "other"}, 403),
        ({"secret": ""}, 403),
        ({"mailbox": "other@x.example"}, 400),
        ({"body": b"  "}, 400),
    ],
)
def test_mail_over_http_is_signed_and_kept_whatever_it_is(change: dict, status: int, world: World, post: Post):
    body = change.get("body", post.written(world.yonsuite.contact.email, "月结", "正文").as_bytes())
    options = {"mailbox": change.get("mailbox", post.mailbox.address)}
    key = new_key("intake:email", signing_secret=change.get("secret", SECRET), options=options)
    at = int(beijing("2026-09-28 09:00").timestamp())
    headers = {"webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": signature(SECRET, "m1", at, body)}
    headers |= {name: value for name, value in change.items() if name.startswith("webhook-")}
    with clock_at("2026-09-28 09:01"):
        answer = Client().post(f"/hooks/mail/{key}/", body, content_type="message/rfc822", headers=headers)
        again = Client().post(f"/hooks/mail/{key}/", body, content_type="message/rfc822", headers=headers)
    assert (answer.status_code, again.status_code) == (status, status), answer.content
    assert Ticket.objects.count() == (status == 200)
    assert InboundEvent.objects.filter(raw=body).count() == 2
    if status == 200:
        assert answer.json()["ticket"] == again.json()["ticket"] == Ticket.objects.get().number
