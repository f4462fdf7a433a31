"""New rows of several tables go in together, and queries compiled once answer as the queryset does."""

import pytest
from django.db import IntegrityError, transaction

from plans.models import Customer
from sla.inserting import insert_all
from sla.prepared import prepare
from tests.hours import beijing
from tickets.models import IdempotencyKey


def key(name):
    return IdempotencyKey(scope="s", route="r", key=name, fingerprint="f", answer={"甲": [1, None]})


def test_rows_go_in_with_keys_defaults_and_json(db):
    rows = [key("a"), Customer(code="c", name="甲"), key("b")]
    insert_all(rows)
    assert len({row.pk for row in rows if isinstance(row, IdempotencyKey)}) == 2
    kept = IdempotencyKey.objects.get(pk=rows[0].pk)
    assert (kept.key, kept.answer, kept.created_at.tzinfo is not None) == ("a", {"甲": [1, None]}, True)
    rows[1].name = "乙"
    rows[1].save()
    assert Customer.objects.get(code="c").name == "乙"


def test_all_go_in_or_none(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all([Customer(code="c", name="甲"), key("a"), key("a")])
    assert not Customer.objects.filter(code="c").exists()
    assert not IdempotencyKey.objects.exists()


def test_two_keys_never_meet(db):
    insert_all([key("a")])
    assert IdempotencyKey.objects.create(scope="s", route="r", key="b", fingerprint="f").pk > 0


@pytest.mark.parametrize("code", ["c", "it's", "%s", "\x02other", ""])
def test_a_prepared_query_takes_any_value(db, code):
    Customer.objects.create(code=code, name="甲", is_active=True)
    Customer.objects.create(code="other", name="乙")
    by_code = prepare(lambda code, pk: Customer.objects.filter(code=code, pk__gt=pk).order_by(), code=str, pk=int)
    (found,) = by_code.rows(code=code, pk=0)
    assert (found.name, found.is_active) == ("甲", True)
    assert by_code.rows(code=code, pk=found.pk) == []


def test_a_prepared_row_reads_its_json_and_knows_that_it_is_stored(db):
    kept = key("a")
    insert_all([kept])
    IdempotencyKey.objects.update(created_at=beijing("2026-09-28 09:00"))
    (found,) = prepare(lambda name: IdempotencyKey.objects.filter(key=name), name=str).rows(name="a")
    assert (found.answer, found.created_at) == ({"甲": [1, None]}, beijing("2026-09-28 09:00"))
    found.status = 201
    found.save()
    assert IdempotencyKey.objects.get().status == 201
