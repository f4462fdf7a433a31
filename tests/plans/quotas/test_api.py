"""What a contract gives and what became of it, for other programs."""

from datetime import date
from decimal import Decimal

import pytest

from plans.actions import quotas
from plans.actions.quotas import Posting
from tests.hours import beijing
from tests.keys import bearer, new_key

STATEMENT = "/api/v1/contracts/C-Y-1/statement/"
RIGHTS = "/api/v1/contracts/C-Y-1/entitlements/"


@pytest.fixture
def manager(world):
    return bearer(new_key("api", user=world.manager))


@pytest.fixture
def used(world):
    """Return the line of one health check that was delivered in September."""
    check = world.yonsuite.contract.entitlements.get(item__promise="Y14")
    posting = Posting(beijing("2035-12-01 10:00"), "one", "九月健康度评估", "Health check of September", world.agent)
    return quotas.consume(entitlement=check, amount=Decimal(1), on=date(2026, 9, 28), posting=posting)


def test_rights_say_what_is_granted_used_held_and_left__Y14(client, manager, used):
    quotas.reserve(
        entitlement=used.quota.entitlement, amount=Decimal(2), on=date(2026, 12, 20),
        posting=Posting(used.at, "two", "预约"),
    )  # fmt: skip
    rights = {one["promise"]: one for one in client.get(RIGHTS, **manager).json()["rights"]}
    check = rights["Y14"]
    assert [check[name] for name in ("granted", "used", "reserved", "left")] == [4, 1, 2, 1]
    assert (check["starts_on"], check["ends_on"]) == ("2026-01-01", "2026-12-31")
    assert (rights["Y07"]["granted"], rights["Y07"]["left"]) == (None, None)


def test_private_operations_are_two_amounts__K05(client, world):
    header = bearer(new_key("api", user=world.manager))
    rights = client.get("/api/v1/contracts/C-K-1/entitlements/", **header).json()["rights"]
    amounts = {one["service"]: (one["quota"]["unit"], one["left"]) for one in rights if one["promise"] == "K05"}
    assert amounts == {"private_operations": ("person_days", 3), "private_installation": ("environments", 2)}


def test_a_statement_lists_each_line_with_what_was_left_then(client, manager, used):
    said = client.get(f"{STATEMENT}?from=2035-12-01&to=2035-12-31", **manager).json()
    assert (said["from"], said["to"], said["contract"]) == ("2035-12-01", "2035-12-31", "C-Y-1")
    account = next(one for one in said["accounts"] if one["promise"] == "Y14")
    [line] = account["lines"]
    assert (line["kind"], line["change"], line["left"], line["on"]) == ("consume", -1, 3, "2026-09-28")
    assert (line["cause"], line["at"]) == ("九月健康度评估", "2035-12-01T02:00:00Z")
    assert (account["opening"]["left"], account["closing"]["left"], account["closing"]["used"]) == (4, 3, 1)


def test_a_cause_is_told_in_the_reader_s_language(client, manager, used):
    answer = client.get(f"{STATEMENT}?from=2035-12-01&to=2035-12-31", headers={"accept-language": "en"}, **manager)
    lines = [line for account in answer.json()["accounts"] for line in account["lines"]]
    assert [line["cause"] for line in lines] == ["Health check of September"]


@pytest.mark.parametrize(
    ("asked", "field"), [("from=heute", "from"), ("to=2026-02-30", "to"), ("from=2026-05-01&to=2026-04-01", "to")]
)
def test_a_span_that_is_none_is_named(client, manager, asked, field):
    answer = client.get(f"{STATEMENT}?{asked}", **manager)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_span_without_bounds_has_every_line_ever_booked(client, manager, used):
    said = client.get(f"{STATEMENT}?from=0001-01-01&to=9999-12-31", **manager).json()
    assert (said["from"], said["to"]) == ("0001-01-01", "9999-12-31")
    lines = [line["kind"] for account in said["accounts"] for line in account["lines"] if account["promise"] == "Y14"]
    assert lines == ["grant", "consume", "grant"]


def test_somebody_else_s_statement_is_not_found(client, world, used):
    stranger = bearer(new_key("api", user=world.stranger.user))
    assert client.get(STATEMENT, **stranger).status_code == 404
    own = bearer(new_key("api", user=world.yonsuite.contact.user))
    assert client.get(STATEMENT, **own).status_code == 200


def test_a_statement_takes_the_same_number_of_questions_however_long_it_is(
    client, manager, used, django_assert_max_num_queries
):
    client.get(STATEMENT, **manager)
    with django_assert_max_num_queries(8):
        client.get(STATEMENT, **manager)
