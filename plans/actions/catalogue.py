"""Writes of the catalogue: vendors, products, and plans as versions that never change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from plans.models import Item, Plan, Product, Vendor
from sla.actions import Change, Outcome, digest, write_alone


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan's whole content; `items` hold the fields of `Item`, `includes` the code of the plan it contains."""

    code: str
    vendor: str
    name: str
    name_en: str
    seal: str
    rank: int
    source: str
    items: tuple[Mapping[str, Any], ...]
    is_rank_assumed: bool = False
    is_a_la_carte: bool = False
    includes: str = ""
    source_en: str = ""


@transaction.atomic
def put_vendors(*, vendors: Iterable[Mapping[str, str]]) -> list[Change]:
    """Save vendors by their code and return what changed; the fields are those of `Vendor`."""
    write_alone()
    kept = {row.code: row for row in Vendor.objects.all()}
    return [_put("vendor", Vendor(**vendor), kept.get(vendor["code"])) for vendor in vendors]


@transaction.atomic
def put_products(*, products: Iterable[Mapping[str, str]]) -> list[Change]:
    """Save products by their code and return what changed; the fields are those of `Product`."""
    write_alone()
    kept = {row.code: row for row in Product.objects.all()}
    return [_put("product", Product(**product), kept.get(product["code"])) for product in products]


def _put(kind: str, said: Vendor | Product, kept: Vendor | Product | None) -> Change:
    names = [field.name for field in said._meta.concrete_fields if not field.primary_key]
    changed = [name for name in names if kept is None or getattr(kept, name) != getattr(said, name)]
    if not changed:
        return Change(kind, said.code, Outcome.UNCHANGED)
    said.pk = kept.pk if kept else None
    said.save(force_insert=kept is None)
    return Change(kind, said.code, Outcome.CHANGED if kept else Outcome.ADDED)


@transaction.atomic
def put_plans(*, offers: Iterable[Offer]) -> list[Change]:
    """Save plans, an included one before the one that includes it; a changed one becomes a new version.

    Contracts keep the version that they were signed with.
    """
    write_alone()
    kept = {plan.code: plan for plan in Plan.objects.current()}
    return [_put_plan(offer, kept) for offer in offers]


def _put_plan(offer: Offer, kept: dict[str, Plan]) -> Change:
    includes = kept[offer.includes] if offer.includes else None
    content = {name: getattr(offer, name) for name in offer.__slots__}
    written = digest({**content, "includes": includes.digest if includes else ""})
    before = kept.get(offer.code)
    if before and before.digest == written:
        return Change("plan", offer.code, Outcome.UNCHANGED, before.version)
    versions = Plan.objects.filter(code=offer.code)
    versions.filter(is_current=True).update(is_current=False)
    last = versions.aggregate(last=models.Max("version"))["last"] or 0
    plan = Plan.objects.create(**_plan_fields(offer), includes=includes, version=last + 1, digest=written)
    Item.objects.bulk_create(Item(plan=plan, **item) for item in offer.items)
    kept[offer.code] = plan
    return Change("plan", offer.code, Outcome.NEW_VERSION if before else Outcome.ADDED, plan.version)


def _plan_fields(offer: Offer) -> dict[str, Any]:
    return {name: getattr(offer, name) for name in offer.__slots__ if name not in ("items", "includes")}
