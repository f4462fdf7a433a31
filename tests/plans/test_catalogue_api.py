"""The catalogue for other programs, the published schema, and a file that is tried without being saved."""

import json
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.core.management import CommandError, call_command

from plans.catalogue.schema import NAME, plan_schema, written
from plans.loading import FIXTURES, load
from plans.models import Plan
from sla.rules.reading import ReadingError
from tests.keys import bearer, new_key
from tests.plans.test_third_vendor import LANHAI, edition, signed
from tests.world import World, person

pytestmark = pytest.mark.django_db
BOTH = [FIXTURES / "plans" / "kingdee.yaml", FIXTURES / "plans" / "yonsuite.yaml"]


def refusals(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(plan_schema())
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_schema_that_is_published_is_what_loads():
    assert (FIXTURES / "plans" / NAME).read_text() == written(), "manage.py plan_schema --write"
    jsonschema.Draft202012Validator.check_schema(plan_schema())


@pytest.mark.parametrize("path", [*BOTH, LANHAI], ids=lambda path: path.stem)
def test_every_plan_file_keeps_to_the_schema_and_names_it(path: Path):
    assert refusals(path.read_text()) == []
    assert path.read_text().startswith("# yaml-language-server: $schema=")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("vendor: lanhai\n", ""),
        ("vendor: lanhai\n", "vendor: Lan Hai\n"),
        ("promises: L01-L06", "promises: L01"),
        ("seal: 专", "seal: 专业"),
        ("rank: 20", "rank: many"),
        ("rank: 20", "rank: 0"),
        ("amount: 14400", "amount: -1"),
        ("unit: times", "unit: often"),
        ("metric: first_response", "metric: first_answer"),
        ("notice_days: 5", "notice_days: 400"),
        ("includes: lanhai-basic", "contains: lanhai-basic"),
        ("met_on: [reply, call]", "met_on: [reply, shout]"),
        ("categories: [how_to, fault]", "categories: how_to"),
        ("breaks: whole", "breaks: all"),
        ("clause: 四个工作小时内由工程师回复。\n", "clause: " + "长" * 401 + "\n"),
        ("        remark_en: The document does not say who pays for travel.\n", ""),
        ("make_up: true", "make_up: perhaps"),
        ("services: [on_site_visit]", "services: [On Site]"),
    ],
)
def test_what_the_schema_refuses_the_loader_refuses_too(tmp_path: Path, right: str, wrong: str):
    text = LANHAI.read_text()
    assert right in text
    path = tmp_path / "lanhai.yaml"
    path.write_text(text.replace(right, wrong, 1))
    assert refusals(path.read_text())
    with pytest.raises(ReadingError):
        load([path])


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('name: 专属顾问\n', 'name: "专属\\0顾问"\n', "含有不能保存的字符"),
        ("amount: 2,", "amount: 1e300,", "最大 1000000000"),
        ("requires: [L05]", "requires: [L55]", "没有名为“L55”的条目"),
        ("service: on_site_visit", "service: onsite_visit", "是否要写“on_site_visit”？"),
        ("        name_en: Dedicated consultant\n", "", "缺少此项"),
        ("services: [on_site_visit]", "services: [on-site]", "服务代码用小写字母"),
        ("code: lanhai-5x9\n", "code: lanhai 5x9\n", "calendars.1.code"),
        ('mon: [["09:00", "18:00"]]', 'mon: [["09:00", "25:00"]]', "calendars.1.weekly.mon: 一天到 24:00 为止"),
        ('tue: [["09:00", "18:00"]]', 'tue: [["18:00", "09:00"]]', "calendars.1.weekly.tue: 结束须晚于开始"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shanghia", "calendars.1.timezone: 没有这个时区"),
        ("vendor: lanhai, name", "vendor: kingdee, name", "products.1.code: lanhai-erp 已是 kingdee 的"),
        ("code: lanhai-erp", "code: galaxy", "products.1.code: galaxy 已是 kingdee 的"),
        ("code: lanhai-pick", "code: kingdee-gold", "plans.3.code: kingdee-gold 已是 kingdee 的"),
        ("includes: lanhai-basic", "includes: kingdee-standard", "没有名为“kingdee-standard”的条目"),
        ("products: [lanhai-erp]", "products: [galaxy]", "没有名为“galaxy”的条目"),
        (
            "notice_days: 5\n",
            "notice_days: 5\n        frequency: [{times: 2, period: fortnight, what: 上门, what_en: Visit}]\n",
            "period: 不认识“fortnight”",
        ),
        ("# yaml-language", "\0 yaml-language", ":1: YAML 写法有误"),
        ("seal: 专\n", "seel: 专\n", "plans.2.seel: 不认识这个键。是否要写“seal”？可用："),
    ],
)  # fmt: skip
def test_mistake_in_any_part_is_told_with_its_line_field_and_what_is_allowed(tmp_path: Path, right, wrong, told):
    text = LANHAI.read_text()
    assert right in text
    path = tmp_path / "lanhai.yaml"
    path.write_text(text.replace(right, wrong, 1))
    with pytest.raises(ReadingError) as refused:
        load([path])
    assert told in str(refused.value)
    assert str(refused.value).startswith(f"{path}:")


