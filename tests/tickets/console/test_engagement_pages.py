"""Engagements in the console: who sees them, what each act does, and that nothing typed is lost by a no."""

from datetime import date, timedelta

import pytest
from django.test import Client

from plans.actions.engagements import gathering as events
from plans.actions.quotas import lay_out
from plans.models import Engagement, Gathering
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.engagements.desk import agreed, asked, slot, with_expert
from tests.world import World, person
from tickets.console.accounts.engagements import gatherings

NOW = "2026-03-02 10:00"


@pytest.fixture
def now():
    with clock_at(NOW):
        yield


def signed_in(user, language: str = "zh-hans") -> Client:
    user.language = language
    user.save()
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def page_of(engagement: Engagement) -> str:
    return f"/console/accounts/-/engagements/{engagement.number}/"


def do(client: Client, engagement: Engagement, action: str, **said):
    return client.post(f"{page_of(engagement)}act/", {"action": action, **said})


def training(world: World) -> Engagement:
    return asked(world.yonsuite.contract, "training", world.yonsuite.contact)


def test_an_account_is_seen_by_its_people_and_by_the_expert_alone(world: World, now: None):
    engagement = training(world)
    assert signed_in(world.success_manager).get(page_of(engagement)).status_code == 200
    assert signed_in(world.manager).get(page_of(engagement)).status_code == 200
    assert signed_in(world.expert).get(page_of(engagement)).status_code == 404
    with_expert(engagement, world.expert)
    assert signed_in(world.expert).get(page_of(engagement)).status_code == 200
    assert signed_in(world.agent).get(page_of(engagement)).status_code == 404
    assert do(signed_in(world.agent), engagement, "post", body="x").status_code == 404


@pytest.mark.parametrize("code", ["E-2026-999999", "E-1999-000001", "x", "E-2026-99999999999999"])
def test_what_never_was_is_not_found(world: World, now: None, code):
    assert signed_in(world.manager).get(f"/console/accounts/-/engagements/{code}/").status_code == 404


def test_an_engagement_goes_from_proposal_to_close_by_its_page(world: World, now: None):
    engagement, client = training(world), signed_in(world.success_manager)
    arranged = {
        "topic": "月结辅导", "experts": [world.expert.pk], "provider": "branch", "mode": "remote",
        "timezone": "Asia/Shanghai", "place": "https://meet.example/7",
    }  # fmt: skip
    assert do(client, engagement, "arrange", **arranged).status_code == 302
    times = {"starts_at": "2026-03-20T09:00", "ends_at": "2026-03-20T11:00"}
    assert do(client, engagement, "propose", **times).status_code == 302
    page = client.get(page_of(engagement)).content.decode()
    assert "等客户答复" in page
    assert do(client, engagement, "accept").status_code == 409
    assert do(client, engagement, "accept", heard="王会计电话确认").status_code == 302
    engagement.refresh_from_db()
    assert (engagement.state, engagement.starts_at) == ("agreed", beijing("2026-03-20 09:00"))
    with clock_at("2026-03-20 12:00"):
        assert do(client, engagement, "deliver", person_days="0.5").status_code == 302
        came = [row.pk for row in engagement.attendees.all()]
        assert do(client, engagement, "record", done="跑通了月结。", came=came).status_code == 302
        assert do(client, engagement, "post", body="资料在群里").status_code == 302
        assert do(client, engagement, "close").status_code == 302
        page = client.get(page_of(engagement)).content.decode()
    assert "跑通了月结。" in page
    assert "0.5 人天" in page
    engagement.refresh_from_db()
    assert engagement.state == "closed"


def test_less_than_two_weeks_is_refused_with_the_clause_and_what_was_typed_stays__Y16(world: World, now: None):
    engagement = asked(world.yonsuite.contract, "critical_moment", world.yonsuite.contact)
    client = signed_in(world.success_manager)
    times = {"starts_at": "2026-03-10T09:00", "ends_at": "2026-03-10T11:00", "remark": "年结当天"}
    answer = do(client, engagement, "propose", **times)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "需提前两周" in page
    assert "最早可约 2026年3月16日" in page
    assert "年结当天" in page
    assert 'value="2026-03-10T09:00"' in page
    assert do(client, engagement, "propose", **times, short_notice="上市审计提前").status_code == 302
    assert "放宽了提前期：上市审计提前" in client.get(page_of(engagement)).content.decode()


