"""Letters about updates: a window ahead, its changes, what became of a request, and what there is to download."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from plans.engagements.invitations import CANCEL, REQUEST, Guest, invitation
from plans.models import AccountNotice, UpdatePackage, UpdateRequest, UpdateWindow, User
from plans.updates.reading import holidays_in, policy_of
from plans.wording import clause_of, name_of, text_of
from tickets.showing.updates import (
    facts_of,
    holiday_words,
    meeting_of,
    portal_link,
    request_title,
    size_words,
    when_words,
)
from tickets.showing.wording import name_of as called
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Letter


@dataclass(frozen=True)
class Telling:
    """What a kind of news says; `ours` is for our people, `method` what it does to calendars."""

    title: LazyText
    says: LazyText
    ours: LazyText | str = ""
    method: str = ""


WINDOWS = {
    "announced": Telling(gettext_lazy("更新通知"), gettext_lazy("%(what)s 将于 %(when)s 更新。"), method=REQUEST),
    "moved": Telling(gettext_lazy("更新改期"), gettext_lazy("%(what)s 的更新改到 %(when)s。"), method=REQUEST),
    "extended": Telling(
        gettext_lazy("更新时间有变"), gettext_lazy("%(what)s 正在更新，时间改为 %(when)s。"), method=REQUEST
    ),
    "postponed": Telling(
        gettext_lazy("更新推迟"),
        gettext_lazy("%(what)s 原定 %(when)s 的更新推迟，新的时间定下来再通知您。"),
        method=CANCEL,
    ),
    "cancelled": Telling(gettext_lazy("更新取消"), gettext_lazy("%(what)s 原定 %(when)s 的更新取消。"), method=CANCEL),
}
MAINTENANCE = {
    "announced": Telling(gettext_lazy("维护通知"), gettext_lazy("%(what)s 将于 %(when)s 进行。"), method=REQUEST),
    "moved": Telling(gettext_lazy("维护改期"), gettext_lazy("%(what)s 改到 %(when)s 进行。"), method=REQUEST),
    "extended": Telling(
        gettext_lazy("维护时间有变"), gettext_lazy("%(what)s 正在进行，时间改为 %(when)s。"), method=REQUEST
    ),
    "postponed": Telling(
        gettext_lazy("维护推迟"),
        gettext_lazy("%(what)s 原定 %(when)s 进行，现在推迟，新的时间定下来再通知您。"),
        method=CANCEL,
    ),
    "cancelled": Telling(
        gettext_lazy("维护取消"), gettext_lazy("%(what)s 原定 %(when)s 进行，现在取消。"), method=CANCEL
    ),
}
REQUESTS = {
    "requested": Telling(
        gettext_lazy("新的更新申请"), gettext_lazy("已收到。"), gettext_lazy("%(customer)s 申请更新 %(product)s。")
    ),
    "received": Telling(
        gettext_lazy("已收到更新申请"), gettext_lazy("已收到您更新 %(product)s 的申请，我们会与您约定时间。")
    ),
    "auditing": Telling(gettext_lazy("安全审计开始"), gettext_lazy("更新 %(product)s 前的安全审计已经开始。")),
    "cleared": Telling(
        gettext_lazy("安全审计通过"), gettext_lazy("更新 %(product)s 前的安全审计已通过，我们会与您约定时间。")
    ),
    "scheduled": Telling(
        gettext_lazy("更新时间已定"),
        gettext_lazy("%(product)s 将于 %(when)s 更新。"),
        gettext_lazy("%(customer)s 的 %(product)s 将于 %(when)s 更新。"),
        REQUEST,
    ),
    "moved": Telling(
        gettext_lazy("更新改期"),
        gettext_lazy("%(product)s 的更新改到 %(when)s。"),
        gettext_lazy("%(customer)s 的 %(product)s 的更新改到 %(when)s。"),
        REQUEST,
    ),
    "begun": Telling(gettext_lazy("更新开始"), gettext_lazy("%(product)s 的更新已经开始。")),
    "done": Telling(
        pgettext_lazy("letter", "更新完成"),
        gettext_lazy("%(product)s 的更新已经完成。"),
        gettext_lazy("%(customer)s 的 %(product)s 的更新已经完成。"),
    ),
    "declined": Telling(
        gettext_lazy("更新申请未受理"),
        gettext_lazy("更新 %(product)s 的申请没有受理。"),
        gettext_lazy("%(customer)s 更新 %(product)s 的申请没有受理。"),
        CANCEL,
    ),
    "withdrawn": Telling(
        gettext_lazy("更新申请已撤回"),
        gettext_lazy("更新 %(product)s 的申请已撤回。"),
        gettext_lazy("%(customer)s 撤回了更新 %(product)s 的申请。"),
        CANCEL,
    ),
}


def _window(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that a window lies ahead, or what became of it, with the calendar part that says the same."""
    about = notice.about
    window = _as_told(UpdateWindow.objects.get(pk=about["window"]), about)
    is_maintenance = window.kind == UpdateWindow.Kind.MAINTENANCE
    telling = (MAINTENANCE if is_maintenance else WINDOWS)[about["what"]]
    link = portal_link(notice.contract.number)
    words = {"what": text_of(window, "title"), "when": when_words(window)}
    holiday = holiday_words(holidays_in([window]).get(window.pk)) if telling.method == REQUEST else ""
    saved = (
        _("维护期间系统可能无法使用，请提前保存手头的工作。")
        if is_maintenance
        else _("更新期间系统可能无法使用，请提前保存手头的工作。")
    )
    during = saved if telling.method == REQUEST else ""
    return Letter(
        subject=_("【%(title)s】%(rest)s") % {"title": telling.title, "rest": words["what"]},
        lines=tuple(line for line in (str(telling.says) % words, during, holiday) if line),
        quoted="\n".join(part for part in (about["reason"], text_of(window, "notes")) if part),
        facts=(*facts_of(window), *_former(window, about)),
        asked=_("附件可以加入日历。") if telling.method == REQUEST else "",
        link=link,
        link_words=_("查看更新日历"),
        calendar=_calendar(telling, window, notice, reader, link),
    )


