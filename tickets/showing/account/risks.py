"""What may go wrong with a customer: small rules in one table, each with a code, words, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from plans.models import AccountTeamMember, Contact, Engagement, Obligation, UpdateRequest
from plans.quotas.words import amount_words
from plans.wording import name_of
from sla.ladder import WARNINGS
from sla.models import Escalation, EscalationRule, Milestone
from tickets.models import Ticket, TicketEvent
from tickets.showing.account.places import Place
from tickets.showing.account.reading import RECENT, Account, Held
from tickets.showing.account.timeline import objected_to
from tickets.showing.deliverables import title_of
from tickets.showing.wording import name_of as called
from tickets.templatetags.shouyue import near

# How bad it is: what is broken already, what breaks unless somebody acts, what is good to know.
NOW, SOON, KNOW = "now", "soon", "know"
SEVERITIES: dict[str, LazyText] = {
    NOW: gettext_lazy("马上处理"),
    SOON: gettext_lazy("尽快处理"),
    KNOW: gettext_lazy("请留意"),
}
# So many of one sort are named; the rest are a number.
NAMED = 3
# From the second time on, reopening is no accident.
REOPENED = 2
ASKING = timedelta(days=90)
Seat = AccountTeamMember.Seat
ARRANGED = (UpdateRequest.State.SCHEDULED, UpdateRequest.State.UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a rule found, and where it is seen."""

    words: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of risk; `finds` looks for it, `count` of what it finds tells how many there are where not all come."""

    code: str
    severity: str
    title: LazyText
    todo: LazyText
    finds: Callable[[Account], "Sight"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule saw: the first few, and how many in all."""

    first: list[Found]
    count: int

    @classmethod
    def of(cls, found: Iterable[Found]) -> "Sight":
        """Return all of something, of which the first few are named."""
        rows = list(found)
        return cls(rows[:NAMED], len(rows))


@dataclass(frozen=True, slots=True)
class Risk:
    """A rule that fired for a customer."""

    rule: Rule
    sight: Sight

    @property
    def code(self) -> str:
        """Return which rule it is."""
        return self.rule.code

    @property
    def severity(self) -> str:
        """Return how bad it is."""
        return self.rule.severity

    @property
    def severity_words(self) -> str:
        """Return how bad it is, in words."""
        return str(SEVERITIES[self.rule.severity])

    @property
    def title(self) -> str:
        """Return what it is."""
        return str(self.rule.title)

    @property
    def todo(self) -> str:
        """Return what to do about it."""
        return str(self.rule.todo)

    @property
    def found(self) -> list[Found]:
        """Return the first few cases of it."""
        return self.sight.first

    @property
    def count(self) -> int:
        """Return how many cases there are."""
        return self.sight.count

    @property
    def more(self) -> int:
        """Return how many cases are not named."""
        return self.sight.count - len(self.sight.first)


def risks_of(account: Account) -> list[Risk]:
    """Return the risks of a customer, the worst in front; a constant number of queries."""
    risks = [Risk(rule, rule.finds(account)) for rule in RULES]
    order = list(SEVERITIES)
    return sorted((risk for risk in risks if risk.count), key=lambda risk: order.index(risk.severity))


# --- Tickets -----------------------------------------------------------------------------------------------------


def _breached(account: Account) -> Sight:
    late = account.tickets.unfinished().filter(next_due_at__lt=account.at)
    return _tickets(late.order_by("next_due_at", "pk"), lambda one: _due(one, account, _("%(due)s 到期")))


def _at_risk(account: Account) -> Sight:
    risky = Milestone.objects.at_risk(account.at).values("clock__ticket_clock__ticket")
    rows = account.tickets.unfinished().filter(pk__in=risky, next_due_at__gte=account.at)
    return _tickets(rows.order_by("next_due_at", "pk"), lambda one: _due(one, account, _("%(due)s 到期")))


def _due(ticket: Ticket, account: Account, words: str) -> str:
    return words % {"due": near(ticket.next_due_at, account.at)}


