"""Letters about coverage: that one of us decided otherwise than the plan."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tickets.models import Delivery
from tickets.models.decisions import Outcome
from tickets.showing.names import names_in
from tickets.telling.letters import Letter, to_us
from tickets.telling.occasions import Occasion


def _overridden(occasion: Occasion) -> Letter:
    """Return to a lead who decided what in the plan's place, and why."""
    event = occasion.delivery.event
    if event is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} has no event.")
    outcomes = dict(Outcome.choices)
    words = {
        "who": names_in([event], []).actor(event),
        "was": outcomes.get(event.fields["outcome"]["from"], ""),
        "now": outcomes.get(event.fields["outcome"]["to"], ""),
    }
    line = _("%(who)s 把服务范围由“%(was)s”改判为“%(now)s”，理由：") % words
    return to_us(occasion, pgettext("subject", "改判服务范围"), (line,), str(event.fields.get("reason", "")))


WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {Delivery.Kind.OVERRIDDEN: _overridden}
