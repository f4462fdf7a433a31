"""Raw bytes to a letter."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tickets.mailing import bounces, kinds, pages, tnef
from tickets.mailing.charsets import clean, decoded
from tickets.mailing.folding import fold
from tickets.mailing.headers import Headers
from tickets.mailing.letter import Address, Enclosed, Flaw, Kind, LeftOut, Letter
from tickets.mailing.parts import MOST, Part, Span, leaves, opened

# So many characters are read of what is said.
LONGEST_TEXT = 100_000
LONGEST_SUBJECT = 200
NO_SENDER = Address("")
FILE_NAMES = {
    "message/rfc822": "message.eml", "text/calendar": "invite.ics", "application/ms-tnef": "winmail.dat",
    "image/png": "image.png", "image/jpeg": "image.jpg", "image/gif": "image.gif", "text/html": "page.html",
    "text/plain": "text.txt",
}  # fmt: skip
# Parts that make a signature or a report, not something that was sent along.
NOT_FILES = frozenset({
    "application/pgp-signature", "application/pgp-encrypted", "message/delivery-status", "text/rfc822-headers",
})  # fmt: skip
SEALS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
MARKS = re.compile(r"^(>*)(.*)$")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a reader takes along, in bytes."""

    files: int = 10
    each: int = 5 * 1024 * 1024
    together: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ours:
    """How we know ourselves and whom we believe."""

    # What we write into the header against loops.
    loop: str = ""
    # Addresses that are ours: what comes from them is our own.
    addresses: frozenset[str] = frozenset()
    # The server whose word about senders counts.
    trusted: str = ""


@dataclass
class Gathered:
    """What is found part by part."""

    texts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    files: list[Enclosed] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    flaws: set[str] = field(default_factory=set)
    size: int = 0


def read(raw: bytes, *, ours: Ours = Ours(), allowed: Allowed = Allowed()) -> Letter:
    """Return a mail as it was understood; whatever the bytes are, there is a letter."""
    headers, body = opened(raw)
    parts = list(leaves(headers, body))
    headers.charset = next((part.typed.parameter("charset") for part in parts if part.typed.is_text), "")
    found = _gather(parts, allowed)
    found.flaws |= {Flaw.SEALED} if any(part.typed.kind in SEALS for part in parts) else set()
    found.flaws |= {Flaw.NESTED} if len(parts) >= MOST else set()
    found.flaws |= {Flaw.CUT} if headers.is_cut else set()
    return _letter(headers, body, parts, found, ours)


def _letter(headers: Headers, body: Span, parts: Sequence[Part], found: Gathered, ours: Ours) -> Letter:
    # Long because a letter is everything that a mail says.
    subject, is_sure = headers.text("subject")
    found.flaws |= set() if is_sure else {Flaw.CHARSET}
    sender = next(iter(headers.addresses("from") or headers.addresses("sender")), NO_SENDER)
    is_report = _is_report(parts, sender)
    kind = kinds.kind_of(headers, sender=sender.address, subject=subject, own=ours.loop, is_report=is_report)
    text = _said(found)
    message_id = next(iter(headers.ids("message-id")), "")
    return Letter(
        message_id=message_id,
        digest=_digest(headers, message_id, body),
        sender=sender,
        kind=Kind.OWN if kind == Kind.HUMAN and sender.address in ours.addresses else kind,
        subject=subject[:LONGEST_SUBJECT],
        text=text,
        folded=fold(text),
        html=pages.safe("\n".join(found.pages)) if found.pages else "",
        reply_to=headers.addresses("reply-to"),
        to=(*headers.addresses("to"), *headers.addresses("delivered-to"), *headers.addresses("x-original-to")),
        cc=headers.addresses("cc"),
        in_reply_to=next(iter(headers.ids("in-reply-to")), ""),
        references=headers.ids("references"),
        sent_at=headers.instant("date"),
        files=tuple(found.files),
        left_out=tuple(found.left_out),
        reports=bounces.reports_of(headers, parts, f"{subject} {text}") if kind == Kind.BOUNCE else (),
        flaws=frozenset(str(flaw) for flaw in found.flaws | _lacks(message_id, text, found)),
        is_verified=kinds.verified(headers, ours.trusted),
        takes_answers=kind == Kind.HUMAN and kinds.takes_answers(headers, sender.address),
    )  # fmt: skip


