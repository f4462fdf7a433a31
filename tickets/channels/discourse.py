"""The webhooks of a Discourse forum, and the form in which we write back to it. Pure.

A key for it has in its signing secret the webhook's secret and, after a blank, the API key of the user that answers
there; and the options `url` (of the forum), `api_username`, `staff` (user names that speak for the vendor besides
those whom the forum calls staff), `vendor`, `ideas` (numbers of categories that hold ideas) and `topics` (our topic
codes by category number).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _

from tickets.channels.base import MalformedError, is_storable
from tickets.channels.hook import Asked, Fields, Happening, Hook, KeyFacts, SignatureError
from tickets.channels.payload import read_payload

EVENT, SIGNATURE = "x-discourse-event", "x-discourse-event-signature"
# What the forum tells of, by the name that its request gives it, and under which key its body has it.
EVENTS = {
    "topic_created": "topic", "topic_edited": "topic", "topic_destroyed": "topic", "topic_recovered": "topic",
    "post_created": "post", "post_edited": "post", "post_destroyed": "post", "post_recovered": "post",
    "accepted_solution": "solved", "unaccepted_solution": "solved",
}  # fmt: skip
# Stands in what we write there, in a comment that no reader sees: by it our own words are known when they come back.
MARK = "shouyue-"
MARKED = re.compile(rf"<!-- ({MARK}[0-9a-f]+) -->")
# Accounts of the forum's own programs have numbers below zero.
PROGRAMS = ("system", "discobot")
LONGEST = 20_000


class Discourse(Hook):
    """A forum tells of topics and posts, signed over the body as it is."""

    key = "discourse"
    channel = "community"
    keeps = (EVENT,)

    def check(self, request: Asked, key: KeyFacts) -> None:
        """Raise SignatureError unless the body is signed with the webhook's secret; a key without one takes nothing."""
        secret, _api_key = secrets_in(key.secret)
        if not secret:
            raise SignatureError(_("这个密钥没有设验签密钥。"))
        signed = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
        given = request.headers.get(SIGNATURE, "").removeprefix("sha256=")
        if not hmac.compare_digest(signed.encode(), given.encode("utf-8", "replace")):
            raise SignatureError(_("签名不对。"))

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        """Return what a request tells of a topic or a post; nothing for a ping, a private message or another event."""
        event = request.headers.get(EVENT, "")
        if event not in EVENTS:
            return []
        said = read_payload(request.body).get(EVENTS[event])
        if not isinstance(said, dict):
            raise MalformedError(Fields({}).errors or [_missing(EVENTS[event])])
        reader = Fields(said)
        happening = _topic(event, reader, options) if EVENTS[event] == "topic" else _post(event, reader, options)
        reader.finish()
        return [] if happening.fields["is_private"] else [happening]


def _missing(name: str) -> Any:
    reader = Fields({})
    reader.text(name, required=True)
    return reader.errors[0]


def _topic(event: str, reader: Fields, options: Mapping[str, Any]) -> Happening:
    topic = reader.text("id", required=True)
    by = reader.said.get("created_by")
    author = Fields(by) if isinstance(by, dict) else Fields({})
    fields = {
        "title": reader.text("title", limit=200),
        "number": 0,
        "body": "",
        "author": _author(author, reader, options),
        **_place(reader, reader.text("archetype"), options),
    }
    return Happening(
        event, topic, f"topic:{topic}", reader.instant("created_at"), fields | {"slug": reader.text("slug")}
    )


def _post(event: str, reader: Fields, options: Mapping[str, Any]) -> Happening:
    topic, post = reader.text("topic_id", required=True), reader.text("id", required=True)
    number = reader.text("post_number", required=True)
    fields = {
        "title": reader.text("topic_title", limit=200),
        "number": int(number) if number.isdecimal() else 0,
        "post": post,
        "reply_to": reader.text("reply_to_post_number"),
        "body": _body(reader.said),
        "mark": _mark(reader.said),
        "edited_at": reader.instant("updated_at"),
        "author": _author(reader, reader, options),
        **_place(reader, reader.text("topic_archetype"), options),
    }
    slug = reader.text("topic_slug")
    return Happening(event, topic, f"post:{post}", reader.instant("created_at"), fields | {"slug": slug})


