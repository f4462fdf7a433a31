"""A door to knock at: one channel's key, a body that is fine, and what is answered."""

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
def post(client: Client, world: World) -> Callable[..., HttpResponse]:
    """Return a function that posts to a channel with a key of its own, the same key each time."""
    keys = {}

    def send(payload: Any, channel: str = "portal", key: str | None = None, **headers: str) -> HttpResponse:
        if key is None:
            key = (
                keys.setdefault(channel, None) or keys.update({channel: new_key(f"intake:{channel}")}) or keys[channel]
            )
        raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False)
        return client.post(f"/api/v1/intake/{channel}/", raw, content_type="application/json", **bearer(key), **headers)

    return send
