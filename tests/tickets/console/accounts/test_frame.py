"""The frame of accounts: who sees whose contracts, and what the list finds."""

import pytest
from django.test import Client

from plans.models import Role
from tests.world import World, person

YONSUITE = "/console/accounts/C-Y-1/"


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.LEAD, 200), (Role.MANAGER, 200), (Role.ADMIN, 200), (Role.AGENT, 404), (Role.EXPERT, 404)],
)
def test_a_contract_is_seen_by_those_who_answer_for_it(client: Client, world: World, role: str, status: int) -> None:
    client.force_login(person(f"one-{role}", "某人", role))
    assert client.get(YONSUITE).status_code == status
    assert ("C-Y-1" in client.get("/console/accounts/").content.decode()) == (status == 200)


def test_the_account_team_sees_its_own_contracts__Y22(client: Client, world: World) -> None:
    client.force_login(world.success_manager)
    assert client.get(YONSUITE).status_code == 200
    other = person("other", "旁人")
    world.kingdee.contract.account_team.create(user=other, seat="member")
    client.force_login(other)
    page = client.get("/console/accounts/").content.decode()
    assert "C-K-1" in page
    assert "C-Y-1" not in page
    assert client.get("/console/accounts/C-K-1/").status_code == 200
    assert client.get(YONSUITE).status_code == 404


def test_customers_and_strangers_do_not_get_into_accounts(client: Client, world: World) -> None:
    assert "next=/console/accounts/" in client.get("/console/accounts/")["Location"]
    client.force_login(world.stranger.user)
    assert client.get(YONSUITE).status_code == 302


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {"C-Y-1", "C-K-1"}),
        ("?q=王会计", {"C-Y-1"}),
        ("?q=c-k", {"C-K-1"}),
        ("?q=nobody", set()),
        ("?view=over", set()),
        ("?view=all&q=C-Y", {"C-Y-1"}),
        ("?view=strange&page=99", {"C-Y-1", "C-K-1"}),
        ("?q=%00", {"C-Y-1", "C-K-1"}),
    ],
)
def test_the_list_is_narrowed_by_words_and_term(client: Client, world: World, asked: str, found: set[str]) -> None:
    client.force_login(world.manager)
    page = client.get(f"/console/accounts/{asked}").content.decode()
    assert {number for number in ("C-Y-1", "C-K-1") if f"/console/accounts/{number}/" in page} == found


@pytest.mark.parametrize("number", ["C-none", "C-Y-1%00", "%00"])
def test_a_contract_that_is_not_there_is_not_found(client: Client, world: World, number: str) -> None:
    client.force_login(world.manager)
    assert client.get(f"/console/accounts/{number}/").status_code == 404


def test_the_list_asks_as_often_for_many_contracts_as_for_few(
    client: Client, world: World, django_assert_max_num_queries: object
) -> None:
    client.force_login(world.manager)
    client.get("/console/accounts/")
    with django_assert_max_num_queries(12):
        client.get("/console/accounts/")
