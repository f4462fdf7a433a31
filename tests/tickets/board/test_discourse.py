"""A Discourse forum's webhooks, as recorded, and our answers on their way back to it."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from plans.models import ApiKey
from sla.models import Milestone
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import new_key
from tests.world import World
from tickets.actions.board import answering, moderating
from tickets.actions.board.timing import promise_of
from tickets.channels.discourse import text_of_html
from tickets.models import Comment, InboundEvent, Post, PostBack, Ticket, Topic
from tickets.rounds import dispatch
from tickets.rounds.board import post_back

SAMPLES = Path(__file__).parents[2] / "payloads" / "community"
SECRET, API_KEY = "forum-hook-secret", "a" * 64
FIRST, TOPIC, PEER, STAFF = (
    ("post_created", "discourse_post_created_first"),
    ("topic_created", "discourse_topic_created"),
    ("post_created", "discourse_post_created_peer"),
    ("post_created", "discourse_post_created_staff"),
)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


class Forum:
    """A forum that signs what it tells, to a key of ours."""

    def __init__(self, world: World, **options: Any) -> None:
        self.key = new_key(
            "intake:community", customer=world.yonsuite.customer, product=world.yonsuite.product,
            signing_secret=f"{SECRET} {API_KEY}", options={"url": "https://forum.example", **options},
        )  # fmt: skip

    def tell(self, event: str, body: bytes, *, secret: str = SECRET, signature: str | None = None) -> Any:
        signed = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "X-Discourse-Event": event,
            "X-Discourse-Event-Signature": signed if signature is None else signature,
        }
        return Client().post(f"/hooks/discourse/{self.key}/", body, content_type="application/json", headers=headers)


@pytest.fixture
def forum(world: World) -> Forum:
    return Forum(world)


def standing() -> tuple[Any, ...]:
    """Return what a forum's samples come to, however they came."""
    post = Post.objects.select_related("clock", "official").get()
    promise = promise_of(post)
    assert promise is not None
    assert post.official is not None
    said = sorted(post.comments.values_list("external_id", "author_display", "is_ours", "is_official"))
    return (
        post.title,
        post.body,
        post.author_display,
        post.state,
        post.official.body,
        said,
        promise.state,
        promise.stopped_at,
    )


@pytest.mark.parametrize("order", list(permutations(range(4)))[5::9])
def test_topic_and_posts_in_any_order_twice_over_are_one_question_answered_once__Y04(
    forum: Forum, order: tuple[int, ...]
):
    told = [TOPIC, FIRST, PEER, STAFF]
    with clock_at("2026-09-28 14:00"):
        for place in [*order, *order]:
            event, name = told[place]
            answer = forum.tell(event, sample(name))
            assert (answer.status_code, answer.json()["ok"]) == (200, True), answer.content
    assert standing() == (
        "期初余额可以重新导入吗", "导错了科目，**能不能**清空重来？", "王会计", "answered", "在期初设置里清空即可。",
        [("9125", "赵出纳", False, False), ("9131", "李坐席", True, True)],
        Milestone.State.MET, beijing("2026-09-28 13:00"),
    )  # fmt: skip
    assert InboundEvent.objects.filter(state="accepted").count() == 8


def test_an_edit_keeps_what_was_said_and_an_older_one_changes_nothing__Y04(forum: Forum):
    with clock_at("2026-09-28 14:00"):
        for event, name in (FIRST, ("post_edited", "discourse_post_edited"), FIRST):
            forum.tell(event, sample(name))
        older = json.loads(sample("discourse_post_edited"))
        older["post"] |= {"updated_at": "2026-09-28T02:10:00.000Z", "raw": "旧的"}
        forum.tell("post_edited", json.dumps(older).encode())
    post = Post.objects.get()
    assert post.body == "导错了科目和金额，能不能清空重来？"
    assert post.revisions.get().body == "导错了科目，**能不能**清空重来？"


def test_what_is_deleted_there_is_hidden_here_even_before_we_heard_of_it__Y04(forum: Forum):
    with clock_at("2026-09-28 14:00"):
        for event, name in (FIRST, ("post_destroyed", "discourse_post_destroyed"), PEER):
            forum.tell(event, sample(name))
        assert Comment.objects.get().hidden_at is not None
        forum.tell("post_recovered", sample("discourse_post_created_peer"))
        assert Comment.objects.get().hidden_at is None
        forum.tell("topic_destroyed", sample("discourse_topic_created"))
        assert Post.objects.get().hidden_at is not None
        assert promise_of(Post.objects.get()).state == Milestone.State.CANCELLED  # type: ignore[union-attr]