def _digest(headers: Headers, message_id: str, body: Span) -> str:
    """Return what tells a mail from others, whatever way it came: its id, or who, when and what about; and its body."""
    named = message_id.encode() if message_id else b"\0".join(map(headers.raw, ("from", "date", "subject")))
    told = hashlib.sha256(named + b"\0")
    told.update(memoryview(body.raw)[body.start : body.end])
    return told.hexdigest()


def _lacks(message_id: str, text: str, found: Gathered) -> set[Flaw]:
    lacks = set() if message_id else {Flaw.NO_ID}
    return lacks if text.strip() or found.files else lacks | {Flaw.EMPTY}


def _is_report(parts: Sequence[Part], sender: Address) -> bool:
    """Tell whether servers report; some providers put their reports into a mail of another kind."""
    told = [part for part in parts if part.typed.kind == "message/delivery-status"]
    return any("multipart/report" in part.within for part in told) or bool(told and kinds.is_daemon(sender.address))


def _gather(parts: Sequence[Part], allowed: Allowed) -> Gathered:
    found = Gathered()
    for part in parts:
        kind = part.typed.kind
        if kind == "text/plain" and not part.typed.is_file:
            _take_text(part, found)
        elif kind == "text/html" and not part.typed.is_file:
            _take_page(part, found)
        elif kind not in NOT_FILES and len(part.body):
            _take_file(part, found, allowed)
    return found


def _take_text(part: Part, found: Gathered) -> None:
    said, is_sure = decoded(part.content(6 * LONGEST_TEXT), part.typed.parameter("charset"))
    found.flaws |= set() if is_sure else {Flaw.CHARSET}
    if part.typed.parameter("format").lower() == "flowed":
        said = unflowed(said, joins=part.typed.parameter("delsp").lower() == "yes")
    if said.strip():
        found.texts.append(said)


def _take_page(part: Part, found: Gathered) -> None:
    said, is_sure = decoded(part.content(6 * pages.LONGEST), part.typed.parameter("charset"))
    found.flaws |= set() if is_sure else {Flaw.CHARSET}
    found.flaws |= {Flaw.CUT} if len(said) > pages.LONGEST else set()
    found.flaws |= {Flaw.NESTED} if pages.is_too_deep(said) else set()
    found.pages.append(said)


def _take_file(part: Part, found: Gathered, allowed: Allowed) -> None:
    """Keep a file within the limits; one that cannot fit is not even unpacked. Archives are never opened.

    What Outlook packed into one is kept as the files that it was.
    """
    name = part.typed.name or FILE_NAMES.get(part.typed.kind, "attachment")
    guessed = len(part.body) * 3 // 4 if part.typed.encoding == "base64" else len(part.body)
    is_packed = part.typed.kind in tnef.KINDS or name.lower() == "winmail.dat"
    full = len(found.files) >= allowed.files or found.size >= allowed.together
    if full or guessed > 2 * (allowed.together if is_packed else allowed.each):
        found.left_out.append(LeftOut(name, guessed))
        return
    content = part.content()
    packed = tnef.files_in(content) if is_packed else []
    for file in packed or [Enclosed(name, part.typed.kind, content, part.typed.cid)]:
        _keep(file, found, allowed)


def _keep(file: Enclosed, found: Gathered, allowed: Allowed) -> None:
    size = len(file.content)
    if len(found.files) >= allowed.files or size > allowed.each or found.size + size > allowed.together:
        found.left_out.append(LeftOut(file.name, size))
        return
    found.size += size
    found.files.append(file)


def _said(found: Gathered) -> str:
    """Return what is said as plain text; a page's words where there is no other text."""
    text = "\n\n".join(found.texts) if found.texts else "\n\n".join(pages.as_text(page) for page in found.pages)
    if len(text) > LONGEST_TEXT:
        found.flaws.add(Flaw.CUT)
    return clean(text)[:LONGEST_TEXT]


def unflowed(text: str, *, joins: bool) -> str:
    """Return a text whose paragraphs were broken to be flowed, each on one line again. Source: RFC 3676"""
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        said = line[depth:].removeprefix(" ")
        flows = said.endswith(" ") and said != "-- "
        kept = said[:-1] if flows and joins else said
        if depth == open_depth and said != "-- ":
            lines[-1] += kept
        else:
            lines.append(f"{'>' * depth} {kept}" if depth else kept)
        open_depth = depth if flows else -1
    return "\n".join(lines)
