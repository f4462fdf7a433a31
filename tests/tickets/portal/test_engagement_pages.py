"""A customer's engagements in the portal: asked for with what is left in sight, answered, followed, judged."""

import pytest
from django.test import Client

from plans.actions.engagements import gathering as events
from plans.actions.engagements.delivering import Report, cancel, deliver, record
from plans.actions.engagements.requesting import take_part
from plans.actions.quotas import lay_out
from plans.models import Attendee, Contact, Contract, Engagement, Role
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.engagements.desk import agreed, asked, slot
from tests.world import Side, World

NOW = "2026-03-02 10:00"


@pytest.fixture
def now():
    with clock_at(NOW):
        yield


def signed_in(contact: Contact, role: str = Role.CUSTOMER, language: str = "zh-hans") -> Client:
    contact.user.role = role
    contact.user.save()
    contact.language = language
    contact.save()
    client = Client(headers={"Accept-Language": language})
    client.force_login(contact.user)
    return client


def tab(contract: Contract) -> str:
    return f"/portal/service/{contract.number}/engagements/"


def page_of(engagement: Engagement) -> str:
    return f"{tab(engagement.contract)}{engagement.number}/"


def do(client: Client, engagement: Engagement, action: str, **said):
    return client.post(f"{page_of(engagement)}act/", {"action": action, **said})


def new_url(side: Side, service: str) -> str:
    right = side.contract.entitlements.get(item__service=service)
    return f"{tab(side.contract)}new/?right={right.pk}"


def test_the_form_says_what_is_left_and_the_earliest_day__Y14_Y16(world: World, now: None):
    side = world.yonsuite
    lay_out(contract=side.contract, at=beijing("2026-01-01 09:00"))
    client = signed_in(side.contact)
    assert "本期共 4 次，还剩 4 次，到 2026-12-31 为止" in client.get(new_url(side, "health_check")).content.decode()
    page = client.get(new_url(side, "critical_moment")).content.decode()
    assert "须提前 14 天申请，今天申请最早可约 2026-03-16" in page
    assert "需提前两周申请" in page


def test_a_customer_asks_answers_and_judges(world: World, now: None):
    side, client = world.yonsuite, signed_in(world.yonsuite.contact)
    said = {"topic": "月结加速", "wish": "应付月结慢", "mode": "remote"}
    assert client.post(new_url(side, "training"), said).status_code == 302
    engagement = Engagement.objects.get()
    assert (engagement.requested_by, engagement.wish) == (side.contact, "应付月结慢")
    ours = signed_in_staff(world)
    ours.post(
        f"/console/accounts/-/engagements/{engagement.number}/act/",
        {"action": "propose", "starts_at": "2026-03-20T09:00", "ends_at": "2026-03-20T11:00"},
    )
    assert "等您答复" in client.get(tab(side.contract)).content.decode()
    later = {"starts_at": "2026-03-21T09:00", "ends_at": "2026-03-21T11:00", "remark": "20 日结账"}
    assert do(client, engagement, "propose", **later).status_code == 302
    assert do(client, engagement, "accept").status_code == 409
    ours.post(f"/console/accounts/-/engagements/{engagement.number}/act/", {"action": "accept"})
    engagement.refresh_from_db()
    assert (engagement.state, engagement.starts_at) == ("agreed", beijing("2026-03-21 09:00"))
    assert do(client, engagement, "add_guest", name="外部顾问", email="a@b.example", language="en").status_code == 302
    assert client.get(f"{page_of(engagement)}calendar.ics").content.startswith(b"BEGIN:VCALENDAR")
    at = beijing("2026-03-21 12:00")
    deliver(engagement=engagement, actor=world.expert, at=at)
    record(engagement=engagement, report=Report("跑通了月结。"), actor=world.expert, at=at)
    page = client.get(page_of(engagement)).content.decode()
    assert "跑通了月结。" in page
    assert do(client, engagement, "feedback", rating="").status_code == 422
    assert do(client, engagement, "feedback", rating="5", comment="很好").status_code == 302
    assert do(client, engagement, "post", body="模板在哪？").status_code == 302
    assert "您的评价：5/5" in client.get(page_of(engagement)).content.decode()


def signed_in_staff(world: World) -> Client:
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(world.success_manager)
    return client


def test_too_soon_is_refused_with_the_clause_and_keeps_what_was_typed__Y16(world: World, now: None):
    client, url = signed_in(world.yonsuite.contact), new_url(world.yonsuite, "critical_moment")
    said = {"topic": "年结", "mode": "remote", "starts_at": "2026-03-10T09:00", "ends_at": "2026-03-10T12:00"}
    refused = client.post(url, said)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "最早可约 2026年3月16日" in page
    assert "需提前两周申请" in page
    assert 'value="年结"' in page
    assert not Engagement.objects.exists()
    assert client.post(url, said | {"starts_at": "2026-03-16T09:00", "ends_at": "2026-03-16T12:00"}).status_code == 302


def test_what_a_clause_leaves_out_is_asked_and_refused__K12(world: World, now: None):
    client, url = signed_in(world.kingdee.contact), new_url(world.kingdee, "expert_consultation")
    assert "校验操作" in client.get(url).content.decode()
    refused = client.post(url, {"topic": "成本慢", "mode": "remote", "ticked": "beyond.2"})
    assert refused.status_code == 422
    assert "专家会诊不包括：校验操作" in refused.content.decode()


