"""Letters about what changed by itself: a deadline that a calendar moved, a matter of the product as a whole."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.wording import text_of
from sla.holidays.places import place_words
from sla.models import CalendarVersion, DueMove
from sla.models.policies import Metric
from tickets.models import Bulletin, Delivery
from tickets.showing.term_words import changed_words, is_private, metric_name
from tickets.showing.unreached import why
from tickets.showing.wording import because, cause_in, clause_of, name_of, no_instant, one_line, said
from tickets.telling.letters import Letter, assumed, to_customer, to_us, waited
from tickets.telling.occasions import Occasion


def _deadline_moved(occasion: Occasion) -> Letter:
    """Return what a changed calendar did to the promises of one ticket, old and new, and by what notice."""
    title = pgettext("subject", "时限变更")
    if occasion.delivery.contact_id:
        lines = (*_moves(occasion), *_why(occasion), *assumed(occasion))
        return _with_clause(to_customer(occasion, title, lines), occasion)
    asked = _("请按新的时限安排。")
    return replace(to_us(occasion, title, (*_moves(occasion), *_why(occasion))), asked=asked)


def _with_clause(letter: Letter, occasion: Occasion) -> Letter:
    """Return a letter with the clause of the promise; where it promises nothing any more, that of the plan's answer."""
    milestone = occasion.milestone
    is_open = milestone is not None and milestone.stopped_at is None
    clause = clause_of(milestone.target) if milestone and is_open else text_of(occasion.ticket, "clause")
    facts = ((_("条款"), clause),) if clause else ()
    return replace(letter, facts=(*letter.facts, *facts), strip=occasion.strip() if is_open else None)


def _moves(occasion: Occasion) -> Iterator[str]:
    """Yield what became of each deadline that changed hours, or changed terms, moved."""
    fields = _fields(occasion)
    for move in fields.get("moves", ()):
        yield from _move(occasion, move)
    for line in fields.get("dues", ()):
        yield from _due(occasion, line)


def _fields(occasion: Occasion) -> Mapping[str, Any]:
    return occasion.delivery.event.fields if occasion.delivery.event else {}


def _due(occasion: Occasion, line: Mapping[str, Any]) -> Iterator[str]:
    """Yield what changed terms made of one deadline."""
    words = {"metric": metric_name(line["metric"]), "new": _instant(occasion, line["to"])}
    if line.get("ended"):
        yield _("%(metric)s不再有约定的时限。") % words
    elif line.get("started"):
        yield _("%(metric)s从现在起有约定的时限：%(new)s。") % words
    else:
        paused = {"paused": True} if line["to"] is None else {}
        yield from _move(
            occasion,
            {"metric": line["metric"], "old_due_at": line["from"], "new_due_at": line["to"], "verdict": "", **paused},
        )


def _move(occasion: Occasion, move: Mapping[str, Any]) -> Iterator[str]:
    words = {
        "metric": metric_name(move["metric"]),
        "old": _instant(occasion, move["old_due_at"]),
        "new": _instant(occasion, move["new_due_at"]) if move["new_due_at"] else no_instant(move),
    }
    if occasion.delivery.contact_id:
        is_answer = move["metric"] in (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
        answered, kept = _("我们答复您的时间由 %(old)s 改为 %(new)s。"), _("%(metric)s的时间由 %(old)s 改为 %(new)s。")
        yield (answered if is_answer else kept) % words
        return
    yield _("%(metric)s的时限由 %(old)s 改为 %(new)s。") % words
    if move["verdict"] == DueMove.Verdict.MUCH_EARLIER:
        yield _("新的时限提前到了更早的一天。")
    if move.get("undid_breach"):
        yield _("按新的时限没有超时：原先记下的超时已经撤销，仍留在记录里。")


def _instant(occasion: Occasion, at: str | None) -> str:
    return said(datetime.fromisoformat(at), occasion.at, occasion.zone, occasion.beside) if at else _("没有时限")


def _why(occasion: Occasion) -> Iterator[str]:
    """Yield why: what was changed of the ticket or its contract, or of the hours and rules."""
    fields = _fields(occasion)
    if "changed" not in fields:
        yield _because(occasion, fields)
        return
    yield _("因为：%(cause)s。") % {"cause": changed_words(fields)}
    if "outcome" in fields and occasion.ticket.reason:
        yield text_of(occasion.ticket, "reason")
    if fields.get("reason") and occasion.delivery.user_id:
        yield _("理由：%(why)s") % {"why": fields["reason"]}


def _because(occasion: Occasion, fields: Mapping[str, Any]) -> str:
    """Return why: the notice and where it stands, or the words of whoever changed the hours."""
    is_ours = occasion.delivery.contact_id and is_private(fields.get("policy", ""))
    if "policy" in fields and (is_ours or not cause_in(fields)):
        return _("因为服务响应标准有了新版本。")
    return because(fields)


def _bulletin(occasion: Occasion) -> Letter:
    bulletin = occasion.delivery.bulletin
    if bulletin is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} has no bulletin.")
    letter = BULLETINS[Bulletin.Kind(bulletin.kind)](bulletin)
    title = pgettext("subject", "告警") if bulletin.is_alarm else pgettext("subject", "提醒")
    return replace(
        letter,
        subject=one_line(_("【%(title)s】%(rest)s") % {"title": title, "rest": letter.subject}),
        greeting=_("%(name)s：") % {"name": name_of(occasion.reader)},
        lines=(*letter.lines, *waited(occasion)),
        link=f"{settings.PUBLIC_URL}{letter.link}",
        closing=_("这封信由系统发出，直接回复没有人看到。"),
    )


