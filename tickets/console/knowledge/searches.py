"""What customers look for: how much is answered without a ticket, and what is still to be written. Source: Y01"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.gaps import Missed, close_gap
from tickets.console.guard import Reader, agents_only
from tickets.console.knowledge.nav import knowledge_page
from tickets.knowledge.figures import Deflection, deflection, misses, settled
from tickets.models.knowledge import WRITERS, Search

MONTHS = 6


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the searches of one month."""

    first: datetime
    figures: Deflection

    @property
    def percent(self) -> str:
        rate = self.figures.rate
        return "—" if rate is None else f"{rate:.0%}"


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def searches_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the last months of searches, and what was looked for in vain, or settle one of those.

    Partners do not read what customers type.
    """
    if reader.user.role not in WRITERS:
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, reader)
    said = request.POST
    missed = Missed(said.get("vendor", ""), said.get("words", ""))
    try:
        close_gap(
            missed=missed, number=said.get("number", ""), why=said.get("why", ""), actor=reader.user, at=reader.at
        )
    except ActionRefusedError as refusal:
        return _page(request, reader, {"refusal": refusal, "refused": said})
    messages.success(request, _("缺口已关闭；再有人找不到，会重新打开。"))
    return redirect("console:knowledge:searches")


def _page(request: HttpRequest, reader: Reader, more: Mapping[str, Any] | None = None) -> HttpResponse:
    start = localtime(reader.at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    firsts = [start - relativedelta(months=back) for back in range(MONTHS)]
    months = [Month(first, deflection(first, first + relativedelta(months=1))) for first in firsts]
    context = {
        "months": months,
        "whole": Month(firsts[-1], deflection(firsts[-1], reader.at)),
        "bot": Month(firsts[-1], deflection(firsts[-1], reader.at, Search.Place.BOT)),
        "misses": misses(firsts[-1], reader.at),
        "settled": settled(),
        **(more or {}),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if more else HTTPStatus.OK
    return knowledge_page(request, reader, ("searches", "console/knowledge/searches.html"), context, status)


urlpatterns = [path("searches/", searches_page, name="searches")]
