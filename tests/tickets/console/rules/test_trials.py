"""Drafts, backtests and policies in the console: who may, what is refused, and the tickets behind each figure."""

import csv
import io
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sla.models import Backtest, CalendarVersion, Draft, Milestone, Policy, Recompute
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions.ticket import reply
from tickets.models import Ticket
from tickets.rounds import dispatch, jobs

RULES = "/console/rules"
START = "policy:yonsuite-premier-ticket"
PAGES = ["policies/", "policies/yonsuite-premier-ticket/", "drafts/", "backtests/"]


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    """Return a client as whom the manager is signed in."""
    client.force_login(world.manager)
    return client


@pytest.fixture
def draft(desk: Client) -> Draft:
    """Return a draft that halves the premier promise, as the manager wrote it."""
    desk.post(f"{RULES}/drafts/new/", {"name": "一小时", "name_en": "One hour", "start": START})
    begun = Draft.objects.get()
    save(desk, begun, begun.text.replace("amount: 7200", "amount: 3600"))
    begun.refresh_from_db()
    return begun


def save(client: Client, draft: Draft, text: str, **more: Any) -> HttpResponse:
    said = {"name": draft.name, "name_en": draft.name_en, "text": text, "seen": draft.updated_at.isoformat()} | more
    return client.post(f"{RULES}/drafts/{draft.pk}/", said)


def tried(client: Client, draft: Draft) -> Backtest:
    """Return the finished backtest of a draft over the last days."""
    answer = client.post(f"{RULES}/drafts/{draft.pk}/try/", {"since": "2026-09-20", "until": "2026-09-28"})
    assert answer.status_code == 302
    assert jobs.work()
    return Backtest.objects.latest("pk")


@pytest.fixture
def answered(world: World) -> list[str]:
    """Return the numbers of tickets answered after 30 and 90 minutes."""
    numbers = []
    for minutes in (30, 90):
        ticket = world.open_ticket(f"{minutes} 分钟", at="2026-09-25 09:00")
        reply(ticket=ticket, actor=world.agent, body="在看了。", at=beijing(f"2026-09-25 {9 + minutes // 60:02}:30"))
        numbers.append(ticket.number)
    return numbers


@pytest.mark.parametrize("page", PAGES)
def test_leads_read_and_agents_do_not(client, world, page):
    client.force_login(world.agent)
    assert client.get(f"{RULES}/{page}").status_code == 403
    client.force_login(world.lead)
    assert client.get(f"{RULES}/{page}").status_code == 200
    client.force_login(world.stranger.user)
    assert client.get(f"{RULES}/{page}").status_code == 302


def test_leads_change_nothing(client, world, draft):
    client.force_login(world.lead)
    assert client.get(f"{RULES}/drafts/{draft.pk}/").status_code == 200
    for path in ("", "try/", "enact/", "discard/"):
        assert client.post(f"{RULES}/drafts/{draft.pk}/{path}", {"name": "x", "text": "y"}).status_code == 403
    assert client.post(f"{RULES}/drafts/new/", {"name": "x"}).status_code == 403
    draft.refresh_from_db()
    assert draft.name == "一小时"


def test_a_draft_begins_with_what_is_in_force(desk):
    desk.post(f"{RULES}/drafts/new/", {"name": "夜班", "start": "calendar:kingdee-5x8"})
    assert "holidays: {country: CN, breaks: whole, make_up: false}" in Draft.objects.get().text
    assert desk.post(f"{RULES}/drafts/new/", {"name": ""}).status_code == 422
    assert desk.post(f"{RULES}/drafts/new/", {"name": "空", "start": "policy:none"}).status_code == 422


def test_what_cannot_be_read_is_kept_and_told_by_line(desk, draft):
    save(desk, draft, "policies:\n  - code: Bad Code\n")
    page = desk.get(f"{RULES}/drafts/{draft.pk}/").content.decode()
    assert "Bad Code" in page
    assert 'href="#line-2"' in page
    assert '<li id="line-2" class="is-wrong">' in page
    assert "policies.1.code" in page


def test_what_no_column_holds_is_refused_and_kept_on_the_page(desk, draft):
    answer = save(desk, draft, "policies: []\x00 # mine")
    assert answer.status_code == 409
    assert "# mine" in answer.content.decode()
    save(desk, draft, draft.text.replace("amount: 3600", "amount: 1000000000"))
    page = desk.get(f"{RULES}/drafts/{draft.pk}/").content.decode()
    assert "最长十年" in page


def test_somebody_elses_text_is_not_written_over(desk, draft):
    seen = draft.updated_at
    with clock_at("2026-09-28 10:05"):
        save(desk, draft, "calendars: []\n")
    draft.updated_at = seen
    with clock_at("2026-09-28 10:06"):
        answer = save(desk, draft, "policies: []\n# mine")
    assert answer.status_code == 409
    assert "# mine" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.text == "calendars: []\n"