def test_a_time_that_left_the_term_is_pointed_out(world: World, now: None):
    engagement = training(world)
    agreed(engagement, world.success_manager, world.yonsuite.contact.user, slot("2026-03-20 09:00"))
    client = signed_in(world.success_manager)
    assert "请改期，或取消" not in client.get(page_of(engagement)).content.decode()
    engagement.contract.ended_on = date(2026, 3, 19)
    engagement.contract.save()
    assert "请改期，或取消" in client.get(page_of(engagement)).content.decode()


def test_a_busy_expert_is_shown_before_anybody_agrees(world: World, now: None):
    first = with_expert(training(world), world.expert)
    agreed(first, world.success_manager, world.yonsuite.contact.user, slot("2026-03-20 09:00"))
    second = with_expert(asked(world.kingdee.contract, "critical_moment", world.kingdee.contact), world.expert)
    client = signed_in(world.success_manager)
    times = {"starts_at": "2026-03-20T10:00", "ends_at": "2026-03-20T12:00"}
    refused = do(client, second, "propose", **times)
    assert refused.status_code == 409
    assert first.number in refused.content.decode()
    assert do(client, second, "propose", **times, despite_conflict="on").status_code == 302
    page = client.get(page_of(second)).content.decode()
    assert "专家另有安排" in page
    assert first.number in page


def test_a_request_on_the_customers_behalf_says_what_is_left_and_asks_what_is_left_out__K05(world: World, now: None):
    contract = world.kingdee.contract
    client = signed_in(world.technical_manager)
    offers = client.get(f"/console/accounts/{contract.number}/engagements/").content.decode()
    assert "专家会诊" in offers
    right = contract.entitlements.get(item__service="expert_consultation")
    url = f"/console/accounts/{contract.number}/engagements/new/?right={right.pk}"
    assert "方案落地实施" in client.get(url).content.decode()
    refused = client.post(url, {"topic": "成本核算慢", "mode": "remote", "ticked": ["beyond.1"]})
    assert refused.status_code == 422
    assert "§3.4.2" in refused.content.decode()
    assert "成本核算慢" in refused.content.decode()
    assert not Engagement.objects.exists()
    made = client.post(url, {"topic": "成本核算慢", "mode": "remote", "contact": world.kingdee.contact.pk})
    assert made.status_code == 302
    assert Engagement.objects.get().requested_by == world.kingdee.contact


def test_a_wished_time_that_comes_too_soon_keeps_no_request__Y16(world: World, now: None):
    contract = world.yonsuite.contract
    right = contract.entitlements.get(item__service="critical_moment")
    url = f"/console/accounts/{contract.number}/engagements/new/?right={right.pk}"
    said = {"topic": "年结", "mode": "remote", "starts_at": "2026-03-05T09:00", "ends_at": "2026-03-05T12:00"}
    refused = signed_in(world.success_manager).post(url, said)
    assert refused.status_code == 422
    assert "最早可约" in refused.content.decode()
    assert not Engagement.objects.exists()


@pytest.mark.parametrize("said", [
    {"action": "nothing"}, {"action": "remove", "attendee": "99999"}, {"action": "cancel", "reason": " "},
    {"action": "propose", "starts_at": "tomorrow", "ends_at": ""}, {"action": "stage", "stage": "77"},
    {"action": "add_guest", "name": "x", "email": "nobody"}, {"action": "arrange", "provider": "hq"},
])  # fmt: skip
def test_what_cannot_be_done_is_answered_and_changes_nothing(world: World, now: None, said):
    engagement = training(world)
    steps = engagement.steps.count()
    answer = do(signed_in(world.success_manager), engagement, said.pop("action"), **said)
    assert answer.status_code in (404, 409, 422)
    assert engagement.steps.count() == steps


