"""A customer's own contracts in the portal."""

from django.test import Client

from tests.tickets.portal.conftest import signed_in
from tests.world import World


def test_my_service_leads_to_the_contract_in_force(mine: Client, world: World) -> None:
    answer = mine.get("/portal/service/")
    assert answer["Location"] == "/portal/service/C-K-1/"
    page = mine.get(answer["Location"]).content.decode()
    assert "高级" in page
    assert "孙技术" in page


def test_somebody_else_s_contract_is_not_found(mine: Client, world: World) -> None:
    assert mine.get("/portal/service/C-Y-1/").status_code == 404
    assert mine.get("/portal/service/C-K-1%00/").status_code == 404
    assert signed_in(world.stranger).get("/portal/service/C-K-1/").status_code == 404


def test_our_own_people_are_sent_to_the_console(client: Client, world: World) -> None:
    client.force_login(world.agent)
    assert client.get("/portal/service/C-K-1/").status_code == 302
