"""Keep what opens a door, and telephone numbers, out of logs: addresses hold the one, a fault of the database both."""

import re
from typing import Any

# Of a webhook its key, of a subscribed calendar its secret, of a link for a new password its token.
IN_ADDRESS = re.compile(
    r"(/hooks/[^/\s\"'?]{1,60}/|/-/(?:calendar|updates)/|/password/new/[^/\s\"'?]{1,60}/)[^/\s\"'?\\]+"
)
# A program's key, a chat visitor's token, an endpoint's secret.
KEY = re.compile(r"\b(?:sy[kv]_[\w-]{6,}|whsec_[\w+/-]{6,}=*)")
# Chinese mobiles however they are written, and whatever has the plus of a country; a figure of a log line is none.
PHONE = re.compile(r"(?<![\d.-])(?<!\": )(?:(?:\+|00)?(?:86)?0?1[3-9]\d{9}|\+\d{8,15})(?!\w)")
MASK = "•••"


def masked(line: str) -> str:
    """Return a text with every key masked, in an address and wherever one stands, and every number."""
    return PHONE.sub(_last_two, KEY.sub(MASK, IN_ADDRESS.sub(rf"\1{MASK}", line)))


def _last_two(number: re.Match[str]) -> str:
    """Return a number with its last two digits alone: enough to tell two callers apart."""
    return f"{MASK}{number[0][-2:]}"


def mask_line(logger: Any, method: str, line: str) -> str:
    """Return a finished line of the log without keys and numbers: the last step before it is written."""
    return masked(line)
