"""What is sold: a vendor's plans side by side with their clauses, and what differs between two versions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.catalogue.differing import difference
from plans.catalogue.lineup import chosen, vendors, versions_of
from plans.catalogue.versions import items_now
from plans.models import Contract, Plan, Vendor
from tickets.console.accounts.guard import may_amend
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.console.rows import Seal
from tickets.showing.catalogue.cells import lines_of, sparse
from tickets.showing.catalogue.changes import changes_told

HERE = "console:catalogue"
# The name of a choice of version in the address: "version.kingdee-advanced=1".
VERSION = "version."


@dataclass(frozen=True, slots=True)
class Column:
    """One plan of the comparison, with the versions that there are; contracts hold this one, or another of them."""

    plan: Plan
    seal: Seal
    versions: Sequence[Plan]
    contracts: int
    elsewhere: int
    # The version before this one, to compare with.
    before: Plan | None


@require_safe
@agents_only
def catalogue_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show a vendor's plans side by side, in the versions asked for."""
    sold = vendors()
    vendor = next((one for one in sold if one.code == request.GET.get("vendor")), sold[0] if sold else None)
    context = _compared(vendor, request.GET, reader) if vendor else {"columns": [], "lines": []}
    is_open = request.GET.get("open") == "1"
    return desk_page(
        request,
        reader,
        (HERE, "console/catalogue/catalogue.html"),
        {"vendors": sold, "vendor": vendor, "is_open": is_open, "may_pick": may_amend(reader.user), **context},
    )


def _compared(vendor: Vendor, asked: Mapping[str, str], reader: Reader) -> dict[str, Any]:
    versions = versions_of(vendor.code)
    plans = chosen(versions, _wanted(asked))
    held = Counter(Contract.objects.in_force(reader.at.date()).values_list("plan", flat=True))
    shown = asked["show"] if asked.get("show") in versions else _fullest(plans).code
    columns = [
        Column(plan, Seal.of(plan), found, held[plan.pk], _elsewhere(held, plan, found), _before(plan, found))
        for plan, found in zip(plans, versions.values(), strict=True)
    ]
    query = "".join(f"&{VERSION}{plan.code}={plan.version}" for plan in plans if not plan.is_current)
    lines = lines_of(plans)
    return {
        "columns": columns, "lines": lines, "shown": shown, "sparse": sparse(lines), "versions_query": query,
        "has_versions": any(len(column.versions) > 1 for column in columns),
    }  # fmt: skip


def _wanted(asked: Mapping[str, str]) -> dict[str, int]:
    """Return the versions asked for by plan; what is no number asks for none."""
    said = {name.removeprefix(VERSION): asked[name] for name in asked if name.startswith(VERSION)}
    return {code: int(version) for code, version in said.items() if version.isascii() and version.isdecimal()}


def _fullest(plans: Sequence[Plan]) -> Plan:
    """Return the plan that a narrow screen shows first."""
    return max(plans, key=lambda plan: len(plan.items.all()))


def _elsewhere(held: Mapping[int, int], plan: Plan, versions: Iterable[Plan]) -> int:
    """Return how many contracts hold another version of a plan."""
    return sum(held[one.pk] for one in versions if one != plan)


def _before(plan: Plan, versions: Sequence[Plan]) -> Plan | None:
    return next((one for one in versions if one.version < plan.version), None)


@require_safe
@agents_only
def changes_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show what differs between two versions of a plan, item by item."""
    versions = list(Plan.objects.filter(code=code).select_related("includes").order_by("-version"))
    if not versions:
        raise Http404
    after = _named(versions, request.GET.get("to", ""), versions[0])
    before = _named(versions, request.GET.get("from", ""), _before(after, versions) or after)
    changes = changes_told(difference(items_now(before, []), items_now(after, [])))
    context = {"before": before, "after": after, "versions": versions, "changes": changes}
    return desk_page(request, reader, (HERE, "console/catalogue/changes.html"), context)


def _named(versions: Sequence[Plan], number: str, otherwise: Plan) -> Plan:
    return next((plan for plan in versions if str(plan.version) == number), otherwise)


urlpatterns = [
    path("catalogue/", catalogue_page, name="catalogue"),
    path("catalogue/<slug:code>/changes/", changes_page, name="catalogue_changes"),
]
