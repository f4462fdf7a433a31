"""One customer on one page: who may see it, what it says, and that it costs the same however much there is."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.actions.engagements import timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted
from plans.models import Contract, Customer, Engagement, Obligation, Role, User
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import Side, World, person
from tickets.showing.account.coming import LATE, OURS, THEIRS, Coming
from tickets.showing.account.reading import account_of
from tickets.showing.account.timeline import coming_of

NOW = "2026-09-28 10:00"
AT = beijing(NOW)
PAGE = "/console/accounts/customers/c-y-1/"


def asked(side: Side, service: str, topic: str, at: str = NOW) -> Engagement:
    right = side.contract.entitlements.select_related("item", "contract__branch", "contract__plan").get(
        item__service=service
    )
    user = side.contact.user
    assert user is not None
    return ask(asked=Asked(right, Wanted(topic=topic), side.contact), actor=user, at=beijing(at))


def proposed(world: World, days: int = 20) -> Engagement:
    """Return a training for which we proposed a time."""
    engagement = asked(world.yonsuite, "training", "应付月结加速")
    start = AT + timedelta(days=days)
    slot = Slot(start, start + timedelta(hours=2))
    timing.propose(engagement=engagement, slot=slot, actor=world.manager, at=AT)
    return engagement


def coming(world: World, user: Any = None, at: str = NOW) -> list[Coming]:
    return coming_of(account_of(world.yonsuite.customer, Contract.objects.all(), user or world.manager, beijing(at)))


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.LEAD, 200), (Role.MANAGER, 200), (Role.ADMIN, 200), (Role.AGENT, 404), (Role.PARTNER, 404)],
)
def test_a_customer_is_seen_by_those_who_answer_for_it(client: Client, world: World, role: str, status: int) -> None:
    client.force_login(person(f"one-{role}", "某人", role))
    assert client.get(PAGE).status_code == status


def test_a_success_manager_sees_the_contracts_of_their_own__Y22(client: Client, world: World) -> None:
    Contract.objects.filter(pk=world.kingdee.contract.pk).update(customer=world.yonsuite.customer)
    world.kingdee.contract.account_team.all().delete()
    client.force_login(world.success_manager)
    page = client.get(PAGE).content.decode()
    assert "C-Y-1" in page
    assert "C-K-1" not in page
    client.force_login(world.manager)
    assert "C-K-1" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("code", ["nobody", "c-y-1%00", "%00", "C-Y-1"])
def test_a_customer_that_is_none_is_not_found(client: Client, world: World, code: str) -> None:
    client.force_login(world.manager)
    assert client.get(f"/console/accounts/customers/{code}/").status_code == 404


def test_a_code_of_the_customers_own_making_leads_to_its_page(client: Client, world: World) -> None:
    Customer.objects.filter(pk=world.yonsuite.customer.pk).update(code="东区/a b?#1")
    client.force_login(world.manager)
    page = client.get("/console/accounts/C-Y-1/").content.decode()
    [url] = set(re.findall(r'href="(/console/accounts/customers/[^"]+)"', page))
    assert client.get(url).status_code == 200


def test_customers_do_not_get_in(client: Client, world: World) -> None:
    client.force_login(world.yonsuite.contact.user)
    assert client.get(PAGE).status_code == 302


def test_what_comes_next_is_one_list_with_who_acts(world: World) -> None:
    contract = world.yonsuite.contract
    Obligation.objects.exclude(contract=contract, item__promise="Y14").delete()
    rows = list(Obligation.objects.order_by("due_on"))
    Obligation.objects.exclude(pk__in=[row.pk for row in rows[:4]]).delete()
    meeting = proposed(world)
    asked(world.yonsuite, "workshop", "年终结账", "2026-09-24 10:00")
    found = [(one.kind, one.acts, one.tone == LATE, one.on) for one in coming(world)]
    assert found == [
        ("delivery", OURS, True, date(2026, 3, 31)),
        ("delivery", OURS, True, date(2026, 6, 30)),
        ("request", OURS, True, date(2026, 9, 24)),
        ("delivery", OURS, False, date(2026, 9, 30)),
        ("proposal", THEIRS, False, date(2026, 10, 18)),
        ("delivery", OURS, False, date(2026, 12, 31)),
    ]
    assert meeting.number in [one.place.key for one in coming(world)]


@pytest.mark.parametrize(("wall", "late"), [("2026-10-01 09:59", False), ("2026-10-01 10:01", True)])
def test_a_request_that_nobody_answers_for_three_days_is_late(world: World, wall: str, late: bool) -> None:
    Obligation.objects.all().delete()
    asked(world.yonsuite, "workshop", "年终结账")
    [one] = [one for one in coming(world, at=wall) if one.kind == "request"]
    assert (one.tone == LATE) == late


@pytest.mark.parametrize(("days", "kinds"), [(61, set()), (60, {"right"}), (0, {"right"})])
def test_unused_rights_stand_on_the_list_sixty_days_before_they_lapse(world: World, days: int, kinds: set[str]) -> None:
    Obligation.objects.all().delete()
    wall = f"{date(2026, 12, 31) - timedelta(days=days)} 10:00"
    assert {one.kind for one in coming(world, at=wall)} == kinds


def test_a_right_that_what_is_owed_will_use_does_not_lapse_unused__Y14(world: World) -> None:
    last = Obligation.objects.filter(contract=world.yonsuite.contract, item__promise="Y14", due_on__year=2026)
    assert not [one for one in coming(world, at="2026-12-20 10:00") if one.kind == "right"], "four are owed, four left"
    last.latest("due_on").delete()
    [one] = [one for one in coming(world, at="2026-12-20 10:00") if one.kind == "right"]
    assert "应用健康度评估" in one.what


def test_the_page_says_what_was_bought_is_owed_was_used_and_was_kept__Y22(client: Client, world: World) -> None:
    proposed(world)
    world.open_ticket()
    client.force_login(world.manager)
    with clock_at(NOW):
        page = client.get(PAGE).content.decode()
    for words in (
        "有什么风险",
        "接下来",
        "买了什么",
        "用了多少",
        "守约得怎样",
        "应付月结加速",
        "等客户",
        "孙技术",
        "财务",
    ):
        assert words in page
    assert "kept-months" in page
    assert f"/console/accounts/{world.yonsuite.contract.number}/rights/" in page


def test_the_queries_do_not_grow_with_what_there_is(client: Client, world: World) -> None:
    client.force_login(world.manager)
    proposed(world)
    world.open_ticket()
    with clock_at(NOW):
        client.get(PAGE)
        with CaptureQueriesContext(connection) as few:
            client.get(PAGE)
        for number in range(4):
            asked(world.yonsuite, "workshop", f"第 {number} 次")
            world.open_ticket(f"第 {number} 张", at="2026-09-27 09:00")
        with CaptureQueriesContext(connection) as many:
            client.get(PAGE)
    assert len(many) <= len(few) + 1, "one more where risks are more than are named"
    assert len(many) < 60


def test_after_the_term_nobody_is_told_that_there_were_no_rights__Y22(client: Client, world: World) -> None:
    with clock_at("2028-01-10 10:00"):
        client.force_login(world.manager)
        ours = client.get(PAGE).content.decode()
        user = world.yonsuite.contact.user
        assert user
        client.force_login(user)
        theirs = client.get("/portal/service/").content.decode()
    for page in (ours, theirs):
        assert "服务期已结束，用了多少写在合同的权益页" in page
        assert "没有计数的权益" not in page


def test_a_customer_without_a_contract_says_so(client: Client, world: World) -> None:
    customer = type(world.yonsuite.customer).objects.create(code="fresh", name="新客户")
    client.force_login(world.manager)
    assert "还没有合同" in client.get(f"/console/accounts/customers/{customer.code}/").content.decode()


def test_ticket_contract_list_and_search_lead_to_the_customer(client: Client, world: World) -> None:
    ticket = world.open_ticket()
    client.force_login(world.manager)
    for path in (f"/console/tickets/{ticket.number}/", "/console/accounts/C-Y-1/", "/console/accounts/",
                 "/console/?view=all&q=王会计的公司", "/console/?view=all&q=c-y-1"):  # fmt: skip
        assert f'href="{PAGE}"' in client.get(path).content.decode(), path
    client.force_login(world.agent)
    assert PAGE not in client.get(f"/console/tickets/{ticket.number}/").content.decode()
    assert PAGE not in client.get("/console/?view=all&q=王会计的公司").content.decode()


def test_english_readers_see_no_chinese_but_what_people_wrote(client: Client, world: World) -> None:
    proposed(world)
    User.objects.filter(pk=world.manager.pk).update(language="en")
    client.force_login(world.manager)
    with clock_at(NOW):
        page = client.get(PAGE).content.decode()
    main = re.sub(r"<[^>]+>|应付月结加速|印|尊", " ", page.split("<main")[1])
    assert not re.findall("[\u4e00-\u9fff]+", main)
