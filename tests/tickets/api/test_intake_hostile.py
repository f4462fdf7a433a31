"""Whatever is sent, the answer is one of the contract's; what is refused at the door leaves nothing behind."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.models import ApiKey
from sla.clock import database_now
from tests.keys import bearer, new_key
from tickets.models import InboundEvent, Ticket

ANSWERS = {201, 400, 413, 422}


def stored():
    return InboundEvent.objects.count()


@pytest.mark.parametrize("header", [{}, {"HTTP_AUTHORIZATION": "Bearer syk_wrong"}, {"HTTP_AUTHORIZATION": "Basic a"}])
def test_without_a_key_nothing_is_stored(client, world, body, header):
    answer = client.post("/api/v1/intake/portal/", json.dumps(body), content_type="application/json", **header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert stored() == 0


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_a_key_that_ended_is_none(post, body, change):
    secret = new_key("intake:portal")
    ApiKey.objects.update(**{change: database_now() - timedelta(seconds=1)})
    assert post(body, key=secret).status_code == 401
    ApiKey.objects.update(**{change: database_now() + timedelta(minutes=1)})
    assert post(body, key=secret).status_code == 201


@pytest.mark.parametrize("scope", ["intake:im", "api", "upsert"])
def test_a_key_of_something_else_is_forbidden(post, body, world, scope):
    answer = post(body, key=new_key(scope, user=world.agent))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert stored() == 0


@pytest.mark.parametrize("channel", ["smoke_signal", "telegraph", "ADAPTERS"])
def test_a_channel_that_is_not_served_names_those_that_are(post, body, channel):
    answer = post(body, channel)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_channel")
    assert answer.json()["channels"] == sorted(
        ["community", "email", "hotline", "im", "in_product", "monitoring", "portal"]
    )
    assert stored() == 0


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_posting_is_served(client, world, method):
    answer = getattr(client, method)("/api/v1/intake/portal/", **bearer(new_key("intake:portal")))
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_of_12_mb_is_refused_and_not_stored(post, body):
    answer = post(json.dumps(body | {"body": "x" * (12 << 20)}).encode())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert stored() == 0


def test_a_body_that_says_it_is_small_is_counted_all_the_same(post, body):
    raw = json.dumps(body | {"body": "x" * (10 << 20)}).encode()
    assert post(raw, CONTENT_LENGTH="").status_code in (400, 413)
    assert Ticket.objects.count() == 0


def test_more_than_the_share_of_a_minute_is_refused(post, body, settings):
    settings.REQUESTS_PER_MINUTE = {"intake": 2, "api": 100}
    first = post(body)
    assert first["RateLimit-Policy"] == '"intake";q=2;w=60'
    assert first["RateLimit"].startswith('"intake";r=1;t=')
    post(body)
    third = post(body)
    assert (third.status_code, third.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(third["Retry-After"]) <= 60
    assert third["RateLimit"].startswith('"intake";r=0;t=')
    assert stored() == 2
    assert post(body, key=new_key("intake:portal")).status_code == 201


def test_a_counter_that_is_down_holds_nothing_up(post, body, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert post(body).status_code == 201


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"a":' * 50_000, 400, "malformed_json"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'{"a": NaN}', 400, "malformed_json"),
        (b'{"a": 1e999}', 422, "invalid"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
        (b'{"body": "a", "body": "b"}', 400, "malformed_json"),
        (b'{"body": "\xff\xfe"}', 422, "invalid_encoding"),
        (b'{"body": "a\x00b"}', 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", 400, "malformed_json"),
    ],
)
def test_what_cannot_be_read_is_kept_and_named(post, raw, status, code):
    answer = post(raw)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    event = InboundEvent.objects.get(pk=answer.json()["intake"])
    assert bytes(event.raw) == raw
    assert event.state == "refused"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_keeps_is_named_by_field(post, body, text):
    answer = post(json.dumps(body | {"subject": text}).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_encoding")
    assert [one["field"] for one in answer.json()["errors"]] == ["subject"]


def test_every_wrong_field_is_named_at_once(post):
    answer = post({"contact": {"id": "x"}, "category": "weather"})
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == {
        "external_id", "contact.id", "product", "category", "subject", "body",
    }  # fmt: skip
    assert all(one["message"] for one in answer.json()["errors"])


def test_fields_that_are_not_the_senders_are_not_taken(post, body, world):
    more = {"status": "closed", "team": 1, "assignee": world.agent.pk, "plan_rank": 99, "number": "T-1", "outcome": "x"}
    answer = post(body | more | {"customer": world.stranger.customer_id, "opened_at": "2020-01-01T00:00:00Z"})
    assert answer.json()["unread"] == [*more, "customer", "opened_at"]
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.assignee, ticket.plan_rank, ticket.outcome) == ("new", None, 40, "covered")
    assert ticket.customer == world.yonsuite.customer
    assert ticket.number != "T-1"


def test_a_misspelt_field_is_named_whether_the_rest_stands_or_not(post, body):
    assert "unread" not in post(body).json()
    again = post(body | {"priorty": "high"}).json()
    assert (again["unread"], again["body_differs"]) == (["priorty"], True)
    misspelt = {("catgory" if name == "category" else name): value for name, value in body.items()}
    files = [{"name": "a.txt", "base64": "YQ==", "nmae": "b"}]
    named = post(body | {"external_id": "nested", "attachments": files}).json()["unread"]
    assert named == ["attachments.0.nmae"]
    answer = post(misspelt).json()
    assert ([one["field"] for one in answer["errors"]], answer["unread"]) == (["category"], ["catgory"])


def test_links_are_never_built_from_the_host_that_was_asked(post, body, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert post(body, HTTP_HOST="evil.example").json()["url"].startswith(settings.PUBLIC_URL)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "external_id", "contact", "product", "category", "subject", "body", "contract", "priority", "occurred_at", "module",
    "tenant", "version", "environment", "error_code", "attachments", "transcript", "caller", "post_url", "page",
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    change=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
    contact=st.none() | st.dictionaries(st.sampled_from(["id", "email", "phone", "external_id"]), VALUES, max_size=2),
    channel=st.sampled_from(["im", "hotline", "portal", "community", "in_product"]),
)
def test_no_body_is_a_fault_of_the_server(
    client: Client, world: Any, post: Any, body: Any, change: Any, contact: Any, channel: Any
) -> None:
    said = body | change | ({"contact": contact} if contact is not None else {})
    answer = post(json.dumps(said).encode(), channel)
    assert answer.status_code in ANSWERS, (answer.status_code, said)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
def test_no_bytes_are_a_fault_of_the_server(client: Client, world: Any, post: Any, raw: bytes) -> None:
    assert post(raw).status_code in ANSWERS


def test_a_program_that_reads_english_is_refused_in_english(post, body):
    answer = post(body | {"category": "weather"}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.json()["detail"].startswith("It must be one of: customisation · data_environment")
    assert post(body | {"category": "weather"}).json()["detail"].startswith("只能是")
