"""Who may talk to a person, by which clause not, on which hours, and in which turn. Source: Y06, K03, Y19, Y21"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.actions import set_switch
from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.overrides import override_calendar
from plans.coverage import cover
from plans.models import Branch, Contact, Customer, Plan, Product, User
from plans.models.people import Role
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.tickets.chat.conftest import NOON, Talks, happened
from tests.world import ENDS, STARTS, person
from tickets.actions import chat as acts
from tickets.actions.board.asking import Draft, ask
from tickets.console.beside import beside
from tickets.console.guard import Reader
from tickets.models import Chat, CoverageDecision, Presence
from tickets.routing import standing
from tickets.showing.chat import words_of


def on_plan(talks: Talks, plan: str, name: str, product: str = "yonsuite-finance") -> Contact:
    """Return a contact whose company is on a plan."""
    customer = Customer.objects.create(code=f"on-{name}", name=name)
    sign(
        customer=customer, plan=Plan.objects.current().get(code=plan), number=f"C-{name}", starts_on=STARTS,
        ends_on=ENDS, agreed=Agreed(team=talks.world.team, products=(Owned(Product.objects.get(code=product)),)),
    )  # fmt: skip
    return Contact.objects.create(customer=customer, name=name, email=f"{name}@x.example", is_certified=True)


@pytest.mark.parametrize(
    ("product", "certified", "category", "outcome", "promise"),
    [
        ("galaxy", True, "how_to", "waiting", "K03"),
        ("eas-cloud", True, "how_to", "refused", "K02"),  # on the list, and not bought
        ("cosmic", True, "how_to", "refused", "K02"),
        ("galaxy", False, "how_to", "refused", "K03"),
        ("galaxy", True, "fault", "redirected", "K03"),
        ("galaxy", True, "customisation", "refused", "K02"),
        ("galaxy", True, "third_party", "refused", "K02"),
    ],
)
def test_expert_chat_has_its_gates_each_with_clause_and_ways_on__K03(
    talks, product, certified, category, outcome, promise
):
    world = talks.world
    contact = world.kingdee.contact if certified else world.uncertified
    chat = talks.open(world.kingdee, contact=contact, product=Product.objects.get(code=product))
    came = talks.hand_off(chat, category=category)
    chat.refresh_from_db()
    assert (came.outcome, came.promise) == (outcome, promise)
    assert (chat.state == "waiting") is (outcome == "waiting")
    kept = CoverageDecision.objects.get(chat=chat)
    assert (kept.cause, kept.promise, kept.category) == ("handed_off", promise, category)
    if outcome != "waiting":
        assert came.clause
        assert came.ways_on
        told = words_of(chat.messages.get(fields__event=outcome))
        assert came.clause in told
        assert "已转为" not in told  # nothing was opened yet
        talks.hand_off(chat, category=category)
        assert CoverageDecision.objects.filter(chat=chat).count() == 1  # the same no is kept once


def test_expert_chat_is_not_for_products_off_its_list__K03(talks: Talks):
    contact = on_plan(talks, "kingdee-advanced", "苍穹用户", "cosmic")
    side = talks.world.kingdee
    chat = talks.open(side, contact=contact, product=Product.objects.get(code="cosmic"))
    came = talks.hand_off(chat)
    assert (came.outcome, came.promise) == ("redirected", "K03")
    assert "K/3 WISE" in came.clause
    assert chat.clock_id is None


def test_a_plan_without_chat_is_pointed_to_the_ticket__K19(talks: Talks):
    contact = on_plan(talks, "kingdee-standard", "标准用户", "galaxy")
    came = talks.hand_off(talks.open(talks.world.kingdee, contact=contact))
    assert (came.outcome, came.decision.rule) == ("redirected", "entrance")


def test_somebody_unknown_talks_to_the_bot_and_is_told_how_to_reach_a_person__Y05(talks: Talks):
    visitor = talks.visitor(name="路人")
    chat = acts.open_chat(visitor=visitor, place=acts.Place("yonsuite"), at=beijing(NOON))
    acts.say(chat=chat, speaker=visitor, body="人工", at=beijing(NOON))
    chat.refresh_from_db()
    assert chat.state == "bot"
    assert happened(chat) == ["refused"]
    assert "登录" in words_of(chat.messages.get(kind="event"))
    assert not CoverageDecision.objects.filter(chat=chat).exists()


def test_a_customer_of_the_other_vendor_has_no_contract_here__Y06_K03(talks: Talks):
    chat = talks.open(talks.world.yonsuite, contact=talks.world.kingdee.contact)
    came = talks.hand_off(chat)
    assert (came.outcome, came.decision.rule) == ("refused", "no_contract")


@pytest.mark.parametrize(
    ("side", "when", "opens"),
    [
        ("yonsuite", "2026-09-28 08:29:59", "2026-09-28 08:30"),
        ("yonsuite", "2026-09-28 08:30", None),  # at the opening
        ("yonsuite", "2026-09-28 20:29:59", None),
        ("yonsuite", "2026-09-28 20:30", "2026-09-29 08:30"),  # at closing nobody is there
        ("yonsuite", "2026-09-19 10:00", None),  # a Saturday
        ("kingdee", "2026-09-19 10:00", None),  # 7×8 has Saturdays too
        ("kingdee", "2026-09-28 12:30", "2026-09-28 13:00"),  # lunch
        ("kingdee", "2026-09-28 17:30", "2026-09-29 08:30"),
        ("kingdee", "2026-10-01 10:00", "2026-10-08 08:30"),  # the National Day week
    ],
)
def test_outside_hours_it_says_when_people_return_and_the_ticket_is_open__Y06_K03_K18(talks, side, when, opens):
    chat = talks.open(getattr(talks.world, side), when)
    came = talks.hand_off(chat, when)
    chat.refresh_from_db()
    if opens is None:
        assert (came.outcome, chat.state) == ("waiting", "waiting")
        return
    assert (came.outcome, came.opens_at, chat.state) == ("closed_hours", beijing(opens), "bot")
    assert chat.clock_id is None
    assert any("提交问题" in way for way in came.ways_on)
    assert talks.ticket(chat, when).channel == "im"


def test_hours_are_the_contracts_own_where_it_has_any__Y20_Y19(talks: Talks):
    world, night = talks.world, "2026-09-28 23:00"
    said = {
        "contract": world.yonsuite.contract,
        "reason": "附件",
        "actor": world.manager,
        "at": beijing("2026-09-01 09:00"),
    }
    override_calendar(promise="Y06", calendar="yonsuite-7x24", **said)
    chat = talks.waiting(when=night)
    assert chat.clock.milestones.get().due_at == beijing("2026-09-28 23:03")  # timed on the hours agreed


def test_what_a_branch_serves_has_its_hours_and_no_promise_of_the_house__Y19(talks: Talks):
    world, side = talks.world, talks.world.yonsuite
    branch = Branch.objects.create(
        code="my", name="马来西亚", name_en="Malaysia", vendor="yonsuite", kind="branch", timezone="Asia/Kuala_Lumpur",
        calendar="kingdee-7x8", team=world.team,
    )  # fmt: skip
    type(side.contract).objects.filter(pk=side.contract.pk).update(branch=branch)
    side.contract.refresh_from_db()
    set_switch(
        contract=side.contract, name="served_by_branch", value="branch", reason="属地", actor=world.manager,
        at=beijing("2026-09-01 09:00"),
    )  # fmt: skip
    assert talks.hand_off(talks.open(when="2026-09-28 19:00"), "2026-09-28 19:00").outcome == "closed_hours"
    chat = talks.waiting(when="2026-09-28 10:00")
    assert chat.clock_id is None


def test_a_chats_clock_leaves_the_tickets_promise_as_it_is__Y18_K02(talks: Talks):
    world = talks.world
    for side, policy in ((world.yonsuite, "yonsuite-premier-ticket"), (world.kingdee, "kingdee-advanced-ticket")):
        for item in (None, "im", "ticket"):
            said = cover(side.contact, None, item, side.product, "", "how_to", "im", beijing(NOON))
            assert said.policy
            assert said.policy.code == policy
    ticket = talks.ticket(talks.waiting())
    (timed,) = ticket.ticket_clocks.all()
    assert timed.clock.policy.code == "yonsuite-premier-ticket"
    assert timed.clock.milestones.get().due_at == beijing("2026-09-28 12:00")


def test_the_line_is_by_plan_then_by_wait_and_says_place_and_estimate__Y06_Y21(talks: Talks):
    first = {}
    for plan, minute in (("standard", 0), ("priority", 1), ("accelerate", 2), ("premier", 3)):
        contact = on_plan(talks, f"yonsuite-{plan}", plan)
        first[plan] = talks.waiting(contact=contact, when=f"2026-09-28 10:0{minute}")
    later = talks.waiting(contact=on_plan(talks, "yonsuite-premier", "premier2"), when="2026-09-28 10:04")
    line = list(Chat.objects.waiting_line("yonsuite"))
    assert line == [first["premier"], later, first["priority"], first["accelerate"], first["standard"]]
    assert not Chat.objects.waiting_line("kingdee").exists()
    at = beijing("2026-09-28 10:05")
    assert [standing(chat, at).place for chat in line] == [1, 2, 3, 4, 5]
    assert standing(later, at).estimate is None  # nobody is there, nobody waited yet
    agent = talks.world.agent
    acts.set_presence(user=agent, is_available=True, at_most=4, at=at)
    assert standing(later, at).estimate is None
    # Handed back and taken again the next day, it tells nothing of a wait.
    night = acts.accept(chat=talks.waiting(contact=talks.world.stranger), agent=agent, at=at)
    Chat.objects.filter(pk=night.pk).update(accepted_at=beijing("2026-09-29 09:00"))
    acts.accept(chat=first["premier"], agent=agent, at=beijing("2026-09-28 10:07"))
    told = standing(first["standard"], beijing("2026-09-28 10:07"))
    assert (told.place, told.ahead, told.agents) == (4, 3, 1)
    assert told.estimate == timedelta(minutes=16)  # the one wait that is known was four minutes, four turns
    assert talks.hand_off(later, "2026-09-28 10:08").place == 1  # asked again, it only says where it stands
    gone = standing(later, beijing("2026-09-28 10:09"))
    assert (gone.agents, gone.estimate) == (0, None)


def test_of_a_line_only_a_waiting_chat_is_taken_once_and_not_beyond_what_one_can_do__Y06(talks: Talks):
    world, at = talks.world, beijing(NOON)
    colleague = person("agent2", "吴坐席", team=world.team)
    chat = talks.waiting()
    acts.set_presence(user=world.agent, is_available=True, at_most=1, at=at)
    acts.accept(chat=chat, agent=world.agent, at=at)
    acts.accept(chat=chat, agent=world.agent, at=at)  # twice by the same is once
    assert happened(chat).count("accepted") == 1
    other = talks.waiting(contact=world.stranger)
    for agent, target, code in ((colleague, chat, "taken"), (world.agent, other, "full")):
        with pytest.raises(ActionRefusedError) as refusal:
            acts.accept(chat=target, agent=agent, at=at)
        assert refusal.value.code == code
    assert Presence.objects.get(user=world.agent).seen_at == at


def test_the_rail_tells_on_every_page_who_waits__Y06(talks: Talks, django_assert_num_queries: Any) -> None:
    world = talks.world
    talks.hand_off(talks.open())
    talks.hand_off(talks.open(world.kingdee))
    for vendor, contact in (("yonsuite", world.yonsuite.contact), ("kingdee", world.kingdee.contact)):
        ask(draft=Draft(vendor, "question", "怎么结账", "月末。"), author=contact.user, at=beijing(NOON))
    partner = person("partner", "伙伴", Role.PARTNER)
    for user, chats in ((world.manager, 2), (world.agent, 1), (partner, 0)):
        reader = Reader(User.objects.select_related("team").get(pk=user.pk), beijing(NOON))
        with django_assert_num_queries(1):
            found = beside(reader, "chats")
        assert found["beside"] == {"tasks": 0, "chats": chats, "calls": 0, "mail": 0, "board": chats}
        assert found["in_chats"]
    client = Client()
    client.force_login(world.manager)
    page = client.get("/console/rail/", {"part": "beside", "here": "chats"}).content.decode()
    assert '<span class="count count--at_risk">2</span>' in page
    assert page.count('aria-current="true"') == 1
    assert '<ul class="views" data-live="/console/rail/?part=beside' in client.get("/console/").content.decode()
