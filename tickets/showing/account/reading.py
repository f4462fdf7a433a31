"""A customer's contracts and what hangs on them, each kind read once and only when a page asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from operator import or_

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet

from plans.engagements.reading import brought
from plans.models import AccountTeamMember, Contract, Customer, Engagement, Obligation, Override, Quota, TimeProposal
from plans.models import User as Person
from plans.models.engagements import EngagementQuerySet
from plans.obligations.reads import standing
from plans.quotas.balances import Balance, balances
from plans.quotas.statements import usual_span
from plans.terms import Standing, local_date, standing_on
from tickets.models import Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.showing.owed import Shown, shown

# What was missed or ended longer ago is history, and no risk any more.
RECENT = timedelta(days=90)
# What lies further ahead is on the contract's own pages.
HORIZON = timedelta(days=460)
MOST = 500
# The order in which somebody means "the contract": those that run, of the highest plan.
ORDER = ("in_force", "ending", "ahead", "over")
RUNNING = ("in_force", "ending")
State = Obligation.State


@dataclass(frozen=True)
class Held:
    """One contract as it stands today by its own zone."""

    contract: Contract
    standing: Standing

    @property
    def today(self) -> date:
        """Return the date for this contract."""
        return self.standing.today

    @property
    def is_over(self) -> bool:
        """Tell whether its term has ended."""
        return self.standing.state == "over"

    @property
    def is_running(self) -> bool:
        """Tell whether today lies in its term."""
        return self.standing.state in RUNNING

    @property
    def follower(self) -> Contract | None:
        """Return the contract that follows on it."""
        return getattr(self.contract, "renewal", None)

    @property
    def year(self) -> tuple[date, date]:
        """Return the contract's own year that today lies in; both dates belong to it."""
        return usual_span(self.contract, self.today)

    @property
    def seats(self) -> list[AccountTeamMember]:
        """Return who stands for the customer and still works here."""
        return [seat for seat in self.contract.account_team.all() if seat.user.is_active]


@dataclass(frozen=True)
class Account:
    """A customer as one person may see it at an instant."""

    customer: Customer
    held: tuple[Held, ...]
    user: Person
    at: datetime

    @property
    def current(self) -> list[Held]:
        """Return the contracts that run or will."""
        return [one for one in self.held if not one.is_over]

    @property
    def running(self) -> list[Held]:
        """Return the contracts whose term holds today."""
        return [one for one in self.held if one.is_running]

    @property
    def past(self) -> list[Held]:
        """Return the contracts whose term has ended."""
        return [one for one in self.held if one.is_over]

    @property
    def main(self) -> Held | None:
        """Return the contract that is meant first; None where there is none."""
        return self.held[0] if self.held else None

    @cached_property
    def keys(self) -> list[int]:
        """Return the keys of all contracts."""
        return [one.contract.pk for one in self.held]

    @cached_property
    def owed(self) -> list[Shown]:
        """Return what is to be delivered within the horizon, or was missed lately, by date."""
        recent = Q(state=State.MISSED, settled_at__gt=self.at - RECENT)
        rows = Obligation.objects.filter(Q(state=State.OWED) | recent, contract__in=self.keys)
        return shown(standing(rows.filter(due_on__lte=(self.at + HORIZON).date())[:MOST], self.at), self.at)

    @cached_property
    def balances(self) -> list[Balance]:
        """Return how every amount stands in the window that holds today, contract by contract."""
        if not self.current:
            return []
        holding = (
            Q(contract=one.contract.pk, starts_on__lte=one.today, ends_on__gte=one.today) for one in self.current
        )
        order = {key: place for place, key in enumerate(self.keys)}
        found = balances(Quota.objects.filter(reduce(or_, holding)))
        return sorted(found, key=lambda balance: order[balance.quota.contract_id])

    @cached_property
    def lapsing(self) -> list[Balance]:
        """Return the amounts of which something is left, that lapse soon, and that nothing owed will use anyhow."""
        return [one for one in self.balances if one.left > self._owed_of(one) and self._ends_soon(one)]

    def _owed_of(self, balance: Balance) -> int:
        """Return how many deliveries of the same thing are still owed before an amount lapses."""
        rows = (one.row for one in self.owed if one.owed.is_open)
        quota = balance.quota
        mine = (row for row in rows if row.contract_id == quota.contract_id and row.item_id == quota.item_id)
        return sum(row.due_on <= balance.ends_on for row in mine)

    def _ends_soon(self, balance: Balance) -> bool:
        today = local_date(self.contract_of(balance.quota.contract_id), self.at)
        return (balance.ends_on - today).days <= max(settings.QUOTA_WARN_DAYS)

    @cached_property
    def engagements(self) -> list[Engagement]:
        """Return what is asked for, agreed, or delivered and not closed; each with the time on the table, if any."""
        proposals = TimeProposal.objects.filter(answer=TimeProposal.Answer.OPEN)
        on_the_table = Prefetch("proposals", proposals, to_attr="open_proposals")
        rows = brought(self.all_engagements).under_way().prefetch_related(on_the_table)
        return list(rows.order_by("starts_at", "pk")[:MOST])

    @property
    def all_engagements(self) -> EngagementQuerySet:
        """Return every engagement that the reader may see."""
        return Engagement.objects.visible_to(self.user).filter(contract__in=self.keys)

    @property
    def tickets(self) -> TicketQuerySet:
        """Return every ticket that the reader may see."""
        seen = Ticket.objects.visible_to(self.user)
        return seen.filter(customer=self.customer, contract__in=self.keys)

    def contract_of(self, key: int) -> Contract:
        """Return one of the contracts, as it was read with all of them."""
        return next(one.contract for one in self.held if one.contract.pk == key)

    @cached_property
    def agreements(self) -> list[Override]:
        """Return what was agreed beside the plans' words and holds or will, the last agreed first."""
        agreed = Override.objects.filter(
            entitlement__contract__in=self.keys, state__in=(Override.State.AHEAD, Override.State.IN_FORCE)
        )
        rows = agreed.exclude(kind=Override.Kind.WITHDRAWN)
        return list(rows.select_related("entitlement__item", "actor").order_by("-at", "-pk")[:MOST])


def account_of(customer: Customer, contracts: QuerySet[Contract], user: Person, at: datetime) -> Account:
    """Return a customer over those of some contracts that are its, the one that is meant first in front."""
    managers = AccountTeamMember.objects.select_related("user").order_by("pk")
    related = contracts.filter(customer=customer).select_related("plan", "branch", "team", "renewal")
    rows = related.prefetch_related(
        Prefetch("account_team", managers), "owned_products__product", "switches__decided_by"
    )
    return Account(customer, tuple(_ordered(rows, at)), user, at)


def _ordered(contracts: Iterable[Contract], at: datetime) -> list[Held]:
    held = [Held(one, standing_on(one, local_date(one, at))) for one in contracts]
    return sorted(
        held, key=lambda one: (ORDER.index(one.standing.state) // 2, -one.contract.plan.rank, one.contract.number)
    )
