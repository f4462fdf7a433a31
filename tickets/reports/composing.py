"""A whole report, put together: the period, every section's figures, what they say in words, and what is advised."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contract, Entitlement, Obligation
from plans.report_kinds import Kind as KindData
from plans.terms import last_day, local_date
from tickets.reports import shape
from tickets.reports.advice.advising import advise
from tickets.reports.advice.rules import shipped_rules
from tickets.reports.figures import counting, flow, giving, phone, talks
from tickets.reports.figures.promises import kept_over
from tickets.reports.figures.recording import records
from tickets.reports.figures.repeating import repeated
from tickets.reports.saying import headlines, notes, summary
from tickets.reports.shape import FORM, Head, Kind, Period, Person, Report, Section, Tickets, Words
from tickets.reports.span import Span, before, chain_of, span_of
from tickets.reports.wording import EMPTY, both, clause_words, paired

# What is owed by the last day of its time has to be handed over before that day is over.
BEFORE_THE_END = timedelta(days=31)
TITLES = {
    "systems": _("系统概况"),
    "channels": _("热线、在线客服与提单"),
    "tickets": _("工单走势"),
    "promises": _("承诺达成"),
    "categories": pgettext_lazy("report", "问题类别"),
    "areas": _("问题领域"),
    "repeated": _("反复出现的问题"),
    "rights": _("权益使用"),
    "delivered": _("已交付的服务"),
    "owed": _("按期应交"),
    "advice": _("改进建议"),
    "records": _("工单记录"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is to be about: local dates, both included, and the right and obligation that it answers to."""

    contract: Contract
    kind: KindData
    starts_on: date
    ends_on: date
    entitlement: Entitlement | None = None
    obligation: Obligation | None = None


def compose(wanted: Wanted, at: datetime) -> Report:
    """Return a report as of an instant; while its period is not over it holds what was until then."""
    contract = wanted.contract
    period, span, previous = _time(wanted, at)
    sorts = counting.sorts_of(span, previous)
    products = counting.product_words(sorts)
    report = Report(
        form=FORM, kind=_kind(wanted), sections=_sections(wanted.kind), head=_head(contract), period=period,
        summary=(), headlines=(), notes=(),
        systems=counting.systems(contract, sorts, span.zone), channels=counting.channels(sorts),
        voices=(
            *counting.voices(contract, span, previous), *talks.chats(contract, span, previous),
            *phone.calls(contract, span, previous),
        ),
        tickets=_tickets(span, previous),
        promises=kept_over(span, previous), categories=counting.categories(sorts),
        areas=counting.areas(sorts, products), repeated=repeated(span, products),
        rights=giving.rights(contract, period.starts_on, period.through_on), delivered=giving.delivered(contract, span),
        owed=giving.owed(contract, wanted.starts_on, wanted.ends_on, at, _own(wanted)), advice=(),
        records=records(span, products),
    )  # fmt: skip
    report = replace(report, advice=advise(report, shipped_rules(), _offered(contract)))
    return replace(report, summary=summary(report), headlines=headlines(report), notes=notes(report))


def _own(wanted: Wanted) -> int | None:
    return wanted.obligation.pk if wanted.obligation else None


def _time(wanted: Wanted, at: datetime) -> tuple[Period, Span, Span | None]:
    contract, zone, today = wanted.contract, wanted.contract.timezone, local_date(wanted.contract, at)
    through_on = min(wanted.ends_on, max(today, wanted.starts_on))
    first, last = before(wanted.starts_on, through_on)
    chain = chain_of(contract)
    earlier = span_of([one.pk for one in chain], zone, first, last) if first >= chain[-1].starts_on else None
    period = Period(
        starts_on=wanted.starts_on, ends_on=wanted.ends_on, through_on=through_on,
        is_to_date=today <= wanted.ends_on and not _may_be_early(wanted, through_on),
        previous_starts_on=first if earlier else None, previous_ends_on=last if earlier else None, made_at=at,
    )  # fmt: skip
    return period, span_of([contract.pk], zone, wanted.starts_on, through_on, at), earlier


def _may_be_early(wanted: Wanted, through_on: date) -> bool:
    """Tell whether a report is owed before its period is over, and lacks only the last days of it. Source: K13"""
    return wanted.obligation is not None and wanted.ends_on - through_on <= BEFORE_THE_END


def _kind(wanted: Wanted) -> Kind:
    item = wanted.entitlement.item if wanted.entitlement else None
    return Kind(
        code=wanted.kind["code"], title=title_of(wanted.kind, wanted.obligation), promise=item.promise if item else "",
        clause=clause_words(item) if item else EMPTY, audience=wanted.kind["audience"],
    )  # fmt: skip


def title_of(kind: KindData, obligation: Obligation | None = None) -> Words:
    """Return what a report of a kind is called; of several that are owed, by which of them it is."""
    titles: list[str] = kind.get("titles") or []
    if obligation is None or len(titles) != obligation.of:
        return Words(kind["title"], kind["title_en"])
    return Words(titles[obligation.number - 1], kind["titles_en"][obligation.number - 1])


def _sections(kind: KindData) -> tuple[Section, ...]:
    return tuple(Section(code, both(partial(str, TITLES[code]))) for code in dict.fromkeys(kind["sections"]))


def _head(contract: Contract) -> Head:
    team = contract.account_team.select_related("user").filter(user__is_active=True).order_by("pk")
    return Head(
        customer=paired(contract.customer, "name"), customer_code=contract.customer.code, contract=contract.number,
        plan=paired(contract.plan, "name"), starts_on=contract.starts_on, ends_on=last_day(contract),
        timezone=contract.timezone,
        team=tuple(Person(both(one.get_seat_display), paired(one.user, "name")) for one in team),
    )  # fmt: skip


def _tickets(span: Span, previous: Span | None) -> Tickets:
    open_at_start, months = flow.flow(span)
    merged, untimed = flow.aside(span)
    earlier = flow.flow(previous)[1] if previous else None
    return Tickets(
        open_at_start=open_at_start, opened=_sum(months, "opened"), resolved=_sum(months, "resolved"),
        reopened=_sum(months, "reopened"), open_at_end=months[-1].open_at_end if months else open_at_start,
        merged=merged, untimed=untimed, months=tuple(months),
        previous_opened=None if earlier is None else _sum(earlier, "opened"),
        previous_resolved=None if earlier is None else _sum(earlier, "resolved"),
    )  # fmt: skip


def _sum(months: list[shape.Month], field: str) -> int:
    return sum(getattr(month, field) for month in months)


def _offered(contract: Contract) -> Mapping[str, Words]:
    """Return the names of what a contract gives, by service."""
    return {row.item.service: paired(row.item, "name") for row in contract.entitlements.select_related("item")}
