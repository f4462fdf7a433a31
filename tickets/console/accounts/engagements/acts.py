"""What our people do with an engagement: each act's form, and the action behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from plans.actions.engagements import delivering, people, timing
from plans.actions.engagements.requesting import Arrangement, arrange
from plans.models import Attendee, Engagement
from plans.refusals import RefusedError
from tickets.console.accounts.engagements.forms import (
    ArrangeForm,
    ContactForm,
    DeliverForm,
    HeardForm,
    ProposeForm,
    RecordForm,
    StageForm,
    arranged,
    zone_of,
)
from tickets.engagement_forms import Deed, GuestForm, KeyForm, PostForm, ReasonForm

# Invited to nothing yet is told by the same field.
PARTS = (Attendee.State.ENROLLED, Attendee.State.ATTENDED, Attendee.State.ABSENT)


Filled = Callable[[Engagement, Mapping[str, Any] | None], forms.Form]


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its form, unfilled or filled, and what it does."""

    form: Filled
    does: Callable[[Deed], object]
    done: LazyText


def plain(form: type[forms.Form]) -> Filled:
    """Return a form that needs nothing of the engagement."""
    return lambda _engagement, said: form(said)


def _propose(deed: Deed) -> object:
    said = deed.said
    insisting = timing.Insisting(said["short_notice"], said["despite_conflict"])
    return timing.propose(**deed.usual, slot=deed.form.slot(), remark=said["remark"], insisting=insisting)


def _arrange(deed: Deed) -> object:
    return arrange(**deed.usual, arrangement=Arrangement(**deed.said))


def _deliver(deed: Deed) -> object:
    said = deed.said
    took = delivering.Took(said["person_days"], said.get("amount"), said.get("line", ""))
    return delivering.deliver(**deed.usual, took=took)


def _record(deed: Deed) -> object:
    report = delivering.Report(deed.said["done"], deed.form.attended())
    return delivering.record(**deed.usual, report=report)


def _add_guest(deed: Deed) -> object:
    return people.add_attendee(**deed.usual, who=people.Guest(**deed.said))


def _remove(deed: Deed) -> object:
    row = deed.engagement.attendees.filter(pk=deed.said["attendee"]).first()
    if row is None:
        raise RefusedError("no_attendee", str(_("没有这位参加人。")))
    return people.remove_attendee(attendee=row, actor=deed.actor, at=deed.at)


def _propose_form(engagement: Engagement, said: Mapping[str, Any] | None) -> forms.Form:
    return ProposeForm(said, zone=zone_of(engagement))


def _arrange_form(engagement: Engagement, said: Mapping[str, Any] | None) -> forms.Form:
    return ArrangeForm(said, engagement=engagement, initial=arranged(engagement))


def _record_form(engagement: Engagement, said: Mapping[str, Any] | None) -> forms.Form:
    rows = [row for row in engagement.attendees.all() if row.state in PARTS]
    came = [row.pk for row in rows if row.state == Attendee.State.ATTENDED]
    initial = {"done": engagement.done, "came": came or [row.pk for row in rows]}
    return RecordForm(said, people=[(row.pk, row.name) for row in rows], initial=initial)


def _deliver_form(engagement: Engagement, said: Mapping[str, Any] | None) -> forms.Form:
    return DeliverForm(said, engagement=engagement)


def _contact_form(engagement: Engagement, said: Mapping[str, Any] | None) -> forms.Form:
    return ContactForm(said, engagement=engagement)


def _cancel(deed: Deed) -> object:
    return delivering.cancel(**deed.usual, reason=deed.said["reason"])


def _accept(deed: Deed) -> object:
    return timing.accept(**deed.usual, heard=deed.said["heard"])


def _move_on(deed: Deed) -> object:
    return delivering.advance(**deed.usual, stage=deed.said["stage"])


def _add_contact(deed: Deed) -> object:
    return people.add_attendee(**deed.usual, who=deed.said["contact"])


ACTS = {
    "arrange": Act(_arrange_form, _arrange, _("安排已更新。")),
    "propose": Act(_propose_form, _propose, _("已提议时间，等客户答复。")),
    "accept": Act(plain(HeardForm), _accept, _("时间已定，邀请已发出。")),
    "withdraw": Act(plain(forms.Form), lambda deed: timing.withdraw(**deed.usual), _("提议已撤回。")),
    "deliver": Act(_deliver_form, _deliver, _("已标记交付。")),
    "record": Act(_record_form, _record, _("交付记录已写下。")),
    "close": Act(plain(forms.Form), lambda deed: delivering.close(**deed.usual), _("已关闭。")),
    "cancel": Act(plain(ReasonForm), _cancel, _("已取消。")),
    "stage": Act(plain(StageForm), _move_on, _("阶段已更新。")),
    "add_contact": Act(_contact_form, _add_contact, _("已加入参加人。")),
    "add_guest": Act(plain(GuestForm), _add_guest, _("已加入参加人。")),
    "remove": Act(plain(KeyForm), _remove, _("已移出参加人。")),
    "post": Act(plain(PostForm), lambda deed: people.post(**deed.usual, body=deed.said["body"]), _("已发出。")),
}
