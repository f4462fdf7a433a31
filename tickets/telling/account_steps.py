"""Letters about a step of what a contract owes by a date: it is due soon, or was not delivered in time."""

from collections.abc import Callable

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.accounts import seat_of
from plans.models import AccountTeamMember
from plans.wording import clause_of
from plans.wording import name_of as named
from tickets.models import Delivery
from tickets.showing.wording import name_of, one_line, said
from tickets.telling.account_matters import Matter, matter_of
from tickets.telling.letters import Facts, Letter, waited
from tickets.telling.occasions import Occasion
from tickets.templatetags.shouyue import length_words


def matter_in(occasion: Occasion) -> Matter:
    """Return what a letter is about. Raises LookupError where it is followed by another clock by now."""
    matter = matter_of(occasion.escalation)
    if matter is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} tells of nothing that is still followed.")
    return matter


def _soon(occasion: Occasion) -> Letter:
    matter = matter_in(occasion)
    words = {"customer": named(matter.contract.customer), "what": matter.title, "due": _due(occasion, matter)}
    lines = (_("欠 %(customer)s 的%(what)s还没有交付，%(due)s 到期。") % words, *_left(occasion))
    return _letter(occasion, matter, pgettext("subject", "交付预警"), lines)


def _late(occasion: Occasion) -> Letter:
    matter = matter_in(occasion)
    words = {"customer": named(matter.contract.customer), "what": matter.title, "due": _due(occasion, matter)}
    line = _("应在 %(due)s 前交付 %(customer)s 的%(what)s，逾期没有交付。") % words
    return _letter(occasion, matter, pgettext("subject", "交付逾期"), (line,))


def _due(occasion: Occasion, matter: Matter) -> str:
    """Return the date by which it is owed; the hour beside it where the last close comes on an earlier day."""
    due_at, day = occasion.due_at, date_format(matter.due_on, "Y-m-d")
    zone = occasion.calendar.zone if occasion.calendar else occasion.zone
    if due_at is None or due_at.astimezone(zone).date() == matter.due_on:
        return day
    words = {"day": day, "close": said(due_at, occasion.at, occasion.zone, zone)}
    return _("%(day)s（最后一个工作日 %(close)s）") % words


def _left(occasion: Occasion) -> tuple[str, ...]:
    """Return how many days are left by the calendar on the wall."""
    if occasion.due_at is None or occasion.due_at <= occasion.at:
        return ()
    days = (occasion.due_at.astimezone(occasion.zone).date() - occasion.at.astimezone(occasion.zone).date()).days
    return (_("还有 %(days)d 天。") % {"days": days},) if days else (_("今天到期。"),)


def _letter(occasion: Occasion, matter: Matter, title: str, lines: tuple[str, ...]) -> Letter:
    rest = f"{named(matter.contract.customer)} · {matter.title}"
    return Letter(
        subject=one_line(_("【%(title)s】%(rest)s") % {"title": title, "rest": rest}),
        greeting=_("%(name)s：") % {"name": name_of(occasion.reader)},
        lines=(*lines, *waited(occasion)),
        facts=_facts(matter),
        asked=_("请安排交付并在合同的“应交服务”里登记；双方商定不再交付的，请写明理由豁免。"),
        link=f"{settings.PUBLIC_URL}{matter.path}",
        link_words=_("打开应交服务"),
        closing=_("这封信由系统发出，直接回复没有人看到。"),
    )


def _facts(matter: Matter) -> Facts:
    contract = matter.contract
    holder = seat_of(contract, AccountTeamMember.Seat.SUCCESS_MANAGER)
    return (
        (_("客户"), named(contract.customer)),
        (_("合同"), f"{contract.number} {named(contract.plan)}"),
        (_("应交"), _("%(what)s，%(opens)s 至 %(due)s") % {
            "what": matter.title,
            "opens": date_format(matter.obligation.opens_on, "Y-m-d"),
            "due": date_format(matter.due_on, "Y-m-d"),
        }),
        (_("客户成功经理"), name_of(holder) or _("尚未指定")),
        (_("条款"), f"{matter.item.promise} {clause_of(matter.item)}"),
    )  # fmt: skip


def state_words(occasion: Occasion) -> str:
    """Return how far off a deadline is, or by how much it has passed, in working time."""
    due_at, calendar = occasion.escalation.due_at, occasion.calendar
    if calendar is None:
        return ""
    span = calendar.calendar.elapsed(*sorted((due_at, occasion.at)))
    words = _("已逾期 %(span)s（工作时间）") if due_at < occasion.at else _("还有 %(span)s（工作时间）")
    return words % {"span": length_words(span)}


WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {
    Delivery.Kind.OWED_SOON: _soon,
    Delivery.Kind.OWED_LATE: _late,
}