def test_a_topic_deleted_before_we_heard_of_it_waits_for_nobody__Y04(forum: Forum):
    with clock_at("2026-09-28 14:00"):
        for event, name in (("topic_destroyed", "discourse_topic_created"), FIRST, TOPIC):
            forum.tell(event, sample(name))
    assert promise_of(Post.objects.get()).state == Milestone.State.CANCELLED  # type: ignore[union-attr]
    assert not Post.objects.overdue(beijing("2026-10-30 10:00")).exists()


def test_a_neighbour_s_solution_stops_the_clock_until_it_is_taken_back__Y04_K01(forum: Forum):
    solution = json.dumps({"solved": json.loads(sample(PEER[1]))["post"]}).encode()
    seen = []
    with clock_at("2026-09-28 14:00"):
        for event, body in (
            (FIRST[0], sample(FIRST[1])), (PEER[0], sample(PEER[1])), ("accepted_solution", solution),
            ("accepted_solution", solution), ("unaccepted_solution", solution), ("unaccepted_solution", solution),
        ):  # fmt: skip
            assert forum.tell(event, body).status_code == 200
            post = Post.objects.get()
            seen.append((post.state, post.accepted is not None, promise_of(post).state))  # type: ignore[union-attr]
    assert seen[1:] == [
        ("open", False, "running"), ("answered", True, "cancelled"), ("answered", True, "cancelled"),
        ("open", False, "running"), ("open", False, "running"),
    ]  # fmt: skip


def test_a_topic_is_followed_into_another_category__Y04(world: World):
    starting = Topic.objects.create(vendor="yonsuite", code="starting", name="上手", name_en="Starting")
    forum = Forum(world, topics={"77": "starting"})
    moved = json.loads(sample(TOPIC[1]))
    moved["topic"]["category_id"] = 77
    with clock_at("2026-09-28 14:00"):
        forum.tell(*FIRST[:1], sample(FIRST[1]))
        forum.tell("topic_edited", json.dumps(moved).encode())
        assert Post.objects.get().topic == starting
        moved["topic"]["category_id"] = 78
        forum.tell("topic_edited", json.dumps(moved).encode())
    assert Post.objects.get().topic == starting


def test_a_closed_question_is_not_opened_by_an_answer_in_the_forum__Y04(world: World, forum: Forum):
    with clock_at("2026-09-28 14:00") as at:
        forum.tell(*FIRST[:1], sample(FIRST[1]))
        moderating.close(post=Post.objects.get(), words="重复的提问", actor=world.agent, at=at)
        forum.tell(*STAFF[:1], sample(STAFF[1]))
    post = Post.objects.get()
    assert (post.state, post.official, post.comments.count()) == ("closed", None, 1)


def test_a_deleted_answer_is_no_answer_any_more__Y04(forum: Forum):
    with clock_at("2026-09-28 14:00"):
        for event, name in (FIRST, STAFF, ("post_destroyed", "discourse_post_created_staff")):
            forum.tell(event, sample(name))
    post = Post.objects.get()
    assert (post.state, post.official) == ("open", None)
    assert promise_of(post).stopped_at is None  # type: ignore[union-attr]


BAD = [
    ("post_created", b'{"post": {"id": 1', 400, "refused"),  # truncated
    ("post_created", '{"post": {"id": 1, "raw": "中文"}}'.encode("gb18030"), 400, "refused"),  # another charset
    ("post_created", b"[]", 400, "refused"),
    ("post_created", b'{"topic": {}}', 400, "refused"),
    ("topic_created", sample("discourse_missing_key"), 400, "refused"),
    ("post_created", b'{"post": {"id": 1, "topic_id": 2, "post_number": {"a": 1}}}', 400, "refused"),
    ("user_created", b'{"user": {"id": 1}}', 200, "passed"),  # unknown event
    ("ping", sample("discourse_ping"), 200, "passed"),
    ("post_created", sample("discourse_private_message"), 200, "passed"),
]


