"""Letters about what a contract gives: some of it is about to lapse unused."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.models import AccountNotice, Contact, Quota
from plans.quotas.words import amount_words, window_words
from plans.wording import clause_of, name_of
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Letter


def _lapsing(notice: AccountNotice, reader: Reader) -> Letter:
    """Write how much of what is left, until when, and how to use it."""
    quota = Quota.objects.select_related("item").get(pk=notice.about["quota"])
    days = int(notice.about["days"])
    words = {
        "name": name_of(quota.item),
        "left": amount_words(notice.about["left"], quota.unit),
        "day": date_format(quota.ends_on, _("Y年n月j日")),
        "n": days,
        "number": notice.contract.number,
    }
    opening = ngettext(
        "%(name)s还有 %(left)s 没有使用，%(n)d 天后到期；过了 %(day)s 就作废。",
        "%(name)s还有 %(left)s 没有使用，%(n)d 天后到期；过了 %(day)s 就作废。",
        days,
    )
    is_customer = isinstance(reader, Contact)
    facts = (
        (_("合同"), notice.contract.number),
        (_("可用期"), f"{window_words(quota.period, quota.number)} {quota.starts_on:%Y-%m-%d} – {quota.ends_on:%Y-%m-%d}"),
        (_("条款"), clause_of(quota.item)),
    )
    return Letter(
        subject=_("%(name)s还有 %(left)s，%(day)s 到期") % words,
        lines=(opening % words,),
        facts=facts,
        asked=_("要使用请联系您的客户成功经理约时间。") if is_customer else _("请联系客户约定使用时间。"),
        link=reverse("portal:service:rights" if is_customer else "console:accounts:rights", args=[notice.contract.number]),
        link_words=_("查看权益和对账单"),
    )


WRITERS: dict[str, Writer] = {"quota_lapsing": _lapsing}
