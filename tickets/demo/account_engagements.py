"""What people delivered for the demo's customers, what is agreed for the coming weeks, and what waits for an answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from plans.accounts import account_team
from plans.actions.engagements import delivering, gathering, people, timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Arrangement, Wanted, arrange
from plans.actions.news import withhold_news
from plans.models import Contact, Contract, Engagement, Gathering, Role, User
from plans.models.people import STAFF_ROLES
from tickets.demo import script
from tickets.demo.timetable import BEIJING

# News of the demo's past would only flood.
TOLD = timedelta(hours=6)
DONE = "demo history: older than the demo itself"


def take_place(*, now: datetime) -> None:
    """Have engagements of two customers go on as they would, and hold an event and a certification."""
    for number, plays in ({"C-2026-002": _premier, "C-2026-010": _advanced}).items():
        contract = Contract.objects.filter(number=number).select_related("plan", "branch", "customer").first()
        contact = _contact(contract) if contract else None
        if contract and contact and contact.user and not contract.engagements.exists():
            plays(contract, contact, now)
    _held_for_many(now)
    withhold_news(before=now - TOLD, kinds="engagement_", reason=DONE)


def _contact(contract: Contract) -> Contact | None:
    """Return whom a newcomer signs in as, if they are of this customer; else the first who can sign in."""
    rows = Contact.objects.active().filter(customer=contract.customer, user__isnull=False)
    shown = rows.filter(user__username__in=script.people()["sign_ins"])
    return (shown or rows).select_related("user", "customer").order_by("pk").first()


def _day(now: datetime, days: int, hour: int, hours: float = 2) -> Slot:
    """Return a time so many days from now, from an hour of Beijing on."""
    start = (now.astimezone(BEIJING) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
    return Slot(start, start + timedelta(hours=hours))


def _asked(contract: Contract, contact: Contact, service: str, at: datetime, **wanted: Any) -> Engagement:
    right = contract.entitlements.select_related("item", "contract__branch", "contract__plan").get(
        item__service=service
    )
    asked = Asked(right, Wanted(**wanted), contact)
    return ask(asked=asked, actor=_signed_in(contact), at=at)


def _signed_in(contact: Contact) -> User:
    if contact.user is None:
        raise LookupError(f"{contact} cannot sign in.")
    return contact.user


def _manager(contract: Contract) -> User:
    ours = [user for user in account_team(contract) if user.role in STAFF_ROLES]
    return ours[0] if ours else User.objects.filter(role=Role.MANAGER).order_by("pk")[0]


def _agreed(engagement: Engagement, contact: Contact, slot: Slot, at: datetime, experts: Iterable[User]) -> Engagement:
    ours = _manager(engagement.contract)
    arrange(
        engagement=engagement, arrangement=Arrangement(experts=list(experts), place="https://meet.shouyue.example/8213"),
        actor=ours, at=at,
    )  # fmt: skip
    timing.propose(engagement=engagement, slot=slot, actor=ours, at=at + timedelta(minutes=20))
    return timing.accept(engagement=engagement, actor=_signed_in(contact), at=at + timedelta(hours=3))


def _premier(contract: Contract, contact: Contact, now: datetime) -> None:
    expert = _manager(contract)
    training = _asked(
        contract, contact, "training", now - timedelta(days=31), topic="应付月结加速", wish="每月 3 日前要关账。"
    )
    _agreed(training, contact, _day(now, -18, 9), now - timedelta(days=30), [expert])
    _delivered(training, contact, expert, _day(now, -18, 9).ends_at)
    _series(contract, contact, expert, now)
    workshop = _asked(contract, contact, "workshop", now - timedelta(days=2), topic="年终结账怎样少加班")
    slot = _day(now, 4, 10)
    timing.propose(
        engagement=workshop,
        slot=slot,
        actor=expert,
        at=now - timedelta(days=1),
        remark="腾讯会议，两小时，请财务和 IT 各一位。",
    )
    closing = _asked(
        contract, contact, "critical_moment", now - timedelta(hours=3), topic="年结值守", wish="12 月 31 日夜间在线。"
    )
    timing.propose(
        engagement=closing, slot=_day(now, 39, 20, 4), actor=_signed_in(contact), at=now - timedelta(hours=3)
    )


def _series(contract: Contract, contact: Contact, expert: User, now: datetime) -> None:
    plan = _asked(
        contract, contact, "guidance", now - timedelta(days=20), topic="全面预算", wish="明年起按事业部编预算。"
    )
    _agreed(plan, contact, _day(now, -9, 14), now - timedelta(days=19), [expert])
    done = now - timedelta(days=8)
    delivering.deliver(engagement=plan, actor=expert, at=done)
    report = delivering.Report("培训方案和指导计划已与财务、各事业部确认，三次主题培训排到一月底。")
    delivering.record(engagement=plan, report=report, actor=expert, at=done)
    delivering.advance(engagement=plan, stage=2, actor=expert, at=done)
    session = _asked(contract, contact, "guidance", now - timedelta(days=6), topic="预算编制", part_of=plan)
    _agreed(session, contact, _day(now, 6, 14), now - timedelta(days=5), [expert])


def _delivered(engagement: Engagement, contact: Contact, expert: User, at: datetime) -> None:
    theirs, later = _signed_in(contact), at + timedelta(hours=1)
    delivering.deliver(engagement=engagement, actor=expert, at=later)
    done = "一起走了一遍应付月结：暂估、核销、凭证三步合成一次批处理，测试账套用时从 4 小时降到 50 分钟。"
    delivering.record(engagement=engagement, report=delivering.Report(done), actor=expert, at=later)
    people.post(engagement=engagement, body="批处理的模板能发我一份吗？", actor=theirs, at=later + timedelta(hours=2))
    people.post(
        engagement=engagement,
        body="已放到帮助中心“月结批处理模板”，按账套改前两行即可。",
        actor=expert,
        at=later + timedelta(hours=3),
    )
    row = engagement.attendees.get(contact=contact)
    people.give_feedback(
        attendee=row, rating=5, comment="讲的就是我们的单据，当场就能用。", actor=theirs, at=later + timedelta(days=1)
    )
    delivering.close(engagement=engagement, actor=expert, at=later + timedelta(days=3))


def _advanced(contract: Contract, contact: Contact, now: datetime) -> None:
    expert = _manager(contract)
    diagnosis = _asked(
        contract, contact, "expert_consultation", now - timedelta(days=7), topic="成本计算超过 6 小时",
        wish="3 000 个工单一起算时最慢，单独算正常。",
    )  # fmt: skip
    _agreed(diagnosis, contact, _day(now, 3, 9, 3), now - timedelta(days=6), [expert])


def _held_for_many(now: datetime) -> None:
    if Gathering.objects.exists():
        return
    decider = User.objects.filter(role=Role.MANAGER).order_by("pk")[0]
    salon = gathering.publish(
        event=gathering.Event(
            service="executive_events", vendor="kingdee", title="创见者沙龙：制造业的数字主线",
            title_en="Founders' salon: the digital thread in manufacturing", slot=_day(now, 26, 14, 3),
            text="八位企业负责人，一个下午，讲自己走过的弯路。", mode="remote", place="https://meet.shouyue.example/salon",
            text_en="Eight executives, one afternoon, the detours they took.", places=30,
            enrol_until=(now + timedelta(days=20)).date(),
        ),
        actor=decider, at=now - timedelta(days=4),
    )  # fmt: skip
    contract = Contract.objects.filter(number="C-2026-010").select_related("customer").first()
    contact = _contact(contract) if contract else None
    if contact:
        gathering.invite(gathering=salon, contacts=[contact], actor=decider, at=now - timedelta(days=3))
    _certification(decider, now)


def _certification(decider: User, now: datetime) -> None:
    gathering.publish(
        event=gathering.Event(
            service="vocational_certification", vendor="kingdee", title="财务共享职业技能认证（冬季班）",
            title_en="Vocational certificate in shared services, winter class", slot=_day(now, 24, 9, 8),
            text="一天课程，一小时考试，通过者发证。", text_en="A day of courses, an hour of exam, a certificate.",
            mode="remote", places=60, enrol_until=(now + timedelta(days=14)).date(),
        ),
        actor=decider, at=now - timedelta(days=2),
    )  # fmt: skip
