"""A switchboard: a key of the hotline, and a function that tells by it what the recorded payloads say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from plans.models import ApiKey
from tests.keys import new_key
from tests.world import World

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "hotline"
OPTIONS = {"vendor": "yonsuite", "menu": {"6": {"vendor": "yonsuite", "product": "yonsuite-finance", "tenant": "YS"}}}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def hotline(client: Client, world: World) -> Callable[..., HttpResponse]:
    """Return a function that tells what a payload says, by one and the same key unless another is given."""
    world.agent.extension = "8001"
    world.agent.save()
    own = new_key("intake:hotline", options=OPTIONS)

    def tell(name: str, *, key: str = own, change: tuple[str, str] = ("", ""), query: str = "") -> HttpResponse:
        adapter, _slash, _file = name.partition("/")
        body = (PAYLOADS / name).read_bytes().rstrip(b"\n")
        body = body.replace(change[0].encode(), change[1].encode()) if change[0] else body
        kind = FORM if name.endswith(".txt") else "application/json"
        return client.post(f"/hooks/{adapter}/{key}/{query}", body, content_type=kind)

    return tell


@pytest.fixture
def options() -> Callable[..., None]:
    """Return a function that changes the options of the switchboard's key."""

    def change(**said: Any) -> None:
        for key in ApiKey.objects.all():
            key.options = OPTIONS | said
            key.save()

    return change
