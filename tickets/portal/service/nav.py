"""The tabs of a customer's contract; each subject adds its line here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from plans.models import Contract
from plans.terms import standing_of
from plans.updates.policies import has_updates
from tickets.portal.guard import contact_in
from tickets.portal.service.guard import contracts_of


@dataclass(frozen=True)
class Tab:
    """One page of a contract: `route` is its url's name inside portal:service, which takes the number."""

    route: str
    name: LazyText
    # Whether a contract has such a page; every one, unless said otherwise.
    applies: Callable[[Contract], bool] | None = None


TABS = [
    Tab("contract", pgettext_lazy("tab", "概览")),
    Tab("rights", pgettext_lazy("tab", "权益")),
    Tab("owed", pgettext_lazy("tab", "按期服务")),
    Tab("engagements", pgettext_lazy("tab", "服务交付")),
    Tab("deliverables", pgettext_lazy("tab", "交付物")),
    Tab("reports", pgettext_lazy("tab", "服务报告")),
    Tab("updates", pgettext_lazy("tab", "产品更新"), has_updates),
    Tab("plan", pgettext_lazy("tab", "计划对照")),
]


def service_page(
    request: HttpRequest,
    contract: Contract,
    at: datetime,
    page: tuple[str, str],
    context: dict[str, Any],
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return a page of one contract in its frame; `page` is its tab's route and its template."""
    frame = {
        "page": "service",
        "contract": contract,
        "contact": contact_in(request),
        "contracts": contracts_of(contact_in(request)).select_related("plan"),
        "standing": standing_of(contract, at),
        "tabs": [
            {
                "url": reverse(f"portal:service:{tab.route}", args=[contract.number]),
                "name": tab.name,
                "is_current": tab.route == page[0],
            }
            for tab in TABS
            if not tab.applies or tab.applies(contract)
        ],
        "now": at,
    }
    return render(request, page[1], {**frame, **context}, status=status)
