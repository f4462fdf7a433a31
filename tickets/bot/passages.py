"""An article's words in passages, and the few of them that answer a question. Pure."""

import re
from collections.abc import Sequence
from itertools import accumulate

from tickets.bot.weighing import Term, token_set

MOST, LONGEST = 3, 320
END = re.compile(r"(?<=[。！？；!?;])|(?<=\.)\s+|\n")


def sentences(text: str) -> list[str]:
    """Return a text's sentences and lines."""
    return [part.strip() for part in END.split(text) if part and part.strip()]


def excerpt(text: str, terms: Sequence[Term], title: str = "") -> str:
    """Return up to three sentences of a text, from the one on that holds most of what was asked.

    Where its title holds more of it, the whole is about that: it is read from the beginning. Near the end those before
    it come along, if they stand in the same line: what ends a list or a table is no beginning of what follows.
    """
    lines = [sentences(line) for line in text.split("\n")]
    found = [sentence for line in lines for sentence in line]
    if not found:
        return ""
    held = [_held(sentence, terms) for sentence in found]
    best = held.index(max(held))
    start = 0 if _held(title, terms) > held[best] else max(_begun(lines, best), min(best, len(found) - MOST))
    chosen = ""
    for sentence in found[start : start + MOST]:
        if chosen and len(chosen) + len(sentence) > LONGEST:
            break
        chosen += sentence if _runs_on(chosen) else f" {sentence}"
    return chosen.strip() if len(chosen) <= LONGEST else f"{chosen.strip()[: LONGEST - 1]}…"


def _begun(lines: Sequence[Sequence[str]], index: int) -> int:
    """Return the index of the first sentence of the line in which one stands."""
    ends = list(accumulate(map(len, lines)))
    return max((end for end in ends if end <= index), default=0)


def _held(text: str, terms: Sequence[Term]) -> int:
    said = token_set(text)
    return sum(term.is_in(said) for term in terms)


def _runs_on(before: str) -> bool:
    """Tell whether the next sentence needs no space before it."""
    return not before or before[-1] in "。！？；"
