"""A customer's own contracts in the portal."""

from django.test import Client

from tests.tickets.portal.conftest import signed_in
from tests.world import World


def test_my_service_says_everything_on_one_page_and_leads_to_the_contract(mine: Client, world: World) -> None:
    page = mine.get("/portal/service/").content.decode()
    for words in ("高级", "孙技术", "接下来", "用了多少", 'href="/portal/service/C-K-1/"'):
        assert words in page
    assert "C-Y-1" not in page
    assert "守约得怎样" not in page, "that is said of all of the organisation's tickets"
    assert "孙技术" in mine.get("/portal/service/C-K-1/").content.decode()


def test_somebody_else_s_contract_is_not_found(mine: Client, world: World) -> None:
    assert mine.get("/portal/service/C-Y-1/").status_code == 404
    assert mine.get("/portal/service/C-K-1%00/").status_code == 404
    assert signed_in(world.stranger).get("/portal/service/C-K-1/").status_code == 404


def test_our_own_people_are_sent_to_the_console(client: Client, world: World) -> None:
    client.force_login(world.agent)
    assert client.get("/portal/service/C-K-1/").status_code == 302
