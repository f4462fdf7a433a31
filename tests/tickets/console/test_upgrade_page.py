"""A contract goes up to a newer version of its plan: looked at item by item and ticket by ticket, then done."""

from pathlib import Path

import pytest

from plans.coverage import cover
from plans.loading import load
from plans.models import Contract, Plan, Product, Team
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.conftest import contact_of
from tests.plans.test_third_vendor import FASTER, LANHAI, edition, signed
from tests.world import World
from tickets.actions.opening import Opening, open_ticket
from tickets.models import Category, Channel, Ticket
from tickets.rounds import dispatch

OPENED = beijing("2026-09-28 09:00")
PAGE = "/console/accounts/C-L-1/upgrade/"


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket of a contract under the first edition, due after four working hours."""
    load([LANHAI])
    contract = signed(team=Team.objects.create(code="sea", name="蓝海组", name_en="Sea", vendor="lanhai"))
    contact, product = contact_of(contract.customer), Product.objects.get(code="lanhai-erp")
    decision = cover(contact, contract, "ticket", product, "public_cloud", "fault", "portal", OPENED)
    opening = Opening(
        contact=contact, decision=decision, subject="库存对不上", body="盘点差三箱", product=product,
        channel=Channel.PORTAL, category=Category.FAULT,
    )  # fmt: skip
    return open_ticket(opening=opening, at=OPENED)


@pytest.fixture
def newer(ticket: Ticket, tmp_path: Path) -> Plan:
    """Load an edition that promises two working hours under a policy of its own."""
    return edition(tmp_path, *FASTER)


def read(client, path: str = PAGE) -> str:
    with clock_at("2026-09-28 09:30"):
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_new_edition_leaves_a_signed_contract_and_its_tickets_alone__C41(ticket: Ticket, newer: Plan):
    with clock_at("2026-09-28 09:30"):
        dispatch.sweep()
    ticket.refresh_from_db()
    assert ticket.contract.plan.version == 1
    assert ticket.next_due_at == beijing("2026-09-28 13:00")


def test_upgrade_is_looked_at_then_done_and_open_tickets_follow__C41(client, world: World, ticket: Ticket, newer: Plan):
    client.force_login(world.manager)
    page = read(client)
    assert "四个工作小时内由工程师回复。" in page
    assert "两个工作小时内由工程师回复。" in page
    assert ticket.number in page
    assert Contract.objects.get(number="C-L-1").plan.version == 1  # looking changes nothing
    with clock_at("2026-09-28 09:30"):
        answer = client.post(f"{PAGE}apply/", {"version": 2, "reason": "客户 9 月 20 日同意"})
    assert answer.status_code == 302
    with clock_at("2026-09-28 09:30:02"):
        dispatch.sweep()
    ticket.refresh_from_db()
    assert ticket.contract.plan == newer
    assert ticket.next_due_at == beijing("2026-09-28 11:00")
    line = ticket.events.order_by("number").last()
    assert line.fields["changed"]["plan"]["to_name"] == "专业服务 v2"
    assert line.fields["reason"] == "客户 9 月 20 日同意"
    assert "合同已是现行版本" in read(client)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"version": 2, "reason": ""}, "这个字段是必填项"),
        ({"version": 1, "reason": "退回"}, "合同已经是专业服务现行的 v1"),
        ({"version": 9, "reason": "新版"}, "没有这个版本"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(client, world: World, ticket: Ticket, said, told):
    client.force_login(world.manager)
    answer = client.post(f"{PAGE}apply/", said)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page or "合同已是现行版本" in page


def test_only_managers_upgrade_and_strangers_find_nothing(client, world: World, ticket: Ticket, newer: Plan):
    client.force_login(world.lead)
    assert "升级由经理或管理员来做" in read(client)
    assert client.post(f"{PAGE}apply/", {"version": 2, "reason": "x"}).status_code == 403
    client.force_login(world.expert)
    assert client.get(PAGE).status_code == 404


def test_tab_is_there_only_while_there_is_a_newer_version(client, world: World, ticket: Ticket, tmp_path: Path):
    client.force_login(world.manager)
    assert PAGE not in read(client, "/console/accounts/C-L-1/")
    edition(tmp_path, ("name: 专属顾问", "name: 首席顾问"))
    assert PAGE in read(client, "/console/accounts/C-L-1/")
