"""The tabs of a contract and the pages of the whole area; each subject adds its line here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from plans.catalogue.versions import has_newer
from plans.models import Contract, User
from plans.terms import standing_of
from plans.updates.policies import has_updates
from tickets.console.accounts.guard import SEE_ALL, may_amend, may_write
from tickets.console.guard import Reader
from tickets.console.rail import rail
from tickets.console.rows import Seal
from tickets.console.views import shown


@dataclass(frozen=True)
class Entry:
    """One page to go to: `route` is its url's name inside console:accounts, or a whole one from outside of it."""

    route: str
    name: LazyText
    icon: str = ""
    # Whether a contract has such a page; every one, unless said otherwise.
    applies: Callable[[Contract], bool] | None = None
    # Whether it is for leads, managers and administrators alone.
    is_for_leads: bool = False


# Pages of all the reader's accounts together, beside the list.
DESK = [
    Entry("list", pgettext_lazy("accounts", "客户与合同"), "document"),
    Entry("calendar", pgettext_lazy("accounts", "应交日历"), "calendar"),
    Entry("engagement_desk", pgettext_lazy("accounts", "服务交付"), "person"),
    Entry("sign_offs", pgettext_lazy("accounts", "签字确认"), "edit"),
    Entry("gatherings", pgettext_lazy("accounts", "活动与认证"), "gift"),
    Entry("updates_desk", pgettext_lazy("accounts", "更新日历"), "calendar"),
    Entry("console:coverage", pgettext_lazy("accounts", "范围判定"), "kept", is_for_leads=True),
    Entry("console:catalogue", pgettext_lazy("accounts", "计划目录"), "rules"),
]
# Pages of one contract; each takes its number.
TABS = [
    Entry("contract", pgettext_lazy("tab", "概览")),
    Entry("rights", pgettext_lazy("tab", "权益")),
    Entry("owed", pgettext_lazy("tab", "应交服务")),
    Entry("engagements", pgettext_lazy("tab", "服务交付")),
    Entry("deliverables", pgettext_lazy("tab", "交付物")),
    Entry("reports", pgettext_lazy("tab", "服务报告")),
    Entry("updates", pgettext_lazy("tab", "产品更新"), applies=has_updates),
    Entry("upgrade", pgettext_lazy("tab", "新版本"), applies=has_newer),
    Entry("history", pgettext_lazy("tab", "变更历史")),
]


def desk_page(
    request: HttpRequest, reader: Reader, page: tuple[str, str], context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return a page of all accounts in the area's frame; `page` is its entry's route and its template."""
    route, template = page
    desk = [one for one in DESK if not one.is_for_leads or reader.user.role in SEE_ALL]
    frame = {"desk": _links(desk, route), "may_amend": may_amend(reader.user), "now": reader.at}
    return shown(request, template, {**rail(reader, None), "in_accounts": True, **frame, **context}, status)


def account_page(
    request: HttpRequest,
    contract: Contract,
    at: datetime,
    page: tuple[str, str],
    context: dict[str, Any],
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return a page of one contract in its frame; `page` is its tab's route and its template."""
    user = cast(User, request.user)
    frame = {
        "contract": contract,
        "seal": Seal.of(contract.plan),
        "standing": standing_of(contract, at),
        "tabs": _links([tab for tab in TABS if not tab.applies or tab.applies(contract)], page[0], contract.number),
        "may_write": may_write(user, contract),
    }
    return desk_page(request, Reader(user, at), ("list", page[1]), {**frame, **context}, status)


def _links(entries: list[Entry], current: str, *about: str) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse(one.route if ":" in one.route else f"console:accounts:{one.route}", args=about),
            "name": one.name,
            "icon": one.icon,
            "is_current": one.route == current,
        }
        for one in entries
    ]
