"""Lay out what a contract promises over its term, window by window, and bring it up to what it promises now."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.quotas.booking import Changes, Kind, Posting, book, left_of, line, locked
from plans.models import Contract, Entitlement, Item, Override, Quota, QuotaEntry, User
from plans.models.quotas import ZERO
from plans.quotas.rules import (
    Published,
    Rule,
    about,
    agreed_amounts,
    agreed_for,
    published_for,
    rules_of,
    usual_amount,
)
from plans.quotas.steps import next_step
from plans.quotas.windows import windows
from plans.quotas.words import amount_words, in_both, window_words
from plans.refusals import RefusedError
from plans.terms import last_day
from plans.wording import clause_of, name_of

BATCH = 2000
SAVED = ("item", "entitlement", "amount", "period", "starts_on", "ends_on", "next_step_at", "lapsed_at")


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why amounts are laid out: when, by whom, and the reason they gave, if they gave one."""

    at: datetime
    actor: User | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """One amount over one window as it is promised now."""

    entitlement: Entitlement
    rule: Rule
    number: int
    amount: Decimal
    starts_on: date
    ends_on: date

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Return by what a window is known again, whatever the plan's version."""
        item = self.entitlement.item
        return item.promise, item.service, self.rule.unit, self.number


@transaction.atomic
def lay_out(*, contract: Contract, at: datetime, actor: User | None = None, reason: str = "") -> None:
    """Bring the amounts of a contract to what it promises now, for each window of its term.

    Done twice it changes nothing. A larger amount is granted, a smaller one taken back as far as it is left; windows
    that the term or the plan no longer has lose what is left of them. Raises RefusedError when more was used or
    reserved than is promised now.
    """
    contract = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    occasion = Occasion(at, actor, reason)
    kept = {_key(quota): quota for quota in contract.quotas.select_related("item").order_by("pk")}
    wanted = promised_windows([contract])
    _add([window for window in wanted if window.key not in kept], occasion)
    for window in wanted:
        if window.key in kept:
            _bring(kept[window.key], window, contract, occasion)
    promised_now = {window.key for window in wanted}
    for key, quota in kept.items():
        if key not in promised_now:
            _drop(quota, contract, occasion)


def lay_out_new(*, contracts: Iterable[Contract], at: datetime) -> None:
    """Lay out the amounts of contracts that have none yet, in as many questions for a thousand as for one."""
    _add(promised_windows(list(contracts)), Occasion(at))


def promised_windows(contracts: Sequence[Contract]) -> list[Window]:
    """Return every window of every bounded amount that contracts promise now."""
    by_key = {contract.pk: contract for contract in contracts}
    # An item is wide, and the same for thousands of contracts: it is read once, and nothing is joined to it.
    counted = Item.objects.exclude(quota={}).exclude(quota=[])
    items = counted.select_related("plan").in_bulk()
    entitlements = Entitlement.objects.filter(contract__in=by_key, item__in=items.keys()).order_by("contract_id", "pk")
    for entitlement in entitlements:
        entitlement.contract, entitlement.item = by_key[entitlement.contract_id], items[entitlement.item_id]
    agreed = agreed_amounts(contracts)
    published = published_for(items.values())
    return [
        window
        for entitlement in entitlements
        for window in _windows(entitlement, agreed.get(entitlement.pk, []), published)
    ]


def _windows(entitlement: Entitlement, agreed: Sequence[Override], published: Published) -> Iterator[Window]:
    contract = entitlement.contract
    zone, last = ZoneInfo(contract.timezone), last_day(contract)
    rules = rules_of(entitlement.item)
    for rule in rules:
        usual = usual_amount(entitlement.item, rule, published)
        rows = about(agreed, rule, rules[0])
        for number, span in enumerate(windows(rule.period, contract.starts_on, last), 1):
            own = agreed_for(rule, rows, span, zone)
            amount = usual if own is None else own
            if amount is not None and not rule.draws_on:
                yield Window(entitlement, rule, number, amount, *span)


def _key(quota: Quota) -> tuple[str, str, str, int]:
    return quota.item.promise, quota.item.service, quota.unit, quota.number


def _add(added: Sequence[Window], occasion: Occasion) -> None:
    """Lay out windows that are new, each with its grant, in two questions however many."""
    rows = Quota.objects.bulk_create((_quota(window, occasion.at) for window in added), batch_size=BATCH)
    says = cache(lambda item, period, number: in_both(lambda: _granted(item, period, number) + occasion.reason))
    granted = (quota for quota in rows if quota.amount)
    QuotaEntry.objects.bulk_create(
        (_first(quota, says(quota.item, quota.period, quota.number), occasion) for quota in granted), batch_size=BATCH
    )


def _quota(window: Window, at: datetime) -> Quota:
    entitlement, rule = window.entitlement, window.rule
    contract = entitlement.contract
    return Quota(
        contract=contract, entitlement=entitlement, item=entitlement.item, unit=rule.unit, period=rule.period,
        number=window.number, amount=window.amount, starts_on=window.starts_on, ends_on=window.ends_on,
        next_step_at=next_step(contract, window.starts_on, window.ends_on, at),
    )  # fmt: skip