def _as_told(window: UpdateWindow, about: Mapping[str, Any]) -> UpdateWindow:
    """Return a window with the time that the news tells, which may be older than the window's own."""
    window.starts_at = datetime.fromisoformat(about["starts_at"])
    window.ends_at = datetime.fromisoformat(about["ends_at"])
    window.sequence = about["sequence"]
    # A letter about a window without a time says the one that it had.
    window.state = UpdateWindow.State.ANNOUNCED
    return window


def _former(window: UpdateWindow, about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return when a window that was moved was to be before."""
    was = about.get("was")
    return [(pgettext("update letter", "原定"), when_words(_as_told(copy(window), {**about, **was})))] if was else []


def _request(notice: AccountNotice, reader: Reader) -> Letter:
    """Write what became of a request."""
    about = notice.about
    related = ("contract__customer", "item", "product")
    request = UpdateRequest.objects.select_related(*related).get(pk=about["request"])
    if about.get("starts_at"):
        request.starts_at = datetime.fromisoformat(about["starts_at"])
        request.ends_at = datetime.fromisoformat(about["ends_at"])
    request.sequence = about["sequence"]
    telling = REQUESTS[notice.kind.removeprefix("update_")]
    is_ours = isinstance(reader, User)
    about_it = f"requests/{request.number}/"
    theirs = f"{portal_link(notice.contract.number)}{about_it}"
    link = f"/console/accounts/-/updates/{about_it}" if is_ours else theirs
    policy = policy_of(request)
    clause = policy.clause if policy else clause_of(request.item)
    return Letter(
        subject=_("【%(title)s】%(rest)s")
        % {"title": telling.title, "rest": f"{request.number} {request_title(request)}"},
        lines=(str((telling.ours if is_ours else "") or telling.says) % _words(request),),
        quoted=about["reason"] or (request.wish if notice.kind == "update_requested" else ""),
        facts=(*facts_of(request), (_("条款"), clause)),
        asked=_("请答复客户：约定时间，或写明不受理的理由。") if notice.kind == "update_requested" else "",
        link=link,
        link_words=_("打开更新申请"),
        calendar=_calendar(telling, request, notice, reader, theirs),
    )


def _words(request: UpdateRequest) -> dict[str, str]:
    return {
        "customer": name_of(request.contract.customer),
        "product": name_of(request.product),
        "when": when_words(request),
    }


def _calendar(
    telling: Telling, thing: UpdateWindow | UpdateRequest, notice: AccountNotice, reader: Reader, link: str
) -> str:
    """Return the calendar part of a letter; none where there was never a time."""
    if not telling.method or not notice.about.get("starts_at"):
        return ""
    guests = (Guest(called(reader), reader.email),) if reader.email else ()
    return invitation(meeting_of(thing, url=link, guests=guests), method=telling.method, at=notice.at)


def _package(notice: AccountNotice, reader: Reader) -> Letter:
    """Write that there is something new to download."""
    package = UpdatePackage.objects.select_related("product").get(pk=notice.about["package"])
    name = f"{text_of(package, 'name')} {package.version}"
    facts = [
        (_("产品"), name_of(package.product)),
        (_("类别"), str(package.get_kind_display())),
        (_("版本"), package.version),
        (_("大小"), size_words(package)),
        ("SHA-256", package.sha256),
    ]
    return Letter(
        subject=_("【%(title)s】%(rest)s") % {"title": _("可下载的更新"), "rest": name},
        lines=(_("%(product)s 有新的%(kind)s可以下载，何时更新由您安排。") % {
            "product": name_of(package.product), "kind": package.get_kind_display(),
        },),
        facts=tuple((label, said) for label, said in facts if said),
        link=portal_link(notice.contract.number),
        link_words=_("去下载"),
    )  # fmt: skip


WRITERS: dict[str, Writer] = {
    "update_window": _window,
    "update_package": _package,
    **{f"update_{kind}": _request for kind in REQUESTS},
}
