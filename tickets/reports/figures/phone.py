"""What became of calls to the hotline: answered by a person, by the voice bot alone, or by nobody. Source: K13, K08"""

from functools import partial

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from plans.models import Contract
from tickets.models import Call
from tickets.models.calls import SOON
from tickets.reports.shape import Count as Counted
from tickets.reports.span import Span
from tickets.reports.wording import both

ANSWERED = Q(answered_at__isnull=False)
SAID = (
    ("calls", _("热线来电")),
    ("calls_answered", _("其中人工接听")),
    ("calls_soon", _("其中 20 秒内接听")),
    ("calls_bot", _("其中语音机器人解答")),
    ("calls_missed", _("其中未接")),
)


def of_span(contract: Contract, span: Span) -> QuerySet[Call]:
    """Return a contract's inbound calls of a span; one that no contract was found for counts for the vendor."""
    unfound = Q(contract=None, customer=contract.customer_id, vendor__in=("", contract.plan.vendor))
    theirs = Q(contract__in=span.contracts) | unfound
    rang = Call.objects.filter(theirs, direction=Call.Direction.IN, rang_at__gte=span.start, rang_at__lt=span.until)
    return rang.exclude(state__in=(Call.State.RINGING,))


def figures_of(calls: QuerySet[Call]) -> dict[str, int]:
    """Return how many calls there were and who answered them, in one question."""
    return calls.order_by().aggregate(
        calls=Count("pk"),
        calls_answered=Count("pk", filter=ANSWERED),
        # By hand nobody tells how long it rang.
        calls_soon=Count("pk", filter=~Q(adapter="") & Q(answered_at__lte=F("rang_at") + SOON)),
        calls_bot=Count("pk", filter=~ANSWERED & ~Q(state=Call.State.MISSED)),
        calls_missed=Count("pk", filter=Q(state=Call.State.MISSED)),
    )


def calls(contract: Contract, span: Span, previous: Span | None) -> tuple[Counted, ...]:
    """Return how many calls came, and who answered; nothing where none is known. Source: K13"""
    now = figures_of(of_span(contract, span))
    then = figures_of(of_span(contract, previous)) if previous else None
    if not now["calls"] and not (then and then["calls"]):
        return ()
    return tuple(
        Counted(code, both(partial(str, label)), now[code], None, then[code] if then else None) for code, label in SAID
    )