def test_a_form_that_was_overtaken_is_told_and_keeps_what_was_typed(world: World, now: None):
    engagement, client = training(world), signed_in(world.success_manager)
    withdrawn = do(client, engagement, "withdraw")
    assert (withdrawn.status_code, "现在没有待答复的时间" in withdrawn.content.decode()) == (409, True)
    assert "没有这位参加人" in do(client, engagement, "remove", attendee="99999").content.decode()
    assert "没有这个阶段" in do(client, engagement, "stage", stage="77").content.decode()
    record = do(client, engagement, "record", done="跑通了月结，写了一整页。").content.decode()
    assert "不能写交付记录" in record
    assert "跑通了月结，写了一整页。" in record


def test_what_is_asked_and_shown_of_an_installation_is_environments_and_days__K05(world: World, now: None):
    contract = world.kingdee.contract
    contract.owned_products.update(deployment="private_cloud")
    lay_out(contract=contract, at=beijing("2026-01-01 09:00"))
    engagement, client = asked(contract, "private_installation", world.kingdee.contact), signed_in(world.manager)
    page = client.get(page_of(engagement)).content.decode()
    assert "本期共 2 个环境，还剩 2 个环境" in page
    assert "本期共 3 人天，还剩 3 人天" in page
    assert "几套环境" in page
    when = {"starts_at": "2026-03-20T09:00", "ends_at": "2026-03-20T12:00"}
    assert "请先写明要用多少" in do(client, engagement, "propose", **when).content.decode()
    terms = {"topic": "装测试环境", "provider": "hq", "mode": "remote", "timezone": "Asia/Shanghai"}
    assert do(client, engagement, "arrange", **terms, planned_person_days="1.5", amount="0").status_code == 422
    assert do(client, engagement, "arrange", **terms, planned_person_days="1.5", amount="1").status_code == 302
    assert do(client, engagement, "propose", **when).status_code == 302
    assert "几套环境" not in client.get(page_of(training(world))).content.decode()


def test_the_desk_shows_ones_own_and_its_month(world: World, now: None):
    engagement = with_expert(training(world), world.expert)
    agreed(engagement, world.success_manager, world.yonsuite.contact.user, slot("2026-03-20 23:00", "2026-03-21 01:00"))
    page = signed_in(world.expert).get("/console/accounts/-/engagements/?view=mine&month=2026-03").content.decode()
    assert page.count(f"/engagements/{engagement.number}/") == 3  # the line, and both days
    other = signed_in(world.agent).get("/console/accounts/-/engagements/").content.decode()
    assert engagement.number not in other
    for month in ("9999-99", "9999-12", "0001-01"):
        assert signed_in(world.expert).get(f"/console/accounts/-/engagements/?month={month}").status_code == 200
    mine = signed_in(world.expert).get("/console/accounts/-/engagements/calendar.ics")
    assert engagement.number in mine.content.decode()


def test_lists_ask_the_database_as_often_for_many_as_for_few(world: World, now: None, django_assert_max_num_queries):
    for number in range(12):
        engagement = with_expert(training(world), world.expert)
        when = beijing("2026-03-10 09:00") + timedelta(days=number)
        agreed(engagement, world.success_manager, world.yonsuite.contact.user, slot(f"{when:%Y-%m-%d %H:%M}"))
    client = signed_in(world.success_manager)
    with django_assert_max_num_queries(40):
        client.get("/console/accounts/-/engagements/?view=all&month=2026-03")
    with django_assert_max_num_queries(60):
        client.get(f"/console/accounts/{world.yonsuite.contract.number}/engagements/")


