"""What a question is about, and how much of it a text says. Pure.

A question is cut at words that say nothing, then into tokens as texts are; words for the same thing stand together.
A rare token weighs more than a common one. What no article has weighs too: then the question is about something else.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from tickets.bot.vocabulary import IDLE, IDLE_WORDS, LOOSE, MISSPELT, SAME, TRADITIONAL
from tickets.knowledge.grams import IS_DENSE, PART, RUN, WORD, plain, stem, tokens

LONGEST = 200
MOST_RUNS = 40
# An article may still be written: what none says counts as if a part of one did.
UNHEARD = 0.7
# Who names one asks about that very thing: an error's number, a form's; a year is none.
NUMBER = re.compile(r"(?!(?:19|20)\d\d$)\d{3,}")
SIMPLE = str.maketrans(*TRADITIONAL)
CUT = re.compile("|".join(map(re.escape, sorted(IDLE, key=len, reverse=True))))


@dataclass(frozen=True, slots=True)
class Term:
    """A thing that is asked about: ways to say it, each as tokens that a text must all hold; as it was said first."""

    ways: tuple[tuple[str, ...], ...]

    @property
    def said(self) -> str:
        return self.ways[0][0]

    @property
    def is_whole(self) -> bool:
        """Tell whether it is a word of its own, not two characters that may belong to two words."""
        return len(self.ways) > 1 or len(self.ways[0]) > 1 or not IS_DENSE.match(self.said)

    def is_in(self, held: Collection[str]) -> bool:
        """Tell whether a text with these tokens says it."""
        return any(all(_holds(held, token) for token in way) for way in self.ways)


def _holds(held: Collection[str], token: str) -> bool:
    if not WORD.fullmatch(token):
        return token in held
    beginning = stem(token)
    return any(one.startswith(beginning) for one in held)


def spelt(text: str) -> str:
    """Return a text in simplified characters, without the commonest slips of the pen."""
    text = plain(text).translate(SIMPLE)
    for wrong, right in MISSPELT.items():
        text = text.replace(wrong, right)
    return text


@cache
def _same() -> tuple[re.Pattern[str], Mapping[str, tuple[str, ...]]]:
    """Return what finds a word that has others for the same thing, and those by it."""
    others = {word: tuple(one for one in line if one != word) for line in reversed(SAME) for word in line}
    written = sorted(others, key=len, reverse=True)
    alone = (rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word) for word in written)
    return re.compile("|".join(alone)), others


def asked_about(question: str) -> list[list[Term]]:
    """Return what a question is about, in the order of saying; what stands together in one list."""
    finds, others = _same()
    found: list[list[Term]] = []
    start, text = 0, spelt(question)[:LONGEST]
    for hit in finds.finditer(text):
        found += _cut(text[start : hit.start()])
        found.append([Term(tuple(_tokens(word) for word in (hit[0], *others[hit[0]])))])
        start = hit.end()
    found += _cut(text[start:])
    return found[:MOST_RUNS]


def _cut(text: str) -> list[list[Term]]:
    return [terms for part in CUT.split(text) for run in RUN.finditer(part) if (terms := _terms(run[0]))]


def _terms(run: str) -> list[Term]:
    tokens = _tokens(run)
    if IS_DENSE.match(run):
        return [Term(((token,),)) for token in tokens if len(token) > 1]
    return [Term(((word,),)) for word in tokens if word not in IDLE_WORDS]


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(token for run in RUN.finditer(text) for token in _of_run(run[0]))


@lru_cache(maxsize=512)
def token_set(text: str) -> frozenset[str]:
    """Return the tokens of a text, as terms are looked for in it."""
    return frozenset(token for token, _place in tokens(spelt(text)))


def _of_run(run: str) -> Sequence[str]:
    if not IS_DENSE.match(run):
        return PART.split(run)
    return [run[start : start + 2] for start in range(max(1, len(run) - 1))]


def weights(runs: Sequence[Sequence[Term]], counts: Mapping[Term, int], articles: int) -> dict[Term, float]:
    """Return what each term weighs, by how many articles say it."""
    found: dict[Term, float] = {}
    for run in runs:
        for is_known, group in groupby(enumerate(run), key=lambda placed: counts.get(placed[1], 0) > 0):
            placed = list(group)
            share = 1.0 if is_known else _unknown_share(placed, len(run))
            for _place, term in placed:
                found[term] = share * math.log(1 + articles / max(counts.get(term, 0), UNHEARD))
    return found


def _unknown_share(placed: Sequence[tuple[int, Term]], length: int) -> float:
    """Return the share of full weight that each of some neighbours has which no article says.

    Two characters between two words are no word: of n such between known ones at most n - 1 characters are unknown, and
    two of those make one word.
    """
    terms = [term for _place, term in placed]
    if any(term.is_whole for term in terms):
        return 1.0
    meant = [term for term in terms if not LOOSE & set(term.said)]
    inside = (placed[0][0] > 0) + (placed[-1][0] < length - 1)
    unknown = len(terms) + 1 - inside if meant else 0
    return unknown / 2 / len(terms)


@dataclass(frozen=True, slots=True)
class Match:
    """How much of a question a text says, each as a share of all it asks: its title, its best passage, the whole."""

    title: float
    passage: float
    whole: float
    # Tokens that were said and are in the text, whatever they weigh.
    size: int
    # Whether a number was asked about that the text does not have.
    lacks_number: bool

    @property
    def score(self) -> float:
        return self.title + self.passage


def matched(weighed: Mapping[Term, float], title: Collection[str], passages: Sequence[Collection[str]]) -> Match:
    """Return how much of what is asked a text says."""
    everything = {token for passage in passages for token in passage} | set(title)
    total = sum(weighed.values()) or 1.0
    in_title = {term for term in weighed if term.is_in(title)}
    held = {term for term in weighed if term in in_title or term.is_in(everything)}
    best = max((sum(weighed[t] for t in held if t in in_title or t.is_in(one)) for one in passages), default=0.0)
    return Match(
        title=sum(weighed[term] for term in in_title) / total,
        passage=best / total,
        whole=sum(weighed[term] for term in held) / total,
        size=sum(len(term.ways[0]) for term in held),
        lacks_number=any(NUMBER.match(term.said) for term in weighed if term not in held),
    )