def test_others_of_the_organisation_see_what_concerns_them_alone(world: World, now: None):
    side = world.kingdee
    engagement = asked(side.contract, "critical_moment", side.contact)
    asked(side.contract, "critical_moment", side.contact, topic="另一次", part_of=engagement)
    colleague = world.uncertified
    assert signed_in(colleague).get(page_of(engagement)).status_code == 404
    take_part(engagement, colleague)
    attending = signed_in(colleague)
    page = attending.get(page_of(engagement))
    assert (page.status_code, "另一次" in page.content.decode()) == (200, False), "a session that is not theirs"
    assert do(attending, engagement, "cancel", reason="不想去").status_code == 404
    assert do(attending, engagement, "post", body="带什么资料？").status_code == 302
    assert signed_in(colleague, Role.CUSTOMER_ADMIN).get(page_of(engagement)).status_code == 200
    assert signed_in(world.stranger, Role.CUSTOMER_ADMIN).get(page_of(engagement)).status_code == 404
    assert signed_in(world.stranger).get(tab(side.contract)).status_code == 404


def test_only_who_is_invited_sees_the_event_and_says_whether_they_come__K17(world: World, now: None):
    side, admin = world.kingdee, world.uncertified
    event = events.publish(
        event=events.Event(
            service="executive_events", vendor="kingdee", title="创见者沙龙", title_en="Founders' salon",
            slot=slot("2026-05-10 09:00"),
        ),
        actor=world.manager, at=beijing(NOW),
    )  # fmt: skip
    events.invite(gathering=event, contacts=[side.contact], actor=world.manager, at=beijing(NOW))
    url = f"/portal/service/{side.contract.number}/gatherings/{event.pk}/"
    client = signed_in(side.contact)
    assert "邀请您" in client.get(tab(side.contract)).content.decode()
    assert client.post(f"{url}answer/", {"comes": "yes"}).status_code == 302
    assert "您已报名" in client.get(url).content.decode()
    assert Attendee.objects.get().state == "enrolled"
    assert client.post(f"{url}answer/", {"comes": "no"}).status_code == 302
    assert Attendee.objects.get().state == "declined"
    other = signed_in(admin, Role.CUSTOMER_ADMIN)
    assert "创见者沙龙" not in other.get(tab(side.contract)).content.decode()
    assert other.get(url).status_code == 404
    assert other.post(f"{url}answer/", {"comes": "yes"}).status_code == 404


def test_a_certification_is_open_to_all_until_the_places_are_taken__K16(world: World, now: None):
    side = world.kingdee
    event = events.publish(
        event=events.Event(
            service="vocational_certification", vendor="kingdee", title="共享认证", title_en="Certificate",
            slot=slot("2026-05-10 09:00"), places=1,
        ),
        actor=world.manager, at=beijing(NOW),
    )  # fmt: skip
    url = f"/portal/service/{side.contract.number}/gatherings/{event.pk}/"
    assert signed_in(side.contact).post(f"{url}answer/", {"comes": "yes"}).status_code == 302
    full = signed_in(world.uncertified).post(f"{url}answer/", {"comes": "yes"})
    assert full.status_code == 409
    assert "名额已满" in full.content.decode()


@pytest.mark.parametrize("said", [
    {"action": "arrange", "provider": "hq"}, {"action": "deliver"}, {"action": "stage", "stage": "1"},
    {"action": "remove", "attendee": "99999"}, {"action": "cancel", "reason": ""}, {"action": "post", "body": " "},
    {"action": "feedback", "rating": "5"}, {"action": "propose", "starts_at": "x", "ends_at": "y"},
])  # fmt: skip
def test_what_is_not_the_customers_to_do_changes_nothing(world: World, now: None, said):
    engagement = asked(world.yonsuite.contract, "training", world.yonsuite.contact)
    steps = engagement.steps.count()
    answer = do(signed_in(world.yonsuite.contact), engagement, said.pop("action"), **said)
    assert answer.status_code in (404, 409, 422)
    assert engagement.steps.count() == steps


def test_an_answer_that_was_overtaken_is_told_and_keeps_what_was_typed(world: World, now: None):
    side = world.yonsuite
    engagement, client = asked(side.contract, "training", side.contact), signed_in(side.contact)
    nothing = do(client, engagement, "accept")
    assert (nothing.status_code, "现在没有待答复的时间" in nothing.content.decode()) == (409, True)
    agreed(engagement, world.success_manager, side.contact.user, slot("2026-03-20 09:00"), at=NOW)
    cancel(engagement=engagement, reason="改到明年", actor=world.success_manager, at=beijing(NOW))
    for name, said in (("accept", {}), ("cancel", {"reason": "我们也不需要了"}), ("post", {"body": "能换一天吗？"})):
        late = do(client, engagement, name, **said)
        page = late.content.decode()
        assert late.status_code == 409
        assert "现在是“已取消”" in page
        assert all(words in page for words in said.values())


@pytest.mark.parametrize("right", ["", "0", "x", "99999999999999999999"])
def test_a_service_that_the_contract_does_not_give_is_not_found(world: World, now: None, right):
    client = signed_in(world.yonsuite.contact)
    assert client.get(f"{tab(world.yonsuite.contract)}new/?right={right}").status_code == 404


def test_an_english_customer_reads_english(world: World, now: None):
    side = world.yonsuite
    side.contact.name = side.contact.name_en = "Ms Wang"
    side.contact.save()
    side.contact.user.name_en = "Ms Wang"
    side.contact.user.save()
    engagement = asked(side.contract, "guidance", side.contact, topic="Budgets")
    agreed(engagement, world.success_manager, side.contact.user, slot("2026-03-20 09:00"))
    client = signed_in(side.contact, language="en")
    for url in (page_of(engagement), tab(side.contract), new_url(side, "critical_moment")):
        page = client.get(url).content.decode()
        main = page[page.index('<main id="main"') :].translate(str.maketrans("", "", "中文尊一"))
        assert not [one for one in main if "\u4e00" <= one <= "\u9fff"], url
