"""What a service report says, as values: kept as JSON, drawn on a page, printed, mailed. Knows no rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

# Rises when what was kept before could not be read any more.
FORM = 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def said(self, language: str) -> str:
        """Return it in a language; what nobody has put into English stays as it is."""
        return self.en or self.zh if language.startswith("en") else self.zh or self.en


@dataclass(frozen=True, slots=True)
class Section:
    """One section, in the order in which its kind of report has them; `code` is a field of `Report`."""

    code: str
    title: Words


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of report it is, and the clause that it answers to."""

    code: str
    title: Words
    promise: str
    clause: Words
    # Who reads it: customer, account_team.
    audience: str


@dataclass(frozen=True, slots=True)
class Person:
    """One of those who stand for the customer on our side."""

    seat: Words
    name: Words


@dataclass(frozen=True, slots=True)
class Head:
    """For whom it is: customer, contract, plan and term, both dates included."""

    customer: Words
    customer_code: str
    contract: str
    plan: Words
    starts_on: date
    ends_on: date
    timezone: str
    team: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """The local dates that it is about, both included, and those of the same length before.

    `through_on` is the last day that the figures hold: before `ends_on` while the period is not over. Then it is a
    draft (`is_to_date`), unless it is owed before the period is over and the little that is left can be told later.
    There is no period before where none of it was under contract.
    """

    starts_on: date
    ends_on: date
    through_on: date
    is_to_date: bool
    previous_starts_on: date | None
    previous_ends_on: date | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know before the figures are believed: what was left out, assumed or is missing."""

    code: str
    text: Words


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the few figures that stand at the top. None: there is nothing to say it of, shown as "—"."""

    code: str
    label: Words
    value: float | None
    previous: float | None
    # count, share (0 to 1), seconds, or a unit of rights.
    unit: str


@dataclass(frozen=True, slots=True)
class System:
    """A product bought, or one asked about without having been bought, and how much it was asked about."""

    code: str
    product: Words
    is_owned: bool
    # Blank where it is not owned.
    deployment: Words
    tenant: str
    version: str
    quantity: int | None
    modules: tuple[str, ...]
    tickets: int
    previous: int | None
    last_ticket_on: date | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many of one sort, what share of all, and how many in the period before."""

    code: str
    label: Words
    count: int
    share: float | None
    previous: int | None


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month of the period, or what of it lies within."""

    month: str  # 2026-03
    opened: int
    resolved: int
    reopened: int
    open_at_end: int


@dataclass(frozen=True, slots=True)
class Tickets:
    """How many came, went and stayed. What was merged into another is counted there alone.

    open_at_start + opened + reopened = resolved + open_at_end, and so month by month.
    """

    open_at_start: int
    opened: int
    resolved: int
    reopened: int
    open_at_end: int
    # Sent in within the period and merged into another: not among `opened`.
    merged: int
    previous_opened: int | None
    previous_resolved: int | None
    # Opened within the period without a promise that could be timed.
    untimed: int
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class MonthKept:
    """One month of a promise, by when each run was judged. None: nothing to judge."""

    month: str
    kept: int
    missed: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Promise:
    """One promised time and how it was kept over the runs under way within the period.

    Each run is judged once, in the period in which it was kept, fell due without being kept, or was called off; what
    is open at the end is judged by a later report. kept + missed + running + paused + apart = all, where apart =
    cancelled_by_resolve + cancelled_otherwise. The share is kept of kept and missed; None where both are none.
    """

    metric: str
    label: Words
    promise: str
    clause: Words
    # The promised time in words, one for each that holds: "0.5 工作日".
    target: Words
    all: int
    kept: int
    missed: int
    # Of the missed: not done yet.
    missed_open: int
    running: int
    paused: int
    # Solved without a word before the deadline: nothing was answered, nothing was missed. Counts neither way.
    cancelled_by_resolve: int
    cancelled_otherwise: int
    share: float | None
    previous_share: float | None
    # Open time, in seconds, of those done; None where none were.
    median: int | None
    p90: int | None
    # Runs whose deadline lies in a year whose holidays are assumed.
    provisional: int
    months: tuple[MonthKept, ...]

    @property
    def apart(self) -> int:
        """Return how many count neither way."""
        return self.cancelled_by_resolve + self.cancelled_otherwise

    @property
    def judged(self) -> int:
        """Return how many the share is of."""
        return self.kept + self.missed


