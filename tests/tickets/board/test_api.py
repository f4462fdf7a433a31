"""The board for programs: the same posts, the same rights, the same refusals."""

import json
from typing import Any

from django.test import Client

from tests.clocks import clock_at
from tests.keys import bearer, new_key
from tests.world import World
from tickets.models import Comment, Post, Vote

POSTS = "/api/v1/board/posts/"


class Caller:
    def __init__(self, user: Any) -> None:
        self.key = new_key("api", user=user)

    def send(self, method: str, path: str, **said: Any) -> Any:
        with clock_at("2026-09-28 10:00"):
            return Client().generic(method, path, json.dumps(said), content_type="application/json", **bearer(self.key))


def test_a_program_asks_reads_comments_and_votes_as_its_user__Y04(world: World):
    mine, other, stranger = (
        Caller(one.user) for one in (world.yonsuite.contact, world.kingdee.contact, world.stranger)
    )
    made = mine.send("POST", POSTS, title="期初余额导入", body="导错了", product=world.yonsuite.product.code)
    assert made.status_code == 201, made.content
    assert made.json()["due_at"].startswith("2026-09-29T02:00:")
    one = f"{POSTS}{made.json()['code']}/"
    said = stranger.send("POST", f"{one}comments/", body="我也是")
    assert said.status_code == 201
    assert stranger.send("PUT", f"{one}vote/").status_code == 204
    read = mine.send("GET", one).json()
    assert (read["votes"], read["said"][0]["body"], read["author"]) == (1, "我也是", world.yonsuite.contact.name)
    assert world.stranger.email not in json.dumps(read)
    assert [found["code"] for found in mine.send("GET", f"{POSTS}?q=期初余额").json()] == [read["code"]]
    for method, path in (("GET", one), ("POST", f"{one}comments/"), ("PUT", f"{one}vote/"), ("DELETE", f"{one}vote/")):
        assert other.send(method, path, body="x").status_code == 404
    assert other.send("GET", POSTS).json() == []
    assert (Post.objects.count(), Comment.objects.count(), Vote.objects.count()) == (1, 1, 1)


def test_what_cannot_be_posted_is_a_problem_with_its_code__Y04(world: World):
    mine = Caller(world.yonsuite.contact.user)
    for said, status in (
        ({"title": "", "body": "x"}, 422),
        ({"title": "x", "body": "x", "product": "none"}, 422),
        ({"title": "x", "body": "x", "vendor": "yonsuite", "topic": "none"}, 422),
        ({"title": "x", "body": "x", "vendor": "kingdee"}, 409),
    ):
        answer = mine.send("POST", POSTS, **said)
        assert answer.status_code == status, (said, answer.content)
        assert answer.json()["code"]
    assert mine.send("GET", f"{POSTS}?kind=x").status_code == 400
    assert Client().get(POSTS).status_code == 401
