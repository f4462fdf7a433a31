"""A door to knock at: keys of every kind, a body that is fine, and a function that posts it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.keys import bearer, new_key
from tests.world import World


@pytest.fixture
def body(world: World) -> dict[str, Any]:
    """Return a body that opens a ticket for the YonSuite customer."""
    return {
        "external_id": "form-1",
        "contact": {"email": world.yonsuite.contact.email},
        "product": world.yonsuite.product.code,
        "category": "fault",
        "subject": "月结报错",
        "body": "结账时提示科目余额不平。",
    }


@pytest.fixture
def kingdee_body(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body that opens a ticket for the Kingdee customer."""
    return body | {"contact": {"id": world.kingdee.contact.pk}, "product": world.kingdee.product.code}


@pytest.fixture
def post(client: Client, world: World) -> Callable[..., HttpResponse]:
    """Return a function that posts to a channel, each time with the same key of it."""
    keys: dict[str, str] = {}

    def send(payload: Any, channel: str = "portal", key: str = "", **headers: str) -> HttpResponse:
        if not key and channel not in keys:
            keys[channel] = new_key(f"intake:{channel}")
        raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        headers = bearer(key or keys[channel]) | headers
        return client.post(f"/api/v1/intake/{channel}/", raw, content_type="application/json", **headers)

    return send


@pytest.fixture
def agent(world: World) -> dict[str, str]:
    """Return the header of an agent's key."""
    return bearer(new_key("api", user=world.agent))


@pytest.fixture
def customer(world: World) -> dict[str, str]:
    """Return the header of the key of the YonSuite customer's contact."""
    return bearer(new_key("api", user=world.yonsuite.contact.user))
