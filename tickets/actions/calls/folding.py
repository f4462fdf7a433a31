"""How a call stands, folded from what was told of it: in whatever order and however often it was told. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tickets.channels.calling import Heard

# What comes first of things told for one instant.
ORDER = {kind: place for place, kind in enumerate(Heard)}
RINGING, VOICE_BOT, ANSWERED, ENDED, MISSED = "ringing", "voice_bot", "answered", "ended", "missed"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told of a call."""

    kind: str
    key: str
    at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Folded:
    """How a call stands. `extension` is whom the switchboard rings, or who answered last."""

    state: str
    rang_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    direction: str = "in"
    caller: str = ""
    called: str = ""
    menu: str = ""
    extension: str = ""
    recording_url: str = ""
    transcript: list[dict[str, Any]] = field(default_factory=list)


def fold(events: Iterable[Told]) -> Folded:
    """Return how a call stands by all that was told of it. Raises ValueError when nothing was."""
    told = _once(events)
    if not told:
        raise ValueError("A call of which nothing was told is none.")
    answered = _answers(told)
    ended = _ends(told, answered)
    return Folded(
        state=_state(told, bool(answered), bool(ended)),
        rang_at=told[0].at,
        answered_at=answered[0].at if answered else None,
        ended_at=max(ended[-1].at, answered[0].at if answered else ended[-1].at) if ended else None,
        direction=_first(told, "direction") or "in",
        caller=_first(told, "caller"),
        called=_first(told, "called"),
        menu=_pressed(told),
        extension=_last(answered, "agent") or _rung(told),
        recording_url=_last(told, "url"),
        transcript=_lines(told),
    )


def _once(events: Iterable[Told]) -> list[Told]:
    """Return what was told in order, each thing once; of two that differ under one key the first counts."""
    ordered = sorted(events, key=lambda one: (*_place(one), repr(sorted(one.fields.items()))))
    kept: dict[tuple[str, str], Told] = {}
    for one in ordered:
        kept.setdefault((one.kind, one.key), one)
    return list(kept.values())


def _place(one: Told) -> tuple[datetime, int, str]:
    return one.at, ORDER[Heard(one.kind)], one.key


def _leg(one: Told) -> str:
    """Return to which leg of a call something happened; blank for the call itself. A leg leads to one of us."""
    return str(one.fields.get("leg", ""))


def _answers(told: list[Told]) -> list[Told]:
    """Return what tells that a person answered: where legs lead to persons, theirs alone, for the call's own is a menu.

    What a machine picked up nobody answered, nor what a menu did that keys were pressed in afterwards.
    """
    if any(one.fields.get("by_machine") for one in told):
        return []
    answered = [one for one in told if one.kind == Heard.ANSWERED]
    if any(_leg(one) for one in told):
        return [one for one in answered if _leg(one)]
    menus = [one.at for one in told if one.kind == Heard.MENU]
    return [one for one in answered if not menus or one.at > max(menus)]


def _ends(told: list[Told], answered: list[Told]) -> list[Told]:
    """Return what tells that a call is over: its own end, else the ends of all legs on which somebody talked.

    Where one colleague did not answer, the next is rung.
    """
    over = [one for one in told if one.kind == Heard.ENDED]
    whole = [one for one in over if not _leg(one)]
    talks = {_leg(one) for one in answered if _leg(one)}
    hung_up = [one for one in over if _leg(one) in talks]
    return whole or (hung_up if talks == {_leg(one) for one in hung_up} else [])


def _rung(told: list[Told]) -> str:
    """Return whom it rings, or rang last; of several who are rung at once nobody in particular."""
    over = {_leg(one) for one in told if one.kind == Heard.ENDED}
    rung = {str(one.fields["agent"]) for one in told if _leg(one) and _leg(one) not in over and one.fields.get("agent")}
    return _last(told, "agent") if not rung else rung.pop() if len(rung) == 1 else ""


def _state(told: list[Told], is_answered: bool, is_over: bool) -> str:
    # What a caller leaves on a machine that says nothing is a voice mail, and waits for a person.
    has_bot = any(one.kind == Heard.BOT or _is_of_bot(one) for one in told)
    if is_over:
        is_missed = not is_answered and _first(told, "direction") != "out" and (not has_bot or _wants_person(told))
        return MISSED if is_missed else ENDED
    if is_answered:
        return ANSWERED
    return VOICE_BOT if has_bot and not _wants_person(told) else RINGING


def _is_of_bot(one: Told) -> bool:
    return any(line["who"] == "bot" for line in one.fields.get("lines", ()))


def _wants_person(told: list[Told]) -> bool:
    """Tell whether the caller asked a voice bot for a person. Source: K08"""
    return any(one.fields.get("hand_off") for one in told)


def _first(told: Iterable[Told], name: str) -> str:
    return next((str(one.fields[name]) for one in told if one.fields.get(name)), "")


def _last(told: Iterable[Told], name: str) -> str:
    return next((str(one.fields[name]) for one in reversed(list(told)) if one.fields.get(name)), "")


def _pressed(told: list[Told]) -> str:
    """Return the keys that were pressed: all that a menu told one by one, else those of a whole record."""
    one_by_one = "".join(str(one.fields.get("menu", "")) for one in told if one.kind == Heard.MENU)
    return one_by_one or _last(told, "menu")


def _lines(told: Iterable[Told]) -> list[dict[str, Any]]:
    """Return the lines of a talk in the order in which they were told; a record that repeats others adds what is new.

    The same words twice in one record were said twice.
    """
    found: list[dict[str, Any]] = []
    for one in told:
        before = [(line["who"], line["text"], line.get("at")) for line in found]
        new = (
            line for line in one.fields.get("lines", ()) if (line["who"], line["text"], line.get("at")) not in before
        )
        found += list(new)
    return found
