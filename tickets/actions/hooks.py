"""Keep what another program's webhook brought before it is read, then do what it tells of, once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from django.db import transaction

from plans.models import ApiKey
from sla.refusals import ActionRefusedError
from tickets.actions import monitoring
from tickets.actions.board import forum
from tickets.actions.calls import hearing
from tickets.actions.mail import hearing as mail_hearing
from tickets.channels.base import MalformedError
from tickets.channels.hook import Asked, Happening, Hook, Outcome, Verdict
from tickets.channels.registry import HOOKS
from tickets.models import InboundEvent

State = InboundEvent.State
Taker = Callable[[InboundEvent, list[Happening], datetime], Outcome]
# What does the work of each form, inside the transaction that settles the event.
TAKERS: dict[str, Taker] = {
    **dict.fromkeys(("twilio", "tencent", "huawei-cec"), hearing.take),
    "discourse": forum.take,
    "mail": mail_hearing.take,
    "alertmanager": monitoring.take,
}
SETTLED_AS = {Verdict.TAKEN: State.ACCEPTED, Verdict.PASSED: State.PASSED}
NONE_OF_OURS = "none of ours"
METHOD, QUERY, TYPE = ":method", ":query", "content-type"


def keep(*, hook: Hook, request: Asked, api_key: ApiKey | None, query: str, refused: str, at: datetime) -> InboundEvent:
    """Keep a request's bytes and return their row; `refused` says why it is not to be read, blank when it is."""
    told = {name: request.headers[name] for name in hook.keeps if name in request.headers}
    return InboundEvent.objects.create(
        channel=hook.channel,
        adapter=hook.key,
        headers=told | {METHOD: request.method, QUERY: query[:2000]},
        api_key=api_key,
        raw=request.body,
        content_type=request.headers.get(TYPE, "")[:120],
        received_at=at,
        state=State.REFUSED if refused else State.RECEIVED,
        taken_at=at if refused else None,
        error=refused[:400],
    )


def take(*, event: InboundEvent, at: datetime) -> Outcome:
    """Do what a kept request tells of, in one transaction, and return what became of it.

    Taken again, even at the same time, it does nothing. What cannot be read or done is settled as refused.
    """
    try:
        return _taken(event.pk, at)
    except (MalformedError, ActionRefusedError) as refusal:
        ways_on = refusal.ways_on if isinstance(refusal, ActionRefusedError) else ()
        outcome = Outcome(Verdict.REFUSED, " ".join([str(refusal), *map(str, ways_on)]))
        _settle(event, outcome, at)
        return outcome


@transaction.atomic
def _taken(pk: int, at: datetime) -> Outcome:
    event = InboundEvent.objects.select_for_update(of=("self",)).select_related("api_key").get(pk=pk)
    if event.state != State.RECEIVED:
        return Outcome(Verdict.TAKEN)
    options = event.api_key.options if event.api_key else {}
    happenings = HOOKS[event.adapter].read(asked_again(event), options)
    outcome = TAKERS[event.adapter](event, happenings, at) if happenings else Outcome(Verdict.PASSED, NONE_OF_OURS)
    _settle(event, outcome, at)
    return outcome


def asked_again(event: InboundEvent) -> Asked:
    """Return a kept request as it came, but for its address and the headers that nobody needs to read it."""
    kept: Mapping[str, str] = event.headers
    headers = {name: value for name, value in kept.items() if not name.startswith(":")}
    return Asked(
        method=kept.get(METHOD, "POST"),
        url="",
        headers=headers | {TYPE: event.content_type},
        query=_query(kept.get(QUERY, "")),
        body=bytes(event.raw),
    )


def _query(said: str) -> dict[str, str]:
    return dict(parse_qsl(said, keep_blank_values=True))


def _settle(event: InboundEvent, outcome: Outcome, at: datetime) -> None:
    """Write what became of an event; one that has to wait stays as it is."""
    if outcome.verdict == Verdict.LATER:
        return
    event.state = SETTLED_AS.get(outcome.verdict, State.REFUSED)
    event.taken_at = at
    event.error = "" if outcome.verdict == Verdict.TAKEN else outcome.message[:400]
    event.save(update_fields=["state", "taken_at", "error", "external_id", "ticket"])
