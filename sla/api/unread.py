"""What of a body nobody read: accepted as ever, and named in the answer, so that a misspelt field is found at once."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from rest_framework.renderers import JSONRenderer

UNREAD = "unread"
# So many are named, and so much of each.
NAMED, LONGEST = 20, 80
# Objects inside objects are followed so far.
DEEPEST = 5


class Read(dict[str, Any]):
    """An object that was sent, which knows what of it, and of the objects inside it, was asked for."""

    def __init__(self, sent: Mapping[str, Any], depth: int = 0) -> None:
        super().__init__(sent)
        self.asked: set[str] = set()
        self.depth = depth

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return self._followed(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return self._followed(name) if super().__contains__(name) else default

    def keys(self) -> Any:
        self.asked.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        return self._whole().values()

    def items(self) -> Any:
        return self._whole().items()

    def _whole(self) -> dict[str, Any]:
        """Return everything there is, as read; what is taken so is not followed further."""
        self.asked.update(super().keys())
        return untouched(self)

    def _followed(self, name: str) -> Any:
        """Return a value; objects in it know from now on what of them is asked for."""
        value = super().__getitem__(name)
        if type(value) in (dict, list) and self.depth < DEEPEST:
            value = _read(value, self.depth + 1)
            super().__setitem__(name, value)
        return value

    @property
    def unread(self) -> list[str]:
        """Return the names that nobody asked for, as they were sent: `contact.nmae`, `attachments.0.nmae`."""
        return list(islice(self._unread(""), NAMED))

    def _unread(self, place: str) -> Iterator[str]:
        for name in dict.__iter__(self):
            if name not in self.asked:
                yield f"{place}{name[:LONGEST]}"
            else:
                yield from _unread_inside(dict.__getitem__(self, name), f"{place}{name[:LONGEST]}.")


def _read(value: Any, depth: int) -> Any:
    """Return an object, or those of a list, as ones that know what is asked of them."""
    if type(value) is dict:
        return Read(value, depth)
    return [Read(one, depth) if type(one) is dict else one for one in value]


def _unread_inside(value: Any, place: str) -> Iterator[str]:
    """Name what was not asked of the objects in a value; one that was asked for nothing was taken whole."""
    if isinstance(value, Read) and value.asked:
        yield from value._unread(place)
    elif type(value) is list:
        for number, one in enumerate(value):
            yield from _unread_inside(one if isinstance(one, Read) else None, f"{place}{number}.")


def untouched(sent: Any) -> Any:
    """Return what was sent as plain values, for whoever only compares or keeps it: that reads nothing."""
    if isinstance(sent, Read):
        return {name: untouched(dict.__getitem__(sent, name)) for name in dict.__iter__(sent)}
    return [untouched(one) if isinstance(one, Read) else one for one in sent] if type(sent) is list else sent


class UnreadRenderer(JSONRenderer):
    """Writes JSON; an answer to an object of which something was not read says what."""

    def render(self, answer: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        if unread := _unread(answer, renderer_context or {}):
            answer = {**answer, UNREAD: unread}
        return super().render(answer, accepted_media_type, renderer_context)


def _unread(answer: Any, context: Mapping[str, Any]) -> list[str]:
    """Return what to name: nothing where the work ended before the body was read through."""
    sent = getattr(context.get("request"), "_full_data", None)
    if not isinstance(sent, Read) or not isinstance(answer, dict) or UNREAD in answer:
        return []
    status = context["response"].status_code
    is_form = status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY) and answer.get("code") == "invalid"
    return sent.unread if status < HTTPStatus.BAD_REQUEST or (is_form and sent.asked) else []
