"""What becomes of an agreed engagement: delivered, recorded and closed, or called off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.engagements.gates import in_state, reason_given
from plans.actions.engagements.holding import day_of, is_booked_by_sign_off, let_go, use
from plans.actions.engagements.journal import ARRANGERS, Kind, inform, lock, note, tell_everyone
from plans.actions.obligations.settling import meet_next
from plans.engagements.offered import cite, stage_at, stages_of
from plans.models import Attendee, Engagement, Outcome, TimeProposal, User
from plans.models.deliverables import CONFIRMED
from plans.refusals import RefusedError
from plans.wording import text_of

State = Engagement.State
BEFORE_DELIVERY = (State.REQUESTED, State.PROPOSED, State.AGREED)
MOST_PERSON_DAYS = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, and who came, by the attendee's key."""

    done: str
    attended: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Took:
    """How much it really took; `line` names which of several things owed it was."""

    person_days: Decimal | None = None
    amount: Decimal | None = None
    line: str = ""


@transaction.atomic
def deliver(*, engagement: Engagement, actor: User, at: datetime, took: Took | None = None) -> Engagement:
    """Note that an engagement took place: what it held is used, and the obligation that came next is met.

    Raises RefusedError before it has begun, and where more was used than is left.
    """
    engagement, took = lock(engagement), took or Took()
    in_state(engagement, (State.AGREED,), _("标记交付"))
    if engagement.starts_at is None or engagement.starts_at > at:
        raise RefusedError("not_begun", _("约定的时间还没有到。"), ways_on=[_("提前进行的，请先改约时间。")])
    _check_figures(took.person_days, took.amount)
    engagement.person_days = engagement.planned_person_days if took.person_days is None else took.person_days
    engagement.amount = engagement.amount if took.amount is None else took.amount
    engagement.state, engagement.delivered_at = State.DELIVERED, at
    _end_talks(engagement)
    _to_stage(engagement, "follow_up")
    use(engagement, actor, at)
    engagement.save()
    note(engagement, Kind.DELIVERED, actor, at, person_days=_figure(engagement.person_days))
    _meet(engagement, took.line, actor, at)
    return engagement


def _end_talks(engagement: Engagement) -> None:
    """Take a time off the table that nobody can answer any more."""
    engagement.proposals.filter(answer=TimeProposal.Answer.OPEN).update(answer=TimeProposal.Answer.WITHDRAWN)


def _meet(engagement: Engagement, line: str, actor: User, at: datetime) -> None:
    """Meet what is owed next; a session of a series meets nothing, nor does one of several that are owed, unnamed."""
    if engagement.entitlement is None or engagement.part_of_id or (len(engagement.item.frequency) > 1 and not line):
        return
    meet_next(
        entitlement=engagement.entitlement, ref=engagement.number, on=day_of(engagement), at=at, actor=actor, line=line
    )


def _figure(amount: Decimal | None) -> str:
    return f"{amount.normalize():f}" if amount is not None else ""


def _check_figures(*figures: Decimal | None) -> None:
    if any(figure is not None and not 0 < figure <= MOST_PERSON_DAYS for figure in figures):
        raise RefusedError("bad_figure", _("数量须大于 0，最多 %d。") % MOST_PERSON_DAYS)


def _to_stage(engagement: Engagement, code: str) -> None:
    place = stage_at(engagement.item, code)
    engagement.stage = engagement.stage if place is None else place


@transaction.atomic
def record(*, engagement: Engagement, report: Report, actor: User, at: datetime) -> Engagement:
    """Write down what was done and who came; written again, the journal keeps what stood there before."""
    engagement = lock(engagement)
    in_state(engagement, (State.DELIVERED, State.RECORDED), _("写交付记录"))
    if not report.done.strip():
        raise RefusedError("nothing_recorded", _("请写明做了什么。"))
    is_first, before = engagement.state == State.DELIVERED, engagement.done
    engagement.done, engagement.recorded_at = report.done.strip(), at
    engagement.state = State.RECORDED
    engagement.save()
    came = _note_attendance(engagement, report)
    step = note(engagement, Kind.RECORDED, actor, at, before=before, attended=came)
    if is_first:
        tell_everyone(engagement, "recorded", step)
    return engagement


