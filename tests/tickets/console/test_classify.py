"""The form that changes what a ticket is about: it says first what that would do, and loses nothing typed."""

import json

import pytest

from tests.hours import beijing
from tests.terms import Target, promised, put_under
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Ticket

NOW = {"priority": "normal", "category": "fault", "product": "yonsuite-finance", "module": "", "contract": "C-Y-1"}


@pytest.fixture
def ticket(world: World) -> Ticket:
    put_under(world.yonsuite.contract, "form", Target("first_response", 4), Target("first_response", 0.5, "urgent"))
    return world.open_ticket(at="2026-09-28 09:00")


@pytest.fixture
def page(desk, ticket):
    """Return a function that looks at a change, or posts it."""
    url = f"/console/tickets/{ticket.number}/classify/"

    def ask(method="get", headers=None, **said):
        send = desk.post if method == "post" else desk.get
        return send(url, NOW | said if said else {}, headers=headers or {})

    return ask


def test_the_page_opens_with_what_the_ticket_is_about(page, desk, ticket):
    html = page().content.decode()
    assert '<option value="fault" selected>' in html
    assert "改动任何一项" in html
    assert (
        f"/console/tickets/{ticket.number}/classify/" in desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    )


def test_looking_says_what_moves_and_changes_nothing__C41(page, ticket):
    answer = page(priority="urgent", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "<form" not in html
    for words in ("优先级由 普通 改为 紧急", "13:00", "09:30", "一改就超时"):
        assert words in html
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.event_count) == ("normal", 1)


def test_a_change_is_done_with_its_reason_and_stands_in_the_conversation__C41(page, desk, ticket):
    answer = page("post", priority="urgent", reason="停线了", sending="once")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/console/tickets/{ticket.number}/")
    page("post", priority="urgent", reason="停线了", sending="once")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.event_count, ticket.next_due_at) == ("urgent", 2, beijing("2026-09-28 09:30"))
    html = desk.get(f"/console/tickets/{ticket.number}/").content.decode()
    assert "优先级由 普通 改为 紧急" in html
    assert "因变更而超时" in html
    assert "理由：停线了" in html


def test_a_reason_is_needed_and_what_was_typed_stays(page, ticket):
    answer = page("post", priority="urgent", module="总账", reason=" ")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "请写明理由。" in html
    assert '<option value="urgent" selected>' in html
    assert 'value="总账"' in html


def test_what_the_plan_excludes_is_told_with_its_clause_and_can_be_insisted_on__Y07(page, ticket):
    html = page(category="customisation").content.decode()
    assert "不包含二次开发" in html
    assert 'name="insist"' in html
    answer = page("post", category="customisation", reason="客户坚持")
    assert (answer.status_code, "不包含二次开发" in answer.content.decode()) == (422, True)
    seen = page(category="customisation", insist="1").content.decode()
    assert "不再计时" in seen
    assert page("post", category="customisation", reason="客户坚持", insist="1").status_code == 302
    ticket.refresh_from_db()
    assert (ticket.outcome, ticket.next_due_at) == ("chargeable", None)


@pytest.mark.parametrize(
    "said", [{"priority": "sky"}, {"category": "gossip"}, {"product": "galaxy"}, {"contract": "C-K-1"}]
)
def test_only_what_is_on_offer_is_taken(page, ticket, said):
    assert page("post", reason="x", **said).status_code == 422
    assert page(**said).status_code == 200
    ticket.refresh_from_db()
    assert ticket.event_count == 1


def test_the_page_speaks_english(page, desk, world, ticket):
    world.agent.language = "en"
    world.agent.save()
    desk.force_login(world.agent)
    for said in ({"priority": "urgent"}, {"category": "customisation"}, {"category": "customisation", "insist": "1"}):
        html = page(headers={"HX-Request": "true"}, **said).content.decode()
        assert [letter for letter in html if "\u4e00" <= letter <= "\u9fff"] == []


def test_customers_are_led_away(client, world, ticket):
    client.force_login(world.yonsuite.contact.user)
    assert client.get(f"/console/tickets/{ticket.number}/classify/").status_code == 302
    client.logout()
    assert "/sign-in/" in client.get(f"/console/tickets/{ticket.number}/classify/").headers["Location"]


