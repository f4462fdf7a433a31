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

from plans.actions.catalogue import Offer, put_plans, put_products, put_vendors
from plans.catalogue.form import FILE, PLAN, PRODUCTS
from plans.models import Plan, Product, User
from plans.models.people import STAFF_ROLES
from plans.report_kinds import shipped_kinds
from plans.vocabulary import SERVICES
from sla.actions import Change, Hours, Outcome, Terms, Year, put_calendars, put_holidays, put_policy
from sla.holidays.written import years
from sla.models import CalendarVersion, HolidaySet, Policy
from sla.models.policies import Metric
from sla.rules.drafts import PROMISES
from sla.rules.editing import edited_by_hand
from sla.rules.loading import calendar, policy
from sla.rules.parsing import compose
from sla.rules.reading import (
    Field,
    Place,
    Problem,
    Reader,
    ReadingError,
    child,
    keys_of,
    list_of,
    mapping,
    refuse_inside,
    untouched,
)

# Whose a product or plan is, by "products" and "plans" and its code.
Owners = dict[str, dict[str, str]]

FIXTURES = settings.ROOT / "fixtures"
# Any two loads at once would race for the same version numbers.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('load_plans'))"

GROUND = {"calendars": Field(list_of(calendar), None), "products": Field(PRODUCTS, None)}
# What can be told before the rest is read: which codes the file itself brings.
BROUGHT = ("calendars", "products", "policies", "plans")
OUTLINE = {name: Field(untouched, None) if name in BROUGHT else rule for name, rule in FILE.items()}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that was read, ready to be saved."""

    vendors: list[dict[str, str]] = field(default_factory=list)
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
    changes = put_vendors(vendors=catalogue.vendors)
    changes += put_products(products=catalogue.products)
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
        elif keys & {*GROUND, "plans", "policies"}:
            is_ground = not keys & {"plans", "policies"}
            found = mapping(GROUND)(node, place) if is_ground else _ground_of(node, place)
            catalogue.calendars.extend(_present(found["calendars"] or []))
            catalogue.products.extend(found["products"] or [])
        else:
            place.refuse(node, _("看不出这是什么文件：应有 calendars、dates、products、policies 或 plans。"))
    _check_countries(trees, catalogue)


def _ground_of(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return the calendars and products that a vendor's file brings along."""
    return {
        name: rule.read(part, place.at(name)) if (part := child(node, name)) else [] for name, rule in GROUND.items()
    }


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
    # A code that is brought with a mistake is known all the same: one mistake is told once.
    brought = {code for node, _place in trees for code in _written_codes(node, "calendars")}
    calendars = _codes(CalendarVersion.objects.current()) | brought
    brought_products = {product["code"]: product["vendor"] for product in catalogue.products}
    owners = {
        "products": brought_products | dict(Product.objects.values_list("code", "vendor")),
        "plans": dict(Plan.objects.current().values_list("code", "vendor")),
    }
    for node, place in trees:
        if keys_of(node) & {"plans", "policies"}:
            _read_file(node, place.knowing("calendar", calendars), catalogue, owners)


def staff() -> set[str]:
    """Return the user names that a ladder may tell, of people who left as well: whoever left is passed over."""
    return set(User.objects.filter(role__in=STAFF_ROLES).values_list("username", flat=True))


def _codes(rows: Any) -> set[str]:
    return set(rows.values_list("code", flat=True))


def _read_file(node: yaml.Node, place: Place, catalogue: Catalogue, owners: Owners) -> None:
    """Read one vendor's file: its outline first, so that policies and items may name what it brings."""
    outline = mapping(OUTLINE)(node, place)
    promises = _promises(outline["promises"] or "")
    if not promises:
        refuse_inside(node, place, "promises", _("应写作首尾两个承诺编号，如 Y01-Y22。"))
    # Without a span any promise may be named: one mistake is told once.
    place = place.knowing("promise", promises or PROMISES).knowing("person", staff())
    place = place.knowing("service", {*SERVICES, *(outline["services"] or ())})
    kinds = {**shipped_kinds(), **{kind["code"]: kind for kind in outline["reports"] if kind.get("code")}}
    place = _knowing_own(node, place.knowing("report", kinds), outline["vendor"] or "", owners)
    terms = _present(_listed(policy, node, place, "policies"))
    catalogue.policies.extend(terms)
    place = _knowing_policies(node, place, terms)
    before = len(place.problems)
    plans = _listed(PLAN, node, place, "plans")
    _check_once(plans, catalogue, node, place)
    if len(place.problems) == before:
        catalogue.vendors.append(_vendor(outline))
        _check_promises(plans, promises, node, place)
        catalogue.offers.extend(_offer(plan, outline, kinds) for plan in _in_order(plans, node, place))


