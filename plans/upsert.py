"""Customers as other systems send them, in CSV or nested JSON. Read here, and saved by `actions.customers`."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from plans.models.contracts import Deployment
from plans.models.people import Language

SPLIT = re.compile(r"[\s,;，；、]+")
TRUTHS = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}


@dataclass(frozen=True, slots=True)
class RowError:
    """One mistake: the line of a CSV file, or the number of a JSON entry from 1, and the field."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.field}: {self.message}"


@dataclass(slots=True)
class CustomerRow:
    """One customer as sent; only the fields that were sent are in `values`, so that the others stay as they are."""

    line: int
    code: str
    values: dict[str, Any]
    contacts: list[dict[str, Any]] = field(default_factory=list)
    contracts: list[dict[str, Any]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


Reader = Callable[[Any], Any]


def text(longest: int) -> Reader:
    """Return a reader of text of at most `longest` characters. The readers of this module raise ValueError."""

    def read(value: Any) -> str:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ValueError(_("应为文字。"))
        read = str(value).strip()
        if "\x00" in read:
            raise ValueError(_("含有不能保存的字符。"))
        if len(read) > longest:
            raise ValueError(_("最长 %d 个字符。") % longest)
        return read

    return read


def one_of(words: Iterable[str]) -> Reader:
    """Return a reader of one of some words."""
    allowed = frozenset(words)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            told = _("可用：%s。") % _("、").join(sorted(allowed))
            raise ValueError(told if len(allowed) < 10 else _("不认识的值。"))
        return value

    return read


def truth(value: Any) -> bool:
    """Return true or false, however a spreadsheet writes it."""
    found = value if isinstance(value, bool) else TRUTHS.get(str(value).strip().lower())
    if found is None:
        raise ValueError(_("应为 true 或 false。"))
    return found


def day(value: Any) -> date:
    """Return a date written as 2026-10-01."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(_("应为日期，如 2026-10-01。")) from None


def email(value: Any) -> str:
    """Return an e-mail address."""
    read = text(254)(value)
    try:
        validate_email(read)
    except ValidationError:
        raise ValueError(_("不是有效的邮箱地址。")) from None
    return str(read)


def count(value: Any) -> int:
    """Return a whole number of zero or more."""
    if not str(value).isdecimal() or int(value) > 10**9:
        raise ValueError(_("应为不小于零的整数。"))
    return int(value)


def promises(value: Any) -> tuple[str, ...]:
    """Return promise ids, from a list or from text with spaces, commas or semicolons between them."""
    words = value if isinstance(value, list) else SPLIT.split(text(400)(value))
    return tuple(dict.fromkeys(text(20)(word).upper() for word in words if word))


ZONE = one_of(available_timezones())
LANGUAGE = one_of(Language.values)
CUSTOMER: dict[str, Reader] = {
    "name": text(160), "name_en": text(160), "country": text(2), "industry": text(80), "language": LANGUAGE,
    "timezone": ZONE, "is_active": truth,
}  # fmt: skip
CONTACT: dict[str, Reader] = {
    "external_id": text(64), "name": text(80), "name_en": text(80), "email": email, "phone": text(32),
    "certified": truth, "language": LANGUAGE, "timezone": ZONE, "is_active": truth,
}  # fmt: skip
CONTRACT: dict[str, Reader] = {
    "number": text(40), "plan": text(64), "starts_on": day, "ends_on": day, "timezone": ZONE, "branch": text(40),
    "team": text(40), "picks": promises,
}  # fmt: skip
PRODUCT: dict[str, Reader] = {
    "product": text(40), "deployment": one_of(Deployment.values), "tenant": text(64), "version": text(40),
    "quantity": count,
}  # fmt: skip
# A CSV column says whose field it is: "contact_email", "contract_number", "product_tenant"; without, the customer's.
PREFIXES = {"contact_": CONTACT, "contract_": CONTRACT, "product_": {**PRODUCT, "code": PRODUCT["product"]}}


def read_json(raw: str) -> tuple[list[CustomerRow], list[RowError]]:
    """Return the customers of a JSON list, or of {"customers": [...]}, and what is wrong with the whole of it."""
    try:
        found = json.loads(raw)
    except ValueError as error:
        return [], [RowError(getattr(error, "lineno", 1), "", _("JSON 写法有误：%s") % error)]
    return read_entries(found.get("customers") if isinstance(found, dict) else found)


def read_entries(found: Any) -> tuple[list[CustomerRow], list[RowError]]:
    """Return the customers of parsed JSON, and what is wrong with the whole of it."""
    if not isinstance(found, list):
        return [], [RowError(1, "customers", _("应为客户列表。"))]
    rows = [_customer(number, entry) for number, entry in enumerate(found, start=1)]
    return _without_twins(rows), []


def read_csv(raw: str) -> tuple[list[CustomerRow], list[RowError]]:
    """Return the customers of a CSV file with a header, and what is wrong with the whole of it.

    Lines with the same `code` are one customer; each may add a contact, a contract and a product under it.
    """
    reader = csv.DictReader(io.StringIO(raw.removeprefix("\ufeff")))
    columns = list(reader.fieldnames or [])
    if "code" not in columns:
        return [], [RowError(1, "code", _("缺少这一列。"))]
    unknown = [name for name in columns if name != "code" and _owner(name) is None]
    if unknown:
        return [], [RowError(1, name, _("不认识这一列。")) for name in unknown]
    rows: dict[str, CustomerRow] = {}
    for entry in reader:
        row = _customer(reader.line_num, _nested(entry))
        _merge(rows.setdefault(row.code, row), row)
    return list(rows.values()), []


def _owner(column: str) -> str | None:
    """Return the prefix of a column's owner, "" for the customer, None for an unknown column."""
    for prefix, fields in PREFIXES.items():
        if column.startswith(prefix) and column.removeprefix(prefix) in fields:
            return prefix
    return "" if column in CUSTOMER else None


def _nested(entry: Mapping[str, str | None]) -> dict[str, Any]:
    """Return one CSV line as JSON would have it; empty cells were not sent."""
    parts: dict[str, dict[str, Any]] = {"": {}, "contact_": {}, "contract_": {}, "product_": {}}
    for column, value in entry.items():
        if value is not None and column is not None and value.strip():
            prefix = _owner(column) or ""
            parts[prefix][column.removeprefix(prefix)] = value.strip()
    product = parts["product_"]
    if "code" in product:
        product["product"] = product.pop("code")
    contract = {**parts["contract_"], **({"products": [product]} if product else {})}
    nested = {**parts[""], "contacts": [parts["contact_"]] if parts["contact_"] else []}
    return {**nested, "contracts": [contract] if contract else []}


def _merge(kept: CustomerRow, row: CustomerRow) -> None:
    """Add what a further line of a customer says; the same contract on two lines holds the products of both."""
    if kept is row:
        return
    kept.values |= row.values
    told = [_unplaced(contact) for contact in kept.contacts]
    kept.contacts += [contact for contact in row.contacts if _unplaced(contact) not in told]
    kept.errors += row.errors
    numbers = {contract["number"]: contract for contract in kept.contracts if "number" in contract}
    for contract in row.contracts:
        same = numbers.get(contract.get("number", ""))
        if same is None:
            kept.contracts.append(contract)
        else:
            same["products"] += contract["products"]


def _unplaced(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "line"}


def _without_twins(rows: list[CustomerRow]) -> list[CustomerRow]:
    seen: set[str] = set()
    for row in rows:
        if row.code in seen:
            row.errors.append(RowError(row.line, "code", _("代码 %s 出现了两次。") % row.code))
        seen.add(row.code)
    return rows


def _customer(line: int, entry: Any) -> CustomerRow:
    row = CustomerRow(line, "", {})
    if not isinstance(entry, dict):
        row.errors.append(RowError(line, "", _("应为键值表。")))
        return row
    lists = {"contacts": CONTACT, "contracts": CONTRACT}
    plain = {name: value for name, value in entry.items() if name not in lists and name != "code"}
    row.code = _read(row, "", {"code": entry.get("code", "")}, {"code": text(64)}).get("code", "")
    if not row.code:
        row.errors.append(RowError(line, "code", _("缺少客户代码。")))
    row.values = _read(row, "", plain, CUSTOMER)
    row.contacts = [_read(row, "contacts.", contact, CONTACT) for contact in _entries(row, entry, "contacts")]
    row.contracts = [_contract(row, contract) for contract in _entries(row, entry, "contracts")]
    return row


def _contract(row: CustomerRow, entry: Any) -> dict[str, Any]:
    plain = {name: value for name, value in entry.items() if name != "products"} if isinstance(entry, dict) else entry
    read = _read(row, "contracts.", plain, CONTRACT)
    if "number" not in read:
        row.errors.append(RowError(row.line, "contracts.number", _("缺少合同号。")))
    products = _entries(row, entry, "products") if isinstance(entry, dict) else []
    read["products"] = [_read(row, "contracts.products.", product, PRODUCT) for product in products]
    return read


def _entries(row: CustomerRow, entry: Mapping[str, Any], name: str) -> list[Any]:
    found = entry.get(name, [])
    if isinstance(found, list):
        return found
    row.errors.append(RowError(row.line, name, _("应为列表。")))
    return []


def _read(row: CustomerRow, where: str, entry: Any, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return what an entry says, field by field; mistakes are noted on the row with its line."""
    if not isinstance(entry, dict):
        row.errors.append(RowError(row.line, where.rstrip("."), _("应为键值表。")))
        return {}
    values = {"line": row.line} if where else {}
    for name, value in entry.items():
        if name not in readers:
            row.errors.append(RowError(row.line, f"{where}{name}", _("不认识这个字段。")))
            continue
        try:
            values[name] = readers[name](value)
        except ValueError as error:
            row.errors.append(RowError(row.line, f"{where}{name}", str(error)))
    return values
