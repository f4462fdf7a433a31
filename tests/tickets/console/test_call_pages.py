"""The hotline's pages: who rings, the list, the form with all that it refuses, and calls that we owe."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from plans.models import Contact, Role
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World, person
from tickets.console import live
from tickets.live.telling import teller, topic
from tickets.models import Call, CallBack, Chat, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_nine():
    with clock_at("2026-09-28 09:00:30"):
        yield


@pytest.fixture
def call(world):
    """Return a call of the YonSuite customer that rings."""
    side = world.yonsuite
    return Call.objects.create(
        code="TEL-2026-000001", adapter="twilio", external_id="CA1", caller=side.contact.phone, called="4006600588",
        vendor="yonsuite", contact=side.contact, customer=side.customer, contract=side.contract, tenant="YS",
        rang_at=beijing("2026-09-28 09:00"), menu="6",
    )  # fmt: skip


@pytest.fixture
def desk(client, world):
    """Return a client of the agent."""
    client.force_login(world.agent)
    return client


def form(call=None, **more):
    return {"question": "付款单无法审核", "category": "fault", "priority": "urgent", "outcome": "ticket"} | more


def test_who_rings_is_shown_with_plan_tickets_and_clause__Y08(desk, world, call):
    ticket = world.open_ticket("月结报错")
    page = desk.get("/console/calls/cards/").content.decode()
    for words in ("王会计", "王会计的公司", "月结报错", ticket.number, "YS", "4.2.1.3", call.caller):
        assert words in page
    call.agent = world.expert
    call.save()
    assert "王会计" not in desk.get("/console/calls/cards/").content.decode()
    desk.force_login(world.expert)
    assert "王会计" in desk.get("/console/calls/cards/").content.decode()


def test_a_card_warns_of_who_is_not_certified_or_outside_hours__K09(desk, world, call):
    side = world.kingdee
    Call.objects.filter(pk=call.pk).update(
        vendor="kingdee", contact=world.uncertified, customer=side.customer, contract=side.contract
    )
    world.agent.team = None
    world.agent.save()
    assert "您尚未认证" in desk.get("/console/calls/cards/").content.decode()
    Call.objects.filter(pk=call.pk).update(contact=side.contact, rang_at=beijing("2026-09-27 20:00"))
    with clock_at("2026-09-27 20:00:20"):
        assert "不在本合同的热线服务时间内" in desk.get("/console/calls/cards/").content.decode()


def test_the_form_opens_a_ticket_and_keeps_what_was_typed_when_refused__Y08(desk, world, call):
    url = f"/console/calls/{call.code}/"
    assert "登记通话" in desk.get(url).content.decode()
    answer = desk.post(url, form(contact="", question="付款单<b>"))
    assert answer.status_code == 422
    assert "付款单&lt;b&gt;" in answer.content.decode()
    assert Ticket.objects.count() == 0
    answer = desk.post(url, form(contact=world.yonsuite.contact.pk, result="已指导"))
    ticket = Ticket.objects.get()
    assert answer.headers["Location"] == f"/console/tickets/{ticket.number}/"
    assert (ticket.channel, Call.objects.get().ticket) == ("hotline", ticket)
    assert desk.post(url, form(contact=world.yonsuite.contact.pk)).status_code == 302
    assert Ticket.objects.count() == 1
    assert call.code in desk.get(f"/console/tickets/{ticket.number}/").content.decode()


def test_a_call_without_an_event_is_written_down_once__Y08(desk, world):
    page = desk.get("/console/calls/new/").content.decode()
    token = page.partition('name="token" value="')[2].partition('"')[0]
    said = form(outcome="note", number="13900001111", token=token, direction="out")
    first, second = desk.post("/console/calls/new/", said), desk.post("/console/calls/new/", said)
    assert first.headers["Location"] == second.headers["Location"]
    call = Call.objects.get()
    assert (call.called, call.direction, call.agent, call.question) == (
        "13900001111",
        "out",
        world.agent,
        "付款单无法审核",
    )


def test_what_the_plan_refuses_is_told_with_its_clause_and_the_call_is_kept__K09(desk, world):
    said = form(contact=world.uncertified.pk, product="galaxy", token="t-1")
    answer = desk.post("/console/calls/new/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "K09" in page
    assert "§3.3.2" in page
    assert "智能语音热线" in page
    call = Call.objects.get()
    assert (call.ticket, call.question) == (None, "付款单无法审核")


def test_beside_the_form_stands_what_the_plan_will_say_and_whom_the_words_mean__Y08(desk, world, call):
    said = form(call=call.code, contact=world.yonsuite.contact.pk, priority="normal")
    page = desk.post("/console/calls/about/", said | {"call": call.code}).content.decode()
    assert "热线为紧急问题而设" in page
    assert "IM" in page
    found = desk.post("/console/calls/contacts/", {"find_words": "刘主管"}).content.decode()
    assert "刘主管的公司" in found
    page = desk.post("/console/calls/new/", form(find="1", find_words="刘主管", question="留着")).content.decode()
    assert "刘主管的公司" in page
    assert "留着" in page
    assert Call.objects.count() == 1


def test_a_call_is_logged_on_a_ticket_that_the_agent_names__Y18(desk, world, call):
    ticket = world.open_ticket()
    url = f"/console/calls/{call.code}/"
    answer = desk.post(url, form(contact=world.yonsuite.contact.pk, outcome="existing", into="T-2026-999999"))
    assert answer.status_code == 422
    answer = desk.post(url, form(contact=world.yonsuite.contact.pk, outcome="existing", into=ticket.number.lower()))
    assert answer.headers["Location"].endswith(f"{ticket.number}/")
    assert ticket.events.filter(kind="call").count() == 1


@pytest.mark.parametrize("view", ["now", "missed", "unnoted", "all", "nonsense"])
def test_the_list_shows_calls_and_finds_them_by_number_or_name(desk, world, call, view, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        assert desk.get(f"/console/calls/?view={view}").status_code == 200
    for words in ("王会计", "138-0000-0001", call.code, "公司"):
        assert call.code in desk.get("/console/calls/", {"view": "all", "q": words}).content.decode()
    assert call.code not in desk.get("/console/calls/", {"view": "all", "q": "\x00没有"}).content.decode()


def test_calls_that_are_owed_are_claimed_tried_and_made__Y08(desk, world, call):
    owed = CallBack.objects.create(
        vendor="yonsuite", number=call.caller, contact=call.contact, contract=call.contract, owed_at=call.rang_at
    )
    Call.objects.update(state="missed", call_back=owed)
    assert "认领" in desk.get("/console/calls/backs/").content.decode()
    url = f"/console/calls/backs/{owed.pk}/"
    desk.post(url, {"deed": "claim"})
    desk.post(url, {"deed": "missed", "words": "无人接听"})
    assert "无人接听" in desk.get("/console/calls/backs/").content.decode()
    desk.post(url, {"deed": "give_up", "result": "unreachable", "words": "打不通"})
    owed.refresh_from_db()
    assert owed.done_at is None
    assert desk.post(url, {"deed": "reached"}).headers["Location"] == f"/console/calls/{call.code}/"
    owed.refresh_from_db()
    assert (owed.result, owed.done_by) == ("reached", world.agent)
    assert desk.post(url, {"deed": "burn"}).status_code == 404


def test_customers_see_nothing_and_partners_only_their_own_calls(client, world, call):
    for path in ("", f"{call.code}/", "cards/", "backs/", "new/"):
        client.force_login(world.yonsuite.contact.user)
        assert client.get(f"/console/calls/{path}").status_code == 302
    client.force_login(person("partner", "伙伴", Role.PARTNER))
    assert client.get(f"/console/calls/{call.code}/").status_code == 404
    assert call.code not in client.get("/console/calls/?view=all").content.decode()
    found = client.post("/console/calls/contacts/", {"find_words": "王会计"}).content.decode()
    assert Contact.objects.get(name="王会计").customer.name not in found


def test_a_recording_is_a_link_only_where_it_is_one(desk, call):
    for url, is_link in (("https://rec.example/1.mp3", True), ("javascript:alert(1)", False), ("Y:/a.V3", False)):
        Call.objects.update(recording_url=url)
        assert (f'href="{url}"' in desk.get(f"/console/calls/{call.code}/").content.decode()) is is_link


@pytest.mark.django_db(transaction=True)
async def test_one_stream_tells_of_desk_and_agent_and_ends_with_the_right(settings, monkeypatch):
    monkeypatch.setattr(live, "HOLDS", 0)
    world = await sync_to_async(World)()
    client = AsyncClient()
    await sync_to_async(client.force_login)(world.yonsuite.contact.user)
    assert (await client.get("/console/live/")).status_code == 403
    await sync_to_async(client.force_login)(world.agent)
    chat = await sync_to_async(Chat.objects.create)(
        code="IM-1", vendor="yonsuite", opened_at=beijing("2026-09-28 09:00")
    )
    answer = await client.get(f"/console/live/?chat={chat.pk}&chat=999999&chat=x")
    told = answer.streaming_content.__aiter__()
    assert b"event: look" in await anext(told)
    for name in ("desk:kingdee", "chat:999999", f"agent:{world.agent.pk}", f"chat:{chat.pk}"):
        teller(settings.REDIS_URL).tell(topic(name), json.dumps({"topic": name, "kind": "call"}))
    frames = [frame async for frame in _first(told, 2)]
    assert [json.loads(frame.partition(b"data: ")[2])["topic"] for frame in frames] == [
        f"agent:{world.agent.pk}", f"chat:{chat.pk}",
    ]  # fmt: skip
    world.agent.is_active = False
    await sync_to_async(world.agent.save)()
    teller(settings.REDIS_URL).tell(topic(f"agent:{world.agent.pk}"), json.dumps({"kind": "call"}))
    assert [frame async for frame in told if not frame.startswith(b":")] == []


async def _first(told, count):
    found = 0
    async for frame in told:
        if frame.startswith(b"event: news"):
            yield frame
            found += 1
            if found == count:
                return


def test_an_english_reader_hears_the_plans_no_in_english__K09(desk, world):
    world.agent.language = "en"
    world.agent.save()
    page = desk.post("/console/calls/new/", form(contact=world.uncertified.pk, product="galaxy", token="t")).content
    assert "certified" in page.decode()
    assert "您尚未认证" not in page.decode()
    said = form(contact=world.kingdee.contact.pk, product="galaxy")
    assert "工作日" not in desk.post("/console/calls/about/", said).content.decode()
