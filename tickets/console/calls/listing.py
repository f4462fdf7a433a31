"""Calls and calls that we owe, as lists show them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from plans.wording import name_of
from sla.models import Milestone
from tickets.actions.calls.placing import number_of
from tickets.channels.calling import web_address
from tickets.console.calls.cards import RELATED, at_desk_of, since
from tickets.console.guard import Reader
from tickets.console.rows import Seal
from tickets.models import Call, CallBack, CallBackAttempt, Ticket
from tickets.senders import plain_number
from tickets.showing.calls import talk_time
from tickets.showing.promises import Promise

PAGE = 40
LAST_DIGITS = 4
# How a state is drawn: as the promises' states are.
TONES = {"ringing": "at_risk", "voice_bot": "running", "answered": "running", "ended": "running", "missed": "at_risk"}


@dataclass(frozen=True)
class View:
    """One view of the list of calls."""

    key: str
    name: LazyText
    empty: LazyText
    narrow: Q


VIEWS = (
    View("all", _("全部"), _("还没有通话。热线系统推送来电，或登记一通电话后，会出现在这里。"), Q()),
    View(
        "now",
        _("正在进行"),
        _("没有正在进行的通话。来电时，这里和页面右上角会立即出现。"),
        Q(state__in=("ringing", "voice_bot", "answered")),
    ),
    View("missed", _("未接"), _("没有未接来电。"), Q(state="missed")),
    View(
        "unnoted",
        _("待登记"),
        _("每通接听的电话都登记了。"),
        Q(state="ended", noted_at=None, answered_at__isnull=False),
    ),
)


def view_named(key: str) -> View:
    """Return the view with this key, the one of all where there is none."""
    return next((view for view in VIEWS if view.key == key), VIEWS[0])


@dataclass(frozen=True)
class CallRow:
    """One call in a list."""

    call: Call
    at: datetime

    @property
    def url(self) -> str:
        return reverse("console:call", args=[self.call.code])

    @property
    def number(self) -> str:
        return number_of(self.call)

    @property
    def who(self) -> str:
        return name_of(self.call.contact) if self.call.contact else ""

    @property
    def customer(self) -> str:
        return name_of(self.call.customer) if self.call.customer else ""

    @property
    def plan(self) -> Seal | None:
        return Seal.of(self.call.contract.plan) if self.call.contract else None

    @property
    def tone(self) -> str:
        return "kept" if self.call.state == "ended" and self.call.answered_at else TONES[self.call.state]

    @property
    def length(self) -> str:
        """Return how long they talked, or the phone has rung."""
        return talk_time(since(self.call, self.at)) if self.call.answered_at or not self.call.ended_at else ""

    @property
    def agent(self) -> str:
        return name_of(self.call.agent) if self.call.agent else self.call.extension


def calls_for(reader: Reader, view: View, words: str = "") -> QuerySet[Call]:
    """Return the calls of a view at a reader's desks, and their own; those anywhere that hold some words."""
    found = Call.objects.visible_to(reader.user).filter(view.narrow).select_related(*RELATED)
    words = words.replace("\x00", "").strip()[:80]
    if not words:
        return found.filter(at_desk_of(reader) | Q(agent=reader.user)) if at_desk_of(reader) else found
    # The last four digits are what people remember.
    digits = re.sub(r"\D", "", words)
    number = plain_number(words) or (digits if len(digits) >= LAST_DIGITS else "")
    holds = Q(code__iexact=words) | Q(contact__name__icontains=words) | Q(customer__name__icontains=words)
    holds |= Q(customer__name_en__icontains=words) | Q(question__icontains=words)
    ends = Q(caller__contains=number) | Q(called__contains=number) if number else Q(pk=None)
    return found.filter(holds | ends)


@dataclass(frozen=True)
class OwedRow:
    """One call that we owe."""

    owed: CallBack
    reader: Reader
    milestone: Milestone | None
    attempts: Sequence[CallBackAttempt]

    @property
    def id(self) -> int:
        return self.owed.pk

    @cached_property
    def missed(self) -> list[Call]:
        """Return the calls that were missed, the last in front."""
        rows = [call for call in self.owed.calls.all() if call.state == Call.State.MISSED]
        return sorted(rows, key=lambda call: (call.rang_at, call.pk), reverse=True)

    @property
    def url(self) -> str:
        """Return where the last call that was missed is written down."""
        calls = self.missed or sorted(self.owed.calls.all(), key=lambda call: -call.pk)
        return reverse("console:call", args=[calls[0].code]) if calls else ""

    @property
    def times(self) -> int:
        return len(self.missed)

    @property
    def number(self) -> str:
        """Return the number as it rang, for that is how it can be dialled."""
        return number_of(self.missed[0]) if self.missed else self.owed.number

    @property
    def voice_mail(self) -> str:
        """Return what was last said to a machine, as far as somebody wrote it down for us."""
        said = (" ".join(line["text"] for line in call.transcript if line["who"] == "caller") for call in self.missed)
        return next((words for words in said if words), "")

    @property
    def recording(self) -> str:
        """Return where the last thing said to a machine can be heard."""
        return next((url for call in self.missed if (url := web_address(call.recording_url))), "")

    @property
    def who(self) -> str:
        return name_of(self.owed.contact) if self.owed.contact else ""

    @property
    def customer(self) -> str:
        return name_of(self.owed.contact.customer) if self.owed.contact else ""

    @property
    def plan(self) -> Seal | None:
        return Seal.of(self.owed.contract.plan) if self.owed.contract else None

    @property
    def holder(self) -> str:
        return name_of(self.owed.claimed_by) if self.owed.claimed_by else ""

    @property
    def is_mine(self) -> bool:
        return self.owed.claimed_by_id == self.reader.user.pk

    @cached_property
    def promise(self) -> Promise | None:
        """Return the promise behind it as pages draw it; it is no ticket's."""
        return Promise(self.milestone, Ticket(), self.reader.at, self.reader.user) if self.milestone else None


def owed_for(reader: Reader, *, is_open: bool = True) -> list[OwedRow]:
    """Return what is owed at a reader's desks, what is due first in front; or the last that were done."""
    found = CallBack.objects.visible_to(reader.user).filter(at_desk_of(reader))
    found = found.select_related("contact__customer", "contract__plan", "claimed_by", "done_by")
    found = found.prefetch_related("calls", "attempts__by")
    rows = list((found.open().in_order() if is_open else found.exclude(done_at=None).order_by("-done_at"))[:PAGE])
    clocks = [row.clock_id for row in rows if row.clock_id]
    related = Milestone.objects.filter(clock__in=clocks).select_related("target__policy", "calendar_version", "met_by")
    by_clock: dict[int | None, Milestone] = {milestone.clock_id: milestone for milestone in related}
    return [OwedRow(row, reader, by_clock.get(row.clock_id), list(row.attempts.all())) for row in rows]
