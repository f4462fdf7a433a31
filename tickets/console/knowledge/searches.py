"""What customers look for: how much is answered without a ticket, and what is still to be written. Source: Y01"""

from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from tickets.console.guard import Reader, agents_only
from tickets.console.knowledge.nav import knowledge_page
from tickets.knowledge.figures import Deflection, deflection, misses
from tickets.models.knowledge import WRITERS

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


@require_safe
@agents_only
def searches_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the last months of searches, and what was looked for in vain; partners do not read what customers type."""
    if reader.user.role not in WRITERS:
        raise PermissionDenied
    start = localtime(reader.at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    firsts = [start - relativedelta(months=back) for back in range(MONTHS)]
    months = [Month(first, deflection(first, first + relativedelta(months=1))) for first in firsts]
    context = {
        "months": months,
        "whole": Month(firsts[-1], deflection(firsts[-1], reader.at)),
        "misses": misses(firsts[-1], reader.at),
    }
    return knowledge_page(request, reader, ("searches", "console/knowledge/searches.html"), context)


urlpatterns = [path("searches/", searches_page, name="searches")]