def test_bad_input_is_answered_kept_and_does_nothing__Y04(forum: Forum):
    for event, body, status, state in BAD:
        answer = forum.tell(event, body)
        assert (answer.status_code, answer.json()["ok"]) == (status, status == 200), body
        kept = InboundEvent.objects.latest("pk")
        assert (bytes(kept.raw), kept.state, kept.adapter) == (body, state, "discourse")
    assert InboundEvent.objects.count() == len(BAD)
    assert not Post.objects.exists()


def test_a_wrong_signature_is_refused_and_its_bytes_are_kept__Y04(forum: Forum):
    for wrong in ({"secret": "another"}, {"signature": ""}, {"signature": "sha256="}, {"signature": "sha256=ü"}):
        answer = forum.tell("post_created", sample(FIRST[1]), **wrong)
        assert (answer.status_code, answer.json()["outcome"]) == (403, "bad_signature")
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"refused"}
    assert InboundEvent.objects.count() == 4
    assert not Post.objects.exists()


def test_a_key_without_a_secret_takes_nothing__Y04(world: World, forum: Forum):
    ApiKey.objects.update(signing_secret="")
    assert forum.tell("post_created", sample(FIRST[1]), secret="").status_code == 403
    assert not Post.objects.exists()


def test_a_huge_body_is_refused_unkept(forum: Forum):
    assert forum.tell("post_created", b"x" * (1024 * 1024 + 1)).status_code == 413
    assert not InboundEvent.objects.exists()


def test_who_a_forum_s_user_is_decides_whether_a_ticket_can_be_opened__Y04_K02(world: World, forum: Forum):
    first = json.loads(sample(FIRST[1]))
    with clock_at("2026-09-28 10:10"):
        forum.tell("post_created", json.dumps(first).encode())
        known = first | {
            "post": first["post"] | {"id": 1, "topic_id": 77, "username": world.yonsuite.contact.external_id}
        }
        forum.tell("post_created", json.dumps(known).encode())
    with clock_at("2026-09-29 10:30"):
        dispatch.sweep()
    unknown, asker = Post.objects.get(external_id="4312"), Post.objects.get(external_id="77")
    assert (unknown.contact, unknown.ticket) == (None, None)
    assert "联系人" in unknown.refusal
    assert asker.contact == world.yonsuite.contact
    assert asker.ticket == Ticket.objects.get()
    assert "https://forum.example/t/topic/77" in Ticket.objects.get().messages.get().body


def test_a_forum_s_program_answers_nothing_even_as_staff__Y04_K02(forum: Forum):
    said = json.loads(sample(STAFF[1]))
    with clock_at("2026-09-28 14:00"):
        forum.tell("post_created", sample(FIRST[1]))
        for number, name in ((-1, "system"), (-2, "discobot"), (5, "discobot")):
            said["post"] |= {"id": 9300 + number, "user_id": number, "username": name}
            forum.tell("post_created", json.dumps(said).encode())
    post = Post.objects.get()
    assert (post.state, post.official, post.comment_count) == ("open", None, 3)


def test_who_the_key_names_speaks_for_the_vendor_too__Y04(world: World):
    forum = Forum(world, staff=["zhao"])
    with clock_at("2026-09-28 14:00"):
        forum.tell(*FIRST[:1], sample(FIRST[1]))
        forum.tell(*PEER[:1], sample(PEER[1]))
    assert Post.objects.get().official is not None


def test_html_alone_is_read_as_words_and_nothing_in_it_runs__Y04():
    html = "<p>第一行<br>第二行</p><script>alert(1)</script><style>x</style><ul><li>甲</li></ul>"
    html += "<a href='javascript:x'>链</a>&lt;b&gt;"
    assert text_of_html(html) == "第一行\n第二行\n\n甲\n\n链<b>"
    assert text_of_html("<p>" * 5000 + "深") == "深"


