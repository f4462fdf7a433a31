"""A ticket's page: what it tells, who may see it, and that nothing on it is taken for markup."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import Contact, Customer
from sla.models import Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket
from tickets.rounds.dispatch import sweep

NOW = beijing("2026-09-28 10:00")
EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture
def ticket(world):
    return world.open_ticket("月结报错", module="总账", version="V5", tenant="t-1", error_code="GL-0042")


def page_of(client, ticket, **asked):
    return client.get(f"/console/tickets/{ticket.number}/", asked)


def proof_of(client, ticket, milestone=None):
    found = milestone or Milestone.objects.get(clock__ticket_clock__ticket=ticket)
    return client.get(f"/console/tickets/{ticket.number}/proof/{found.pk}/")


def test_the_page_tells_the_promise_the_customer_and_where_it_happens__Y18(desk, ticket, world):
    page = page_of(desk, ticket).content.decode()
    for told in (
        "首次响应",
        "今天 11:00",
        "§3.1.1",
        "王会计的公司",
        world.yonsuite.contact.phone,
        "何成功",
        "孙技术",
        "总账",
        "GL-0042",
        "C-Y-1",
    ):
        assert told in page
    assert "v1" in page
    assert proof_of(desk, ticket).status_code == 200


def test_the_conversation_marks_what_is_internal_and_what_met_the_promise__Y18(desk, ticket, world):
    actions.bot_reply(ticket=ticket, body="请看帮助", at=NOW)
    actions.accept(ticket=ticket, actor=world.agent, at=NOW)
    actions.note(ticket=ticket, body="像是补丁问题", actor=world.agent, at=NOW)
    actions.log_call(ticket=ticket, body="没人接", answered=False, actor=world.agent, at=NOW)
    entries = page_of(desk, ticket).context["entries"]
    assert [entry.look for entry in entries] == ["customer", "bot", "event", "note", "call"]
    assert [entry.is_internal for entry in entries] == [False, False, False, True, False]
    assert [entry.evidence for entry in entries] == ["", "", "兑现 首次响应，提前 1 小时", "", ""]
    assert entries[2].words == "李坐席 接单"


def test_an_escalation_says_whom_it_told_when_and_how_late_it_was_noticed__K10(desk, ticket, world):
    with clock_at("2026-09-28 13:00"):
        sweep()
        page = page_of(desk, ticket)
    told = [entry.words for entry in page.context["entries"] if entry.event.kind == "escalated"]
    assert any("超时（到期 09-28 11:00）" in words and "优先级升为 高" in words for words in told)
    assert any("通知" in words and "何成功" in words and "孙技术" in words for words in told)
    assert any("系统晚了 2 小时 才发现" in words for words in told)
    mails = [mail.words for entry in page.context["entries"] for mail in entry.mails]
    assert any("邮件正要发给" in words and "何成功" in words for words in mails)


def test_a_mail_that_failed_is_seen_in_the_timeline(desk, ticket):
    Delivery.objects.filter(ticket=ticket).update(state=Delivery.State.FAILED, error="550 no such user")
    page = page_of(desk, ticket).content.decode()
    assert "邮件没有送到 王会计：550 no such user" in page
    assert "mail--failed" in page


def test_a_paused_promise_shows_the_pause_and_what_is_left(desk, world):
    ticket = world.open_ticket("等客户", at="2026-09-28 09:00")
    Milestone.objects.filter(clock__ticket_clock__ticket=ticket).update(
        state="paused", due_at=None, next_step_at=None, remaining="01:15:00",
        pauses=[{"start": beijing("2026-09-28 09:45").isoformat(), "end": None, "cause": "customer"}],
    )  # fmt: skip
    promise = page_of(desk, ticket).context["milestones"][0]
    assert (promise.tone, promise.clock.brief) == ("paused", "暂停，还剩 1 小时 15 分")
    assert [(span.reason, span.words) for span in promise.story.spans] == [
        ("open", "服务时间"),
        ("pause", "暂停计时：等待客户"),
    ]
    assert proof_of(desk, ticket).status_code == 200


def test_a_proof_adds_up_and_names_its_versions__Y18(desk, ticket):
    page = proof_of(desk, ticket)
    rows = page.context["sheet"].rows
    assert rows[-1].total.total_seconds() == 7200
    text = page.content.decode()
    assert "2026-09-28 11:00:00" in text
    assert page.context["digest"] in text
    assert "应在 2026-09-28 11:00 前首次响应" in text


def plain(answer, number):
    """Return a page without what differs from page to page by right: the address asked for and the form's token."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()).replace(number, "")


