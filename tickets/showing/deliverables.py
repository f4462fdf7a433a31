"""What was handed over in words: how it stands, until when it may be signed, which days count, what is deducted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.deliverables.asking import clauses_of as clauses_for
from plans.deliverables.days import Day, days_of, kept_days
from plans.deliverables.uses import booked_with, expected
from plans.models import Deliverable, DeliverableFile, DeliverableStep, Outcome, SignOffRound
from plans.quotas.words import amount_words, number_words
from plans.wording import text_of
from sla.compiled import calendar_of
from sla.wording import in_language
from tickets.showing.wording import name_of, said

# How each outcome looks among the badges of the console.
BADGES = {
    Outcome.OPEN: "running", Outcome.SIGNED: "done", Outcome.DEEMED: "published", Outcome.OBJECTED: "failed",
    Outcome.KEPT: "published", Outcome.ACKNOWLEDGED: "done", Outcome.WITHDRAWN: "quiet",
}  # fmt: skip
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Shown:
    """One deliverable as a list shows it."""

    deliverable: Deliverable
    row: SignOffRound
    title: str
    badge: str
    due: str
    # How many working days are left of those that the customer has; None where none is waited for.
    days_left: int | None
    is_late: bool

    @property
    def left_words(self) -> str:
        """Return how long the customer still has, in working days."""
        if self.days_left is None:
            return ""
        if self.is_late:
            return _("签字期限已过")
        if self.days_left == 0:
            return _("今天是最后一个工作日")
        return ngettext("还有 %(n)d 个工作日", "还有 %(n)d 个工作日", self.days_left) % {"n": self.days_left}


def shown(deliverables: Iterable[Deliverable], at: datetime) -> list[Shown]:
    """Return deliverables, fetched with their rounds, in words."""
    return [shown_one(deliverable, at) for deliverable in deliverables]


def shown_one(deliverable: Deliverable, at: datetime) -> Shown:
    """Return one deliverable in words."""
    row = deliverable.last_round
    is_late = row.is_open and row.due_at is not None and at > row.due_at
    return Shown(
        deliverable=deliverable,
        row=row,
        title=title_of(deliverable),
        badge=BADGES[Outcome(deliverable.state)],
        due=due_words(row, at) if row.is_open else "",
        days_left=_days_left(row, at) if row.is_open and row.due_at else None,
        is_late=is_late,
    )


def title_of(deliverable: Deliverable) -> str:
    """Return a title in the language in use; the only one there is where it has no other."""
    return text_of(deliverable, "title")


def due_words(row: SignOffRound, at: datetime) -> str:
    """Return until when a round may be signed, in the reader's zone and, where it differs, the calendar's."""
    if row.due_at is None or row.milestone is None:
        return ""
    here: Any = localtime(row.due_at).tzinfo
    return said(row.due_at, at, here, calendar_of(row.milestone.calendar_version_id).zone)


def _days_left(row: SignOffRound, at: datetime) -> int:
    """Return how many counted days come after today."""
    if row.milestone is None:
        return 0
    today = at.astimezone(calendar_of(row.milestone.calendar_version_id).zone).date()
    return sum(1 for day in days_of(row.milestone) if day.number and day.on > today)


def clauses_of(row: SignOffRound) -> list[str]:
    """Return what a round rests on: the clause of its service and, where a signature is asked for, that of signing."""
    return clauses_for(row.deliverable.item, row.milestone.target if row.milestone else None)


@dataclass(frozen=True)
class DayLine:
    """A counted day, or a run of neighbouring ones that did not count for one reason."""

    first_on: date
    last_on: date
    number: int
    words: str

    @property
    def dates(self) -> str:
        """Return the date, or the first and the last."""
        first = date_format(self.first_on, "m-d D")
        return first if self.first_on == self.last_on else f"{first} – {date_format(self.last_on, 'm-d D')}"


def day_lines(days: Sequence[Day]) -> list[DayLine]:
    """Return the days of a time to sign as a proof lists them, first to last."""
    return [line for _reason, run in groupby(days, _kind) for line in _lines(list(run))]


def _kind(day: Day) -> tuple[str, str, int]:
    return day.kind, day.words if day.kind == "shut" else "", day.number


def _lines(run: Sequence[Day]) -> Iterator[DayLine]:
    first = run[0]
    yield DayLine(first.on, run[-1].on, first.number, _why(first))


def _why(day: Day) -> str:
    if day.kind == "first":
        return _("送达当日，不计")
    if day.number:
        ordinal = _("第 %(n)d 个工作日") % {"n": day.number}
        return f"{ordinal} · {day.words}" if day.words else ordinal
    return _("%(why)s，不计") % {"why": day.words} if day.words else _("不是工作日，不计")


def days_words(days: Sequence[Day]) -> str:
    """Return the counted days in one line."""
    counted = [
        _("%(n)d）%(day)s") % {"n": day.number, "day": date_format(day.on, "m-d D")} for day in days if day.number
    ]
    return _("、").join(counted)


def expected_words(row: SignOffRound) -> str:
    """Return what the confirmation of an open round will deduct."""
    earlier = booked_with(row.deliverable)
    if earlier:
        return _("时间已随 %(number)s 扣减，不再重复扣减。") % {"number": earlier.number}
    uses = expected(row)
    if not uses:
        return _("合同没有授予时间余额：只作记录，不扣减。")
    return _("；").join(
        _("扣减 %(needed)s，现有 %(left)s")
        % {"needed": amount_words(use.needed, use.unit), "left": amount_words(use.left or 0, use.unit)}
        for use in uses
    )


def booked_words(row: SignOffRound) -> str:
    """Return what the confirmation of a round deducted, and what went beyond what was left."""
    if row.outcome not in (Outcome.SIGNED, Outcome.DEEMED):
        return ""
    if not row.booked:
        earlier = booked_with(row.deliverable)
        if earlier:
            return _("时间已随 %(number)s 扣减，不再重复扣减。") % {"number": earlier.number}
        return _("合同没有授予时间余额：只作记录，不扣减。")
    return _("；").join(_booked(one) for one in row.booked)


def _booked(one: dict[str, str]) -> str:
    words = {"taken": amount_words(one["taken"], one["unit"]), "beyond": amount_words(one["beyond"], one["unit"])}
    if one["refused"]:
        return _("%(beyond)s 没有扣减，请客户成功经理核对") % words
    if Decimal(one["beyond"]):
        return _("已扣减 %(taken)s；余额不足，另有 %(beyond)s 超出，没有扣减") % words
    return _("已扣减 %(taken)s") % words


@dataclass(frozen=True)
class ShownRound:
    """One round with everything that a page says of it."""

    row: SignOffRound
    files: Sequence[DeliverableFile]
    badge: str
    due: str
    days: Sequence[DayLine]
    time: str
    handed_by: str
    decided_by: str

    @property
    def is_provisional(self) -> bool:
        """Tell whether the end may still move: days off on the way to it are only assumed. Source: Y17"""
        return self.row.is_open and self.row.milestone is not None and self.row.milestone.is_provisional

    @property
    def proof_digest(self) -> str:
        """Return the digest of the working-day proof that was kept, where silence confirmed."""
        return str(self.row.proof.get("digest", ""))


def rounds_in_words(deliverable: Deliverable, at: datetime) -> list[ShownRound]:
    """Return the rounds of a deliverable, the last in front."""
    rows = sorted(deliverable.rounds.all(), key=lambda row: -row.number)
    return [_round(row, deliverable, at) for row in rows]


def _round(row: SignOffRound, deliverable: Deliverable, at: datetime) -> ShownRound:
    row.deliverable = deliverable
    return ShownRound(
        row=row,
        files=list(row.files.all()),
        badge=BADGES[Outcome(row.outcome)],
        due=due_words(row, at),
        days=day_lines(kept_days(row)),
        time=(expected_words(row) if row.is_open else booked_words(row)) if row.clock_id else "",
        handed_by=name_of(row.handed_over_by) or row.handed_over_by_display,
        decided_by=row.signed_name or (name_of(row.contact) if row.contact else ""),
    )


def size_words(size: int) -> str:
    """Return a size in KB or MB."""
    if size >= MIB:
        return f"{number_words(round(Decimal(size) / MIB, 1))} MB"
    return f"{max(size // KIB, 1)} KB"


def file_words(file: DeliverableFile) -> str:
    """Return a file's name with its size."""
    return _("%(name)s（%(size)s）") % {"name": file.name, "size": size_words(file.size)}


def step_words(step: DeliverableStep) -> str:
    """Return what a line of the journal says besides its kind."""
    fields = step.fields
    words = {
        "handed_over": lambda: _("、").join(fields.get("files", [])),
        "signed": lambda: _("签名：%(name)s") % fields,
        "objected": lambda: fields["words"],
        "withdrawn": lambda: fields["reason"],
        "due_moved": lambda: _moved(fields),
        "deemed": lambda: _("期限 %(due)s") % {"due": _near(fields["due_at"])},
        "booked": lambda: _("；").join(_booked(one) for one in fields["booked"]),
    }
    return words[step.kind]() if step.kind in words else ""


def _moved(fields: Mapping[str, str]) -> str:
    ends = f"{_near(fields['old'])} → {_near(fields['new'])}"
    return " · ".join(filter(None, (ends, in_language(fields["cause"], fields["cause_en"]))))


def _near(at: str | None) -> str:
    return f"{localtime(datetime.fromisoformat(at)):%Y-%m-%d %H:%M}" if at else "–"


def actor_of(step: DeliverableStep) -> str:
    """Return who did a step."""
    return name_of(step.actor) or step.actor_display or _("系统")
