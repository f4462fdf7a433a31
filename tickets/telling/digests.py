"""What a mail about many matters says: a table for each kind, what is due first on top. Source: C30"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise as LazyText
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from plans.wording import name_of as name_of_row
from tickets.models import Delivery
from tickets.showing.happenings import words_of
from tickets.showing.lateness import noticed_late
from tickets.showing.names import names_in
from tickets.showing.wording import name_of, one_line, said
from tickets.telling.account_steps import matter_in, state_words
from tickets.telling.letters import HELD_BACK, Letter, Row, Section, closing_words
from tickets.telling.occasions import Occasion
from tickets.telling.talk_letters import due_words, talk_in
from tickets.telling.talk_letters import state_words as talk_state
from tickets.telling.writers import write
from tickets.templatetags.shouyue import length_words

Kind = Delivery.Kind

NAMED_IN_SUBJECT = 3
# A letter that lists more is no letter; the rest is counted and stands in the console.
LISTED = 1000
EXCERPT = 80
LAST = datetime.max.replace(tzinfo=UTC)

# In the order of a letter.
TITLES: dict[Kind, LazyText] = {
    Kind.BREACH: pgettext_lazy("subject", "超时"),
    Kind.WARNING: pgettext_lazy("subject", "预警"),
    Kind.OWED_LATE: pgettext_lazy("subject", "交付逾期"),
    Kind.OWED_SOON: pgettext_lazy("subject", "交付预警"),
    Kind.TALK_LATE: pgettext_lazy("subject", "会话与来电超时"),
    Kind.TALK_SOON: pgettext_lazy("subject", "会话与来电预警"),
    Kind.DEADLINE_MOVED: pgettext_lazy("subject", "时限变更"),
    Kind.REASSIGNED: pgettext_lazy("subject", "改派"),
    Kind.SIDE_TASK: pgettext_lazy("subject", "协办"),
    Kind.CUSTOMER_MESSAGE: pgettext_lazy("subject", "客户留言"),
    Kind.BULLETIN: pgettext_lazy("subject", "系统通报"),
}


def write_digest(occasions: Sequence[Occasion]) -> Letter:
    """Return one letter that tells one reader of all these."""
    first = occasions[0]
    by_kind = {kind: [one for one in occasions if one.delivery.kind == kind] for kind in TITLES}
    found = {kind: sorted(alike, key=_when_due) for kind, alike in by_kind.items() if alike}
    is_customer = first.delivery.contact_id is not None
    name = {"name": name_of(first.reader)}
    return Letter(
        subject=one_line(_subject(found)),
        greeting=(_("%(name)s，您好：") if is_customer else _("%(name)s：")) % name,
        lines=(*_noticed_late(found), _opening(found), *_gathered(occasions), *_beyond(found)),
        sections=tuple(_section(kind, alike, len(found) > 1) for kind, alike in found.items()),
        asked="" if is_customer else _asked(found),
        link=first.home,
        link_words=_("打开门户") if is_customer else _("打开工作台"),
        closing=_closing(occasions, is_customer),
    )


def _closing(occasions: Sequence[Occasion], is_customer: bool) -> str:
    """Return how to answer: a letter about one ticket like any other of it, one about several not by mail."""
    if not is_customer:
        return _("这封信由系统发出，请在工单里处理。")
    ticket = occasions[0].delivery.ticket
    if ticket and is_of_one([one.delivery for one in occasions]):
        return closing_words(ticket)
    return _("这封信说的是几件事：需要补充时，请打开各自的工单回复，直接回复本邮件不会进入工单。")


def is_of_one(deliveries: Sequence[Delivery]) -> bool:
    """Tell whether letters that travel together are all about one ticket."""
    return len({one.ticket_id for one in deliveries}) == 1 and deliveries[0].ticket_id is not None


def _when_due(occasion: Occasion) -> tuple[datetime, int]:
    step = occasion.delivery.escalation
    ticket = occasion.delivery.ticket
    due_at = step.due_at if step else ticket.next_due_at if ticket else None
    return due_at or LAST, occasion.delivery.pk


def _subject(found: dict[Kind, list[Occasion]]) -> str:
    if len(found) > 1:
        counts = " · ".join(f"{TITLES[kind]} {len(alike)}" for kind, alike in found.items())
        return _("【提醒汇总】%(counts)s") % {"counts": counts}
    [(kind, alike)] = found.items()
    numbers = list(dict.fromkeys(one.delivery.ticket.number for one in alike if one.delivery.ticket))
    words = {"count": len(alike), "numbers": _("、").join(numbers[:NAMED_IN_SUBJECT])}
    rest = _("%(count)d 件") if not numbers else _("%(count)d 张工单：%(numbers)s")
    more = _(" 等") if len(numbers) > NAMED_IN_SUBJECT else ""
    return _("【%(title)s】%(rest)s") % {"title": TITLES[kind], "rest": rest % words + more}


def _opening(found: dict[Kind, list[Occasion]]) -> str:
    if len(found) > 1:
        return _("有几类事情要请您知道，先到期的排在前面。")
    [(kind, alike)] = found.items()
    return OPENINGS[kind]() % {"count": len(alike)}


OPENINGS: dict[Kind, Callable[[], str]] = {
    Kind.BREACH: lambda: _("%(count)d 张工单超时："),
    Kind.WARNING: lambda: _("%(count)d 张工单即将到期："),
    Kind.OWED_LATE: lambda: _("%(count)d 项应交服务逾期："),
    Kind.OWED_SOON: lambda: _("%(count)d 项应交服务即将到期："),
    Kind.TALK_LATE: lambda: _("%(count)d 个会话、来电或提问超时："),
    Kind.TALK_SOON: lambda: _("%(count)d 个会话、来电或提问即将超时："),
    Kind.DEADLINE_MOVED: lambda: _("%(count)d 张工单的时限变了："),
    Kind.REASSIGNED: lambda: _("%(count)d 张工单改派给您："),
    Kind.SIDE_TASK: lambda: _("请您协办 %(count)d 件事："),
    Kind.CUSTOMER_MESSAGE: lambda: _("客户有 %(count)d 条新留言："),
    Kind.BULLETIN: lambda: _("%(count)d 件系统通报："),
}


def _gathered(occasions: Iterable[Occasion]) -> tuple[str, ...]:
    """Return that the letter waited for its reader, where it did."""
    if not any(one.waited >= HELD_BACK and one.delivery.user_id for one in occasions):
        return ()
    return (_("这些提醒按您设置的时间汇总送达；期间已经办妥的不再列出。"),)


def _beyond(found: dict[Kind, list[Occasion]]) -> tuple[str, ...]:
    beyond = sum(max(len(alike) - LISTED, 0) for alike in found.values())
    return (_("另有 %(count)d 件没有列出，请在工作台里看。") % {"count": beyond},) if beyond else ()


def _noticed_late(found: dict[Kind, list[Occasion]]) -> tuple[str, ...]:
    """Return by how much the step that we noticed last was noticed late, if it was. Source: C35"""
    steps = [one for kind in (Kind.BREACH, Kind.WARNING) for one in found.get(kind, [])]
    if not steps:
        return ()
    worst = max(steps, key=lambda one: one.escalation.fired_at - one.escalation.step_at)
    late = noticed_late(worst.escalation, worst.ticket)
    return (_("系统晚了 %(late)s才发现此事（期间服务中断）。") % {"late": length_words(late)},) if late else ()


def _section(kind: Kind, occasions: Sequence[Occasion], is_titled: bool) -> Section:
    title = f"{TITLES[kind]} {len(occasions)}" if is_titled else ""
    return Section(title, tuple(ROWS[kind](one) for one in occasions[:LISTED]))


def _asked(found: dict[Kind, list[Occasion]]) -> str:
    if len(found) == 1 and Kind.BULLETIN in found:
        return ""
    if found.keys() <= {Kind.OWED_LATE, Kind.OWED_SOON}:
        return _("请安排交付并登记；双方商定不再交付的，请写明理由豁免。")
    if found.keys() <= {Kind.SIDE_TASK}:
        return _("办完后请在工单右侧的“协办”里勾掉；客户看不到协办事项。")
    return _("请按到期先后处理，或改派给能处理的人。")


def _step(occasion: Occasion) -> Row:
    """Return a promise with what is left of it, or by how much it is late, and who works on it."""
    milestone, due_at, calendar = occasion.escalation.milestone, occasion.escalation.due_at, occasion.calendar
    is_late = due_at < occasion.at
    span = calendar.calendar.elapsed(*sorted((due_at, occasion.at))) if calendar else timedelta()
    words = _("已超时 %(span)s（工作时间）") if is_late else _("还有 %(span)s（工作时间）")
    holder = name_of(occasion.ticket.assignee) or _("尚无人处理")
    state = _("刚刚到期") if span < timedelta(seconds=1) else words % {"span": length_words(span)}
    return _row(
        occasion,
        promise=f"{milestone.get_metric_display()} · {milestone.target.promise}",
        due=said(due_at, occasion.at, occasion.zone, occasion.beside),
        state=f"{state} · {holder}",
        is_late=is_late,
    )


def _happening(occasion: Occasion) -> Row:
    """Return what the ledger says of it; to a customer, what a letter of its own would say."""
    event = occasion.delivery.event
    if occasion.delivery.contact_id:
        return _row(occasion, state=write(occasion).lines[0], due=_happened(occasion))
    return _row(occasion, state=words_of(event, names_in([event], [])) if event else "", due=_happened(occasion))


def _reassigned(occasion: Occasion) -> Row:
    due = (
        _("%(due)s 到期") % {"due": said(at, occasion.at, occasion.zone)} if (at := occasion.ticket.next_due_at) else ""
    )
    return _row(occasion, due=due, state=name_of(occasion.ticket.contact))


def _side_task(occasion: Occasion) -> Row:
    title = occasion.delivery.event.fields.get("title", "") if occasion.delivery.event else ""
    return _row(occasion, state=str(title), due=_happened(occasion))


def _message(occasion: Occasion) -> Row:
    message = occasion.delivery.event.message if occasion.delivery.event else None
    body = Truncator(one_line(message.body)).chars(EXCERPT) if message and message.is_public else ""
    words = _("%(name)s：%(body)s") % {"name": message.author_display, "body": body} if message else ""
    return _row(occasion, state=words, due=_happened(occasion))


def _bulletin(occasion: Occasion) -> Row:
    letter = write(occasion)
    return Row(title=letter.lines[0] if letter.lines else letter.subject, link=letter.link, due=_happened(occasion))


def _owed(occasion: Occasion) -> Row:
    """Return what a contract owes, by when, and how far off that is."""
    matter = matter_in(occasion)
    return Row(
        title=f"{name_of_row(matter.contract.customer)} · {matter.title}",
        link=f"{settings.PUBLIC_URL}{matter.path}",
        number=matter.contract.number,
        promise=matter.item.promise,
        due=date_format(matter.due_on, "Y-m-d"),
        state=state_words(occasion),
        is_late=occasion.escalation.due_at < occasion.at,
    )


def _talk(occasion: Occasion) -> Row:
    """Return a talk that waits for us, with what is left of its time, and who is at it."""
    matter, target = talk_in(occasion), occasion.escalation.milestone.target
    holder = name_of(matter.owner) if matter.owner else _("尚无人处理")
    return Row(
        title=f"{name_of_row(matter.customer)} · {matter.title}" if matter.customer else matter.title,
        link=f"{settings.PUBLIC_URL}{matter.path}",
        promise=target.promise,
        due=due_words(occasion),
        state=f"{talk_state(occasion)} · {holder}",
        is_late=occasion.escalation.due_at < occasion.at,
    )


def _happened(occasion: Occasion) -> str:
    return said(occasion.delivery.queued_at, occasion.at, occasion.zone)


def _row(occasion: Occasion, *, state: str, due: str, promise: str = "", is_late: bool = False) -> Row:
    ticket = occasion.ticket
    return Row(ticket.subject, occasion.link, ticket.number, promise, due, state, is_late)


ROWS: dict[Kind, Callable[[Occasion], Row]] = {
    Kind.BREACH: _step,
    Kind.WARNING: _step,
    Kind.OWED_LATE: _owed,
    Kind.OWED_SOON: _owed,
    Kind.TALK_LATE: _talk,
    Kind.TALK_SOON: _talk,
    Kind.DEADLINE_MOVED: _happening,
    Kind.REASSIGNED: _reassigned,
    Kind.SIDE_TASK: _side_task,
    Kind.CUSTOMER_MESSAGE: _message,
    Kind.BULLETIN: _bulletin,
}
