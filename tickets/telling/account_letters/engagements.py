"""Letters about engagements: each step told to those it concerns, with the invitation where a time is agreed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.accounts import zone_named
from plans.engagements.invitations import CANCEL, REQUEST, invitation
from plans.models import AccountNotice, Attendee, Engagement, EngagementPost, User
from plans.wording import name_of, text_of
from tickets.showing.engagements import facts_of, meeting_of, span_words, topic_of
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Letter

Quote = Callable[[Engagement, Mapping[str, Any]], str]


def _nothing(_engagement: Engagement, _about: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class Telling:
    """What a kind of news says to our people and to the customer's; `asked` is what they may do now."""

    title: LazyText
    ours: LazyText | str
    theirs: LazyText | str
    asked_ours: LazyText | str = ""
    asked_theirs: LazyText | str = ""
    method: str = ""
    quoted: Quote = _nothing


def _wish(engagement: Engagement, _about: Mapping[str, Any]) -> str:
    return engagement.wish


def _remark(_engagement: Engagement, about: Mapping[str, Any]) -> str:
    return str(about.get("note", ""))


def _reason(_engagement: Engagement, about: Mapping[str, Any]) -> str:
    return str(about.get("reason", ""))


def _done(engagement: Engagement, _about: Mapping[str, Any]) -> str:
    return engagement.done


def _post(_engagement: Engagement, about: Mapping[str, Any]) -> str:
    post = EngagementPost.objects.filter(pk=about["post"]).first()
    if post is None:
        return ""
    author = name_of(post.author) if post.author else ""
    return f"{author or post.author_display}:\n{post.body}"


def _comment(_engagement: Engagement, about: Mapping[str, Any]) -> str:
    row = Attendee.objects.filter(pk=about["attendee"]).first()
    return f"{name_of(row)}: {row.rating}/5\n{row.comment}".strip() if row else ""


def _text(engagement: Engagement, _about: Mapping[str, Any]) -> str:
    return text_of(engagement.gathering, "text") if engagement.gathering else ""


def _certificate(_engagement: Engagement, about: Mapping[str, Any]) -> str:
    return str(about.get("certificate", ""))


TELLINGS = {
    "requested": Telling(
        gettext_lazy("新的服务申请"),
        gettext_lazy("%(customer)s 申请%(service)s“%(topic)s”。"),
        "",
        asked_ours=gettext_lazy("请安排专家，并提议一个时间。"),
        quoted=_wish,
    ),
    "received": Telling(
        gettext_lazy("已收到申请"),
        "",
        gettext_lazy("已收到您的%(service)s申请“%(topic)s”，服务团队会与您商定时间。"),
    ),
    "assigned": Telling(
        gettext_lazy("请您交付"), gettext_lazy("请您为 %(customer)s 交付%(service)s“%(topic)s”。"), "", quoted=_wish
    ),
    "proposed": Telling(
        gettext_lazy("提议的时间"),
        gettext_lazy("%(customer)s 为%(service)s“%(topic)s”提议：%(proposed)s。"),
        gettext_lazy("我们为%(service)s“%(topic)s”提议：%(proposed)s。"),
        asked_ours=gettext_lazy("请接受，或另提时间。"),
        asked_theirs=gettext_lazy("请在门户中接受，或另提一个时间。"),
        quoted=_remark,
    ),
    "withdrawn": Telling(
        gettext_lazy("时间已撤回"),
        gettext_lazy("%(service)s“%(topic)s”提议的时间已撤回，请另行商定。"),
        gettext_lazy("%(service)s“%(topic)s”提议的时间已撤回，我们会另行与您商定。"),
    ),
    "agreed": Telling(
        gettext_lazy("时间已定"),
        gettext_lazy("%(customer)s 的%(service)s“%(topic)s”：%(when)s。"),
        gettext_lazy("%(service)s“%(topic)s”的时间已定：%(when)s。"),
        asked_theirs=gettext_lazy("附件可以加入日历；需要改期请在门户中另提时间。"),
        method=REQUEST,
    ),
    "changed": Telling(
        gettext_lazy("安排有变"),
        gettext_lazy("%(customer)s 的%(service)s“%(topic)s”安排有变，现为：%(when)s。"),
        gettext_lazy("%(service)s“%(topic)s”的安排有变，现为：%(when)s。"),
        asked_theirs=gettext_lazy("附件会更新您日历中的安排。"),
        method=REQUEST,
    ),
    "excused": Telling(
        gettext_lazy("不再参加"),
        "",
        gettext_lazy("您不再参加%(service)s“%(topic)s”，附件会从日历中取消。"),
        method=CANCEL,
    ),
    "cancelled": Telling(
        pgettext_lazy("engagement", "已取消"),
        gettext_lazy("%(customer)s 的%(service)s“%(topic)s”已取消。"),
        gettext_lazy("%(service)s“%(topic)s”已取消。"),
        method=CANCEL,
        quoted=_reason,
    ),
    "tomorrow": Telling(
        gettext_lazy("即将开始"),
        gettext_lazy("%(customer)s 的%(service)s“%(topic)s”即将开始：%(when)s。"),
        gettext_lazy("%(service)s“%(topic)s”即将开始：%(when)s。"),
    ),
    "recorded": Telling(
        gettext_lazy("交付记录"),
        gettext_lazy("%(customer)s 的%(service)s“%(topic)s”已写下交付记录："),
        gettext_lazy("%(service)s“%(topic)s”已完成，做了这些："),
        asked_theirs=gettext_lazy("还有问题，可以在门户里继续与专家交流；也请告诉我们您的评价。"),
        quoted=_done,
    ),
    "posted": Telling(
        gettext_lazy("新留言"),
        gettext_lazy("%(customer)s 在%(service)s“%(topic)s”下留言："),
        gettext_lazy("%(service)s“%(topic)s”有新的留言："),
        quoted=_post,
    ),
    "feedback": Telling(
        gettext_lazy("客户反馈"), gettext_lazy("%(customer)s 对%(service)s“%(topic)s”的反馈："), "", quoted=_comment
    ),
    "published": Telling(
        gettext_lazy("新活动"),
        gettext_lazy("已发布%(service)s“%(topic)s”：%(when)s。"),
        gettext_lazy("%(service)s“%(topic)s”开放报名：%(when)s。"),
        asked_theirs=gettext_lazy("请在门户中报名，名额有限。"),
        quoted=_text,
    ),
    "invited": Telling(
        gettext_lazy("邀请"),
        "",
        gettext_lazy("诚邀您参加%(service)s“%(topic)s”：%(when)s。"),
        asked_theirs=gettext_lazy("请在门户中告诉我们您是否参加。"),
        quoted=_text,
    ),
    "certified": Telling(
        gettext_lazy("证书已发放"),
        "",
        gettext_lazy("恭喜您通过%(service)s“%(topic)s”，证书编号："),
        quoted=_certificate,
    ),
}


