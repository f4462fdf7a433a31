"""Letters about a talk that waits for us: soon late, or late. Source: Y06, Y08, Y04"""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.wording import name_of as named
from tickets.models import Delivery
from tickets.showing.chat import record
from tickets.showing.lateness import NOTICED_LATE
from tickets.showing.wording import clause_of, name_of, one_line, said
from tickets.telling.letters import Facts, Letter, waited
from tickets.telling.occasions import Occasion
from tickets.telling.talk_matters import Matter, matter_of
from tickets.templatetags.shouyue import length_words

# A longer record is read in the portal.
LONGEST = 60_000


def talk_in(occasion: Occasion) -> Matter:
    """Return what a letter is about. Raises LookupError where it is there no more."""
    matter = matter_of(occasion.escalation)
    if matter is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} tells of no talk.")
    return matter


def _soon(occasion: Occasion) -> Letter:
    line = _("%(title)s：%(owed)s应在 %(due)s 前完成，%(state)s。")
    return _letter(occasion, pgettext("subject", "即将超时"), line)


def _late(occasion: Occasion) -> Letter:
    line = _("%(title)s：%(owed)s应在 %(due)s 前完成，%(state)s。")
    return _letter(occasion, pgettext("subject", "超时"), line)


def _letter(occasion: Occasion, title: str, line: str) -> Letter:
    matter = talk_in(occasion)
    words = {"title": matter.title, "owed": matter.owed, "due": due_words(occasion), "state": state_words(occasion)}
    customer = named(matter.customer) if matter.customer else _("未知客户")
    return Letter(
        subject=one_line(_("【%(title)s】%(rest)s") % {"title": title, "rest": f"{customer} · {matter.title}"}),
        greeting=_("%(name)s：") % {"name": name_of(occasion.reader)},
        lines=(line % words, *waited(occasion), *_noticed_late(occasion)),
        strip=occasion.strip(),
        facts=_facts(occasion, matter),
        asked=_("请接手处理，或请在岗的同事处理。"),
        link=f"{settings.PUBLIC_URL}{matter.path}",
        link_words=_("打开处理"),
        closing=_("这封信由系统发出，直接回复没有人看到。"),
    )


def due_words(occasion: Occasion) -> str:
    """Return the deadline in the reader's zone, the calendar's beside it where it differs."""
    return said(occasion.escalation.due_at, occasion.at, occasion.zone, occasion.beside)


def state_words(occasion: Occasion) -> str:
    """Return how far off a deadline is, or by how much it has passed, in working time."""
    due_at, calendar = occasion.escalation.due_at, occasion.calendar
    if calendar is None:
        return ""
    span = calendar.calendar.elapsed(*sorted((due_at, occasion.at)))
    if span.total_seconds() < 1:
        return _("刚刚到期")
    words = _("已超时 %(span)s（工作时间）") if due_at < occasion.at else _("还有 %(span)s（工作时间）")
    return words % {"span": length_words(span)}


def _noticed_late(occasion: Occasion) -> tuple[str, ...]:
    late = occasion.escalation.fired_at - occasion.escalation.step_at
    if late <= NOTICED_LATE:
        return ()
    return (_("系统晚了 %(late)s才发现此事（期间服务中断）。") % {"late": length_words(late)},)


def _facts(occasion: Occasion, matter: Matter) -> Facts:
    found = [(_("客户"), named(matter.customer))] if matter.customer else []
    if matter.contract:
        found.append((_("合同"), f"{matter.contract.number} {named(matter.contract.plan)}"))
    found.append((_("接手人"), name_of(matter.owner) if matter.owner else _("尚无人处理")))
    if occasion.milestone:
        target = occasion.milestone.target
        found.append((_("条款"), f"{target.promise} {clause_of(target)}"))
    return tuple(found)


def _record(occasion: Occasion) -> Letter:
    chat = occasion.delivery.chat
    if chat is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} has no conversation.")
    words = {"when": said(chat.opened_at, occasion.at, occasion.zone, None), "code": chat.code}
    return Letter(
        subject=_("【会话记录】%(code)s") % {"code": chat.code},
        greeting=_("%(name)s，您好：") % {"name": name_of(occasion.reader)} if occasion.reader else _("您好："),
        lines=(_("这是您要的记录：%(when)s 开始的云客服会话 %(code)s。") % words,),
        quoted=record(chat, zone=occasion.delivery.timezone)[:LONGEST],
        link=f"{occasion.home}chats/{chat.code}/",
        link_words=_("在门户里看，文件也在那里"),
        closing=_("这封信由系统发出，直接回复没有人看到；还有问题，请再打开云客服。"),
    )


WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {
    Delivery.Kind.TALK_SOON: _soon,
    Delivery.Kind.TALK_LATE: _late,
    Delivery.Kind.TRANSCRIPT: _record,
}
