"""Many at once, on connections of their own: no number is missing, nothing is said twice, one agent gets a chat."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.plans.engagements.test_races import MANY
from tests.tickets.chat.conftest import NOON, Talks, numbers
from tests.world import World, person
from tickets.actions import chat as acts
from tickets.models import Chat, ChatMessage


def at_once(act, times: int = MANY) -> list[str]:
    """Return what became of an act done by many threads at once, each on a connection of its own."""

    def one(number: int) -> str:
        try:
            act(number)
        except ActionRefusedError as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_speak_or_take_at_once_nothing_is_lost_or_doubled__Y06():
    talks = Talks(World())
    world, at = talks.world, beijing(NOON)
    _twenty_open_the_same(talks)
    chat = talks.waiting()
    agents = [person(f"rival{number}", f"坐席{number}", team=world.team) for number in range(4)]
    became = at_once(lambda number: acts.accept(chat=chat, agent=agents[number], at=at), times=4)
    assert sorted(became) == ["done", "taken", "taken", "taken"]
    chat.refresh_from_db()

    def speak(number: int) -> None:
        if number % 4 == 0:
            talks.customer(chat, "同一句", client_id="same")
        elif number % 4 == 1:
            talks.customer(chat, f"第 {number} 句", client_id=f"c{number}")
        elif number % 4 == 2:
            talks.agent(chat, f"答 {number}", who=chat.assignee)
        else:
            talks.ticket(chat)

    assert at_once(speak) == ["done"] * MANY
    assert numbers(chat) == list(range(1, chat.messages.count() + 1))
    assert chat.messages.filter(client_id="same").count() == 1
    assert chat.messages.filter(author_kind="customer", client_id__startswith="c").count() == 5
    assert world.yonsuite.customer.tickets.count() == 1
    chat.refresh_from_db()
    assert chat.message_count == chat.messages.count()
    assert chat.clock.milestones.get().state == "met"
    _one_leaves_while_others_take(talks, chat, agents)


def _twenty_open_the_same(talks: Talks) -> None:
    visitors = [talks.visitor(talks.world.yonsuite.contact) for _ in range(6)]
    place = acts.Place("yonsuite")
    assert (
        at_once(lambda n: acts.open_chat(visitor=visitors[n], place=place, at=beijing(NOON)), times=6) == ["done"] * 6
    )
    assert Chat.objects.count() == 1
    assert ChatMessage.objects.count() == 1


def _one_leaves_while_others_take(talks: Talks, chat: Chat, agents: list) -> None:
    """Presence, chats and clocks are locked in one order: nobody waits for each other in a circle."""
    at = database_now()
    lead = chat.assignee

    def act(number: int) -> None:
        if number % 2:
            acts.set_presence(user=lead, is_available=number % 4 == 1, at_most=4, at=at)
        else:
            acts.accept(chat=chat, agent=agents[number // 2 % 4], at=at)

    became = at_once(act, times=8)
    assert set(became) <= {"done", "taken", "full"}
    chat.refresh_from_db()
    assert (chat.state == "active") is (chat.assignee is not None)
