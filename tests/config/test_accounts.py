"""Signing in, out, and setting a password by mail."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.urls import reverse

from config import tasks
from config.accounts import throttle, views
from config.celery import app
from plans.models import Role, User
from tests.conftest import Mailbox
from tests.world import World, person

SIGN_IN = "/sign-in/"
SECRET = "算盘打得噼啪响"
SAME_ANSWER = "用户名、邮箱或密码不对"


@pytest.fixture
def user(db: None) -> User:
    """Return an agent with a password."""
    found = person("li.gong", "李工")
    found.set_password(SECRET)
    found.save()
    return found


@pytest.fixture(autouse=True)
def own_counts(settings: Any) -> None:
    """Count each test's tries by themselves."""
    settings.REDIS_PREFIX = f"{uuid4()}:"


@pytest.fixture
def workers() -> Iterator[None]:
    """Let what a worker would do happen at once."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def sign_in(client: Client, name: str, secret: str = SECRET, **more: str) -> Any:
    return client.post(SIGN_IN, {"username": name, "password": secret} | more)


@pytest.mark.parametrize("name", ["li.gong", "li.gong@shouyue.example", "LI.GONG@shouyue.example"])
def test_people_sign_in_by_name_or_by_mail(client: Client, user: User, name: str) -> None:
    response = sign_in(client, name)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_sign_in_gets_a_new_session(client: Client, user: User) -> None:
    client.get(SIGN_IN)
    client.post("/language/", {"language": "en", "next": "/"})
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    sign_in(client, "li.gong")
    assert client.session.session_key not in (None, before)


@pytest.mark.parametrize(
    ("name", "secret"), [("nobody", SECRET), ("li.gong", "wrong"), ("li.gong@shouyue.example", "x")]
)
def test_whatever_is_wrong_the_answer_is_the_same(client: Client, user: User, name: str, secret: str) -> None:
    response = sign_in(client, name, secret)
    assert response.status_code == 200
    assert SAME_ANSWER in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_one_who_left_is_answered_as_one_who_never_was(client: Client, user: User) -> None:
    user.is_active = False
    user.save()
    assert SAME_ANSWER in sign_in(client, "li.gong").content.decode()


def test_an_unknown_name_costs_a_hash_too(client: Client, user: User, settings: Any, monkeypatch: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user.set_password(SECRET)
    user.save()
    hashed: list[str] = []
    encode = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *said: hashed.append("once") or encode(*said))
    for name in ("nobody", "li.gong"):
        hashed.clear()
        sign_in(client, name, "wrong")
        assert hashed == ["once"], name


def test_who_tries_too_often_waits_even_with_the_right_password(client: Client, user: User) -> None:
    for _ in range(throttle.SIGN_IN["pair"]):
        sign_in(client, "li.gong", "wrong")
    response = sign_in(client, "li.gong")
    assert response.status_code == 429
    assert "试的次数太多了" in response.content.decode()


def test_who_was_right_begins_anew(client: Client, user: User) -> None:
    name = "li.gong@shouyue.example"
    for _ in range(2 * throttle.SIGN_IN["pair"]):
        sign_in(client, name, "wrong" if _ % 5 else SECRET)
        client.logout()
    assert sign_in(client, name).status_code == 302


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "https:evil.example",
     "javascript:alert(1)", "http://testserver@evil.example/", "///evil.example", "/%2f\\evil.example\r\nX: y"],
)  # fmt: skip
def test_next_stays_on_the_host(client: Client, user: User, address: str) -> None:
    for response in (
        sign_in(client, "li.gong", next=address),
        client.post("/theme/", {"theme": "dark", "next": address}),
    ):
        assert response.status_code == 302
        where = urlsplit(response["Location"])
        assert (where.netloc, where.scheme) == ("", "")
        assert "evil" not in where.netloc


def test_one_signs_out_by_post_alone(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_every_change_wants_a_token(user: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    for path in (SIGN_IN, "/sign-out/", "/password/", "/language/", "/theme/"):
        response = strict.post(path, {})
        assert response.status_code == 403, path
        assert "这个页面放得太久了" in response.content.decode()


def test_the_front_door_leads_everybody_to_their_place(client: Client, world: World) -> None:
    assert client.get("/")["Location"] == SIGN_IN
    client.force_login(world.agent)
    assert client.get("/")["Location"] == reverse("console:queue")
    client.force_login(world.yonsuite.contact.user)
    assert client.get("/")["Location"] == reverse("portal:home")


def test_pages_come_in_the_readers_language_and_mail_follows(client: Client, world: World) -> None:
    contact = world.yonsuite.contact
    client.force_login(contact.user)
    assert "您好" in client.get("/portal/").content.decode()
    client.post("/language/", {"language": "en", "next": "/portal/"})
    assert '<html lang="en"' in client.get("/portal/").content.decode()
    contact.refresh_from_db()
    assert (contact.reads, contact.user.language) == ("en", "en")


def test_a_language_that_does_not_exist_changes_nothing(client: Client, world: World) -> None:
    contact = world.yonsuite.contact
    client.force_login(contact.user)
    client.post("/language/", {"language": "xx'; --", "next": "/"})
    contact.refresh_from_db()
    assert contact.reads == "zh-hans"


def ask(client: Client, email: str, **more: Any) -> Any:
    return client.post("/password/", {"email": email}, **more)


def link_in(mailbox: Mailbox) -> str:
    [letter] = mailbox.messages
    found = re.search(r"https?://\S+", letter.get_content())
    assert found is not None
    return found.group()


def new_password(client: Client, link: str, secret: str) -> Any:
    form = client.get(urlsplit(link).path, follow=True)
    return client.post(form.redirect_chain[-1][0], {"new_password1": secret, "new_password2": secret})


@pytest.mark.usefixtures("workers")
def test_a_forgotten_password_is_set_anew_by_mail(client: Client, user: User, mailbox: Mailbox) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)
    assert ask(client, "li.gong@shouyue.example").status_code == 302
    link = link_in(mailbox)
    assert link.startswith(settings.PUBLIC_URL)
    assert "李工" in mailbox.messages[0].get_content()
    assert new_password(client, link, "新密码足够长了吧好的").status_code == 302
    assert sign_in(client, "li.gong", "新密码足够长了吧好的").status_code == 302
    assert elsewhere.get("/")["Location"] == SIGN_IN
    used = Client().get(urlsplit(link).path, follow=True)
    assert "这个链接已失效" in used.content.decode()


@pytest.mark.usefixtures("workers")
def test_one_who_never_had_a_password_sets_the_first_one(client: Client, world: World, mailbox: Mailbox) -> None:
    user = person("new.hand", "新人", Role.CUSTOMER)
    user.set_unusable_password()
    user.save()
    ask(client, user.email)
    assert new_password(client, link_in(mailbox), "第一个密码要够长才行").status_code == 302


@pytest.mark.usefixtures("workers")
def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, user: User, mailbox: Mailbox) -> None:
    known, unknown = ask(client, user.email), ask(client, "nobody@shouyue.example")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [letter["To"] for letter in mailbox.messages] == [user.email]


def test_the_page_itself_sends_nothing_so_it_takes_no_longer(client: Client, user: User, monkeypatch: Any) -> None:
    published: list[Any] = []
    monkeypatch.setattr(tasks.send_reset, "apply_async", lambda **said: published.append(said["args"]))
    for email in (user.email, "nobody@shouyue.example"):
        ask(client, email)
    assert published == [(user.email,), ("nobody@shouyue.example",)]


@pytest.mark.usefixtures("workers")
def test_the_link_never_follows_what_a_request_says_of_its_host(client: Client, user: User, mailbox: Mailbox) -> None:
    ask(client, user.email, headers={"host": "localhost", "x-forwarded-host": "evil.example"})
    assert link_in(mailbox).startswith(settings.PUBLIC_URL)


@pytest.mark.usefixtures("workers")
def test_a_link_ends_when_the_address_changes(client: Client, user: User, mailbox: Mailbox) -> None:
    ask(client, user.email)
    user.email = "other@shouyue.example"
    user.save()
    assert "这个链接已失效" in client.get(urlsplit(link_in(mailbox)).path, follow=True).content.decode()


@pytest.mark.usefixtures("workers")
def test_one_link_does_not_open_another_users_door(client: Client, user: User, mailbox: Mailbox, world: World) -> None:
    ask(client, user.email)
    path = urlsplit(link_in(mailbox)).path
    mine = tasks.reset_letter(user).body.split("/new/")[1].split("/")[0]
    theirs = tasks.reset_letter(world.agent).body.split("/new/")[1].split("/")[0]
    assert "这个链接已失效" in client.get(path.replace(mine, theirs), follow=True).content.decode()


def test_links_live_for_a_day_at_most() -> None:
    assert settings.PASSWORD_RESET_TIMEOUT <= 24 * 3600


@pytest.mark.usefixtures("workers")
def test_nobody_is_flooded_with_links(client: Client, user: User, mailbox: Mailbox) -> None:
    for _ in range(throttle.RESET["name"] + 3):
        assert ask(client, user.email).status_code == 302
    assert len(mailbox.messages) == throttle.RESET["name"]


@pytest.mark.usefixtures("workers")
def test_a_mail_server_that_refuses_breaks_no_page(client: Client, user: User, mailbox: Mailbox) -> None:
    mailbox.refuse = lambda envelope: "451 later"
    assert ask(client, user.email).status_code == 302


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "密码至少要有 10 个字符。"), ("en", "has at least 10 characters")]
)
def test_a_short_password_is_refused_in_the_readers_language(
    client: Client, user: User, language: str, words: str
) -> None:
    client.post("/language/", {"language": language, "next": "/"})
    assert words in new_password(client, link_of(user), "短").content.decode()


def link_of(user: User) -> str:
    found = re.search(r"https?://\S+", str(tasks.reset_letter(user).body))
    assert found is not None
    return found.group()


@pytest.mark.parametrize(
    ("status", "said"), [(400, "这次请求没有读懂"), (405, "这个地址不能直接打开"), (500, "这一步没有做成")]
)
def test_what_is_refused_or_fails_is_told_on_a_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    if status == 500:
        monkeypatch.setattr(views, "redirect", None)
    client.raise_request_exception = False
    host = {"host": "evil.example"} if status == 400 else {}
    answer = client.get("/sign-out/" if status == 405 else "/", headers=host)
    assert answer.status_code == status
    assert f"<h1>{said}</h1>" in answer.content.decode()
