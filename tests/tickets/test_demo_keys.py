"""Getting into the demo, and keeping it out of databases that are somebody's own."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.keys import find
from plans.models import ApiKey, Role, User
from plans.refusals import RefusedError
from sla.clock import database_now
from tests.world import World, person
from tickets.demo import credentials, script
from tickets.demo.seeding import Seeded, seed
from tickets.models import Ticket

Renew = Callable[[], credentials.Secrets]


@pytest.fixture
def renew(db: None, settings: Any, tmp_path: Path) -> Renew:
    """Return what keeps the demo's secrets, for users who are there."""
    settings.VAR = tmp_path
    for username in script.people()["tokens"].values():
        person(username, username, Role.AGENT)
    return lambda: credentials.renew(password=credentials.password(), at=database_now())


def valid(secrets: credentials.Secrets) -> list[ApiKey | None]:
    return [find(secret, database_now()) for secret in (*secrets.keys.values(), *secrets.tokens.values())]


def test_secrets_are_issued_once_and_kept_for_their_owner_alone(renew: Renew, tmp_path: Path) -> None:
    first = renew()
    assert renew() == first == credentials.kept()
    assert all(valid(first))
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


def test_a_key_does_what_its_name_says_and_no_more(renew: Renew) -> None:
    secrets = renew()
    key = find(secrets.keys["hotline"], database_now())
    assert key
    assert (key.scopes, key.user) == (["intake:hotline"], None)
    token = find(secrets.tokens["manager"], database_now())
    assert token
    assert (token.scopes, token.user) == (["api"], User.objects.get(username=script.people()["tokens"]["manager"]))


def test_lost_secrets_are_issued_anew_and_the_old_ones_end(renew: Renew, tmp_path: Path) -> None:
    first = renew()
    (tmp_path / "demo.json").unlink()
    second = renew()
    assert not any(valid(first))
    assert all(valid(second))
    assert second.password != first.password


def test_a_key_that_was_revoked_is_replaced_alone(renew: Renew) -> None:
    first = renew()
    ApiKey.objects.filter(name="demo im").update(revoked_at=database_now())
    second = renew()
    assert second.keys["im"] != first.keys["im"]
    assert second.keys["portal"] == first.keys["portal"]


def test_somebody_elses_database_is_left_alone(world: World) -> None:
    with pytest.raises(RefusedError):
        seed()
    assert seed(only_if_empty=True) == Seeded()
    assert not Ticket.objects.exists()


def test_the_command_says_no_in_words(world: World) -> None:
    with pytest.raises(CommandError, match="演示"):
        call_command("seed")
    call_command("seed", "--if-empty")


def test_without_the_demo_nobody_is_introduced(world: World) -> None:
    answer = StringIO()
    call_command("run_json", "--url", "http://127.0.0.1:8000", stdout=answer)
    said = json.loads(answer.getvalue())
    assert said == {"url": "http://127.0.0.1:8000", "keys": {}, "tokens": {}, "sign_ins": [], "contacts": []}
