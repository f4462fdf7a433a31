"""Who did something, as text: the engine knows no users."""

from dataclasses import dataclass

from sla.timeline import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a bot or the system, with a reference such as "user:12" and the name to show."""

    kind: ActorKind
    ref: str = ""
    display: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)
BOT = Actor(ActorKind.BOT)
