"""What-if: a ticket's promises as they are, beside what they would be under other rules. Nothing is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from plans.loading import staff
from plans.wording import name_of
from sla.backtest.overlay import Overlay, ground_of
from sla.backtest.replay import Outcome, outcome_of
from sla.backtest.what_if import Wish, what_if
from sla.compiled import UnknownCodeError
from sla.models import CalendarVersion, Clock, Draft, Policy
from sla.models.policies import Metric
from sla.pieces import Interval
from sla.rules.drafts import read_draft
from sla.rules.reading import ReadingError
from sla.timeline import Cycle
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail, view_named
from tickets.console.rules.guard import may_read
from tickets.console.ticket_page import Desk, find_ticket
from tickets.console.views import shown
from tickets.models import Priority
from tickets.showing.promises import Promise
from tickets.showing.strip import ZERO, Span, Story, Strip, draw
from tickets.showing.verdict_words import TONES, state_name

UNCHANGED = gettext_lazy("照旧")
# Beyond it no calendar says anything.
FARTHEST = timedelta(days=3660)


class Wishes(forms.Form):
    """What is to be otherwise."""

    policy = forms.ChoiceField(label=pgettext_lazy("label", "响应标准"), required=False)
    priority = forms.ChoiceField(label=gettext_lazy("优先级"), required=False)
    calendar = forms.ChoiceField(label=gettext_lazy("服务时间"), required=False)
    draft = forms.ChoiceField(label=gettext_lazy("草案"), required=False)
    answered = forms.DateTimeField(
        label=gettext_lazy("假如这时就答复了"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = reader.at
        drafts = Draft.objects.filter(enacted_at=None) if may_read(reader.user) else Draft.objects.none()
        self._offer("policy", [(row.code, name_of(row)) for row in Policy.objects.current()])
        self._offer("calendar", [(row.code, name_of(row)) for row in CalendarVersion.objects.current()])
        self._offer("priority", [(code, str(name)) for code, name in Priority.choices])
        self._offer("draft", [(str(row.pk), name_of(row)) for row in drafts])
        if not drafts:
            del self.fields["draft"]

    def clean_answered(self) -> datetime | None:
        answered: datetime | None = self.cleaned_data["answered"]
        if answered and abs(answered - self.now) > FARTHEST:
            raise forms.ValidationError(_("只能代入前后十年之内的时刻。"))
        return answered

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", UNCHANGED), *choices]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Imagined:
    """One run as it would be; drawn like a promise that is."""

    cycle: Cycle
    at: datetime

    @cached_property
    def outcome(self) -> Outcome:
        return outcome_of(self.cycle, self.at)

    @property
    def name(self) -> str:
        return str(Metric(self.cycle.metric).label)

    @property
    def tone(self) -> str:
        return TONES[self.outcome.state]

    @property
    def due_at(self) -> datetime | None:
        return self.cycle.due_at

    @property
    def words(self) -> str:
        return state_name(self.outcome.state)

    @cached_property
    def strip(self) -> Strip:
        """Return the strip of a card."""
        story = Story(
            spans=tuple(spans_of(self.cycle, self.at)),
            tone=self.tone,
            due_at=self.cycle.due_at,
            stopped_at=self.cycle.stopped_at,
            remaining=self.cycle.remaining or ZERO,
        )
        return draw(story, size="card", at=self.at, zone=zone())


def zone() -> tzinfo:
    """Return the reader's zone."""
    return get_current_timezone()


