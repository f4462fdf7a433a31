"""Customers from another system: sent twice they are there once, and a mistake saves nothing by halves."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.actions import end, upsert_customers
from plans.models import Contact, Contract, Customer, OwnedProduct
from plans.upsert import read_csv, read_entries, read_json

pytestmark = pytest.mark.django_db

HEADER = (
    "code,name,country,contact_external_id,contact_name,contact_email,contact_certified,"
    "contract_number,contract_plan,contract_starts_on,contract_ends_on,product_code,product_tenant\n"
)
FIRST = (
    "lt,阑汀家居,CN,lt-1,陈雨禾,chen@lt.example,是,C-1,yonsuite-premier,2026-01-01,2026-12-31,yonsuite-finance,lt-01\n"
)
SECOND = "lt,,,lt-2,徐志轩,xu@lt.example,否,C-1,,,,yonsuite-hr,lt-01\n"


def customer(number: int = 1, **changes) -> dict:
    return {
        "code": f"c{number}", "name": f"公司{number}",
        "contacts": [
            {"external_id": f"p{number}", "name": "王会计", "email": f"p{number}@c.example", "certified": True},
        ],
        "contracts": [{
            "number": f"C-{number}", "plan": "kingdee-advanced", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
            "products": [{"product": "galaxy", "deployment": "public_cloud", "tenant": f"t{number}"}],
        }],
        **changes,
    }  # fmt: skip


def send(*entries: dict, **options):
    rows, errors = read_entries(list(entries))
    assert errors == []
    return upsert_customers(rows=rows, **options)


def test_lines_of_one_code_are_one_customer_with_its_people_and_products():
    rows, errors = read_csv(HEADER + FIRST + SECOND)
    report = upsert_customers(rows=rows)
    assert (errors, report.errors) == ([], [])
    assert report.created == {"customers": 1, "contacts": 2, "contracts": 1, "products": 2}
    contract = Contract.objects.get(number="C-1")
    assert contract.entitlements.count() == contract.plan.items.count()
    assert list(contract.customer.contacts.order_by("external_id").values_list("is_certified", flat=True)) == [
        True,
        False,
    ]


def test_sent_again_nothing_changes_and_what_was_not_sent_stays():
    send(customer(industry="零售"))
    again = send(customer())
    assert (again.created, again.updated) == ({}, {})
    assert again.unchanged == {"customers": 1, "contacts": 1, "contracts": 1, "products": 1}
    assert Customer.objects.get(code="c1").industry == "零售"


def test_changed_fields_are_brought_up_to_date():
    send(customer())
    changed = customer(name="新名字")
    changed["contacts"][0] |= {"email": "new@c.example", "certified": False}
    changed["contracts"][0] |= {"ends_on": "2027-12-31"}
    changed["contracts"][0]["products"][0] |= {"version": "9.0"}
    assert send(changed).updated == {"customers": 1, "contacts": 1, "contracts": 1, "products": 1}
    contact = Contact.objects.get(external_id="p1")
    assert (contact.email, contact.is_certified) == ("new@c.example", False)
    assert OwnedProduct.objects.get(contract__number="C-1").version == "9.0"


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda c: c.update(name=""), "name"),
        (lambda c: c.update(name="x" * 161), "name"),
        (lambda c: c.update(name="a\x00b"), "name"),
        (lambda c: c.update(timezone="Mars/Base"), "timezone"),
        (lambda c: c.update(langage="en"), "langage"),
        (lambda c: c.update(contacts={}), "contacts"),
        (lambda c: c["contacts"][0].update(email="nobody"), "contacts.email"),
        (lambda c: c["contacts"][0].update(certified="perhaps"), "contacts.certified"),
        (lambda c: c["contacts"].append(dict(c["contacts"][0])), "contacts"),
        (lambda c: c["contacts"].append({"name": "无"}), "contacts.email"),
        (lambda c: c["contracts"][0].update(plan="kingdee-platinum"), "contracts.plan"),
        (lambda c: c["contracts"][0].update(ends_on="2025-01-01"), "contracts.ends_on"),
        (lambda c: c["contracts"][0].update(ends_on="2025-02-30"), "contracts.ends_on"),
        (lambda c: c["contracts"][0].pop("starts_on"), "contracts.starts_on"),
        (lambda c: c["contracts"][0].update(team="nobody"), "contracts.team"),
        (lambda c: c["contracts"][0]["products"][0].update(product="sap"), "contracts.products.product"),
        (lambda c: c["contracts"][0]["products"][0].update(product="yonsuite-hr"), "contracts.products.product"),
        (lambda c: c["contracts"][0]["products"][0].update(deployment="moon"), "contracts.products.deployment"),
    ],
)
def test_mistake_is_told_by_entry_and_field_and_nothing_is_saved(spoil, field):
    bad = customer(2)
    spoil(bad)
    report = send(customer(1), bad)
    assert {(error.line, error.field) for error in report.errors} == {(2, field)}
    assert (report.is_saved, Customer.objects.count()) == (False, 0)


def test_good_rows_are_kept_when_asked_and_a_bad_one_is_left_out_whole():
    bad = customer(2)
    bad["contracts"][0]["plan"] = "none"
    report = send(customer(1), bad, keep_good=True)
    assert (report.is_saved, len(report.errors)) == (True, 1)
    assert list(Customer.objects.values_list("code", flat=True)) == ["c1"]
    assert not Contact.objects.filter(external_id="p2").exists()


def test_address_and_contract_of_another_customer_are_not_taken_over():
    send(customer(1))
    thief = customer(2)
    thief["contacts"][0]["email"] = "P1@c.example"
    thief["contracts"][0]["number"] = "C-1"
    fields = {error.field for error in send(thief).errors}
    assert fields == {"contacts.email", "contracts.number"}
    twins = customer(3), customer(4)
    twins[1]["contacts"][0]["email"] = "p3@c.example"
    assert [(error.line, error.field) for error in send(*twins).errors] == [(2, "contacts.email")]


def test_signed_contract_keeps_its_plan():
    send(customer())
    other = customer()
    other["contracts"][0]["plan"] = "kingdee-standard"
    assert [error.field for error in send(other).errors] == ["contracts.plan"]


def test_dry_run_counts_and_saves_nothing(tmp_path):
    path = tmp_path / "customers.json"
    path.write_text(json.dumps({"customers": [customer()]}))
    out = StringIO()
    call_command("upsert_customers", str(path), dry_run=True, json=True, stdout=out)
    assert json.loads(out.getvalue())["created"]["customers"] == 1
    assert not Customer.objects.exists()


def test_command_tells_mistakes_by_line_and_fails(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text(HEADER + FIRST + SECOND.replace("xu@lt.example", "xu at lt"), encoding="utf-8-sig")
    out = StringIO()
    with pytest.raises(CommandError, match="1 处错误"):
        call_command("upsert_customers", str(path), stdout=out)
    assert out.getvalue().startswith("3: contacts.email: ")


@pytest.mark.parametrize(
    ("read", "raw", "field"),
    [
        (read_csv, "name\nx\n", "code"),
        (read_csv, "code,colour\nx,red\n", "colour"),
        (read_json, "[{]", ""),
        (read_json, '{"code": "x"}', "customers"),
    ],
)
def test_file_that_cannot_be_read_is_told_as_a_whole(read, raw, field):
    rows, errors = read(raw)
    assert (rows, [error.field for error in errors]) == ([], [field])


def test_a_thousand_customers_take_few_queries():
    entries = [customer(number) for number in range(1000)]
    with CaptureQueriesContext(connection) as queries:
        assert send(*entries).created["customers"] == 1000
    assert len(queries) < 60
    with CaptureQueriesContext(connection) as queries:
        assert send(*entries).unchanged["contracts"] == 1000
    assert len(queries) < 20


def contract(number: str, starts_on: str, ends_on: str, *products: str, **more) -> dict:
    """Return a contract of an entry; without products it holds all of its vendor's."""
    named = [{"product": product, "deployment": "public_cloud"} for product in products]
    return {"number": number, "plan": "kingdee-advanced", "starts_on": starts_on, "ends_on": ends_on} | more | {
        "products": named
    }  # fmt: skip


