"""Kinds of report are data: a vendor's own needs no code, and what is written wrong is told where."""

from datetime import date
from pathlib import Path

import pytest

from plans.actions.contracts import Agreed, sign
from plans.loading import load
from plans.models import Customer, Item
from plans.report_kinds import kinds_of, shipped_kinds
from sla.rules.reading import ReadingError
from tests.hours import beijing
from tests.tickets.reports import made
from tickets.reports.composing import Wanted, compose
from tickets.reports.shape import from_json, to_json

LANHAI = Path(__file__).parents[2] / "payloads" / "plans" / "lanhai.yaml"
OWN = """
reports:
  - code: fleet_review
    title: 船队季报
    title_en: Fleet review
    sections: [promises, advice]
"""

pytestmark = pytest.mark.django_db


def edition(folder: Path, own: str = OWN, named: str = "fleet_review") -> Path:
    """Return the third vendor's file with a kind of its own, named by its first item."""
    text = LANHAI.read_text()
    first = text.index("        section:")
    path = folder / "lanhai.yaml"
    path.write_text(f"{text[:first]}        report: {named}\n{text[first:]}{own}")
    return path


def test_a_vendors_own_kind_of_report_is_data_alone(tmp_path: Path):
    load([edition(tmp_path)])
    item = Item.objects.exclude(report={}).get(plan__vendor="lanhai", plan__is_current=True)
    assert item.report["title_en"] == "Fleet review"
    customer = Customer.objects.create(code="tide", name="潮汐贸易", name_en="Tide")
    contract = sign(
        customer=customer, plan=item.plan, number="C-L-1", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
        agreed=Agreed(),
    )  # fmt: skip
    kind, right = kinds_of(contract)["fleet_review"]
    report = compose(Wanted(contract, kind, date(2026, 1, 1), date(2026, 3, 31), right), beijing("2026-04-02 10:00"))
    assert [one.code for one in report.sections] == ["promises", "advice"]
    assert (report.kind.title.zh, report.kind.promise) == ("船队季报", item.promise)


@pytest.mark.parametrize(("own", "named", "field"), [
    (OWN, "fleet_revue", "report"),
    (OWN.replace("[promises, advice]", "[promises, advise]"), "fleet_review", "reports.1.sections.2"),
    (OWN.replace("title_en: Fleet review", "ahead_days: 90"), "fleet_review", "reports.1"),
])  # fmt: skip
def test_a_kind_that_is_written_wrong_is_told_where(tmp_path: Path, own: str, named: str, field: str):
    with pytest.raises(ReadingError) as told:
        load([edition(tmp_path, own, named)])
    assert any(field in problem.field and problem.line > 1 for problem in told.value.problems), told.value


def test_shipped_kinds_are_named_by_the_promises_that_they_keep__Y15_K10_K13():
    named = {item.promise: item.report["code"] for item in Item.objects.exclude(report={})}
    assert named == {"Y15": "operations", "K10": "ticket_analysis", "K13": "service"}
    assert set(named.values()) == set(shipped_kinds())
    # Each sentence of the clause has its section. Source: K13
    wanted = {"systems", "channels", "tickets", "categories", "areas", "advice"}
    assert wanted <= set(shipped_kinds()["service"]["sections"])


def test_what_was_kept_is_read_as_it_was():
    report = made.report(
        promises=(made.promise(9, 1),), areas=(made.area("总账", 3, 0.3, 1),), owed=(made.owed("met"),),
        rights=(made.right(1, 2, date(2026, 12, 31)),), repeated=(made.repeated("断号", 2),),
    )  # fmt: skip
    assert from_json(to_json(report)) == report
    with pytest.raises(ValueError, match="form 2"):
        from_json({**to_json(report), "form": 2})
