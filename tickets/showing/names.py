"""People in the ledger by the names that the reader's language has for them; the ledger itself keeps one text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from plans.models import Contact, Team, User
from plans.wording import is_english
from sla.proof.proofs import Proof
from sla.timeline import ActorKind
from tickets.models import Message, TicketEvent
from tickets.showing.wording import name_of


@dataclass(frozen=True)
class Names:
    """What people are called, by their reference such as `user:12` and by the text that the ledger keeps."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, display: str, ref: str = "") -> str:
        """Return a person's name; the text that was kept where nothing better is known."""
        return self.known.get(ref) or self.known.get(display) or display

    def actor(self, event: TicketEvent) -> str:
        """Return who did something."""
        if event.actor_kind == ActorKind.BOT:
            return _("智能客服")
        return self.of(event.actor_display, event.actor_ref) or _("系统")

    def author(self, message: Message) -> str:
        """Return who said something."""
        if message.author_kind == ActorKind.BOT:
            return _("智能客服")
        if message.author_kind == ActorKind.SYSTEM:
            return _("监控")
        ref = f"contact:{message.contact_id}" if message.contact_id else f"user:{message.author_id}"
        return self.of(message.author_display, ref)


def names_in(events: Iterable[TicketEvent], told: Iterable[User | Contact]) -> Names:
    """Return the names of everybody in a ledger and of those who were told; what was kept is Chinese already."""
    if not is_english():
        return Names()
    refs = {ref for event in events for ref in _refs(event)}
    people = _found(refs)
    by_text = {str(person): name_of(person) for person in [*told, *people.values()]}
    return Names(by_text | {ref: name_of(person) for ref, person in people.items()})


def names_for(refs: Iterable[str]) -> Names:
    """Return the names of people by their references, such as `user:12`."""
    return Names({ref: name_of(person) for ref, person in _found(refs).items()}) if is_english() else Names()


def names_behind(proof: Proof) -> Names:
    """Return the names of everybody who paused or met a promise."""
    if not is_english():
        return Names()
    refs = {piece.pause.actor_ref for piece in proof.pieces if piece.pause} | {fact.actor_ref for fact in proof.facts}
    return Names({ref: name_of(person) for ref, person in _found(refs).items()})


def _found(refs: Iterable[str]) -> dict[str, User | Contact | Team]:
    """Return people and teams by their references."""
    known = set(refs)
    return {
        **{f"user:{one.pk}": one for one in User.objects.filter(pk__in=_keys(known, "user"))},
        **{f"team:{one.pk}": one for one in Team.objects.filter(pk__in=_keys(known, "team"))},
        **{f"contact:{one.pk}": one for one in Contact.objects.filter(pk__in=_keys(known, "contact"))},
    }


def _refs(event: TicketEvent) -> list[str]:
    said = event.message
    authors = [f"contact:{said.contact_id}", f"user:{said.author_id}"] if said else []
    return [event.actor_ref, str(event.fields.get("to_ref", "")), *authors]


def _keys(refs: Iterable[str], kind: str) -> list[int]:
    found = (ref.split(":", 1)[1] for ref in refs if ref.startswith(f"{kind}:"))
    return [int(key) for key in found if key.isdecimal()]
