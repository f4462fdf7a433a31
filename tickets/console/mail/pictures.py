"""The pictures of a mail within its page: those that came along with it, as bytes in the page itself.

Nothing is fetched for them: a frame that is shut off has no cookie to fetch with, and no other place to ask.
"""

import base64
import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import unquote

from tickets.mailing import Enclosed

NAMED = re.compile(r'src="cid:([^"]{1,300})"', re.IGNORECASE)
# What a browser draws and never runs, by its first bytes: what a part calls itself is no matter.
DRAWN = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"BM"), "image/bmp"),
)
# Bytes of pictures in one page.
MOST = 8 * 1024 * 1024


def with_pictures(page: str, files: Iterable[Enclosed]) -> str:
    """Return a page that was made safe with its own pictures in it; one that did not come along shows its words."""
    found = {file.cid: file for file in files if file.cid}
    left = [MOST]

    def drawn(named: re.Match[str]) -> str:
        file = found.get(unquote(unescape(named[1])))
        kind = kind_of(file.content) if file else ""
        if file is None or not kind or len(file.content) > left[0]:
            return ""
        left[0] -= len(file.content)
        return f'src="data:{kind};base64,{base64.b64encode(file.content).decode()}"'

    return NAMED.sub(drawn, page)


def kind_of(content: bytes) -> str:
    """Return the media type of a picture that may be drawn, blank for anything else."""
    return next((kind for start, kind in DRAWN if start.match(content)), "")
