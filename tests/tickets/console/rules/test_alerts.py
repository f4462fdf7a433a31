"""The page of who will be told: hour by hour, by person, team and ticket, for those who may see the rules."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.models import Role, User
from tests.clocks import clock_at
from tests.world import World, person
from tickets.models import Ticket

ALERTS = "/console/rules/alerts/"
NOW = "2026-09-28 10:00"
CHINESE = re.compile("[\u3400-\u9fff]")


def shown(client: Client, **asked: object) -> str:
    with clock_at(NOW):
        answer = client.get(ALERTS, asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def manager(client: Client, world: World) -> Client:
    client.force_login(world.manager)
    return client


@pytest.fixture
def tickets(world: World) -> list[Ticket]:
    """Return two tickets that will be missed within the hour, one of which somebody works."""
    mine, free = (world.open_ticket(name, at="2026-09-28 08:30") for name in ("有人管的", "没人管的"))
    Ticket.objects.filter(pk=mine.pk).update(assignee=world.agent)
    return [mine, free]


def test_each_hour_says_who_is_told_of_what_and_why(manager: Client, tickets: list[Ticket]):
    page = shown(manager)
    assert all(one.number in page for one in tickets)
    for words in (
        "今天 10:00",
        "首次响应：一超时",
        "李坐席",
        "处理人",
        "优先级升为 高",
        "改派给 周组长",
        "第 1 轮重复",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.LEAD, 200),
        (Role.MANAGER, 200),
        (Role.ADMIN, 200),
        (Role.AGENT, 403),
        (Role.EXPERT, 403),
        (Role.PARTNER, 403),
    ],
)
def test_leads_and_above_may_look(client: Client, world: World, role: str, status: int):
    client.force_login(person(f"is-{role}", "看的人", role))
    assert client.get(ALERTS).status_code == status


def test_customers_and_strangers_are_sent_away(client: Client, world: World):
    assert client.get(ALERTS).status_code == 302
    client.force_login(world.stranger.user)
    assert client.get(ALERTS).status_code == 302


def test_it_narrows_to_a_person_a_team_or_a_ticket(manager: Client, world: World, tickets: list[Ticket]):
    mine, free = tickets
    person_only = shown(manager, person=world.agent.pk)
    assert (mine.number in person_only, f">{free.number}<" in person_only) == (True, False)
    ticket_only = shown(manager, ticket=free.number.lower())
    assert (f">{mine.number}<" in ticket_only, free.number in ticket_only) == (False, True)
    assert mine.number in shown(manager, team=world.team.pk)
    assert "没有符合的通知" in shown(manager, team=10**6)
    assert mine.number in shown(manager, person="x", team="'", page="9")


def test_what_waits_for_hours_or_a_digest_says_until_when(manager: Client, world: World, tickets: list[Ticket]):
    User.objects.filter(username="lead").update(alert_every=60)
    User.objects.filter(username="csm").update(email="")
    page = shown(manager)
    assert "汇总，09-28 11:00 发出" in page
    assert "没有邮箱，收不到" in page


def test_an_address_with_a_zero_byte_finds_nothing(manager: Client, tickets: list[Ticket]):
    assert "没有符合的通知" in shown(manager, ticket="T-2026\x00")


def test_nothing_to_come_is_said(manager: Client, world: World):
    assert "接下来 24 小时没有人会被通知" in shown(manager)


def test_an_english_reader_sees_english(client: Client, world: World, tickets: list[Ticket]):
    Ticket.objects.update(subject="Posting failed")
    client.force_login(person("reader", "读者", Role.MANAGER, language="en"))
    page = shown(client)
    main = page[page.index('<div class="rules-page">') : page.index("</main>")]
    assert CHINESE.findall(main) == []


def test_more_tickets_cost_no_more_queries(manager: Client, world: World, tickets: list[Ticket]):
    shown(manager)
    with CaptureQueriesContext(connection) as few:
        shown(manager)
    for n in range(11):
        world.open_ticket(f"第{n}张", at="2026-09-28 08:40")
    with CaptureQueriesContext(connection) as many:
        page = shown(manager)
    assert len(many) <= len(few)
    assert 'rel="next"' in page