def test_a_partner_does_not_reach_a_ticket_of_others(client, partner, ticket):
    client.force_login(partner)
    assert client.get(f"/console/tickets/{ticket.number}/classify/").status_code == 404


def test_a_line_is_taken_back_shown_and_hidden_from_its_own_button__C21(act, desk, world, ticket):
    def page_of() -> str:
        return desk.get(f"/console/tickets/{ticket.number}/").content.decode()

    at = beijing("2026-09-28 09:40")
    actions.reply(ticket=ticket, body="发错了", actor=world.agent, at=at)
    actions.note(ticket=ticket, body="像是补丁", actor=world.agent, at=at)
    assert page_of().count("确认撤回") == 3  # the acceptance, the answer, the note
    assert act(ticket, "retract", event=3).status_code == 302
    html = page_of()
    assert "<del>发错了</del>" in html
    assert "仍待完成，09-28 13:00 到期" in html
    assert act(ticket, "publish", event=4).status_code == 302
    assert "内部备注，已公开给客户" in page_of()
    assert promised(ticket)["first_response"].state == "met"
    assert act(ticket, "unpublish", event=6).status_code == 302
    assert promised(ticket)["first_response"].state == "running"
    assert act(ticket, "retract", event="x").status_code == 422
    assert act(ticket, "retract", event=1).status_code == 422


def test_nobody_is_offered_to_take_back_what_another_said(client, world, ticket):
    actions.reply(ticket=ticket, body="在查", actor=world.agent, at=beijing("2026-09-28 09:40"))
    for person, offers in ((world.expert, 0), (world.lead, 2), (world.manager, 2)):
        client.force_login(person)
        assert client.get(f"/console/tickets/{ticket.number}/").content.decode().count("确认撤回") == offers


def test_a_customer_reads_what_changed_but_not_why_and_nothing_taken_back__I11(client, act, page, world, ticket):
    actions.reply(ticket=ticket, body="发错了", actor=world.agent, at=beijing("2026-09-28 09:40"))
    act(ticket, "retract", event=3)
    page("post", priority="urgent", reason="内部理由")
    client.force_login(world.yonsuite.contact.user)
    html = client.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "优先级由 普通 改为 紧急" in html
    assert "撤回" in html
    for secret in ("发错了", "内部理由", "确认撤回"):
        assert secret not in html


def seen(**said: str) -> str:
    return json.dumps(NOW | said)


def test_what_a_colleague_changed_meanwhile_is_not_undone_unseen(page, ticket, world):
    to = actions.Classification("high", ticket.category, ticket.product, "总账", ticket.contract)
    actions.reclassify(ticket=ticket, to=to, reason="先记下", actor=world.lead, at=beijing("2026-09-28 09:10"))
    answer = page("post", category="how_to", reason="只是问法", sending="one", seen=seen())
    html = answer.content.decode()
    assert answer.status_code == 422
    for words in ("优先级由 普通 改为 高，模块由 无 改为 总账", "请核对后再确认", "只是问法", 'value="总账"'):
        assert words in html
    assert '<option value="how_to" selected>' in html
    assert '<option value="high" selected>' in html
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority, ticket.event_count) == ("fault", "high", 2)
    now = {"priority": "high", "module": "总账"}
    again = page("post", category="how_to", reason="只是问法", sending="two", seen=seen(**now), **now)
    assert again.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority, ticket.module) == ("how_to", "high", "总账")


def test_the_page_keeps_in_mind_what_it_showed(page):
    html = page().content.decode()
    assert 'name="seen"' in html
    assert "&quot;priority&quot;: &quot;normal&quot;" in html


@pytest.mark.parametrize("odd", ["", "no json", "[]", '{"priority": ["normal"]}', '{"x": 1}', "5", "[" * 1999])
def test_a_form_that_says_oddly_what_it_saw_loses_nothing(page, odd):
    answer = page("post", priority="urgent", reason="停线了", sending="once", seen=odd)
    assert answer.status_code in (302, 422)
    assert answer.status_code == 302 or "停线了" in answer.content.decode()