def _author(reader: Fields, flags: Fields, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return who wrote it; a forum's staff speaks for the vendor, and so do those whom the key's options name."""
    username = reader.text("username", limit=80)
    number = reader.text("user_id") or reader.text("id")
    is_program = username in PROGRAMS or number.startswith("-")
    staff = options.get("staff", ())
    flagged = any(flags.said.get(name) is True for name in ("staff", "admin", "moderator"))
    return {
        "username": username,
        "number": number,
        "name": reader.text("name", limit=120) or username,
        "email": reader.text("email", "user_email", limit=254),
        "is_ours": not is_program and (flagged or (isinstance(staff, list) and username in staff)),
        "is_program": is_program,
    }


def _place(reader: Fields, archetype: str, options: Mapping[str, Any]) -> dict[str, Any]:
    category = reader.text("category_id")
    ideas, topics = options.get("ideas", ()), options.get("topics", {})
    return {
        "is_private": archetype == "private_message",
        "is_idea": isinstance(ideas, list) and category in {str(one) for one in ideas},
        "topic": str(topics.get(category, "")) if isinstance(topics, dict) else "",
    }


def _mark(said: Mapping[str, Any]) -> str:
    found = MARKED.search(str(said.get("raw") or ""))
    return found[1] if found else ""


def _body(said: Mapping[str, Any]) -> str:
    """Return what was written: the forum's Markdown, or where it sends none the words of its HTML."""
    raw, cooked = said.get("raw"), said.get("cooked")
    found = (
        MARKED.sub("", raw)
        if isinstance(raw, str) and raw.strip()
        else text_of_html(cooked if isinstance(cooked, str) else "")
    )
    kept = found.replace("\x00", "").strip()[:LONGEST]
    return kept if is_storable(kept) else kept.encode("utf-8", "replace").decode()


class _Words(HTMLParser):
    """Gathers the words of HTML, a line for each block; what runs or draws is left out."""

    LEFT_OUT = ("script", "style", "svg", "head", "template", "noscript")
    BLOCKS = ("p", "div", "li", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "aside", "ul", "ol")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag in self.LEFT_OUT
        if tag in self.BLOCKS or tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.depth = max(0, self.depth - (tag in self.LEFT_OUT))
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.parts.append(data)


def text_of_html(html: str) -> str:
    """Return the words of HTML, a line for each block."""
    words = _Words()
    words.feed(html[: 10 * LONGEST])
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def secrets_in(signing_secret: str) -> tuple[str, str]:
    """Return the webhook's secret and the API key that a key keeps, either blank where there is none."""
    parts = signing_secret.split()
    return (parts[0] if parts else "", parts[1] if len(parts) > 1 else "")


def reaches(options: Mapping[str, Any]) -> bool:
    """Tell whether a key's options say where to write back."""
    return bool(options.get("url") and options.get("api_username"))


def reply_form(topic: str, body: str, mark: str, reply_to: str = "") -> bytes:
    """Return the body of a request that posts a reply to a topic, with our mark in it."""
    said: dict[str, Any] = {"topic_id": int(topic), "raw": f"{body}\n\n<!-- {mark} -->"}
    if reply_to.isdecimal():
        said["reply_to_post_number"] = int(reply_to)
    return json.dumps(said, ensure_ascii=False).encode()


def post_marked(answer: bytes, mark: str) -> str:
    """Return the number of the post of a topic's pages that carries a mark; blank where none does."""
    try:
        said = json.loads(answer)
        posts = said["post_stream"]["posts"]
        return next((str(one["id"]) for one in posts if mark in str(one.get("raw", ""))), "")
    except (ValueError, KeyError, TypeError):
        return ""
