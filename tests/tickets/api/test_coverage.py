"""Asking a plan without opening anything: the same answer by every door, for whoever may ask."""

import json
from itertools import product
from typing import Any

import pytest
from django.test import Client

from plans.coverage import cover
from plans.models import Contact
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.tickets.portal.conftest import signed_in
from tests.world import Side, World
from tickets.models import Category, CoverageDecision, InboundEvent, Ticket

URL = "/api/v1/coverage/"
AT = "2026-09-28 09:00"
SAID = ("outcome", "promise", "clause", "reason", "ways_on")


@pytest.fixture
def ask(client: Client, world: World):
    """Return a function that asks with an agent's key, or another."""
    agents = bearer(new_key("api", user=world.agent))

    def send(key: dict[str, str] | None = None, **said: Any) -> Any:
        body = {"contact": {"id": world.kingdee.contact.pk}, "category": "fault", **said}
        with clock_at(AT):
            headers = agents if key is None else key
            return client.post(URL, json.dumps(body), content_type="application/json", **headers)

    return send


def test_questions_are_in_the_contact_s_language_as_the_answer_is__K02(ask, world: World):
    Contact.objects.filter(pk=world.kingdee.contact.pk).update(language="en")
    said = ask(product="galaxy", category="customisation").json()
    for words in (said["reason"], *(one["text"] for one in said["questions"])):
        assert not any("一" <= letter <= "鿿" for letter in words), words


def test_an_answer_says_outcome_rule_clause_and_both_languages__K02(ask, world: World):
    answer = ask(product="galaxy", category="customisation")
    said = answer.json()
    assert answer.status_code == 200
    assert (said["outcome"], said["rule"], said["promise"]) == ("not_covered", "customisation", "K02")
    assert (said["contract"], said["plan"]["code"], said["plan_version"]) == ("C-K-1", "kingdee-advanced", 1)
    assert [one["code"] for one in said["questions"]] == ["carve_out", "1", "2", "3", "4", "5"]
    for language in ("zh-hans", "en"):
        assert said["told"][language]["reason"]
        assert len(said["told"][language]["ways_on"]) >= 1
    assert said["told"]["en"]["clause"].removeprefix("§").isascii()
    assert not Ticket.objects.exists()
    assert not CoverageDecision.objects.exists()
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    ("answers", "outcome", "rule"),
    [
        ({"carve_out": True}, "covered", "carve_out"),
        ({str(n): False for n in range(1, 6)}, "covered", "none_of_them"),
        ({"carve_out": True, "2": True}, "not_covered", "customisation"),
        ({"1": False}, "not_covered", "customisation"),
    ],
)
def test_answers_decide_what_is_customisation__K02(ask, answers, outcome, rule):
    said = ask(product="galaxy", category="customisation", customisation=answers).json()
    assert (said["outcome"], said["rule"]) == (outcome, rule)


def test_whoever_says_that_it_is_customisation_is_told_so_whatever_they_call_it__K02(ask):
    said = ask(product="galaxy", category="fault", customisation={"5": True}).json()
    assert (said["outcome"], said["rule"]) == ("not_covered", "customisation")


def test_a_counted_service_says_what_is_left__Y14(ask, world: World):
    said = ask(contact={"id": world.yonsuite.contact.pk}, service="health_check", category="how_to").json()
    assert (said["outcome"], said["service"]) == ("covered", "health_check")
    assert said["left"] == {
        "unit": "times", "granted": "4.00", "left": "4.00", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
    }  # fmt: skip


def test_any_day_may_be_asked_about(ask):
    over = ask(at="2028-01-01T09:00:00+08:00").json()
    assert (over["outcome"], over["rule"]) == ("not_covered", "term")
    assert "2027-12-31" in over["clause"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"category": "x"}, "category"),
        ({"channel": "fax"}, "channel"),
        ({"deployment": "moon"}, "deployment"),
        ({"at": "yesterday"}, "at"),
        ({"customisation": {"6x": True}}, "customisation"),
        ({"customisation": {"1": "yes"}}, "customisation"),
        ({"customisation": []}, "customisation"),
        ({"contact": {}}, "contact"),
    ],
)
def test_what_cannot_be_read_is_named(ask, said, field):
    answer = ask(**said)
    assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, field)


@pytest.mark.parametrize(
    ("said", "code"),
    [({"contact": {"id": 999999}}, "unknown_contact"), ({"product": "x"}, "unknown_product"),
     ({"contract": "C-Y-1"}, "unknown_contract")],
)  # fmt: skip
def test_what_is_not_known_here_is_refused(ask, said, code):
    answer = ask(**said)
    assert answer.json()["code"] == code
    assert 400 <= answer.status_code < 500


def test_customers_ask_for_their_own_and_nobody_else(ask, world: World, client: Client):
    own = bearer(new_key("api", user=world.kingdee.contact.user))
    with clock_at(AT):
        plain = client.post(URL, json.dumps({"category": "fault"}), content_type="application/json", **own)
    assert plain.json()["contract"] == "C-K-1"
    assert ask(own, contact={"id": world.yonsuite.contact.pk}).json()["code"] == "unknown_contact"


