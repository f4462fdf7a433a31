"""The page of rotas: who is on call, whose turns come next, and swaps that can be agreed and taken back."""

import re
from datetime import date, time

import pytest
from django.test import Client

from plans.actions.rotas import keep_rota, set_members
from plans.models import Role, Rota, RotaMember, RotaShift, User
from plans.on_call import on_call
from tests.clocks import clock_at
from tests.hours import beijing, local
from tests.world import World, person

ROTAS = "/console/rules/rotas/"
SWAP = f"{ROTAS}house/swap/"
NOW = "2026-09-28 10:00"
CHINESE = re.compile("[\u3400-\u9fff]")


@pytest.fixture
def manager(client: Client, world: World) -> Client:
    client.force_login(world.manager)
    return client


def rota(*members: User, code: str = "house", **more: object) -> Rota:
    usual = {"name": "全公司值班", "name_en": "House", "starts_on": date(2026, 9, 7), "hands_over_at": time(9)}
    made = Rota(code=code, **(usual | {"days_each": 7} | more))
    keep_rota(rota=made)
    set_members(rota=made, order=members)
    return made


def asked(client: Client) -> str:
    with clock_at(NOW):
        answer = client.get(ROTAS)
    assert answer.status_code == 200
    return answer.content.decode()


def agree(client: Client, **said: object) -> tuple[int, str]:
    with clock_at(NOW):
        answer = client.post(SWAP, {f"house-{name}": value for name, value in said.items()})
    return answer.status_code, answer.content.decode()


def test_it_says_who_is_on_call_and_whose_turns_come_next(manager: Client, world: World):
    rota(world.agent, world.expert, world.lead)
    page = asked(manager)
    assert re.findall(r"<time[^>]*>(09-28|10-05|10-12|10-19|10-26) 09:00", page) == [
        "09-28", "10-05", "10-12", "10-19", "10-26",
    ]  # fmt: skip
    assert page.index("李坐席") < page.index("陈专家") < page.index("周组长")


def test_a_swap_is_agreed_on_the_clocks_of_the_rota_and_taken_back(manager: Client, world: World):
    rota(world.agent, timezone="Asia/Bangkok")
    said = {"user": world.expert.pk, "start": "2026-09-29T20:00", "end": "2026-09-30T08:00", "note": "搬家"}
    assert agree(manager, **said)[0] == 302
    shift = RotaShift.objects.get()
    assert shift.start == local("2026-09-29 20:00", "Asia/Bangkok")
    assert on_call(None, local("2026-09-29 21:00", "Asia/Bangkok")) == [world.expert]
    assert "由 陈专家 替班" in asked(manager)
    with clock_at(NOW):
        assert manager.post(f"{ROTAS}swaps/{shift.pk}/take-back/").status_code == 302
    assert on_call(None, local("2026-09-29 21:00", "Asia/Bangkok")) == [world.agent]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"end": "2026-09-29T08:00"}, 409, "换班的结束须晚于开始"),
        ({"start": "2026-09-20T08:00", "end": "2026-09-21T08:00"}, 409, "已经过去"),
        ({"end": "2026-12-30T08:00"}, 409, "一次换班最长 60 天"),
        ({"user": ""}, 422, "请选一位同事"),
        ({"user": "999999"}, 422, "没有这位在职的同事"),
        ({"start": "yesterday"}, 422, "请选日期和时间"),
    ],
)
def test_a_swap_that_cannot_be_says_why_and_keeps_what_was_typed(manager: Client, world: World, changes, status, words):
    rota(world.agent)
    said = {"user": world.expert.pk, "start": "2026-09-29T20:00", "end": "2026-09-30T08:00", "note": "搬家"}
    found, page = agree(manager, **(said | changes))
    assert (found, RotaShift.objects.count()) == (status, 0)
    assert words in page
    assert 'value="搬家"' in page


def test_two_swaps_do_not_overlap(manager: Client, world: World):
    rota(world.agent)
    said = {"user": world.expert.pk, "start": "2026-09-29T20:00", "end": "2026-09-30T08:00"}
    assert agree(manager, **said)[0] == 302
    status, page = agree(manager, **(said | {"end": "2026-09-29T20:01"}))
    assert (status, "已由 陈专家 换班" in page) == (409, True)


def test_leads_look_and_only_managers_swap(client: Client, world: World):
    rota(world.agent)
    client.force_login(world.lead)
    assert "确认换班" not in asked(client)
    assert client.post(SWAP, {}).status_code == 403
    client.force_login(world.agent)
    assert client.get(ROTAS).status_code == 403


def test_nobody_on_call_is_said_aloud(manager: Client, world: World):
    assert "还没有值班表" in asked(manager)
    rota(world.agent, starts_on=date(2026, 12, 7))
    assert "现在无人值班" in asked(manager)


def test_an_english_reader_sees_english(client: Client, world: World):
    rota(world.agent, world.expert)
    client.force_login(person("reader", "读者", Role.MANAGER, language="en"))
    page = asked(client)
    assert CHINESE.findall(page[page.index('<div class="rules-page">') : page.index("</main>")]) == []


# --- In the back office ------------------------------------------------------------------------------------------


def test_an_administrator_keeps_the_members_in_order(client: Client, world: World):
    client.force_login(person("root", "沈管理", Role.ADMIN, is_staff=True, is_superuser=True))
    kept = rota(world.agent, world.expert)
    first, second = RotaMember.objects.order_by("place")
    sent = {
        "code": "house", "name": "全公司值班", "name_en": "House", "team": "", "timezone": "Asia/Shanghai",
        "starts_on": "2026-09-07", "hands_over_at": "09:00", "days_each": "1", "is_active": "on",
        "members-TOTAL_FORMS": "3", "members-INITIAL_FORMS": "2",
        "members-0-id": first.pk, "members-0-rota": kept.pk, "members-0-place": "3", "members-0-user": world.agent.pk,
        "members-1-id": second.pk, "members-1-rota": kept.pk, "members-1-place": "2",
        "members-1-user": world.expert.pk, "members-1-DELETE": "on",
        "members-2-id": "", "members-2-rota": kept.pk, "members-2-place": "1", "members-2-user": world.lead.pk,
    }  # fmt: skip
    assert client.post(f"/admin/plans/rota/{kept.pk}/change/", sent).status_code == 302
    members = Rota.objects.get().members.all()
    assert [(member.place, member.user) for member in members] == [(1, world.lead), (2, world.agent)]
    assert on_call(None, beijing("2026-09-08 12:00")) == [world.agent]
    told = client.post(f"/admin/plans/rota/{kept.pk}/change/", sent | {"timezone": "Mars/Olympus"})
    assert told.status_code == 200
