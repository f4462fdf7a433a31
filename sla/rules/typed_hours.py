"""Opening hours as people type them: "8:30-12:00, 13:00–17:30", "21:00至02:00", "全天"; blank for closed."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from sla.hours import DAY, SECOND, Span, wall_words

# Between two openings, and between the two times of one; all kinds of them have been seen.
BETWEEN_SPANS = re.compile(r"[,;、\s]+")
BETWEEN_TIMES = re.compile(r"\s*(?:-|–|—|−|~|～|至|到|to)\s*", re.IGNORECASE)
TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?", re.ASCII)
WHOLE_DAY = {"全天", "24小时", "24h", "all day"}
CLOSED = {"", "休息", "关闭", "不开放", "closed", "none"}
MOST_SPANS = 12
# A shift that seems to last longer over midnight is one whose times were swapped.
LONGEST_OVER_MIDNIGHT = 16 * 3600 * SECOND
HOUR_SECONDS = 3600


class TypedHoursError(ValueError):
    """Raised when typed hours cannot be understood; the text says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class TypedHours:
    """What was typed: the openings of the date, and what runs on over midnight into the next one."""

    today: tuple[Span, ...] = ()
    tomorrow: tuple[Span, ...] = ()


def read_typed(text: str) -> TypedHours:
    """Return what was typed. An end at or before its start lies on the next date. Raises TypedHoursError."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.lower() in CLOSED:
        return TypedHours()
    if plain.lower() in WHOLE_DAY:
        return TypedHours(today=((0, DAY),))
    parts = [part for part in BETWEEN_SPANS.split(BETWEEN_TIMES.sub("-", plain)) if part]
    if len(parts) > MOST_SPANS:
        raise TypedHoursError(_("一天最多写 %(n)d 段。") % {"n": MOST_SPANS})
    return _joined([_span(part) for part in parts])


def _joined(spans: list[Span]) -> TypedHours:
    today = sorted((opens, min(closes, DAY)) for opens, closes in spans)
    for (_opens, closes), (opens, _closes) in pairwise(today):
        if opens < closes:
            words = {"time": wall_words(opens), "end": wall_words(closes)}
            raise TypedHoursError(_("两段时间重叠了：一段 %(end)s 才结束，另一段 %(time)s 已经开始。") % words)
    tomorrow = tuple((0, closes - DAY) for _opens, closes in spans if closes > DAY)
    return TypedHours(tuple(today), tomorrow)


def _span(text: str) -> Span:
    times = text.split("-")
    if len(times) != 2:
        raise TypedHoursError(_("“%(text)s”读不懂。一段写成“开始-结束”，如 08:30-12:00。") % {"text": text[:40]})
    opens, closes = (_time(time) for time in times)
    if opens == closes:
        raise TypedHoursError(_("“%(text)s”的开始和结束相同。整天开放请写 00:00-24:00。") % {"text": text[:40]})
    if opens >= DAY:
        raise TypedHoursError(_("“%(text)s”从 24:00 开始，请写在第二天的 00:00。") % {"text": text[:40]})
    if closes > opens:
        return opens, closes
    if closes + DAY - opens > LONGEST_OVER_MIDNIGHT:
        words = {"opens": wall_words(opens), "closes": wall_words(closes)}
        raise TypedHoursError(_("结束 %(closes)s 早于开始 %(opens)s。过零点的班次最长写 16 小时。") % words)
    return opens, closes + DAY


def _time(text: str) -> int:
    match = TIME.fullmatch(text.strip())
    if match is None:
        raise TypedHoursError(_("“%(text)s”不是一个时刻。请写成 08:30 这样。") % {"text": text.strip()[:40]})
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    wall = (hours * HOUR_SECONDS + minutes * 60 + seconds) * SECOND
    if minutes > 59 or seconds > 59 or wall > DAY:
        raise TypedHoursError(_("没有 %(text)s 这个时刻，一天最晚写到 24:00。") % {"text": text.strip()[:40]})
    return wall


def stored(spans: tuple[Span, ...]) -> list[list[str]]:
    """Return openings as a calendar's rules keep them."""
    return [[wall_words(opens), wall_words(closes)] for opens, closes in spans]


def typed(spans: list[list[str]]) -> str:
    """Return stored openings as somebody would type them."""
    return ", ".join("–".join(span) for span in spans)