class Api:
    """A forum's API on loopback: what it was asked, and what it answers next."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.statuses: list[int] = []
        self.topic: list[dict[str, Any]] = []
        self.drops_answers = False
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.asked.append(("POST", self.path, dict(self.headers), body))
                status = api.statuses.pop(0) if api.statuses else 200
                if status == 200:
                    api.topic.append({"id": 9500 + len(api.topic), "raw": body["raw"]})
                if api.drops_answers:
                    self.connection.close()
                    return
                self._say(status, api.topic[-1] if status == 200 else {"errors": ["no"]})

            def do_GET(self) -> None:
                api.asked.append(("GET", self.path, dict(self.headers), None))
                self._say(200, {"post_stream": {"posts": api.topic}})

            def _say(self, status: int, said: Any) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", "900")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def api(settings: Any) -> Iterator[Api]:
    settings.WEBHOOK_LOOPBACK = True
    made = Api()
    yield made
    made.server.shutdown()
    made.server.server_close()


def answered(world: World, api: Api) -> tuple[Forum, Post]:
    """Return a forum's question that was just answered here."""
    forum = Forum(world, url=api.url, api_username="shouyue")
    with clock_at("2026-09-28 14:00") as at:
        forum.tell(*FIRST[:1], sample(FIRST[1]))
        answering.answer(post=Post.objects.get(), body="在期初设置里**清空**即可。", actor=world.agent, at=at)
    return forum, Post.objects.get()


def test_our_answer_goes_to_the_forum_signed_by_its_key_and_comes_back_as_nothing_new__Y04(world: World, api: Api):
    forum, post = answered(world, api)
    with clock_at("2026-09-28 14:01"):
        assert post_back() == 1
        assert post_back() == 0
    [(_method, path, headers, body)] = api.asked
    assert (path, headers["Api-Key"], headers["Api-Username"]) == ("/posts.json", API_KEY, "shouyue")
    row = PostBack.objects.get()
    assert body == {"topic_id": 4312, "raw": f"在期初设置里**清空**即可。\n\n<!-- {row.mark} -->"}
    assert (row.state, post.comments.get().external_id) == ("sent", "9500")
    echo = json.loads(sample(STAFF[1]))
    echo["post"] |= {"id": 9500, "username": "shouyue", "raw": body["raw"]}
    with clock_at("2026-09-28 14:02"):
        assert forum.tell("post_created", json.dumps(echo).encode()).status_code == 200
    assert post.comments.count() == 1


def test_an_echo_that_overtakes_the_answer_settles_it__Y04(world: World, api: Api):
    forum, post = answered(world, api)
    echo = json.loads(sample(STAFF[1]))
    echo["post"] |= {"id": 9500, "username": "shouyue", "raw": "", "cooked": "<p>在期初设置里**清空**即可。</p>"}
    with clock_at("2026-09-28 14:02"):
        forum.tell("post_created", json.dumps(echo).encode())
        assert post_back() == 0
    assert (PostBack.objects.get().state, post.comments.get().external_id, api.asked) == ("sent", "9500", [])


@pytest.mark.parametrize(("statuses", "state"), [([500, 429], "sent"), ([403], "failed"), ([422], "failed")])
def test_a_forum_that_is_away_is_tried_again_and_one_that_refuses_is_not__Y04(
    world: World, api: Api, statuses: list[int], state: str
):
    answered(world, api)
    api.statuses = statuses
    at = beijing("2026-09-28 14:01")
    for minutes in range(4):
        with clock_at(at + timedelta(minutes=10 * minutes)):
            post_back()
    row = PostBack.objects.get()
    assert row.state == state
    assert len(api.topic) == (state == "sent")
    # Of the four rounds one fell into the quarter of an hour that the forum asked for.
    assert row.attempts == (3 if state == "sent" else 1)


def test_an_answer_whose_receipt_was_lost_is_found_there_and_not_posted_twice__Y04(world: World, api: Api):
    _forum, post = answered(world, api)
    api.drops_answers = True
    with clock_at("2026-09-28 14:01"):
        post_back()
    assert PostBack.objects.get().state == "queued"
    api.drops_answers = False
    with clock_at("2026-09-28 14:30"):
        post_back()
    assert (PostBack.objects.get().state, post.comments.get().external_id, len(api.topic)) == ("sent", "9500", 1)


def test_a_forum_inside_the_network_is_never_called__Y04(world: World, api: Api, settings: Any):
    settings.WEBHOOK_LOOPBACK = False
    answered(world, api)
    with clock_at("2026-09-28 14:01"):
        post_back()
    assert (PostBack.objects.get().state, api.asked) == ("failed", [])
