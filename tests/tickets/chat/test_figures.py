"""What is counted of chats. Source: K13, Y15"""

from datetime import timedelta

from tests.hours import beijing
from tests.tickets.chat.conftest import NOON, Talks
from tickets.actions import chat as acts
from tickets.models import Chat
from tickets.reports.figures.talks import chats, figures_of, of_vendor
from tickets.reports.span import span_of


def test_chats_are_counted_by_who_served_them_and_what_became_of_them__K13(library, talks: Talks):
    world, side = talks.world, talks.world.kingdee
    for asked in ("存货核算后成本为零怎么办", "量子纠缠的发票怎样冲红"):  # one that the bot knows, one that it does not
        chat = talks.open(side)
        talks.customer(chat, asked)
        acts.end(chat=chat, actor=chat.visitor, at=beijing("2026-09-28 10:05"))
    served = talks.waiting(side, "2026-09-28 11:00")
    acts.accept(chat=served, agent=world.agent, at=beijing("2026-09-28 11:02"))
    talks.ticket(served, "2026-09-28 11:03")
    acts.rate(chat=served, rating=4, words="", at=beijing("2026-09-28 11:10"))
    talks.open()  # of the other vendor
    found = figures_of(of_vendor("kingdee", beijing("2026-09-28 00:00"), beijing("2026-09-29 00:00")))
    assert (found.chats, found.human, found.bot, found.tickets, found.deflected) == (3, 1, 2, 1, 1)
    assert (found.wait, found.rating, found.rated) == (timedelta(minutes=2), 4.0, 1)
    day = beijing(NOON).date()
    span = span_of([side.contract.pk], "Asia/Shanghai", day, day)
    earlier = span_of([side.contract.pk], "Asia/Shanghai", day - timedelta(days=9), day - timedelta(days=8))
    assert [(one.code, one.count, one.previous) for one in chats(side.contract, span, earlier)] == [
        ("chats", 3, 0), ("human", 1, 0), ("deflected", 1, 0),
    ]  # fmt: skip
    assert chats(side.contract, earlier, None) == ()  # no empty lines in a report
    nothing = figures_of(Chat.objects.none())
    assert (nothing.chats, nothing.wait, nothing.rating) == (0, None, None)