def test_somebody_elses_ticket_is_as_absent_as_one_that_never_was(client, ticket, partner):
    client.force_login(partner)
    others, none = page_of(client, ticket), client.get("/console/tickets/T-2026-999999/")
    assert (others.status_code, none.status_code) == (404, 404)
    assert plain(others, ticket.number) == plain(none, "T-2026-999999")
    assert proof_of(client, ticket).status_code == 404
    refused = client.post(f"/console/tickets/{ticket.number}/act/", {"action": "accept"})
    assert refused.status_code == 404
    assert Ticket.objects.get(pk=ticket.pk).assignee is None


def test_a_proof_of_another_ticket_is_absent(desk, ticket, world):
    other = world.open_ticket(side=world.kingdee)
    milestone = Milestone.objects.get(clock__ticket_clock__ticket=other)
    assert proof_of(desk, ticket, milestone).status_code == 404


PAGES = ["/console/", "/console/rail/", "/console/tickets/{}/", "/console/tickets/{}/?part=talk"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["nobody", "customer", "stranger", "agent", "expert", "lead", "manager"])
def test_only_our_people_see_the_console(client, ticket, world, role, path):
    people = {"customer": world.yonsuite.contact.user, "stranger": world.stranger.user}
    user = people.get(role) or getattr(world, role, None)
    if user:
        client.force_login(user)
    answer = client.get(path.format(ticket.number))
    if role in people:
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    elif user is None:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/?next=/console/")
    else:
        assert answer.status_code == 200


def test_an_act_after_the_session_ended_leads_back_to_the_ticket(client, ticket):
    answer = client.post(f"/console/tickets/{ticket.number}/act/", {"action": "accept"})
    assert answer.headers["Location"] == f"/sign-in/?next=/console/tickets/{ticket.number}/"
    pressed = {"referer": f"http://testserver/portal/tickets/{ticket.number}/"}
    answer = client.post(f"/portal/tickets/{ticket.number}/answer/", {}, headers=pressed)
    assert answer.headers["Location"] == f"/sign-in/?next=/portal/tickets/{ticket.number}/"


def test_nothing_that_people_wrote_is_taken_for_markup(desk, world):
    Customer.objects.filter(pk=world.yonsuite.customer.pk).update(name=EVIL)
    Contact.objects.filter(pk=world.yonsuite.contact.pk).update(name=EVIL[:70])
    world.yonsuite.contact.refresh_from_db()
    world.agent.name = EVIL
    world.agent.save()
    ticket = world.open_ticket(EVIL, body=EVIL, module=EVIL, environment=EVIL, error_code=EVIL, tenant=EVIL)
    actions.accept(ticket=ticket, actor=world.agent, at=NOW)
    actions.reply(ticket=ticket, body=EVIL, actor=world.agent, at=NOW)
    Delivery.objects.filter(ticket=ticket).update(state=Delivery.State.FAILED, error=EVIL)
    urls = ["/console/?view=all", f"/console/?q={EVIL}", f"/console/tickets/{ticket.number}/?view={EVIL}"]
    refused = desk.post(f"/console/tickets/{ticket.number}/act/", {"action": "merge", "into": EVIL[:20], "body": EVIL})
    for answer in [desk.get(url) for url in urls] + [proof_of(desk, ticket), refused]:
        assert b"<script>alert" not in answer.content
        assert b"<img" not in answer.content
    assert b"&lt;script&gt;alert" in refused.content


def test_a_long_ticket_costs_as_many_queries_as_a_short_one(desk, ticket, world):
    def cost(part):
        with CaptureQueriesContext(connection) as captured:
            assert page_of(desk, ticket, part=part).status_code == 200
        return len(captured)

    def costs():
        return {part: cost(part) for part in ("", "head", "talk", "sheet", "list")}

    def say(times):
        for time in range(times):
            actions.reply(ticket=ticket, body=f"第 {time} 次", actor=world.agent, at=NOW)
            actions.customer_message(ticket=ticket, contact=world.yonsuite.contact, body="还是不行", at=NOW)
            world.open_ticket(f"另一件 {time}")

    say(10)
    few = costs()
    say(50)
    assert costs() == few
    assert max(few.values()) <= 26


def test_a_merged_ticket_leads_to_the_one_it_became_part_of(desk, ticket, world):
    parent = world.open_ticket("主要的")
    actions.merge(ticket=ticket, into=parent, actor=world.agent, at=NOW)
    page = page_of(desk, ticket).content.decode()
    assert f'href="/console/tickets/{parent.number}/"' in page
    assert 'id="composer"' not in page


def test_links_in_the_conversation_open_whole_pages_and_files(desk, world, ticket):
    with clock_at("2026-09-28 10:00"):
        html = page_of(desk, ticket).content.decode()
    talk = html[html.index('id="talk"') : html.index("</section>", html.index('id="composer"'))]
    links = re.findall(r"<a [^>]*>", talk)
    assert len(links) >= 2
    assert [link for link in links if 'hx-boost="false"' not in link] == []
