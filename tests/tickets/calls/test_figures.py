"""What a service report says of calls. Source: K13"""

from datetime import date

import pytest

from tests.clocks import clock_at
from tickets.reports.figures.phone import calls
from tickets.reports.span import span_of

pytestmark = pytest.mark.django_db


def test_calls_are_counted_by_who_answered_them__K13_K08(hotline, world):
    with clock_at("2026-09-28 09:05"):
        for name in ("ringing", "digits", "leg-answered", "completed"):
            hotline(f"twilio/{name}.txt")
        hotline("tencent/missed.json")
        hotline("huawei-cec/release.json")
    side, day = world.yonsuite, date(2026, 9, 28)
    span = span_of([side.contract.pk], "Asia/Shanghai", day, day)
    earlier = span_of([side.contract.pk], "Asia/Shanghai", date(2026, 9, 21), date(2026, 9, 21))
    assert [(one.code, one.count, one.previous) for one in calls(side.contract, span, earlier)] == [
        ("calls", 3, 0), ("calls_answered", 2, 0), ("calls_soon", 2, 0), ("calls_bot", 0, 0), ("calls_missed", 1, 0),
    ]  # fmt: skip
    assert calls(side.contract, earlier, None) == ()
    other = span_of([world.kingdee.contract.pk], "Asia/Shanghai", day, day)
    assert calls(world.kingdee.contract, other, None) == ()
