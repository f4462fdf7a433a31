"""Text cut for search: Chinese into two-character tokens, other writing into words. Pure.

A dictionary cuts the same characters differently in different sentences and then does not find them again; two
characters at a time never do. A run's last character stands alone too, so that one character is found by prefix.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Han with its extensions, kana, hangul: written without spaces.
DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
# A run of dense writing, or words that nothing but .-_/ parts.
RUN = re.compile(rf"[{DENSE}]+|[^\W_{DENSE}]+(?:[.\-_/][^\W_{DENSE}]+)*")
PART = re.compile(r"[.\-_/]")
IS_DENSE = re.compile(rf"[{DENSE}]")
WORD = re.compile(r"[a-z]{4,}")
# What forms of an English word differ by.
ENDING = re.compile(r"(?<=[a-z]{4})(?:ing|ed|es|s|e)$")
LONGEST = 60
# PostgreSQL counts no further, and keeps no more places of one token.
LAST_PLACE = 16_383
MOST_PLACES = 255
# What questions are made of and answers are not found by.
IDLE = (
    "怎么 么办 怎样 如何 何处 无法 请问 什么 为什 么会 可以 是否 能否 哪里 一下 我们 你们 您好 谢谢",
    "a an the to do does how i we you can cannot in of on for and or is are was it my our please with not what why",
)
EMPTY = frozenset(word for line in IDLE for word in line.split())


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of a question that must stand together: its tokens in order, or with `is_start` how one begins."""

    tokens: tuple[str, ...]
    is_start: bool = False


def plain(text: str) -> str:
    """Return text with widths and cases folded, as tokens are made of."""
    return unicodedata.normalize("NFKC", text).casefold()


def runs(text: str) -> list[Run]:
    """Return the pieces of a question, each to be found as it stands."""
    return [_asked(found[0]) for found in RUN.finditer(plain(text))]


def _asked(piece: str) -> Run:
    if not IS_DENSE.match(piece):
        return Run(tuple(word[:LONGEST] for word in PART.split(piece)))
    return Run((piece,), is_start=True) if len(piece) == 1 else Run(tuple(_pairs(piece)))


def _pairs(piece: str) -> Iterator[str]:
    return (piece[start : start + 2] for start in range(len(piece) - 1))


def tokens(text: str) -> list[tuple[str, int]]:
    """Return every token of a text with its place, from 1; places of one run follow each other."""
    found: list[tuple[str, int]] = []
    place = 1
    for run in RUN.finditer(plain(text)):
        for token in _kept(run[0]):
            found.append((token, place))
            place += 1
        place += 1
    return found


def _kept(piece: str) -> list[str]:
    if not IS_DENSE.match(piece):
        return [word[:LONGEST] for word in PART.split(piece)]
    return [*_pairs(piece), piece[-1]]


def telling(text: str) -> list[str]:
    """Return the tokens of a question that say what it is about, each once, in order."""
    said = [token for run in runs(text) if not run.is_start for token in run.tokens]
    return [token for token in dict.fromkeys(said) if token not in EMPTY]


def vector(*weighted: tuple[str, str]) -> str:
    """Return PostgreSQL's `tsvector` of texts, each with its weight, "A" to "D"."""
    places: dict[str, list[str]] = {}
    start = 0
    for weight, text in weighted:
        last = start
        for token, place in tokens(text):
            last = start + place
            places.setdefault(token, []).append(f"{min(last, LAST_PLACE)}{weight}")
        start = last + 1
    return " ".join(f"'{token}':{','.join(said[:MOST_PLACES])}" for token, said in places.items())


def query(text: str) -> str:
    """Return PostgreSQL's `tsquery` of everything asked, each run as it stands; nothing where nothing was asked."""
    return " & ".join(_phrase(run) for run in runs(text))


def _phrase(run: Run) -> str:
    if run.is_start:
        return f"'{run.tokens[0]}':*"
    return "(" + " <-> ".join(wanted(token) for token in run.tokens) + ")"


def stem(token: str) -> str:
    """Return what an English word begins with in all its forms; any other token as it is."""
    return ENDING.sub("", token)


def wanted(token: str) -> str:
    """Return a token as PostgreSQL looks for it: an English word in any of its forms."""
    return f"'{stem(token)}':*" if WORD.fullmatch(token) else f"'{token}'"


def any_of(found: list[str]) -> str:
    """Return PostgreSQL's `tsquery` of at least one of some tokens."""
    return " | ".join(wanted(token) for token in found)