def _to_the_top(account: Account) -> Sight:
    rules = EscalationRule.objects.filter(policy=OuterRef("target__policy"), metric=OuterRef("metric"), level__gt=1)
    top = rules.order_by().values("policy").annotate(top=Max("level")).values("top")
    steps = Escalation.objects.filter(
        milestone=OuterRef("pk"), level__gte=OuterRef("top"), state=Escalation.State.DONE, undone_at=None
    ).exclude(mark__in=WARNINGS)
    timed = Milestone.objects.open().annotate(top=Subquery(top)).filter(Exists(steps))
    held = timed.filter(clock__ticket_clock__ticket=OuterRef("pk"))
    rows = account.tickets.unfinished().filter(next_due_at__lt=account.at).filter(Exists(held))
    return _tickets(rows.order_by("next_due_at", "pk"), lambda one: called(one.assignee) or _("还没有人接单"))


def _reopened(account: Account) -> Sight:
    """Find open tickets that were reopened again and again; from the few reopenings, not from the many tickets."""
    again = TicketEvent.objects.filter(
        kind=TicketEvent.Kind.REOPENED, ticket__in=account.tickets.unfinished().order_by()
    )
    counted = again.order_by().values("ticket").annotate(times=Count("pk")).filter(times__gte=REOPENED)
    times = dict(counted.order_by("-times", "ticket").values_list("ticket", "times"))

    def words(one: Ticket) -> str:
        return ngettext("重开 %(n)d 次", "重开 %(n)d 次", times[one.pk]) % {"n": times[one.pk]}

    return _tickets(Ticket.objects.filter(pk__in=list(times)[: NAMED + 1]).order_by("pk"), words, len(times))


def _tickets(rows: QuerySet[Ticket], say: Callable[[Ticket], str], count: int | None = None) -> Sight:
    """Return the first few of some tickets and how many there are; one query unless there are more, or it is known."""
    first = list(rows.select_related("assignee", "contract")[: NAMED + 1])
    found = [
        Found(f"{one.number} {one.subject} · {say(one)}", Place("ticket", one.contract.number, one.number))
        for one in first[:NAMED]
    ]
    if len(first) > NAMED:
        return Sight(found, rows.order_by().count() if count is None else count)
    return Sight(found, len(first))


# --- What is owed ------------------------------------------------------------------------------------------------


def _overdue(account: Account) -> Sight:
    return Sight.of(
        Found(f"{one.what} · {one.days_words}", Place("owed", one.row.contract.number, anchor=f"o{one.row.pk}"))
        for one in account.owed
        if one.owed.is_overdue
    )


def _missed(account: Account) -> Sight:
    return Sight.of(
        Found(
            f"{one.what} · {one.row.due_on:%Y-%m-%d}", Place("owed", one.row.contract.number, anchor=f"o{one.row.pk}")
        )
        for one in account.owed
        if one.row.state == Obligation.State.MISSED
    )


def _lapsing(account: Account) -> Sight:
    return Sight.of(_lapsing_ones(account))


def _lapsing_ones(account: Account) -> Iterator[Found]:
    for balance in account.lapsing:
        contract = account.contract_of(balance.quota.contract_id)
        words = {
            "name": name_of(balance.quota.item), "left": amount_words(balance.left, balance.unit),
            "on": f"{balance.ends_on:%Y-%m-%d}",
        }  # fmt: skip
        yield Found(_("%(name)s剩 %(left)s，%(on)s 到期") % words, Place("rights", contract.number))


def _objections(account: Account) -> Sight:
    return Sight.of(
        Found(title_of(row), Place("deliverable", row.contract.number, row.number)) for row in objected_to(account)
    )


def _unrecorded(account: Account) -> Sight:
    """Find what was agreed for a time that is over, and of which nobody has said what became of it."""
    agreed = [one for one in account.engagements if one.state == Engagement.State.AGREED]
    updates = UpdateRequest.objects.visible_to(account.user).filter(contract__in=account.keys, state__in=ARRANGED)
    rows: list[tuple[Engagement | UpdateRequest, str, str]] = [
        *((one, "engagement", one.topic) for one in agreed if one.ends_at and one.ends_at < account.at),
        *((one, "update_request", name_of(one.product)) for one in _over(updates, account)),
    ]
    return Sight.of(
        Found(f"{one.number} {what} · {_ended(one, account)}", Place(page, one.contract.number, one.number))
        for one, page, what in rows
    )


def _over(updates: QuerySet[UpdateRequest], account: Account) -> QuerySet[UpdateRequest]:
    return updates.filter(ends_at__lt=account.at).select_related("contract", "product").order_by("ends_at", "pk")


def _ended(one: Engagement | UpdateRequest, account: Account) -> str:
    return _("约定到 %(at)s") % {"at": near(one.ends_at, account.at)}


# --- Contracts and people ----------------------------------------------------------------------------------------


