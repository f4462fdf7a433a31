"""What servers report of mail that we sent: RFC 3464, the original that comes with it, and providers' own words."""

import re
from collections.abc import Sequence

from tickets.mailing.headers import Headers
from tickets.mailing.letter import Report
from tickets.mailing.parts import Part, opened

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
LONGEST_REASON, MOST = 300, 20
GIVEN_UP, DELAYED = "5.0.0", "4.0.0"
# A report that is not the last word.
LATER = re.compile(r"delayed|will retry|will keep trying|延迟|暂时|继续尝试|稍后重试", re.IGNORECASE)


def reports_of(headers: Headers, parts: Sequence[Part], words: str) -> tuple[Report, ...]:
    """Return what is reported, one for each recipient; nothing where nobody says which mail it was.

    `words` is what the report says for people: of a provider that writes no report for programs it is all there is.
    """
    returned = next(filter(None, map(_returned, parts)), None)
    original = _id_of(returned) if returned else ""
    original = original or next(iter((*headers.ids("in-reply-to"), *headers.ids("references"))), "")
    if not original:
        return ()
    told = next((part for part in parts if part.typed.kind == "message/delivery-status"), None)
    if told is None:
        return (_told_to_people(headers, returned, original, words),)
    blocks = [Headers(block) for block in re.split(rb"\r?\n[ \t]*\r?\n", told.content().strip())[: MOST + 1]]
    found = [_report(block, original) for block in blocks if "final-recipient" in block.found]
    return tuple(found[:MOST])


def _told_to_people(headers: Headers, returned: Headers | None, original: str, words: str) -> Report:
    """Return a report of a provider's own, such as QQ's and NetEase's 退信."""
    failed = headers.addresses("x-failed-recipients") or (returned.addresses("to") if returned else ())
    status = STATUS.search(words)
    code = DELAYED if LATER.search(words) else status[0] if status else GIVEN_UP
    recipient = next((one.address for one in failed), "")[:254]
    return Report(original, recipient, code, " ".join(words.split())[:LONGEST_REASON])


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


def _returned(part: Part) -> Headers | None:
    """Return the headers of the mail that a part gives back, whole or only its headers."""
    if part.typed.kind not in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
        return None
    headers, _body = opened(part.content())
    return headers if _id_of(headers) else None


def _id_of(headers: Headers) -> str:
    return next(iter(headers.ids("message-id")), "")
