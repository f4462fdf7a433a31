"""Every act through its form: what it does, what it says when it is refused, and that nothing typed is lost."""

from datetime import timedelta

import pytest
from django.test import Client

from plans.models import Role
from sla.clock import database_now
from tests.world import person
from tickets.models import Message, Status, Ticket, TicketEvent


@pytest.fixture
def ticket(world):
    return world.open_ticket("月结报错")


def again(ticket):
    return Ticket.objects.select_related("assignee").get(pk=ticket.pk)


def kinds(ticket):
    return list(TicketEvent.objects.filter(ticket=ticket).order_by("number").values_list("kind", flat=True))


def test_an_agent_takes_a_ticket_all_the_way_through_its_forms__Y18(act, ticket, world):
    def done(action, **said):
        answer = act(ticket, action, sending=f"{action}-{len(kinds(ticket))}", **said)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/console/tickets/{ticket.number}/?view=mine")
        return again(ticket).status

    assert done("accept") == "open"
    assert done("progress", body="在查") == "open"
    assert done("note", body="像是补丁") == "open"
    assert done("call", body="已沟通", answered="1") == "open"
    assert done("wait", **{"for": "customer"}) == "waiting_customer"
    assert done("resume") == "open"
    assert done("wait", **{"for": "third_party", "until": "2026-09-30T09:30", "body": "等银行排期"}) == "scheduled"
    assert done("resume") == "open"
    assert done("assign", to=world.expert.pk) == "open"
    assert again(ticket).assignee == world.expert
    assert done("assign", to=f"team:{world.team.pk}") == "open"
    assert (again(ticket).assignee, again(ticket).team) == (None, world.team)
    assert done("reply", body="请打补丁") == "open"
    assert done("resolve", body="已解决") == "resolved"
    assert done("reopen") == "open"
    assert done("resolve") == "resolved"
    assert done("close") == "closed"
    said = dict(Message.objects.filter(ticket=ticket).values_list("body", "is_public"))
    assert said["像是补丁"] is False
    waited = ticket.events.filter(kind="waiting", fields__remark="等银行排期")
    assert waited.count() == 1
    assert said["请打补丁"] is True


def test_the_agreed_date_is_meant_in_the_agents_own_zone(act, ticket, world):
    world.agent.timezone = "Asia/Bangkok"
    world.agent.save()
    act(ticket, "wait", **{"for": "customer", "until": "2026-09-29T09:30"})
    assert again(ticket).waiting_until.isoformat() == "2026-09-29T02:30:00+00:00"


@pytest.mark.parametrize("action", ["accept", "reply", "note", "progress", "call", "resolve"])
def test_a_form_sent_twice_is_one_act(act, ticket, action):
    for _time in range(2):
        answer = act(ticket, action, body="好的", answered="1", sending="once")
        assert answer.status_code == 302
    assert Message.objects.filter(ticket=ticket, body="好的").count() == (0 if action == "accept" else 1)
    assert kinds(ticket).count("accepted") == (0 if action == "note" else 1)


def test_other_words_from_a_page_that_was_sent_before_are_another_act(act, ticket):
    act(ticket, "reply", body="第一句", sending="same")
    act(ticket, "reply", body="第二句", sending="same")
    assert kinds(ticket).count("reply") == 2


def test_a_refusal_says_why_and_what_to_do_and_keeps_what_was_typed(act, ticket):
    act(ticket, "resolve")
    answer = act(ticket, "reply", body="还有一句 <b>重要</b> 的话")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "工单已结束，不能再处理。" in page
    assert "先重新打开工单。" in page
    assert "还有一句 &lt;b&gt;重要&lt;/b&gt; 的话</textarea>" in page


@pytest.mark.parametrize(
    ("action", "said", "told"),
    [
        ("reply", {"body": "  "}, "请写下内容。"),
        ("note", {}, "请写下内容。"),
        ("call", {"answered": "1"}, "请写下内容。"),
        ("wait", {"for": "customer", "until": "2026-09-01T09:00"}, "约定的时间必须在将来。"),
        ("wait", {"for": "customer", "until": "明天"}, "请选一个日期和时间。"),
        ("wait", {"for": "nobody"}, ""),
        ("assign", {"to": ""}, "请选一位同事。"),
        ("assign", {"to": "999999"}, "没有这位服务人员。"),
        ("assign", {"to": "x"}, "没有这位服务人员。"),
        ("assign", {"to": "team:999999"}, "没有这个团队。"),
        ("merge", {"into": "T-2026-999999"}, "没有工单 T-2026-999999。"),
        ("merge", {"into": ""}, "请写工单号。"),
        ("resume", {}, "工单并未处于等待状态。"),
        ("reopen", {}, "工单尚未结束，无需重新打开。"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(act, ticket, action, said, told):
    answer = act(ticket, action, **said)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert kinds(ticket) == ["opened"]


def test_an_act_that_nobody_knows_changes_nothing(act, ticket):
    answer = act(ticket, "delete", body="留着")
    assert answer.status_code == 422
    assert "留着</textarea>" in answer.content.decode()
    assert kinds(ticket) == ["opened"]


def test_a_customer_cannot_be_given_a_ticket(act, ticket, world):
    assert act(ticket, "assign", to=world.yonsuite.contact.user.pk).status_code == 422
    person("left", "已离职", Role.AGENT, is_active=False)
    assert again(ticket).assignee is None


def test_tickets_of_two_customers_are_not_merged__C37(act, ticket, world):
    other = world.open_ticket(side=world.kingdee)
    assert act(ticket, "merge", into=other.number).status_code == 422
    twin = world.open_ticket("同一件事")
    assert act(ticket, "merge", into=twin.number.lower()).status_code == 302
    assert again(ticket).merged_into == twin


def test_a_customer_cannot_act_in_the_console(client, ticket, world):
    client.force_login(world.yonsuite.contact.user)
    answer = client.post(f"/console/tickets/{ticket.number}/act/", {"action": "accept"})
    assert answer.status_code == 302
    assert kinds(ticket) == ["opened"]


def test_a_form_without_its_token_is_refused(world, ticket):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.agent)
    answer = strict.post(f"/console/tickets/{ticket.number}/act/", {"action": "accept"})
    assert answer.status_code == 403
    assert kinds(ticket) == ["opened"]


def test_reading_never_acts(desk, ticket):
    assert desk.get(f"/console/tickets/{ticket.number}/act/", {"action": "accept"}).status_code == 405
    assert kinds(ticket) == ["opened"]


@pytest.mark.parametrize(
    ("status", "offered", "kept_back"),
    [
        (Status.NEW, {"accept", "assign", "reply", "resolve", "close"}, {"resume", "reopen"}),
        (Status.WAITING_CUSTOMER, {"resume", "reply"}, {"reopen"}),
        (Status.RESOLVED, {"reopen", "close", "note"}, {"accept", "reply", "assign", "resume"}),
        (Status.CLOSED, {"reopen", "note"}, {"accept", "reply", "close"}),
    ],
)
def test_only_acts_that_make_sense_are_offered(desk, ticket, status, offered, kept_back):
    now = database_now() - timedelta(minutes=1)
    Ticket.objects.filter(pk=ticket.pk).update(status=status, resolved_at=now, closed_at=now)
    page = desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    shown = {act for act in offered | kept_back if f'value="{act}"' in page}
    assert shown == offered
