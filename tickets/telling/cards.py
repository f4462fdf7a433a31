"""What the robot of a chat group writes to people: what came true, who answers for it, and where to go on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.wording import name_of as name_of_row
from tickets.models import Delivery
from tickets.showing.happenings import words_of
from tickets.showing.names import names_in
from tickets.showing.wording import clause_of, name_of, one_line, said
from tickets.telling.occasions import Occasion

Kind = Delivery.Kind
# Characters of what was said in a ticket; the rest is read there.
EXCERPT = 120
# What chats take for markup, and what they show in its place: what a customer writes is text.
PLAIN = str.maketrans("[]<>*`#|~\\", "［］＜＞＊｀＃｜～＼")


@dataclass(frozen=True, slots=True)
class Item:
    """One matter: what it is called, what is to be said of it, and where it is read."""

    title: str
    details: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Card:
    """One message of a robot: all that is due, the oldest first, in one language."""

    title: str
    items: tuple[Item, ...]
    link: str
    link_words: str
    # How many are not listed, with a place for the figure.
    more: str
    is_alarm: bool = False


def plain(text: str) -> str:
    """Return text of somebody else in one line, in which no chat finds markup, a mention or a link."""
    return one_line(text).translate(PLAIN)


def card_of(occasions: Sequence[Occasion]) -> Card:
    """Return the one message that tells all these to a chat group, in its language."""
    first = occasions[0]
    with translation.override(first.delivery.language), timezone.override(first.zone):
        items = tuple(_item(one) for one in occasions)
        return Card(
            title=_title(occasions),
            items=items,
            link=items[0].link if len(items) == 1 else first.home,
            link_words=_("打开工单") if len(items) == 1 else _("打开工作台"),
            more=_("另有 %d 条没有列出"),
            is_alarm=any(one.delivery.kind == Kind.BREACH for one in occasions),
        )


def trial_card(name: str, language: str) -> Card:
    """Return what is sent to see whether a robot writes at all."""
    with translation.override(language):
        said = _("收到这条消息，说明守约能写到这里。")
        item = Item(plain(name), (said,), f"{settings.PUBLIC_URL}/console/")
        return Card(_("测试消息"), (item,), item.link, _("打开工作台"), "%d")


def _title(occasions: Sequence[Occasion]) -> str:
    counts = Counter(one.delivery.kind for one in occasions)
    if len(counts) > 1:
        words = " · ".join(f"{_named(Kind(kind))} {count}" for kind, count in counts.items())
        return _("【提醒汇总】%(counts)s") % {"counts": words}
    kind = _named(Kind(occasions[0].delivery.kind))
    return _("【%(title)s】") % {"title": kind} + (f" {len(occasions)}" if len(occasions) > 1 else "")


def _named(kind: Kind) -> str:
    named = {Kind.BREACH: pgettext("subject", "超时"), Kind.WARNING: pgettext("subject", "预警")}
    return named.get(kind) or _("工单动态")


def _item(occasion: Occasion) -> Item:
    ticket = occasion.ticket
    details = _step_words(occasion) if occasion.delivery.escalation else _event_words(occasion)
    customer = plain(name_of_row(ticket.customer))
    return Item(f"{ticket.number} {plain(ticket.subject)}", (customer, *details), occasion.link)


def _step_words(occasion: Occasion) -> tuple[str, ...]:
    step, assignee = occasion.escalation, occasion.ticket.assignee
    words = {"metric": occasion.metric, "clause": plain(clause_of(step.milestone.target))}
    due = {"due": said(step.due_at, occasion.at, occasion.zone, occasion.beside)}
    whose = _("处理人：%(name)s") % {"name": plain(name_of(assignee))} if assignee else _("还没有人接单")
    is_late = occasion.delivery.kind == Kind.BREACH
    return (
        _("%(metric)s（%(clause)s）") % words if words["clause"] else occasion.metric,
        (_("应在 %(due)s 前，已超时") if is_late else _("应在 %(due)s 前")) % due,
        whose,
    )


def _event_words(occasion: Occasion) -> tuple[str, ...]:
    event = occasion.delivery.event
    if event is None:
        return ()
    message = event.message
    spoken = message and not message.retracted_at and plain(Truncator(message.body).chars(EXCERPT))
    happened = _("%(what)s：%(who)s") % {"what": event.get_kind_display(), "who": names_in([event], ()).actor(event)}
    words = plain(words_of(event, names_in([event], ()))) if not message else happened
    return (words, *((spoken,) if spoken else ()))