def test_an_event_is_published_and_people_invited__K17(world: World, now: None):
    client = signed_in(world.manager)
    said = {
        "what": "kingdee/executive_events", "title": "创见者沙龙", "title_en": "Founders' salon",
        "starts_at": "2026-05-10T09:00", "ends_at": "2026-05-10T17:00", "timezone": "Asia/Shanghai", "mode": "on_site",
    }  # fmt: skip
    assert client.post("/console/accounts/-/gatherings/new/", said | {"title_en": ""}).status_code == 422
    assert client.post("/console/accounts/-/gatherings/new/", said).status_code == 302
    event = Gathering.objects.get()
    url = f"/console/accounts/-/gatherings/{event.pk}/"
    page = client.get(url).content.decode()
    assert "刘主管" in page
    assert "王会计" not in page
    invited = client.post(f"{url}act/", {"action": "invite", "contacts": [world.kingdee.contact.pk]})
    assert invited.status_code == 302
    assert "已邀请" in client.get(url).content.decode()
    assert client.post(f"{url}act/", {"action": "call_off", "reason": ""}).status_code == 409
    assert signed_in(world.agent).post(f"{url}act/", {"action": "call_off", "reason": "x"}).status_code == 403


def test_whom_to_invite_is_searched_for_where_there_are_many__K17(world: World, now: None, monkeypatch):
    monkeypatch.setattr(gatherings, "OFFERED", 1)
    event = events.publish(
        event=events.Event("executive_events", "kingdee", "沙龙", "Salon", slot("2026-05-10 09:00")),
        actor=world.manager, at=beijing(NOW),
    )  # fmt: skip
    client, url = signed_in(world.manager), f"/console/accounts/-/gatherings/{event.pk}/"
    both = [f'<option value="{one.pk}"' for one in (world.uncertified, world.kingdee.contact)]
    many = client.get(url).content.decode()
    assert ("只列出一部分" in many, sum(one in many for one in both)) == (True, 1)
    found = client.get(f"{url}?find=新来").content.decode()
    assert [one in found for one in both] == [True, False]
    assert client.get(f"{url}?find=%00{'x' * 300}").status_code == 200
    assert do_event(client, event, "invite", contacts=world.kingdee.contact.pk).status_code == 302, "listed or not"
    refused = do_event(client, event, "call_off", reason="")
    assert refused.status_code == 409
    assert "请写明理由" in refused.content.decode()


def do_event(client: Client, event: Gathering, action: str, **said):
    return client.post(f"/console/accounts/-/gatherings/{event.pk}/act/", {"action": action, **said})


def test_an_expert_abroad_types_the_engagements_own_time(world: World, now: None):
    engagement = training(world)
    engagement.timezone = "Europe/Berlin"
    engagement.save()
    world.success_manager.timezone = "Asia/Shanghai"
    client = signed_in(world.success_manager)
    do(client, engagement, "propose", starts_at="2026-07-20T09:00", ends_at="2026-07-20T10:00")
    assert engagement.proposals.get().starts_at == beijing("2026-07-20 15:00")


def test_an_english_reader_reads_no_chinese_of_ours(world: World, now: None):
    engagement = asked(world.yonsuite.contract, "guidance", world.yonsuite.contact, topic="Budgets")
    agreed(engagement, world.success_manager, world.yonsuite.contact.user, slot("2026-03-20 09:00"))
    world.yonsuite.contact.name_en = "Ms Wang"
    world.yonsuite.contact.save()
    engagement.attendees.update(name_en="Ms Wang")
    client = signed_in(world.success_manager, "en")
    contract = world.yonsuite.contract.number
    for url in (page_of(engagement), f"/console/accounts/{contract}/engagements/", "/console/accounts/-/engagements/",
                "/console/accounts/-/gatherings/", "/console/accounts/-/gatherings/new/"):  # fmt: skip
        page = client.get(url).content.decode()
        main = page[page.index('id="main"') :].translate(str.maketrans("", "", "中文尊一"))
        left = [n for n, one in enumerate(main) if "\u4e00" <= one <= "\u9fff"]
        assert not left, (url, main[left[0] - 60 : left[0] + 20])


def test_the_world_has_a_stranger_who_sees_nothing(world: World, now: None):
    engagement = training(world)
    assert signed_in(world.stranger.user).get(page_of(engagement)).status_code == 302
    outsider = person("outsider", "外人", "partner")
    assert signed_in(outsider).get(page_of(engagement)).status_code == 404
