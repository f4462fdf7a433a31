"""The chat's web API: who may ask what, with which token, from which page."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from sla.clock import database_now
from tests.clocks import clock_at
from tests.tickets.chat.browser import HOST, SECRET, Browser, let, signed, site
from tests.tickets.chat.conftest import Talks
from tests.world import World
from tickets.actions import chat as acts
from tickets.chat.identity import IdentityError, read_identity
from tickets.models import Chat, Delivery, Ticket, Visitor
from tickets.telling.occasions import Occasion
from tickets.telling.writers import write

NOON = "2026-09-28 10:00"
ALL = [
    ("GET", "chat/"), ("POST", "chat/"), ("GET", "messages/"), ("POST", "messages/"), ("POST", "files/"),
    ("GET", "files/1/"), ("POST", "hand-off/"), ("POST", "typing/"), ("POST", "read/"), ("GET", "ticket/"),
    ("POST", "ticket/"), ("POST", "end/"), ("POST", "rating/"), ("POST", "record/"), ("POST", "judge/"),
    ("GET", "stream/"),
]  # fmt: skip


@pytest.fixture
def browser(world: World) -> Browser:
    return let(world.yonsuite.contact, database_now())


def test_nothing_answers_without_a_token_whatever_cookie_comes_along__Y05(world: World):
    signed_in = Client()
    signed_in.force_login(world.manager)
    for browser, code in ((Browser(client=signed_in), "no_token"), (Browser("syv_wrong"), "bad_token")):
        for method, path in ALL:
            answer = browser.ask(method, path)
            assert (path, answer.status_code, answer.json()["code"]) == (path, 401, code)
            assert answer["Content-Type"] == "application/problem+json"


def test_somebody_elses_conversation_is_none__Y05(world: World, talks: Talks):
    theirs = talks.active()
    stranger = let(world.stranger, database_now())
    for method, path in ALL:
        if (method, path) not in (("POST", "chat/"), ("POST", "files/")):
            assert (path, stranger.ask(method, f"{path}?chat={theirs.code}").status_code) == (path, 404)
    assert upload(stranger, "a.png", b"a", where=f"files/?chat={theirs.code}").status_code == 404
    assert stranger.get("chat/").json()["chat"] is None
    assert stranger.post("messages/", {"body": "好"}).status_code == 404


def test_a_customer_opens_talks_hands_off_and_is_answered__Y05_Y06(world: World, browser: Browser, talks: Talks):
    with clock_at(NOON) as at:
        browser = let(world.yonsuite.contact, at)
        assert browser.get("chat/").json()["chat"] is None
        opened = browser.post("chat/", {"product": "yonsuite-finance", "module": "总账", "page": "/gl/close"})
        assert opened.status_code == 201
        chat = Chat.objects.get()
        place = (chat.module, chat.page, chat.channel, chat.product)
        assert place == ("总账", "/gl/close", "portal", world.yonsuite.product)
        for _twice in range(2):
            said = browser.post("messages/", {"client_id": "a-1", "body": "月结报错"})
            assert (said.status_code, said.json()["body"], said.json()["client_id"]) == (201, "月结报错", "a-1")
        assert chat.messages.filter(author_kind="customer").count() == 1
        told = browser.post("hand-off/").json()
        assert (told["outcome"], told["place"], told["chat"]["state"]) == ("waiting", 1, "waiting")
        acts.accept(chat=chat, agent=world.agent, at=at)
        talks.agent(chat, "悄悄话", at, is_whisper=True)
        talks.agent(chat, "您好，请看试算平衡表。", at)
        after = browser.get(f"messages/?after={said.json()['number']}").json()
        bodies = [one["body"] for one in after["messages"]]
        assert bodies[-1] == "您好，请看试算平衡表。"
        assert "悄悄话" not in str(after)
        browser.post("read/", {"number": after["last"]})
        chat.refresh_from_db()
        assert chat.customer_read == after["last"]
        assert browser.post("typing/").status_code == 204
        assert browser.post("record/").json()["code"] == "not_ended"
        assert browser.post("end/").json()["state"] == "ended"
        for _twice in range(2):
            answer = browser.post("record/")
            assert (answer.status_code, answer.json()["address"]) == (202, world.yonsuite.contact.email)
        letter = Delivery.objects.get(kind="transcript")
        written = write(Occasion(letter, at))
        assert chat.code in written.subject
        assert "您好，请看试算平衡表。" in written.quoted
        assert "悄悄话" not in written.quoted
        assert browser.post("rating/", {"rating": 5, "words": "很快"}).json()["rating"] == 5
        assert browser.post("messages/", {"body": "还在吗"}).json()["code"] == "chat_ended"


def test_one_message_costs_at_most_eight_queries__Y06(world: World, talks: Talks, django_assert_max_num_queries: Any):
    chat = talks.active()
    browser = let(world.yonsuite.contact, database_now())
    browser.post("messages/", {"client_id": "1", "body": "第一句"})
    # Two of them are the savepoint that only a test needs.
    with django_assert_max_num_queries(10):
        answer = browser.post("messages/", {"client_id": "2", "body": "第二句"})
    assert answer.json()["number"] == chat.message_count + 2


BAD = [
    (b'{"body":""}', 422, "empty_body"),
    (json.dumps({"body": "长" * 4001}).encode(), 422, "too_long"),
    (b'{"body":7}', 422, "invalid"),
    (b'{"body":"a\\u0000b"}', 422, "invalid"),
    (b'{"body":"\\ud800"}', 422, "invalid"),
    (json.dumps({"body": "好", "client_id": "x" * 65}).encode(), 422, "invalid"),
    (b"[]", 422, "invalid"),
    (b"{", 400, "malformed_json"),
    (b"\xc4\xe3\xba\xc3", 400, "invalid_encoding"),
    (b'{"body":"a","body":"b"}', 400, "duplicate_key"),
    (b'{"body":"' + b"x" * (10 * 1024**2) + b'"}', 413, "too_large"),
]


def test_bad_words_are_refused_each_with_a_reason_and_nothing_is_kept__Y05(browser: Browser):
    browser.post("chat/")
    for raw, status, code in BAD:
        answer = browser.ask("POST", "messages/", raw, content_type="application/json")
        assert (raw[:40], answer.status_code, answer.json()["code"]) == (raw[:40], status, code)
    assert browser.ask("POST", "messages/", b"body=1", content_type="text/plain").status_code == 415
    assert not Chat.objects.get().messages.filter(author_kind="customer").exists()


def upload(browser: Browser, name: str, content: bytes, client_id: str = "f1", where: str = "files/") -> Any:
    sent = encode_multipart(BOUNDARY, {"client_id": client_id, "file": SimpleUploadedFile(name, content, "image/png")})
    return browser.ask("POST", where, sent, content_type=MULTIPART_CONTENT)


def test_a_file_is_sent_once_and_read_by_its_own_people_only__Y06(world: World, browser: Browser, talks: Talks):
    browser.post("chat/")
    sent = [upload(browser, "截图.png", b"\x89PNG bytes") for _twice in range(2)]
    (file,) = sent[0].json()["files"]
    assert sent[1].json()["files"] == [file]
    answer = browser.get(f"files/{file['id']}/")
    assert (answer.status_code, b"".join([answer.content]), answer["Content-Type"]) == (
        200, b"\x89PNG bytes", "application/octet-stream",
    )  # fmt: skip
    stranger = let(world.stranger, database_now())
    assert stranger.get(f"files/{file['id']}/").status_code == 404
    assert upload(browser, "run.exe", b"MZ", "f2").json()["code"] == "file_kind"
    assert upload(browser, "empty.png", b"", "f3").json()["code"] == "empty_file"
    assert upload(browser, "big.png", b"0" * (5 * 1024**2 + 1), "f4").status_code == 413


def test_a_chat_becomes_a_ticket_with_its_number_clause_and_time__Y07(world: World):
    with clock_at(NOON) as at:
        browser = let(world.yonsuite.contact, at)
        browser.post("chat/", {"product": "yonsuite-finance"})
        browser.post("messages/", {"client_id": "1", "body": "凭证打印多一空行"})
        asked = browser.get("ticket/").json()
        assert asked["subject"] == "凭证打印多一空行"
        assert {"how_to", "fault", "customisation"} <= {one["code"] for one in asked["categories"]}
        said = {"subject": "凭证打印多一空行", "category": "fault", "body": "每次都这样"}
        told = browser.post("ticket/", said).json()
    ticket = Ticket.objects.get()
    assert told["ticket"] == ticket.number == told["chat"]["ticket"]["number"]
    assert told["decision"]["outcome"] == "covered"
    assert told["decision"]["clause"]
    assert told["due_at"].startswith("2026-09-28T04:00:")
    assert told["url"].endswith(f"/portal/tickets/{ticket.number}/")


def test_customisation_asks_its_questions_and_a_no_names_its_clause__K02(world: World):
    browser = let(world.kingdee.contact, database_now())
    browser.post("chat/", {"product": "galaxy"})
    questions = browser.get("ticket/").json()["questions"]
    assert next(iter(questions)) == "carve_out"
    said = {"subject": "插件报错", "category": "customisation"}
    assert browser.post("ticket/", said).json()["errors"][0]["field"] == "customisation"
    answers = dict.fromkeys(questions, False) | {"1": True}
    refused = browser.post("ticket/", said | {"customisation": answers})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_covered")
    assert refused.json()["clause"]
    assert refused.json()["ways_on"]
    kept = browser.post("ticket/", said | {"customisation": dict.fromkeys(questions, False) | {"carve_out": True}})
    assert kept.status_code == 201


def test_what_would_come_of_a_ticket_is_told_before_it_is_sent__Y07_K02(world: World):
    with clock_at(NOON) as at:
        browser = let(world.yonsuite.contact, at)
        browser.post("chat/", {"product": "yonsuite-finance"})
        taken = browser.post("ticket/foretold/", {"category": "fault"}).json()
        refused = browser.post("ticket/foretold/", {"category": "third_party"}).json()
    assert (taken["decision"]["outcome"], taken["zone"]) == ("covered", "Asia/Shanghai")
    assert taken["due_at"].startswith("2026-09-28T04:00:")
    assert (refused["decision"]["outcome"], refused["due_at"]) == ("not_covered", None)
    assert refused["decision"]["clause"]
    assert refused["decision"]["ways_on"]
    assert not Ticket.objects.exists()


def test_who_is_unknown_is_told_before_writing_why_no_ticket_and_what_instead__Y05_K03(world: World):
    site(allows_anonymous=True)
    browser = Browser(origin=HOST)
    assert browser.enter().status_code == 201
    browser.post("chat/")
    asked = browser.get("ticket/"), browser.post("ticket/foretold/"), browser.post("ticket/", {"subject": "问题"})
    for told in asked:
        assert (told.status_code, told.json()["code"]) == (403, "unknown_person")
        assert told.json()["clause"].startswith("§")
        assert any("/sign-in/" in way for way in told.json()["ways_on"])
        assert any("4006600588" in way for way in told.json()["ways_on"])
    assert browser.post("hand-off/").json()["clause"] == asked[0].json()["clause"]


def test_english_is_answered_in_english__Y19(world: World):
    browser = let(world.yonsuite.contact, database_now())
    browser.language = "en"
    opened = browser.post("chat/", {"language": "en"}).json()
    assert opened["messages"][0]["name"] == "Bot" or opened["messages"][0]["body"].isascii()
    assert browser.post("messages/", {"body": ""}).json()["detail"].isascii()


def test_a_bots_answer_is_judged_and_nothing_else_is__Y05(library: World):
    browser = let(library.yonsuite.contact, database_now())
    browser.post("chat/")
    browser.post("messages/", {"client_id": "1", "body": "月末结账提示科目余额不平"})
    answer = browser.get("messages/?after=2").json()["messages"][0]
    assert answer["author"] == "bot"
    assert answer["fields"]["articles"][0]["title"]
    judged = browser.post("judge/", {"number": answer["number"], "is_helpful": True})
    assert judged.json()["fields"]["helpful"] is True
    assert browser.post("judge/", {"number": 2, "is_helpful": True}).status_code == 422
    assert browser.post("judge/", {"number": 99, "is_helpful": True}).status_code == 404
    assert browser.post("judge/", {"number": 3, "is_helpful": "yes"}).status_code == 422


AT = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)


IDENTITIES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"sub": "contact1@c-y-1.example"}, None),
    ({"name": "别的名字"}, None),
    ({"secret": "x" * 43}, "identity_signature"),
    ({"secret": "p" * 43}, None),
    ({"head": {"alg": "none"}}, "identity_algorithm"),
    ({"head": {"alg": "HS512"}}, "identity_algorithm"),
    ({"head": {"alg": "RS256"}}, "identity_algorithm"),
    ({"head": {"alg": "HS256", "crit": ["b64"], "b64": False}}, "identity_algorithm"),
    ({"aud": "other"}, "identity_audience"),
    ({"aud": ["erp"]}, "identity_claims"),
    ({"exp": int(AT.timestamp())}, "identity_expired"),
    ({"iat": int(AT.timestamp()) - 4000, "exp": int(AT.timestamp()) - 400}, "identity_expired"),
    ({"iat": int(AT.timestamp()) + 61, "exp": int(AT.timestamp()) + 300}, "identity_not_yet"),
    ({"exp": int(AT.timestamp()) + 3601}, "identity_too_long"),
    ({"exp": 10**30}, "identity_claims"),
    ({"exp": True}, "identity_claims"),
    ({"sub": None}, "identity_claims"),
    ({"jti": None}, "identity_claims"),
    ({"jti": "x" * 65}, "identity_claims"),
    ({"sub": "E404"}, "identity_unknown"),
    ({"sub": "E1\x00"}, "identity_claims"),
]


def test_an_identity_proves_somebody_or_says_why_not__Y05(world: World):
    site(previous_secret="p" * 43)
    browser = Browser(origin=HOST)
    for changes, code in IDENTITIES:
        Visitor.objects.all().delete()
        with clock_at(AT):
            answer = browser.enter(identity=signed(AT, **changes))
        said = answer.json()
        assert (changes, answer.status_code, said.get("code")) == (changes, 401 if code else 201, code)
        known = [visitor.contact for visitor in Visitor.objects.all()]
        assert known == ([] if code else [world.yonsuite.contact])


@pytest.mark.parametrize(
    "token",
    ["", "a.b", "a.b.c.d", "…", "a" * 5000, "e30.e30.", "!!.e30.x", "bnVsbA.e30.x", "e30.e30.e30\n", "WzFd.e30.e30"],
)
def test_what_is_no_token_is_refused__Y05(token: str):
    with pytest.raises(IdentityError, match=r"identity_(malformed|algorithm|missing)"):
        read_identity(token, "erp", [SECRET], AT)


def test_an_identity_is_taken_once_and_a_missing_one_is_asked_for__Y05(world: World):
    site()
    with clock_at(AT):
        identity = signed(AT)
        first, again = (Browser(origin=HOST).enter(identity=identity) for _twice in range(2))
        assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "identity_used")
        assert Browser(origin=HOST).enter().json()["code"] == "identity_missing"
        assert Browser(origin=HOST).enter(site="none").json()["code"] == "unknown_site"


def test_a_token_ends_with_its_site_its_contact_and_its_days__Y05(world: World):
    where = site()
    with clock_at(AT):
        browser = Browser(origin=HOST)
        browser.enter(identity=signed(AT))
        assert browser.get("chat/").status_code == 200
        type(where).objects.update(is_active=False)
        assert browser.get("chat/").status_code == 401
        type(where).objects.update(is_active=True)
    with clock_at(AT + timedelta(days=8)):
        assert browser.get("chat/").status_code == 401


ORIGINS = {
    HOST: True,
    "": True,
    "http://testserver": True,
    "https://erp.example.evil": False,
    "http://erp.example": False,
    "https://erp.example:8443": False,
    "https://ERP.example": False,
    "null": False,
}


def test_only_pages_that_a_site_names_may_speak__Y05(world: World):
    site(allows_anonymous=True)
    browser = Browser(origin=HOST)
    browser.enter()
    for origin, may in ORIGINS.items():
        browser.origin = origin
        answer = browser.get("chat/")
        assert (origin, answer.status_code) == (origin, 200 if may else 403)
        assert answer.get("Access-Control-Allow-Origin", "") == (origin if may else "")
        assert "Access-Control-Allow-Credentials" not in answer
        assert not answer.cookies
        asked = browser.ask("OPTIONS", "messages/")
        assert (asked.status_code, asked.get("Access-Control-Allow-Origin", "")) == (204, origin if may else "")
        assert ("Access-Control-Allow-Headers" in asked) == bool(may and origin)


def test_a_page_of_one_site_does_not_speak_with_the_token_of_another__Y05(world: World):
    site(allows_anonymous=True)
    site(code="other", origins=["https://other.example"], allows_anonymous=True)
    browser = Browser(origin=HOST)
    browser.enter()
    browser.origin = "https://other.example"
    answer = browser.get("chat/")
    assert (answer.status_code, "Access-Control-Allow-Origin" in answer) == (403, False)


@override_settings(REQUESTS_PER_MINUTE={"chat_visitor": 3, "chat_sessions": 3})
def test_too_many_requests_are_told_when_to_come_again__Y05(world: World):
    browser = let(world.yonsuite.contact, database_now())
    answers = [browser.get("chat/") for _time in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[3]["Retry-After"]) > 0


def test_an_address_that_is_none_is_told_as_a_problem__Y05(world: World):
    answer = Browser().get("nothing/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
