"""Amounts in words, in the language in use or in both."""

from collections.abc import Callable
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from plans.models.people import Language
from plans.quotas.rights import Right
from plans.quotas.windows import YEAR

# `count` is 1 for one of them, as grammars see it; half a day is as many as two.
UNITS = {
    "times": ngettext_lazy("%(n)s 次", "%(n)s 次", "count"),
    "reports": ngettext_lazy("%(n)s 份", "%(n)s 份", "count"),
    "person_days": ngettext_lazy("%(n)s 人天", "%(n)s 人天", "count"),
    "environments": ngettext_lazy("%(n)s 个环境", "%(n)s 个环境", "count"),
    "sets": ngettext_lazy("%(n)s 套", "%(n)s 套", "count"),
    "people": ngettext_lazy("%(n)s 人", "%(n)s 人", "count"),
    "tickets": ngettext_lazy("%(n)s 张", "%(n)s 张", "count"),
}
UNIT_NAMES = {
    "times": gettext_lazy("次"),
    "reports": gettext_lazy("份报告"),
    "person_days": gettext_lazy("人天"),
    "environments": gettext_lazy("个环境"),
    "sets": gettext_lazy("套"),
    "people": gettext_lazy("人"),
    "tickets": gettext_lazy("张工单"),
}
PERIODS = {"year": gettext_lazy("每年 %(amount)s"), "term": gettext_lazy("服务期内 %(amount)s")}


def number_words(amount: Decimal | float | str) -> str:
    """Return a number without zeros that say nothing: 2, 1.5."""
    return format(Decimal(str(amount)).normalize(), "f")


def amount_words(amount: Decimal | float | str, unit: str) -> str:
    """Return an amount with its unit: 2 person-days."""
    number = number_words(amount)
    said: str = UNITS[unit] % {"n": number, "count": 1 if number == "1" else 2} if unit in UNITS else number
    return said


def promised_words(amount: Decimal | float, unit: str, period: str | None) -> str:
    """Return how much there is how often: 4 times a year."""
    words = amount_words(amount, unit)
    return str(PERIODS[period]) % {"amount": words} if period in PERIODS else words


def left_words(given: Right) -> str:
    """Return how much of something is left and how much there is; nothing where the source counts nothing."""
    if given.is_unpublished:
        return _("名额以实际发布为准")
    if given.balance is None:
        return _("不限次数") if given.is_unlimited else ""
    balance = given.balance
    said = {
        "left": amount_words(balance.left, balance.unit),
        "promised": promised_words(balance.granted, balance.unit, given.period),
    }
    return _("剩 %(left)s（%(promised)s）") % said


def in_both(say: Callable[[], str]) -> tuple[str, str]:
    """Return what is said in Chinese and in English."""
    said = []
    for language in (Language.CHINESE, Language.ENGLISH):
        with translation.override(language):
            said.append(say())
    return said[0], said[1]


def year_words(number: int) -> str:
    """Return which of a contract's years a window is."""
    return _("第 %(n)s 年") % {"n": number}


def window_words(period: str, number: int) -> str:
    """Return which window an amount has: a year of the contract, or its term."""
    return year_words(number) if period == YEAR else _("整个服务期")


def unit_name(unit: str) -> str:
    """Return a unit without a number, for the head of a column."""
    return str(UNIT_NAMES.get(unit, unit))
