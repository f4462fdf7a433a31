"""Ladders as people write them: what comes again, whom an action names, and every mistake with its line."""

from pathlib import Path

import pytest
from django.utils import translation

from plans.loading import load
from plans.models import Role
from sla import wording
from sla.actions import Outcome, terms_of
from sla.models import Policy
from sla.rules.reading import ReadingError
from tests.world import person

pytestmark = pytest.mark.django_db

FILE = """vendor: acme
promises: A01-A01
source: Acme service description, 2026
policies:
  - code: acme-ticket
    name: 工单
    name_en: Tickets
    targets:
      - {metric: first_response, amount: 3600, unit: seconds, calendar: kingdee-5x8, met_on: [reply],
         promise: A01, clause: 一小时内回复, clause_en: A reply within an hour}
    ladders:
      first_response:
        - {mark: percent, amount: 75, actions: [{do: tell, roles: [owner]}]}
        - {mark: breach, actions: [{do: tell, roles: [on_call], people: [boss]}, {do: raise_priority}]}
        - mark: after
          amount: 600
          actions:
            - {do: side_task, title: 打电话, title_en: Ring them, role: duty_manager}
            - {do: webhook, endpoint: pager}
        - {mark: after, amount: 1200, actions: [{do: reassign, role: team_lead}]}
    repeats:
      first_response: {from: 3, every: 1800, times: 5}
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


@pytest.fixture(autouse=True)
def boss():
    person("boss", "总经理", Role.MANAGER)


def loaded(folder: Path, text: str = FILE) -> Policy:
    path = folder / "acme.yaml"
    path.write_text(text)
    load([path])
    return Policy.objects.current().get(code="acme-ticket")


def test_a_ladder_is_kept_as_written_and_loading_it_again_changes_nothing__C29(tmp_path):
    policy = loaded(tmp_path)
    assert policy.repeats == {"first_response": {"from": 3, "every": 1800, "times": 5}}
    assert [action["do"] for rule in policy.escalation_rules.all() for action in rule.actions] == [
        "tell", "tell", "raise_priority", "side_task", "webhook", "reassign",
    ]  # fmt: skip
    assert loaded(tmp_path) == policy
    assert terms_of(policy).repeats[0].every == 1800


def test_a_changed_repeat_is_a_new_version(tmp_path):
    before = loaded(tmp_path)
    after = loaded(tmp_path, FILE.replace("times: 5", "times: 6"))
    assert (after.version, after.repeats["first_response"]["times"]) == (before.version + 1, 6)


def test_a_ladder_without_repeats_has_the_digest_it_always_had(tmp_path):
    plain = FILE[: FILE.index("    repeats:")] + FILE[FILE.index("plans:\n") :]
    assert "repeats" not in terms_of(loaded(tmp_path, plain)).content


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("from: 3", "from: 1", "policies.1.repeats.first_response.from: 只有超时和超时之后的级别可以重复"),
        ("from: 3", "from: 5", "repeats.first_response.from: 没有第 5 级"),
        ("from: 3", "from: 0", "repeats.first_response.from: 应为 1 到"),
        ("every: 1800", "every: 600", "repeats.first_response.every: 间隔须长于要重复的各级所跨的时间"),
        ("from: 3, every: 1800", "from: 2, every: 1200", "every: 间隔须长于"),
        ("times: 5", "times: 0", "repeats.first_response.times: 重复次数应在 1 到 50 之间"),
        ("times: 5", "times: 51", "times: 重复次数应在 1 到 50 之间"),
        ("times: 5", "time: 5", "time: 不认识这个键。是否要写“times”？"),
        ("      first_response: {from", "      frist_response: {from", "frist_response: 不认识这个键"),
        ("      first_response: {from", "      resolution: {from", "repeats.resolution.from: 没有第 3 级"),
        ("people: [boss]", "people: [bos]", "people.1: 没有用户名为“bos”的同事。是否要写“boss”？"),
        ("people: [boss]", "people: [nobody.like.that]", "没有用户名为“nobody.like.that”的同事。"),
        ("roles: [on_call], people: [boss]", "role: owner", "actions.1: 应有：do、roles 或 people"),
        ("title_en: Ring them, ", "", "actions.1: 应有：do、role、title、title_en"),
        ("endpoint: pager", "endpiont: pager", "endpiont: 不认识这个键"),
        ("do: webhook, endpoint: pager", "do: webhook", "actions.2: 应有：do、endpoint"),
        ("do: raise_priority", "do: raise_priority, role: owner", "actions.2: 应有：do。"),
    ],
)  # fmt: skip
def test_mistake_in_a_ladder_is_told_with_its_line_and_field(tmp_path, right, wrong, told):
    with pytest.raises(ReadingError) as refused:
        loaded(tmp_path, FILE.replace(right, wrong, 1))
    assert told in str(refused.value)
    written_at = FILE.count("\n", 0, FILE.index(right)) + 1
    assert any(abs(problem.line - written_at) <= 1 for problem in refused.value.problems)


def test_who_left_may_still_stand_in_a_ladder_and_a_customer_never(tmp_path):
    person("gone", "离职的", is_active=False)
    person("buyer", "客户", Role.CUSTOMER)
    assert loaded(tmp_path, FILE.replace("[boss]", "[gone]")).version == 1
    with pytest.raises(ReadingError, match="buyer"):
        loaded(tmp_path, FILE.replace("[boss]", "[buyer]"))


def test_a_ladder_is_put_in_words_in_both_languages(tmp_path):
    policy = loaded(tmp_path)
    said = {"zh-hans": [], "en": []}
    for language, texts in said.items():
        with translation.override(language):
            texts += [wording.deeds(rule.actions) for rule in policy.escalation_rules.all()]
            texts.append(wording.again(policy.repeats["first_response"]))
    assert said["zh-hans"] == [
        "告知处理人", "告知值班人、boss；提高优先级", "请值班经理协办：打电话；调用回调地址“pager”", "改派给组长",
        "从第 3 级起，每隔 30 分钟（工作时间）再来一轮，最多 5 轮；有人知悉即停。",
    ]  # fmt: skip
    assert [one for one in said["en"] if any("\u4e00" <= letter <= "\u9fff" for letter in one)] == []


@pytest.mark.usefixtures("bare")
def test_the_plans_of_the_product_name_no_person_and_load(tmp_path):
    assert {change.outcome for change in load()} == {Outcome.ADDED}
    actions = [
        action for policy in Policy.objects.all() for rule in policy.escalation_rules.all() for action in rule.actions
    ]
    assert actions
    assert not any("people" in action for action in actions)
