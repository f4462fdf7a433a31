"""A ticket's decisions and deciding otherwise, and what leads read of a month."""

import csv
import io

import pytest
from django.test import Client

from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket

WHY = "合同附件三写明这套审批流由我们维护"
REPORT = "/console/coverage/"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.open_ticket(side=world.kingdee, at="2026-09-28 09:00")


@pytest.fixture
def lead(client: Client, world: World) -> Client:
    client.force_login(world.lead)
    return client


def page_of(ticket: Ticket) -> str:
    return f"/console/tickets/{ticket.number}/coverage/"


def test_a_ticket_leads_to_its_decisions_with_what_was_asked(desk: Client, ticket: Ticket):
    assert page_of(ticket) in desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    page = desk.get(page_of(ticket)).content.decode()
    for words in ("提交时", "在服务范围内", "§3.1.2 ", "已认证", "高级成功服务 v1", "当时问了什么"):
        assert words in page


def test_deciding_otherwise_is_done_once_with_its_reason(desk: Client, ticket: Ticket):
    said = {"outcome": "chargeable", "reason": WHY, "sending": "once"}
    for _time in range(2):
        assert desk.post(page_of(ticket), said).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.outcome, ticket.decisions.count()) == ("chargeable", 2)
    page = desk.get(page_of(ticket)).content.decode()
    assert "服务人员改判" in page
    assert WHY in page
    talk = desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    assert "改判服务范围" in talk
    assert "按计划外服务继续处理" in talk


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"outcome": "chargeable", "reason": "不行"}, "至少 10 个字"),
        ({"outcome": "covered", "reason": WHY}, "现在就是这个结论"),
        ({"outcome": "x", "reason": WHY}, WHY),
        ({"reason": WHY}, "请选一个结论"),
        ({"outcome": "chargeable", "reason": ""}, "请写明理由"),
    ],
)
def test_a_refusal_keeps_what_was_typed(desk: Client, ticket: Ticket, said: dict[str, str], words: str):
    answer = desk.post(page_of(ticket), said)
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (422, True)
    assert said["reason"] in page
    ticket.refresh_from_db()
    assert ticket.outcome == "covered"


def test_partners_see_no_decision_of_others(client: Client, partner, world: World, ticket: Ticket):
    client.force_login(partner)
    other = world.open_ticket(at="2026-09-28 09:00")
    assert client.get(page_of(ticket)).status_code == 200
    assert client.get(page_of(other)).status_code == 404


def test_only_leads_read_the_month(desk: Client, ticket: Ticket):
    assert (desk.get(REPORT).status_code, desk.get(f"{REPORT}decisions.csv").status_code) == (403, 403)
    assert REPORT not in desk.get("/console/catalogue/").content.decode()


def test_the_month_counts_by_outcome_and_rule_and_names_who_decided_why(lead: Client, world: World, ticket: Ticket):
    other = world.open_ticket(at="2026-09-28 09:10")
    actions.override(ticket=other, outcome="chargeable", reason=WHY, actor=world.agent, at=other.opened_at)
    page = lead.get(REPORT).content.decode()
    assert "3 次判定" in page
    assert WHY in page
    assert "李坐席" in page
    assert REPORT in page
    ours = lead.get(f"{REPORT}?ours=1").content.decode()
    assert (other.number in ours, ticket.number in ours) == (True, False)
    narrowed = lead.get(f"{REPORT}?rule=override&agent={world.agent.pk}&outcome=chargeable&plan=yonsuite-premier")
    assert WHY in narrowed.content.decode()
    assert "没有符合这些条件的判定" in lead.get(f"{REPORT}?rule=term").content.decode()


def test_the_file_holds_what_is_shown_and_nothing_that_a_spreadsheet_works_out(lead: Client, world: World, ticket):
    actions.override(
        ticket=ticket, outcome="not_covered", reason="=1+1 这是一个公式", actor=world.agent, at=ticket.opened_at
    )
    body = b"".join(lead.get(f"{REPORT}decisions.csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert len(rows) == 3
    assert rows[1][-1] == "'=1+1 这是一个公式"
    assert rows[1][11:13] == ["服务人员改判", "在范围内"], "what stood before"
    assert rows[2][7:9] == ["在范围内", "在服务范围内"]


@pytest.mark.parametrize("query", ["month=x", "month=0001-01", "month=9999-12", "plan=%00", "agent=x", "agent=99999999999999", "outcome=x", "rule=x", "page=x", "page=999"])  # fmt: skip  # noqa: E501
def test_nonsense_in_the_address_narrows_nothing(lead: Client, ticket: Ticket, query: str):
    assert lead.get(f"{REPORT}?{query}").status_code == 200


def test_a_month_without_decisions_says_so(lead: Client):
    assert "这个月还没有判定" in lead.get(f"{REPORT}?month=2026-01").content.decode()


def test_the_month_takes_no_more_queries_for_more_rows(lead: Client, world: World, django_assert_max_num_queries):
    for _number in range(6):
        world.open_ticket(at="2026-09-28 09:10")
    with django_assert_max_num_queries(16):
        lead.get(REPORT)
