"""What a mail about one matter says: a short letter with the promise on top, in the reader's language.

Reads no clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.wording import name_of as named
from plans.wording import text_of
from tickets.models import Delivery, Message, Ticket, TicketEvent
from tickets.showing.lateness import noticed_late, reached_us_at
from tickets.showing.names import names_for, names_in
from tickets.showing.strip import Strip
from tickets.showing.wording import acts_of, clause_of, name_of, one_line, said
from tickets.telling.occasions import Occasion
from tickets.telling.replying import mailbox_for
from tickets.templatetags.shouyue import length_words

# A letter that was held back for longer says when the thing happened.
HELD_BACK = timedelta(minutes=2)

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """One matter in a letter about many: what it is, its promise if it has one, and how it stands."""

    title: str
    link: str
    number: str = ""
    promise: str = ""
    due: str = ""
    state: str = ""
    is_late: bool = False


@dataclass(frozen=True)
class Section:
    """The matters of one kind in a letter about many; a letter about one kind alone needs no title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Enclosure:
    """A kept file that goes along with a letter, by the digest of its bytes."""

    name: str
    content_type: str
    digest: str


@dataclass(frozen=True)
class Letter:
    """A mail before it is laid out: the same words for its text and its HTML."""

    subject: str
    lines: tuple[str, ...]
    greeting: str = ""
    quoted: str = ""
    strip: Strip | None = None
    facts: Facts = ()
    asked: str = ""
    link: str = ""
    link_words: str = ""
    closing: str = ""
    sections: tuple[Section, ...] = ()
    # An invitation or a change of one: the text of an iCalendar that names its METHOD.
    calendar: str = ""
    enclosures: tuple[Enclosure, ...] = ()


def _receipt(occasion: Occasion) -> Letter:
    ticket = occasion.ticket
    opening = _("您的问题已受理，工单号 %(number)s。") % {"number": ticket.number}
    lines = (opening, *_decision(ticket), *_promise(occasion))
    return to_customer(occasion, _("已受理"), lines)


def _decision(ticket: Ticket) -> tuple[str, ...]:
    """Return why a ticket is handled in another way than asked for, if it is."""
    return (text_of(ticket, "reason"),) if ticket.reason and ticket.outcome != "covered" else ()


def _promise(occasion: Occasion) -> tuple[str, ...]:
    """Return when we will answer, by which clause, and when we open if we are shut now. Source: C47"""
    milestone, calendar, ticket = occasion.milestone, occasion.calendar, occasion.ticket
    if milestone is None or calendar is None or milestone.due_at is None:
        return (_("您的服务计划没有为此类问题规定响应时限，我们会尽快处理。"),)
    due = said(milestone.due_at, occasion.at, occasion.zone, occasion.beside)
    if milestone.stopped_at is None and milestone.due_at <= occasion.at:
        words = {"due": due, "clause": clause_of(milestone.target)}
        return (_("按约定应在 %(due)s 前答复您（%(clause)s）。这个时间已经过去，我们会尽快处理。") % words,)
    promise = _("我们会在 %(due)s 前答复您（%(clause)s）。") % {"due": due, "clause": clause_of(milestone.target)}
    opens = calendar.calendar.next_open(ticket.opened_at)
    if opens is None or calendar.calendar.is_open(ticket.opened_at):
        return (promise, *assumed(occasion))
    shut = _("提交时在服务时间之外，我们 %(opens)s 开始服务。") % {"opens": said(opens, occasion.at, occasion.zone)}
    return (promise, shut, *assumed(occasion))


def assumed(occasion: Occasion) -> tuple[str, ...]:
    """Return that a deadline may still move, where days off on the way to it are only assumed. Source: Y17, C13"""
    milestone = occasion.milestone
    if milestone is None or milestone.stopped_at or not milestone.is_provisional:
        return ()
    return (_("其中有些年份的放假通知尚未公布，这个时间是推定的，可能变动。"),)


def _reply(occasion: Occasion) -> Letter:
    message = _message(occasion)
    is_progress = occasion.delivery.event and occasion.delivery.event.kind == TicketEvent.Kind.PROGRESS
    title = _("进展") if is_progress else _("新回复")
    words = _("%(name)s 更新了您的工单进展：") if is_progress else _("%(name)s 回复了您：")
    return to_customer(occasion, title, (words % {"name": _author(message)},), _body(message))


def _resolution(occasion: Occasion) -> Letter:
    message = _last_words(occasion)
    lines = (_("您的工单已解决。") + (_("%(name)s 写道：") % {"name": _author(message)} if message else ""),)
    asked = _("如果问题仍在，请在门户中留言，工单会重新打开；如果已经解决，也可以在那里确认关闭。")
    return to_customer(occasion, _("已解决"), lines, _body(message), asked)


