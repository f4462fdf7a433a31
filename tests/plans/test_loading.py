"""Both plans are data: one command loads them, twice changes nothing, and a mistake is told with its line."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans import vocabulary
from plans.loading import FIXTURES, fixtures, load, read
from plans.models import Contract, Item, Plan, Product
from sla.actions import Outcome
from sla.holidays.written import years
from sla.models import CalendarVersion, Policy
from sla.rules.parsing import compose_text
from sla.rules.reading import Place, ReadingError
from tickets.models import Category, Channel, Priority

pytestmark = pytest.mark.django_db

KINGDEE = (FIXTURES / "plans" / "kingdee.yaml").read_text()


def written(folder: Path, text: str, name: str = "kingdee.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


# Person-days that installing shares with everything else of K05.
OF_ALL_OPERATIONS = {
    "amount": None, "unit": "person_days", "period": None, "as_published": False, "of": "private_operations",
}  # fmt: skip


def counted(amount: int, unit: str, period: str) -> dict:
    return {"amount": amount, "unit": unit, "period": period, "as_published": False}


@pytest.mark.usefixtures("bare")
def test_loading_twice_adds_all_once_and_then_nothing():
    assert {change.outcome for change in load()} == {Outcome.ADDED}
    assert {change.outcome for change in load()} == {Outcome.UNCHANGED}


def test_loading_what_is_loaded_writes_nothing_and_asks_little():
    load()
    with CaptureQueriesContext(connection) as asked:
        load()
    assert not [one["sql"] for one in asked if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(asked) < 5 * (Policy.objects.current().count() + Plan.objects.current().count())


@pytest.mark.parametrize("promise", [f"Y{n:02d}" for n in range(1, 23)] + [f"K{n:02d}" for n in range(1, 20)])
def test_each_promise_is_an_item_with_its_clause_in_both_languages(promise):
    plan = {"Y": "yonsuite-premier", "K": "kingdee-advanced"}[promise[0]]
    items = Item.objects.filter(plan__code=plan, plan__is_current=True, promise=promise)
    assert items
    assert all(item.clause and item.clause_en and item.name_en and item.section.startswith("§") for item in items)


@pytest.mark.parametrize(
    ("promise", "service", "field", "value"),
    [
        ("Y05", "bot", "calendar", "yonsuite-7x24"),
        ("Y06", "im", "calendar", "yonsuite-7x12"),
        ("Y07", "ticket", "policy", "yonsuite-premier-ticket"),
        ("Y08", "hotline", "calendar", "yonsuite-7x24"),
        ("Y13", "planning", "quota", counted(2, "times", "year")),
        ("Y13", "planning", "provider_overseas", "属地专家"),
        ("Y14", "health_check", "quota", counted(4, "times", "year")),
        ("Y15", "operations_report", "quota", counted(4, "reports", "year")),
        ("Y16", "critical_moment", "notice_days", 14),
        ("K02", "ticket", "is_for_certified", True),
        ("K03", "im", "products", ["k3-wise", "galaxy", "eas-cloud", "s-hr"]),
        ("K03", "im", "calendar", "kingdee-7x8"),
        ("K04", "public_operations", "deployments", ["public_cloud"]),
        ("K05", "private_operations", "quota", counted(3, "person_days", "term")),
        ("K05", "private_installation", "quota", [counted(2, "environments", "term"), OF_ALL_OPERATIONS]),
        ("K06", "critical_moment", "policy", "kingdee-report-sign-off"),
        ("K09", "hotline", "calendar", "kingdee-5x8"),
        ("K12", "expert_consultation", "policy", "kingdee-diagnosis-sign-off"),
        ("K13", "service_report", "quota", counted(2, "reports", "term")),
        ("K16", "vocational_certification", "stages", ["认证通知", "报名", "培训", "考试", "证书发放"]),
        ("K17", "executive_events", "stages", ["发布活动", "邀请", "报名", "参加活动", "反馈"]),
    ],
)  # fmt: skip
def test_items_say_what_bounds_them(promise, service, field, value):
    item = Item.objects.get(plan__is_current=True, plan__rank__in=[20, 40], promise=promise, service=service)
    assert getattr(item, field) == value


def test_the_five_definitions_and_the_carve_out_are_kept__K02():
    item = Item.objects.get(plan__code="kingdee-advanced", plan__is_current=True, service="ticket")
    exclusion = next(entry for entry in item.exclusions if entry["category"] == "customisation")
    assert len(exclusion["definitions"]) == len(exclusion["definitions_en"]) == 5
    assert exclusion["carve_out"].startswith("不包括字段新增")
    assert len(exclusion["questions"]) == len(exclusion["questions_en"]) == 5


@pytest.mark.parametrize(
    ("code", "metric", "amount", "unit", "rule", "calendar", "met_on"),
    [
        ("yonsuite-premier-ticket", "first_response", 7200, "seconds", "duration", "yonsuite-7x12",
         ["accept", "assign", "call", "progress", "reply"]),
        ("kingdee-advanced-ticket", "first_response", 0.5, "working_days", "duration", "kingdee-5x8",
         ["call", "reply"]),
        ("kingdee-report-sign-off", "sign_off", 5, "working_days", "end_of_nth_day", "kingdee-5x8",
         ["object", "sign"]),
        ("kingdee-diagnosis-sign-off", "sign_off", 5, "working_days", "end_of_nth_day", "kingdee-5x8",
         ["object", "sign"]),
    ],
)  # fmt: skip
def test_policies_say_what_the_documents_promise__Y18_K02_K06_K12(code, metric, amount, unit, rule, calendar, met_on):
    target = Policy.objects.current().get(code=code).targets.get()
    assert (target.metric, target.unit, target.rule, target.calendar) == (metric, unit, rule, calendar)
    assert float(target.amount) == amount
    assert sorted(target.met_on) == met_on


def test_lower_tiers_promise_no_response__Y21_K19():
    lower = ["yonsuite-standard", "yonsuite-accelerate", "yonsuite-priority", "kingdee-standard", "kingdee-gold"]
    # A question put to the whole community is no ticket, and is answered in time whatever the plan.
    timed = Item.objects.filter(plan__code__in=lower).exclude(policy="")
    assert not timed.exclude(service="community").exists()
    ranks = dict(Plan.objects.current().filter(vendor="yonsuite").values_list("seal", "rank"))
    assert sorted(ranks, key=ranks.__getitem__) == ["标", "加", "优", "尊"]
    assumed = Plan.objects.current().filter(vendor="yonsuite", is_rank_assumed=False)
    assert [plan.code for plan in assumed] == ["yonsuite-premier"]


def test_changed_plan_is_a_new_version_and_a_contract_keeps_its_own(cast, tmp_path):
    before = cast.kingdee.plan
    changes = load([written(tmp_path, KINGDEE.replace("name: 专家会诊", "name: 专家联合会诊"))])
    assert {change.code for change in changes if change.outcome != Outcome.UNCHANGED} == {"kingdee-advanced"}
    after = Plan.objects.current().get(code="kingdee-advanced")
    assert (after.version, Contract.objects.get(pk=cast.kingdee.pk).plan_id) == (before.version + 1, before.pk)
    assert before.items.filter(name="专家会诊").exists()


def test_plan_that_includes_a_changed_one_gets_a_new_version_too__K19(tmp_path):
    changes = load([written(tmp_path, KINGDEE.replace("name: 产品更新", "name: 产品的更新"))])
    new = {change.code for change in changes if change.outcome == Outcome.NEW_VERSION}
    assert new == {"kingdee-standard", "kingdee-advanced"}
    current = Plan.objects.current().get(code="kingdee-advanced")
    assert current.includes == Plan.objects.current().get(code="kingdee-standard")


def test_changed_policy_is_a_new_version_beside_the_old_one(tmp_path):
    load([written(tmp_path, KINGDEE.replace("amount: 0.5", "amount: 0.25"))])
    versions = Policy.objects.filter(code="kingdee-advanced-ticket").order_by("-version")
    amounts = [float(version.targets.get().amount) for version in versions[:2]]
    assert amounts == [0.25, 0.5]
    assert [version.is_current for version in versions[:2]] == [True, False]


def test_dry_run_tells_and_saves_nothing(tmp_path):
    changed = written(tmp_path, KINGDEE.replace("amount: 0.5", "amount: 0.25"))
    before = Policy.objects.count()
    out = StringIO()
    call_command("load_plans", str(changed), dry_run=True, json=True, stdout=out)
    assert json.loads(out.getvalue())["summary"]["new_version"] == 1
    assert Policy.objects.count() == before
    words = StringIO()
    call_command("load_plans", str(changed), dry_run=True, stdout=words)
    assert "新版本 响应标准 kingdee-advanced-ticket v2" in words.getvalue()
    assert "未保存：新版本 1、不变 " in words.getvalue()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("- promise: K03\n", "- promise: K33\n", "plans.3.items.3.promise: 没有名为“K33”的条目"),
        ("calendar: kingdee-7x8\n", "calendar: kingdee-7x9\n", "calendar: 没有名为“kingdee-7x9”的条目。是否要写“kin"),
        ("categories: [how_to]\n", "categories: [howto]\n", "categories.1: 不认识“howto”。是否要写“how_to”？"),
        ("products: [k3-wise,", "products: [k3-vise,", "products.1: 没有名为“k3-vise”的条目。是否要写“k3-wise”？"),
        ("quota: {amount: 3,", "quota: {amount: -3,", "quota.amount: 应为不小于零的数"),
        ("service: im\n", "service: ticket\n        servise: im\n", "servise: 不认识这个键。是否要写“service”？"),
        ("promise: K06\n        clause: §3", "promise: K06\n        claus: §3", "claus: 不认识"),
        ("includes: kingdee-standard", "includes: kingdee-advanced", "互相包含：kingdee-advanced"),
        ("promises: K01-K19", "promises: K01-K20", "promises: 没有任何服务项写到：K20"),
        ("service: voice_bot", "service: bot\n        promise: K07", "promise: 这个键写了两次"),
        ("promise: K08\n        service: voice_bot", "promise: K07\n        service: bot", "重复：K07/bot 已经出现过"),
        ("rule: end_of_nth_day", "rule: end_of_nth_days", "不认识“end_of_nth_days”"),
        ("met_on: [reply, call]", "met_on: [reply, bot_reply]", "met_on.2: 不认识“bot_reply”"),
        ("amount: 0.5\n", "amount: 0\n", "policies.1.targets.1.amount: 时限必须大于零"),
        ("breach, actions: [{do: tell, roles: [owner,", "breach, actions: [{do: tell, roles: [boss,", "不认识“boss”"),
        ("certified: true", "certified: maybe", "certified: 应为 true 或 false"),
        ("rank: 10\n", "rank: ten\n", "rank: 应为 1 到 1000 之间的整数"),
        ("    items:\n", "    items: none\n    stuff:\n", "stuff: 不认识这个键"),
        ("vendor: kingdee", "vendor: [kingdee", "YAML 写法有误"),
    ],
)  # fmt: skip
def test_mistake_is_told_with_file_line_and_field(tmp_path, right, wrong, told):
    at = KINGDEE.index(right)
    path = written(tmp_path, KINGDEE.replace(right, wrong, 1))
    before = Plan.objects.count(), Policy.objects.count()
    with pytest.raises(ReadingError) as refused:
        load([path])
    message = str(refused.value)
    assert told in message
    lines = [problem.line for problem in refused.value.problems]
    written_at = KINGDEE.count("\n", 0, at) + 1
    assert any(abs(line - written_at) <= 2 for line in lines)
    assert message.startswith(f"{path}:")
    assert (Plan.objects.count(), Policy.objects.count()) == before


def test_all_mistakes_are_told_at_once(tmp_path):
    text = KINGDEE.replace("service: im\n", "service: chat\n").replace("rank: 10\n", "rank: -1\n")
    with pytest.raises(CommandError) as refused:
        call_command("load_plans", str(written(tmp_path, text)))
    assert len(str(refused.value).splitlines()) == 2


def test_file_of_no_known_kind_and_a_missing_one_are_told(tmp_path):
    with pytest.raises(ReadingError, match="看不出这是什么文件"):
        load([written(tmp_path, "people: []\n")])
    with pytest.raises(ReadingError, match="没有这个文件"):
        load([tmp_path / "nothing.yaml"])


def test_third_vendor_s_plan_loads_from_one_file(tmp_path):
    text = """
