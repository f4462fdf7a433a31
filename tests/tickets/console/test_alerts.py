"""The page where people say when they are told. It is Monday, 28 September 2026. Source: C26"""

import pytest

from plans.models import User
from plans.models.people import Role
from tests.clocks import calendar_row
from tests.world import person

WISH = {"calendar": "office", "every": 60, "language": "zh-hans", "timezone": "Asia/Shanghai"}


@pytest.fixture(autouse=True)
def office(db):
    return calendar_row("office")


def wish_of(user: User) -> tuple:
    user.refresh_from_db()
    return user.alert_calendar, user.alert_every, user.language, user.timezone


def test_an_agent_says_when_to_be_told_and_reads_what_that_means(desk, world):
    assert desk.post("/console/alerts/", WISH).status_code == 302
    assert wish_of(world.agent) == ("office", 60, "zh-hans", "Asia/Shanghai")
    page = desk.get("/console/alerts/").content.decode()
    assert "10月2日 星期五 20:00 的超时提醒会在 10月5日 星期一 08:30 送达。" in page
    assert "10月7日 星期三 10:07 的超时提醒会在 10月7日 星期三 11:00 送达。" in page


def test_a_choice_is_tried_before_it_is_kept(desk, world):
    answer = desk.get("/console/alerts/", {**WISH, "every": 1440}, headers={"HX-Request": "true"})
    words = answer.content.decode()
    assert "<html" not in words
    assert "10月7日 星期三 10:07 的超时提醒会在 10月8日 星期四 08:30 送达。" in words
    assert wish_of(world.agent)[:2] == ("", 0)


def test_any_hour_is_a_choice_too(desk, world):
    desk.post("/console/alerts/", WISH)
    desk.post("/console/alerts/", WISH | {"calendar": "any", "every": 0})
    assert wish_of(world.agent)[:2] == ("", 0)


def test_without_a_wish_one_is_told_at_once(desk):
    assert "10月2日 星期五 20:00 的超时提醒会立即送达。" in desk.get("/console/alerts/").content.decode()


@pytest.mark.parametrize(
    "wrong", [{"calendar": "nowhere"}, {"every": 7}, {"language": "fr"}, {"timezone": "Mars/Olympus"}, {"timezone": ""}]
)
def test_what_is_not_offered_is_not_kept(desk, world, wrong):
    assert desk.post("/console/alerts/", WISH | wrong).status_code == 422
    assert wish_of(world.agent) == ("", 0, "zh-hans", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("who", "whose", "may"),
    [
        ("lead", "agent", True),  # of the lead's team
        ("lead", "csm", False),
        ("manager", "csm", True),
        ("agent", "expert", False),
        ("agent", "nobody", False),
        ("manager", "contact1", False),  # a customer
    ],
)
def test_a_lead_sets_it_for_the_team_and_a_manager_for_all_of_ours(client, world, who, whose, may):
    client.force_login(User.objects.get(username=who))
    assert client.get(f"/console/alerts/{whose}/").status_code == (200 if may else 404)
    assert client.post(f"/console/alerts/{whose}/", WISH).status_code == (302 if may else 404)
    assert User.objects.filter(username=whose, alert_calendar="office").exists() == may


def test_a_lead_reads_what_the_team_wished(client, world):
    client.force_login(world.agent)
    client.post("/console/alerts/", WISH)
    client.force_login(world.lead)
    page = client.get("/console/alerts/").content.decode()
    assert "李坐席" in page
    assert "每小时一封" in page
    assert "何成功" not in page, "not of this team"


def test_a_customer_has_no_alerts(client, world):
    client.force_login(world.yonsuite.contact.user)
    assert client.get("/console/alerts/").status_code == 302


def test_an_administrator_keeps_it_in_the_back_office_too(client, world):
    client.force_login(person("root", "管理员", Role.ADMIN, is_superuser=True, is_staff=True))
    page = client.get(f"/admin/plans/user/{world.agent.pk}/change/").content.decode()
    assert 'name="alert_calendar"' in page
    assert '<option value="office">' in page