def test_a_backtest_leads_from_each_figure_to_its_tickets__C45(desk, draft, answered):
    backtest = tried(desk, draft)
    address = f"{RULES}/backtests/{backtest.pk}/"
    page = desk.get(address).content.decode()
    assert "100.0%" in page
    assert "50.0%" in page
    listed = desk.get(f"{address}?move=first_response.kept.missed").context
    assert [one.ticket.number for one in listed["changes"]] == [answered[1]]
    (went,) = listed["went"]
    assert went.move.count == len(listed["changes"]) == listed["report"].tally.changes
    for other in ("first_response.missed.kept", "first_response.bad.kept"):
        assert desk.get(f"{address}?move={other}").context["changes"] == []


def test_history_is_not_touched_by_any_of_it__C42(desk, draft, answered):
    before = list(Milestone.objects.order_by("pk").values())
    tried(desk, draft)
    desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"seen": draft.updated_at.isoformat()})
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").version == 2
    assert list(Milestone.objects.order_by("pk").values()) == before


def test_changes_are_a_file_that_works_out_nothing(desk, draft, answered, world):
    ticket = world.open_ticket("=HYPERLINK(1)", at="2026-09-25 09:00")
    reply(ticket=ticket, actor=world.agent, body="在看了。", at=beijing("2026-09-25 10:45"))
    backtest = tried(desk, draft)
    answer = desk.get(f"{RULES}/backtests/{backtest.pk}/changes.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + backtest.result["changes"] == 3
    assert [row[2] for row in rows[1:]] == ["90 分钟", "'=HYPERLINK(1)"]
    assert rows[1][7:] == ["2026-09-25T11:00+08:00", "2026-09-25T10:00+08:00"]


def test_a_refresh_gets_only_the_progress(desk, draft, answered):
    desk.post(f"{RULES}/drafts/{draft.pk}/try/", {"since": "2026-09-20", "until": "2026-09-28"})
    backtest = Backtest.objects.get()
    part = desk.get(f"{RULES}/backtests/{backtest.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "data-unfinished" in part
    assert "<html" not in part
    assert desk.post(f"{RULES}/backtests/{backtest.pk}/stop/").status_code == 302
    backtest.refresh_from_db()
    assert backtest.state == "stopped"
    assert desk.get(f"{RULES}/backtests/{backtest.pk}/").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"since": "2026-09-28", "until": "2026-09-20"},
        {"since": "x", "until": "y"},
        {"since": "0001-01-01", "until": "2026-09-28"},
        {"since": "2026-09-20", "until": "9999-12-31"},
    ],
)
def test_a_period_that_makes_no_sense_starts_nothing(desk, draft, sent):
    answer = desk.post(f"{RULES}/drafts/{draft.pk}/try/", sent, follow=True)
    assert not Backtest.objects.exists()
    assert list(answer.context["messages"])


def test_only_what_was_tried_as_it_stands_is_put_in_force(desk, draft):
    address = f"{RULES}/drafts/{draft.pk}/enact/"
    seen = {"seen": draft.updated_at.isoformat()}
    assert "amount: 3600" in desk.get(address).content.decode()
    assert desk.post(address, seen).status_code == 409
    tried(desk, draft)
    with clock_at("2026-09-28 10:05"):
        save(desk, draft, draft.text + "# changed\n")
    draft.refresh_from_db()
    seen = {"seen": draft.updated_at.isoformat()}
    assert desk.post(address, seen).status_code == 409
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").version == 1
    assert desk.post(address, seen | {"untried": "on"}).status_code == 302
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").version == 2
    draft.refresh_from_db()
    assert draft.enacted_by == "郑经理"
    assert save(desk, draft, "policies: []").status_code == 409
    assert desk.post(address, {"untried": "on"}).status_code == 409


def test_who_puts_a_draft_in_force_sees_which_open_promises_move_and_which_are_late_at_once(desk, world, draft):
    late, early = world.open_ticket("早的", at="2026-09-28 08:30"), world.open_ticket("晚的", at="2026-09-28 09:30")
    dues = dict(Milestone.objects.values_list("pk", "due_at"))
    answer = desk.get(f"{RULES}/drafts/{draft.pk}/enact/")
    moved = {move.thing: move.new_due_at for move in answer.context["promised"].page}
    assert moved == {late.number: beijing("2026-09-28 09:30"), early.number: beijing("2026-09-28 10:30")}
    assert answer.content.decode().count("届时已超时") == 1
    assert dict(Milestone.objects.values_list("pk", "due_at")) == dues
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").version == 1
    assert not Recompute.objects.exists()
    desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"untried": "on"})
    dispatch.sweep()
    ours = Milestone.objects.filter(clock__ticket_clock__isnull=False)
    assert set(ours.values_list("due_at", flat=True)) == set(moved.values())


def test_a_draft_with_errors_is_not_put_in_force(desk, draft):
    save(desk, draft, draft.text.replace("met_on: [accept", "met_on: [open, accept"))
    assert desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"untried": "on"}).status_code == 409
    draft.refresh_from_db()
    save(desk, draft, "policies: [")
    assert desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"untried": "on"}).status_code == 302
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").version == 1


def test_a_draft_that_says_what_is_in_force_changes_nothing(desk, draft):
    save(desk, draft, draft.text.replace("amount: 3600", "amount: 7200", 1))
    answer = desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"untried": "on"})
    assert answer.status_code == 409
    assert "没有什么可生效的" in answer.content.decode()