def _writer(telling: Telling) -> Writer:
    def write(notice: AccountNotice, reader: Reader) -> Letter:
        return _letter(telling, notice, reader)

    return write


def _letter(telling: Telling, notice: AccountNotice, reader: Reader) -> Letter:
    related = ("contract__customer", "item", "gathering", "branch")
    engagement = Engagement.objects.select_related(*related).get(pk=notice.about["engagement"])
    is_ours = isinstance(reader, User)
    link = link_of(engagement, reader)
    words = _words(engagement, notice.about)
    said = telling.ours if is_ours else telling.theirs
    return Letter(
        subject=_("【%(title)s】%(rest)s")
        % {"title": telling.title, "rest": f"{engagement.number} {topic_of(engagement)}"},
        lines=(str(said or telling.theirs or telling.ours) % words,),
        quoted=telling.quoted(engagement, notice.about),
        facts=tuple(facts_of(engagement)),
        asked=str(telling.asked_ours if is_ours else telling.asked_theirs) if link else "",
        link=link,
        link_words=_("打开这项交付") if link else "",
        calendar=_calendar(telling, engagement, notice, reader, link),
    )


def _words(engagement: Engagement, about: Mapping[str, Any]) -> dict[str, str]:
    return {
        "customer": name_of(engagement.contract.customer),
        "service": name_of(engagement.item),
        "topic": topic_of(engagement),
        "when": _span(about, engagement),
        "proposed": _span(about.get("proposed", {}), engagement),
    }


def _span(said: Mapping[str, Any], engagement: Engagement) -> str:
    start, end = (datetime.fromisoformat(said[name]) if said.get(name) else None for name in ("starts_at", "ends_at"))
    zone = zone_named(timezone.get_current_timezone_name())
    return span_words(start, end, zone, zone_named(engagement.timezone))


def link_of(engagement: Engagement, reader: Reader) -> str:
    """Return where a reader sees an engagement; nothing for a guest, who cannot sign in."""
    if isinstance(reader, User):
        return f"/console/accounts/-/engagements/{engagement.number}/"
    return f"/portal/service/{engagement.contract.number}/engagements/{engagement.number}/" if reader.pk else ""


def _calendar(telling: Telling, engagement: Engagement, notice: AccountNotice, reader: Reader, link: str) -> str:
    """Return the invitation, its change or its cancellation, of the time that the news tells."""
    about = notice.about
    if not telling.method or not about.get("starts_at") or about.get("was_agreed") is False:
        return ""
    engagement.starts_at = datetime.fromisoformat(about["starts_at"])
    engagement.ends_at = datetime.fromisoformat(about["ends_at"])
    engagement.sequence = about["sequence"]
    url = f"{settings.PUBLIC_URL}{link}" if link else ""
    return invitation(meeting_of(engagement, url=url, reader=reader), method=telling.method, at=notice.at)


WRITERS: dict[str, Writer] = {f"engagement_{kind}": _writer(telling) for kind, telling in TELLINGS.items()}
