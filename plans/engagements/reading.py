"""Engagements as pages and programs read them: by number, with what their contract gives and what is left of it."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from plans.engagements.amounts import Amount, amounts_of, figures_of
from plans.engagements.notice import earliest_on
from plans.engagements.offered import LeftOut, bookable, left_out, provider_words
from plans.engagements.providers import is_overseas
from plans.models import Contract, Engagement, Entitlement, Item
from plans.models.engagements import EngagementQuerySet
from plans.terms import last_day, local_date
from plans.wording import clause_of, name_of

NUMBER = re.compile(r"E-(\d{4})-(\d{6,12})")
RELATED = (
    "contract__customer", "contract__plan", "contract__branch", "item", "entitlement", "gathering", "branch",
    "requested_by__customer", "part_of", "short_notice_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A service that may be asked for: what is left of it, and from when it can be had."""

    entitlement: Entitlement
    name: str
    clause: str
    provider: str
    left_out: tuple[LeftOut, ...]
    # What there is of it, unit by unit; nothing where nothing is counted.
    amounts: tuple[Amount, ...]
    # Of which units it has to be said how many it takes.
    figures: tuple[str, ...]
    earliest: date | None
    # Whether it can be asked for at all: the term is not over, and the first date falls into it.
    is_open: bool

    @property
    def item(self) -> Item:
        """Return the line of the catalogue."""
        return self.entitlement.item

    @property
    def is_used_up(self) -> bool:
        """Tell whether nothing is left, in one unit or another, for the day from which it can be had."""
        return any(amount.left <= 0 for amount in self.amounts)


def find(number: str, rows: EngagementQuerySet | None = None) -> Engagement | None:
    """Return an engagement by its number, of `rows` where given; None where there is none."""
    written = NUMBER.fullmatch(number.upper())
    if not written:
        return None
    found = brought(Engagement.objects.all() if rows is None else rows).filter(pk=int(written[2])).first()
    return found if found and found.number == number.upper() else None


def brought(rows: EngagementQuerySet) -> EngagementQuerySet:
    """Return engagements with what a list shows of them, in a constant number of queries."""
    return rows.select_related(*RELATED).prefetch_related("experts__user")


def offers_of(contract: Contract, at: datetime) -> list[Offer]:
    """Return what may be asked for under a contract at an instant, in the plan's order."""
    return [offer(entitlement, contract, at) for entitlement in bookable(contract)]


def offer(entitlement: Entitlement, contract: Contract, at: datetime) -> Offer:
    """Return one service as it can be asked for now."""
    item, today = entitlement.item, local_date(contract, at)
    earliest = earliest_on(item, today)
    first = max(earliest or today, contract.starts_on)
    on = min(first, last_day(contract))
    return Offer(
        entitlement=entitlement,
        name=name_of(item),
        clause=clause_of(item),
        provider=provider_words(item, overseas=is_overseas(contract)),
        left_out=tuple(left_out(item)),
        amounts=tuple(amounts_of(entitlement, on)),
        figures=tuple(figures_of(entitlement, on)),
        earliest=earliest,
        is_open=first <= last_day(contract),
    )


def is_outside_term(engagement: Engagement) -> bool:
    """Tell whether the time agreed has left the term meanwhile, as when a contract ends early."""
    contract, starts_at = engagement.contract, engagement.starts_at
    return starts_at is not None and not contract.starts_on <= local_date(contract, starts_at) <= last_day(contract)


def summary(engagement: Engagement, at: datetime) -> Offer | None:
    """Return how the service of an engagement stands; None once its right is gone."""
    if engagement.entitlement is None:
        return None
    return offer(engagement.entitlement, engagement.contract, at)
