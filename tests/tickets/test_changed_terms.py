"""Changed terms are told to the customer whom they make worse, and to the owner who did not change them. C41, Y17"""

from email import message_from_bytes
from email.policy import default as modern

import pytest

from plans.models import User
from sla.actions import put_policy
from sla.changing.replanning import replan_due
from tests.clocks import clock_at
from tests.hours import beijing
from tests.terms import HOLDS, Target, put_under, terms
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Delivery, Ticket
from tickets.rounds import dispatch
from tickets.telling import mail

pytestmark = pytest.mark.django_db

MOVED = "deadline_moved"
ANSWER, EIGHT, TWO_IF_URGENT = Target("first_response", 4), Target("resolution", 8), Target("resolution", 2, "urgent")
OPENED, CHANGED = "2026-09-28 09:00", "2026-09-28 09:30"


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return an urgent ticket of the agent's, to be solved in two hours; eight if it were not urgent."""
    put_under(world.yonsuite.contract, "house", ANSWER, EIGHT, TWO_IF_URGENT)
    ticket = world.open_ticket(at=OPENED, priority="urgent")
    return actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-09-28 09:05"))


def reclassify(ticket: Ticket, actor: User, at: str = CHANGED, **changes) -> Ticket:
    insists = changes.pop("insists", False)
    before = actions.Classification.of(ticket)
    to = actions.Classification(**{name: changes.get(name, getattr(before, name)) for name in before.__slots__})
    return actions.reclassify(
        ticket=ticket, to=to, reason="等一等也行", actor=actor, at=beijing(at), insists=insists
    )  # fmt: skip


def told() -> set[str]:
    return set(Delivery.objects.filter(kind=MOVED).values_list("address", flat=True))


def letter_to(person) -> tuple[str, str]:
    row = Delivery.objects.get(kind=MOVED, address=person.email)
    read = message_from_bytes(mail.render(row, at=beijing("2026-09-28 09:31")), policy=modern)
    return str(read["Subject"]), read.get_body(("plain",)).get_content()


def test_a_customer_is_told_of_a_promise_that_was_put_off_and_why_but_not_our_reason__C41(ticket, world):
    reclassify(ticket, world.agent, priority="normal")
    assert told() == {ticket.contact.email}
    subject, text = letter_to(ticket.contact)
    assert "时限变更" in subject
    assert "解决的时间由 9月28日 星期一 11:00 改为 9月28日 星期一 17:00。" in text
    assert "因为：优先级由 紧急 改为 普通。" in text
    assert "等一等也行" not in text
    assert world.agent.name not in text


def test_a_better_promise_disturbs_nobody_who_made_it_so(ticket, world):
    reclassify(ticket, world.agent, priority="normal")
    Delivery.objects.all().delete()
    reclassify(ticket, world.agent, "2026-09-28 09:40", priority="urgent")
    assert told() == set()


def test_an_owner_reads_what_a_colleague_changed_with_the_reason__C41(ticket, world):
    reclassify(ticket, world.lead, priority="normal")
    assert told() == {ticket.contact.email, world.agent.email}
    text = letter_to(world.agent)[1]
    assert "解决的时限由 9月28日 星期一 11:00 改为 9月28日 星期一 17:00。" in text
    assert "理由：等一等也行" in text


def test_a_customer_whose_promise_ends_reads_by_which_clause__Y07(ticket, world):
    reclassify(ticket, world.agent, category="customisation", insists=True)
    text = letter_to(ticket.contact)[1]
    for words in ("首次响应不再有约定的时限。", "解决不再有约定的时限。", "可能另行计费", "不包含二次开发"):
        assert words in text


def test_an_english_customer_reads_all_of_it_in_english(ticket, world):
    ticket.contact.language = "en"
    ticket.contact.save()
    reclassify(ticket, world.agent, category="customisation", insists=True)
    text = letter_to(ticket.contact)[1].replace(ticket.subject, "").replace(ticket.contact.name, "")
    chinese = [line for line in text.splitlines() if any("\u4e00" <= one <= "\u9fff" for one in line)]
    assert chinese == []
    assert "no longer has an agreed deadline" in text


def test_a_promise_that_goes_into_a_pause_is_put_off__C24(world):
    waits = Target("resolution", 8, "low", pauses_on=HOLDS)
    put_under(world.yonsuite.contract, "house", EIGHT, waits)
    ticket = world.open_ticket(at=OPENED)
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=beijing("2026-09-28 09:10"))
    reclassify(ticket, world.agent, priority="low")
    assert "改为 暂停，恢复后再定。" in letter_to(ticket.contact)[1]


def test_what_comes_anew_is_no_worse_and_has_its_line_for_the_owner(world):
    put_under(world.yonsuite.contract, "house", ANSWER, TWO_IF_URGENT)
    ticket = world.open_ticket(at=OPENED)
    ticket = actions.accept(ticket=ticket, actor=world.agent, at=beijing("2026-09-28 09:05"))
    reclassify(ticket, world.lead, priority="urgent")
    assert told() == {world.agent.email}
    assert "解决从现在起有约定的时限：9月28日 星期一 11:00。" in letter_to(world.agent)[1]


@pytest.mark.parametrize("end", ["reply", "resolve"])
def test_nobody_is_told_of_a_moved_deadline_that_was_kept_meanwhile__Y17(world, end):
    put_under(world.yonsuite.contract, "house", ANSWER)
    ticket = world.open_ticket(at=OPENED)
    put_policy(terms=terms("house", Target("first_response", 6)), at=beijing(CHANGED))
    with clock_at("2026-09-28 09:31"):
        replan_due()
        act = {"reply": actions.reply, "resolve": actions.resolve}[end]
        act(ticket=ticket, body="好了", actor=world.agent, at=beijing("2026-09-28 09:31"))
        dispatch.sweep()
    assert ticket.events.filter(kind=MOVED).exists()
    assert told() == set()


@pytest.mark.parametrize(("hours", "is_told"), [(4 + 50 / 3600, False), (4 + 1 / 60, True)])
def test_seconds_that_nobody_reads_disturb_nobody__Y17(world, hours, is_told):
    put_under(world.yonsuite.contract, "house", ANSWER)
    ticket = world.open_ticket(at=OPENED)
    put_policy(terms=terms("house", Target("first_response", round(hours, 4))), at=beijing(CHANGED))
    with clock_at("2026-09-28 09:31"):
        dispatch.sweep()
    assert ticket.events.filter(kind=MOVED).exists()
    assert bool(told()) == is_told
