"""Service hours as a manager keeps them: looked at, edited in two steps, kept as versions."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from plans.models import Branch, Role
from sla.actions import put_calendars
from sla.actors import Actor
from sla.composing import Hours, hours_of
from sla.models import CalendarVersion, Recompute
from sla.timeline import ActorKind
from tests.hours import beijing
from tests.world import World, person

EDIT = "/console/rules/calendars/kingdee-5x8/edit/"
PAGE = "/console/rules/calendars/kingdee-5x8/"
WORKDAY = "08:30-12:00, 13:00-17:30"


@pytest.fixture
def manager(client: Client, world: World) -> Client:
    """Return a client as whom the manager is signed in."""
    client.force_login(world.manager)
    return client


def current(code: str = "kingdee-5x8") -> CalendarVersion:
    return CalendarVersion.objects.current().get(code=code)


def typed(base: int = 1, special: tuple[dict[str, str], ...] = (), **changes: Any) -> dict[str, Any]:
    """Return what the form of kingdee-5x8 sends, with changes."""
    said: dict[str, Any] = {
        "base": base, "name": "金蝶 5×8", "name_en": "Kingdee 5×8", "timezone": "Asia/Shanghai", "working_day": "8",
        "follows": "CN", "breaks": "whole", "note": "", "cause": "春节前改时间", "special-INITIAL_FORMS": "0",
        **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WORKDAY), "special-TOTAL_FORMS": str(len(special)),
    }  # fmt: skip
    for number, row in enumerate(special):
        said |= {f"special-{number}-{field}": value for field, value in row.items()}
    return {name: value for name, value in (said | changes).items() if value is not None}


@pytest.fixture
def send(manager: Client) -> Callable[..., HttpResponse]:
    """Return a function that sends the editor's form with one of its buttons."""

    def sent(step: str, url: str = EDIT, **said: Any) -> HttpResponse:
        return manager.post(url, {**typed(**said), "step": step})

    return sent


def text_of(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_list_tells_the_week_who_goes_by_it_and_what_is_assumed(manager: Client) -> None:
    page = text_of(manager.get("/console/rules/calendars/"))
    assert "kingdee-5x8" in page
    assert "周一至周五 08:30–12:00、13:00–17:30" in page
    assert re.search(r"\d+ 个时限", page)
    assert "2027 年推定" in page


def test_a_year_shows_each_date_with_its_reason(manager: Client) -> None:
    page = manager.get(PAGE, {"year": "2026"}).content.decode()
    assert page.count('class="date date--') == 365 + 7
    assert 'data-name="10月1日 周四 · 放假 国庆节 · 全天不开放"' in page
    assert 'data-name="10月9日 周五 · 平日 · 08:30–12:00、13:00–17:30"' in page


def test_the_year_comes_to_the_hours_that_its_dates_open(manager: Client) -> None:
    dates = manager.get(PAGE, {"year": "2026"})
    assert dates.context["total"].open_dates == 242
    assert dates.context["open_hours"] == "1,936"


def test_an_assumed_year_says_so(manager: Client) -> None:
    assert "是推定的，可能变动" in text_of(manager.get(PAGE, {"year": "2027"}))
    assert "是推定的，可能变动" not in text_of(manager.get(PAGE, {"year": "2026"}))


def test_a_date_is_explained__Y17(manager: Client) -> None:
    page = text_of(manager.get(PAGE, {"date": "2026-10-03"}))
    assert "10月3日 周六 · 放假 国庆节" in page
    assert "10月8日 周四 · 平日" in page


@pytest.mark.parametrize("asked", [{"year": "abc"}, {"year": "99999"}, {"date": "2026-02-30"}, {"version": "x"}])
def test_nonsense_in_the_address_is_passed_over(manager: Client, asked: dict[str, str]) -> None:
    assert manager.get(PAGE, asked).status_code == 200


def test_an_unknown_calendar_is_not_found(manager: Client) -> None:
    assert manager.get("/console/rules/calendars/none/").status_code == 404
    assert manager.get(PAGE, {"version": "77"}).status_code == 404


def test_make_up_days_are_listed_from_the_holidays_and_a_switch_opens_them__C12(send: Any, manager: Client) -> None:
    assert "补周" in text_of(manager.get(PAGE, {"year": "2026"}))
    send("save", make_up="on")
    assert {"date": "2026-02-14", "as": "fri"} in current().spec["extra_open_dates"]
    assert "这几天照常上班" in text_of(manager.get(PAGE, {"year": "2026"}))
