"""Hear what a switchboard tells of calls: keep it, fold it, and have everybody see it. Source: Y08, K08"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from tickets.actions.calls.folding import Folded, Told, fold
from tickets.actions.calls.owing import catch_up_with
from tickets.actions.calls.placing import agent_with, settle_in
from tickets.channels.hook import Happening, Outcome, Verdict
from tickets.live.telling import tell
from tickets.models import Call, CallEvent, InboundEvent

NEXT = "SELECT nextval(pg_get_serial_sequence('tickets_call', 'id'))"
# A switchboard whose clock is further ahead, or further behind, than this is not believed.
AHEAD, BEHIND = timedelta(minutes=5), timedelta(days=31)
# No phone rings, and nobody talks, longer than this: its end was lost on the way.
RINGS, TALKS = timedelta(minutes=30), timedelta(hours=6)
FOLDED = ("state", "rang_at", "answered_at", "ended_at", "direction", "caller", "called", "menu", "transcript")
PLACED = ("vendor", "tenant", "product", "contact", "customer", "contract", "agent", "extension", "recording_url")


def take(event: InboundEvent, happenings: list[Happening], at: datetime) -> Outcome:
    """Take what a webhook told of one call or of many; told again, or in another order, it comes to the same."""
    # Calls are locked in one order, whoever tells of them.
    codes = [_hear(event, call, happenings, at) for call in sorted({one.external_id for one in happenings})]
    event.external_id = happenings[0].external_id[:128]
    return Outcome(Verdict.TAKEN, fields={"calls": codes})


def _hear(event: InboundEvent, name: str, happenings: Iterable[Happening], at: datetime) -> str:
    ours = [one for one in happenings if one.external_id == name]
    call = _found(event, name, ours)
    before = _shown(call) if call.events.exists() else None
    rows = [_row(call, event, one) for one in ours]
    CallEvent.objects.bulk_create(rows, ignore_conflicts=True)
    _fold(call)
    settle_in(call, event.api_key, at)
    call.save(update_fields=[*FOLDED, *PLACED])
    catch_up_with(call, at)
    if _shown(call) != before:
        announce(call)
    return call.code


def _shown(call: Call) -> tuple[Any, ...]:
    """Return what consoles show of a call that goes on."""
    return call.state, call.agent_id, call.extension, call.contact_id, call.menu, call.tenant, len(call.transcript)


def _found(event: InboundEvent, name: str, ours: list[Happening]) -> Call:
    """Return a call that this switchboard tells of, locked; made with the first word of it."""
    scope = str(event.api_key.series) if event.api_key else ""
    known = {"adapter": event.adapter, "scope": scope, "external_id": name[:128]}
    locked = Call.objects.select_for_update(of=("self",)).filter(**known)
    found = locked.first()
    if found:
        return found
    begun = min(_when(one, event) for one in ours)
    pk = next_key()
    fresh = Call(pk=pk, code=code_of(pk, begun), rang_at=begun, **known)
    Call.objects.bulk_create([fresh], ignore_conflicts=True)
    return locked.get()


def next_key() -> int:
    """Return the key of the next call."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        (pk,) = cursor.fetchone()
    return int(pk)


def code_of(pk: int, at: datetime) -> str:
    """Return what a call is called."""
    return f"TEL-{at.year}-{pk:06d}"


def _when(one: Happening, event: InboundEvent) -> datetime:
    """Return when something happened: as told, unless it is told of the future or of long ago; else when it came."""
    came = event.received_at
    return one.at if one.at and -BEHIND <= one.at - came <= AHEAD else came


def _row(call: Call, event: InboundEvent, one: Happening) -> CallEvent:
    return CallEvent(
        call=call, kind=one.kind, key=one.key[:128], at=_when(one, event), fields=dict(one.fields), inbound=event
    )


def refolded(call: Call) -> Folded:
    """Return how a call stands by all that was ever told of it."""
    told = call.events.values_list("kind", "key", "at", "fields")
    return fold(Told(kind, key, at, fields) for kind, key, at, fields in told)


def _fold(call: Call) -> None:
    """Have a call stand as all that was told of it says; unsaved."""
    folded, before = refolded(call), call.extension
    for name in FOLDED:
        setattr(call, name, getattr(folded, name))
    call.extension, call.recording_url = folded.extension[:80], folded.recording_url[:800]
    # Who wrote the call down took it, whatever the switchboard calls them; who left since took it too.
    if not call.noted_at:
        call.agent = (call.agent if call.extension == before else None) or agent_with(call.extension)


def end_lost(*, at: datetime, limit: int = 100) -> int:
    """End calls of whose end nobody told, and return how many: who rang in vain is owed a call all the same.

    What is told later after all counts as it does in any order.
    """
    lost = Call.objects.lost(at - RINGS, at - TALKS).order_by("rang_at").values_list("pk", flat=True)
    return sum(_end(pk, at) for pk in list(lost[:limit]))


@transaction.atomic
def _end(pk: int, at: datetime) -> bool:
    call = Call.objects.live().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if call is None:
        return False
    ended_at = call.answered_at + TALKS if call.answered_at else call.rang_at + RINGS
    told = CallEvent(call=call, kind=CallEvent.Kind.ENDED, key="lost", at=ended_at, fields={"reason": "lost"})
    CallEvent.objects.bulk_create([told], ignore_conflicts=True)
    _fold(call)
    call.save(update_fields=[*FOLDED, *PLACED])
    catch_up_with(call, at)
    announce(call)
    return True


def announce(call: Call) -> None:
    """Tell open consoles of a call: the agent whom it rings, and the vendor's desk."""
    news = {"kind": "call", "call": call.code}
    tell(f"desk:{call.vendor}", news)
    if call.agent_id:
        tell(f"agent:{call.agent_id}", news)
