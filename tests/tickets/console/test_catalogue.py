"""Plans side by side with their clauses, in the versions asked for, and what differs between two of them."""

import re

import pytest

from plans.loading import load
from plans.models import Plan
from tests.plans.test_third_vendor import LANHAI, edition
from tests.world import World, person

PAGE = "/console/catalogue/"


@pytest.fixture
def desk(client, world: World):
    client.force_login(world.agent)
    return client


def shown(client, path: str = PAGE, **asked: str) -> str:
    answer = client.get(path, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_item_of_each_plan_is_told_with_its_clause__K19(desk):
    page = shown(desk, vendor="kingdee")
    for plan in Plan.objects.current().filter(vendor="kingdee"):
        assert plan.name in page
        for item in plan.items.all():
            assert item.clause.replace("'", "&#x27;").replace('"', "&quot;") in page


def test_what_a_plan_contains_is_marked_as_another_s__K19(desk):
    page = shown(desk, vendor="kingdee")
    assert "取代标准成功服务的同一项" in page
    load([LANHAI])
    page = shown(desk, vendor="lanhai")
    assert "承自基础服务" in page
    assert "蓝海社区" in page


def test_what_can_be_picked_is_offered_and_what_needs_another_item_says_so__K19(desk):
    page = shown(desk, vendor="kingdee")
    assert page.count("whence--offer") > 10
    assert "须同时选取" in page


def test_what_was_picked_is_taken_along_to_signing__K19(client, world: World):
    client.force_login(world.manager)
    gold = Plan.objects.current().get(code="kingdee-gold")
    page = shown(client, vendor="kingdee")
    assert 'value="K06" form="pick-kingdee-gold"' in page
    asked = {"plan": str(gold.pk), "picks": ["K06", "K12"]}
    form = client.get("/console/accounts/-/sign/", asked).content.decode()
    ticked = re.findall(r'name="picks" value="(K\d\d)"[^>]* checked', form)
    assert ticked == ["K06", "K12"]
    assert f'<option value="{gold.pk}" selected>' in form


def test_what_the_document_leaves_open_is_marked__Y21(desk):
    page = shown(desk, vendor="yonsuite")
    assert "三者之间的先后按书写顺序假定" in page
    assert "noted" in page


def test_an_old_version_can_be_looked_at_and_compared__C41(desk, tmp_path):
    load([LANHAI])
    edition(tmp_path, ("四个工作小时", "两个工作小时"), ("four working hours", "two working hours"))
    assert "四个工作小时" not in shown(desk, vendor="lanhai")
    assert "四个工作小时" in shown(desk, vendor="lanhai", **{"version.lanhai-pro": "1"})
    changes = shown(desk, f"{PAGE}lanhai-pro/changes/", **{"from": "1", "to": "2"})
    assert "四个工作小时内由工程师回复。" in changes
    assert "两个工作小时内由工程师回复。" in changes
    assert "只是措辞" in changes


@pytest.mark.parametrize("asked", [{"vendor": "nobody"}, {"version.kingdee-gold": "x"}, {"version.kingdee-gold": "99"}])
def test_what_there_is_not_is_passed_over(desk, asked):
    shown(desk, **asked)


def test_a_plan_that_never_was_is_not_found(desk):
    assert desk.get(f"{PAGE}nothing/changes/").status_code == 404


def test_customers_do_not_see_the_catalogue_of_the_house(client, world: World):
    client.force_login(world.kingdee.contact.user)
    assert client.get(PAGE).status_code == 302


def test_the_page_costs_the_same_however_many_versions_there_are(desk, tmp_path, django_assert_max_num_queries):
    load([LANHAI])
    for nth in range(3):
        edition(tmp_path, ("name: 专属顾问", f"name: 专属顾问{nth}"))
    with django_assert_max_num_queries(40):
        shown(desk, vendor="lanhai")


# Seals are drawings of one character, and sections bear the document's own numerals.
NOT_WORDS = re.compile(r'<span aria-hidden="true">.</span>|§[一二三四五]')


@pytest.mark.parametrize("vendor", ["kingdee", "yonsuite"])
def test_an_english_reader_sees_no_chinese(client, world: World, vendor: str):
    client.force_login(person("reader", "外国同事", language="en"))
    page = shown(client, vendor=vendor, open="1")
    table = NOT_WORDS.sub("", page[page.index('<div class="lineup"') : page.index("</table>")])
    assert re.findall("[\u4e00-\u9fff]+", table) == []
