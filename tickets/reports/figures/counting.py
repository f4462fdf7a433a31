"""What tickets were about and how they came: channels, categories, areas, systems, and what was said in them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models import Contact, Contract, OwnedProduct, Product
from tickets.models import Category, Channel
from tickets.reports.figures.flow import STANDING, rows
from tickets.reports.shape import Area, Count, System, Words
from tickets.reports.span import Span
from tickets.reports.wording import EMPTY, both, paired

# A free text names the module: the same one in another spelling of blanks and capitals is the same.
MODULE = "btrim(regexp_replace(ticket.module, '\\s+', ' ', 'g'))"
SORTS = f"""
SELECT ticket.channel, ticket.category, ticket.product_id, ticket.tenant, lower({MODULE}), min({MODULE}), count(*),
  max(ticket.opened_at)
FROM tickets_ticket AS ticket
WHERE ticket.contract_id = ANY(%(contracts)s) AND ticket.opened_at >= %(start)s AND ticket.opened_at < %(until)s
  AND {STANDING}
GROUP BY 1, 2, 3, 4, 5
"""
# What was taken back was not said.
VOICES = """
SELECT event.kind, count(*) FROM tickets_ticketevent AS event
JOIN tickets_ticket AS ticket ON ticket.id = event.ticket_id
LEFT JOIN tickets_message AS message ON message.id = event.message_id
WHERE ticket.contract_id = ANY(%(contracts)s) AND event.at >= %(start)s AND event.at < %(until)s
  AND event.kind IN ('call', 'customer_message', 'reply', 'progress', 'bot_reply') AND message.retracted_at IS NULL