def _term_ending(account: Account) -> Sight:
    ending = (one for one in account.held if one.standing.state == "ending" and one.follower is None)
    return Sight.of(_of_contract(one, _("%(plan)s，%(on)s 到期")) for one in ending)


def _not_renewed(account: Account) -> Sight:
    if account.current:
        return Sight([], 0)
    lately = (one for one in account.past if one.follower is None and one.today - one.standing.last <= RECENT)
    return Sight.of(_of_contract(one, _("%(plan)s，%(on)s 已结束")) for one in lately)


def _of_contract(one: Held, words: str) -> Found:
    said = {"plan": name_of(one.contract.plan), "on": f"{one.standing.last:%Y-%m-%d}"}
    return Found(words % said, Place("contract", one.contract.number))


def _unmanaged(account: Account) -> Sight:
    bare = (one for one in account.running if Seat.SUCCESS_MANAGER not in {seat.seat for seat in one.seats})
    return Sight.of(
        Found(f"{one.contract.number} {name_of(one.contract.plan)}", Place("contract", one.contract.number))
        for one in bare
    )


def _uncertified(account: Account) -> Sight:
    """Find who writes in without being certified, where a plan serves certified people alone. Source: K02"""
    asked = account.tickets.filter(contact=OuterRef("pk"), opened_at__gte=account.at - ASKING)
    strict = asked.filter(contract__entitlements__item__is_for_certified=True)
    people = Contact.objects.filter(customer=account.customer, is_certified=False, is_active=True)
    rows = list(people.filter(Exists(strict)).order_by("name", "pk"))
    return Sight.of(Found(called(one)) for one in rows)


RULES: tuple[Rule, ...] = (
    Rule(
        "ticket_breached", NOW, gettext_lazy("工单已超时"),
        gettext_lazy("先让处理人回客户一句，再看卡在哪里。"), _breached,
    ),
    Rule(
        "escalated_to_the_top", NOW, gettext_lazy("工单已升到最高一级"),
        gettext_lazy("没有人可以再往上找了：请您亲自与处理人和客户通话。"), _to_the_top,
    ),
    Rule(
        "delivery_overdue", NOW, gettext_lazy("应交的逾期未交"),
        gettext_lazy("今天定下交付时间；双方商定不再交付的，写明理由豁免。"), _overdue,
    ),
    Rule(
        "delivery_missed", NOW, gettext_lazy("服务期内没有交付"),
        gettext_lazy("与客户商定怎样补上，补交后在合同里登记。"), _missed,
    ),
    Rule(
        "objection_open", NOW, gettext_lazy("客户对交付的报告有意见"),
        gettext_lazy("照意见改好，重新交付；期限重新起算，时间还没有扣。"), _objections,
    ),
    Rule(
        "unrecorded", SOON, gettext_lazy("约定的时间已过，还没有记录"),
        gettext_lazy("做过的，登记交付；没有做成的，与客户另约时间或取消。"), _unrecorded,
    ),
    Rule(
        "ticket_at_risk", SOON, gettext_lazy("工单快要超时"),
        gettext_lazy("提醒处理人，或改派给现在有空的人。"), _at_risk,
    ),
    Rule(
        "reopened_again", SOON, gettext_lazy("工单一再重新打开"),
        gettext_lazy("换一位专家看一遍，别再按原来的办法答复。"), _reopened,
    ),
    Rule(
        "term_ending", SOON, gettext_lazy("服务期快到，还没有续签"),
        gettext_lazy("约客户谈续签，带上用了多少、守约多少。"), _term_ending,
    ),
    Rule(
        "not_renewed", NOW, gettext_lazy("服务期已过，没有续签"),
        gettext_lazy("现在提交的问题不在服务范围内，请马上联系客户。"), _not_renewed,
    ),
    Rule(
        "no_success_manager", SOON, gettext_lazy("没有客户成功经理"),
        gettext_lazy("指定一位：超时和到期的提醒现在找不到他。"), _unmanaged,
    ),
    Rule(
        "rights_lapsing", SOON, gettext_lazy("权益快到期，还没有用完"),
        gettext_lazy("替客户提一个用法：培训、研讨会或健康检查。"), _lapsing,
    ),
    Rule(
        "uncertified_writes", KNOW, gettext_lazy("未认证的联系人在提问"),
        gettext_lazy("安排认证：计划的人工服务只面向认证联系人。"), _uncertified,
    ),
)  # fmt: skip
