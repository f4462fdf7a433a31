"""The report that is made of an engagement's record: what it says, and by which clauses. Source: K06, K12"""

import pytest

from plans.actions.engagements.delivering import Report, deliver, record
from plans.models import Engagement
from tests.hours import beijing
from tests.plans.engagements.desk import agreed, asked, slot
from tests.world import World
from tickets.showing.engagement_record import BREAK, breakable, record_content

pytestmark = pytest.mark.django_db


def recorded(world: World, service: str, done: str = "20:00 起值守。") -> Engagement:
    side, ours = world.kingdee, world.technical_manager
    engagement = asked(side.contract, service, side.contact)
    agreed(engagement, ours, side.contact.user, slot("2026-03-20 09:00"))
    deliver(engagement=engagement, actor=ours, at=beijing("2026-03-20 18:00"))
    return record(engagement=engagement, report=Report(done), actor=ours, at=beijing("2026-03-21 09:00"))


@pytest.mark.parametrize(
    ("service", "title", "clauses"),
    [
        ("critical_moment", "关键时刻支持报告", ["K06 §3.2.3(6)"]),
        ("expert_consultation", "专家诊断报告", ["K12 §3.4.2 ", "K12 §3.4.2(5)"]),
    ],
)
def test_a_report_cites_the_clauses_of_its_own_service__K06_K12(world: World, service, title, clauses):
    content = record_content(recorded(world, service), "zh-hans")
    assert content["title"] == title
    cited = content["clause"].split("\n\n")
    assert len(cited) == len(clauses)
    for said, clause in zip(cited, clauses, strict=True):
        assert said.startswith(clause)
    assert "视同确认扣减时间" in cited[-1]


def test_what_runs_on_without_a_space_breaks_at_the_edge_of_the_paper__K06(world: World):
    address = "https://example.com/" + "a" * 150
    content = record_content(recorded(world, "critical_moment", f"见 {address} 的日志。"), "zh-hans")
    assert max(len(part) for part in content["done"].split(BREAK)) < 100
    assert content["done"].replace(BREAK, "") == f"见 {address} 的日志。"
    assert breakable("二十个字的中文一直写下去也不需要断开") == "二十个字的中文一直写下去也不需要断开"
