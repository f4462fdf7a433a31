"""What a contract has to do with updates, and which contracts a window concerns."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from plans.accounts import zone_named
from plans.models import (
    Contract,
    Entitlement,
    OwnedProduct,
    UpdatePackage,
    UpdateRequest,
    UpdateWindow,
)
from plans.models.updates import UpdateRequestQuerySet, UpdateWindowQuerySet
from plans.terms import last_day, local_date
from plans.updates.policies import SERVICE, Scope, UpdatePolicy, governing, policies_of, right_to_updates
from sla.models.calendars import HolidayDate

PRIVATE = ("private_cloud", "private_subscription")
MOST = 2000
WINDOW = re.compile(r"U-(\d{1,12})")
REQUEST = re.compile(r"UR-(\d{4})-(\d{1,12})")
# Days off, as a window is shown with them; make-up days are none.
OFF = (HolidayDate.Kind.STATUTORY, HolidayDate.Kind.SWAPPED_OFF, HolidayDate.Kind.WEEKEND_IN_BREAK)


@dataclass(frozen=True, slots=True)
class Governed:
    """A running product of a contract, which policies govern it, what comes next, and what is asked for already."""

    owned: OwnedProduct
    policies: Sequence[UpdatePolicy]
    coming: UpdateWindow | None
    request: UpdateRequest | None

    @property
    def on_request(self) -> UpdatePolicy | None:
        """Return the policy by which an update may be asked for; the strictest where several may hold."""
        open_to = [policy for policy in self.policies if policy.is_on_request]
        return max(open_to, key=lambda policy: policy.needs_audit, default=None)

    @property
    def own_plan(self) -> UpdatePolicy | None:
        """Return the policy by which the customer plans the updates themselves."""
        return next((policy for policy in self.policies if policy.is_own_plan), None)

    @property
    def is_unsure(self) -> bool:
        """Tell whether it is not written down well enough how it runs."""
        return len(self.policies) > 1


def scope_of(window: UpdateWindow) -> Scope:
    """Return which running products a window is for."""
    return Scope(window.products, window.deployments, window.tenancy, window.pace, window.is_customised)


def concerns(window: UpdateWindow, contract: Contract, owned: Collection[OwnedProduct]) -> bool:
    """Tell whether a window is for what a contract runs; one that lists no products holds all of its vendor's."""
    if window.vendor != contract.plan.vendor:
        return False
    scope = scope_of(window)
    return not owned or any(scope.meets(one) for one in owned)


def affected(window: UpdateWindow, at: datetime) -> QuerySet[Contract]:
    """Return the contracts that a window concerns: with a right to updates, running what it is for, within the term.

    A term that has not begun counts where it follows on one that runs: its customer hears as far ahead. Source: K11
    """
    opens_on = local_day(window.starts_at, window.timezone)
    today = local_day(at, window.timezone)
    is_theirs_already = Q(starts_on__lte=today) | Q(renews__in=Contract.objects.in_force(today).values("pk"))
    rows = Contract.objects.in_force(opens_on).filter(is_theirs_already, plan__vendor=window.vendor)
    rights = Entitlement.objects.filter(contract=OuterRef("pk"), item__service=SERVICE)
    owned = OwnedProduct.objects.filter(contract=OuterRef("pk")).order_by()
    meant = Exists(owned.filter(_meant(scope_of(window))))
    return rows.filter(Exists(rights)).filter(meant | ~Exists(owned)).order_by("pk")


def _meant(scope: Scope) -> Q:
    """Return `Scope.meets` as a question to the database."""
    where = Q()
    if scope.products:
        where &= Q(product__code__in=scope.products)
    if scope.deployments:
        where &= Q(deployment__in=scope.deployments)
    if scope.tenancy:
        where &= Q(tenancy__in=("", scope.tenancy))
    if scope.pace:
        where &= Q(pace__in=("", scope.pace))
    if scope.is_customised is not None:
        where &= Q(is_customised=None) | Q(is_customised=scope.is_customised)
    return where


def local_day(at: datetime, zone: str) -> date:
    """Return the date on which an instant falls in a zone."""
    return at.astimezone(zone_named(zone)).date()


def owned_by(contract: Contract) -> list[OwnedProduct]:
    """Return what a contract runs."""
    return list(contract.owned_products.select_related("product").order_by("product__code", "pk"))


def windows_of(contract: Contract, start: datetime, end: datetime) -> list[UpdateWindow]:
    """Return the windows that concern a contract between two instants, within its term, the earliest in front."""
    return windows_of_any([contract], start, end)


def windows_of_any(contracts: Iterable[Contract], start: datetime, end: datetime) -> list[UpdateWindow]:
    """Return the windows that concern any of some contracts, each once: three queries however many contracts."""
    asked = list(contracts)
    rights = Entitlement.objects.filter(contract__in=asked, item__service=SERVICE)
    entitled = set(rights.values_list("contract", flat=True))
    found = [one for one in asked if one.pk in entitled]
    if not found:
        return []
    owned: dict[int, list[OwnedProduct]] = defaultdict(list)
    for one in OwnedProduct.objects.filter(contract__in=found).select_related("product"):
        owned[one.contract_id].append(one)
    rows = UpdateWindow.objects.shown().filter(vendor__in={one.plan.vendor for one in found}).between(start, end)
    return [row for row in rows[:MOST] if any(_within(row, one) and concerns(row, one, owned[one.pk]) for one in found)]


