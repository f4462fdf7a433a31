"""A proof tells everything that changed the promise under way, in order, to people and programs. C07, C41, C42"""

import pytest
from django.test import Client

from sla.actions import put_policy
from sla.actors import Actor
from sla.models import Milestone
from sla.timeline import ActorKind
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.terms import Target, put_under, terms
from tests.world import World
from tickets.actions import ticket as actions
from tickets.ledger import actor_of
from tickets.models import Ticket
from tickets.rounds import dispatch
from tickets.showing.promises import promises_of
from tickets.showing.proof_page import proof_context

pytestmark = pytest.mark.django_db

EIGHT, TWO_IF_URGENT = Target("resolution", 8), Target("resolution", 2, "urgent")
MANAGER = Actor(ActorKind.AGENT, "user:9", "郑经理")


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket that was reclassified, timed by new rules, and raised by a rule, within an hour."""
    put_under(world.yonsuite.contract, "house@C-Y-1", EIGHT, TWO_IF_URGENT)
    ticket = world.open_ticket(at="2026-09-28 09:00", priority="urgent")
    before = actions.Classification.of(ticket)
    to = actions.Classification("low", before.category, before.product, before.module, before.contract)
    actions.reclassify(ticket=ticket, to=to, reason="客户说不急", actor=world.agent, at=beijing("2026-09-28 09:10"))
    put_policy(
        terms=terms("house@C-Y-1", Target("resolution", 6), TWO_IF_URGENT), cause="内部代号", actor=MANAGER,
        at=beijing("2026-09-28 09:20"),
    )  # fmt: skip
    with clock_at("2026-09-28 09:20:01"):
        dispatch.sweep()
    for minute in (30, 31, 32):
        actions.raise_priority(ticket=ticket, actor=actor_of(world.agent), at=beijing(f"2026-09-28 09:{minute}"))
    ticket.refresh_from_db()
    return ticket


def changes(ticket: Ticket, viewer) -> list[tuple[str, str, str, str]]:
    (promise,) = promises_of([ticket], beijing("2026-09-28 10:00"), viewer)[ticket.pk]
    found = proof_context(promise)["changes"]
    wall = [[f"{at.astimezone(beijing('2026-09-28 09:00').tzinfo):%H:%M}" if at else "" for at in pair]
            for pair in ((one.old_due_at, one.new_due_at) for one in found)]  # fmt: skip
    return [(one.words, *pair, one.effect) for one, pair in zip(found, wall, strict=True)]


def test_a_proof_lists_changed_priorities_and_replaced_rules_in_order__C07_C42(world: World, ticket: Ticket):
    assert changes(ticket, world.agent) == [
        ("优先级由 紧急 改为 低", "11:00", "17:00", "推迟"),
        ("服务响应标准有了新版本", "17:00", "15:00", "提前"),
        ("优先级由 低 改为 普通", "", "", "没有变动"),
        ("优先级由 普通 改为 高", "", "", "没有变动"),
        ("优先级由 高 改为 紧急", "15:00", "11:00", "提前"),
    ]


def test_a_customer_reads_the_same_deadlines_but_not_what_is_ours(world: World, ticket: Ticket):
    seen = changes(ticket, ticket.contact.user)
    assert [change[1:] for change in seen] == [change[1:] for change in changes(ticket, world.agent)]
    assert [change[0] for change in seen][2:] == ["优先级变更"] * 3


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_page_and_program_tell_it_to_both_sides_in_both_languages(world: World, ticket: Ticket, language: str):
    row = Milestone.objects.get(clock__ticket_clock__ticket=ticket)
    for user, place in ((world.agent, "console"), (ticket.contact.user, "portal")):
        for reader in (user, ticket.contact):
            reader.language = language
            reader.save()
        client = Client()
        client.force_login(user)
        url = f"/{place}/tickets/{ticket.number}/proof/{row.pk}/"
        page = client.get(url).content.decode()
        asked = bearer(new_key("api", user=user)) | {"HTTP_ACCEPT_LANGUAGE": language}
        proof = Client().get(f"/api/v1/tickets/{ticket.number}/milestones/resolution/proof/", **asked).json()
        ours = "客户说不急" in page, "内部代号" in page, "内部代号" in str(proof)
        assert set(ours) == {user == world.agent}
        assert [one["ledger"].rpartition("#")[2] for one in proof["changes"]] == ["2", "", "4", "5", "6"]
        words = "priority from Urgent to Low" if language == "en" else "优先级由 紧急 改为 低"
        assert proof["changes"][0]["words"] == words
        assert page.count(words) == 2  # among what it rests on, and among what changed


def test_what_began_after_a_change_does_not_tell_of_it(world: World):
    put_under(world.yonsuite.contract, "house@C-Y-1", Target("next_response", 2), TWO_IF_URGENT)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    actions.raise_priority(ticket=ticket, actor=actor_of(world.agent), at=beijing("2026-09-28 09:30"))
    contact = ticket.contact
    ticket = actions.customer_message(ticket=ticket, contact=contact, body="？", at=beijing("2026-09-28 10:00"))
    assert changes(ticket, world.agent) == []
