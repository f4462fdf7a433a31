"""Problems that came again and again: by what was merged, and by how much their subjects are alike."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tickets.reports.figures.flow import rows
from tickets.reports.shape import Repeated, Words
from tickets.reports.span import Span
from tickets.reports.wording import EMPTY

# Numbers, dates and punctuation differ from case to case: what is left of a subject is the problem.
PROBLEM = "regexp_replace(lower(ticket.subject), '[[:digit:][:punct:][:space:]，。、；：？！（）“”《》【】]+', '', 'g')"
# What was merged counts as well: that is what repeating means.
SUBJECTS = f"""
SELECT ticket.product_id, {PROBLEM}, count(*), max(ticket.opened_at),
  (array_agg(ticket.subject ORDER BY ticket.opened_at DESC))[1],
  (array_agg(ticket.module ORDER BY ticket.opened_at DESC))[1],
  (array_agg(ticket.number ORDER BY ticket.opened_at DESC))[1:10]
FROM tickets_ticket AS ticket
WHERE ticket.contract_id = ANY(%(contracts)s) AND ticket.opened_at >= %(start)s AND ticket.opened_at < %(until)s
GROUP BY 1, 2 ORDER BY 3 DESC, 4 DESC LIMIT {{most}}
"""
MERGED = f"""
SELECT DISTINCT ticket.product_id, {PROBLEM}, heir.product_id, {PROBLEM.replace("ticket.", "heir.")}
FROM tickets_ticket AS ticket JOIN tickets_ticket AS heir ON heir.id = ticket.merged_into_id
WHERE ticket.contract_id = ANY(%(contracts)s) AND ticket.opened_at >= %(start)s AND ticket.opened_at < %(until)s
LIMIT {{most}}
"""
# Of more different subjects than this the rarest are not compared.
MOST_SUBJECTS = 1500
# A pair that is in more problems than this tells none of them from another.
CROWDED = 150
# As many of those that have most in common as are looked at closely.
NEAREST = 5
# Two in five of all pairs of neighbouring letters in common: “凭证打印报错” and “打印凭证报错” are one problem.
ALIKE = 0.4
LEAST = 2
SHOWN = 10

Key = tuple[int | None, str]  # product, problem


@dataclass(slots=True)
class Problem:
    """Tickets whose subjects say the same."""

    key: Key
    count: int
    last_at: datetime
    subject: str
    module: str
    numbers: list[str]


def repeated(span: Span, products: Mapping[int | None, Words]) -> tuple[Repeated, ...]:
    """Return the problems that came most often, at least twice, the most frequent first."""
    problems = [
        Problem((product, problem), count, last_at, subject, module, list(numbers))
        for product, problem, count, last_at, subject, module, numbers in rows(_limited(SUBJECTS), span)
    ]
    merged = [((one, said), (other, heir)) for one, said, other, heir in rows(_limited(MERGED), span)]
    groups = [group for group in grouped(problems, merged) if sum(one.count for one in group) >= LEAST]
    found = sorted(groups, key=lambda group: (-sum(one.count for one in group), group[0].key[1]))
    return tuple(_told(group, products, span.zone) for group in found[:SHOWN])


def _limited(sql: str) -> str:
    return sql.format(most=MOST_SUBJECTS)


def grouped(problems: Iterable[Problem], merged: Iterable[tuple[Key, Key]]) -> list[list[Problem]]:
    """Return problems put together that were merged or are alike, the most frequent of each group first.

    A problem joins the most frequent one that it is like, never a group's rarer members: groups do not chain on.
    """
    heads: dict[Key, list[Problem]] = {}
    by_pair: dict[tuple[int | None, str], list[Key]] = defaultdict(list)
    joined: dict[Key, Key] = {}
    for problem in problems:
        pairs = pairs_of(problem.key[1])
        head = _likest(problem.key, pairs, by_pair)
        joined[problem.key] = head or problem.key
        heads.setdefault(joined[problem.key], []).append(problem)
        for pair in () if head else pairs:
            by_pair[problem.key[0], pair].append(problem.key)
    for one, other in merged:
        _join(heads, joined, one, other)
    return list(heads.values())


def pairs_of(problem: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters of a problem; of a single letter, itself."""
    return frozenset(problem[place : place + 2] for place in range(max(len(problem) - 1, 1)))


def _likest(key: Key, pairs: frozenset[str], by_pair: Mapping[tuple[int | None, str], list[Key]]) -> Key | None:
    """Return the head that a problem has most in common with, if that is enough; the more frequent of two."""
    product, _problem = key
    told = (by_pair.get((product, pair), []) for pair in pairs)
    common: Counter[Key] = Counter(head for heads in told if len(heads) <= CROWDED for head in heads)
    likeness = {head: _alike(pairs, pairs_of(head[1])) for head, _count in common.most_common(NEAREST)}
    head = max(likeness, key=likeness.__getitem__, default=None)
    return head if head is not None and likeness[head] >= ALIKE else None


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _join(heads: dict[Key, list[Problem]], joined: dict[Key, Key], one: Key, other: Key) -> None:
    """Put the groups of two problems together; nothing where either is not among those compared."""
    first, second = joined.get(one), joined.get(other)
    if first is None or second is None or first == second:
        return
    into, gone = sorted((first, second), key=lambda head: -sum(problem.count for problem in heads[head]))
    heads[into] += heads.pop(gone)
    for key, head in joined.items():
        if head == gone:
            joined[key] = into


def _told(group: list[Problem], products: Mapping[int | None, Words], zone: str) -> Repeated:
    newest = max(group, key=lambda one: one.last_at)
    numbers = sorted((number for one in group for number in one.numbers), reverse=True)
    return Repeated(
        subject=newest.subject, product=products.get(newest.key[0], EMPTY), module=newest.module.strip(),
        count=sum(one.count for one in group), tickets=tuple(numbers[:SHOWN]),
        last_on=newest.last_at.astimezone(ZoneInfo(zone)).date(),
    )  # fmt: skip
