"""What a list of tickets can be narrowed to; nothing else of a query reaches the database."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters

from sla.api.problems import ProblemError
from tickets.api.pages import PARAMETERS
from tickets.channels.base import parse_instant
from tickets.models import Channel, Status, Ticket

NOBODY = "none"
ORDERS = [("due_at", "due_at")]


class TicketFilter(filters.FilterSet):
    """Filters of the list; several values of one are joined by commas."""

    status = filters.MultipleChoiceFilter(choices=Status.choices)
    channel = filters.MultipleChoiceFilter(choices=Channel.choices)
    team = filters.CharFilter(field_name="team__code", max_length=40)
    assignee = filters.CharFilter(method="of_assignee", max_length=150, help_text="username, or `none`")
    plan = filters.CharFilter(field_name="contract__plan__code", max_length=64)
    due_before = filters.CharFilter(method="due_by", max_length=40, help_text="ISO 8601 with an offset")
    # There is one order; who names it, in either usual word, is not refused.
    order = filters.ChoiceFilter(choices=ORDERS, method="in_order")
    ordering = filters.ChoiceFilter(choices=ORDERS, method="in_order")

    class Meta:
        model = Ticket
        fields = ["status", "team", "assignee", "plan", "channel", "due_before"]

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(_split(data), *args, **kwargs)
        unknown = set(data or {}) - set(self.base_filters) - set(PARAMETERS)
        if unknown:
            message = _("不能按 %s 筛选。") % min(unknown)[:80]
            raise ProblemError("unknown_filter", message, status=HTTPStatus.BAD_REQUEST)

    def of_assignee(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        """Narrow to tickets of one person, or of nobody."""
        return queryset.filter(assignee=None) if value == NOBODY else queryset.filter(assignee__username=value)

    def in_order(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        """Return the tickets as they are: pages come in the order of what is due next."""
        return queryset

    def due_by(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        """Narrow to tickets that something is due on before an instant."""
        at = parse_instant(value.replace(" ", "+"))
        if at is None:
            message = _("时间必须是带时区偏移的 ISO 8601，例如 2026-09-28T09:30:00+08:00。")
            errors = [{"field": "due_before", "code": "invalid", "message": message}]
            raise ProblemError("invalid", message, errors=errors)
        return queryset.filter(next_due_at__lt=at)


def _split(query: Any) -> Any:
    """Return the query with values that are joined by commas taken apart."""
    if query is None or not hasattr(query, "setlist"):
        return query
    split = query.copy()
    for name in ("status", "channel"):
        if name in split:
            split.setlist(name, [part for value in split.getlist(name) for part in value.split(",") if part])
    return split
