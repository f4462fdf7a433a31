"""An engagement's record as the report that is made of it says it. Source: K06, K12"""

import re
import textwrap
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.deliverables.asking import clauses_of, policy_for
from plans.models import Attendee, Engagement
from plans.models.people import Language
from plans.terms import local_date
from plans.wording import name_of, text_of
from sla.models.policies import Metric
from tickets.showing.engagements import experts_of, provider_of, topic_of, when_words, where_words
from tickets.showing.wording import name_of as called

# Latin letters and signs in a row that no line of a report can hold.
WIDEST = 60
LONG = re.compile(rf"[!-~]{{{WIDEST},}}")
BREAK = "\u200b"
CAME = (Attendee.State.ATTENDED, Attendee.State.ENROLLED)


def language_of(engagement: Engagement) -> str:
    """Return in which language the customer's people read a report: that of who asked for the service."""
    return engagement.requested_by.reads if engagement.requested_by else Language.CHINESE


def record_content(engagement: Engagement, language: str) -> dict[str, Any]:
    """Return everything that the report of an engagement says, in a language, as JSON can say it.

    The same record gives the same content: the report is dated by the record, not by its making.
    """
    with translation.override(language):
        return _content(engagement)


def _content(engagement: Engagement) -> dict[str, Any]:
    contract, item = engagement.contract, engagement.item
    title = text_of(item, "deliverable").strip("《》") or name_of(item)
    policy = policy_for(item, engagement.entitlement)
    target = policy.targets.filter(metric=Metric.SIGN_OFF).first() if policy and item.deliverable else None
    written_at = engagement.recorded_at or engagement.delivered_at or engagement.requested_at
    return {
        "title": title,
        "reference": engagement.number,
        "topic": topic_of(engagement),
        "customer": name_of(contract.customer),
        "made_on": local_date(contract, written_at).isoformat(),
        "facts": _facts(engagement),
        "wish_title": _("需求说明"),
        "wish": breakable(engagement.wish),
        "done_title": _("交付记录"),
        "done": breakable(engagement.done),
        "people_title": _("参加人"),
        "people_heads": [_("姓名"), pgettext("of a person", "单位")],
        "people": _people(engagement),
        "clause_title": _("条款"),
        "clause": "\n\n".join(clauses_of(item, target)),
        "sign_title": _("签字确认") if target else "",
        "sign": _("请在门户中签字确认，或提出书面修改意见。签字的是这份文件本身：门户显示它的指纹。"),
    }


def breakable(words: str) -> str:
    """Return words in which what runs on without a space, an address or a path, may break at the edge of the paper."""
    return LONG.sub(lambda run: BREAK.join(textwrap.wrap(run[0], WIDEST)), words)


def _facts(engagement: Engagement) -> list[list[str]]:
    contract, days = engagement.contract, engagement.person_days
    return [
        [_("客户"), name_of(contract.customer)],
        [_("合同"), f"{contract.number} {name_of(contract.plan)}"],
        [_("服务"), f"{name_of(engagement.item)} · {engagement.number}"],
        [_("时间"), when_words(engagement)],
        [_("方式"), where_words(engagement)],
        [_("交付主体"), " · ".join(filter(None, (provider_of(engagement), experts_of(engagement))))],
        [_("实际人天"), f"{days.normalize():f}" if days else _("未计")],
    ]


def _people(engagement: Engagement) -> list[list[str]]:
    customer = name_of(engagement.contract.customer)
    rows = engagement.attendees.filter(state__in=CAME).select_related("contact")
    return [[called(row.contact) if row.contact else row.name, customer if row.contact else "–"] for row in rows]