def spans_of(cycle: Cycle, at: datetime) -> list[Span]:
    """Return the pieces of a run from its start to its due instant, or to the pause that holds it and that pause."""
    held = next((pause for pause in cycle.pauses if pause.end is None), None)
    end = cycle.due_at or (held.start if held else None)
    if end is None:
        return []
    gaps = [Interval(pause.start, min(pause.end or end, end)) for pause in cycle.pauses if pause.start < end]
    paused = sum((cycle.calendar.elapsed(gap.start, gap.end) for gap in gaps), ZERO)
    budget = cycle.calendar.elapsed(cycle.started_at, end) - paused
    pieces = cycle.calendar.proof(cycle.started_at, budget, pauses=gaps)
    spans = [Span(piece.start, piece.end, piece.counted, piece.reason) for piece in pieces]
    if cycle.due_at is None and held and not cycle.stopped_at:
        spans.append(Span(held.start, max(at, held.start), False, "pause"))
    return spans


@dataclass(frozen=True)
class Beside:
    """One run as it is and as it would be; None where one side has no such promise."""

    name: str
    number: int
    now: Promise | None
    then: Imagined | None
    at: datetime

    @property
    def now_words(self) -> str:
        return state_name(self.now.milestone.state_at(self.at) if self.now else "")

    @property
    def then_words(self) -> str:
        return self.then.words if self.then else state_name("")

    @property
    def is_changed(self) -> bool:
        """Tell whether anything of it would be otherwise."""
        if self.now is None or self.then is None:
            return True
        same = self.now.due_at == self.then.due_at
        return not same or self.now.milestone.state_at(self.at) != self.then.outcome.state


@require_safe
@agents_only
def what_if_page(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Show a ticket's promises beside what they would be, as far as anything is wished."""
    desk = Desk(find_ticket(number, reader), reader, view_named(request.GET.get("view", "")))
    form = form_of(request, reader)
    context: dict[str, Any] = {"form": form, "is_wished": False, "error": ""}
    if form.is_bound and form.is_valid():
        context |= imagined(desk, form.cleaned_data)
    return shown(request, "console/what_if.html", {**rail(reader, desk.view), **desk.head(), **context})


def form_of(request: HttpRequest, reader: Reader) -> Wishes:
    """Return the form, bound where the address wishes for anything that this reader is offered."""
    form = Wishes(reader=reader)
    is_wished = any(request.GET.get(name) for name in form.fields)
    return Wishes(request.GET, reader=reader) if is_wished else form


def imagined(desk: Desk, wished: dict[str, Any]) -> dict[str, Any]:
    """Return every promise beside what it would be, or why that cannot be told."""
    try:
        wish = wish_of(wished)
        rows = [
            row for timed in desk.ticket.ticket_clocks.select_related("clock") for row in laid(desk, timed.clock, wish)
        ]
    except ReadingError:
        return {"error": _("这份草案还有错误，改好之后才能代入。")}
    except (UnknownCodeError, LookupError) as error:
        return {"error": str(error)}
    return {"rows": rows, "is_wished": True, "is_same": not any(row.is_changed for row in rows)}


def wish_of(wished: dict[str, Any]) -> Wish:
    """Return a wish from what a form was given. Raises ReadingError for a draft that cannot be read."""
    answered: datetime | None = wished["answered"]
    plain = {name: wished[name] for name in ("policy", "priority", "calendar")}
    instant = answered.astimezone(UTC) if answered else None
    if not wished.get("draft"):
        return Wish(**plain, answered_at=instant)
    draft = Draft.objects.get(pk=wished["draft"])
    written = read_draft(draft.text, name=draft.name, known={"person": staff()})
    return Wish(**plain, answered_at=instant, overlay=Overlay(ground_of(written)))


def laid(desk: Desk, clock: Clock, wish: Wish) -> list[Beside]:
    """Lay the runs of one clock beside what they would be."""
    now = {(p.milestone.metric, p.milestone.number): p for p in desk.promises if p.milestone.clock_id == clock.pk}
    then = {(str(cycle.metric), cycle.number): Imagined(cycle, desk.reader.at) for cycle in what_if(clock, wish)}
    keys = [*now, *(key for key in then if key not in now)]
    return [
        Beside(str(Metric(metric).label), number, now.get((metric, number)), then.get((metric, number)), desk.reader.at)
        for metric, number in keys
    ]
