"""Letters that answer a mail which became no ticket: why, by which clause, and what can be done."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from plans.wording import text_of
from tickets.models import CoverageDecision, Delivery, Mail
from tickets.showing.wording import in_english, name_of
from tickets.telling.letters import Letter
from tickets.telling.occasions import Occasion


def _refused(occasion: Occasion) -> Letter:
    mail = occasion.delivery.mail
    if mail is None:
        raise LookupError(f"Delivery {occasion.delivery.pk} has no mail.")
    lines, asked = _not_covered(mail) if mail.reason == Mail.Reason.NOT_COVERED else _unknown(mail)
    reader = occasion.reader
    return Letter(
        subject=_("【未受理】%(subject)s") % {"subject": mail.subject or _("您的来信")},
        greeting=_("%(name)s，您好：") % {"name": name_of(reader)} if reader else _("您好："),
        lines=lines,
        asked=asked,
        link=occasion.home,
        link_words=_("打开客户门户"),
        closing=_("这封信由系统自动发出；您的来信已经保留。"),
    )


def _unknown(mail: Mail) -> tuple[tuple[str, ...], str]:
    """Return that nobody knows the writer; nothing of any ticket, for anybody may write under any name."""
    lines = (_("我们收到了您的来信，但 %(address)s 没有登记在任何服务合同下，因此还没有建立工单。"),)
    told = tuple(line % {"address": mail.from_address} for line in lines)
    return told, _("请用已登记的邮箱再写一次，或请贵单位的客户管理员把这个邮箱登记为联系人；我们也会有人查看这封信。")


def _not_covered(mail: Mail) -> tuple[tuple[str, ...], str]:
    decision = CoverageDecision.objects.filter(intake=mail.event_id).order_by("-pk").first()
    if decision is None:
        return (_("您的来信没有受理。"),), ""
    clause = text_of(decision, "clause")
    reason = text_of(decision, "reason")
    ways = decision.ways_on_en if in_english() and decision.ways_on_en else decision.ways_on
    lines = (reason, _("依据：%(clause)s") % {"clause": clause}) if clause else (reason,)
    return lines, _("您可以：%(ways)s") % {"ways": _("；").join(ways)} if ways else ""


WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {Delivery.Kind.MAIL_REFUSED: _refused}
