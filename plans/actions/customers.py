"""Writes of customers in bulk: what another system sent becomes rows, as often as it is sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from plans.actions import obligations
from plans.actions.history import Decided, write_many
from plans.actions.picked_in_bulk import Chosen, choose, unlike
from plans.actions.quotas import lay_out, lay_out_new
from plans.actions.sold_twice import Held, held_by, twice_sold
from plans.catalogue.items import items_of
from plans.models import Branch, Contact, Contract, Customer, Entitlement, OwnedProduct, Plan, Product, Team
from plans.upsert import CustomerRow, RowError
from sla.clock import database_now

BATCH = 2000
TERMS = ("starts_on", "ends_on", "timezone", "branch", "team")


@dataclass(frozen=True, slots=True)
class Report:
    """What an upsert came to: counts by kind, and the mistakes. With mistakes nothing was saved, or only good rows."""

    created: Mapping[str, int] = field(default_factory=dict)
    updated: Mapping[str, int] = field(default_factory=dict)
    unchanged: Mapping[str, int] = field(default_factory=dict)
    errors: Sequence[RowError] = ()
    is_saved: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows name, read at once."""

    customers: dict[str, Customer]
    contacts: dict[tuple[str, str], Contact]
    emails: dict[str, Contact]
    contracts: dict[str, Contract]
    plans: dict[str, Plan]
    products: dict[str, Product]
    branches: dict[str, Branch]
    teams: dict[str, Team]
    held: Held
    # Which customer of this load an e-mail address, or a new contract's number, was first sent for.
    claimed: dict[str, str] = field(default_factory=dict)
    # What new contracts pick of an à-la-carte plan.
    chosen: Chosen = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is to be written, by model: new rows, and changed ones with the fields that differ."""

    added: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def upsert_customers(*, rows: Sequence[CustomerRow], keep_good: bool = False, dry_run: bool = False) -> Report:
    """Save customers with their contacts, contracts and products, and report what changed.

    A customer with any mistake is left out whole. Unless `keep_good`, one mistake saves nothing at all.
    """
    with transaction.atomic():
        known = _known(rows)
        for row in rows:
            _check(row, known)
        errors = [error for row in rows for error in row.errors]
        good = [row for row in rows if not row.errors]
        counts = _save(good, known) if keep_good or not errors else Counter()
        is_saved = not dry_run and (keep_good or not errors)
        transaction.set_rollback(not is_saved)
    ordered = sorted(errors, key=lambda error: error.line)
    return Report(_of(counts, "created"), _of(counts, "updated"), _of(counts, "unchanged"), ordered, is_saved)


def _of(counts: Mapping[str, int], outcome: str) -> dict[str, int]:
    return {key.split()[1]: number for key, number in counts.items() if key.startswith(f"{outcome} ")}


def _known(rows: Iterable[CustomerRow]) -> Known:
    codes = {row.code for row in rows}
    emails = {contact["email"].lower() for row in rows for contact in row.contacts if contact.get("email")}
    numbers = {contract["number"] for row in rows for contract in row.contracts if "number" in contract}
    ours = models.Q(customer__code__in=codes) | models.Q(lowered__in=emails)
    contacts = list(Contact.objects.annotate(lowered=Lower("email")).filter(ours).select_related("customer"))
    plans = Plan.objects.current().select_related("includes").prefetch_related("items", "includes__items")
    customers = Customer.objects.in_bulk(list(codes), field_name="code")
    return Known(
        customers=customers,
        contacts={(contact.customer.code, contact.external_id): contact for contact in contacts if contact.external_id},
        emails={contact.email.lower(): contact for contact in contacts if contact.email},
        contracts={
            contract.number: contract
            for contract in Contract.objects.filter(number__in=numbers).select_related("customer", "plan")
        },
        plans={plan.code: plan for plan in plans},
        products={product.code: product for product in Product.objects.all()},
        branches={branch.code: branch for branch in Branch.objects.all()},
        teams={team.code: team for team in Team.objects.all()},
        held=held_by(customers.values()),
    )


def _check(row: CustomerRow, known: Known) -> None:
    """Note on a row what cannot be: an unknown plan, another customer's contact, a term that runs backwards."""
    if row.code not in known.customers and not row.values.get("name"):
        row.errors.append(RowError(row.line, "name", _("新客户须有名称。")))
    seen: set[str] = set()
    for contact in row.contacts:
        _check_contact(row, contact, known, seen)
    for contract in row.contracts:
        _check_contract(row, contract, known)
    if not row.errors:
        row.errors.extend(twice_sold(row, known.held, known.plans, known.contracts))


