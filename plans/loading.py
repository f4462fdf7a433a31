"""Load products, holidays, calendars, policies and plans from YAML: all of it or nothing, as often as one likes."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from plans.actions.catalogue import Offer, put_plans, put_products
from plans.models import Plan, Product, User
from plans.models.contracts import Deployment
from plans.models.people import STAFF_ROLES
from plans.vocabulary import CATEGORIES, CHANNELS, PERIODS, PRIORITIES, SERVICES, UNCERTIFIED, UNITS
from sla.actions import Change, Hours, Outcome, Terms, Year, put_calendars, put_holidays, put_policy
from sla.holidays.written import years
from sla.models import CalendarVersion, HolidaySet, Policy
from sla.rules.editing import edited_by_hand
from sla.rules.loading import calendar, policy
from sla.rules.reading import (
    Field,
    Place,
    Problem,
    Reader,
    ReadingError,
    amount,
    child,
    choice,
    code,
    compose,
    flag,
    keys_of,
    known,
    list_of,
    mapping,
    number,
    refuse_inside,
    text,
    untouched,
)

FIXTURES = settings.ROOT / "fixtures"
# Any two loads at once would race for the same version numbers.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('load_plans'))"

PRODUCTS = list_of(
    mapping({
        "code": Field(code),
        "vendor": Field(code),
        "name": Field(text(80)),
        "name_en": Field(text(80)),
    }),
    once=["code"],
)  # fmt: skip
WORDS = list_of(text(200))


def paired(fields: dict[str, Field]) -> Reader:
    """Return a reader of a mapping whose Chinese lists have as many entries as the English ones beside them."""
    pairs = [(name, f"{name}_en") for name in fields if f"{name}_en" in fields]

    def read_pairs(node: yaml.Node, place: Place) -> dict[str, Any]:
        values = mapping(fields)(node, place)
        for chinese, english in pairs:
            here, there = values.get(chinese), values.get(english)
            if isinstance(here, list) and isinstance(there, list) and len(here) != len(there):
                counts = {"en": len(there), "zh": len(here)}
                refuse_inside(node, place, english, _("与中文的条数不同：%(en)d 和 %(zh)d。") % counts)
        return values

    return read_pairs


QUOTA = mapping({
    "amount": Field(amount, None),
    "unit": Field(choice(UNITS)),
    "period": Field(choice(PERIODS), None),
    "as_published": Field(flag, False),
})  # fmt: skip
EXCLUSION = paired({
    "category": Field(choice((*CATEGORIES, UNCERTIFIED))),
    "section": Field(text(40)),
    "clause": Field(text()),
    "clause_en": Field(text(600)),
    "definitions": Field(WORDS, []),
    "definitions_en": Field(WORDS, []),
    "carve_out": Field(text(200), ""),
    "carve_out_en": Field(text(200), ""),
    "ways_on": Field(WORDS),
    "ways_on_en": Field(WORDS),
})  # fmt: skip
ITEM = paired({
    "promise": Field(known("promise")),
    "service": Field(choice(SERVICES)),
    "section": Field(text(40)),
    "name": Field(text(80)),
    "name_en": Field(text(120)),
    "clause": Field(text(400)),
    "clause_en": Field(text(600)),
    "calendar": Field(known("calendar"), ""),
    "response": Field(text(200), ""),
    "response_en": Field(text(200), ""),
    "policy": Field(known("policy"), ""),
    "quota": Field(QUOTA, {}),
    "products": Field(list_of(known("product")), []),
    "deployments": Field(list_of(choice(Deployment.values)), []),
    "categories": Field(list_of(choice(CATEGORIES)), []),
    "channels": Field(list_of(choice(CHANNELS)), []),
    "priorities": Field(list_of(choice(PRIORITIES)), []),
    "certified": Field(flag, False),
    "exclusions": Field(list_of(EXCLUSION, once=["category"]), []),
    "ways_on": Field(WORDS, []),
    "ways_on_en": Field(WORDS, []),
    "provider": Field(text(120), ""),
    "provider_en": Field(text(160), ""),
    "provider_overseas": Field(text(120), ""),
    "entrances": Field(WORDS, []),
    "deliverable": Field(text(80), ""),
    "stages": Field(WORDS, []),
    "notice_days": Field(number(1, 366), None),
    "remark": Field(text(), ""),
})  # fmt: skip
PLAN = mapping({
    "code": Field(code),
    "name": Field(text(80)),
    "name_en": Field(text(80)),
    "seal": Field(text(1)),
    "rank": Field(number(1, 1000)),
    "rank_assumed": Field(flag, False),
    "a_la_carte": Field(flag, False),
    "includes": Field(known("plan"), ""),
    "items": Field(list_of(ITEM, once=["promise", "service"])),
})  # fmt: skip
# What can be told before the rest is read: which codes the file itself brings.
OUTLINE = {
    "vendor": Field(code),
    "source": Field(text(200)),
    "promises": Field(text(20)),
    "policies": Field(untouched, None),
    "plans": Field(untouched, None),
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that was read, ready to be saved."""

    years: list[Year] = field(default_factory=list)
    calendars: list[Hours] = field(default_factory=list)
    products: list[dict[str, str]] = field(default_factory=list)
    policies: list[Terms] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)


