"""Take tickets that nobody else holds, for work that can wait: milestones before tickets, like everybody."""

from collections.abc import Collection

from sla.models import Milestone
from tickets.models import Ticket


def lock_free(keys: Collection[int]) -> set[int]:
    """Lock those of these tickets, each with all its milestones, that nobody else holds; wait for none.

    Return the keys of those that are ours now. Call inside atomic.
    """
    milestones = Milestone.objects.filter(clock__ticket_clock__ticket__in=keys)
    ours = set(milestones.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    busy = {ticket for pk, ticket in milestones.values_list("pk", "clock__ticket_clock__ticket") if pk not in ours}
    free = Ticket.objects.filter(pk__in=set(keys) - busy).select_for_update(skip_locked=True)
    return set(free.values_list("pk", flat=True))
