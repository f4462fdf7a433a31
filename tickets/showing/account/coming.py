"""What comes next for a customer: one list over all contracts and all kinds of promises, the next in front."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from plans.models import Contract, Engagement, TimeProposal
from plans.quotas.words import amount_words
from plans.terms import local_date
from plans.wording import name_of
from tickets.showing.account.places import Place
from tickets.showing.account.reading import Account
from tickets.showing.engagements import topic_of, when_words
from tickets.showing.owed import RISK, Shown

# Who has to do something for it.
OURS, THEIRS, BOTH = "ours", "theirs", "both"
LATE, SOON, CALM = "late", "soon", "calm"
KINDS: dict[str, LazyText] = {
    "delivery": pgettext_lazy("coming", "按期交付"),
    "request": pgettext_lazy("coming", "新的申请"),
    "proposal": pgettext_lazy("coming", "商定时间"),
    "engagement": pgettext_lazy("coming", "服务交付"),
    "record": pgettext_lazy("coming", "待记录"),
    "right": pgettext_lazy("coming", "权益到期"),
    "term": pgettext_lazy("coming", "服务期"),
}
# So far ahead the end of a term stands on the list.
TERM_AHEAD = timedelta(days=180)
# A request that nobody has answered for so long is late; what is promised is the answer, not the day.
UNANSWERED = timedelta(days=3)
# A time on the table, by whether it is ours and whether the customer reads it.
WAITS: dict[tuple[bool, bool], LazyText] = {
    (True, False): gettext_lazy("提议 %(when)s，等客户答复"),
    (True, True): gettext_lazy("我们提议 %(when)s，等您答复"),
    (False, False): gettext_lazy("客户提议 %(when)s，等我们答复"),
    (False, True): gettext_lazy("您提议 %(when)s，等我们答复"),
}
NEAR = timedelta(days=14)


@dataclass(frozen=True)
class Coming:
    """One thing to come: on which local date of its contract, what, and who acts."""

    kind: str
    on: date
    today: date
    what: str
    # More of it: when exactly, what to do first.
    detail: str
    acts: str
    tone: str
    contract: Contract
    place: Place

    @property
    def kind_words(self) -> str:
        """Return what sort of thing it is."""
        return str(KINDS[self.kind])

    @property
    def days(self) -> int:
        """Return how many days it is away; negative once it is past."""
        return (self.on - self.today).days

    @property
    def away(self) -> str:
        """Return how far away it is in words."""
        near = {0: _("今天"), 1: _("明天"), -1: _("昨天")}.get(self.days)
        if near:
            return near
        if self.days > 0:
            return ngettext("%(n)d 天后", "%(n)d 天后", self.days) % {"n": self.days}
        return ngettext("%(n)d 天前", "%(n)d 天前", -self.days) % {"n": -self.days}


def coming_of(account: Account) -> list[Coming]:
    """Return everything that is to come, what is late in front, then by date."""
    found = [one for source in SOURCES for one in source(account)]
    return sorted(found, key=lambda one: (one.tone != LATE, one.on, one.what))


def _deliveries(account: Account) -> Iterator[Coming]:
    for one in account.owed:
        if one.owed.is_open:
            yield _delivery(one, account)


def _delivery(one: Shown, account: Account) -> Coming:
    row = one.row
    tone = LATE if one.owed.is_overdue else SOON if one.state == RISK else CALM
    today = local_date(row.contract, account.at)
    detail = _("最后一个工作日 %(close)s") % {"close": one.close} if one.close else ""
    place = Place("owed", row.contract.number, anchor=f"o{row.pk}")
    return Coming("delivery", row.due_on, today, one.what, detail, OURS, tone, row.contract, place)


def _engagements(account: Account) -> Iterator[Coming]:
    # A series is closed after its last session; until then its sessions are what comes.
    series = {row.part_of_id for row in account.engagements}
    for row in account.engagements:
        if row.state != Engagement.State.RECORDED or row.pk not in series:
            yield _engagement(row, account)


def _engagement(row: Engagement, account: Account) -> Coming:
    today = local_date(row.contract, account.at)
    kind, acts, detail = _next_step(row, is_theirs=account.user.is_customer)
    starts_on = row.starts_at.astimezone(ZoneInfo(row.contract.timezone)).date() if row.starts_at else None
    on = _asked_on(row) if kind == "request" else starts_on or today
    is_unanswered = kind == "request" and account.at - row.requested_at > UNANSWERED
    is_late = is_unanswered or (kind in ("proposal", "record") and on < today)
    tone = LATE if is_late else SOON if acts != BOTH or on - today <= NEAR else CALM
    what = _("%(service)s：%(topic)s") % {"service": name_of(row.item), "topic": topic_of(row)}
    place = Place("engagement", row.contract.number, row.number)
    return Coming(kind, on, today, what, detail, acts, tone, row.contract, place)


def _asked_on(row: Engagement) -> date:
    return local_date(row.contract, row.requested_at)


def _next_step(row: Engagement, *, is_theirs: bool) -> tuple[str, str, str]:
    """Return what sort of step comes next for an engagement, who takes it, and that in the words of either side."""
    on_the_table: list[TimeProposal] = getattr(row, "open_proposals", [])
    if on_the_table:
        is_ours = on_the_table[0].side == TimeProposal.Side.OURS
        words = WAITS[is_ours, is_theirs]
        return "proposal", THEIRS if is_ours else OURS, str(words) % {"when": when_words(row)}
    if row.state in (Engagement.State.DELIVERED, Engagement.State.RECORDED):
        words = _("已交付，还没有写记录") if row.state == Engagement.State.DELIVERED else _("已记录，还没有关闭")
        return "record", OURS, words
    if row.starts_at and row.state == Engagement.State.AGREED:
        return "engagement", BOTH, when_words(row)
    return "request", OURS, _("还没有提议时间")


def _rights(account: Account) -> Iterator[Coming]:
    for balance in account.balances:
        contract = account.contract_of(balance.quota.contract_id)
        today = local_date(contract, account.at)
        days = (balance.ends_on - today).days
        if balance.left > 0 and days <= max(settings.QUOTA_WARN_DAYS):
            words = {"name": name_of(balance.quota.item), "left": amount_words(balance.left, balance.unit)}
            tone = SOON if days <= min(settings.QUOTA_WARN_DAYS) else CALM
            yield Coming(
                "right", balance.ends_on, today, _("%(name)s还剩 %(left)s") % words, _("过了这一天作废"), BOTH, tone,
                contract, Place("rights", contract.number),
            )  # fmt: skip


def _terms(account: Account) -> Iterator[Coming]:
    for one in account.current:
        contract, standing = one.contract, one.standing
        place = Place("contract", contract.number)
        plan = name_of(contract.plan)
        if standing.state == "ahead":
            what = _("%(plan)s开始") % {"plan": plan}
            yield Coming("term", standing.first, one.today, what, "", BOTH, CALM, contract, place)
        elif standing.last - one.today <= TERM_AHEAD and one.follower is None:
            tone = SOON if standing.state == "ending" else CALM
            what = _("%(plan)s到期") % {"plan": plan}
            yield Coming("term", standing.last, one.today, what, _("还没有续签"), BOTH, tone, contract, place)


SOURCES: list[Callable[[Account], Iterable[Coming]]] = [_deliveries, _engagements, _rights, _terms]
