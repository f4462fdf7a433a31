"""Who else hears what is said in a conversation: its own clock, and the ledger of the ticket that it became."""

from datetime import datetime

from plans.models import User
from sla import engine
from sla.actors import Actor
from sla.changing.replanning import catch_up
from sla.engine import Heard
from sla.models import Clock, Milestone
from sla.timeline import ActorKind, FactKind
from tickets.actions.chat.lines import Author, Kind, Speaker, State
from tickets.actions.ticket.talk import Talk, agent_line, bot_line, customer_line
from tickets.models import Attachment, Chat, ChatMessage, Message, Visitor


def tell_clock(chat: Chat, message: ChatMessage) -> None:
    """Let a conversation's clock hear a person's first words; a bot's or the system's meet nothing. Source: K02"""
    if chat.clock and message.author_kind == Author.AGENT and message.author:
        who = Actor(ActorKind.AGENT, f"user:{message.author.pk}", str(message.author))
        observe(chat, FactKind.REPLY, who, message)


def observe(chat: Chat, kind: FactKind, who: Actor, message: ChatMessage) -> None:
    """Let the clock of a locked conversation hear a fact that stands at a message. Call inside atomic."""
    clock = chat.clock
    if clock is None or clock.milestones.filter(stopped_at=None).count() == 0:
        return
    _lock(clock)
    catch_up(clock, message.at)
    engine.observe(clock, [Heard(kind, message.at, who, f"{chat.code}#{message.number}")])


def _lock(clock: Clock) -> None:
    list(Milestone.objects.filter(clock=clock).order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def tell_ticket(chat: Chat, message: ChatMessage, speaker: Speaker | None) -> None:
    """Write what was said into the ledger of the conversation's ticket, while that is worked on. Source: Y07, Y18"""
    if chat.ticket_id is None or message.kind == Kind.EVENT or message.is_whisper:
        return
    line = _written(chat, message, speaker, Talk("chat", chat.code, is_live=chat.state == State.ACTIVE))
    if line:
        _copy_files(message, line)


def _written(chat: Chat, message: ChatMessage, speaker: Speaker | None, talk: Talk) -> Message | None:
    ticket, body, at = chat.ticket, message.body or _named(message), message.at
    if ticket is None:
        return None
    if isinstance(speaker, User):
        return agent_line(ticket=ticket, actor=speaker, body=body, talk=talk, at=at)
    if isinstance(speaker, Visitor) and chat.contact:
        return customer_line(ticket=ticket, contact=chat.contact, body=body, talk=talk, at=at)
    return bot_line(ticket=ticket, body=body, talk=talk, at=at) if speaker is None else None


def _named(message: ChatMessage) -> str:
    return " ".join(f"[{file.name}]" for file in message.files.all()) or "[…]"


def _copy_files(message: ChatMessage, line: Message) -> None:
    Attachment.objects.bulk_create([
        Attachment(
            ticket_id=line.ticket_id, message=line, name=file.name, content_type=file.content_type, size=file.size,
            sha256=file.sha256,
        )
        for file in message.files.all()
    ])  # fmt: skip


def copy_files(chat: Chat, line: Message, until: datetime) -> None:
    """Keep the files of a conversation, without those whispered, with a message of its ticket."""
    said = chat.messages.for_customer().filter(kind=Kind.FILE, at__lte=until)
    for message in said.prefetch_related("files"):
        _copy_files(message, line)
