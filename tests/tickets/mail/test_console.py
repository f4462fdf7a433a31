"""Mail in the console: what waits, what is done about it, and what nobody may see of it."""

import base64

import pytest
from django.test import Client

from plans.models import Role, User
from tests.tickets.mail.conftest import Post
from tests.world import World, person
from tickets.console.mail.pictures import with_pictures
from tickets.mailing import Enclosed
from tickets.mailing.pages import safe
from tickets.models import Mail, Mailbox, Ticket


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_is_no_ticket_is_seen_opened_joined_and_put_aside(world: World, post: Post):
    client = signed_in(world.agent)
    one = post.send("private@elsewhere.example", "月结打不开", "我是王会计。")
    assert "月结打不开" in client.get("/console/mail/").content.decode()
    page = f"/console/mail/{one.pk}/"
    assert "未登记" in client.get(page).content.decode()
    assert client.post(f"{page}open/", {"who": "谁也不是"}).status_code == 200
    assert client.post(f"{page}add/", {"number": "T-1999-000001"}).status_code == 409
    answer = client.post(f"{page}open/", {"who": world.yonsuite.contact.email, "category": "fault"})
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/console/tickets/{ticket.number}/"
    assert ticket.category == "fault"
    assert client.post(f"{page}discard/").status_code == 409
    other = post.send("ads@elsewhere.example", "买吗", "便宜")
    client.post(f"/console/mail/{other.pk}/add/", {"number": ticket.number})
    third = post.send("ads@elsewhere.example", "又来", "便宜")
    client.post(f"/console/mail/{third.pk}/discard/")
    assert list(Mail.objects.order_by("pk").values_list("state", flat=True)) == ["opened", "added", "discarded"]
    assert "又来" in client.get("/console/mail/?view=aside").content.decode()
    assert "又来" in client.get("/console/mail/?view=all&page=1000").content.decode()


def test_what_a_mail_quotes_is_folded_in_the_ticket(world: World, post: Post):
    ticket = world.open_ticket()
    post.send(world.yonsuite.contact.email, f"Re: {ticket.number}", "还是不行。\n\n> 旧的话")
    page = signed_in(world.agent).get(f"/console/tickets/{ticket.number}/").content.decode()
    assert "旧的话" in page
    assert "发件人未经验证" in page
    portal = signed_in(world.yonsuite.contact.user).get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "还是不行。" in portal
    assert "旧的话" not in portal


def test_a_mail_s_page_is_shut_off(world: World, post: Post):
    message = post.written("x@elsewhere.example", "页", "文字")
    message.add_alternative('<p>你好<script>x()</script><img src="cid:a@b"></p>', "html")
    page = message.get_payload()[1]
    page.add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<a@b>")
    mail = post.bring(message.as_bytes())
    client = signed_in(world.agent)
    assert "image.png" in client.get(f"/console/mail/{mail.pk}/").content.decode()
    shown = client.get(f"/console/mail/{mail.pk}/original/")
    assert "script" not in shown.content.decode()
    assert "data:image/png;base64" in shown.content.decode()
    assert shown["Content-Security-Policy"].startswith("sandbox; default-src 'none'; img-src data:;")
    kept = client.get(f"/console/mail/{mail.pk}/raw/")
    assert kept["Content-Disposition"].startswith("attachment")


def test_a_mail_s_pictures_are_those_that_came_with_it():
    png = b"\x89PNG\r\n\x1a\nabc"
    files = [
        Enclosed("a.png", "image/svg+xml", png, "p1@x"), Enclosed("b.svg", "image/png", b"<svg onload=x()>", "p2@x"),
        Enclosed("c.png", "image/png", png),
    ]  # fmt: skip
    page = safe('<img src="cid:p1%40x" alt="图"><img src="CID:p2@x"><img src="cid:p3@x" alt="没有"><img src="//t/x">')
    shown = with_pictures(page, files)
    assert f'src="data:image/png;base64,{base64.b64encode(png).decode()}"' in shown
    assert shown.count("src=") == 1
    assert 'alt="没有"' in shown


@pytest.mark.parametrize("who", ["customer", "partner", "nobody"])
@pytest.mark.parametrize("path", ["", "{pk}/", "{pk}/original/", "{pk}/raw/"])
def test_mail_without_ticket_is_ours_alone(who: str, path: str, world: World, post: Post):
    mail = post.send("x@elsewhere.example", "秘密主题", "秘密")
    user = {"customer": world.yonsuite.contact.user, "partner": person("partner", "伙伴", "partner"), "nobody": None}[
        who
    ]
    client = signed_in(user) if user else Client()
    answer = client.get(f"/console/mail/{path.format(pk=mail.pk)}")
    assert "秘密" not in answer.content.decode()
    assert answer.status_code in (200, 302, 404)


def test_a_mailbox_is_laid_down_and_no_password_is_taken(world: World):
    client = signed_in(world.manager)
    said = {
        "name": "服务", "address": "Help@yonsuite.example", "vendor": "yonsuite", "host": "imap.example", "port": "993",
        "security": "tls", "username": "help", "password": "env:MAILBOX_HELP", "folder": "INBOX", "is_active": "on",
    }  # fmt: skip
    for typed in ("hunter2x", "env:SECRET_KEY", "file:/etc/passwd"):
        assert client.post("/console/rules/mailboxes/new/", said | {"password": typed}).status_code == 422
    assert client.post("/console/rules/mailboxes/new/", said).status_code == 302
    box = Mailbox.objects.get()
    page = f"/console/rules/mailboxes/{box.pk}/"
    assert client.post(page, said | {"host": "https://bad/"}).status_code == 422
    assert client.post(page, said | {"name": "新名"}).status_code == 302
    box.refresh_from_db()
    assert (box.name, box.password) == ("新名", "env:MAILBOX_HELP")
    assert client.post("/console/rules/mailboxes/new/", said | {"address": "help@YONSUITE.example"}).status_code == 422
    Mailbox.objects.update(error="ConnectionRefusedError: [Errno 111] Connection refused")
    for path in ("/console/rules/mailboxes/", page):
        assert "服务器拒绝连接，请检查地址和端口。" in client.get(path).content.decode()
    assert signed_in(world.lead).get("/console/rules/mailboxes/").status_code == 200
    assert signed_in(world.agent).get("/console/rules/mailboxes/").status_code == 403


def test_an_administrator_keeps_mailboxes_and_reads_mail_alone(world: World, post: Post):
    mail = post.send("x@elsewhere.example", "怎么登录")
    client = signed_in(person("root", "沈管理", Role.ADMIN))
    said = {
        "name": "服务", "address": "desk@kingdee.example", "vendor": "kingdee", "host": "imap.example", "port": "993",
        "security": "tls", "username": "desk", "folder": "INBOX", "trusted_server": "", "is_active": "on",
    }  # fmt: skip
    refused = client.post("/admin/tickets/mailbox/add/", said | {"password": "hunter2x"})
    assert "这里不写密码本身" in refused.content.decode()
    assert client.post("/admin/tickets/mailbox/add/", said | {"password": "file:desk"}).status_code == 302
    box = Mailbox.objects.get(address="desk@kingdee.example")
    page = f"/admin/tickets/mailbox/{box.pk}/change/"
    assert client.post(page, said | {"password": "file:desk", "name": "新名"}).status_code == 302
    box.refresh_from_db()
    assert (box.name, box.password) == ("新名", "file:desk")
    page = f"/admin/tickets/mail/{mail.pk}/change/"
    assert f"/console/mail/{mail.pk}/" in client.get(page).content.decode()
    assert client.post(page, {"subject": "x"}).status_code == 403
