"""How feeds of days off say which event is a day off, which a working weekend, and which only a feast. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml

from sla.holidays.places import HERE
from sla.hours import WEEKDAYS
from sla.models import HolidayDate

# "国庆节（休）", "国庆节 休", "春节 班", "元旦 补班", "Special Working Day"
# Each run of blanks is looked at once, however long a file's line is.
OFF_MARK = re.compile(r"(?<!\s)\s*+[（(\[【]\s*休\s*[)）\]】]|(?<![\s·:：-])[\s·:：-]++休(?:假)?$")
WORK_MARK = re.compile(r"(?<!\s)\s*+[（(\[【]\s*(?:补)?班\s*[)）\]】]|(?<![\s·:：-])[\s·:：-]++(?:补|调)?班$")
WORK_WORDS = re.compile(
    r"补班|調班|调休上班|补上班|(?<!non-)(?<!non )\bworking day\b|\bmake-?up (?:work|day)", re.IGNORECASE
)
# What some feeds say of feasts on which everybody works.
FEAST = re.compile(r"^(?:observance|纪念日|节庆日|季节)", re.IGNORECASE)
KINDS = set(HolidayDate.Kind.values)


@dataclass(frozen=True, slots=True)
class Marks:
    """What an event says; `is_marked`: as a day off or a working day, `is_other`: as neither."""

    name: str
    name_en: str
    kind: str
    stands_for: str
    is_marked: bool
    is_other: bool


def marks_of(summary: str, description: str, properties: Mapping[str, str]) -> Marks:
    """Return what an event's words and our own properties say."""
    kind = properties.get("X-SHOUYUE-KIND", "")
    works = bool(WORK_MARK.search(summary) or WORK_WORDS.search(summary))
    if kind not in KINDS:
        kind = HolidayDate.Kind.MAKE_UP if works else HolidayDate.Kind.STATUTORY
    name = properties.get("X-SHOUYUE-NAME") or clean_name(summary)
    weekday = properties.get("X-SHOUYUE-STANDS-FOR", "").lower()
    return Marks(
        name=name[:120] or str(kind),
        name_en=(properties.get("X-SHOUYUE-NAME-EN") or english_of(name))[:120],
        kind=str(kind),
        stands_for=weekday if weekday in WEEKDAYS and kind == HolidayDate.Kind.MAKE_UP else "",
        is_marked=bool(properties.get("X-SHOUYUE-KIND")) or works or bool(OFF_MARK.search(summary)),
        is_other=properties.get("STATUS", "").upper() == "CANCELLED" or bool(FEAST.match(description)),
    )


def clean_name(text: str) -> str:
    """Return a name without the mark that says whether people work."""
    return WORK_MARK.sub("", OFF_MARK.sub("", text)).strip() or text.strip()


def usual_weekday(day: date) -> str:
    """Return the weekday whose hours a working weekend has where nobody says: the nearest one."""
    return {5: "fri", 6: "mon"}.get(day.weekday(), WEEKDAYS[day.weekday()])


@cache
def _english() -> dict[str, str]:
    table: dict[str, Any] = yaml.safe_load((HERE / "names.yaml").read_text(encoding="utf-8"))
    plain = {name: words for name, words in table.items() if isinstance(words, list)}
    return {words[0]: words[1] if len(words) > 1 else name for name, words in reversed(plain.items())} | {
        "春节": "Spring Festival", "国庆节": "National Day", "除夕": "Lunar New Year's Eve", "劳动节": "Labour Day",
        "端午": "Dragon Boat Festival", "中秋": "Mid-Autumn Festival", "清明": "Tomb-Sweeping Day",
        "国庆": "National Day",
    }  # fmt: skip


def english_of(name: str) -> str:
    """Return the usual English name of a holiday; the name itself where none is known."""
    return "; ".join(_english().get(part, part) for part in name.split("、"))