GROUP BY 1
"""
WRITERS = """
SELECT count(DISTINCT ticket.contact_id) FROM tickets_ticket AS ticket
WHERE ticket.contract_id = ANY(%(contracts)s) AND ticket.opened_at >= %(start)s AND ticket.opened_at < %(until)s
"""
# Always said, however few came by them. Source: K13
ENTRANCES = (Channel.HOTLINE, Channel.IM, Channel.PORTAL)
# A page, a print and an eye take no more modules than this.
MOST_AREAS = 40
MOST_MODULES = 8

Place = tuple[int | None, str]  # product, tenant


@dataclass(frozen=True, slots=True)
class Sort:
    """So many tickets that agree in channel, category, product, tenant and module."""

    channel: str
    category: str
    product: int | None
    tenant: str
    module: str  # folded, to be compared
    written: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Sorts:
    """All tickets of a span by what they agree in, beside those of the span before; None where there is none."""

    now: list[Sort]
    then: list[Sort] | None

    @property
    def total(self) -> int:
        """Return how many there are."""
        return sum(sort.count for sort in self.now)

    def counted(self, by: Callable[[Sort], object]) -> tuple[Counter[object], Counter[object] | None]:
        """Return how many agree in something, now and before."""
        return _sum(self.now, by), None if self.then is None else _sum(self.then, by)


def _sum(sorts: Iterable[Sort], by: Callable[[Sort], object]) -> Counter[object]:
    found: Counter[object] = Counter()
    for sort in sorts:
        found[by(sort)] += sort.count
    return found


def sorts_of(span: Span, previous: Span | None) -> Sorts:
    """Return the tickets of a span by what they agree in. One question a span."""
    return Sorts(_sorts(span), None if previous is None else _sorts(previous))


def _sorts(span: Span) -> list[Sort]:
    return [Sort(*row) for row in rows(SORTS, span)]


def channels(sorts: Sorts) -> tuple[Count, ...]:
    """Return how many came by each channel, the most first; hotline, chat and portal are there with nothing too."""
    counted = sorts.counted(lambda sort: sort.channel)
    return _counts(counted, [(one.value, one.label) for one in Channel], {one.value for one in ENTRANCES})


def categories(sorts: Sorts) -> tuple[Count, ...]:
    """Return how many were of each category, the most first."""
    return _counts(sorts.counted(lambda sort: sort.category), [(one.value, one.label) for one in Category])


def _counts(
    counted: tuple[Counter[object], Counter[object] | None],
    codes: Iterable[tuple[str, object]],
    always: Iterable[str] = (),
) -> tuple[Count, ...]:
    now, then = counted
    total = now.total()
    shown = set(always) | set(now) | set(then or ())
    found = [
        Count(code, both(partial(str, label)), now[code], share(now[code], total), None if then is None else then[code])
        for code, label in codes
        if code in shown
    ]
    return tuple(sorted(found, key=lambda one: -one.count))


def share(part: int, total: int) -> float | None:
    """Return a part of all; None of nothing."""
    return round(part / total, 4) if total else None


def areas(sorts: Sorts, products: Mapping[int | None, Words]) -> tuple[Area, ...]:
    """Return how much was asked about each module of each product, the most first."""
    now, then = sorts.counted(lambda sort: (sort.product, sort.module))
    # Of several spellings always the same one.
    written = {(sort.product, sort.module): sort.written for sort in sorted(sorts.now, key=lambda one: one.written)}
    total = now.total()
    return tuple(
        Area(
            product=products.get(product, EMPTY), module=written[product, module], count=count,
            share=share(count, total), previous=None if then is None else then[product, module],
            trend=trend(count, None if then is None else then[product, module]),
        )
        for (product, module), count in sorted(written_first(now), key=lambda one: -one[1])[:MOST_AREAS]
    )  # fmt: skip


def written_first(counted: Counter[object]) -> list[tuple[tuple[int | None, str], int]]:
    """Return places with their counts in an order that does not change from one report to the next."""
    found: list[tuple[tuple[int | None, str], int]] = [(key, count) for key, count in counted.items()]  # type: ignore[misc]
    return sorted(found, key=lambda one: (one[0][0] or 0, one[0][1]))


def trend(count: int, previous: int | None) -> float | None:
    """Return how many times as many there are as before; None where there were none, or there is no before."""
    return round(count / previous, 4) if previous else None


def product_words(sorts: Sorts) -> dict[int | None, Words]:
    """Return the names of the products that tickets were about."""
    asked = {sort.product for sort in (*sorts.now, *(sorts.then or ())) if sort.product}
    found: dict[int | None, Words] = {pk: paired(row, "name") for pk, row in Product.objects.in_bulk(asked).items()}
    return found


def systems(contract: Contract, sorts: Sorts, zone: str) -> tuple[System, ...]:
    """Return the products that a contract owns and those asked about beside, with how much was asked. Source: K13

    Of a product that runs for several tenants each holds what was asked for it; what names none of them the first.
    """
    owned = list(contract.owned_products.select_related("product").order_by("product__code", "pk"))
    place = _placing(owned)
    asked: dict[Place, list[Sort]] = defaultdict(list)
    for sort in sorts.now:
        asked[place(sort)].append(sort)
    then = None if sorts.then is None else _sum(sorts.then, place)
    beside = Product.objects.filter(pk__in={pk for pk, _tenant in asked if pk} - {row.product_id for row in owned})
    # Taken out, so that nothing is counted for two.
    return tuple(
        _system(product, row, asked.pop(at, []), None if then is None else then.pop(at, 0), zone)
        for product, row, at in (
            *((row.product, row, (row.product_id, row.tenant)) for row in owned),
            *((product, None, (product.pk, "")) for product in beside),
        )
    )


def _placing(owned: Iterable[OwnedProduct]) -> Callable[[Sort], Place]:
    """Return what tells of tickets which product of which tenant they are counted for."""
    tenants: dict[int | None, list[str]] = defaultdict(list)
    for row in owned:
        tenants[row.product_id].append(row.tenant)

    def place(sort: Sort) -> Place:
        known = tenants.get(sort.product) or [""]
        return sort.product, sort.tenant if sort.tenant in known else known[0]

    return place


def _system(
    product: Product, owned: OwnedProduct | None, asked: list[Sort], previous: int | None, zone: str
) -> System:  # fmt: skip
    modules: Counter[str] = Counter()
    for sort in asked:
        modules[sort.written] += sort.count
    return System(
        code=product.code, product=paired(product, "name"), is_owned=owned is not None,
        deployment=both(owned.get_deployment_display) if owned else EMPTY,
        tenant=owned.tenant if owned else "", version=owned.version if owned else "",
        quantity=owned.quantity if owned else None,
        modules=tuple(name for name, _count in modules.most_common() if name)[:MOST_MODULES],
        tickets=modules.total(), previous=previous,
        last_ticket_on=_last_on(asked, zone),
    )  # fmt: skip


def _last_on(sorts: list[Sort], zone: str) -> date | None:
    return max(sort.last_at for sort in sorts).astimezone(ZoneInfo(zone)).date() if sorts else None


SAID = (
    ("contacts", _("提问的人")),
    ("registered", _("登记的联系人")),
    ("customer_message", pgettext_lazy("report", "客户留言")),
    ("reply", _("人工回复")),
    ("call", _("电话沟通")),
    ("progress", pgettext_lazy("report", "进展反馈")),
    ("bot_reply", pgettext_lazy("report", "智能客服回复")),
)


def voices(contract: Contract, span: Span, previous: Span | None) -> tuple[Count, ...]:
    """Return how much was said in tickets within a span, and by how many people. Source: K13"""
    now, then = _said(span), None if previous is None else _said(previous)
    now["registered"] = Contact.objects.active().filter(customer=contract.customer_id).count()
    return tuple(
        Count(code, both(partial(str, label)), now[code], None, None if then is None else then.get(code))
        for code, label in SAID
    )


def _said(span: Span) -> Counter[str]:
    [(writers,)] = rows(WRITERS, span)
    return Counter({**dict(rows(VOICES, span)), "contacts": writers})
