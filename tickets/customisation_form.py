"""The questions about customisation as forms ask them: yes or no each, what stays in scope first. Source: K02"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from plans.coverage import Inquiry
from plans.coverage.customisation import CARVE_OUT, CODES

PREFIX = "customisation_"
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form: its field's name, its words, and what was said, "yes", "no" or nothing yet."""

    code: str
    words: str
    said: str

    @property
    def name(self) -> str:
        """Return the name of its field."""
        return PREFIX + self.code

    @property
    def is_first(self) -> bool:
        """Tell whether it asks for what stays in scope."""
        return self.code == CARVE_OUT


def read_answers(said: Mapping[str, Any]) -> dict[str, bool]:
    """Return the answers in what a form sent; what is neither yes nor no is no answer."""
    found = {code: said.get(PREFIX + code) for code in CODES}
    return {code: value == YES for code, value in found.items() if value in (YES, NO)}


def written(answers: Mapping[str, bool]) -> dict[str, str]:
    """Return answers as a form sends them."""
    return {PREFIX + code: YES if said else NO for code, said in answers.items()}


def questions_of(inquiry: Inquiry | None, answers: Mapping[str, bool]) -> list[Question]:
    """Return the questions of a plan with what was answered; none where it asks nothing."""
    if inquiry is None:
        return []
    return [Question(code, words, _said(answers.get(code))) for code, words in inquiry.questions.items()]


def _said(answer: bool | None) -> str:
    return "" if answer is None else YES if answer else NO


def fault_of(inquiry: Inquiry, answers: Mapping[str, bool]) -> str:
    """Return what is wrong with the answers to a plan's questions, nothing where they decide it."""
    if inquiry.contradicts(answers):
        return _("两处回答矛盾：只是字段或显示调整，就不会同时属于下面的情形。请改其中一处。")
    missing = inquiry.unanswered(answers)
    if not missing:
        return ""
    return _("还有 %(count)d 个问题没有回答：每个都选“是”或“否”，才能判断是否在服务范围内。") % {"count": len(missing)}
