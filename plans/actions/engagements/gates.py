"""What stands in the way of an engagement: each gate raises its refusal, with clause and ways on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.accounts import zone_named
from plans.coverage import answer_for
from plans.engagements.conflicts import Conflict, conflicts_of
from plans.engagements.notice import asked_on, earliest_on
from plans.engagements.offered import cite, left_out
from plans.models import Contact, Contract, Engagement, Entitlement, Item, User
from plans.refusals import RefusedError
from plans.terms import last_day, local_date
from plans.wording import name_of

State = Engagement.State
# Nobody is trained for longer in one go; a slip of the year is caught by it.
LONGEST = timedelta(days=31)
USED_UP = "used_up"
# What each rule of coverage is called where it refuses an engagement.
REFUSALS = {"term": "outside_term", "deployment": "not_deployed", USED_UP: "quota_used_up"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to meet, [starts_at, ends_at), aware."""

    starts_at: datetime
    ends_at: datetime

    def said(self) -> dict[str, str]:
        """Return both ends as the journal keeps them, in UTC."""
        return {name: getattr(self, name).astimezone(UTC).isoformat() for name in ("starts_at", "ends_at")}


def in_state(engagement: Engagement, states: Iterable[str], what: str) -> None:
    """Raise RefusedError unless an engagement stands in one of `states`; `what` names what was to be done."""
    if engagement.state not in states:
        said = {"number": engagement.number, "state": engagement.get_state_display(), "what": what}
        raise RefusedError(
            "wrong_state",
            _("%(number)s 现在是“%(state)s”，不能%(what)s。") % said,
            ways_on=[_("先看它的台账，再决定下一步。")],
        )


def reason_given(reason: str) -> str:
    """Return a reason without spaces around it. Raises RefusedError where there is none."""
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    return reason.strip()[:400]


def within_term(item: Item, contract: Contract, slot: Slot) -> None:
    """Raise RefusedError for a time before or after the contract's term, by its own zone."""
    first, last = local_date(contract, slot.starts_at), local_date(contract, slot.ends_at - timedelta(seconds=1))
    end = last_day(contract)
    if first >= contract.starts_on and last <= end:
        return
    term = {"number": contract.number, "start": contract.starts_on, "end": end}
    raise RefusedError(
        "outside_term",
        _("这个时间不在合同 %(number)s 的服务期（%(start)s 至 %(end)s）之内。") % term,
        **cite(item),
        ways_on=[_("选服务期内的时间。"), _("服务期之后的交付，请先联系客户成功经理续签。")],
    )


def takes_time(slot: Slot) -> None:
    """Raise RefusedError for a time that runs backwards, takes none, or more than anything takes in one go."""
    if not timedelta() < slot.ends_at - slot.starts_at <= LONGEST:
        raise RefusedError(
            "bad_times", _("结束须晚于开始，一次最长 31 天。"), ways_on=[_("更长的安排，请分成几次申请。")]
        )


def lies_ahead(slot: Slot, at: datetime) -> None:
    """Raise RefusedError for a time that has begun already."""
    if slot.starts_at <= at:
        raise RefusedError("in_the_past", _("这个时间已经过去了。"), ways_on=[_("选一个将来的时间。")])


def notice_taken(engagement: Engagement, slot: Slot, at: datetime) -> None:
    """Raise RefusedError for a time that comes sooner than the clause lets people ask for it. Source: Y16"""
    item, contract = engagement.item, engagement.contract
    earliest = earliest_on(item, asked_on(engagement, at))
    if earliest is None or local_date(contract, slot.starts_at) >= earliest:
        return
    said = {"name": name_of(item), "days": item.notice_days, "earliest": day_words(earliest)}
    if earliest > last_day(contract):
        ways_on = [_("按此提前期，服务期内已没有可约的日期：请联系客户成功经理。")]
    else:
        ways_on = [
            _("最早可约 %(earliest)s。") % said,
            _("确有急事，请联系客户成功经理：写明理由后可以放宽。"),
        ]
    raise RefusedError("too_soon", _("%(name)s须提前 %(days)d 天申请。") % said, **cite(item), ways_on=ways_on)


def day_words(day: object) -> str:
    """Return a date in words, in the reader's language."""
    return date_format(day, _("Y年n月j日"))  # type: ignore[arg-type]  # a date will do


def covered(entitlement: Entitlement, contact: Contact | None, at: datetime) -> None:
    """Raise RefusedError for what the contract's coverage says no to, as every other door does. Source: K05

    What is used up now may be asked for as long as there is more of it before the term ends.
    """
    contract = entitlement.contract
    decision = answer_for(entitlement, contact, at)
    if decision.rule == USED_UP:
        last = datetime.combine(last_day(contract), time(12), zone_named(contract.timezone))
        decision = answer_for(entitlement, contact, max(at, last))
    if decision.is_open:
        return
    raise RefusedError(
        REFUSALS.get(decision.rule, "not_covered"), decision.reason, promise=decision.promise, clause=decision.clause,
        ways_on=decision.ways_on,
    )  # fmt: skip


def nothing_left_out(item: Item, ticked: Sequence[str]) -> None:
    """Raise RefusedError where something is wanted that a clause leaves out. Source: K05, K12"""
    found = next((one for one in left_out(item) if one.code in ticked), None)
    if found:
        raise RefusedError(
            "not_included",
            _("%(name)s不包括：%(what)s。") % {"name": name_of(item), "what": found.what},
            promise=item.promise,
            clause=found.clause,
            ways_on=found.ways_on,
        )


def experts_free(engagement: Engagement, experts: Iterable[User], slot: Slot, *, firm: bool) -> list[Conflict]:
    """Return what the experts have on then; raises RefusedError for it. With `firm`, what is agreed alone counts."""
    found = conflicts_of(experts, slot.starts_at, slot.ends_at, engagement)
    busy = [one for one in found if one.is_firm or not firm]
    if busy:
        raise RefusedError(
            "expert_busy",
            _("这段时间已有安排：%s。") % _("；").join(conflict_words(one) for one in busy[:5]),
            ways_on=[_("换一个时间，或换一位专家。")],
        )
    return found


def conflict_words(conflict: Conflict) -> str:
    """Return who is busy with what, and when, in words."""
    engagement = conflict.engagement
    zone = zone_named(engagement.timezone)
    said = {
        "name": name_of(conflict.user) or str(conflict.user),
        "number": engagement.number,
        "start": f"{engagement.starts_at.astimezone(zone):%m-%d %H:%M}" if engagement.starts_at else "",
        "end": f"{engagement.ends_at.astimezone(zone):%m-%d %H:%M}" if engagement.ends_at else "",
    }
    return _("%(name)s %(start)s – %(end)s（%(number)s）") % said


def hold_calendars(users: Iterable[int]) -> None:
    """Let nobody else book these people until the end of the transaction."""
    list(User.objects.filter(pk__in=[*users]).order_by("pk").select_for_update(no_key=True))


def slot_of(engagement: Engagement) -> Slot:
    """Return the time of an engagement that has one."""
    if engagement.starts_at is None or engagement.ends_at is None:
        raise RefusedError("no_time", _("还没有约定时间。"))
    return Slot(engagement.starts_at, engagement.ends_at)
