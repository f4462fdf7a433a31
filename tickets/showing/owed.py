"""What a contract owes by when, as the console, the portal and the calendar of the account team show it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from plans.models import AgreedFrequency, Contract, Obligation
from plans.obligations.reads import OVERDUE, Owed, owed_by
from plans.obligations.schedule import Frequency, Period
from plans.obligations.wanted import Line, lines_of
from plans.terms import last_day, local_date
from plans.wording import clause_of, text_of, worded
from sla.compiled import calendar_of
from tickets.models import Delivery
from tickets.showing.wording import name_of, said

State = Obligation.State
AHEAD, RISK = "ahead", "at_risk"
# A track is drawn over this many units.
WIDE = 1000
STATES: dict[str, LazyText] = {
    AHEAD: pgettext_lazy("owed", "未开始"),
    State.OWED: pgettext_lazy("owed", "待交付"),
    RISK: pgettext_lazy("owed", "即将到期"),
    OVERDUE: pgettext_lazy("owed", "已逾期"),
    State.MET: pgettext_lazy("owed", "按期交付"),
    State.LATE: pgettext_lazy("owed", "逾期交付"),
    State.MISSED: pgettext_lazy("owed", "未交付"),
    State.WAIVED: pgettext_lazy("owed", "已豁免"),
}
# How each looks among the badges of the console.
BADGES = {
    AHEAD: "quiet", State.OWED: "running", RISK: "held", OVERDUE: "failed", State.MET: "done", State.LATE: "failed",
    State.MISSED: "failed", State.WAIVED: "draft",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One thing that is owed, in the reader's language."""

    owed: Owed
    what: str
    state: str
    # The last close by its date, where that lies on an earlier day.
    close: str
    days: int
    told: str = ""

    @property
    def row(self) -> Obligation:
        """Return the row."""
        return self.owed.row

    @property
    def words(self) -> str:
        """Return its state in words."""
        return str(STATES[self.state])

    @property
    def badge(self) -> str:
        """Return how its state looks."""
        return BADGES[self.state]

    @property
    def days_words(self) -> str:
        """Return how many days are left, or have passed, of what is open and begun."""
        if not self.owed.is_open or self.state == AHEAD:
            return ""
        if self.days == 0:
            return _("今天到期")
        if self.days > 0:
            return ngettext("还有 %(n)d 天", "还有 %(n)d 天", self.days) % {"n": self.days}
        return ngettext("逾期 %(n)d 天", "逾期 %(n)d 天", -self.days) % {"n": -self.days}

    @property
    def actor(self) -> str:
        """Return who said what became of it."""
        return name_of(self.row.actor) or self.row.actor_display

    @property
    def may_take_back(self) -> bool:
        """Tell whether somebody noted what became of it, which may have been a mistake."""
        return self.row.state in (State.MET, State.LATE, State.WAIVED)


@dataclass(frozen=True, slots=True)
class Part:
    """One window on a track: where it begins and how wide it is."""

    state: str
    x: int
    width: int
    words: str


@dataclass(frozen=True)
class ShownLine:
    """One thing that is owed so and so often, with each time of it."""

    line: Line
    what: str
    clause: str
    frequency: str
    agreed: AgreedFrequency | None
    # What has begun, and the next that has not; what lies further ahead comes apart.
    rows: Sequence[Shown]
    later: Sequence[Shown]
    parts: Sequence[Part]
    # Where today is on the track; None outside the term.
    needle: int | None

    @property
    def agreed_by(self) -> str:
        """Return who agreed how often."""
        return (name_of(self.agreed.actor) or self.agreed.actor_display) if self.agreed else ""


def shown_lines(contract: Contract, at: datetime) -> list[ShownLine]:
    """Return all that a contract owes, line by line, those nobody has agreed on last."""
    rows = shown(owed_by([contract], at), at, with_told=True)
    by_line: dict[tuple[str, str, str], list[Shown]] = defaultdict(list)
    for one in rows:
        by_line[one.row.item.promise, one.row.item.service, one.row.line].append(one)
    found = [_line(contract, line, by_line, at) for line in lines_of(contract)]
    return sorted(found, key=lambda line: (not line.rows, line.line.frequency is None))


