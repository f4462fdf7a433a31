"""Pages of the queue that stay right while it moves: each begins after a row, not at a count."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from sla.api.problems import ProblemError
from tickets.models import Ticket

SIZE, LARGEST = 50, 200
PARAMETERS = ("cursor", "page_size")


@dataclass(frozen=True, slots=True)
class Place:
    """Between which rows a page begins: after (or, going back, before) the row with these values."""

    due_at: datetime | None
    opened_at: datetime
    pk: int
    is_back: bool

    @classmethod
    def of(cls, ticket: Ticket, *, is_back: bool) -> "Place":
        """Return the place at a ticket."""
        return cls(ticket.next_due_at, ticket.opened_at, ticket.pk, is_back)

    def written(self) -> str:
        """Return this place as a cursor."""
        due = self.due_at.isoformat() if self.due_at else None
        return urlsafe_b64encode(json.dumps([due, self.opened_at.isoformat(), self.pk, self.is_back]).encode()).decode()

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """Return the place that a cursor names. Raises ProblemError 400 for what is no cursor of ours."""
        try:
            due, opened, pk, is_back = json.loads(urlsafe_b64decode(cursor.encode()))
            due_at = datetime.fromisoformat(due) if due is not None else None
            return cls(due_at, datetime.fromisoformat(opened), int(pk), bool(is_back))
        except (binascii.Error, ValueError, TypeError) as error:
            raise ProblemError("bad_cursor", _("页码无效。"), status=HTTPStatus.BAD_REQUEST) from error

    @property
    def beyond(self) -> Q:
        """Return what the rows of the page have in common: they lie beyond this place, undated ones last."""
        later = "lt" if self.is_back else "gt"
        tied = Q(**{f"opened_at__{later}": self.opened_at}) | Q(opened_at=self.opened_at, **{f"pk__{later}": self.pk})
        if self.due_at is None:
            undated = Q(next_due_at=None) & tied
            return undated | Q(next_due_at__isnull=False) if self.is_back else undated
        dated = Q(**{f"next_due_at__{later}": self.due_at}) | Q(next_due_at=self.due_at) & tied
        return dated if self.is_back else dated | Q(next_due_at=None)


class QueuePages(BasePagination):
    """Pages in the order of the queue: what is due next comes first."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        size = page_size(request)
        cursor = request.query_params.get("cursor")
        place = Place.read(cursor) if cursor else None
        rows = list(_rows(queryset, place)[: size + 1])
        has_more, rows = len(rows) > size, rows[:size]
        is_back = place is not None and place.is_back
        if is_back:
            rows.reverse()
        self.has_next = has_more if not is_back else True
        self.has_previous = place is not None and (has_more if is_back else True)
        self.rows = rows
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(is_back=False), "previous": self._link(is_back=True), "results": data})

    def _link(self, *, is_back: bool) -> str | None:
        if not self.rows or not (self.has_previous if is_back else self.has_next):
            return None
        edge = self.rows[0] if is_back else self.rows[-1]
        here = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return str(replace_query_param(here, "cursor", Place.of(edge, is_back=is_back).written()))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        text = {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}}
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": SIZE}
        return [text, {"name": "page_size", "in": "query", "required": False, "schema": size}]


def page_size(request: Request) -> int:
    """Return how many rows are asked for. Raises ProblemError 400 for what is no such number."""
    asked = request.query_params.get("page_size", str(SIZE))
    if not asked.isdecimal() or not 1 <= int(asked[:9]) <= LARGEST:
        message = _("page_size 是 1 到 %(limit)s 的整数。") % {"limit": LARGEST}
        raise ProblemError("bad_page_size", message, status=HTTPStatus.BAD_REQUEST)
    return int(asked)


def _rows(queryset: QuerySet[Any], place: Place | None) -> QuerySet[Any]:
    if place is None or not place.is_back:
        ordered = queryset.order_by(F("next_due_at").asc(nulls_last=True), "opened_at", "pk")
    else:
        ordered = queryset.order_by(F("next_due_at").desc(nulls_first=True), "-opened_at", "-pk")
    return ordered.filter(place.beyond) if place else ordered
