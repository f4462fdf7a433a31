"""Every kind of endpoint under one name: how its message is written, and how it is sent."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from plans.sealing import UnopenedError
from tickets.channels import dingtalk, feishu, robot, webhook, wecom
from tickets.channels.base import BusyError, ChannelError, GoneError
from tickets.channels.webhook import Answer, Call
from tickets.models import DeliveryTry, WebhookEndpoint
from tickets.telling.cards import Card

Kind = WebhookEndpoint.Kind
Outcome = DeliveryTry.Outcome
OUTCOMES: Mapping[type[ChannelError], Outcome] = {GoneError: Outcome.REFUSED, BusyError: Outcome.BUSY}
ROBOTS = {Kind.WECOM: wecom.ROBOT, Kind.DINGTALK: dingtalk.ROBOT, Kind.FEISHU: feishu.ROBOT}


def written_by(kind: str, card: Card) -> bytes:
    """Return what a kind of robot writes."""
    return robot.render(ROBOTS[Kind(kind)], card)


def send(call: Call) -> Answer:
    """Send one message as its endpoint takes it. Raises ChannelError."""
    try:
        if call.endpoint.is_robot:
            return robot.send(ROBOTS[Kind(call.endpoint.kind)], call)
        return webhook.send(call)
    except UnopenedError as error:
        raise ChannelError(error.message, permanent=False) from error


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one call went: what was answered, or why nothing was, and the milliseconds it took."""

    answer: Answer | None
    error: ChannelError | None
    ms: int

    @property
    def outcome(self) -> Outcome:
        """Return how it went in a word."""
        if self.error is None:
            return Outcome.SENT
        return OUTCOMES.get(type(self.error)) or (Outcome.REFUSED if self.error.permanent else Outcome.FAILED)

    @property
    def status(self) -> int | None:
        """Return the status of HTTP, None where nothing was answered."""
        return self.answer.status if self.answer else self.error.status if self.error else None

    @property
    def said(self) -> str:
        """Return the head of what was answered, else why nothing was."""
        if self.answer:
            return self.answer.said
        return (self.error.said or str(self.error)) if self.error else ""


def attempt(call: Call) -> Attempt:
    """Make one call, whatever comes of it. Touches no database."""
    began = time.monotonic()
    answer, error = None, None
    try:
        answer = send(call)
    except ChannelError as raised:
        error = raised
    return Attempt(answer, error, int((time.monotonic() - began) * 1000))