vendor: acme
promises: A01-A01
source: Acme service description, 2026
policies:
  - code: acme-ticket
    name: 工单
    name_en: Tickets
    targets:
      - {metric: first_response, amount: 3600, unit: seconds, calendar: kingdee-7x24, met_on: [reply],
         promise: A01, clause: 一小时内回复, clause_en: A reply within an hour}
plans:
  - code: acme-basic
    name: 基础
    name_en: Basic
    seal: 基
    rank: 1
    items:
      - {promise: A01, service: ticket, section: §1, name: 工单, name_en: Tickets, clause: 一小时内回复,
         clause_en: A reply within an hour, policy: acme-ticket}
"""
    changes = load([written(tmp_path, text, "acme.yaml")])
    assert [change.code for change in changes if change.outcome == Outcome.ADDED] == [
        "acme",
        "acme-ticket",
        "acme-basic",
    ]
    assert Plan.objects.get(code="acme-basic").items.get().policy == "acme-ticket"


def test_plan_data_and_tickets_use_the_same_words():
    assert set(vocabulary.CATEGORIES) == set(Category.values)
    assert set(vocabulary.CHANNELS) == set(Channel.values)
    assert set(vocabulary.PRIORITIES) == set(Priority.values)


def test_what_is_read_names_only_calendars_and_products_that_exist():
    catalogue = read(fixtures(FIXTURES))
    named = {item["calendar"] for offer in catalogue.offers for item in offer.items} - {""}
    assert named <= set(CalendarVersion.objects.current().values_list("code", flat=True))
    sold = {product for offer in catalogue.offers for item in offer.items for product in item["products"]}
    assert sold <= set(Product.objects.values_list("code", flat=True))


def test_example_of_the_readme_loads(tmp_path):
    text = (FIXTURES / "plans" / "README.md").read_text()
    example = text.split("```yaml\n")[1].split("```")[0]
    changes = load([written(tmp_path, example, "acme.yaml")])
    added = [change.code for change in changes if change.outcome == Outcome.ADDED]
    assert added == ["acme", "acme-erp", "acme-5x8", "acme-ticket", "acme-basic", "acme-pick", "acme-plus"]


def test_example_of_what_is_owed_in_the_readme_loads_and_follows_it(tmp_path):
    whole, followed, *_others = (
        part.split("```")[0] for part in (FIXTURES / "plans" / "README.md").read_text().split("```yaml\n")[1:]
    )
    owed = (
        "frequency: [{times: 1, period: year, what: 规划书, what_en: Plan, policy: acme-owed}]\n        notice_days: 14"
    )
    text = whole.replace("\nplans:", f"{followed}\nplans:").replace("notice_days: 14", owed)
    load([written(tmp_path, text, "acme.yaml")])
    assert Plan.objects.current().get(code="acme-plus").items.get(promise="A02").frequency[0]["policy"] == "acme-owed"


def test_example_of_updates_in_the_readme_loads(tmp_path):
    whole, _followed, updates, *_others = (
        part.split("```")[0] for part in (FIXTURES / "plans" / "README.md").read_text().split("```yaml\n")[1:]
    )
    text = whole.replace("service: planning\n", f"service: updates\n{updates}")
    load([written(tmp_path, text, "acme.yaml")])
    [mode] = Plan.objects.current().get(code="acme-plus").items.get(promise="A02").updates
    assert (mode["code"], mode["rules"]) == ("acme-cloud", ["FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR"])


def test_example_of_a_year_in_the_readme_reads_as_a_year_for_each_part():
    text = (FIXTURES / "plans" / "README.md").read_text()
    place = Place("my-2028.yaml")
    node = compose_text(text.split("## Holidays")[1].split("```yaml\n")[1].split("```")[0], place)
    assert node
    found = {year.subdivision: [row.name_en for row in year.dates] for year in years(node, place)}
    assert found == {"10": ["Chinese New Year"], "14": ["New Year's Day", "Chinese New Year"]}
    assert place.problems == []
