"""Run the hops of the dispatch for a while, and say that they ran."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from socket import gethostname

from plans.actions import obligations, quotas
from plans.actions.dated import due as turn_agreements
from plans.actions.engagements.recalling import remind_next_day
from plans.actions.updates import following as updates
from sla.changing.recomputing import recompute_due
from sla.changing.replanning import replan_due
from sla.clock import database_now
from sla.firing import fire_due
from sla.models import Heartbeat
from tickets.actions.ticket import resume_due
from tickets.rounds.account_escalations import act_on_accounts
from tickets.rounds.account_moves import tell_account_moves
from tickets.rounds.account_notices import tell_accounts
from tickets.rounds.amendments import follow_amendments
from tickets.rounds.board import follow_questions, post_back
from tickets.rounds.calling import call_webhooks
from tickets.rounds.chats import look_after_chats
from tickets.rounds.delivering import deliver
from tickets.rounds.escalations import act
from tickets.rounds.moves import tell_moves
from tickets.rounds.sign_offs import follow_sign_offs
from tickets.rounds.talk_escalations import act_on_talks, forget_moves

# Seconds: a tick that works longer would keep the next ones waiting.
TICK = 4.0
# A second beat's tick so soon after a sweep that found nothing need not look again.
JUST_SWEPT = timedelta(seconds=0.5)
SWEPT = "swept"


def sweep(*, later_than: timedelta = timedelta(), within: float = TICK) -> bool:
    """Fire what is due and act on it until nothing is left or time is up; tell whether nothing is left.

    Between two small batches of actions everything due is fired first: mail and ledger never delay a clock. What a
    changed calendar or policy moves comes last.
    """

    def tickets() -> int:
        _until_empty(lambda: fire_due(later_than=later_than), within)
        done = act(later_than=later_than) + act_on_talks(later_than=later_than)
        done += resume_due(at=database_now() - later_than) + look_after_chats(at=database_now() - later_than)
        done += follow_amendments(later_than=later_than)
        done += recompute_due(later_than=later_than) + replan_due(later_than=later_than)
        return done + tell_moves(later_than=later_than) + forget_moves(at=database_now() - later_than)

    def accounts() -> int:
        at = database_now() - later_than
        done = act_on_accounts(later_than=later_than) + obligations.due(at=at) + quotas.due(at=at)
        done += turn_agreements(later_than=later_than) + remind_next_day(at=at)
        done += tell_account_moves(later_than=later_than) + follow_sign_offs(at=at, later_than=later_than)
        done += updates.due(at=at) + follow_questions(later_than=later_than)
        return done + tell_accounts(later_than=later_than)

    # What contracts owe is counted in days: it has its turn once a tick, after the tickets.
    return _until_empty(tickets, within) & _until_empty(accounts, within)


def send_mail(*, later_than: timedelta = timedelta(), within: float = TICK) -> bool:
    """Send what is queued until nothing is left or time is up; tell whether nothing is left."""
    stop_at = time.monotonic() + within
    return _until_empty(lambda: deliver(later_than=later_than, within=stop_at - time.monotonic()), within)


def call_programs(*, later_than: timedelta = timedelta(), within: float = TICK) -> bool:
    """Call the programs that are to be told until nothing is left or time is up; tell whether nothing is left."""
    stop_at = time.monotonic() + within
    told = _until_empty(lambda: call_webhooks(later_than=later_than, within=stop_at - time.monotonic()), within)
    return told & _until_empty(lambda: post_back(later_than=later_than), within)


def _until_empty(work: Callable[[], int], within: float) -> bool:
    stop_at = time.monotonic() + within
    while work():
        if time.monotonic() >= stop_at:
            return False
    return True


def beat_hearts(*kinds: str, at: datetime) -> None:
    """Note that kinds of process on this host have just done their work."""
    note_hearts(Heartbeat(kind=kind, host=gethostname()[:120], at=at) for kind in kinds)


def note_hearts(beats: Iterable[Heartbeat]) -> None:
    """Keep the latest heartbeat of each kind and host."""
    Heartbeat.objects.bulk_create(
        beats, update_conflicts=True, unique_fields=["kind", "host"], update_fields=["at", "note"]
    )


def just_swept(at: datetime) -> bool:
    """Tell whether a sweep, whoever's it was, has just ended with nothing left."""
    return Heartbeat.objects.filter(kind=SWEPT, at__gt=at - JUST_SWEPT, at__lte=at).exists()