def _year_assumed(bulletin: Bulletin) -> Letter:
    """Return that a year's deadlines rest on assumed days off, and what to do about it."""
    said = bulletin.fields
    words = {"place": place_words(said["country"], said["subdivision"]), "year": said["year"]}
    calendars = CalendarVersion.objects.current().filter(code__in=said["calendars"])
    named = _("、").join(text_of(calendar, "name") for calendar in calendars)
    late = _("新年将至，此后开始的承诺都按推定的日期计算。") if bulletin.is_alarm else ""
    return Letter(
        subject=_("%(place)s %(year)s 年的节假日尚未公布") % words,
        lines=(
            _("%(place)s %(year)s 年的节假日仍是推定的，落在这一年的时限可能变动。") % words,
            *((late,) if late else ()),
            _("按它计时的服务时间：%(calendars)s。") % {"calendars": named},
        ),
        asked=_("放假通知公布后，请录入或导入，先看会改变什么，再让它生效。"),
        link="/console/rules/holidays/",
        link_words=_("打开节假日"),
    )


def _drift(bulletin: Bulletin) -> Letter:
    """Return the tickets of which the self-check found deadlines stored otherwise than their facts say."""
    said = bulletin.fields
    words = {"count": said["count"], "things": _("、").join(said["things"])}
    named = _("涉及：%(things)s 等。") if said["count"] > len(said["things"]) else _("涉及：%(things)s。")
    return Letter(
        subject=_("自检发现 %(count)d 个时限有出入") % words,
        lines=(_("有 %(count)d 个存下的时限与按事实重新推算的不一致。") % words, named % words),
        asked=_("请逐项查看差异；确认后可以按事实重算，台账会记下改动。"),
        link="/console/rules/engine/",
        link_words=_("打开引擎自检"),
    )


def _endpoint(bulletin: Bulletin) -> Letter:
    """Return that an address outside takes nothing: for now, or any more, and then it is not written to."""
    noted = bulletin.fields["why"]
    reason = why(bulletin.fields.get("kind", ""), noted)
    words = {"name": bulletin.fields["name"], "why": f"{reason} {noted}".strip()}
    letter = _endpoint_off(words) if bulletin.fields.get("is_off", True) else _endpoint_failing(words)
    return replace(letter, link="/console/rules/endpoints/", link_words=_("打开对外地址"))


def _endpoint_off(words: Mapping[str, str]) -> Letter:
    return Letter(
        subject=_("对外地址“%(name)s”已停用") % words,
        lines=(
            _("“%(name)s”不再接收，已经自动停用。最后一次的情形：%(why)s") % words,
            _("此后要通知它的提醒都不会送达；工单台账会写明没有通知到。"),
        ),
        asked=_("请核对地址或换一个，再启用；没有送达的可以在投递记录里重发。"),
    )


def _endpoint_failing(words: Mapping[str, str]) -> Letter:
    return Letter(
        subject=_("发给“%(name)s”的消息送不到") % words,
        lines=(
            _("发给“%(name)s”的消息试了几次都没有送到。最后一次的情形：%(why)s") % words,
            _("还会继续重试，最多两天；一直送不到就自动停用。邮件提醒不受影响。"),
        ),
        asked=_("请核对地址和对方的设置，在页面上发一条测试消息。"),
    )


BULLETINS: dict[Bulletin.Kind, Callable[[Bulletin], Letter]] = {
    Bulletin.Kind.YEAR_ASSUMED: _year_assumed,
    Bulletin.Kind.DRIFT: _drift,
    Bulletin.Kind.ENDPOINT_OFF: _endpoint,
}
WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {
    Delivery.Kind.DEADLINE_MOVED: _deadline_moved,
    Delivery.Kind.BULLETIN: _bulletin,
}
