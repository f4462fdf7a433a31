"""Letters about what a contract gives: some of it is about to lapse unused."""

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.models import AccountNotice, Contact, Quota
from plans.quotas.words import amount_words, window_words
from plans.wording import name_of
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Letter


def _lapsing(notice: AccountNotice, reader: Reader) -> Letter:
    """Write how much is left of what, until when, and how to use it."""
    left: dict[str, str] = notice.about["left"]
    quotas = list(Quota.objects.filter(pk__in=left).select_related("item").order_by("pk"))
    days, ends_on = int(notice.about["days"]), quotas[0].ends_on
    words = {"n": days, "day": date_format(ends_on, _("Y年n月j日")), "number": notice.contract.number}
    opening = ngettext(
        "合同 %(number)s 有权益还没有使用，%(n)d 天后到期；过了 %(day)s 就作废。",
        "合同 %(number)s 有权益还没有使用，%(n)d 天后到期；过了 %(day)s 就作废。",
        days,
    )
    is_customer = isinstance(reader, Contact)
    route = "portal:service:rights" if is_customer else "console:accounts:rights"
    return Letter(
        subject=_("%(day)s 到期：%(what)s") % {**words, "what": _what(quotas, left)},
        lines=(opening % words,),
        facts=tuple((name_of(quota.item), _fact(quota, left)) for quota in quotas),
        asked=_("要使用请联系您的客户成功经理约时间。") if is_customer else _("请联系客户约定使用时间。"),
        link=reverse(route, args=[notice.contract.number]),
        link_words=_("查看权益和对账单"),
    )


def _what(quotas: Sequence[Quota], left: Mapping[str, str]) -> str:
    """Return what lapses in as many words as a subject has room for."""
    first = quotas[0]
    words = f"{name_of(first.item)} {amount_words(left[str(first.pk)], first.unit)}"
    return words if len(quotas) == 1 else _("%(first)s等 %(n)d 项") % {"first": words, "n": len(quotas)}


def _fact(quota: Quota, left: Mapping[str, str]) -> str:
    amount = amount_words(left[str(quota.pk)], quota.unit)
    said = {"left": amount, "window": window_words(quota.period, quota.number), "clause": quota.item.section}
    return _("剩 %(left)s（%(window)s，%(clause)s）") % said


WRITERS: dict[str, Writer] = {"quota_lapsing": _lapsing}
