"""A report as a value, with as little in it as can be, to be filled as a test wants it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sla.models.policies import Metric
from tickets.reports.shape import (
    FORM,
    Area,
    Count,
    Head,
    Kind,
    OwedLine,
    Period,
    Promise,
    Repeated,
    Report,
    RightLine,
    System,
    Tickets,
    Words,
)

NONE = Words("", "")
FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)


def named(text: str) -> Words:
    return Words(text, text)


def report(**more: Any) -> Report:
    """Return a report of nothing, with what is said."""
    period = Period(FIRST, LAST, LAST, False, None, None, datetime(2026, 10, 9, tzinfo=UTC))
    head = Head(named("星河"), "c-1", "C-1", named("高级"), date(2026, 1, 1), date(2026, 12, 31), "Asia/Shanghai", ())
    empty: dict[str, Any] = dict.fromkeys((
        "sections", "summary", "headlines", "notes", "systems", "channels", "voices", "promises", "categories",
        "areas", "repeated", "rights", "delivered", "owed", "advice",
    ), ())  # fmt: skip
    kind = Kind("service", named("报告"), "K13", NONE, "customer")
    return Report(
        form=FORM, kind=kind, head=head, period=period, tickets=more.pop("tickets", tickets()), **empty | more
    )


def tickets(opened: int = 0, **more: Any) -> Tickets:
    usual = Tickets(0, opened, 0, 0, 0, 0, None, None, 0, ())
    return replace(usual, **more)


def count(code: str, count: int, share: float | None = None, previous: int | None = None) -> Count:
    return Count(code, named(code), count, share, previous)


def promise(kept: int = 0, missed: int = 0, metric: str = Metric.FIRST_RESPONSE, **more: Any) -> Promise:
    judged = kept + missed
    usual = Promise(
        metric, Words("首次响应", "First response"), "K02", NONE, NONE, judged, kept, missed, 0, 0, 0, 0, 0,
        round(kept / judged, 4) if judged else None, None, None, None, 0, (),
    )  # fmt: skip
    return replace(usual, **more)


def area(module: str, count: int, share: float | None = None, previous: int | None = None) -> Area:
    return Area(named("星空"), module, count, share, previous, round(count / previous, 4) if previous else None)


def repeated(subject: str, count: int) -> Repeated:
    return Repeated(subject, NONE, "", count, (), LAST)


def right(left: float, granted: float, ends_on: date) -> RightLine:
    name = Words("培训", "Training")
    return RightLine("Y09", name, NONE, named("次"), FIRST, ends_on, granted, 0.0, granted - left, 0.0, 0.0, left)


def system(tickets: int, *, is_owned: bool) -> System:
    return System("erp", named("ERP"), is_owned, NONE, "", "", None, (), tickets, None, None)


def owed(state: str) -> OwedLine:
    return OwedLine(named("蓝图"), 1, 2, LAST, state, NONE, None, "")