def test_plan_in_two_files_of_one_load_is_told(tmp_path: Path):
    twin = tmp_path / "twin.yaml"
    twin.write_text(LANHAI.read_text())
    with pytest.raises(ReadingError, match=r"plans\.1\.code: 重复：lanhai-basic 已经出现过"):
        load([LANHAI, twin])


def test_mistake_in_what_a_file_brings_is_told_once(tmp_path: Path):
    path = tmp_path / "lanhai.yaml"
    path.write_text(LANHAI.read_text().replace("breaks: whole", "breaks: all"))
    with pytest.raises(ReadingError) as refused:
        load([path])
    assert [problem.field for problem in refused.value.problems] == ["calendars.1.holidays.breaks"]


def test_schema_is_served_to_anybody(client):
    answer = client.get("/schemas/plan.schema.json")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/schema+json")
    assert json.loads(answer.content) == plan_schema()


def check(*paths: Path) -> str:
    out = StringIO()
    call_command("load_plans", *map(str, paths), check=True, stdout=out)
    return out.getvalue()


def test_file_is_checked_in_words_and_not_saved(tmp_path: Path):
    told = check(LANHAI)
    assert "新增 计划 lanhai-pro v1" in told
    assert "增加 L01 工单服务 §2.1" in told
    assert "什么都没有保存" in told
    assert not Plan.objects.filter(vendor="lanhai").exists()


def test_check_tells_which_contracts_stay_and_which_a_changed_policy_reaches(tmp_path: Path):
    load([LANHAI])
    signed()
    path = tmp_path / "lanhai.yaml"
    path.write_text(
        LANHAI.read_text().replace("amount: 14400", "amount: 7200").replace("每合同年两次", "每合同年各两次")
    )
    told = check(path)
    assert "改动 L04 上门服务 §3：条款" in told
    assert "1 份已签的合同留在旧版" in told
    assert "1 份已签的合同用着这个响应标准" in told


def test_check_of_a_wrong_file_counts_its_mistakes(tmp_path: Path):
    path = tmp_path / "lanhai.yaml"
    path.write_text(LANHAI.read_text().replace("rank: 20", "rank: x").replace("unit: times", "unit: x"))
    with pytest.raises(CommandError, match="共 2 处错误"):
        check(path)


@pytest.fixture
def ask(client, world: World):
    """Return a function that asks the API in a role, about the third vendor's contract."""

    def send(path: str, role: str = "manager", **said):
        key = bearer(new_key("api", user=world.manager if role == "manager" else person("other", "别人", role)))
        if said:
            return client.post(f"/api/v1/{path}", json.dumps(said), content_type="application/json", **key)
        return client.get(f"/api/v1/{path}", **key)

    return send


def test_plans_are_read_with_their_items_and_versions(ask, tmp_path: Path):
    load([LANHAI])
    edition(tmp_path, ("name: 专属顾问", "name: 首席顾问"))
    codes = [plan["code"] for plan in ask("plans/?vendor=lanhai", "agent").json()]
    assert codes == ["lanhai-pick", "lanhai-basic", "lanhai-pro"]
    newest, first = ask("plans/lanhai-pro/").json(), ask("plans/lanhai-pro/?version=1").json()
    assert (newest["version"], first["version"]) == (2, 1)
    assert {item["plan"] for item in newest["items"]} == {"lanhai-pro v2", "lanhai-basic v1"}
    assert ask("plans/lanhai-pro/?version=9").status_code == 404
    assert ask("plans/nothing/").status_code == 404
    [change] = ask("plans/lanhai-pro/changes/").json()["changes"]
    assert (change["verdict"], change["promise"]) == ("changed", "L05")
    assert change["fields_changed"] == [{"name": "name", "before": "专属顾问", "after": "首席顾问"}]


def test_contract_is_upgraded_over_the_api_and_never_back__C41(ask, tmp_path: Path):
    load([LANHAI])
    signed()
    assert ask("contracts/C-L-1/upgrade/").status_code == 204
    edition(tmp_path, ("name: 专属顾问", "name: 首席顾问"))
    assert ask("contracts/C-L-1/upgrade/").json()["after"] == 2
    assert ask("contracts/C-L-1/upgrade/", "agent").status_code == 403
    assert ask("contracts/C-L-1/upgrade/", version=2, reason="新版").json()["version"] == 2
    back = ask("contracts/C-L-1/upgrade/", version=1, reason="退回")
    assert (back.status_code, back.json()["code"]) == (409, "older_version")
    assert back.json()["ways_on"]
    assert ask("contracts/C-L-1/upgrade/", version=7, reason="x").status_code == 422
