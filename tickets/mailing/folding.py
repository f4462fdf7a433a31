"""The new words of a mail apart from what it quotes and signs with, line by line.

Each rule looks at one line, or a few, from its start: no pattern runs over the whole text, so time grows with length.
"""

import re
from collections.abc import Sequence

from tickets.mailing.letter import Folded

# Beyond these a line is not looked at, for no program writes such an introduction.
LONGEST_LINE, LONGEST_INTRODUCTION, LINES_OF_INTRODUCTION = 300, 400, 3
# "-----Original Message-----", "------------------ 原始邮件 ------------------"; not the mark of what is passed on.
DIVIDER = re.compile(
    r"[-_—=\s]*(原始邮件|原始郵件|原邮件|原郵件|回复的原邮件|回复的邮件|original message|original mail)"
    r"[-_—=\s]*[:：]?$|-{4,}\s*original\s*-{4,}$",
    re.IGNORECASE,
)  # fmt: skip
RULER = re.compile(r"[_\-]{10,}$")
# The first line of the block of headers that Outlook, Foxmail and QQ put before what they quote.
FROM = re.compile(r"\**(发件人|寄件者|寄件人|发信人|from|差出人|보낸 사람|von|de)\**\s*[:：]\**\s*\S", re.IGNORECASE)
BLOCK = re.compile(
    r"\**(发送时间|发送日期|傳送時間|寄件日期|日期|时间|收件人|收件者|抄送|副本|主题|主題|主旨|sent|date|to|cc|subject"
    r"|送信日時|宛先|件名)\**\s*[:：]",
    re.IGNORECASE,
)  # fmt: skip
INTRODUCED = ("写道：", "写道:", "寫道：", "寫道:", "写到：", "写到:", "wrote:", "wrote：", "写道", "寫道")
BEGINS = re.compile(r"(on\s|at\s|在\s|在\d|于|於|\d{4}[-/年.]|.{0,120}<[^<>\s]+@[^<>\s]+>)", re.IGNORECASE)
SIGNED = re.compile(
    r"(sent from my |sent from mail for |get outlook for |sent via |发自我的|發自我的|發自|来自我的|从我的.{1,12}发送"
    r"|获取 ?outlook|从 ?windows|来自qq邮箱|发自网易邮箱|发自新浪邮箱)",
    re.IGNORECASE,
)  # fmt: skip
PASSED_ON = re.compile(
    r"[-_—\s]*(forwarded message|转发邮件|转发的邮件|轉寄郵件|begin forwarded message)", re.IGNORECASE
)
# A note like "Sent from my phone" stands in the last lines, or it is what the mail is about.
LAST_LINES = 4


def fold(text: str) -> Folded:
    """Return a text in its parts; where nothing would be left of it, all of it is new."""
    lines = text.split("\n")
    cut = _cut(lines)
    above, below = lines[:cut], lines[cut:]
    kept, quoted = _sorted(above, below)
    words, signature = _unsigned(_trimmed(kept))
    if not "".join(words).strip():
        return Folded(words=text.strip("\n"))
    return Folded("\n".join(words), "\n".join(_trimmed(quoted)), "\n".join(signature))


def _cut(lines: Sequence[str]) -> int:
    """Return where the quoted part begins, introduction included."""
    for place, line in enumerate(lines):
        said = _plain(line)
        if not said or len(said) > LONGEST_LINE:
            continue
        if PASSED_ON.match(said):
            return len(lines)
        if DIVIDER.match(said) or _is_block(lines, place) or _introduces(lines, place):
            return _with_ruler(lines, place)
    return _trailing_quote(lines)


def _plain(line: str) -> str:
    """Return a line without quotation marks before it and with plain blanks."""
    return line[: LONGEST_LINE + 100].replace("&nbsp;", " ").replace("\u00a0", " ").lstrip("> ").strip()


def _is_block(lines: Sequence[str], place: int) -> bool:
    """Tell whether a block of headers begins here: who wrote, and at least two more lines of the kind."""
    if not FROM.match(_plain(lines[place])):
        return False
    following = [_plain(line) for line in lines[place + 1 : place + 9]]
    return sum(bool(BLOCK.match(line)) for line in following) >= 2


def _introduces(lines: Sequence[str], place: int) -> bool:
    """Tell whether "On … wrote:", "在 … 写道：" begins here; programs break it over up to three lines."""
    first = _plain(lines[place])
    if not BEGINS.match(first):
        return False
    told = ""
    for line in lines[place : place + LINES_OF_INTRODUCTION]:
        told = f"{told} {_plain(line)}".strip()
        if len(told) > LONGEST_INTRODUCTION or not _plain(line):
            return False
        if told.endswith(INTRODUCED):
            return any(letter.isdigit() for letter in told) or "@" in told
    return False


def _with_ruler(lines: Sequence[str], place: int) -> int:
    """Return the place of the ruler that stands before an introduction, if one does."""
    before = place - 1
    while before > 0 and not lines[before].strip():
        before -= 1
    return before if before >= 0 and RULER.match(_plain(lines[before])) else place


def _trailing_quote(lines: Sequence[str]) -> int:
    """Return where a quotation without an introduction begins that goes on to the end."""
    place = len(lines)
    while place and (not lines[place - 1].strip() or lines[place - 1].startswith(">")):
        place -= 1
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _sorted(above: Sequence[str], below: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return what is new and what is quoted.

    Who answers below the quotation has their words there; who answers between its lines has all of it kept together,
    for without what they answer to nobody understands them.
    """
    marked = [line.startswith(">") for line in below]
    if not any(marked):
        return above, below
    last = len(marked) - 1 - marked[::-1].index(True)
    first = marked.index(True)
    tail = below[last + 1 :]
    between = [line for line in below[first:last] if line.strip() and not line.startswith(">")]
    if between:
        return [*above, *below[first:]], below[:first]
    return [*above, *tail], below[: last + 1]


def _trimmed(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    start = next((place for place, line in enumerate(kept) if line.strip()), 0)
    return [line.rstrip() for line in kept[start:]]


def _unsigned(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the words, and what they are signed with: from a line "-- " on, or where a program praises itself."""
    for place, line in enumerate(lines):
        if place and line.rstrip() == "--":
            return _trimmed(lines[:place]), _trimmed(lines[place + 1 :])
    for place in range(max(1, len(lines) - LAST_LINES), len(lines)):
        if len(lines[place]) < LONGEST_LINE and SIGNED.match(lines[place].strip()):
            return _trimmed(lines[:place]), _trimmed(lines[place:])
    return lines, []
