"""Acts on one amount: each books a line of the ledger, under a lock, and never below zero."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.models import Contract, Entitlement, Quota, QuotaEntry, User
from plans.models.quotas import ZERO
from plans.quotas.rules import drawn_on
from plans.quotas.steps import next_step
from plans.quotas.windows import TERM, windows
from plans.quotas.words import amount_words, in_both
from plans.refusals import RefusedError
from plans.terms import last_day
from plans.wording import clause_of, list_of, name_of

Kind = QuotaEntry.Kind
# Beyond this no amount of a service is one.
MOST = Decimal(10_000)
# What may be used in parts; of anything else there is a whole number.
IN_PARTS = ("person_days",)
PART = Decimal("0.01")
ENDS_A_RESERVATION = (Kind.CONSUME, Kind.RELEASE)


@dataclass(frozen=True, slots=True)
class Posting:
    """Why something is booked, in both languages, by whom and when; what asks twice with one key is booked once."""

    at: datetime
    key: str
    cause: str
    cause_en: str = ""
    actor: User | None = None

    def part(self, name: str, cause: tuple[str, str] | None = None) -> "Posting":
        """Return the posting of a further line of the same act."""
        zh, en = cause or (self.cause, self.cause_en)
        return replace(self, key=f"{self.key}:{name}", cause=zh, cause_en=en)


@dataclass(frozen=True, slots=True)
class Changes:
    """By how much a line changes each of the four sums, and which line it follows."""

    granted: Decimal = ZERO
    reserved: Decimal = ZERO
    used: Decimal = ZERO
    expired: Decimal = ZERO
    on: date | None = None
    of: QuotaEntry | None = None

    @property
    def left(self) -> Decimal:
        """Return by how much what is left changes."""
        return self.granted - self.reserved - self.used - self.expired


@transaction.atomic
def grant(*, entitlement: Entitlement, amount: Decimal, on: date, posting: Posting, unit: str = "") -> QuotaEntry:
    """Give a contract more of something, in the window that holds a local date; return the line.

    What the plan does not count begins to be counted, over the whole term. Raises RefusedError without a reason, for
    an amount that cannot be, and outside the term. Source: K06, Y20
    """
    _check_reason(posting, entitlement)
    quota = _window_for_grant(entitlement, on, unit)
    _check_amount(amount, quota)
    if quota.lapsed_at:
        raise _refused("window_over", _("这一期已过，授予的数量会立即作废。"), quota, [_("授予到当前一期。")])
    return known(quota, Kind.GRANT, amount, posting) or book(quota, Kind.GRANT, Changes(granted=amount, on=on), posting)


@transaction.atomic
def reserve(
    *, entitlement: Entitlement, amount: Decimal, on: date, posting: Posting, unit: str = ""
) -> QuotaEntry | None:
    """Set aside an amount for a local date of use and return the line; None where nothing is counted.

    Raises RefusedError when less is left, and outside the term.
    """
    quota = window_of(entitlement, on, unit)
    if quota is None:
        return None
    _check_amount(amount, quota)
    return known(quota, Kind.RESERVE, amount, posting) or book(
        quota, Kind.RESERVE, Changes(reserved=amount, on=on), posting
    )


@transaction.atomic
def consume(
    *,
    entitlement: Entitlement,
    amount: Decimal,
    on: date,
    posting: Posting,
    reserved: QuotaEntry | None = None,
    unit: str = "",
) -> QuotaEntry | None:
    """Book an amount as used on a local date and return the line; None where nothing is counted.

    A reservation ends with it: what it held beyond the amount is free again, what goes beyond it must be left. Use on
    a date of another window is booked there. Use within a window that has lapsed meanwhile counts there all the same.
    """
    if reserved is not None:
        quota = locked(reserved.quota_id)
        if quota.starts_on <= on <= quota.ends_on:
            return _consume(quota, amount, on, posting, reserved)
        release(reserved=reserved, posting=posting.part("release"))
    found = window_of(entitlement, on, unit)
    return None if found is None else _consume(found, amount, on, posting, None)


def _consume(quota: Quota, amount: Decimal, on: date, posting: Posting, reserved: QuotaEntry | None) -> QuotaEntry:
    _check_amount(amount, quota)
    repeated = known(quota, Kind.CONSUME, amount, posting)
    if repeated:
        return repeated
    held = _held(reserved) if reserved else ZERO
    if quota.lapsed_at:
        _reinstate(quota, amount - held, posting)
    return book(quota, Kind.CONSUME, Changes(used=amount, reserved=-held, on=on, of=reserved), posting)


@transaction.atomic
def release(*, reserved: QuotaEntry, posting: Posting) -> QuotaEntry:
    """Set free what a reservation holds and return the line. Raises RefusedError when it has ended already."""
    quota = locked(reserved.quota_id)
    repeated = known(quota, Kind.RELEASE, reserved.amount, posting)
    return repeated or book(quota, Kind.RELEASE, Changes(reserved=-_held(reserved), of=reserved), posting)


@transaction.atomic
def expire(*, quota: Quota, posting: Posting) -> QuotaEntry | None:
    """Let lapse what is left of an amount and return the line; None where nothing is. Reservations stay."""
    quota = locked(quota.pk)
    left = left_of(quota)
    quota.lapsed_at, quota.next_step_at = posting.at, None
    quota.save(update_fields=["lapsed_at", "next_step_at"])
    return book(quota, Kind.EXPIRE, Changes(expired=left), posting) if left else None


@transaction.atomic
def correct(*, quota: Quota, amount: Decimal, posting: Posting, of: QuotaEntry | None = None) -> QuotaEntry:
    """Put an amount right by a further line and return it: what is left grows by `amount`, or shrinks below zero of it.

    With `of`, a line that booked use, it is that use that was too much or too little; else what was granted. Raises
    RefusedError without a reason, below zero, and for giving back more than was used.
    """
    quota = locked(quota.pk)
    _check_reason(posting, quota)
    _check_amount(abs(amount), quota)
    repeated = known(quota, Kind.CORRECT, abs(amount), posting)
    if repeated:
        return repeated
    if of is None:
        return book(quota, Kind.CORRECT, Changes(granted=amount), posting)
    _check_use(of, quota, amount)
    return book(quota, Kind.CORRECT, Changes(used=-amount, of=of), posting)


def locked(pk: int) -> Quota:
    """Return a quota that nobody else books on until the transaction ends."""
    return Quota.objects.select_for_update(of=("self",)).select_related("item", "contract").get(pk=pk)


def left_of(quota: Quota) -> Decimal:
    """Return what is left of a locked quota."""
    last = quota.entries.order_by("-position").values_list("left", flat=True).first()
    return ZERO if last is None else last


def known(quota: Quota, kind: str, amount: Decimal, posting: Posting) -> QuotaEntry | None:
    """Return the line that this key has booked already. Raises RefusedError when that was something else."""
    entry = QuotaEntry.objects.filter(key=posting.key).first()
    if entry and (entry.quota_id, entry.kind, entry.amount) != (quota.pk, kind, amount):
        raise RefusedError("key_reused", _("这个标识已用于另一笔记账：%s。") % posting.key)
    return entry


def book(quota: Quota, kind: str, changes: Changes, posting: Posting) -> QuotaEntry:
    """Add a line to a locked quota. Raises RefusedError when less would be left than nothing.

    What is set free in a window that has lapsed lapses at once.
    """
    last = quota.entries.order_by("-position").only("position", "left").first()
    position, left = (last.position, last.left) if last else (0, ZERO)
    if left + changes.left < 0:
        raise used_up(quota, left, -changes.left)
    entry = QuotaEntry.objects.create(
        **line(quota, kind, changes, posting), position=position + 1, left=left + changes.left
    )
    if quota.lapsed_at and kind != Kind.EXPIRE and entry.left and changes.expired >= 0:
        book(quota, Kind.EXPIRE, Changes(expired=entry.left), posting.part("expire", in_both(_lapsed)))
    return entry


def line(quota: Quota, kind: str, changes: Changes, posting: Posting) -> dict[str, object]:
    """Return the fields of a line but its position and what is left after it."""
    sums = {name: getattr(changes, name) for name in ("granted", "reserved", "used", "expired", "on", "of")}
    why = {"at": posting.at, "key": posting.key, "cause": posting.cause[:400], "cause_en": posting.cause_en[:400]}
    return {
        "quota": quota,
        "kind": kind,
        "actor": posting.actor,
        "actor_display": str(posting.actor) if posting.actor else "",
        **sums,
        **why,
    }


def used_up(quota: Quota, left: Decimal, asked: Decimal) -> RefusedError:
    """Return the refusal of more than is left: how much, until when, what is missing, and what can be done instead."""
    said = {
        "name": name_of(quota.item),
        "left": amount_words(left, quota.unit),
        "asked": amount_words(asked, quota.unit),
        "short": amount_words(asked - left, quota.unit),
        "until": date_format(quota.ends_on, _("Y年n月j日")),
    }
    return RefusedError(
        "quota_used_up",
        _("%(name)s 只剩 %(left)s（可用至 %(until)s），不够 %(asked)s，还差 %(short)s。") % said,
        promise=quota.item.promise,
        clause=clause_of(quota.item),
        ways_on=[*_next_window(quota), _("请客户成功经理另行授予，须写明理由。"), *list_of(quota.item, "ways_on")],
    )


def _next_window(quota: Quota) -> list[str]:
    """Return from when there is more, if there is."""
    rows = Quota.objects.filter(entitlement__isnull=False, entitlement=quota.entitlement, unit=quota.unit, amount__gt=0)
    following = rows.filter(starts_on__gt=quota.ends_on).order_by("starts_on").first()
    if following is None:
        return []
    said = {"day": date_format(following.starts_on, _("Y年n月j日")), "more": amount_words(following.amount, quota.unit)}
    return [_("自 %(day)s 起另有 %(more)s。") % said]


def window_of(entitlement: Entitlement, on: date, unit: str = "") -> Quota | None:
    """Return the locked quota that use on a local date draws on; None where nothing is counted.

    Raises RefusedError outside the term, and while the number is not published yet. Source: K15
    """
    source, rule = drawn_on(entitlement, unit)
    unit = rule.unit if rule else unit
    held = Quota.objects.select_for_update(of=("self",)).filter(entitlement=source).holding(on)
    rows = (held.filter(unit=unit) if unit else held).select_related("item", "contract")
    quota = rows.order_by("pk").first()
    if quota is None:
        _check_term(source, on)
        if rule and rule.is_as_published:
            raise _refused("not_published", _("%s的名额尚未发布。") % name_of(source.item), source)
    return quota


def _window_for_grant(entitlement: Entitlement, on: date, unit: str) -> Quota:
    """Return the locked quota that a grant goes to, laid out now where the plan counts nothing."""
    # Two first grants at once must not both lay out a window.
    contract = Contract.objects.select_for_update(of=("self",)).get(pk=entitlement.contract_id)
    source, rule = drawn_on(entitlement, unit)
    unit = rule.unit if rule else unit
    if not unit:
        raise _refused("unit_missing", _("请指明单位。"), source)
    _check_term(source, on)
    period = rule.period if rule else TERM
    spans = windows(period, contract.starts_on, last_day(contract))
    number, (first, last) = next((place, span) for place, span in enumerate(spans, 1) if span[0] <= on <= span[1])
    quota, _made = Quota.objects.get_or_create(
        entitlement=source, unit=unit, number=number,
        defaults={
            "contract": contract, "item": source.item, "period": period, "starts_on": first, "ends_on": last,
            "next_step_at": next_step(contract, first, last, None),
        },
    )  # fmt: skip
    return locked(quota.pk)


def _held(reserved: QuotaEntry) -> Decimal:
    """Return what a reservation holds. Raises RefusedError when it has ended already."""
    ended = reserved.followed_by.filter(kind__in=ENDS_A_RESERVATION).first()
    if ended:
        how = {"how": ended.get_kind_display()}
        raise RefusedError("reservation_ended", _("这笔预留已经结束（%(how)s），不能再用。") % how)
    if reserved.kind != Kind.RESERVE:
        raise RefusedError("no_reservation", _("所指的分录不是预留。"))
    return reserved.reserved


def _reinstate(quota: Quota, needed: Decimal, posting: Posting) -> None:
    """Take back as much of a lapse as was in truth used in time and booked late."""
    lapse = quota.entries.filter(kind=Kind.EXPIRE).order_by("-position").first()
    missing = needed - left_of(quota)
    if lapse is None or missing <= 0:
        return
    lapsed = sum(quota.entries.values_list("expired", flat=True), ZERO)
    back = min(missing, lapsed)
    if back:
        cause = in_both(lambda: _("到期前已使用，补记。"))
        book(quota, Kind.CORRECT, Changes(expired=-back, of=lapse), posting.part("in-time", cause))


def _lapsed() -> str:
    return _("可用期已过，未用部分作废。")


def _check_use(of: QuotaEntry, quota: Quota, amount: Decimal) -> None:
    """Check that a line booked use of this quota, and no more of it is given back than there was."""
    corrected = of.followed_by.filter(kind=Kind.CORRECT).values_list("used", flat=True)
    if of.quota_id != quota.pk or of.kind != Kind.CONSUME:
        raise _refused("no_use", _("只能更正同一额度的扣减。"), quota)
    if amount > of.used + sum(corrected, ZERO):
        raise _refused("more_than_used", _("不能退回比已扣减更多的数量。"), quota)


def _check_amount(amount: Decimal, quota: Quota) -> None:
    step = PART if quota.unit in IN_PARTS else Decimal(1)
    if not amount.is_finite() or not 0 < amount <= MOST or amount % step:
        words = {"most": MOST, "step": step}
        raise _refused("bad_amount", _("数量应大于 0、不超过 %(most)s，且是 %(step)s 的倍数。") % words, quota)


def _check_reason(posting: Posting, about: Entitlement | Quota) -> None:
    if not posting.cause.strip():
        raise _refused("reason_missing", _("请写明理由。"), about)


def _check_term(entitlement: Entitlement, on: date) -> None:
    contract = entitlement.contract
    last = last_day(contract)
    if not contract.starts_on <= on <= last:
        said = {"on": on.isoformat(), "first": contract.starts_on.isoformat(), "last": last.isoformat()}
        message = _("%(on)s 不在服务期 %(first)s 至 %(last)s 之内。") % said
        raise _refused("outside_term", message, entitlement, ways_on=[_("改选服务期内的日期，或先续签合同。")])


def _refused(code: str, message: str, about: Entitlement | Quota, ways_on: list[str] | None = None) -> RefusedError:
    item = about.item
    return RefusedError(code, message, promise=item.promise, clause=clause_of(item), ways_on=ways_on or [])