def _line(
    contract: Contract, line: Line, by_line: Mapping[tuple[str, str, str], Sequence[Shown]], at: datetime
) -> ShownLine:
    item = line.entitlement.item
    rows = by_line.get((item.promise, item.service, line.code), ())
    later = [one for one in rows if one.state == AHEAD]
    if not any(one.owed.is_open and one.state != AHEAD for one in rows):
        later = later[1:]
    agreed = [one for one in line.entitlement.agreed_frequencies.all() if one.line == line.code]
    return ShownLine(
        line=line,
        what=worded(line.said, "what"),
        clause=f"{item.promise} {clause_of(item)}",
        frequency=frequency_words(line.frequency),
        agreed=agreed[-1] if agreed else None,
        rows=rows[: len(rows) - len(later)],
        later=later,
        parts=[_part(contract, one) for one in rows],
        needle=_place(contract, local_date(contract, at)),
    )


def frequency_words(frequency: Frequency | None) -> str:
    """Return how often something is owed."""
    if frequency is None:
        return _("频次待约定")
    words = {
        Period.YEAR: _("每年 %(n)d 次"),
        Period.HALF_YEAR: _("每半年 %(n)d 次"),
        Period.QUARTER: _("每季度 %(n)d 次"),
        Period.MONTH: _("每月 %(n)d 次"),
        Period.TERM: _("服务期内 %(n)d 次"),
    }
    return words[frequency.period] % {"n": frequency.times}


def _part(contract: Contract, one: Shown) -> Part:
    start, end = _place(contract, one.row.opens_on), _place(contract, one.row.due_on, is_end=True)
    x = min(max(start or 0, 0), WIDE)
    words = f"{one.row.opens_on:%Y-%m-%d} – {one.row.due_on:%Y-%m-%d} {one.words}"
    return Part(one.state, x + 2, max((end if end is not None else WIDE) - x - 4, 4), words)


def _place(contract: Contract, day: date, *, is_end: bool = False) -> int | None:
    """Return where a day stands on the track of a term; None outside it."""
    first, last = contract.starts_on, max(last_day(contract), contract.starts_on)
    whole, passed = (last - first).days + 1, (day - first).days + (1 if is_end else 0)
    return WIDE * passed // whole if 0 <= passed <= whole else None


def shown(owed: Iterable[Owed], at: datetime, *, with_told: bool = False) -> list[Shown]:
    """Return things that are owed in words, by date; with who was told of those that are late."""
    rows = list(owed)
    told = _told(rows) if with_told else {}
    return [_shown(one, at, told) for one in sorted(rows, key=lambda one: (one.row.due_on, one.row.pk))]


def _shown(one: Owed, at: datetime, told: Mapping[int, str]) -> Shown:
    row, today = one.row, local_date(one.row.contract, at)
    state = one.state
    if state == State.OWED:
        is_risky = one.milestone is not None and one.milestone.is_at_risk(at)
        state = AHEAD if row.opens_on > today else RISK if is_risky else State.OWED
    what = f"{text_of(row, 'what')} {row.number}/{row.of}"
    names = told.get(row.clock_id, "") if row.clock_id and one.is_overdue else ""
    return Shown(one, what, str(state), _close(one, at), (row.due_on - today).days, names)


def _close(one: Owed, at: datetime) -> str:
    if one.milestone is None or one.due_at is None:
        return ""
    zone = calendar_of(one.milestone.calendar_version_id).zone
    local = one.due_at.astimezone(zone)
    return "" if local.date() == one.row.due_on else said(one.due_at, at, zone)


def _told(rows: Iterable[Owed]) -> dict[int, str]:
    """Return by clock who was written to because something was late."""
    clocks = [one.row.clock_id for one in rows if one.is_overdue and one.row.clock_id]
    letters = Delivery.objects.filter(kind=Delivery.Kind.OWED_LATE, escalation__milestone__clock__in=clocks)
    found: dict[int, list[str]] = defaultdict(list)
    for letter in letters.select_related("user", "escalation__milestone").order_by("pk"):
        name = name_of(letter.user)
        clock = letter.escalation.milestone.clock_id if letter.escalation else 0
        if name and name not in found[clock]:
            found[clock].append(name)
    return {clock: _("、").join(names) for clock, names in found.items()}
