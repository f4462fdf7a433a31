"""Write to a Discourse forum by its API, under a mark by which a reply is found again."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from tickets.channels.base import BusyError, ChannelError
from tickets.channels.discourse import post_marked, reply_form
from tickets.channels.webhook import exchange, hear, readable

# Answers after which the same request may still succeed.
LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)

# Bytes of a topic with all its posts.
LONGEST_TOPIC = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Forum:
    """Where a forum is, and as whom we write there."""

    url: str
    username: str
    api_key: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return what every request of ours says."""
        return {
            "Api-Key": self.api_key, "Api-Username": self.username,
            "Content-Type": "application/json", "Accept": "application/json",
        }  # fmt: skip


def reply(forum: Forum, *, topic: str, body: str, mark: str, at: datetime, reply_to: str = "") -> str:
    """Post a reply to a topic and return its number there.

    Raises BusyError where it may stand later, with how long the forum asks us to wait, else ChannelError.
    """
    heard = hear("POST", f"{forum.url}/posts.json", reply_form(topic, body, mark, reply_to), forum.headers)
    status = heard.status
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        words = f"HTTP {status} {readable(heard.said)[:200]}"
        if status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise BusyError(words, wait=heard.wish(at) or timedelta())
        raise ChannelError(words, permanent=True)
    try:
        return str(json.loads(heard.said)["id"])
    except (ValueError, KeyError, TypeError):
        # It took the reply and said nothing of use: the forum's own webhook tells the number.
        return ""


def replied(forum: Forum, *, topic: str, mark: str) -> str:
    """Return the number of a reply that an earlier try left there, blank where none did or nobody could tell."""
    url = f"{forum.url}/t/{int(topic)}.json?include_raw=1&print=true"
    try:
        status, said = exchange("GET", url, b"", forum.headers, most=LONGEST_TOPIC)
    except ChannelError:
        return ""
    return post_marked(said, mark) if status == HTTPStatus.OK else ""
