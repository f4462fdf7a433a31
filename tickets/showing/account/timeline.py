"""Everything that comes next for a customer: one list over all contracts and kinds of promises, the next in front."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.deliverables.reading import waiting_for
from plans.models import Contract, Deliverable, Engagement, TimeProposal, UpdateRequest, UpdateWindow
from plans.models.deliverables import Outcome
from plans.quotas.words import amount_words
from plans.terms import local_date
from plans.updates.reading import ahead
from plans.wording import name_of, text_of
from tickets.models import ServiceReport
from tickets.showing.account.coming import BOTH, CALM, LATE, OURS, SOON, THEIRS, Coming
from tickets.showing.account.places import Place
from tickets.showing.account.reading import MOST, Account
from tickets.showing.deliverables import due_words, title_of
from tickets.showing.engagements import topic_of, when_words
from tickets.showing.owed import RISK, Shown
from tickets.showing.report.listing import kind_title
from tickets.showing.updates import request_title
from tickets.showing.updates import when_words as update_words

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
# So many windows of updates are named for each contract: some products have two a week.
WINDOWS = 3
DRAFTS = 20


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
    starts_on = local_date(row.contract, row.starts_at) if row.starts_at else today
    # What is only to be written down waits for today, whenever it took place.
    on = {"request": local_date(row.contract, row.requested_at), "record": today}.get(kind, starts_on)
    is_unanswered = kind == "request" and account.at - row.requested_at > UNANSWERED
    is_late = is_unanswered or (kind == "proposal" and on < today)
    tone = LATE if is_late else SOON if acts != BOTH or on - today <= NEAR else CALM
    what = _("%(service)s：%(topic)s") % {"service": name_of(row.item), "topic": topic_of(row)}
    place = Place("engagement", row.contract.number, row.number)
    return Coming(kind, on, today, what, detail, acts, tone, row.contract, place)


def _next_step(row: Engagement, *, is_theirs: bool) -> tuple[str, str, str]:
    """Return what sort of step comes next for an engagement, who takes it, and that in the words of either side."""
    on_the_table: list[TimeProposal] = getattr(row, "open_proposals", [])
    if on_the_table:
        is_ours = on_the_table[0].side == TimeProposal.Side.OURS
        waits = str(WAITS[is_ours, is_theirs]) % {"when": when_words(row)}
        return "proposal", THEIRS if is_ours else OURS, waits
    if row.state in (Engagement.State.DELIVERED, Engagement.State.RECORDED):
        words = _("已交付，还没有写记录") if row.state == Engagement.State.DELIVERED else _("已记录，还没有关闭")
        return "record", OURS, words
    if row.starts_at and row.state == Engagement.State.AGREED:
        return "engagement", BOTH, when_words(row)
    return "request", OURS, _("还没有提议时间")


def _rights(account: Account) -> Iterator[Coming]:
    for balance in account.lapsing:
        contract = account.contract_of(balance.quota.contract_id)
        today = local_date(contract, account.at)
        words = {"name": name_of(balance.quota.item), "left": amount_words(balance.left, balance.unit)}
        tone = SOON if (balance.ends_on - today).days <= min(settings.QUOTA_WARN_DAYS) else CALM
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


# --- What is handed over, and updates ----------------------------------------------------------------------------


def _sign_offs(account: Account) -> Iterator[Coming]:
    for row in waiting_for(account.customer, account.user):
        if row.contract_id in account.keys:
            last = row.last_round
            due_at = last.due_at or account.at
            detail = _("可签字或提意见到 %(due)s") % {"due": due_words(last, account.at)} if last.due_at else ""
            yield _handed(row, "sign_off", due_at, detail, account)


def _objections(account: Account) -> Iterator[Coming]:
    for row in objected_to(account):
        last = row.last_round
        words = _("客户提了书面意见，等我们重新交付")
        if account.user.is_customer:
            words = _("您提了书面意见，等我们重新交付")
        yield _handed(row, "objection", last.decided_at or last.at, words, account)


def objected_to(account: Account) -> list[Deliverable]:
    """Return what the customer objected to and was not handed over again."""
    seen = Deliverable.objects.visible_to(account.user).filter(contract__in=account.keys, state=Outcome.OBJECTED)
    return list(seen.brought().order_by("handed_over_at", "pk"))


def _handed(row: Deliverable, kind: str, at: datetime, detail: str, account: Account) -> Coming:
    place = Place("deliverable", row.contract.number, row.number)
    days = _days(row.contract, at, account)
    acts = THEIRS if kind == "sign_off" else OURS
    return Coming(kind, *days, title_of(row), detail, acts, SOON, row.contract, place)


def _days(contract: Contract, at: datetime, account: Account) -> tuple[date, date]:
    """Return the local date of an instant and today, of a contract."""
    return local_date(contract, at), local_date(contract, account.at)


def _reports(account: Account) -> Iterator[Coming]:
    """Yield the drafts that somebody of ours has to read and deliver, and those that could not be made."""
    states = (ServiceReport.State.READY, ServiceReport.State.FAILED)
    rows = (
        ServiceReport.objects.visible_to(account.user)
        .filter(contract__in=account.keys, state__in=states)
        .last_versions()
    )
    for row in rows.select_related("contract", "obligation").order_by("pk")[:DRAFTS]:
        has_failed = row.state == ServiceReport.State.FAILED
        today = local_date(row.contract, account.at)
        due_on = row.obligation.due_on if row.obligation and row.obligation.is_open else today
        words = _("没有生成成功，请再试一次") if has_failed else _("草稿已生成，请看过再交付")
        place = Place("report", row.contract.number, row.code)
        tone = LATE if has_failed or due_on < today else SOON
        yield Coming("report", due_on, today, kind_title(row), words, OURS, tone, row.contract, place)


def _updates(account: Account) -> Iterator[Coming]:
    for one in account.running:
        for row in ahead(one.contract, account.at, WINDOWS):
            yield _update(row, one.contract, account)


def _update(row: UpdateWindow, contract: Contract, account: Account) -> Coming:
    what = " ".join(part for part in (text_of(row, "title"), row.version) if part)
    days = _days(contract, row.starts_at, account)
    tone = SOON if row.state == UpdateWindow.State.UNDER_WAY else CALM
    place = Place("updates", contract.number)
    return Coming("update", *days, what, update_words(row), OURS, tone, contract, place)


def _update_requests(account: Account) -> Iterator[Coming]:
    rows = UpdateRequest.objects.visible_to(account.user).under_way().filter(contract__in=account.keys)
    for row in rows.select_related("contract", "product").order_by("pk")[:MOST]:
        days = _days(row.contract, row.starts_at or row.requested_at, account)
        is_agreed = row.starts_at is not None
        is_late = not is_agreed and account.at - row.requested_at > UNANSWERED
        words = update_words(row) if is_agreed else str(row.get_state_display())
        place = Place("update_request", row.contract.number, row.number)
        tone = LATE if is_late else SOON
        acts = BOTH if is_agreed else OURS
        yield Coming("update_request", *days, request_title(row), words, acts, tone, row.contract, place)


SOURCES: list[Callable[[Account], Iterable[Coming]]] = [
    _deliveries, _engagements, _rights, _terms, _sign_offs, _objections, _reports, _updates, _update_requests,
]  # fmt: skip