def _message(occasion: Occasion) -> Message | None:
    return occasion.delivery.event.message if occasion.delivery.event else None


def _last_words(occasion: Occasion) -> Message | None:
    """Return what was said to the customer in the same act that solved the ticket."""
    event = occasion.delivery.event
    if event is None:
        return None
    said_too = occasion.ticket.events.filter(number=event.number - 1, at=event.at, kind=TicketEvent.Kind.REPLY)
    reply = said_too.filter(message__retracted_at=None).select_related("message").first()
    return reply.message if reply else None


def _author(message: Message | None) -> str:
    return names_for([f"contact:{message.contact_id}", f"user:{message.author_id}"]).author(message) if message else ""


def _body(message: Message | None) -> str:
    return message.body if message and message.is_public and message.retracted_at is None else ""


def to_customer(occasion: Occasion, title: str, lines: tuple[str, ...], quoted: str = "", asked: str = "") -> Letter:
    """Return a letter to a customer about a ticket of theirs."""
    ticket = occasion.ticket
    is_receipt = occasion.delivery.kind == Delivery.Kind.RECEIPT
    return Letter(
        subject=_subject(title, ticket),
        greeting=_("%(name)s，您好：") % {"name": name_of(occasion.reader)},
        lines=lines,
        quoted=quoted,
        strip=occasion.strip() if is_receipt else None,
        facts=((_("工单"), f"{ticket.number} {ticket.subject}"),),
        asked=asked,
        link=occasion.link,
        link_words=_("在门户中查看和回复"),
        closing=closing_words(ticket),
    )


def closing_words(ticket: Ticket) -> str:
    """Return how to answer: by mail where a mailbox takes it in."""
    if mailbox_for(ticket):
        return _("需要补充时，直接回复本邮件即可，内容和附件会进入工单；也可以在门户中回复。")
    return _("需要补充时，请在门户中回复：目前直接回复本邮件，内容不会进入工单。")


def _warning(occasion: Occasion) -> Letter:
    metric = occasion.metric
    words = {"customer": name_of(occasion.ticket.contact), "metric": metric, "due": _due(occasion)}
    lines = (_("%(customer)s 的工单还没有%(metric)s，%(due)s 到期。") % words, *_left(occasion))
    return to_us(occasion, _("预警"), lines)


def _left(occasion: Occasion) -> tuple[str, ...]:
    """Return how much working time is left until the deadline, if any."""
    calendar, due_at = occasion.calendar, occasion.due_at
    if calendar is None or due_at is None or due_at <= occasion.at:
        return ()
    left = calendar.calendar.elapsed(occasion.at, due_at)
    return (_("还有 %(left)s（工作时间）。") % {"left": length_words(left)},)


def _breach(occasion: Occasion) -> Letter:
    metric = occasion.metric
    words = {"customer": name_of(occasion.ticket.contact), "metric": metric, "due": _due(occasion)}
    owed = _("承诺 %(customer)s 在 %(due)s 前%(metric)s，逾期没有做到。")
    owed = _("团队应在 %(due)s 前%(metric)s，逾期没有做到。") if occasion.is_internal else owed
    lines = (
        owed % words,
        *_overdue(occasion),
        *_came_late(occasion),
        *_noticed_late(occasion),
        *_handed_over(occasion),
    )
    return to_us(occasion, pgettext("subject", "超时"), lines)


def _handed_over(occasion: Occasion) -> tuple[str, ...]:
    """Return that the ticket is the reader's now, where the same step of the ladder gave it to them."""
    is_reassigned = any(action["do"] == "reassign" for action in occasion.escalation.actions)
    return (_("工单已改派给您。"),) if is_reassigned and occasion.is_to_owner else ()


def _overdue(occasion: Occasion) -> tuple[str, ...]:
    """Return by how much working time the deadline has passed, once it is a second or more."""
    calendar, due_at = occasion.calendar, occasion.due_at
    if calendar is None or due_at is None or due_at >= occasion.at:
        return ()
    overdue = calendar.calendar.elapsed(due_at, occasion.at)
    if overdue < timedelta(seconds=1):
        return ()
    return (_("已超时 %(overdue)s（工作时间）。") % {"overdue": length_words(overdue)},)


def _came_late(occasion: Occasion) -> tuple[str, ...]:
    """Return how long the deadline had passed when the ticket came to us, if it had."""
    late = reached_us_at(occasion.ticket) - occasion.escalation.due_at
    if late <= timedelta():
        return ()
    return (_("工单送到时，时限已经过了 %(late)s。") % {"late": length_words(late)},)


def _noticed_late(occasion: Occasion) -> tuple[str, ...]:
    """Return by how much we noticed late, when we did. Source: C35"""
    late = noticed_late(occasion.escalation, occasion.ticket)
    if not late:
        return ()
    return (_("系统晚了 %(late)s才发现此事（期间服务中断）。") % {"late": length_words(late)},)