def test_a_calendar_of_a_draft_shows_the_deadlines_that_it_moves(desk, world):
    ticket = world.open_ticket(at="2026-09-28 09:30", side=world.kingdee)
    desk.post(f"{RULES}/drafts/new/", {"name": "早一点关", "start": "calendar:kingdee-5x8"})
    begun = Draft.objects.get()
    save(desk, begun, begun.text.replace("mon: [['08:30', '12:00'], ['13:00', '17:30']]", "mon: [['08:30', '12:00']]"))
    page = desk.get(f"{RULES}/drafts/{begun.pk}/enact/")
    assert [move.thing for move in page.context["moves"].page] == [ticket.number]
    desk.post(f"{RULES}/drafts/{begun.pk}/enact/", {"untried": "on"})
    version = CalendarVersion.objects.current().get(code="kingdee-5x8")
    assert (version.version, version.cause, version.created_by) == (2, "早一点关", "郑经理")


def test_the_reason_is_the_name_of_the_draft_unless_another_is_given(desk, world, draft):
    ticket = world.open_ticket(at="2026-09-28 09:30")
    address = f"{RULES}/drafts/{draft.pk}/enact/"
    assert 'value="一小时"' in desk.get(address).content.decode()
    assert desk.post(address, {"untried": "on", "cause": "x" * 401}).status_code == 422
    assert desk.post(address, {"untried": "on", "cause": "a\x00b"}).status_code == 422
    desk.post(address, {"untried": "on", "cause": "承诺收紧", "cause_en": "A firmer promise"})
    dispatch.sweep()
    (moved,) = ticket.events.filter(kind="deadline_moved")
    assert (moved.fields["cause"], moved.fields["cause_en"]) == ("承诺收紧", "A firmer promise")


def test_what_is_in_force_is_not_offered_to_be_put_in_force_again(desk, draft):
    desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"untried": "on"})
    assert desk.get(f"{RULES}/drafts/{draft.pk}/enact/").status_code == 302


def test_beside_a_draft_stands_every_key_that_it_may_have(desk, draft, world):
    page = desk.get(f"{RULES}/drafts/{draft.pk}/").content.decode()
    for word in ("pauses_on", "third_party", "repeats", "webhook", "special", "make_up", "必须写"):
        assert word in page
    desk.force_login(world.lead)
    assert "可以写的键" not in desk.get(f"{RULES}/drafts/{draft.pk}/").content.decode()


def test_a_draft_is_thrown_away_and_its_backtests_stay(desk, draft, answered):
    tried(desk, draft)
    assert desk.post(f"{RULES}/drafts/{draft.pk}/discard/").status_code == 302
    assert not Draft.objects.exists()
    assert desk.get(f"{RULES}/backtests/{Backtest.objects.get().pk}/").status_code == 200


def test_a_policy_is_told_in_words_with_what_its_versions_differ_in(desk, draft):
    desk.post(f"{RULES}/drafts/{draft.pk}/enact/", {"untried": "on"})
    page = desk.get(f"{RULES}/policies/yonsuite-premier-ticket/")
    said = page.content.decode()
    assert "用去时限的 75%" in said
    assert [(line.sign, line.text.strip()) for line in page.context["lines"] if line.sign in "+-"] == [
        ("-", "amount: 7200"),
        ("+", "amount: 3600"),
    ]
    assert "v1" in desk.get(f"{RULES}/policies/yonsuite-premier-ticket/?version=1").content.decode()
    assert desk.get(f"{RULES}/policies/yonsuite-premier-ticket/?version=9").status_code == 404
    assert desk.get(f"{RULES}/policies/nothing/").status_code == 404


def test_pages_cost_the_same_however_much_they_list(desk, draft, answered, django_assert_max_num_queries):
    backtest = tried(desk, draft)
    for path, most in ((f"backtests/{backtest.pk}/", 16), ("drafts/", 12), ("policies/", 40)):
        with django_assert_max_num_queries(most):
            assert desk.get(f"{RULES}/{path}").status_code == 200


def test_an_english_reader_sees_no_chinese(desk, draft, answered, world):
    backtest = tried(desk, draft)
    # What was said in Chinese on the way is read in Chinese.
    desk.get(f"{RULES}/drafts/")
    Ticket.objects.update(subject="Closing fails")
    type(world.manager).objects.filter(pk=world.manager.pk).update(language="en")
    what_if = f"/console/tickets/{answered[1]}/what-if/?draft={draft.pk}"
    backtests = [f"backtests/{backtest.pk}/", f"backtests/{backtest.pk}/?move=first_response.kept.missed"]
    for path in [*(f"{RULES}/{page}" for page in [*PAGES, "drafts/new/", *backtests]), what_if]:
        page = desk.get(path).content.decode()
        shown = re.sub(r"<script.*?</script>|<pre.*?</pre>|<svg.*?</svg>|守约<span>Shouyue|中文", "", page, flags=re.S)
        assert re.findall("[一-鿿]+", shown) == [], path
