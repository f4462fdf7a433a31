"""Articles for programs: what their user may read, and nothing else. Source: Y01, Y02"""

import json
from typing import Any

import pytest
from django.test import Client

from plans.models import User
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.world import World
from tickets.actions.knowledge.stocking import stock
from tickets.demo.library import SHELVES
from tickets.knowledge.loading import read
from tickets.models import Article, ArticleReading, Search


@pytest.fixture
def library(world: World) -> World:
    stock(libraries=read(SHELVES), author="知识运营", at=beijing("2026-09-01 09:00"))
    return world


def get(client: Client, who: User | None, path: str = "", **asked: str) -> Any:
    assert who
    return client.get(f"/api/v1/articles/{path}", asked, **bearer(new_key("api", user=who)))


def test_a_customer_s_program_finds_and_reads_what_its_user_may__Y01_Y02(client: Client, library: World):
    user = library.yonsuite.contact.user
    found = get(client, user, q="未审核凭证").json()
    assert found[0]["number"] == Article.objects.get(code="unapproved-voucher").number
    assert found[0]["is_exact"]
    assert "未审核" in found[0]["excerpt"]
    whole = get(client, user, f"{found[0]['number']}/").json()
    assert whole["body"].startswith("## 原因")
    assert {one["kind"] for one in get(client, user, kind="faq").json()} == {"faq"}
    modules = {one["module"] for one in get(client, user, product="yonsuite-supply-chain").json()}
    assert "库存" in modules
    assert "总账" not in modules
    for odd in ({"kind": "nonsense"}, {"product": "nonsense"}, {"product": "\0"}):
        assert get(client, user, **odd).status_code == 400
    assert Search.objects.get().place == "api"


def test_what_is_about_all_products_of_a_vendor_is_about_each__Y02(client: Client, library: World):
    found = get(client, library.yonsuite.contact.user, product="yonsuite-supply-chain").json()
    assert [one for one in found if not one["products"]]


def test_nobody_reads_another_vendor_s_articles_or_drafts__Y02(client: Client, library: World):
    other = Article.objects.get(code="cost-zero")
    assert get(client, library.yonsuite.contact.user, f"{other.number}/").status_code == 404
    assert get(client, library.agent, f"{other.number}/").status_code == 200
    Article.objects.filter(pk=other.pk).update(state="withdrawn")
    assert get(client, library.agent, f"{other.number}/").status_code == 404
    assert client.get("/api/v1/articles/").status_code == 401


def test_a_customer_says_whether_it_helped_and_our_own_people_do_not__Y02(client: Client, library: World):
    number = Article.objects.get(code="cost-zero").number

    def say(who: User | None, **said: str) -> int:
        assert who
        key = bearer(new_key("api", user=who))
        address = f"/api/v1/articles/{number}/verdict/"
        return client.post(address, json.dumps(said), content_type="application/json", **key).status_code

    assert say(library.kingdee.contact.user, verdict="perhaps") == 422
    assert say(library.kingdee.contact.user, verdict="helpful", words="清楚") == 204
    assert say(library.agent, verdict="helpful") == 403
    assert ArticleReading.objects.get().words == "清楚"
