"""What an import came to, as figures and lines, in the language in use."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tickets.importing.words import Told, told

# In the order in which they are told.
FIGURES: Mapping[str, LazyText] = {
    "opened": pgettext_lazy("import", "新建工单"),
    "changed": pgettext_lazy("import", "补充工单"),
    "unchanged": pgettext_lazy("import", "没有变化"),
    "left_out": pgettext_lazy("import", "没有导入"),
    "messages": pgettext_lazy("import", "留言"),
    "internal": gettext_lazy("其中内部备注"),
    "files": pgettext_lazy("import", "附件"),
    "files_elsewhere": gettext_lazy("附件不在导出里"),
    "contacts": gettext_lazy("新建的停用联系人"),
    "clocks": gettext_lazy("开始计时"),
    "not_timed": gettext_lazy("当时的计划不计时"),
    "unread": gettext_lazy("读不出的记录"),
}
# Told even where they are nothing.
ALWAYS = ("opened", "changed", "unchanged", "left_out")


def figures(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the figures of a run by name, those that are nothing left out but for the first ones."""
    return [(str(name), counts.get(key, 0)) for key, name in FIGURES.items() if key in ALWAYS or counts.get(key)]


def lines(problems: Sequence[Mapping[str, str]]) -> list[Told]:
    """Return the kept problems in words."""
    return [told(problem) for problem in problems]


def plain(counts: Mapping[str, int], problems: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return a report for other programs."""
    listed = [
        {
            "code": one.code, "where": one.where, "id": one.id, "field": one.field, "value": one.value,
            "message": one.message, "what_to_do": one.todo,
        }
        for one in lines(problems)
    ]  # fmt: skip
    known = {key: counts.get(key, 0) for key in FIGURES}
    return {"counts": known, "problem_count": counts.get("problems", 0), "problems": listed}


def rows(problems: Sequence[Mapping[str, str]]) -> Iterator[Sequence[str]]:
    """Yield the kept problems as rows of a table, its head first."""
    yield [_("位置"), _("来源编号"), _("字段"), _("值"), _("问题"), _("怎么办"), _("代码")]
    for one in lines(problems):
        yield [one.where, one.id, one.field, one.value, one.message, one.todo, one.code]
