"""Reports in a list: one line each, whatever its versions."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models.fields.json import KT

from plans.report_kinds import kinds_of
from plans.wording import is_english
from tickets.models import ServiceReport
from tickets.models.reports import ServiceReportQuerySet
from tickets.showing.report.words import span

# As a badge of the page shows them.
BADGES = {
    ServiceReport.State.QUEUED: "running",
    ServiceReport.State.MAKING: "running",
    ServiceReport.State.READY: "draft",
    ServiceReport.State.FAILED: "failed",
    ServiceReport.State.DELIVERED: "done",
    ServiceReport.State.WITHDRAWN: "quiet",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One report: the newest version of those that were given, and how many there are."""

    row: ServiceReport
    title: str
    period: str
    versions: int

    @property
    def badge(self) -> str:
        """Return how its state is shown."""
        return BADGES[ServiceReport.State(self.row.state)]


def lines_of(rows: ServiceReportQuerySet) -> list[Line]:
    """Return a line for each report, the newest in front; what they say in full is left in the database."""
    titled = rows.defer("content").annotate(zh=KT("content__kind__title__zh"), en=KT("content__kind__title__en"))
    ordered = titled.select_related("contract").order_by("-code", "-version")
    return [_line(list(versions)) for _code, versions in groupby(ordered, key=lambda row: row.code)]


def _line(versions: list[ServiceReport]) -> Line:
    newest: Any = versions[0]
    title = (newest.en if is_english() else newest.zh) or kind_title(newest)
    return Line(newest, title, span(newest.starts_on, newest.ends_on), len(versions))


def kind_title(row: ServiceReport) -> str:
    """Return what reports of a kind are called; its code where the kind is gone."""
    found = kinds_of(row.contract).get(row.kind)
    return str(found[0]["title_en" if is_english() else "title"]) if found else row.kind