def _check_contact(row: CustomerRow, contact: Mapping[str, Any], known: Known, seen: set[str]) -> None:
    line, address = contact["line"], contact.get("email", "").lower()
    key = contact.get("external_id") or address
    if not key:
        row.errors.append(RowError(line, "contacts.email", _("联系人须有邮箱或 external_id。")))
    elif key in seen:
        row.errors.append(RowError(line, "contacts", _("联系人 %s 出现了两次。") % key))
    seen.add(key)
    kept = _contact_of(row, contact, known)
    holder = known.emails.get(address)
    if (holder and holder is not kept) or (address and known.claimed.setdefault(address, row.code) != row.code):
        row.errors.append(RowError(line, "contacts.email", _("这个邮箱属于另一位联系人。")))
    if kept is None and not contact.get("name"):
        row.errors.append(RowError(line, "contacts.name", _("新联系人须有姓名。")))


def _contact_of(row: CustomerRow, contact: Mapping[str, Any], known: Known) -> Contact | None:
    found = known.contacts.get((row.code, contact.get("external_id", "")))
    by_email = known.emails.get(contact.get("email", "").lower())
    return found or (by_email if by_email and by_email.customer.code == row.code else None)


def _check_contract(row: CustomerRow, contract: Mapping[str, Any], known: Known) -> None:
    line, kept = contract["line"], known.contracts.get(contract.get("number", ""))
    if known.claimed.setdefault(f"contract {contract.get('number')}", row.code) != row.code:
        row.errors.append(RowError(line, "contracts.number", _("这个合同号属于另一客户。")))
    named: dict[str, Mapping[str, Any]] = {"plan": known.plans, "branch": known.branches, "team": known.teams}
    for name, codes in named.items():
        if name in contract and contract[name] not in codes:
            row.errors.append(RowError(line, f"contracts.{name}", _("没有名为“%s”的条目。") % contract[name]))
    if kept is None:
        _check_new(row, contract, known)
    else:
        _check_signed(row, contract, kept)
    starts, ends = (contract.get(name) or getattr(kept, name, None) for name in ("starts_on", "ends_on"))
    if starts and ends and ends < starts:
        row.errors.append(RowError(line, "contracts.ends_on", _("服务期结束早于开始。")))
    _check_products(row, contract, kept.plan if kept else known.plans.get(contract.get("plan", "")), known)


def _check_new(row: CustomerRow, contract: Mapping[str, Any], known: Known) -> None:
    for name in ("plan", "starts_on", "ends_on"):
        if name not in contract:
            row.errors.append(RowError(contract["line"], f"contracts.{name}", _("新合同须有此项。")))
    row.errors.extend(choose(row, contract, known.plans, known.customers.get(row.code), known.chosen))


def _check_signed(row: CustomerRow, contract: Mapping[str, Any], kept: Contract) -> None:
    if kept.customer.code != row.code:
        row.errors.append(RowError(contract["line"], "contracts.number", _("这个合同号属于另一客户。")))
    if contract.get("plan", kept.plan.code) != kept.plan.code:
        row.errors.append(RowError(contract["line"], "contracts.plan", _("已签合同不能换计划，请另签新合同。")))
    row.errors.extend(unlike(contract, kept))


def _check_products(row: CustomerRow, contract: Mapping[str, Any], plan: Plan | None, known: Known) -> None:
    for owned in contract["products"]:
        product = known.products.get(owned.get("product", ""))
        if product is None:
            row.errors.append(RowError(owned["line"], "contracts.products.product", _("没有这个产品。")))
        elif plan and product.vendor != plan.vendor:
            row.errors.append(RowError(owned["line"], "contracts.products.product", _("这个产品不属于该计划。")))


def _save(rows: Sequence[CustomerRow], known: Known) -> Counter[str]:
    counts: Counter[str] = Counter()
    counts += _save_customers(rows, known)
    counts += _save_contacts(rows, known)
    return counts + _save_contracts(rows, known)


def _take(tally: Tally, kind: str, kept: Any, fresh: Any, values: Mapping[str, Any]) -> None:
    """Note a row as new, changed or the same; a kept one takes the values that differ."""
    if kept is None:
        tally.added.append(fresh)
        tally.counts[f"created {kind}"] += 1
        return
    different = {name: value for name, value in values.items() if getattr(kept, name) != value}
    for name, value in different.items():
        setattr(kept, name, value)
    if different:
        tally.changed.append(kept)
    tally.counts[f"{'updated' if different else 'unchanged'} {kind}"] += 1


