"""What plans answered in a month, by outcome and rule, and what our people decided in their place; for leads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.accounts import zone_named
from plans.coverage import RULES, rule_name
from plans.models import Plan, User
from plans.wording import name_of
from tickets.answers import instant
from tickets.console.accounts.guard import SEE_ALL
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.console.ordering import by_name
from tickets.models import CoverageDecision
from tickets.models.decisions import CoverageDecisionQuerySet, Outcome
from tickets.showing.coverage import BADGES, Shown, shown
from tickets.showing.spreadsheet import csv_lines

HERE = "console:coverage"
PAGE, FILE_PAGE = 50, 1000
RELATED = ("ticket__customer", "contact__customer", "contract", "plan", "product", "actor")
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Wish:
    """Which decisions somebody wants to see: of a month of their zone, narrowed by plan, person, outcome or rule."""

    first: date
    plan: str = ""
    agent: str = ""
    outcome: str = ""
    rule: str = ""
    only_ours: bool = False

    @classmethod
    def of(cls, said: Mapping[str, str], reader: Reader) -> "Wish":
        """Return what was asked for; what is not known narrows nothing."""
        today = reader.at.astimezone(zone_named(reader.user.timezone)).date()
        agent = said.get("agent", "")
        return cls(
            _month(said.get("month", ""), today),
            said.get("plan", "")[:LONGEST].replace("\0", ""),
            agent if agent.isascii() and agent.isdecimal() and len(agent) < 10 else "",
            said["outcome"] if said.get("outcome") in Outcome.values else "",
            said["rule"] if said.get("rule") in RULES else "",
            said.get("ours") == "1",
        )

    def url(self, **changed: str) -> str:
        """Return the address of these decisions, with something changed."""
        said = {
            "month": f"{self.first:%Y-%m}", "plan": self.plan, "agent": self.agent, "outcome": self.outcome,
            "rule": self.rule, "ours": "1" if self.only_ours else "", **changed,
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in said.items() if value})

    def month(self, reader: Reader) -> CoverageDecisionQuerySet:
        """Return the decisions of the month, of one plan where one is named."""
        zone = zone_named(reader.user.timezone)
        bounds = [datetime(day.year, day.month, 1, tzinfo=zone) for day in (self.first, self.next)]
        rows = CoverageDecision.objects.between(bounds[0], bounds[1])
        return rows.filter(plan__code=self.plan) if self.plan else rows

    def rows(self, reader: Reader) -> CoverageDecisionQuerySet:
        """Return the decisions that are wanted, the last first."""
        rows = self.month(reader)
        rows = rows.overridden() if self.only_ours else rows
        named = {"actor": self.agent, "outcome": self.outcome, "rule": self.rule}
        return rows.filter(**{name: value for name, value in named.items() if value}).order_by("-at", "-pk")

    @property
    def next(self) -> date:
        return self.first + relativedelta(months=1)

    @property
    def before(self) -> date:
        return self.first - relativedelta(months=1)


def _month(written: str, today: date) -> date:
    try:
        found = datetime.strptime(written, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError:
        return today.replace(day=1)
    return found.replace(day=1) if date(2000, 1, 1) <= found <= date(2199, 12, 1) else today.replace(day=1)


@dataclass(frozen=True, slots=True)
class Part:
    """How many decisions there were of one kind, and their share of all in percent; `x` is where its bar begins."""

    code: str
    name: str
    count: int
    share: float
    url: str
    is_current: bool
    badge: str = ""
    x: float = 0.0


@require_safe
@agents_only
def report_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show a month of decisions: how many by outcome and rule, who decided otherwise and why, and each one."""
    _check_lead(reader.user)
    wish = Wish.of(request.GET, reader)
    counts = list(wish.month(reader).order_by().values_list("outcome", "rule").annotate(count=Count("pk")))
    page = Paginator(wish.rows(reader).select_related(*RELATED), PAGE).get_page(request.GET.get("page"))
    ours = wish.month(reader).overridden()
    context = {
        "wish": wish,
        "total": sum(count for _outcome, _rule, count in counts),
        "outcomes": _outcomes(counts, wish),
        "rules": _rules(counts, wish),
        "ours_count": ours.count(),
        "ours_url": wish.url(ours="" if wish.only_ours else "1"),
        "agents": by_name(User.objects.filter(pk__in=ours.values("actor"))),
        "plans": _plans(),
        "rows": shown(page.object_list),
        "pages": page,
        "page_url": f"{wish.url()}&page=",
        "months": {"before": wish.url(month=f"{wish.before:%Y-%m}"), "next": wish.url(month=f"{wish.next:%Y-%m}")},
        "file_url": f"{reverse('console:coverage_file')}{wish.url()}",
    }
    return desk_page(request, reader, (HERE, "console/coverage/report.html"), context)


