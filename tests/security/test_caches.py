"""Nothing on the way keeps what only one reader may see."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from config.unshared import unshared


@pytest.mark.parametrize(
    ("asked", "said", "told"),
    [
        ({"Authorization": "Bearer syk_x"}, {}, "private, no-store"),
        ({"Authorization": "Bearer syk_x"}, {"Cache-Control": "no-cache"}, "no-cache"),
        ({}, {}, None),
    ],
)
def test_an_answer_to_a_key_is_kept_nowhere_unless_it_says_otherwise(
    asked: dict[str, str], said: dict[str, str], told: str | None
) -> None:
    answer = unshared(lambda _request: HttpResponse(headers=said))(RequestFactory().get("/api/v1/", headers=asked))
    assert answer.headers.get("Cache-Control") == told
    assert "config.unshared.unshared" in settings.MIDDLEWARE
