"""Coverage decisions as pages show them: what was asked, what was answered, by which rule, and who decided."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from plans.coverage import Inquiry, inquiry_under, rule_name
from plans.models.contracts import Deployment
from plans.wording import list_of, name_of, text_of
from tickets.models import CoverageDecision
from tickets.models.decisions import Outcome

BADGES: dict[str, str] = {
    Outcome.COVERED: "done",
    Outcome.CHARGEABLE: "held",
    Outcome.REDIRECTED: "running",
    Outcome.NOT_COVERED: "failed",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One decision in words."""

    row: CoverageDecision
    answers: tuple[tuple[str, bool], ...] = ()

    @property
    def badge(self) -> str:
        """Return which badge its outcome wears."""
        return BADGES.get(self.row.outcome, "quiet")

    @property
    def rule(self) -> str:
        return rule_name(self.row.rule)

    @property
    def clause(self) -> str:
        return text_of(self.row, "clause")

    @property
    def reason(self) -> str:
        return text_of(self.row, "reason")

    @property
    def ways_on(self) -> list[str]:
        return list_of(self.row, "ways_on")

    @property
    def by(self) -> str:
        """Return who decided in the plan's place, or changed what it was asked; blank where nobody did."""
        return name_of(self.row.actor) if self.row.actor else self.row.actor_display

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return what was asked, as far as it was known."""
        row = self.row
        certified = _("已认证") if row.is_certified else _("未认证")
        said = [
            (_("联系人"), f"{name_of(row.contact)} · {certified}"),
            (_("产品"), name_of(row.product) if row.product else ""),
            (_("部署方式"), str(dict(Deployment.choices).get(row.deployment, ""))),
            (_("问题类别"), row.get_category_display()),
            (_("优先级"), row.get_priority_display()),
            (_("渠道"), row.get_channel_display()),
            (_("合同"), row.contract.number if row.contract else ""),
            (_("成功计划"), f"{name_of(row.plan)} v{row.plan.version}" if row.plan else ""),
        ]
        return [(name, value) for name, value in said if value]


def shown(rows: Iterable[CoverageDecision]) -> list[Shown]:
    """Return decisions in words, each with what was answered about customisation; a plan's questions are read once."""
    inquiries: dict[str, Inquiry | None] = {}
    found = []
    for row in rows:
        number = row.contract.number if row.contract and row.answers else ""
        if number and number not in inquiries:
            inquiries[number] = inquiry_under(number)
        found.append(Shown(row, _answers(row, inquiries.get(number))))
    return found


def _answers(row: CoverageDecision, inquiry: Inquiry | None) -> tuple[tuple[str, bool], ...]:
    words = inquiry.questions if inquiry else {}
    return tuple((words[code], said) for code, said in row.answers.items() if code in words)