def _check_lead(user: User) -> None:
    if user.role not in SEE_ALL:
        raise PermissionDenied


def _plans() -> list[tuple[str, str]]:
    return [(plan.code, name_of(plan)) for plan in Plan.objects.current().order_by("vendor", "rank")]


Counts = list[tuple[str, str, int]]


def _outcomes(counts: Counts, wish: Wish) -> list[Part]:
    """Return each outcome with its count, one bar beside the other."""
    total, parts, x = sum(count for _outcome, _rule, count in counts), [], 0.0
    for code, name in Outcome.choices:
        count = sum(one for outcome, _rule, one in counts if outcome == code)
        share = round(100 * count / total, 3) if total else 0.0
        is_current = wish.outcome == code
        url = wish.url(outcome="" if is_current else code)
        parts.append(Part(code, str(name), count, share, url, is_current, BADGES[code], round(x, 3)))
        x += share
    return parts


def _rules(counts: Counts, wish: Wish) -> list[Part]:
    """Return each rule that decided something, the most frequent first."""
    total, by_rule = sum(count for _outcome, _rule, count in counts), dict[str, int]()
    for _outcome, rule, count in counts:
        by_rule[rule] = by_rule.get(rule, 0) + count
    ordered = sorted(by_rule.items(), key=lambda one: (-one[1], one[0]))
    return [
        Part(rule, rule_name(rule), count, round(100 * count / total, 3),
             wish.url(rule="" if wish.rule == rule else rule), wish.rule == rule)
        for rule, count in ordered
    ]  # fmt: skip


@require_safe
@agents_only
def report_file(request: HttpRequest, reader: Reader) -> Any:
    """Return the decisions that are wanted as a file for spreadsheets, line by line."""
    _check_lead(reader.user)
    wish = Wish.of(request.GET, reader)
    answer = StreamingHttpResponse(csv_lines(_lines(wish, reader)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="coverage-{wish.first:%Y-%m}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _lines(wish: Wish, reader: Reader) -> Iterator[list[object]]:
    yield [
        _("时间"), _("工单"), _("客户"), _("合同"), _("成功计划"), _("问题类别"), _("渠道"), _("结论"), _("判定依据"),
        _("条款"), _("理由"), _("缘由"), _("改判前的结论"), _("操作人"), _("改判理由"),
    ]  # fmt: skip
    rows = wish.rows(reader).select_related(*RELATED)
    for row in rows.iterator(chunk_size=FILE_PAGE):
        yield _line(Shown(row))


def _line(one: Shown) -> list[object]:
    row = one.row
    return [
        instant(row.at), row.ticket.number if row.ticket else "", name_of(row.contact.customer),
        row.contract.number if row.contract else "", name_of(row.plan) if row.plan else "",
        row.get_category_display(), row.get_channel_display(), row.get_outcome_display(), one.rule,
        one.clause, one.reason, row.get_cause_display(), row.get_was_outcome_display(), one.by, row.why,
    ]  # fmt: skip


urlpatterns: list[Any] = [
    path("coverage/", report_page, name="coverage"),
    path("coverage/decisions.csv", report_file, name="coverage_file"),
]