def load(paths: Iterable[Path] = (), *, dry_run: bool = False) -> list[Change]:
    """Load files, or all of `fixtures/`, and return what changed. Raises ReadingError, and saves nothing then.

    All of `fixtures/` leaves alone the holidays and service hours that people wrote; a file that is named does not.
    """
    named = list(paths)
    catalogue = read(named or list(fixtures(FIXTURES)))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        kept = [] if named else _leave_alone(catalogue)
        changes = [*kept, *_save(catalogue)]
        transaction.set_rollback(dry_run)
    return changes


def fixtures(folder: Path) -> Iterator[Path]:
    """Return the files of a fixtures folder that this loads."""
    yield from (folder / "calendars.yaml", folder / "products.yaml")
    yield from sorted((folder / "holidays").glob("*.yaml"))
    yield from sorted((folder / "plans").glob("*.yaml"))


def _leave_alone(catalogue: Catalogue) -> list[Change]:
    """Take out of a catalogue what people wrote themselves, holidays and service hours, and return it as kept."""
    by_hand = {
        (row.country, row.subdivision, row.year): str(row)
        for row in HolidaySet.objects.exclude(origin=HolidaySet.Origin.SHIPPED)
    }
    catalogue.years[:] = [
        year for year in catalogue.years if (year.country, year.subdivision, year.year) not in by_hand
    ]
    edited = edited_by_hand()
    catalogue.calendars[:] = [hours for hours in catalogue.calendars if hours.code not in edited]
    kept = [Change("calendar", code, Outcome.KEPT, version.version) for code, version in edited.items()]
    return kept + [Change("holidays", name, Outcome.KEPT) for name in by_hand.values()]


def _save(catalogue: Catalogue) -> list[Change]:
    changes = put_products(products=catalogue.products)
    changes += put_holidays(years=catalogue.years)
    changes += put_calendars(calendars=catalogue.calendars)
    changes += [put_policy(terms=terms) for terms in catalogue.policies]
    return changes + put_plans(offers=catalogue.offers)


def read(paths: Iterable[Path]) -> Catalogue:
    """Return what files say. Raises ReadingError with every mistake found in them."""
    problems: list[Problem] = []
    trees = []
    for path in paths:
        place = Place(_shown(path), problems=problems)
        node = compose(path, place)
        if node is not None:
            trees.append((node, place))
    catalogue = Catalogue()
    _read_ground(trees, catalogue)
    _read_plans(trees, catalogue)
    if problems:
        raise ReadingError(problems)
    return catalogue


def _shown(path: Path) -> str:
    return str(path.relative_to(settings.ROOT)) if path.is_relative_to(settings.ROOT) else str(path)


def _read_ground(trees: list[tuple[yaml.Node, Place]], catalogue: Catalogue) -> None:
    """Read what plans stand on: holidays, calendars, products."""
    for node, place in trees:
        keys = keys_of(node)
        if "dates" in keys:
            catalogue.years.extend(years(node, place))
        elif "calendars" in keys:
            found = mapping({"calendars": Field(list_of(calendar))})(node, place)
            catalogue.calendars.extend(_present(found["calendars"] or []))
        elif "products" in keys:
            catalogue.products.extend(mapping({"products": Field(PRODUCTS)})(node, place)["products"] or [])
        elif not keys & {"plans", "policies"}:
            place.refuse(node, _("看不出这是什么文件：应有 calendars、dates、products、policies 或 plans。"))
    _check_countries(trees, catalogue)


def _present(found: Iterable[Any]) -> list[Any]:
    return [entry for entry in found if entry is not None]


def _check_countries(trees: list[tuple[yaml.Node, Place]], catalogue: Catalogue) -> None:
    countries = {(year.country, year.subdivision) for year in catalogue.years}
    countries |= set(HolidaySet.objects.values_list("country", "subdivision"))
    followed = {hours.code: hours.rules["holidays"] for hours in catalogue.calendars if hours.rules["holidays"]}
    for node, place in trees:
        for nth, name in enumerate(_written_codes(node, "calendars"), start=1):
            rule = followed.get(name)
            if rule and (rule["country"], rule["subdivision"]) not in countries:
                named = "-".join(filter(None, (rule["country"], rule["subdivision"])))
                refuse_inside(node, place, f"calendars.{nth}.holidays", _("没有 %s 的节假日。") % named)


