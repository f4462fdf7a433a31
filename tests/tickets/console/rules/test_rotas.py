"""The page of rotas: who is on call, whose turns come next, and swaps that can be agreed and taken back."""

import re
from datetime import date, time

import pytest
from django.test import Client

from plans.actions.rotas import keep_rota, set_members
from plans.models import FormerRota, Role, Rota, RotaShift, User
from plans.on_call import on_call
from plans.past_call import was_on_call
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


# --- Made, changed, and what was --------------------------------------------------------------------------------

TYPED = {
    "code": "nights", "name": "夜班", "name_en": "Nights", "team": "", "timezone": "Asia/Shanghai",
    "hands_over_at": "20:00", "days_each": "1", "starts_on": "2026-09-28", "is_active": "on", "seen": "0",
}  # fmt: skip


def send(client: Client, page: str, **said: object) -> tuple[int, str]:
    with clock_at(NOW):
        answer = client.post(f"{ROTAS}{page}/", said)
    return answer.status_code, answer.content.decode()


def test_a_rota_is_made_after_a_look_at_its_turns(manager: Client, world: World):
    order = [world.agent.pk, "", world.expert.pk]
    status, page = send(manager, "new", **TYPED, order=order)
    assert (status, Rota.objects.count()) == (200, 0)
    ahead = re.findall(r"<time[^>]*>(09-\d\d) 星期. 20:00 .*?</time><span>(.*?)</span>", page)
    assert ahead[:3] == [("09-28", "李坐席"), ("09-29", "陈专家"), ("09-30", "李坐席")]
    assert send(manager, "new", **TYPED, order=order, save="1")[0] == 302
    assert on_call(None, beijing("2026-09-29 21:00")) == [world.expert]
    assert was_on_call(Rota.objects.get(), beijing("2026-09-27 21:00")) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "new"}, "这个代码已经用了"),
        ({"code": "x y"}, "代码只能用"),
        ({"name": ""}, "请填写"),
        ({"name": "a\x00b"}, ""),
        ({"team": "999999"}, ""),
        ({"timezone": "Mars/Olympus"}, "没有名为“Mars/Olympus”的时区"),
        ({"hands_over_at": "25:00"}, "请写时刻"),
        ({"days_each": "0"}, ""),
        ({"days_each": "1000000000"}, ""),
        ({"starts_on": "9999-12-31"}, "前后十年"),
        ({"starts_on": "0001-01-01"}, "前后十年"),
        ({"order": []}, "至少选一个人"),
        ({"order": ["999999"]}, ""),
        ({"order": ["-1", "x"]}, ""),
    ],
)
def test_a_rota_that_cannot_be_is_refused_and_keeps_what_was_typed(manager: Client, world: World, changes, words):
    said = {**TYPED, "order": [world.agent.pk], "save": "1", "name_en": "Night owls"} | changes
    status, page = send(manager, "new", **said)
    assert (status, Rota.objects.count()) == (422, 0)
    assert words in page
    assert 'value="Night owls"' in page


def test_a_change_begins_with_the_turn_under_way_and_says_who_takes_over_at_once(manager: Client, world: World):
    kept = rota(world.agent, world.expert, world.lead, starts_on=date(2026, 9, 21))
    with clock_at(NOW):
        page = manager.get(f"{ROTAS}house/edit/").content.decode()
    assert 'value="2026-09-28"' in page
    chosen = re.findall(r'<option value="(\d+)" selected>', page)
    assert chosen[-3:] == [str(one.pk) for one in (world.expert, world.lead, world.agent)]
    said = {**TYPED, "hands_over_at": "09:00", "days_each": "7", "order": [world.lead.pk, world.agent.pk]}
    page = send(manager, "house/edit", **said)[1]
    assert "此刻值班的由 陈专家 换成 周组长" in page
    assert send(manager, "house/edit", **said, save="1")[0] == 302
    kept.refresh_from_db()
    assert (kept.code, kept.name) == ("house", "夜班")
    assert on_call(None, beijing("2026-09-28 12:00")) == [world.lead]
    assert was_on_call(kept, beijing("2026-09-28 09:30")) == world.expert


def test_two_who_change_a_rota_at_once_do_not_write_over_each_other(manager: Client, world: World):
    rota(world.agent)
    said = {**TYPED, "order": [world.expert.pk], "save": "1"}
    assert send(manager, "house/edit", **said)[0] == 302
    status, page = send(manager, "house/edit", **said, note="again")
    assert (status, "别人改过这张值班表" in page) == (409, True)
    assert FormerRota.objects.count() == 1


def test_who_was_on_call_is_told_for_any_instant_of_the_past(manager: Client, world: World):
    kept = rota(world.agent, world.expert)
    keep_rota(rota=kept, order=[world.lead], actor=world.manager, at=beijing("2026-09-20 12:00"))
    with clock_at(NOW):
        page = manager.get(f"{ROTAS}house/?at=2026-09-15T10:00").content.decode()
    assert "2026-09-15 10:00 值班的是 <strong>陈专家</strong>" in page
    assert "李坐席 → 陈专家" in page
    assert "郑经理" in page
    for odd in ("at=x", "at=9999-12-31T23:59", "month=2026-13", "month=0001-01", "month=", "at=2026-09-15T10:00%00"):
        assert manager.get(f"{ROTAS}house/?{odd}").status_code == 200, odd
    assert manager.get(f"{ROTAS}house/?month=2026-08").context["stints"][0]["name"] == ""


def test_leads_read_the_past_and_only_managers_change_it(client: Client, world: World):
    rota(world.agent)
    client.force_login(world.lead)
    assert client.get(f"{ROTAS}house/").status_code == 200
    for page in ("new", "house/edit"):
        assert client.get(f"{ROTAS}{page}/").status_code == 403
        assert send(client, page, **TYPED)[0] == 403


def test_an_english_reader_sees_english_on_every_page_of_a_rota(client: Client, world: World):
    kept = rota(world.agent, world.expert)
    keep_rota(rota=kept, order=[world.lead], actor=world.manager, at=beijing("2026-09-20 12:00"))
    client.force_login(person("reader", "读者", Role.MANAGER, language="en"))
    User.objects.filter(name_en="").update(name_en="Someone")
    # A field shows the name that was typed, in whichever language that was.
    Rota.objects.update(name="House")
    for page in ("new/", "house/edit/", "house/?at=2026-09-15T10:00"):
        with clock_at(NOW):
            said = client.get(f"{ROTAS}{page}").content.decode()
        assert CHINESE.findall(said[said.index('<div class="rules-page">') : said.index("</main>")]) == [], page


def test_the_back_office_only_shows_rotas(client: Client, world: World):
    client.force_login(person("root", "沈管理", Role.ADMIN, is_staff=True, is_superuser=True))
    kept = rota(world.agent, world.expert)
    assert client.get(f"/admin/plans/rota/{kept.pk}/change/").status_code == 200
    assert client.post(f"/admin/plans/rota/{kept.pk}/change/", {"code": "x"}).status_code == 403
    assert client.get("/admin/plans/rota/add/").status_code == 403