def _knowing_policies(node: yaml.Node, place: Place, terms: Iterable[Terms]) -> Place:
    """Return the place knowing the policies that items may name, and those of them that follow what is owed."""
    brought = set(_written_codes(node, "policies"))
    read = {one.code: any(target.metric == Metric.DELIVERY for target in one.targets) for one in terms}
    present = Policy.objects.current()
    following = _codes(present.filter(targets__metric=Metric.DELIVERY)) | (brought - read.keys())
    following = (following - read.keys()) | {code for code, follows in read.items() if follows}
    return place.knowing("policy", _codes(present) | brought).knowing("delivery", following)


def _knowing_own(node: yaml.Node, place: Place, vendor: str, owners: Owners) -> Place:
    """Return the place knowing this vendor's products and plans alone, after noting codes that are another's."""
    # Of a vendor that is not told, any code may be named: one mistake is told once.
    if not vendor:
        plans = {*owners["plans"], *_written_codes(node, "plans")}
        return place.knowing("product", owners["products"].keys()).knowing("plan", plans)
    for name, taken in owners.items():
        for nth, code in enumerate(_written_codes(node, name), start=1):
            if taken.setdefault(code, vendor) != vendor:
                words = {"code": code, "vendor": taken[code]}
                refuse_inside(node, place, f"{name}.{nth}.code", _("%(code)s 已是 %(vendor)s 的。") % words)
    products, plans = ({code for code, owner in owners[name].items() if owner == vendor} for name in owners)
    return place.knowing("product", products).knowing("plan", plans)


def _vendor(outline: Mapping[str, Any]) -> dict[str, str]:
    """Return the vendor that a file names; one without a name is called by its code."""
    name = outline["vendor_name"] or outline["vendor"]
    return {"code": outline["vendor"], "name": name, "name_en": outline["vendor_name_en"] or name}


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
    return [str(written.value) if isinstance(written, yaml.ScalarNode) else "" for written in codes]


def _promises(span: str) -> list[str]:
    """Return the ids of the promise book that a file answers for, "Y01-Y22"; none where it is written otherwise."""
    found = re.fullmatch(r"([A-Z])(\d{2})-\1(\d{2})", span)
    if not found:
        return []
    return [f"{found[1]}{number:02d}" for number in range(int(found[2]), int(found[3]) + 1)]


def _check_once(plans: list[dict[str, Any]], catalogue: Catalogue, node: yaml.Node, place: Place) -> None:
    """Note the plans that another file of this load has brought already."""
    offered = {offer.code for offer in catalogue.offers}
    for nth, plan in enumerate(plans, start=1):
        if plan.get("code") in offered:
            refuse_inside(node, place, f"plans.{nth}.code", _("重复：%s 已经出现过。") % plan["code"])


def _check_promises(plans: list[dict[str, Any]], promises: list[str], node: yaml.Node, place: Place) -> None:
    """Note the promises that no plan of the file keeps."""
    kept = {item["promise"] for plan in plans for item in plan["items"]}
    if missing := [promise for promise in promises if promise not in kept]:
        refuse_inside(node, place, "promises", _("没有任何服务项写到：%s。") % _("、").join(missing))


def _in_order(plans: list[dict[str, Any]], node: yaml.Node, place: Place) -> list[dict[str, Any]]:
    """Return plans, each after the one it includes; note a circle."""
    waiting = {plan["code"]: plan for plan in plans}
    ordered: list[dict[str, Any]] = []
    while waiting:
        ready = [plan for plan in waiting.values() if plan["includes"] not in waiting]
        if not ready:
            number = plans.index(next(iter(waiting.values()))) + 1
            refuse_inside(node, place, f"plans.{number}.includes", _("互相包含：%s。") % _("、").join(waiting))
            return []
        ordered += ready
        waiting = {name: plan for name, plan in waiting.items() if plan not in ready}
    return ordered


def _offer(plan: Mapping[str, Any], outline: Mapping[str, Any], kinds: Mapping[str, Any]) -> Offer:
    plain = {name: plan[name] for name in ("code", "name", "name_en", "seal", "rank", "includes")}
    return Offer(
        **plain,
        vendor=outline["vendor"],
        source=outline["source"],
        source_en=outline["source_en"],
        is_rank_assumed=plan["rank_assumed"],
        is_a_la_carte=plan["a_la_carte"],
        items=tuple(_item(item, kinds) for item in plan["items"]),
    )


def _item(item: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in ("certified", "report")}
    if item["report"]:
        # As it is now: a contract keeps what it was signed with.
        kept["report"] = kinds[item["report"]]
    quota = item["quota"]
    kept["quota"] = [_quota(one) for one in quota] if isinstance(quota, list) else _quota(quota)
    return {**kept, "is_for_certified": item["certified"]}


def _quota(quota: Mapping[str, Any]) -> dict[str, Any]:
    """Return an amount as it is kept: JSON has no decimals; person-days come in halves at the finest."""
    kept = {name: value for name, value in quota.items() if name not in ("of", "used_up") or value}
    return kept if kept.get("amount") is None else {**kept, "amount": float(kept["amount"])}


def summary(changes: Collection[Change]) -> dict[str, int]:
    """Return how many things came to each outcome."""
    return dict(sorted(Counter(str(change.outcome) for change in changes).items()))
