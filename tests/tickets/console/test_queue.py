"""The queue: what each view shows, in which order, found by which words, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import Team
from tests.clocks import clock_at
from tests.hours import beijing
from tickets.actions import ticket as actions
from tickets.console.guard import Reader
from tickets.console.queue import Wish, rows_for
from tickets.console.rail import VIEWS, counts, view_named
from tickets.models import Status, Ticket
from tickets.showing.promises import slack_of

NOW = beijing("2026-09-28 10:00")


def numbers(response):
    """Return the numbers of the listed tickets, in order."""
    return [row.number for group in response.context["groups"] for row in group.rows]


def listed(desk, **asked):
    return numbers(desk.get("/console/", asked))


@pytest.fixture
def life(world):
    """Return tickets in every situation that a view is about, by what is special with each."""
    found = {
        "breached": world.open_ticket("已超时", at="2026-09-28 08:30"),
        "at_risk": world.open_ticket("快到期", at="2026-09-28 08:45"),
        "fresh": world.open_ticket("刚来", at="2026-09-28 09:50"),
        "mine": world.open_ticket("我接的", at="2026-09-28 09:30"),
        "waiting": world.open_ticket("等客户", at="2026-09-28 09:00"),
        "solved": world.open_ticket("解决了", at="2026-09-28 09:00"),
        "kingdee": world.open_ticket("金蝶的", side=world.kingdee, at="2026-09-28 09:00"),
    }
    Ticket.objects.filter(pk=found["breached"].pk).update(next_due_at=beijing("2026-09-28 09:00"))
    found["breached"].ticket_clocks.get().clock.milestones.update(due_at=beijing("2026-09-28 09:00"))
    actions.accept(ticket=found["mine"], actor=world.agent, at=NOW)
    actions.wait(ticket=found["waiting"], wait_for="customer", until=None, actor=world.expert, at=NOW)
    actions.resolve(ticket=found["solved"], body="好了", actor=world.expert, at=NOW)
    # The warning of a promise of two hours comes after an hour and a half.
    with clock_at("2026-09-28 10:20"):
        yield {name: ticket.number for name, ticket in found.items()}


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("next", ["breached", "at_risk", "fresh", "kingdee", "mine"]),
        ("mine", ["mine"]),
        ("team", ["breached", "at_risk", "fresh", "kingdee", "waiting", "mine"]),
        ("unassigned", ["breached", "at_risk", "fresh", "kingdee"]),
        ("at_risk", ["at_risk"]),
        ("breached", ["breached"]),
        ("waiting", ["waiting"]),
        ("all", ["breached", "at_risk", "fresh", "kingdee", "waiting", "mine"]),
        ("resolved", ["solved"]),
    ],
)
def test_each_view_shows_its_tickets_what_is_due_first_on_top(desk, life, view, expected):
    assert listed(desk, view=view) == [life[name] for name in expected]


def test_the_rail_counts_what_the_views_show(desk, life, world):
    found = counts(Reader(world.agent, beijing("2026-09-28 10:20")))
    shown = {view.key: len(listed(desk, view=view.key)) for view in VIEWS if view.key != "resolved"}
    assert found == shown
    page = desk.get("/console/rail/", {"view": "mine"}).content.decode()
    assert 'aria-current="page"' in page
    assert '<span class="count count--breached">1</span>' in page


def test_what_is_next_is_ordered_by_working_time_left__C46(world):
    """Two hours of a five-day week come before twenty-nine of a seven-day one, though both are due on Monday at ten."""
    late_friday = beijing("2026-03-06 17:00")
    every_day = world.open_ticket("七天十二小时", at="2026-03-06 16:00")
    office_hours = world.open_ticket("五天八小时", side=world.kingdee, at="2026-03-06 15:30")
    clocks = {ticket.pk: ticket.ticket_clocks.get().clock for ticket in (every_day, office_hours)}
    monday = beijing("2026-03-09 10:00")
    Ticket.objects.update(next_due_at=monday)
    for clock in clocks.values():
        clock.milestones.update(due_at=monday)
    rows, _page = rows_for(Wish(view_named("next")), Reader(world.agent, late_friday))
    assert [row.subject for row in rows] == ["五天八小时", "七天十二小时"]
    calendars = [row.promise.milestone.calendar_version_id for row in rows]
    left = [slack_of(calendar, monday, late_friday) / timedelta(hours=1) for calendar in calendars]
    assert left == [2, 29]


def test_rows_stand_in_groups_by_when_they_are_due(desk, life):
    groups = desk.get("/console/", {"view": "all"}).context["groups"]
    assert [(group.key, len(group.rows)) for group in groups] == [("late", 1), ("today", 3), ("none", 2)]
    assert [group.key for group in desk.get("/console/").context["groups"]] == ["late", "weighed", "none"]


@pytest.mark.parametrize("query", ["快到期", "王会计", "C-Y-1 Ltd", "contact1@c-y-1.example"])
def test_words_are_found_in_subject_customer_and_contact_whatever_the_view(desk, life, query):
    assert life["at_risk"] in listed(desk, q=query, view="resolved")


def test_a_whole_number_leads_to_the_ticket(desk, life):
    assert (
        desk.get("/console/", {"q": life["fresh"].lower()}).headers["Location"] == f"/console/tickets/{life['fresh']}/"
    )
    assert life["fresh"] in listed(desk, q=life["fresh"][-4:])


def test_a_search_without_a_hit_says_so_and_leads_back(desk, life):
    page = desk.get("/console/", {"q": "<b>没有这句</b>"}).content.decode()
    assert "没有找到" in page
    assert "&lt;b&gt;没有这句&lt;/b&gt;" in page
    assert "<b>没有这句" not in page


def test_the_list_is_narrowed_by_channel_plan_and_team(desk, life, world):
    other = Team.objects.create(code="elsewhere", name="别组", name_en="Elsewhere", vendor="yonsuite")
    Ticket.objects.filter(number=life["fresh"]).update(team=other, channel="im")
    assert listed(desk, view="all", channel="im") == [life["fresh"]]
    assert listed(desk, view="all", team="elsewhere") == [life["fresh"]]
    assert listed(desk, view="all", plan="kingdee-advanced") == [life["kingdee"]]
    assert listed(desk, view="all", plan="kingdee-advanced", channel="im") == []


ODD = [{"page": "x"}, {"page": "-1"}, {"page": "9" * 11}, {"view": "nonsense"}, {"q": "\0"}, {"team": "\0"}]


@pytest.mark.parametrize("asked", ODD)
def test_odd_questions_get_a_page(desk, life, asked):
    assert desk.get("/console/", asked).status_code == 200


def test_pages_follow_each_other_without_losing_what_was_asked(desk, world):
    for number in range(51):
        world.open_ticket(f"第 {number} 件")
    first = desk.get("/console/", {"view": "all", "channel": "portal"})
    assert len(numbers(first)) == 50
    following = first.context["pages"]["next_url"]
    assert "channel=portal" in following
    rest = desk.get(following)
    assert len(numbers(rest)) == 1
    assert set(numbers(rest)).isdisjoint(numbers(first))


def queries(desk, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)


PATHS = ["/console/", "/console/?view=all", "/console/?view=resolved", "/console/?q=件", "/console/rail/"]


@pytest.mark.parametrize("path", PATHS)
def test_sixty_tickets_cost_as_many_queries_as_ten(desk, world, path):
    def open_and_resolve_half(first, last):
        for number in range(first, last):
            ticket = world.open_ticket(f"第 {number} 件")
            if number % 2:
                actions.resolve(ticket=ticket, body="", actor=world.agent, at=NOW)

    open_and_resolve_half(0, 10)
    few = queries(desk, path)
    open_and_resolve_half(10, 60)
    assert queries(desk, path) == few
    assert few <= 12


def test_a_refresh_gets_the_list_alone_and_no_cache_keeps_it(desk, life):
    part = desk.get("/console/", headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert life["fresh"].encode() in part.content
    assert part.headers["Cache-Control"] == "private, no-store"
    assert "HX-Request" in part.headers["Vary"]


def test_english_readers_read_english(desk, life, world):
    world.agent.language = "en"
    world.agent.save()
    page = desk.get("/console/", {"view": "all"}).content.decode()
    assert "All open" in page
    assert "C-Y-1 Ltd" in page
    assert "Late by" in page


def test_a_partner_sees_their_own_alone(client, life, partner):
    client.force_login(partner)
    assert listed(client, view="all") == [life["kingdee"]]
    assert client.get(f"/console/tickets/{life['kingdee']}/").status_code == 200
    assert client.get(f"/console/tickets/{life['fresh']}/").status_code == 404
    assert counts(Reader(partner, NOW))["all"] == 1


def test_merged_tickets_are_nobodys_work(desk, life, world):
    Ticket.objects.filter(number=life["fresh"]).update(status=Status.MERGED)
    assert life["fresh"] not in listed(desk, view="all")
    assert life["fresh"] in listed(desk, view="resolved")
