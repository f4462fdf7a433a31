"""How many requests a key may send in a minute, and how it is told."""

import json
import re

import pytest

from plans.actions.keys import Holder, check_options, issue_key, rotate_key
from plans.admin.keys import KeyForm
from plans.models import ApiKey
from plans.refusals import RefusedError
from plans.throttling import Counter
from sla.clock import database_now
from tests.keys import bearer, new_key
from tickets.models import InboundEvent, Ticket

RATE = re.compile(r'^"(\w+)";r=(\d+);t=(\d+)$')
POLICY = re.compile(r'^"(\w+)";q=(\d+);w=60$')


def share(answer):
    """Return name, limit and what is left as an answer tells it."""
    name, limit = POLICY.match(answer["RateLimit-Policy"]).groups()
    told, left, _seconds = RATE.match(answer["RateLimit"]).groups()
    assert told == name
    return name, int(limit), int(left)


def test_a_key_has_its_own_share_beside_everybodys(post, body):
    slow = new_key("intake:portal", options={"per_minute": 2})
    assert [post(body, key=slow).status_code for _turn in range(3)] == [201, 201, 429]
    late = post(body, key=slow)
    assert share(late) == ("intake", 2, 0)
    assert 1 <= int(late["Retry-After"]) <= 60
    assert share(post(body))[1] == 12_000
    assert InboundEvent.objects.count() == 3


@pytest.mark.parametrize("said", [0, -1, True, "5", 1.5, None, 1_000_001])
def test_a_share_that_makes_no_sense_is_refused_and_never_locks_a_key_out(post, body, said):
    with pytest.raises(RefusedError):
        check_options({"per_minute": said})
    assert share(post(body, key=new_key("intake:portal", options={"per_minute": said})))[1] == 12_000


def test_every_answer_of_the_intake_tells_the_share_of_the_key(post, body, kingdee_body):
    """Answers 201, replayed, 400, 403, 404, 405, 413, 422 of two kinds: each has counted."""
    key = new_key("intake:portal")
    answers = [
        post(body, key=key),
        post(body, key=key),
        post(b"{", key=key),
        post(body, "email", key=key),
        post(body, "pigeon", key=key),
        post(b"x" * (10 * 1024 * 1024 + 1), key=key),
        post(body | {"contact": {"id": 0}, "external_id": "n"}, key=key),
        post(kingdee_body | {"category": "customisation", "external_id": "c"}, key=key),
        post(body, key=key, HTTP_IDEMPOTENCY_KEY="x" * 256),
    ]
    assert [one.status_code for one in answers] == [201, 201, 400, 403, 404, 413, 422, 422, 400]
    assert [share(one)[2] for one in answers] == [12_000 - turn for turn in range(1, 10)]


def test_a_method_that_is_not_served_tells_the_share_too(client, world):
    answer = client.get("/api/v1/intake/portal/", **bearer(new_key("intake:portal")))
    assert (answer.status_code, share(answer)) == (405, ("intake", 12_000, 11_999))


def test_without_a_valid_key_there_is_no_share_to_tell(client, world):
    for header in ({}, bearer("syk_none")):
        answer = client.post("/api/v1/intake/portal/", b"{}", content_type="application/json", **header)
        assert answer.status_code == 401
        assert not answer.has_header("RateLimit")


def test_the_other_routes_tell_it_on_success_and_on_errors(client, world, agent):
    ticket = world.open_ticket()
    forbidden = bearer(new_key("intake:portal"))
    url = f"/api/v1/tickets/{ticket.number}/"
    asked = [
        client.get(url, **agent),
        client.get("/api/v1/tickets/T-2020-999999/", **agent),
        client.post(f"{url}reply/", json.dumps({}), content_type="application/json", **agent),
        client.get(url, **agent, HTTP_ACCEPT="text/html"),
        client.get(url, **forbidden),
    ]
    assert [one.status_code for one in asked] == [200, 404, 422, 406, 403]
    assert [share(one) for one in asked[:4]] == [("api", 6_000, 6_000 - turn) for turn in range(1, 5)]
    assert share(asked[4]) == ("api", 6_000, 5_999)


def test_a_rotated_key_shares_with_the_one_before_it_and_keeps_its_limit(post, body):
    at = database_now()
    old, secret = issue_key(name="ERP", scopes=["intake:portal"], at=at, holder=Holder(options={"per_minute": 3}))
    assert share(post(body, key=secret)) == ("intake", 3, 2)
    _new, further = rotate_key(key=old, at=at)
    assert share(post(body, key=further)) == ("intake", 3, 1)


def test_two_processes_count_as_one(settings):
    one, other = Counter(settings.REDIS_URL), Counter(settings.REDIS_URL)
    key = "rate:test:two"
    one.forget(key)
    assert [counter.count(key)[0] for counter in (one, other, one, other)] == [1, 2, 3, 4]


def test_a_counter_that_is_away_lets_through_and_says_that_nothing_was_used(post, body, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    slow = new_key("intake:portal", options={"per_minute": 1})
    answers = [post(body | {"external_id": f"e-{turn}"}, key=slow) for turn in range(3)]
    assert [one.status_code for one in answers] == [201] * 3
    assert share(answers[2]) == ("intake", 1, 1)
    assert Ticket.objects.count() == 3


def test_the_back_office_refuses_a_share_that_makes_no_sense_beside_its_field(world):
    form = KeyForm({"name": "ERP", "scopes": ["intake:portal"], "options": '{"per_minute": 0}'})
    assert not form.is_valid()
    assert set(form.errors) == {"options"}


def test_the_back_office_shows_a_keys_share_and_when_it_was_used_last(client, world, post, body):
    world.manager.role, world.manager.is_staff = "admin", True
    world.manager.save()
    client.force_login(world.manager)
    post(body, key=new_key("intake:portal", options={"per_minute": 77}))
    assert ApiKey.objects.get().last_used_at is not None
    page = client.get("/admin/plans/apikey/").content.decode()
    assert '<td class="field-limit">77</td>' in page
    assert "field-last_used_at" in page