def _within(window: UpdateWindow, contract: Contract) -> bool:
    return contract.starts_on <= local_date(contract, window.starts_at) <= last_day(contract)


def ahead(contract: Contract, at: datetime, limit: int = 5) -> list[UpdateWindow]:
    """Return up to `limit` windows that concern a contract and are not over, the next in front."""
    found = windows_of(contract, at, at + timedelta(days=400))
    return [row for row in found if row.is_open][:limit]


def governed(contract: Contract, at: datetime) -> list[Governed]:
    """Return each running product of a contract with how it is updated."""
    right = right_to_updates(contract)
    policies = policies_of(right.item) if right else []
    coming = [one for one in ahead(contract, at, MOST) if _brings_a_version(one)]
    asked = {_running(row): row for row in contract.update_requests.under_way()}
    return [
        Governed(
            owned, governing(policies, owned), next((one for one in coming if scope_of(one).meets(owned)), None),
            asked.get((owned.product_id, owned.deployment, owned.tenant)),
        )
        for owned in owned_by(contract)
    ]  # fmt: skip


def _brings_a_version(window: UpdateWindow) -> bool:
    """Tell whether a window is an update whose time stands: neither maintenance nor put off without a new time."""
    return window.kind == UpdateWindow.Kind.UPDATE and window.state != UpdateWindow.State.POSTPONED


def _running(row: UpdateRequest) -> tuple[int, str, str]:
    return row.product_id, row.deployment, row.tenant


def packages_for(contract: Contract, at: datetime) -> list[UpdatePackage]:
    """Return what a contract's customer may download: of products they run themselves, within the term. Source: K11"""
    if right_to_updates(contract) is None or not is_running_term(contract, at):
        return []
    own = {one.product_id for one in owned_by(contract) if one.deployment in PRIVATE}
    rows = UpdatePackage.objects.filter(product__in=own, withdrawn_at=None).select_related("product")
    return list(rows[:MOST])


def is_running_term(contract: Contract, at: datetime) -> bool:
    """Tell whether an instant lies in a contract's term."""
    return contract.starts_on <= local_date(contract, at) <= last_day(contract)


def find_window(number: str, rows: UpdateWindowQuerySet | None = None) -> UpdateWindow | None:
    """Return a window by its number, of `rows` where given; None where there is none."""
    written = WINDOW.fullmatch(number.upper())
    wanted = UpdateWindow.objects.all() if rows is None else rows
    return wanted.filter(pk=int(written[1])).first() if written else None


def find_request(number: str, rows: UpdateRequestQuerySet | None = None) -> UpdateRequest | None:
    """Return a request by its number, of `rows` where given; None where there is none."""
    written = REQUEST.fullmatch(number.upper())
    if not written:
        return None
    wanted = UpdateRequest.objects.all() if rows is None else rows
    related = ("contract__customer", "contract__plan", "item", "product", "requested_by")
    found = wanted.select_related(*related).filter(pk=int(written[2])).first()
    return found if found and found.number == number.upper() else None


def policy_of(request: UpdateRequest) -> UpdatePolicy | None:
    """Return the policy that governs a request, as its product runs now; the one it was made by where none does."""
    policies = policies_of(request.item)
    same = {"product": request.product_id, "deployment": request.deployment, "tenant": request.tenant}
    owned = request.contract.owned_products.select_related("product").filter(**same).first()
    now = [policy for policy in (governing(policies, owned) if owned else []) if policy.is_on_request]
    made_by = [policy for policy in policies if policy.code == request.policy]
    return max(now or made_by, key=lambda policy: policy.needs_audit, default=None)


def holidays_in(windows: Iterable[UpdateWindow]) -> dict[int, HolidayDate]:
    """Return the day off that each window falls on, by the window's key; two queries however many."""
    days = {row.pk: (row.country, _days(row)) for row in windows}
    if not days:
        return {}
    spans = [day for _country, found in days.values() for day in found]
    countries = {country for country, _found in days.values()}
    rows = HolidayDate.objects.filter(
        set__country__in=countries, set__subdivision="", kind__in=OFF, date__range=(min(spans), max(spans))
    )
    known: dict[tuple[Any, date], HolidayDate] = {
        (one.set.country, one.date): one for one in rows.select_related("set")
    }
    found = {pk: next((known[country, day] for day in on if (country, day) in known), None)
             for pk, (country, on) in days.items()}  # fmt: skip
    return {pk: one for pk, one in found.items() if one}


def _days(window: UpdateWindow) -> list[date]:
    """Return the local dates on which a window is open."""
    first = local_day(window.starts_at, window.timezone)
    last = local_day(window.ends_at - timedelta(seconds=1), window.timezone)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