def _first(quota: Quota, cause: tuple[str, str], occasion: Occasion) -> QuotaEntry:
    """Return the first line of a new quota: what it grants."""
    posting = Posting(occasion.at, f"quota:{quota.pk}:laid", *cause, occasion.actor)
    said = line(quota, Kind.GRANT, Changes(granted=quota.amount), posting)
    return QuotaEntry(**said, position=1, left=quota.amount)


def _granted(item: Item, period: str, number: int) -> str:
    """Return why a window's first amount is granted: by the plan, as it says."""
    said = {"plan": name_of(item.plan), "clause": item.section, "part": window_words(period, number)}
    return _("按%(plan)s %(clause)s 授予，%(part)s。") % said


def _posting(quota: Quota, name: str, say: Callable[[], str], occasion: Occasion) -> Posting:
    zh, en = in_both(say)
    return Posting(occasion.at, f"quota:{quota.pk}:{name}", zh, en, occasion.actor)


def _bring(quota: Quota, window: Window, contract: Contract, occasion: Occasion) -> None:
    """Bring a window that was laid out before to what is promised now."""
    kept = (quota.amount, quota.starts_on, quota.ends_on, quota.entitlement_id, quota.item_id)
    item = window.entitlement.item
    if kept == (window.amount, window.starts_on, window.ends_on, window.entitlement.pk, item.pk):
        return
    quota = locked(quota.pk)
    quota.entitlement, quota.item, quota.period = window.entitlement, item, window.rule.period
    _move(quota, window.starts_on, window.ends_on, contract, occasion)
    _change(quota, window.amount, occasion)
    quota.save(update_fields=SAVED)


def _move(quota: Quota, starts_on: date, ends_on: date, contract: Contract, occasion: Occasion) -> None:
    """Move a window; one that had lapsed and is open again gets back what had lapsed."""
    if (quota.starts_on, quota.ends_on) == (starts_on, ends_on):
        return
    later = ends_on > quota.ends_on
    quota.starts_on, quota.ends_on = starts_on, ends_on
    quota.next_step_at = next_step(contract, starts_on, ends_on, occasion.at)
    if quota.lapsed_at and later:
        _reopen(quota, occasion)


def _reopen(quota: Quota, occasion: Occasion) -> None:
    quota.lapsed_at = None
    lapsed = sum(quota.entries.values_list("expired", flat=True), ZERO)
    if lapsed:
        posting = _posting(quota, _place(quota), lambda: _("服务期延长，恢复已作废的部分。"), occasion)
        book(quota, Kind.CORRECT, Changes(expired=-lapsed), posting)


def _change(quota: Quota, amount: Decimal, occasion: Occasion) -> None:
    """Grant what is promised beyond before, or take back what no longer is. Raises RefusedError when it is used."""
    more = amount - quota.amount
    if not more or quota.lapsed_at:
        return
    before, quota.amount = quota.amount, amount
    if more < 0 and left_of(quota) < -more:
        raise _too_low(quota, amount, before)

    def say() -> str:
        words = _("约定由 %(before)s 改为 %(now)s。") % {
            "before": amount_words(before, quota.unit),
            "now": amount_words(amount, quota.unit),
        }
        return words + occasion.reason

    posting = _posting(quota, _place(quota), say, occasion)
    book(quota, Kind.GRANT if more > 0 else Kind.CORRECT, Changes(granted=more), posting)


def _too_low(quota: Quota, amount: Decimal, before: Decimal) -> RefusedError:
    said = {
        "name": name_of(quota.item),
        "now": amount_words(amount, quota.unit),
        "taken": amount_words(before - left_of(quota), quota.unit),
    }
    return RefusedError(
        "below_what_is_used",
        _("%(name)s 已用和已预留 %(taken)s，不能改为 %(now)s。") % said,
        promise=quota.item.promise,
        clause=clause_of(quota.item),
        ways_on=[_("先释放预留，或约定不少于已用的数量。")],
    )


def _drop(quota: Quota, contract: Contract, occasion: Occasion) -> None:
    """Take back what is left of a window that is promised no longer; one that people granted ends with the term."""
    last = last_day(contract)
    if quota.entitlement_id and not quota.amount and quota.number == 1:
        _shorten(quota, last, contract, occasion)
        return
    quota = locked(quota.pk)
    left = left_of(quota)
    if left and not quota.lapsed_at:
        posting = _posting(quota, _place(quota), lambda: _("不再属于本合同的权益。") + occasion.reason, occasion)
        book(quota, Kind.CORRECT, Changes(granted=-left), posting)
    quota.amount, quota.next_step_at = max(quota.amount - left, ZERO), None
    quota.save(update_fields=SAVED)


def _shorten(quota: Quota, last: date, contract: Contract, occasion: Occasion) -> None:
    """Let an amount that the plan does not count follow the term."""
    if (quota.starts_on, quota.ends_on) != (contract.starts_on, last):
        quota = locked(quota.pk)
        _move(quota, contract.starts_on, last, contract, occasion)
        quota.save(update_fields=SAVED)


def _place(quota: Quota) -> str:
    """Return what tells a further line of a locked quota from those before it."""
    last = quota.entries.order_by("-position").values_list("position", flat=True).first()
    return f"laid:{(last or 0) + 1}"