def _read_plans(trees: list[tuple[yaml.Node, Place]], catalogue: Catalogue) -> None:
    calendars = _codes(CalendarVersion.objects.current()) | {hours.code for hours in catalogue.calendars}
    products = _codes(Product.objects.all()) | {product["code"] for product in catalogue.products}
    for node, place in trees:
        if keys_of(node) & {"plans", "policies"}:
            _read_file(node, place.knowing("calendar", calendars).knowing("product", products), catalogue)


def staff() -> set[str]:
    """Return the user names that a ladder may tell, of people who left as well: whoever left is passed over."""
    return set(User.objects.filter(role__in=STAFF_ROLES).values_list("username", flat=True))


def _codes(rows: Any) -> set[str]:
    return set(rows.values_list("code", flat=True))


def _read_file(node: yaml.Node, place: Place, catalogue: Catalogue) -> None:
    """Read one vendor's file: its outline first, so that policies and items may name what it brings."""
    outline = mapping(OUTLINE)(node, place)
    promises = _promises(outline["promises"] or "", node, place)
    place = place.knowing("promise", promises).knowing("person", staff())
    terms = _present(_listed(policy, node, place, "policies"))
    catalogue.policies.extend(terms)
    place = place.knowing("policy", _codes(Policy.objects.current()) | {each.code for each in terms})
    place = place.knowing("plan", _codes(Plan.objects.current()) | set(_written_codes(node, "plans")))
    before = len(place.problems)
    plans = _listed(PLAN, node, place, "plans")
    if len(place.problems) == before:
        _check_promises(plans, promises, node, place)
        catalogue.offers.extend(_offer(plan, outline) for plan in _in_order(plans, node, place))


def _listed(read: Reader, node: yaml.Node, place: Place, name: str) -> list[Any]:
    """Return what one list of a file says, or nothing where the file has no such list."""
    part = child(node, name)
    once = ["code"] if read is PLAN else []
    return list_of(read, once=once)(part, place.at(name)) if part else []


def _written_codes(node: yaml.Node, name: str) -> list[str]:
    """Return the codes that one list of a file brings, before it is read in full."""
    part = child(node, name)
    entries = part.value if isinstance(part, yaml.SequenceNode) else []
    codes = (child(entry, "code") for entry in entries)
    return [str(written.value) if written else "" for written in codes]


def _promises(span: str, node: yaml.Node, place: Place) -> list[str]:
    """Return the ids of the promise book that a file answers for: "Y01-Y22"."""
    found = re.fullmatch(r"([A-Z])(\d{2})-\1(\d{2})", span)
    if not found:
        refuse_inside(node, place, "promises", _("应写作首尾两个承诺编号，如 Y01-Y22。"))
        return []
    return [f"{found[1]}{number:02d}" for number in range(int(found[2]), int(found[3]) + 1)]


def _check_promises(plans: list[dict[str, Any]], promises: list[str], node: yaml.Node, place: Place) -> None:
    """Note the promises that no plan of the file keeps."""
    kept = {item["promise"] for plan in plans for item in plan["items"]}
    if missing := [promise for promise in promises if promise not in kept]:
        refuse_inside(node, place, "promises", _("没有任何服务项写到：%s。") % "、".join(missing))


def _in_order(plans: list[dict[str, Any]], node: yaml.Node, place: Place) -> list[dict[str, Any]]:
    """Return plans, each after the one it includes; note a circle."""
    waiting = {plan["code"]: plan for plan in plans}
    ordered: list[dict[str, Any]] = []
    while waiting:
        ready = [plan for plan in waiting.values() if plan["includes"] not in waiting]
        if not ready:
            number = plans.index(next(iter(waiting.values()))) + 1
            refuse_inside(node, place, f"plans.{number}.includes", _("互相包含：%s。") % "、".join(waiting))
            return []
        ordered += ready
        waiting = {name: plan for name, plan in waiting.items() if plan not in ready}
    return ordered


def _offer(plan: Mapping[str, Any], outline: Mapping[str, Any]) -> Offer:
    plain = {name: plan[name] for name in ("code", "name", "name_en", "seal", "rank", "includes")}
    return Offer(
        **plain,
        vendor=outline["vendor"],
        source=outline["source"],
        is_rank_assumed=plan["rank_assumed"],
        is_a_la_carte=plan["a_la_carte"],
        items=tuple(_item(item) for item in plan["items"]),
    )


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name != "certified"}
    quota = item["quota"]
    if quota and quota["amount"] is not None:
        # JSON has no decimals; person-days come in halves at the finest.
        kept["quota"] = {**quota, "amount": float(quota["amount"])}
    return {**kept, "is_for_certified": item["certified"]}


def summary(changes: Collection[Change]) -> dict[str, int]:
    """Return how many things came to each outcome."""
    return dict(sorted(Counter(str(change.outcome) for change in changes).items()))
