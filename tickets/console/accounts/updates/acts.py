"""What our people do with windows and requests: each act's form, when it is possible, and the action behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from plans.accounts import zone_named
from plans.actions.updates import requests, windows
from plans.models import UpdateRequest, UpdateWindow, User
from plans.updates.reading import policy_of
from tickets.console.accounts.updates.forms import (
    EndForm,
    FindingsForm,
    ScheduleForm,
    SpanForm,
    VersionForm,
    WithdrawForm,
    WordsForm,
    at_once,
    local,
)
from tickets.engagement_forms import ReasonForm

Thing = UpdateWindow | UpdateRequest
Window, Request = UpdateWindow.State, UpdateRequest.State
OURS_OPEN = (Request.REQUESTED, Request.AUDITING, Request.CLEARED, Request.SCHEDULED)


@dataclass(frozen=True)
class Deed:
    """One act on one window or request, with what was typed."""

    thing: Any
    form: Any
    actor: User
    at: datetime

    @property
    def said(self) -> dict[str, Any]:
        """Return what was typed, read."""
        found: dict[str, Any] = self.form.cleaned_data
        return found

    @property
    def who(self) -> dict[str, Any]:
        """Return who acts and when."""
        return {"actor": self.actor, "at": self.at}


@dataclass(frozen=True)
class Act:
    """A named act: what its button says, its form, in which states it is possible, and what it does."""

    words: LazyText
    form: Callable[[Any, Mapping[str, Any] | None], forms.Form]
    states: Sequence[str]
    does: Callable[[Deed], object]
    done: LazyText
    icon: str = "edit"
    # Done in one click, in the open; others stand folded.
    is_first: bool = False


def _plain(form: type[forms.Form]) -> Callable[[Any, Mapping[str, Any] | None], forms.Form]:
    return lambda _thing, said: at_once(form, said)


def _timed(form: type[Any]) -> Callable[[Any, Mapping[str, Any] | None], forms.Form]:
    def make(thing: Any, said: Mapping[str, Any] | None) -> forms.Form:
        zone = _zone(thing)
        initial = {name: local(getattr(thing, name), zone) for name in ("starts_at", "ends_at")}
        made: forms.Form = form(said, zone=zone, initial=initial, label_suffix="")
        return made

    return make


def _zone(thing: Thing) -> ZoneInfo:
    return zone_named(thing.timezone)


def _words(thing: UpdateWindow, said: Mapping[str, Any] | None) -> forms.Form:
    initial = {name: getattr(thing, name) for name in windows.Words.__slots__}
    return WordsForm(said, initial=initial, label_suffix="")


WINDOW = {
    "announce": Act(
        _("现在通知客户"),
        _plain(forms.Form),
        (Window.PLANNED,),
        lambda deed: windows.announce(window=deed.thing, **deed.who),
        _("已通知受影响的客户。"),
        "reply",
        True,
    ),
    "begin": Act(
        _("开始更新"),
        _plain(forms.Form),
        windows.WAITING,
        lambda deed: windows.begin(window=deed.thing, **deed.who),
        _("已记下开始。"),
        "next",
    ),
    "finish": Act(
        _("更新完成"),
        _plain(VersionForm),
        (Window.UNDER_WAY,),
        lambda deed: windows.finish(window=deed.thing, version=deed.said["version"], **deed.who),
        _("已记下完成。"),
        "kept",
        True,
    ),
    "extend": Act(
        _("改结束时间"),
        _timed(EndForm),
        (Window.UNDER_WAY,),
        lambda deed: windows.extend(window=deed.thing, **deed.said, **deed.who),
        _("已改，并通知客户。"),
        "paused",
    ),
    "move": Act(
        _("改期"),
        _timed(SpanForm),
        (*windows.WAITING, Window.POSTPONED),
        lambda deed: windows.move(window=deed.thing, span=deed.form.span(), reason=deed.said["reason"], **deed.who),
        _("已改期。"),
        "calendar",
    ),
    "postpone": Act(
        _("推迟，时间待定"),
        _plain(ReasonForm),
        (*windows.WAITING, Window.UNDER_WAY),
        lambda deed: windows.postpone(window=deed.thing, **deed.said, **deed.who),
        _("已推迟。"),
        "paused",
    ),
    "cancel": Act(
        _("取消这个窗口"),
        _plain(ReasonForm),
        (*windows.WAITING, Window.POSTPONED, Window.UNDER_WAY),
        lambda deed: windows.cancel(window=deed.thing, **deed.said, **deed.who),
        _("已取消。"),
        "close",
    ),
    "edit": Act(
        _("改写说明"),
        _words,
        (*windows.WAITING, Window.POSTPONED, Window.UNDER_WAY, Window.DONE),
        lambda deed: windows.edit(window=deed.thing, words=deed.form.words(), **deed.who),
        _("已保存。"),
    ),
}
REQUEST = {
    "begin_audit": Act(
        _("开始安全审计"),
        _plain(forms.Form),
        (Request.REQUESTED,),
        lambda deed: requests.begin_audit(request=deed.thing, **deed.who),
        _("审计已开始。"),
        "next",
        True,
    ),
    "clear": Act(
        _("审计通过"),
        _plain(FindingsForm),
        (Request.AUDITING,),
        lambda deed: requests.clear(request=deed.thing, **deed.said, **deed.who),
        _("已记下审计结论。"),
        "kept",
        True,
    ),
    "schedule": Act(
        _("约定时间"),
        _timed(ScheduleForm),
        OURS_OPEN,
        lambda deed: requests.schedule(
            request=deed.thing, span=deed.form.span(), short_notice=deed.said["short_notice"], **deed.who
        ),
        _("时间已定，并通知客户。"),
        "calendar",
    ),
    "begin": Act(
        _("开始更新"),
        _plain(forms.Form),
        (Request.SCHEDULED,),
        lambda deed: requests.begin(request=deed.thing, **deed.who),
        _("已记下开始。"),
        "next",
        True,
    ),
    "finish": Act(
        _("更新完成"),
        _plain(VersionForm),
        (Request.UNDER_WAY,),
        lambda deed: requests.finish(request=deed.thing, **deed.said, **deed.who),
        _("已记下完成。"),
        "kept",
        True,
    ),
    "decline": Act(
        _("不受理"),
        _plain(ReasonForm),
        OURS_OPEN,
        lambda deed: requests.decline(request=deed.thing, **deed.said, **deed.who),
        _("已告诉客户。"),
        "close",
    ),
    "withdraw": Act(
        _("客户撤回"),
        _plain(WithdrawForm),
        OURS_OPEN,
        lambda deed: requests.withdraw(request=deed.thing, **deed.said, **deed.who),
        _("已撤回。"),
        "close",
    ),
}


@dataclass(frozen=True)
class Offered:
    """An act as a page offers it: unfilled, or with what was typed."""

    name: str
    act: Act
    form: forms.Form
    is_tried: bool = False


def offered(thing: Thing, acts: Mapping[str, Act], tried: tuple[str, forms.Form | None]) -> list[Offered]:
    """Return what can be done with a window or request as it stands, the likeliest in front, with what was tried."""
    name_tried, typed = tried
    found = []
    for name, act in acts.items():
        if thing.state in act.states and _fits(thing, name):
            is_tried = name == name_tried
            form = typed if is_tried and typed else act.form(thing, None)
            found.append(Offered(name, act, form, is_tried))
    return sorted(found, key=lambda one: not one.act.is_first)


def _fits(thing: Thing, name: str) -> bool:
    """Leave out an audit that is not needed, and a time before one that is."""
    if isinstance(thing, UpdateWindow):
        return True
    policy = policy_of(thing)
    needs_audit = policy is not None and policy.needs_audit
    waits = thing.state in (Request.REQUESTED, Request.AUDITING)
    return not (name == "begin_audit" and not needs_audit) and not (name == "schedule" and needs_audit and waits)
