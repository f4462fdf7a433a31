import pytest
from django.test import Client

from tests.keys import bearer, new_key
from tests.world import World


@pytest.mark.django_db
def test_what_can_have_no_name_is_not_there_rather_than_an_error(client: Client, world: World) -> None:
    client.force_login(world.manager)
    key = bearer(new_key("api", user=world.agent))
    for address in ("console/tickets/%00/", "console/rules/policies/%00/", "console/rules/holidays/%00/2026/"):
        assert client.get(f"/{address}").status_code == 404
    assert client.get("/api/v1/tickets/%00/", **key).json()["code"] == "not_found"


def test_a_message_sent_without_the_last_slash_is_sent_again_as_it_is(client: Client) -> None:
    answer = client.post("/api/v1/intake/portal?a=1", b"{}", content_type="application/json")
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/intake/portal/?a=1")