def _write(model: type[models.Model], tally: Tally, fields: Iterable[str]) -> Counter[str]:
    model._default_manager.bulk_create(tally.added, batch_size=BATCH)
    if tally.changed:
        model._default_manager.bulk_update(tally.changed, list(fields), batch_size=BATCH)
    return tally.counts


def _save_customers(rows: Iterable[CustomerRow], known: Known) -> Counter[str]:
    tally = Tally()
    for row in rows:
        fresh = Customer(code=row.code, **row.values)
        _take(tally, "customers", known.customers.get(row.code), fresh, row.values)
        known.customers.setdefault(row.code, fresh)
    fields = ("name", "name_en", "country", "industry", "language", "timezone", "is_active")
    return _write(Customer, tally, fields)


def _save_contacts(rows: Iterable[CustomerRow], known: Known) -> Counter[str]:
    tally = Tally()
    for row in rows:
        for contact in row.contacts:
            values = {name: value for name, value in contact.items() if name not in ("line", "certified")}
            if "certified" in contact:
                values["is_certified"] = contact["certified"]
            fresh = Contact(customer=known.customers[row.code], **values)
            _take(tally, "contacts", _contact_of(row, contact, known), fresh, values)
    fields = ("external_id", "name", "name_en", "email", "phone", "is_certified", "language", "timezone", "is_active")
    return _write(Contact, tally, fields)


def _save_contracts(rows: Iterable[CustomerRow], known: Known) -> Counter[str]:
    tally = Tally()
    sent = [(row, contract) for row in rows for contract in row.contracts]
    before = {contract.pk: _span(contract) for contract in known.contracts.values()}
    for row, contract in sent:
        values = _terms(contract, known)
        kept = known.contracts.get(contract["number"])
        fresh = None
        if kept is None:
            plan, customer = known.plans[contract["plan"]], known.customers[row.code]
            fresh = Contract(number=contract["number"], customer=customer, plan=plan, **values)
            known.contracts[contract["number"]] = fresh
        _take(tally, "contracts", kept, fresh, values)
    counts = _write(Contract, tally, TERMS)
    _entitle(tally.added, known)
    at = database_now()
    lay_out_new(contracts=tally.added, at=at)
    obligations.lay_out_new(contracts=tally.added, at=at)
    for moved in (changed for changed in tally.changed if before[changed.pk] != _span(changed)):
        lay_out(contract=moved, at=at)
        obligations.lay_out(contract=moved, at=at)
    counts += _save_products([contract for _row, contract in sent], known)
    if any(number for outcome, number in counts.items() if not outcome.startswith("unchanged")):
        write_many((known.contracts[contract["number"]] for _row, contract in sent), Decided(None, at))
    return counts


def _span(contract: Contract) -> tuple[date, date, str]:
    return contract.starts_on, contract.ends_on, contract.timezone


def _terms(contract: Mapping[str, Any], known: Known) -> dict[str, Any]:
    values = {name: contract[name] for name in ("starts_on", "ends_on", "timezone") if name in contract}
    places: dict[str, Mapping[str, Any]] = {"branch": known.branches, "team": known.teams}
    return values | {f"{name}_id": rows[contract[name]].pk for name, rows in places.items() if name in contract}


def _entitle(contracts: Iterable[Contract], known: Known) -> None:
    items = {code: items_of(plan) for code, plan in known.plans.items()}
    entitlements = [
        Entitlement(contract=contract, item=item, policy=item.policy)
        for contract in contracts
        for item in [*items[contract.plan.code], *known.chosen.get(contract.number, (None, []))[1]]
    ]
    Entitlement.objects.bulk_create(entitlements, batch_size=BATCH)


def _save_products(contracts: Sequence[Mapping[str, Any]], known: Known) -> Counter[str]:
    tally = Tally()
    signed = [known.contracts[contract["number"]].pk for contract in contracts]
    kept = {
        (row.contract_id, row.product_id, row.deployment, row.tenant): row
        for row in OwnedProduct.objects.filter(contract__in=signed).order_by()
    }
    for contract in contracts:
        for owned in contract["products"]:
            fresh = _owned(known.contracts[contract["number"]], owned, known)
            key = (fresh.contract_id, fresh.product_id, fresh.deployment, fresh.tenant)
            values = {name: owned[name] for name in ("version", "quantity") if name in owned}
            _take(tally, "products", kept.get(key), fresh, values)
            kept.setdefault(key, fresh)
    return _write(OwnedProduct, tally, ("version", "quantity"))


def _owned(contract: Contract, owned: Mapping[str, Any], known: Known) -> OwnedProduct:
    values = {name: value for name, value in owned.items() if name not in ("line", "product")}
    return OwnedProduct(contract=contract, product=known.products[owned["product"]], **values)
