"""What a contract lets people ask for: which services, what they leave out, and in which stages they go."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from plans.models import Contract, Engagement, Entitlement, Item
from plans.vocabulary import DELIVERED, GATHERED, SERVICES
from plans.wording import clause_in, clause_of, list_of, text_of, worded_list


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a service: what it is to the product, and what its plan calls it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a clause leaves out, asked for in plain words before it is refused. Source: K05, K12"""

    code: str
    what: str
    clause: str
    ways_on: tuple[str, ...]


def bookable(contract: Contract) -> list[Entitlement]:
    """Return what may be asked for under a contract, where its products run as the service wants it. Source: K05"""
    running = set(contract.owned_products.values_list("deployment", flat=True))
    return [one for one in _in_order(contract) if is_bookable(one.item) and runs_there(one.item, running)]


def gathered(contract: Contract) -> list[Entitlement]:
    """Return which certifications and events a contract gives access to. Source: K15–K17"""
    return [one for one in _in_order(contract) if is_gathered(one.item)]


def _in_order(contract: Contract) -> QuerySet[Entitlement]:
    rows = contract.entitlements.select_related("item__plan", "contract__branch", "contract__plan")
    return rows.order_by("item__section", "item__promise", "pk")


def is_bookable(item: Item) -> bool:
    """Tell whether people deliver a service by appointment; a vendor's own does where it names who delivers it."""
    own = item.service not in SERVICES and bool(item.providers)
    return item.service in DELIVERED or (own and not is_gathered(item))


def is_gathered(item: Item) -> bool:
    """Tell whether a service is held once for many; a vendor's own is where people enrol for it."""
    return item.service in GATHERED or (item.service not in SERVICES and "enrol" in item.stage_codes)


def runs_there(item: Item, running: set[str]) -> bool:
    """Tell whether a service is meant for products that run in one of these ways; a service may not mind."""
    return not item.deployments or bool(running & set(item.deployments))


def left_out(item: Item) -> list[LeftOut]:
    """Return everything that the clauses of a delivered service leave out, one by one."""
    return [
        LeftOut(f"{exclusion['category']}.{number}", what, clause_in(exclusion), tuple(_ways_on(exclusion)))
        for exclusion in item.exclusions
        for number, what in enumerate(worded_list(exclusion, "definitions"), start=1)
    ]


def _ways_on(exclusion: dict[str, Any]) -> list[str]:
    return worded_list(exclusion, "ways_on")


def stages_of(item: Item) -> list[Stage]:
    """Return the stages of a service, in the reader's language; none where its plan names none that we act on."""
    return [Stage(code, name) for code, name in zip(item.stage_codes, list_of(item, "stages"), strict=False)]


def stage_at(item: Item, code: str) -> int | None:
    """Return the place of a stage; None where the service has no such stage."""
    return item.stage_codes.index(code) if code in item.stage_codes else None


def stage_of(engagement: Engagement) -> int | None:
    """Return where an engagement stands in its stages: a gathering's own place is that of all its engagements."""
    return engagement.gathering.stage if engagement.gathering else engagement.stage


def cite(item: Item) -> dict[str, str]:
    """Return the promise and clause of a service, as a refusal names them."""
    return {"promise": item.promise, "clause": clause_of(item)}


def provider_words(item: Item, *, overseas: bool) -> str:
    """Return who delivers a service, in the plan's own words."""
    return (text_of(item, "provider_overseas") if overseas else "") or text_of(item, "provider")
