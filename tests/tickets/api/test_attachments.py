"""Files that come along: kept by their digest, given back as downloads only, and only to those who see the ticket."""

import hashlib
import re
from base64 import b64encode

import pytest

from plans.keeping import path_of, safe_name
from tests.keys import bearer, new_key
from tickets.actions import ticket as act
from tickets.actions.attachments import attach
from tickets.channels.base import File
from tickets.models import Attachment, InboundEvent, Message, Ticket

HTML = b"<script>alert(document.cookie)</script>"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def kept(post, body):
    file = {"name": "月结.html", "content_type": "text/html", "base64": b64encode(HTML).decode()}
    assert post(body | {"attachments": [file]}).status_code == 201
    return Attachment.objects.get()


@pytest.fixture
def colleague(world):
    """Return another contact of the same customer, who sees only their own tickets."""
    return world._contact(world.yonsuite.customer, "同事").user


def test_a_file_is_kept_under_its_digest_with_the_message(kept, folder):
    assert kept.sha256 == hashlib.sha256(HTML).hexdigest()
    assert path_of(kept.sha256).read_bytes() == HTML
    assert path_of(kept.sha256).parent.parent == folder
    assert (kept.name, kept.content_type, kept.size) == ("月结.html", "text/html", len(HTML))
    assert kept.message == kept.ticket.messages.get()


def test_a_file_is_only_ever_a_download(client, kept, agent):
    answer = client.get(f"/attachments/{kept.pk}/", **agent)
    assert answer.content == HTML
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E6%9C%88%E7%BB%93.html"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_a_file_is_given_to_those_who_see_the_ticket_alone(client, kept, world, agent, customer, colleague):
    url, absent = f"/attachments/{kept.pk}/", f"/attachments/{kept.pk + 1000}/"
    assert client.get(url, **agent).status_code == 200
    assert client.get(url, **customer).status_code == 200
    strangers = [{}, bearer("syk_wrong"), bearer(new_key("api", user=world.stranger.user))]
    strangers += [bearer(new_key("api", user=colleague)), bearer(new_key("intake:portal", user=world.agent))]
    for header in strangers:
        other, nothing = client.get(url, **header), client.get(absent, **header)
        assert other.status_code == nothing.status_code == 404
        assert alike(other, kept.pk) == alike(nothing, kept.pk + 1000)


def alike(answer, key):
    """Return a page without the key that was asked for and the token that is new on every page."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value|content)="[^"]+"', "", answer.content.decode())
    return page.replace(f"/{key}/", "")


def test_a_session_opens_a_file_as_a_key_does(client, kept, world):
    client.force_login(world.yonsuite.contact.user)
    assert client.get(f"/attachments/{kept.pk}/").status_code == 200
    client.force_login(world.stranger.user)
    assert client.get(f"/attachments/{kept.pk}/").status_code == 404


def test_a_file_of_an_internal_note_is_for_agents_only(client, kept, world, agent, customer):
    act.note(ticket=kept.ticket, body="内部", actor=world.agent, at=kept.ticket.opened_at)
    note = Message.objects.get(is_public=False)
    (secret,) = attach(message=note, files=[File("log.txt", "text/plain", b"secret")])
    assert client.get(f"/attachments/{secret.pk}/", **agent).status_code == 200
    assert client.get(f"/attachments/{secret.pk}/", **customer).status_code == 404
    assert "log.txt" not in client.get(f"/api/v1/tickets/{kept.ticket.number}/events/", **customer).content.decode()
    assert "log.txt" in client.get(f"/api/v1/tickets/{kept.ticket.number}/events/", **agent).content.decode()


def test_a_file_whose_bytes_are_gone_is_absent(client, kept, agent):
    path_of(kept.sha256).unlink()
    assert client.get(f"/attachments/{kept.pk}/", **agent).status_code == 404


def test_the_same_bytes_are_kept_once(post, body, folder):
    file = {"name": "a.png", "base64": b64encode(b"same").decode()}
    post(body | {"attachments": [file, file | {"name": "b.png"}]})
    assert Attachment.objects.count() == 2
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_too_many_files_open_nothing_and_are_named(post, body):
    answer = post(body | {"attachments": [{"name": "a", "base64": ""}] * 11})
    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"message": ""} == {"field": "attachments", "code": "too_many", "message": ""}
    assert "10" in answer.json()["errors"][0]["message"]
    assert (Ticket.objects.count(), InboundEvent.objects.get().state) == (0, "refused")


@pytest.mark.parametrize(
    ("sent", "kept_as"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\月结.xlsx", "月结.xlsx"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ('x";rm -rf *.sh', "x_;rm -rf _.sh"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("...", "file"),
        ("", "file"),
        ("字" * 300 + ".pdf", "字" * 116 + ".pdf"),
        (".htaccess", "htaccess"),
    ],
)
def test_names_mean_the_same_on_every_system(sent, kept_as):
    assert safe_name(sent) == kept_as


def test_a_missing_file_and_a_missing_page_look_alike_under_the_api(client, agent, world):
    answer = client.get("/api/v1/nothing/", **agent)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer["Content-Type"] == "application/problem+json"
