"""A chat under whatever order of acts: numbers without a gap, whispers among us, states that may be."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.tickets.chat.conftest import NOON, Talks, numbers
from tickets.actions import chat as acts
from tickets.models import Chat
from tickets.showing.chat import message_fields

ACTS = (
    "customer", "customer_same", "agent", "expert", "whisper", "hand_off", "accept", "steal", "transfer", "to_team",
    "invite", "leave", "read", "ticket", "away", "end", "silence", "rate", "open",
)  # fmt: skip
# From which state which others may follow.
NEXT = {
    "bot": {"bot", "waiting", "ended"},
    "waiting": {"waiting", "active", "ended"},
    "active": {"active", "waiting", "ended"},
    "ended": {"ended"},
}


def perform(talks: Talks, chat: Chat, what: str, at) -> None:
    """Do one thing with a chat, which may be refused."""
    world, visitor = talks.world, chat.visitor
    deeds = {
        "customer": lambda: acts.say(chat=chat, speaker=visitor, body="话", at=at),
        "customer_same": lambda: acts.say(chat=chat, speaker=visitor, body="话", at=at, client_id="same"),
        "agent": lambda: acts.say(chat=chat, speaker=world.agent, body="答", at=at),
        "expert": lambda: acts.say(chat=chat, speaker=world.expert, body="答", at=at, client_id="same"),
        "whisper": lambda: acts.say(chat=chat, speaker=world.lead, body="金丝雀", at=at, is_whisper=True),
        "hand_off": lambda: acts.hand_off(chat=chat, at=at),
        "accept": lambda: acts.accept(chat=chat, agent=world.agent, at=at),
        "steal": lambda: acts.accept(chat=chat, agent=world.expert, at=at),
        "transfer": lambda: acts.transfer(chat=chat, to=world.expert, actor=world.lead, at=at, words="金丝雀"),
        "to_team": lambda: acts.transfer(chat=chat, to=world.team, actor=world.lead, at=at),
        "invite": lambda: acts.invite(chat=chat, user=world.expert, actor=world.lead, at=at),
        "leave": lambda: acts.leave(chat=chat, actor=world.expert, at=at),
        "read": lambda: acts.mark_read(chat=chat, reader=visitor, number=3, at=at),
        "ticket": lambda: talks.ticket(chat, at),
        "away": lambda: acts.set_presence(user=world.agent, is_available=False, at_most=2, at=at),
        "end": lambda: acts.end(chat=chat, actor=visitor, at=at),
        "silence": lambda: acts.end(chat=chat, actor=None, at=at),
        "rate": lambda: acts.rate(chat=chat, rating=5, words="", at=at),
        "open": lambda: acts.open_chat(visitor=visitor, place=acts.Place("yonsuite"), at=at),
    }
    with suppress(ActionRefusedError), transaction.atomic():
        deeds[what]()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(st.sampled_from(ACTS), min_size=6, max_size=14))
def test_whatever_is_done_a_chat_stays_whole__Y06(talks: Talks, script):
    sid = transaction.savepoint()
    chat, state = talks.open(), "bot"
    acts.set_presence(user=talks.world.agent, is_available=True, at_most=4, at=beijing(NOON))
    for step, what in enumerate(script, 1):
        perform(talks, chat, what, beijing(NOON) + timedelta(seconds=step))
        chat.refresh_from_db()
        assert chat.state in NEXT[state], (state, what, chat.state)
        state = chat.state
        check(chat)
    transaction.savepoint_rollback(sid)


def check(chat: Chat) -> None:
    """Check what holds of every chat at every time."""
    assert numbers(chat) == list(range(1, chat.message_count + 1))
    assert max(chat.customer_read, chat.agent_read) <= chat.message_count
    assert (chat.state == "active") is (chat.assignee_id is not None and chat.state != "ended")
    assert (chat.state == "ended") is (chat.ended_at is not None)
    assert chat.state != "waiting" or chat.waiting_since is not None
    outward = [message_fields(one, for_agent=False) for one in chat.messages.for_customer()]
    assert "金丝雀" not in str(outward)
    assert chat.messages.filter(author_kind="customer", client_id="same").count() <= 1
    if chat.clock:
        first_human = chat.messages.filter(author_kind="agent", is_whisper=False).exclude(kind="event").first()
        met = chat.clock.milestones.get().completed_at
        assert met == (first_human.at if first_human else None)
