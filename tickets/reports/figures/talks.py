"""What became of chats: with the bot alone, with a person, as a ticket; how long one waited, and what it was worth."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Aggregate, Avg, Count, DurationField, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from plans.models import Contract
from tickets.models import Chat, ChatMessage
from tickets.reports.shape import Count as Counted
from tickets.reports.span import Span
from tickets.reports.wording import both


@dataclass(frozen=True, slots=True)
class ChatFigures:
    """Chats of a time. `deflected`: the bot knew an answer, and they ended without a person and without a ticket.

    `wait` is the usual time until a person came in, `rating` the mean; None where there was none.
    """

    chats: int
    human: int
    tickets: int
    deflected: int
    wait: timedelta | None
    rating: float | None
    rated: int

    @property
    def bot(self) -> int:
        """Return how many no person took part in."""
        return self.chats - self.human


class Middle(Aggregate):
    """The middle one of some durations."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def figures_of(chats: QuerySet[Chat]) -> ChatFigures:
    """Return what became of chats, in one question."""
    known = ChatMessage.objects.filter(chat=OuterRef("pk"), author_kind="bot", fields__known=True)
    alone = Q(accepted_at=None, ticket=None, state=Chat.State.ENDED, knew=True)
    counted = chats.order_by().annotate(knew=Exists(known), waited=F("accepted_at") - F("waiting_since")).aggregate(
        chats=Count("pk"),
        human=Count("pk", filter=Q(accepted_at__isnull=False)),
        tickets=Count("pk", filter=Q(ticket__isnull=False)),
        deflected=Count("pk", filter=alone),
        wait=Middle("waited"),
        mean=Avg("rating"),
        rated=Count("rating"),
    )  # fmt: skip
    return ChatFigures(rating=counted.pop("mean"), **counted)


def of_span(contract: Contract, span: Span) -> QuerySet[Chat]:
    """Return a contract's chats of a span; one that no contract was asked for counts for the customer's vendor."""
    unasked = Q(contract=None, customer=contract.customer_id, vendor=contract.plan.vendor)
    theirs = Q(contract__in=span.contracts) | unasked
    return Chat.objects.filter(theirs, opened_at__gte=span.start, opened_at__lt=span.until)


def of_vendor(vendor: str, start: datetime, until: datetime) -> QuerySet[Chat]:
    """Return a vendor's chats of [start, until)."""
    return Chat.objects.filter(vendor=vendor, opened_at__gte=start, opened_at__lt=until)


SAID = (
    ("chats", _("云客服会话")),
    ("human", _("其中人工接待")),
    ("deflected", _("其中智能客服解答，未转人工和工单")),
)


def chats(contract: Contract, span: Span, previous: Span | None) -> tuple[Counted, ...]:
    """Return how many chats there were, and with whom; nothing where there were none. Source: K13"""
    now = figures_of(of_span(contract, span))
    then = figures_of(of_span(contract, previous)) if previous else None
    if not now.chats and not (then and then.chats):
        return ()
    return tuple(
        Counted(code, both(partial(str, label)), getattr(now, code), None, getattr(then, code) if then else None)
        for code, label in SAID
    )