@dataclass(frozen=True, slots=True)
class Area:
    """A product's module and how much was asked about it. `trend` is this period over the one before, None without."""

    product: Words
    module: str
    count: int
    share: float | None
    previous: int | None
    trend: float | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """One problem that came again and again: the subject it came with most lately, and the tickets it came in."""

    subject: str
    product: Words
    module: str
    count: int
    # At most ten, the newest first.
    tickets: tuple[str, ...]
    last_on: date


@dataclass(frozen=True, slots=True)
class Record:
    """One ticket of the period, as it stood when the report was made."""

    number: str
    opened_on: date
    entrance: Words
    category: Words
    product: Words
    subject: str
    status: Words
    resolved_on: date | None


@dataclass(frozen=True, slots=True)
class RightLine:
    """One right of the contract: what was granted, used within the period and over its own window, and left."""

    promise: str
    name: Words
    clause: Words
    # Blank where nothing is counted.
    unit: Words
    starts_on: date | None
    ends_on: date | None
    granted: float | None
    reserved: float | None
    used: float | None
    used_in_period: float | None
    expired: float | None
    left: float | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """One human service, deliverable or update that was delivered within the period."""

    code: str
    # engagement, deliverable, update.
    sort: str
    name: Words
    topic: str
    on: date
    person_days: float | None
    attendees: int | None


@dataclass(frozen=True, slots=True)
class OwedLine:
    """One thing owed by a date within the period: `state` is met, late, missed, waived, overdue or owed."""

    what: Words
    number: int
    of: int
    due_on: date
    state: str
    state_words: Words
    met_on: date | None
    ref: str


@dataclass(frozen=True, slots=True)
class Because:
    """One figure that a piece of advice rests on, in words: "首次响应达成率 91.2%"."""

    figure: str
    label: Words
    said: Words


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice, the rule that gave it, the figures it rests on, and what of the plan would help."""

    rule: str
    text: Words
    because: tuple[Because, ...]
    offers: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. Every section is there whatever its kind; `sections` says which are shown, and in what order."""

    form: int
    kind: Kind
    sections: tuple[Section, ...]
    head: Head
    period: Period
    summary: tuple[Words, ...]
    headlines: tuple[Headline, ...]
    notes: tuple[Note, ...]
    systems: tuple[System, ...]
    channels: tuple[Count, ...]
    # What was said: calls, messages of the customer, replies of people, replies of the bot.
    voices: tuple[Count, ...]
    tickets: Tickets
    promises: tuple[Promise, ...]
    categories: tuple[Count, ...]
    areas: tuple[Area, ...]
    repeated: tuple[Repeated, ...]
    rights: tuple[RightLine, ...]
    delivered: tuple[Delivered, ...]
    owed: tuple[OwedLine, ...]
    advice: tuple[Advice, ...]
    # The latest tickets of the period, one by one. Source: K13
    records: tuple[Record, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there was nothing to report on: no ticket, nothing delivered, nothing owed."""
        return not (self.tickets.opened or self.tickets.open_at_start or self.delivered or self.owed)


def to_json(value: Any) -> Any:
    """Return a value of this module as JSON has it: dates and instants as ISO 8601, tuples as lists."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def from_json(content: Mapping[str, Any]) -> Report:
    """Return a report as it was kept. Raises ValueError for what another form of this module has written."""
    if content.get("form") != FORM:
        raise ValueError(f"A report of form {content.get('form')} cannot be read.")
    return _read(Report, content)


def _read(kind: type[T], value: Mapping[str, Any]) -> T:
    """Return one value; what was kept before a field was added leaves it as it is without."""
    hints = get_type_hints(kind)
    return kind(**{name: _one(hint, value[name]) for name, hint in hints.items() if name in value})


def _one(hint: Any, value: Any) -> Any:
    """Return what stands for one field, of the type that the field has."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return None if value is None else _one(next(one for one in get_args(hint) if one is not NoneType), value)
    if origin is tuple:
        return tuple(_one(get_args(hint)[0], one) for one in value)
    if is_dataclass(hint):
        return _read(hint, value)  # type: ignore[arg-type]
    return READERS[hint](value) if hint in READERS else value


READERS: Mapping[Any, Callable[[Any], Any]] = {date: date.fromisoformat, datetime: datetime.fromisoformat}
