"""What servers report of mail that we sent: RFC 3464, and the original that they return with it."""

import re
from collections.abc import Sequence

from tickets.mailing.charsets import decoded
from tickets.mailing.headers import Headers
from tickets.mailing.letter import Report
from tickets.mailing.parts import Part, opened

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
LONGEST_REASON, MOST = 300, 20
GIVEN_UP, DELAYED = "5.0.0", "4.0.0"


def reports_of(parts: Sequence[Part]) -> tuple[Report, ...]:
    """Return what is reported, one for each recipient; nothing where nobody says which mail it was."""
    original = next(filter(None, map(_returned, parts)), "")
    told = next((part for part in parts if part.typed.kind == "message/delivery-status"), None)
    if not original or told is None:
        return ()
    blocks = [Headers(block) for block in re.split(rb"\r?\n[ \t]*\r?\n", told.content().strip())[: MOST + 1]]
    found = [_report(block, original) for block in blocks if "final-recipient" in block.found]
    return tuple(found[:MOST])


def _report(block: Headers, original: str) -> Report:
    action = block.plain("action").strip().lower()
    diagnosis = block.plain("diagnostic-code")
    status = STATUS.search(block.plain("status")) or STATUS.search(diagnosis)
    code = status[0] if status else GIVEN_UP if action == "failed" else DELAYED
    if action in ("delayed", "relayed", "delivered", "expanded") and code.startswith("5"):
        code = DELAYED
    recipient = block.plain("final-recipient").rpartition(";")[2].strip().lower()[:254]
    reason = " ".join(diagnosis.rpartition(";")[2].split() or [action])[:LONGEST_REASON]
    return Report(original, recipient, code, reason)


def _returned(part: Part) -> str:
    """Return the id of the mail that a part gives back, whole or only its headers."""
    if part.typed.kind not in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
        return ""
    headers, _body = opened(part.content())
    return next(iter(headers.ids("message-id")), "")


def words_of(part: Part) -> str:
    """Return what a report says for people."""
    return decoded(part.content(), part.typed.parameter("charset"))[0]
