"""Tickets one by one: the record behind the figures. Source: K13"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from tickets.models import Category, Channel, Status
from tickets.reports.figures.flow import rows
from tickets.reports.shape import Record, Words
from tickets.reports.span import Span
from tickets.reports.wording import EMPTY, both

# More than this nobody reads one by one; all of them are in the table of the ticket list.
MOST = 200
# As it stood at the end of the span: what was solved later was still open then.
LATEST = """
SELECT ticket.number, ticket.opened_at, ticket.channel, ticket.category, ticket.product_id, ticket.subject,
  ticket.status, CASE WHEN ticket.resolved_at < %(until)s THEN ticket.resolved_at END
FROM tickets_ticket AS ticket
WHERE ticket.contract_id = ANY(%(contracts)s) AND ticket.opened_at >= %(start)s AND ticket.opened_at < %(until)s
ORDER BY ticket.opened_at DESC, ticket.id DESC LIMIT {most}
"""


def records(span: Span, products: Mapping[int | None, Words]) -> tuple[Record, ...]:
    """Return the latest tickets of a span, the newest first."""
    zone = ZoneInfo(span.zone)
    channels, categories, statuses = _labels(Channel), _labels(Category), _labels(Status)
    return tuple(
        Record(
            number=number, opened_on=_day(opened_at, zone), entrance=channels[channel], category=categories[category],
            product=products.get(product, EMPTY), subject=subject, status=statuses[status],
            resolved_on=_day(resolved_at, zone) if resolved_at else None,
        )
        for number, opened_at, channel, category, product, subject, status, resolved_at
        in rows(LATEST.format(most=MOST), span)
    )  # fmt: skip


def _labels(codes: type[Channel] | type[Category] | type[Status]) -> dict[str, Words]:
    return {one.value: both(partial(str, one.label)) for one in codes}


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
