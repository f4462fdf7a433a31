"""What other programs read of a customer: our people with risks, customers without, strangers nothing."""

from typing import Any

import pytest
from django.test import Client

from plans.models import Role, User
from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.world import World

URL = "/api/v1/customers/c-y-1/account/"


def asked(user: User, url: str = URL) -> Any:
    with clock_at("2026-09-28 10:00"):
        return Client().get(url, **bearer(new_key("api", user=user)))


def test_our_people_read_what_comes_next_was_used_was_kept_and_is_at_risk__Y22(world: World) -> None:
    world.open_ticket()
    said = asked(world.manager).json()
    assert (said["customer"], said["contracts"][0]["number"]) == ("c-y-1", "C-Y-1")
    assert {"delivery"} <= {one["kind"] for one in said["coming"]}
    assert said["people"] == {"active": 1, "certified": 1, "signed_in": 1, "asking": 1}
    first = next(one for one in said["rights"] if one["promise"] == "Y14")
    assert (first["left"], first["contract"]) == ("4.00", "C-Y-1")
    assert [one["metric"] for one in said["kept"]] == ["first_response"]
    assert {one["code"] for one in said["risks"]} == {"delivery_overdue"}
    assert said["risks"][0]["cases"][0]["words"]


@pytest.mark.parametrize(("role", "kept"), [(Role.CUSTOMER, False), (Role.CUSTOMER_ADMIN, True)])
def test_customers_read_no_risks_and_only_administrators_how_promises_were_kept(
    world: World, role: str, kept: bool
) -> None:
    user = world.yonsuite.contact.user
    assert user is not None
    User.objects.filter(pk=user.pk).update(role=role)
    user.refresh_from_db()
    said = asked(user).json()
    assert said["risks"] is None
    assert (said["kept"] is not None) == kept


@pytest.mark.parametrize("code", ["c-y-1", "nobody", "c-y-1%00"])
def test_a_stranger_finds_nothing(world: World, code: str) -> None:
    user = world.stranger.user
    assert user is not None
    assert asked(user, f"/api/v1/customers/{code}/account/").status_code == 404


def test_a_partner_reads_the_accounts_they_serve_alone(world: World) -> None:
    partner = User.objects.create(username="partner", role=Role.PARTNER)
    assert asked(partner).status_code == 404
    world.yonsuite.contract.account_team.create(user=partner, seat="partner")
    assert asked(partner).status_code == 200
