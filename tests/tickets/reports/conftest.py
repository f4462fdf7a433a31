"""A quarter of one customer, small enough to be reckoned by hand."""

from datetime import date
from typing import Any

import pytest

from sla.models import Milestone
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Category, Channel, Ticket
from tickets.reports.span import Span, span_of

FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)
# Half a working day of 8:30-12:00 and 13:00-17:30 is four hours: what is asked at nine is due at two.
PAUSE = [{"start": "2026-09-29T02:00:00+00:00", "end": None, "cause": "customer"}]


@pytest.fixture
def quarter(world: World) -> World:
    """Return the world after the third quarter of 2026 with ten tickets of the Kingdee customer.

    Before it: one answered in time (June), one asked at 16:30 of 30 June. Within: see `lived`.
    """
    lived(world)
    return world


def asked(world: World, at: str, subject: str, **more: Any) -> Ticket:
    return world.open_ticket(subject, side=world.kingdee, at=at, **more)


def reply(world: World, ticket: Ticket, at: str) -> None:
    actions.reply(ticket=ticket, body="请看附图。", actor=world.agent, at=beijing(at))


def lived(world: World) -> None:
    """Let ten tickets be lived through; what each comes to stands beside it."""
    june = asked(world, "2026-06-30 09:00", "收款单无法审核")
    reply(world, june, "2026-06-30 10:00")  # kept in June, open until the end
    edge = asked(world, "2026-06-30 16:30", "接口超时")  # one hour in June, three in July: due 1 July 11:30
    reply(world, edge, "2026-07-01 11:30")  # kept on the very instant: four hours

    how_to = {"category": Category.HOW_TO, "module": "总账"}
    kept = asked(world, "2026-07-01 09:00", "月末结账报错", channel=Channel.HOTLINE, **how_to)
    reply(world, kept, "2026-07-01 10:00")  # kept: one hour
    late = asked(world, "2026-07-02 09:00", "凭证断号", channel=Channel.IM, category="how_to", module=" 总账 ")
    reply(world, late, "2026-07-02 15:00")  # missed: due 14:00, five hours
    actions.resolve(ticket=late, body="已修复。", actor=world.agent, at=beijing("2026-07-03 10:00"))
    actions.reopen(ticket=late, body="", actor=world.agent, at=beijing("2026-07-20 10:00"))
    asked(world, "2026-07-03 09:00", "结账月末报错", module="应付")  # missed, and nobody has answered yet
    silent = asked(world, "2026-07-06 09:00", "报表取数慢")
    actions.resolve(ticket=silent, body="", actor=world.agent, at=beijing("2026-07-06 10:00"))  # without a word
    closed = asked(world, "2026-07-07 09:00", "提错了")
    actions.close(ticket=closed, actor=world.agent, at=beijing("2026-07-07 10:00"))  # called off
    merged = asked(world, "2026-07-08 09:00", "月末结账报错 2")
    actions.merge(
        ticket=merged, into=kept, actor=world.agent, at=beijing("2026-07-08 09:30")
    )  # called off, not counted
    paused = asked(world, "2026-09-29 09:00", "打印错位")
    run = Milestone.objects.filter(clock__ticket_clock__ticket=paused)
    run.update(state="paused", due_at=None, next_step_at=None, pauses=PAUSE)
    asked(world, "2026-09-30 16:30", "审批流卡住")  # running at the end


def quarter_of(world: World, first: date = FIRST, last: date = LAST) -> Span:
    """Return a span of the Kingdee customer's contract."""
    return span_of([world.kingdee.contract.pk], "Asia/Shanghai", first, last)
