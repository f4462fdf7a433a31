"""Before and after a wait everybody knows which promises it pauses and which go on. C24"""

import pytest
from django.utils.translation import override as translated

from tests.hours import beijing
from tests.promised import open_under, policy, promise, resolution
from tests.world import World
from tickets.actions import ticket as actions
from tickets.console.waiting import waits_of
from tickets.models import Ticket
from tickets.showing.conversation import entries_of
from tickets.showing.promises import promises_of

pytestmark = pytest.mark.django_db

ASKED, WAITED = beijing("2026-03-02 10:00"), beijing("2026-03-02 11:00")


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket of which a wait pauses the solution, and an answer only where a third party is waited for."""
    under = policy(
        "mixed", resolution(8), promise("next_response", 2, "kingdee-5x8", pauses_on=("third_party",)),
        promise("update", 4, "kingdee-5x8"),
    )  # fmt: skip
    ticket = open_under(world, under, "2026-03-02 09:00")
    actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-03-02 09:30"))
    return actions.customer_message(ticket=ticket, contact=ticket.contact, body="怎样了？", at=ASKED)


def wait(ticket: Ticket, world: World, wait_for: str, **more) -> str:
    """Wait, and return what the customer reads of it."""
    there = actions.wait(ticket=ticket, wait_for=wait_for, until=None, actor=world.agent, at=WAITED, **more)
    return entries_of(there, [], ticket.contact.user)[-1].words


@pytest.mark.parametrize(
    ("wait_for", "words"),
    [
        ("customer", "李坐席 开始等待客户；解决暂停计时，进展更新、再次响应照常计时"),
        ("third_party", "李坐席 开始等待第三方；解决、再次响应暂停计时，进展更新照常计时"),
    ],
)
def test_the_ledger_says_which_promises_a_wait_pauses_and_which_go_on__C24(ticket, world, wait_for, words):
    assert wait(ticket, world, wait_for) == words


def test_an_english_reader_is_told_so_in_english__C24(ticket, world):
    wait(ticket, world, "customer", remark="a log")
    with translated("en"):
        words = entries_of(ticket, [], world.agent)[-1].words
    told = "waits for the customer: a log; paused: Resolution; going on: Update, Next response"
    assert words == f"{world.agent.name_en} {told}"


def told_before(ticket: Ticket, world: World, at=WAITED) -> dict[str, str]:
    return {one.code: one.words for one in waits_of(ticket, promises_of([ticket], at, world.agent)[ticket.pk])}


def test_the_form_says_beforehand_what_each_way_to_wait_would_pause__C24(ticket, world):
    assert told_before(ticket, world) == {
        "customer": "解决暂停计时，进展更新、再次响应照常计时",
        "third_party": "解决、再次响应暂停计时，进展更新照常计时",
        "scheduled": "解决暂停计时，进展更新、再次响应照常计时",
    }


def test_what_is_late_is_told_to_go_on__C07(ticket, world):
    late = beijing("2026-03-04 10:00")
    assert "解决、" in told_before(ticket, world, late)["customer"].partition("照常计时")[0]
    assert "暂停" not in told_before(ticket, world, late)["customer"]


def test_a_wait_is_an_act_so_what_an_acceptance_meets_is_not_told_of__Y18(world: World):
    first = promise("first_response", 2, "kingdee-5x8", met_on=("accept", "reply"))
    ticket = open_under(world, policy("first", first, resolution(8)), "2026-03-02 09:00")
    assert told_before(ticket, world)["customer"] == "解决暂停计时"


def test_where_nothing_is_timed_nothing_is_said(world: World):
    ticket = open_under(world, policy("first", promise("first_response", 2, "kingdee-5x8")), "2026-03-02 09:00")
    ticket = actions.reply(ticket=ticket, body="在查", actor=world.agent, at=beijing("2026-03-02 09:30"))
    assert told_before(ticket, world) == {}
    assert wait(ticket, world, "customer") == "李坐席 开始等待客户"


def test_a_wait_with_a_date_pauses_until_then__C24(ticket, world):
    until = beijing("2026-03-05 10:00")
    there = actions.wait(ticket=ticket, wait_for="third_party", until=until, actor=world.agent, at=WAITED)
    event = there.events.get(kind="waiting")
    assert (event.fields["paused"], event.fields["running"]) == (["resolution"], ["update", "next_response"])