YEAR = ("2026-01-01", "2026-12-31")


@pytest.mark.parametrize(
    ("kept", "sent", "is_twice"),
    [
        ([], [contract("A", *YEAR, "galaxy"), contract("B", *YEAR, "galaxy")], True),
        ([], [contract("A", *YEAR, "galaxy"), contract("B", *YEAR, "cosmic")], False),
        ([], [contract("A", *YEAR, "galaxy"), contract("B", "2027-01-01", "2027-12-31", "galaxy")], False),
        ([contract("A", *YEAR, "galaxy")], [contract("B", "2026-12-31", "2027-12-31", "galaxy")], True),
        ([contract("A", *YEAR, "galaxy")], [contract("B", *YEAR)], True),
        ([contract("A", *YEAR, "galaxy")], [contract("B", *YEAR, "galaxy", plan="kingdee-standard")], False),
        (
            [contract("A", *YEAR, "galaxy")],
            [contract("A", "2026-01-01", "2026-06-30"), contract("B", "2026-07-01", "2027-06-30", "galaxy")],
            False,
        ),
        (
            [contract("A", *YEAR, "galaxy"), contract("B", "2027-01-01", "2027-12-31", "galaxy")],
            [contract("A", "2026-01-01", "2027-01-01")],
            True,
        ),
    ],
)
def test_a_load_sells_nobody_the_same_plan_twice_for_one_product(kept, sent, is_twice):
    if kept:
        assert send(customer(contracts=kept)).errors == []
    report = send(customer(contracts=sent))
    assert [error.field for error in report.errors] == (["contracts.starts_on"] if is_twice else [])