def test_a_channel_s_key_asks_as_its_channel_alone(ask, world: World):
    key = bearer(new_key("intake:im"))
    assert ask(key, channel="im", product="galaxy").status_code == 200
    assert ask(key, channel="hotline").status_code == 403
    assert ask(key, channel="hotline", category="nonsense").status_code == 403, "before the rest of it is read"
    assert ask(bearer(new_key("upsert"))).status_code == 403
    assert ask({}).status_code == 401


def test_every_no_has_a_clause_a_reason_and_a_way_on_in_both_languages(world: World):
    for side, contact, category, channel in every_question(world):
        decision = cover(contact, None, None, side.product, "", category, channel, beijing(AT))
        for said in decision.told.values():
            assert said.reason
            assert said.clause
            assert said.ways_on or decision.outcome == "covered", (category, channel)
        assert not any(
            "\u4e00" <= letter <= "\u9fff" for letter in decision.told["en"].reason + decision.told["en"].clause
        )
        assert decision.rule


def every_question(world: World):
    for side, category, channel in product(
        (world.kingdee, world.yonsuite), Category.values, ("portal", "im", "hotline")
    ):
        yield side, side.contact, category, channel
    for category in Category.values:
        yield world.kingdee, world.uncertified, category, "portal"


@pytest.mark.parametrize("category", Category.values)
def test_the_same_question_has_the_same_answer_by_every_door(world: World, ask, client: Client, category: str):
    key = bearer(new_key("intake:portal"))
    for number, side in enumerate((world.kingdee, world.yonsuite)):
        said = asked(ask, side, category)
        named = side.contact, None, None, side.product, "", category, "portal", beijing(AT)
        direct = cover(*named, priority="normal")
        assert [said[name] for name in SAID] == [
            direct.outcome, direct.promise, direct.clause, direct.reason, list(direct.ways_on),
        ]  # fmt: skip
        posted = post(client, "/api/v1/intake/portal/", intake(side, category, number), key)
        body = posted.json()
        told = body["decision"] if posted.status_code == 201 else body | {"reason": body["detail"]}
        assert [told[name] for name in SAID[1:]] == [said[name] for name in SAID[1:]]
        kept = CoverageDecision.objects.latest("pk")
        assert (kept.outcome, kept.rule, kept.clause) == (said["outcome"], said["rule"], said["clause"])
        assert heading(side, category) in (f"这样提交：{IN_WORDS[said['outcome']]}", "回答完上面的问题")


IN_WORDS = {"covered": "在服务范围内", "not_covered": "不在服务范围内"}


def heading(side: Side, category: str) -> str:
    """Return what the portal says of a question before it is sent."""
    asked = {"product": f"{side.contract.pk}/{side.product.code}/public_cloud", "category": category}
    with clock_at(AT):
        page = signed_in(side.contact).get("/portal/new/foretold/", asked).content.decode()
    headings = (*(f"这样提交：{one}" for one in IN_WORDS.values()), "回答完上面的问题")
    return next(words for words in headings if words in page)


def post(client: Client, url: str, body: dict[str, Any], key: dict[str, str]) -> Any:
    with clock_at(AT):
        return client.post(url, json.dumps(body), content_type="application/json", **key)


def asked(ask, side: Side, category: str) -> dict[str, Any]:
    contact = {"id": side.contact.pk}
    return ask(contact=contact, product=side.product.code, category=category, priority="normal").json()


def intake(side: Side, category: str, number: int) -> dict[str, Any]:
    return {
        "external_id": f"door-{number}", "contact": {"id": side.contact.pk}, "product": side.product.code,
        "category": category, "subject": "同一个问题", "body": "每个入口都问一遍",
    }  # fmt: skip


def test_agents_read_a_ticket_s_decisions_and_override_by_name(client: Client, world: World):
    ticket = world.open_ticket(side=world.kingdee, at=AT)
    key = bearer(new_key("api", user=world.agent))
    url = f"/api/v1/tickets/{ticket.number}/"
    said = {"outcome": "chargeable", "reason": "合同附件三写明由客户自行维护"}
    done = post(client, f"{url}override/", said, key)
    assert (done.status_code, done.json()["decision"]["outcome"]) == (200, "chargeable")
    short = post(client, f"{url}override/", {"outcome": "covered", "reason": "好"}, key)
    assert (short.status_code, short.json()["code"]) == (422, "reason_missing")
    rows = client.get(f"{url}decisions/", **key).json()
    assert [(one["cause"], one["rule"], one["outcome"]) for one in rows] == [
        ("overridden", "override", "chargeable"), ("opened", "included", "covered"),
    ]  # fmt: skip
    assert (rows[0]["decided_by"], rows[0]["why"]) == ("李坐席", said["reason"])
    theirs = bearer(new_key("api", user=world.kingdee.contact.user))
    assert client.get(f"{url}decisions/", **theirs).status_code == 403


def test_a_refused_message_is_kept_with_what_was_asked__K02(client: Client, world: World):
    key = bearer(new_key("intake:portal"))
    body = intake(world.kingdee, "customisation", 1) | {"customisation": {"carve_out": False, "4": True}}
    answer = client.post("/api/v1/intake/portal/", json.dumps(body), content_type="application/json", **key)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_covered")
    kept = InboundEvent.objects.get(pk=answer.json()["intake"]).decisions.get()
    assert (kept.cause, kept.rule, kept.answers) == ("refused", "customisation", {"carve_out": False, "4": True})
