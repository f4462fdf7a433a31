"""The frame of the rules: who gets in, and what the first page tells."""

import pytest
from django.test import Client

from plans.models import Role
from tests.world import World, person

ALLOWED = {Role.LEAD, Role.MANAGER, Role.ADMIN}
REFUSED = {Role.AGENT, Role.EXPERT, Role.PARTNER}


@pytest.mark.parametrize("role", sorted(ALLOWED | REFUSED))
def test_the_rules_are_for_leads_managers_and_administrators(client: Client, world: World, role: str) -> None:
    client.force_login(person(f"one-{role}", "某人", role))
    assert client.get("/console/rules/").status_code == (200 if role in ALLOWED else 403)
    assert ("/console/rules/" in client.get("/console/").content.decode()) == (role in ALLOWED)


def test_a_customer_goes_to_their_own_pages_and_a_stranger_signs_in_first(client: Client, world: World) -> None:
    answer = client.get("/console/rules/")
    assert answer.status_code == 302
    assert "next=/console/rules/" in answer["Location"]
    client.force_login(world.stranger.user)
    assert client.get("/console/rules/").status_code == 302


def test_no_view_of_the_rail_is_current_among_the_rules(client: Client, world: World) -> None:
    client.force_login(world.manager)
    page = client.get("/console/rules/").content.decode()
    assert 'href="/console/rules/" aria-current="true"' in page
    rail = client.get("/console/rail/", {"view": ""}).content.decode()
    assert "aria-current" not in rail
