"""Side tasks in the console: asked for beside a ticket, counted in the rail, ticked off. Source: K10"""

import pytest

from sla.clock import database_now
from tickets.actions import side_tasks
from tickets.ledger import actor_of
from tickets.models import SideTask


@pytest.fixture
def ticket(world):
    return world.open_ticket(at="2026-09-28 09:00")


def ask(world, ticket, to, title="核对结账日志") -> SideTask:
    return side_tasks.add(ticket=ticket, title=title, assignee=to, actor=actor_of(world.lead), at=database_now())


def test_an_agent_asks_a_colleague_from_the_ticket(desk, act, world, ticket):
    assert act(ticket, "ask", title="看看日志", to=world.expert.pk).status_code == 302
    task = SideTask.objects.get()
    assert (task.title, task.assignee, task.created_by) == ("看看日志", world.expert, "李坐席")
    page = desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    assert "看看日志" in page
    assert "请 陈专家 协办“看看日志”" in page


@pytest.mark.parametrize("said", [{"title": ""}, {"title": "字" * 201}, {"title": "x", "to": 999999}])
def test_a_task_that_cannot_be_asked_for_is_refused_in_words(act, ticket, said):
    answer = act(ticket, "ask", **said)
    assert answer.status_code == 422
    assert not SideTask.objects.exists()


def test_the_rail_counts_ones_own_and_the_page_lists_them(desk, world, ticket):
    ask(world, ticket, world.agent)
    ask(world, ticket, world.expert, "别人的事")
    page = desk.get("/console/tasks/").content.decode()
    assert "核对结账日志" in page
    assert "别人的事" not in page
    assert '<span class="count">1</span>' in page


def test_ticking_off_from_the_page_and_from_the_ticket(desk, act, world, ticket):
    mine, other = ask(world, ticket, world.agent), ask(world, ticket, world.expert, "别人的事")
    assert desk.post(f"/console/tasks/{mine.pk}/done/").status_code == 302
    assert act(ticket, "tick_off", task=other.pk).status_code == 302
    assert set(SideTask.objects.values_list("done_by", flat=True)) == {"李坐席"}
    assert "没有要您协办的事" in desk.get("/console/tasks/").content.decode()
    page = desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    assert "李坐席 办完" in page


def test_nobody_ticks_off_on_a_page_what_is_not_theirs(desk, act, world, ticket):
    other = ask(world, ticket, world.expert)
    assert desk.post(f"/console/tasks/{other.pk}/done/").status_code == 404
    elsewhere = world.open_ticket("别的工单")
    assert act(elsewhere, "tick_off", task=other.pk).status_code == 422
    assert not SideTask.objects.exclude(done_at=None).exists()


def test_a_partner_sees_tasks_of_tickets_that_are_theirs_to_see(client, world, partner, ticket):
    ask(world, ticket, partner)
    ask(world, world.open_ticket("伙伴的", side=world.kingdee), partner, "该办的")
    client.force_login(partner)
    page = client.get("/console/tasks/").content.decode()
    assert "该办的" in page
    assert "核对结账日志" not in page


def test_no_customer_reads_of_a_task(client, world, ticket):
    ask(world, ticket, world.expert)
    client.force_login(world.yonsuite.contact.user)
    assert "核对结账日志" not in client.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert client.get("/console/tasks/").status_code == 302