def test_a_contract_ended_early_leaves_room_for_the_next_however_often_it_is_sent_again():
    first, second = contract("A", *YEAR, "galaxy"), contract("B", "2026-07-01", "2027-06-30", "galaxy")
    send(customer(contracts=[first]))
    end(contract=Contract.objects.get(number="A"), on=date(2026, 6, 30))
    assert send(customer(contracts=[first, second])).errors == []
    assert send(customer(contracts=[first, second])).unchanged["contracts"] == 2


def test_a_plan_that_is_picked_item_by_item_is_signed_in_bulk_with_its_picks__K19():
    def gold(number: str, picks: object, **more):
        return customer()["contracts"][0] | {"number": number, "plan": "kingdee-gold", "picks": picks, **more}

    entry = customer(contracts=[gold("C-1", "K06、K12")])
    assert send(entry).created["contracts"] == 1
    held = Contract.objects.get(number="C-1").entitlements.values_list("item__promise", flat=True)
    assert {"K06", "K12"} <= set(held)
    assert "K10" in held  # what K06 needs beside it
    assert send(entry).unchanged["contracts"] == 1
    for picks, told in (
        ([], "须写明选取的服务项"),
        (["K99"], "没有可选的服务项：K99"),
        ("k16", "只面向"),
        (["K12"], "合同 C-1 已为同样的产品选了同样的服务项"),
    ):
        report = send(customer(contracts=[gold("C-2", picks)]))
        assert [(one.field, told in one.message) for one in report.errors] == [("contracts.picks", True)]
    assert "不能加选 K05" in send(customer(contracts=[gold("C-1", ["K05"])])).errors[0].message
    advanced = customer()["contracts"][0] | {"number": "C-0"}
    assert send(customer(2, contracts=[advanced, gold("C-3", "K16")])).errors == []