def _due(occasion: Occasion) -> str:
    return said(occasion.due_at, occasion.at, occasion.zone, occasion.beside) if occasion.due_at else _("没有时限")


def _reassigned(occasion: Occasion) -> Letter:
    words = {"customer": name_of(occasion.ticket.contact)}
    return to_us(occasion, _("改派"), (_("%(customer)s 的工单已改派给您。") % words,))


def _customer_message(occasion: Occasion) -> Letter:
    message = _message(occasion)
    lines = (_("%(name)s 留言：") % {"name": _author(message)},)
    return to_us(occasion, _("客户留言"), lines, _body(message))


def _side_task(occasion: Occasion) -> Letter:
    event = occasion.delivery.event
    fields = event.fields if event else {}
    by = names_in([event], []).actor(event) if event and fields.get("by") else ""
    words = {"customer": name_of(occasion.ticket.contact), "by": by}
    line = _("%(by)s 请您为 %(customer)s 的工单协办：") if words["by"] else _("请您为 %(customer)s 的工单协办：")
    return to_us(occasion, pgettext("subject", "协办"), (line % words,), str(fields.get("title", "")))


def waited(occasion: Occasion) -> tuple[str, ...]:
    """Return when it happened, where the letter waited for its reader's hours. Source: C26"""
    if not occasion.delivery.user_id or occasion.waited < HELD_BACK:
        return ()
    when = said(occasion.delivery.queued_at, occasion.at, occasion.zone)
    return (_("这条提醒产生于 %(when)s，按您设置的提醒时间现在送达。") % {"when": when},)


def to_us(occasion: Occasion, title: str, lines: tuple[str, ...], quoted: str = "") -> Letter:
    """Return a letter to one of us about a ticket."""
    metric = occasion.metric if occasion.delivery.escalation else ""
    return Letter(
        subject=_subject(title, occasion.ticket, metric),
        greeting=_("%(name)s：") % {"name": name_of(occasion.reader)},
        lines=(*lines, *waited(occasion)),
        quoted=quoted,
        strip=occasion.strip(),
        facts=_facts(occasion),
        asked=_asked(occasion),
        link=occasion.link,
        link_words=_("打开工单"),
        closing=_("这封信由系统发出，请在工单里处理。"),
    )


def _facts(occasion: Occasion) -> Facts:
    ticket, milestone = occasion.ticket, occasion.milestone
    facts = [
        (_("工单"), f"{ticket.number} {ticket.subject}"),
        (_("客户"), f"{name_of(ticket.contact)} · {named(ticket.customer)}"),
        (_("优先级"), ticket.get_priority_display()),
        (_("处理人"), name_of(ticket.assignee) or _("尚无人处理")),
    ]
    if milestone and occasion.due_at:
        facts.append((_("时限"), f"{occasion.metric} · {_due(occasion)}"))
        facts.append((_("条款"), f"{milestone.target.promise} {clause_of(milestone.target)}"))
    return tuple(facts)


def _asked(occasion: Occasion) -> str:
    """Return what the reader is asked to do: the owner to act, the others to see that somebody does."""
    milestone = occasion.milestone
    if occasion.delivery.kind == Delivery.Kind.SIDE_TASK:
        return _("办完后请在工单右侧的“协办”里勾掉；客户看不到协办事项。")
    if milestone is None or milestone.stopped_at:
        return _("请查看工单并继续处理。")
    acts = acts_of(milestone.target)
    if occasion.is_to_owner:
        return _("请现在处理；满足此时限的动作是：%(acts)s。") % {"acts": acts}
    if occasion.ticket.assignee is None:
        return _("请接单或安排人处理；满足此时限的动作是：%(acts)s。") % {"acts": acts}
    words = {"name": name_of(occasion.ticket.assignee), "acts": acts}
    return _("请与 %(name)s 确认进展，必要时改派；满足此时限的动作是：%(acts)s。") % words


def _subject(title: str, ticket: Ticket, metric: str = "") -> str:
    parts = [f"{ticket.number} {metric}".strip(), ticket.subject] if metric else [f"{ticket.number} {ticket.subject}"]
    return one_line(_("【%(title)s】%(rest)s") % {"title": title, "rest": " · ".join(parts)})


WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {
    Delivery.Kind.RECEIPT: _receipt,
    Delivery.Kind.REPLY: _reply,
    Delivery.Kind.RESOLUTION: _resolution,
    Delivery.Kind.WARNING: _warning,
    Delivery.Kind.BREACH: _breach,
    Delivery.Kind.REASSIGNED: _reassigned,
    Delivery.Kind.CUSTOMER_MESSAGE: _customer_message,
    Delivery.Kind.SIDE_TASK: _side_task,
}