def _note_attendance(engagement: Engagement, report: Report) -> list[str]:
    came: list[str] = []
    for row in engagement.attendees.filter(pk__in=report.attended):
        row.state = Attendee.State.ATTENDED if report.attended[row.pk] else Attendee.State.ABSENT
        row.save(update_fields=["state"])
        came += [row.name] if report.attended[row.pk] else []
    return came


@transaction.atomic
def close(*, engagement: Engagement, actor: User | None, at: datetime, because: str = "") -> Engagement:
    """Close an engagement that is recorded; `because` is the number of the report whose confirmation ends it.

    Raises RefusedError before it is recorded, while sessions of it are open, and while its report is to be signed.
    """
    engagement = lock(engagement)
    in_state(engagement, (State.RECORDED,), _("关闭"))
    if engagement.sessions.under_way().exists():
        raise RefusedError("sessions_open", _("这个系列还有没结束的主题培训。"), ways_on=[_("先关闭或取消它们。")])
    _check_signed(engagement)
    engagement.state, engagement.ended_at = State.CLOSED, at
    engagement.save()
    note(engagement, Kind.CLOSED, actor, at, **({"because": because} if because else {}))
    return engagement


def _check_signed(engagement: Engagement) -> None:
    """Raise RefusedError while the report of an engagement is not confirmed: its time would be held for ever."""
    if not is_booked_by_sign_off(engagement):
        return
    rows = list(engagement.deliverables.order_by("pk"))
    waiting = next((row for row in rows if row.state in (Outcome.OPEN, Outcome.OBJECTED)), None)
    if waiting:
        said = {"number": waiting.number, "state": waiting.get_state_display()}
        raise RefusedError(
            "sign_off_open", _("报告 %(number)s 现在是“%(state)s”，不能关闭。") % said, **cite(engagement.item),
            ways_on=[_("客户签字或到期视同确认后，这次服务会自行关闭；提了意见的，先重新交付。")],
        )  # fmt: skip
    if not any(row.state in CONFIRMED for row in rows):
        raise RefusedError(
            "report_owed", _("%s还没有交付给客户签字确认，不能关闭。") % text_of(engagement.item, "deliverable"),
            **cite(engagement.item), ways_on=[_("在“交付物”里交付报告：可以由交付记录生成。")],
        )  # fmt: skip


@transaction.atomic
def cancel(*, engagement: Engagement, reason: str, actor: User, at: datetime) -> Engagement:
    """Call an engagement off: what it held is free again, and everybody invited is told so."""
    engagement = lock(engagement)
    in_state(engagement, BEFORE_DELIVERY, _("取消"))
    said = reason_given(reason)
    was_agreed = engagement.state == State.AGREED
    _end_talks(engagement)
    engagement.state, engagement.ended_at = State.CANCELLED, at
    engagement.sequence += was_agreed
    let_go(engagement, actor, at)
    engagement.save()
    step = note(engagement, Kind.CANCELLED, actor, at, reason=said)
    if was_agreed or not actor.is_customer:
        tell_everyone(engagement, "cancelled", step, reason=said, was_agreed=was_agreed)
    else:
        inform(engagement, "cancelled", ARRANGERS, step, reason=said, was_agreed=False)
    return engagement


@transaction.atomic
def advance(*, engagement: Engagement, stage: int, actor: User, at: datetime) -> Engagement:
    """Put an engagement at one of its stages. Raises RefusedError for one it has not, and once it has ended."""
    engagement = lock(engagement)
    if engagement.is_ended or engagement.gathering_id:
        in_state(engagement, (), _("换阶段"))
    stages = stages_of(engagement.item)
    if not 0 <= stage < len(stages):
        raise RefusedError("no_such_stage", _("没有这个阶段。"))
    if engagement.stage != stage:
        engagement.stage = stage
        engagement.save(update_fields=["stage"])
        note(engagement, Kind.STAGE, actor, at, stage=stages[stage].code, name=stages[stage].name)
    return engagement
