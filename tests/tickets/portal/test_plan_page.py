"""A customer reads the plan of their contract beside the others, each cell with its clause."""

import pytest

from plans.actions.contracts import Agreed, sign
from plans.loading import load
from plans.models import Plan
from tests.plans.test_loading import KINGDEE
from tests.world import ENDS, STARTS, World


def read(client, number: str = "C-K-1", **asked: str) -> str:
    answer = client.get(f"/portal/service/{number}/plan/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def customer(client, world: World):
    client.force_login(world.kingdee.contact.user)
    return client


def test_own_plan_stands_beside_the_others_with_its_clauses__K19(customer):
    page = read(customer)
    assert page.count("您的计划") == 1
    assert "第一次人工联系" in page
    assert "标准成功服务是针对产品标准应用需求提供的保障性服务" in page
    assert "取代标准成功服务的同一项" in page


def test_contract_s_own_version_is_told_and_what_is_new_beside_it__C41(customer, tmp_path):
    path = tmp_path / "kingdee.yaml"
    path.write_text(KINGDEE.replace("name: 专家会诊", "name: 专家联合会诊"))
    load([path])
    page = read(customer)
    assert "这个计划现在销售的是 v2" in page
    assert "专家联合会诊" in page
    assert "按高级成功服务 v1 履行" in page


def test_picks_of_an_a_la_carte_contract_are_told_as_picked__K19(client, world: World):
    gold = Plan.objects.current().get(code="kingdee-gold")
    agreed = Agreed(picks=("K06",))
    sign(
        customer=world.kingdee.customer, plan=gold, number="C-G-1", starts_on=STARTS, ends_on=ENDS, agreed=agreed
    )  # fmt: skip
    client.force_login(world.kingdee.contact.user)
    page = read(client, "C-G-1")
    assert page.count("已选") == 2  # K06 and the technical manager that it needs


def test_somebody_else_s_contract_is_not_found(customer, client, world: World):
    assert client.get("/portal/service/C-Y-1/plan/").status_code == 404


def test_a_plan_that_there_is_not_shows_one_s_own(customer):
    assert "您的计划" in read(customer, show="nothing")
