"""Side tasks: given, passed on and ticked off beside a ticket; the customer never hears of them. Source: K10"""

import pytest

from sla.actors import SYSTEM
from sla.models import Observation
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.world import World
from tickets.actions import side_tasks
from tickets.actions import ticket as actions
from tickets.ledger import actor_of
from tickets.models import Delivery, SideTask, Ticket

AT = beijing("2026-09-28 09:30")


def add(world: World, ticket: Ticket, **more) -> SideTask:
    said = {"title": "请核对结账日志", "assignee": world.expert, "actor": actor_of(world.agent), "at": AT} | more
    return side_tasks.add(ticket=ticket, **said)


def letters(world: World) -> list[tuple[str, str, str]]:
    rows = Delivery.objects.filter(kind="side_task").order_by("pk")
    return list(rows.values_list("address", "state", "error"))


def test_who_is_asked_gets_a_letter_and_the_ledger_keeps_it_internal__K10(world: World):
    ticket = world.open_ticket()
    heard = Observation.objects.count()
    task = add(world, ticket)
    line = ticket.events.get(kind="task_added")
    assert (line.is_public, line.fields["to"], line.fields["title"]) == (False, "陈专家", "请核对结账日志")
    assert letters(world) == [(world.expert.email, "queued", "")]
    assert task.ticket.event_count == line.number
    assert Observation.objects.count() == heard, "no clock hears of it"


def test_nobody_is_written_to_about_what_they_ask_of_themselves(world: World):
    add(world, world.open_ticket(), assignee=world.agent)
    assert letters(world) == []


def test_a_rule_may_ask_nobody_yet_and_a_colleague_takes_it(world: World):
    task = add(world, world.open_ticket(), assignee=None, actor=SYSTEM)
    assert letters(world) == []
    side_tasks.reassign(task=task, to=world.expert, actor=actor_of(world.lead), at=AT)
    assert list(SideTask.objects.waiting_for(world.expert)) == [task]
    assert letters(world) == [(world.expert.email, "queued", "")]


def test_passing_it_on_asks_the_next_and_takes_the_unsent_letter_back(world: World):
    task = add(world, world.open_ticket())
    side_tasks.reassign(task=task, to=world.lead, actor=actor_of(world.agent), at=AT)
    assert letters(world) == [
        (world.expert.email, "withheld", Delivery.SETTLED),
        (world.lead.email, "queued", ""),
    ]
    passed = task.ticket.events.filter(kind="task_added").last()
    assert (passed.fields["from"], passed.fields["to"]) == ("陈专家", "周组长")


def test_a_task_is_ticked_off_once_by_whoever_did_it(world: World):
    task = side_tasks.finish(task=add(world, world.open_ticket()), actor=world.lead, at=AT)
    assert (task.done_by, task.done_at) == ("周组长", AT)
    assert task.ticket.events.get(kind="task_done").is_public is False
    assert letters(world) == [(world.expert.email, "withheld", Delivery.SETTLED)]
    assert not SideTask.objects.open().exists()
    with pytest.raises(ActionRefusedError, match="已经办完"):
        side_tasks.finish(task=task, actor=world.expert, at=AT)


@pytest.mark.parametrize("title", ["", "   ", "字" * 201])
def test_a_task_says_what_is_to_be_done(world: World, title: str):
    with pytest.raises(ActionRefusedError, match="请写明要办什么"):
        add(world, world.open_ticket(), title=title)


def test_nothing_is_asked_for_a_ticket_that_has_ended(world: World):
    ticket = actions.resolve(ticket=world.open_ticket(), body="好了", actor=world.agent, at=AT)
    with pytest.raises(ActionRefusedError, match="工单已结束"):
        add(world, ticket)


def test_no_customer_can_be_asked(world: World):
    with pytest.raises(ActionRefusedError):
        add(world, world.open_ticket(), assignee=world.yonsuite.contact.user)
