"""What of a body nobody read: accepted as ever, and named in the answer, so that a misspelt field is found at once."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from rest_framework.renderers import JSONRenderer

UNREAD = "unread"
# So many are named, and so much of each.
NAMED, LONGEST = 20, 80


class Read(dict[str, Any]):
    """An object that was sent, which knows what of it was asked for."""

    def __init__(self, sent: Mapping[str, Any]) -> None:
        super().__init__(sent)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def keys(self) -> Any:
        self.asked.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        self.asked.update(super().keys())
        return super().values()

    def items(self) -> Any:
        self.asked.update(super().keys())
        return super().items()

    @property
    def unread(self) -> list[str]:
        """Return the names that nobody asked for, as they were sent."""
        return [name[:LONGEST] for name in dict.__iter__(self) if name not in self.asked][:NAMED]


def untouched(sent: Any) -> Any:
    """Return what was sent as plain values, for whoever only compares it: that reads nothing."""
    return {name: dict.__getitem__(sent, name) for name in dict.__iter__(sent)} if isinstance(sent, Read) else sent


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
